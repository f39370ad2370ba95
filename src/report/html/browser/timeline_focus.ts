/**
 * Where the keyboard is in a timeline: a row of a lane, and an item of it.
 *
 * @module
 */
import { titleOf, whenOf } from "./describe.ts";
import { lanesOfItem } from "./item_places.ts";
import type { Item, Recording } from "./recording.ts";
import type { Table } from "./tables.ts";
import { holds, placeOf, type Row } from "./timeline_lanes.ts";
import type { Layout, PlacedLane } from "./timeline_layout.ts";
import type { TimeWindow } from "./time_window.ts";
import { upperBound } from "./tracks.ts";

/** What the focus moves on, as it is at the moment. */
export interface FocusGround {
  readonly layout: Layout;
  readonly events: Table | null;
}

export class TimelineFocus {
  #lane = 0;
  #row = 0;
  /** The item that the keyboard is at, alone; empty: at none. */
  items: readonly Item[] = [];

  /** @param say tells where the focus has come to */
  constructor(
    private readonly recording: Recording,
    private readonly time: TimeWindow,
    private readonly scroller: HTMLElement,
    private readonly ground: () => FocusGround,
    private readonly say: (text: string) => void,
  ) {}

  reset(): void {
    this.#lane = this.#row = 0;
    this.item = null;
  }

  get item(): Item | null {
    return this.items[0] ?? null;
  }

  set item(item: Item | null) {
    this.items = item === null ? [] : [item];
  }

  /** The row, with its lane; null: there is none. */
  get place(): { readonly placed: PlacedLane; readonly row: Row } | null {
    const placed = this.ground().layout.lanes[this.#lane];
    const row = placed?.lane.rows[this.#row];
    return row === undefined ? null : { placed, row };
  }

  /** Goes to the row that an item is in; it stays where it is if the item is in none. */
  goTo(item: Item): void {
    const { layout, events } = this.ground();
    const [begin] = this.recording.span(item, events);
    for (const placed of lanesOfItem(this.recording, layout, events, item)) {
      const row = placed.lane.rows.findIndex((each) => each.kind === item.kind && holds(each, begin, item.row));
      if (row < 0) continue;
      this.#lane = layout.lanes.indexOf(placed);
      this.#row = row;
      this.item = item;
      return;
    }
  }

  moveRow(direction: 1 | -1): void {
    const { lanes } = this.ground().layout;
    let [lane, row] = [this.#lane, this.#row];
    row += direction;
    if (row < 0) row = (lanes[--lane]?.lane.rows.length ?? 0) - 1;
    else if (row >= (lanes[lane]?.lane.rows.length ?? 0)) {
      lane++;
      row = 0;
    }
    const placed = lanes[lane];
    if (placed === undefined) return;
    this.#lane = lane;
    this.#row = row;
    this.item = null;
    const y = placed.rowsTop + placed.lane.rows[row].top;
    const { scrollTop, clientHeight } = this.scroller;
    if (y < scrollTop + 20) this.scroller.scrollTop = Math.max(0, placed.top - 30);
    if (y + 20 > scrollTop + clientHeight) this.scroller.scrollTop = y + 30 - clientHeight;
    this.say(`${placed.lane.title}, ${rowText(placed.lane.rows[row])}`);
  }

  /** The item after or before the one that the keyboard is at, or the first that is in view. */
  step(direction: 1 | -1): void {
    const place = this.place;
    if (place === null) return;
    const { row } = place;
    const { item } = this;
    const { events } = this.ground();
    const { starts, items } = row.track;
    let nth: number;
    if (item === null) {
      nth = direction === 1 ? upperBound(starts, this.time.from - 1) : upperBound(starts, this.time.until) - 1;
    } else nth = placeOf(row, this.recording.span(item, events)[0], item.row) + direction;
    const next = items[nth];
    if (next === undefined) return this.say(direction === 1 ? "nothing after it" : "nothing before it");
    this.item = { kind: row.kind, row: next };
    const [begin, end] = this.recording.span(this.item, events);
    if (begin < this.time.from || end > this.time.until) {
      this.time.show(begin - this.time.length / 2, this.time.length);
    }
    const focused = this.item;
    this.say(`${titleOf(this.recording, focused, events)}, ${whenOf(this.recording, focused, events)}`);
  }
}

function rowText({ kind, track }: Row): string {
  const what =
    { operation: "operations", bio: "bios", page_event: "page-cache steps", lock: "locks", event: "events" }[kind];
  return `${track.items.length.toLocaleString("en")} ${what}`;
}
