/**
 * What is known of the selected item, and everything that belongs to it.
 *
 * @module
 */
import { factsOf, titleOf } from "./describe.ts";
import { button, byId, element } from "./dom.ts";
import type { FindingEvidence } from "../page_data.ts";
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

  /**
   * @param reveal moves an item into view
   * @param evidence of each finding, in the order of the list
   */
  constructor(
    private readonly recording: Recording,
    private readonly selection: Selection,
    private readonly reveal: (item: Item) => void,
    private readonly evidence: readonly (FindingEvidence | null)[],
  ) {
    selection.onChange(() => void this.#show());
    void this.#show();
  }

  async #show(): Promise<void> {
    const { items, finding } = this.selection.current;
    const [first, ...others] = items;
    const findings = first === undefined ? [] : this.#findingsOf(first, finding);
    this.#light(findings);
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
      facts,
      findingLinks(findings),
      ...TITLES.map(([kind, title]) => this.#list(title, others.filter((item) => item.kind === kind), events)),
      button("Close", () => this.selection.clear(), { class: "quiet" }),
    );
  }

  /** Places of the findings that an item has a part in: the one that it was shown for, and those of its operation. */
  #findingsOf(item: Item, shown: number | null): number[] {
    const row = this.recording.ownerOf(item);
    const id = row < 0 ? NaN : this.recording.operations.column("op_id")[row];
    return this.evidence.flatMap((each, nth) =>
      nth === shown || each !== null && (each.operations.includes(id) || isAmong(item, each)) ? [nth] : []
    );
  }

  /** Marks findings in their list. */
  #light(findings: readonly number[]): void {
    for (const lit of document.querySelectorAll("#findings > .lit")) lit.classList.remove("lit");
    for (const nth of findings) document.getElementById(`finding-${nth + 1}`)?.classList.add("lit");
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
    return element("section", {}, element("h4", {}, listTitle(title, items.length)), list);
  }
}

function isAmong({ kind, row }: Item, { events }: FindingEvidence): boolean {
  return kind === "event" && events.includes(row);
}

/** Links to findings in their list, by what they are called there. */
function findingLinks(findings: readonly number[]): Node | string {
  if (findings.length === 0) return "";
  const list = element("ul", { class: "linked" });
  for (const nth of findings.slice(0, LISTED_MAX)) {
    const title = document.querySelector(`#finding-${nth + 1} h3`)?.textContent ?? "";
    const link = element("a", { href: `#finding-${nth + 1}` }, `${nth + 1}: ${title}`);
    list.append(element("li", {}, link));
  }
  return element("section", {}, element("h4", {}, listTitle("Findings", findings.length)), list);
}

function listTitle(title: string, count: number): string {
  const more = count > LISTED_MAX ? ` (the first ${LISTED_MAX} are listed, all are lit)` : "";
  return `${title}: ${count.toLocaleString("en")}${more}`;
}
