/**
 * Where items are drawn: the rows of the lanes that have them, and the rectangles that they are at the moment.
 *
 * @module
 */
import { isMemoryEvent, type Item, type Recording } from "./recording.ts";
import type { Table } from "./tables.ts";
import { holds, type Row } from "./timeline_lanes.ts";
import type { Layout, PlacedLane } from "./timeline_layout.ts";

/** A rectangle of an item, in pixels from the left edge of the lanes and the top of what is seen. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** What was chosen, and not only belongs to it. */
  readonly isFirst: boolean;
}

/** What is seen of the lanes. */
export interface Seen {
  /** Time at the left edge, ns. */
  readonly from: number;
  /** Pixels a ns. */
  readonly scale: number;
  /** Of the lanes without their labels, pixels. */
  readonly width: number;
  /** First pixel of the layout that is seen. */
  readonly top: number;
}

/** An item in a row of a lane, with its time. */
interface Place {
  readonly placed: PlacedLane;
  readonly row: Row;
  readonly begin: number;
  readonly end: number;
  readonly isFirst: boolean;
}

/** Rectangles this far outside of what is seen are still drawn: their outlines reach into it, pixels. */
const MARGIN = 4;

/** Lanes that an item is drawn in. */
export function lanesOfItem(
  recording: Recording,
  { lanes }: Layout,
  events: Table | null,
  { kind, row }: Item,
): PlacedLane[] {
  const { operations, bios, pages, locks, words, memories } = recording;
  const within = (group: string, code: number | undefined) =>
    lanes.filter(({ lane }) => lane.group === group && lane.code === code);
  switch (kind) {
    case "operation":
      return [
        ...within("tasks", operations.column("task")[row]),
        ...within("files", operations.column("file")[row]),
        ...within("memory", recording.memoryOf(row)),
      ];
    case "bio":
      return within("devices", bios.column("dev")[row]);
    case "page_event":
      return within("files", pages.column("file")[row]);
    case "lock":
      return within("tasks", locks.column("task")[row]);
    case "event": {
      const tag = words.tags[events?.column("tag")[row] ?? -1];
      const isOfMemory = tag !== undefined && tag.dev !== null && isMemoryEvent(tag.name);
      return [...within("tasks", tag?.task), ...(isOfMemory ? within("memory", memories.indexOf(tag.dev!)) : [])];
    }
  }
}

/**
 * Places of a list of items. They are looked up once for each list and layout: a frame of a thousand items only turns
 * times into pixels.
 */
export class ItemPlaces {
  #items: readonly Item[] = [];
  #layout: Layout | null = null;
  #events: Table | null = null;
  #places: Place[] = [];

  constructor(private readonly recording: Recording) {}

  /** Rectangles of items that are in view; the first item's are marked as such. */
  boxes(items: readonly Item[], layout: Layout, events: Table | null, { from, scale, width, top }: Seen): Box[] {
    if (items !== this.#items || layout !== this.#layout || events !== this.#events) {
      [this.#items, this.#layout, this.#events] = [items, layout, events];
      this.#places = items.flatMap((item, nth) => this.#placesOf(item, layout, events, nth === 0));
    }
    const boxes: Box[] = [];
    for (const { placed, row, begin, end, isFirst } of this.#places) {
      const x = Math.max(-MARGIN, (begin - from) * scale);
      const right = Math.min(width + MARGIN, (end - from) * scale);
      if (right < 1 - MARGIN || x > width + MARGIN - 1) continue;
      boxes.push({ x, y: placed.rowsTop + row.top - top, width: Math.max(1, right - x), height: row.height, isFirst });
    }
    return boxes;
  }

  #placesOf(item: Item, layout: Layout, events: Table | null, isFirst: boolean): Place[] {
    const [begin, end] = this.recording.span(item, events);
    return lanesOfItem(this.recording, layout, events, item).flatMap((placed) => {
      const row = placed.lane.rows.find((each) => each.kind === item.kind && holds(each, begin, item.row));
      return row === undefined ? [] : [{ placed, row, begin, end, isFirst }];
    });
  }
}
