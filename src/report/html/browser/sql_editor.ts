/**
 * The editor: a text area with a list of completions, by the same rules as the shell's.
 *
 * @module
 */
import { completions, type NamedRelation } from "../../../results/query/completion.ts";
import { byId, element } from "./dom.ts";

const LISTED_MAX = 40;

export class SqlEditor {
  readonly #area = byId("editor") as HTMLTextAreaElement;
  readonly #list = byId("completions");
  #words: string[] = [];
  #replaced = "";
  #chosen = 0;
  /** After Escape, Tab leaves the editor. */
  #letsTabGo = false;
  relations: readonly NamedRelation[] = [];

  constructor(private readonly run: () => void) {
    this.#area.addEventListener("keydown", (event) => this.#onKey(event));
    this.#area.addEventListener("input", () => {
      this.#letsTabGo = false;
      if (/[\w.]$/.test(this.#before)) this.#open(2);
      else this.#close();
    });
    this.#area.addEventListener("blur", () => this.#close());
    this.#area.addEventListener("click", () => this.#close());
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const nth = [...this.#list.children].indexOf(event.target as Element);
      if (nth >= 0) this.#take(this.#words[nth]);
    });
  }

  get text(): string {
    return this.#area.value;
  }

  set text(text: string) {
    this.#area.value = text;
    this.#close();
  }

  focus(): void {
    this.#area.focus();
  }

  get #before(): string {
    return this.#area.value.slice(0, this.#area.selectionStart);
  }

  /** @param lengthMin of the word before the cursor */
  #open(lengthMin: number): void {
    const before = this.#before;
    const statement = before.slice(before.lastIndexOf(";") + 1);
    const line = statement.slice(statement.lastIndexOf("\n") + 1);
    const [words, replaced] = completions(
      line,
      statement.slice(0, statement.length - line.length) + this.#area.value.slice(before.length).split(";")[0],
      this.relations,
      [],
    );
    const useful = words.filter((word) => word !== replaced).slice(0, LISTED_MAX);
    if (useful.length === 0 || replaced.length < lengthMin) return this.#close();
    this.#words = useful;
    this.#replaced = replaced;
    this.#chosen = 0;
    this.#list.replaceChildren(
      ...useful.map((word, nth) => element("li", { role: "option", id: `completion-${nth}` }, word)),
    );
    this.#list.hidden = false;
    byId("completions-status").textContent = `${useful.length} completions`;
    this.#mark();
  }

  #mark(): void {
    [...this.#list.children].forEach((item, nth) => item.setAttribute("aria-selected", String(nth === this.#chosen)));
    this.#area.setAttribute("aria-activedescendant", `completion-${this.#chosen}`);
    this.#list.children[this.#chosen]?.scrollIntoView({ block: "nearest" });
  }

  #close(): void {
    this.#list.hidden = true;
    byId("completions-status").textContent = "";
    this.#area.removeAttribute("aria-activedescendant");
  }

  #take(word: string): void {
    const end = this.#area.selectionStart;
    this.#area.setRangeText(word, end - this.#replaced.length, end, "end");
    this.#close();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#close();
      return this.run();
    }
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return this.#open(0);
    }
    if (this.#list.hidden) {
      if (event.key === "Escape") this.#letsTabGo = true;
      if (event.key !== "Tab" || event.shiftKey || this.#letsTabGo || this.#area.value === "") return;
      this.#open(1);
      if (!this.#list.hidden) event.preventDefault();
      if (this.#words.length === 1 && !this.#list.hidden) this.#take(this.#words[0]);
      return;
    }
    const count = this.#words.length;
    const actions: Record<string, () => void> = {
      ArrowDown: () => this.#chosen = (this.#chosen + 1) % count,
      ArrowUp: () => this.#chosen = (this.#chosen + count - 1) % count,
      Tab: () => this.#take(this.#words[this.#chosen]),
      Enter: () => this.#take(this.#words[this.#chosen]),
      Escape: () => {
        this.#letsTabGo = true;
        this.#close();
      },
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
    if (!this.#list.hidden) this.#mark();
  }
}
