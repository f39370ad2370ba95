/**
 * What is known of the selected item, and everything that belongs to it.
 *
 * @module
 */
import { factsOf, titleOf } from "./describe.ts";
import { button, byId, element } from "./dom.ts";
import type { Item, ItemKind, Recording } from "./recording.ts";
import type { Selection } from "./selection.ts";
import type { Table } from "./tables.ts";

const TITLES: readonly [ItemKind, string][] = [
  ["operation", "Operations"],
  ["bio", "Bios"],
  ["page_event", "Page-cache steps"],
  ["lock", "Locks"],
  ["event", "Events"],
];

/** Longer lists begin with so many. */
const LISTED_MAX = 50;

export class Details {
  readonly #place = byId("details");

  /** @param reveal moves an item into view */
  constructor(
    private readonly recording: Recording,
    private readonly selection: Selection,
    private readonly reveal: (item: Item) => void,
  ) {
    selection.onChange(() => void this.#show());
    void this.#show();
  }

  async #show(): Promise<void> {
    const { items, finding } = this.selection.current;
    const [first, ...others] = items;
    if (first === undefined) {
      this.#place.replaceChildren(
        element("p", { class: "hint" }, "Choose something on the timeline to see what it is and what belongs to it."),
      );
      return;
    }
    const isEvent = items.some(({ kind }) => kind === "event");
    const events = isEvent ? await this.recording.events() : null;
    const details = first.kind === "event" ? await this.recording.eventDetails() : null;
    const facts = element("dl", { class: "facts" });
    for (const [name, value] of factsOf(this.recording, first, events, details)) {
      facts.append(element("dt", {}, name), element("dd", {}, value));
    }
    this.#place.replaceChildren(
      element("h3", {}, titleOf(this.recording, first, events)),
      finding === null
        ? ""
        : element("p", {}, element("a", { href: `#finding-${finding + 1}` }, `Evidence of finding ${finding + 1}`)),
      facts,
      ...TITLES.map(([kind, title]) => this.#list(title, others.filter((item) => item.kind === kind), events)),
      button("Close", () => this.selection.clear(), { class: "quiet" }),
    );
  }

  #list(title: string, items: readonly Item[], events: Table | null): Node | string {
    if (items.length === 0) return "";
    const list = element("ul", { class: "linked" });
    for (const item of items.slice(0, LISTED_MAX)) {
      const choose = () => {
        this.selection.set(this.recording.linked(item));
        this.reveal(item);
      };
      list.append(element("li", {}, button(titleOf(this.recording, item, events), choose, { class: "link" })));
    }
    const more = items.length > LISTED_MAX ? ` (the first ${LISTED_MAX} are listed, all are lit)` : "";
    return element("section", {}, element("h4", {}, `${title}: ${items.length.toLocaleString("en")}${more}`), list);
  }
}
