/**
 * The lanes of a timeline: one a task, a file, a persistent memory and a device, each with as many rows as things overlap in it.
 *
 * @module
 */
import { ITEM_CLASSES, PAGE_CLASSES } from "./item_classes.ts";
import { isMemoryEvent, type ItemKind, type Recording } from "./recording.ts";
import type { Table } from "./tables.ts";
import { inOrder, picked, SpanTrack, TickTrack, upperBound } from "./tracks.ts";
import { fileText } from "./words.ts";

export type LaneGroup = "tasks" | "files" | "memory" | "devices";

/** A row of a lane. */
export interface Row {
  readonly kind: ItemKind;
  readonly track: SpanTrack | TickTrack;
  /** From the top of the lane's rows, pixels. */
  top: number;
  readonly height: number;
}

export interface Lane {
  readonly group: LaneGroup;
  readonly title: string;
  readonly rows: Row[];
  /** Of all rows, pixels. */
  height: number;
  /** Number among the words of its group. */
  readonly code: number;
}

/** More that overlaps than this is drawn from when a row is free. */
const ROWS_MAX = 32;
const TICK_HEIGHT = 9;
/** Page-cache steps stand at four heights. */
const PAGE_HEIGHT = 16;
const ROW_GAP = 1;

/** Rows of spans: each goes into the first row that is free when it begins. */
function spanRows(
  kind: ItemKind,
  rows: Int32Array,
  starts: Float64Array,
  ends: Float64Array,
  classes: Uint8Array,
): Row[] {
  const order = inOrder(rows, starts);
  const lasts: number[] = [];
  const members: number[][] = [];
  const begins: number[][] = [];
  const finals: number[][] = [];
  for (const item of order) {
    const start = starts[item];
    if (Number.isNaN(start)) continue;
    let place = lasts.findIndex((last) => last <= start);
    if (place < 0) place = lasts.length < ROWS_MAX ? lasts.length : lasts.indexOf(Math.min(...lasts));
    if (place === lasts.length) {
      lasts.push(-Infinity);
      members.push([]);
      begins.push([]);
      finals.push([]);
    }
    const begin = Math.max(start, lasts[place]);
    const end = Math.max(begin, ends[item]);
    lasts[place] = end;
    members[place].push(item);
    begins[place].push(begin);
    finals[place].push(end);
  }
  const height = kind === "lock" ? 6 : lasts.length <= 3 ? 14 : lasts.length <= 8 ? 9 : 5;
  return members.map((items, place): Row => ({
    kind,
    track: new SpanTrack(
      new Float64Array(begins[place]),
      new Float64Array(finals[place]),
      new Int32Array(items),
      picked(classes, items, Uint8Array),
      ITEM_CLASSES.length,
    ),
    top: 0,
    height,
  }));
}

/** Rows of a table by the number in one of their columns. */
export function rowsByCode(codes: Float64Array, count: number): Int32Array[] {
  const counts = new Uint32Array(count);
  for (let row = 0; row < codes.length; row++) if (codes[row] >= 0) counts[codes[row]]++;
  const lists = Array.from(counts, (size) => new Int32Array(size));
  counts.fill(0);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code >= 0) lists[code][counts[code]++] = row;
  }
  return lists;
}

function stacked(lane: Omit<Lane, "height">): Lane {
  let top = 0;
  for (const row of lane.rows) {
    row.top = top;
    top += row.height + ROW_GAP;
  }
  return { ...lane, height: Math.max(TICK_HEIGHT, top) };
}

/** A row of moments; empty until {@linkcode addEvents}. */
function tickRow(
  kind: ItemKind,
  rows: Int32Array,
  times: Float64Array,
  classes: Uint8Array,
  classCount: number,
): Row {
  const order = inOrder(rows, times);
  const track = new TickTrack(
    picked(times, order, Float64Array),
    order,
    picked(classes, order, Uint8Array),
    classCount,
  );
  return { kind, track, top: 0, height: kind === "event" ? TICK_HEIGHT : PAGE_HEIGHT };
}

/** All lanes, the busiest of each group first. Those of tasks and of memory have a last row for events, empty at first. */
export function lanesOf(recording: Recording): Lane[] {
  const { words, operations, bios, pages, locks } = recording;
  const busyFirst = (lanes: (Lane & { items: number })[]) => lanes.sort((a, b) => b.items - a.items || a.code - b.code);
  const starts = operations.column("start");
  const { operationEnds, operationClasses } = recording;
  const noEvents = () => tickRow("event", new Int32Array(0), starts, operationClasses, 1);
  const locksOfTask = rowsByCode(locks.column("task"), words.tasks.length);
  const tasks = rowsByCode(operations.column("task"), words.tasks.length).map((rows, code) => {
    const items = rows.length;
    const own = spanRows("operation", rows, starts, operationEnds, operationClasses);
    const held = spanRows("lock", locksOfTask[code], locks.column("start"), recording.lockEnds, recording.lockClasses);
    const rowsOfTask = [...own, ...held, noEvents()];
    return { ...stacked({ group: "tasks", title: words.tasks[code], rows: rowsOfTask, code }), items };
  });
  const pagesOfFile = rowsByCode(pages.column("file"), words.files.length);
  const files = rowsByCode(operations.column("file"), words.files.length).map((rows, code) => {
    const items = rows.length + pagesOfFile[code].length;
    const own = spanRows("operation", rows, starts, operationEnds, operationClasses);
    const steps = tickRow(
      "page_event",
      pagesOfFile[code],
      pages.column("ts"),
      recording.pageClasses,
      PAGE_CLASSES.length,
    );
    const title = fileText(words.files[code], recording.recordings);
    return { ...stacked({ group: "files", title, rows: [...own, steps], code }), items };
  }).filter(({ items }) => items > 0);
  const onMemory = recording.memories.length === 0
    ? new Float64Array(0)
    : Float64Array.from({ length: operations.rows }, (_, row) => recording.memoryOf(row));
  const memories = rowsByCode(onMemory, recording.memories.length).map((rows, code) => {
    const own = spanRows("operation", rows, starts, operationEnds, operationClasses);
    const title = recording.memories[code];
    return { ...stacked({ group: "memory", title, rows: [...own, noEvents()], code }), items: rows.length };
  });
  const devices = rowsByCode(bios.column("dev"), words.devices.length).map((rows, code) => {
    const own = spanRows("bio", rows, bios.column("queue"), recording.bioEnds, recording.bioClasses);
    return { ...stacked({ group: "devices", title: words.devices[code], rows: own, code }), items: rows.length };
  }).filter(({ items }) => items > 0);
  return [tasks, files, memories, devices].flatMap(busyFirst);
}

/** Puts the events of each task, and those of persistent memory, into their lanes. */
export function addEvents(lanes: readonly Lane[], { words, memories }: Recording, events: Table): void {
  const { tags, tasks } = words;
  const rowsWith = (codeOfTag: Float64Array, count: number) =>
    rowsByCode(picked(codeOfTag, events.column("tag"), Float64Array), count);
  const rows = {
    tasks: rowsWith(Float64Array.from(tags, ({ task }) => task), tasks.length),
    memory: memories.length === 0 ? [] : rowsWith(
      Float64Array.from(tags, ({ name, dev }) => isMemoryEvent(name) ? memories.indexOf(dev ?? "") : -1),
      memories.length,
    ),
  };
  const none = new Uint8Array(events.rows);
  for (const lane of lanes) {
    if (lane.group !== "tasks" && lane.group !== "memory") continue;
    const row = tickRow("event", rows[lane.group][lane.code], events.column("ts"), none, 1);
    row.top = lane.rows[lane.rows.length - 1].top;
    lane.rows[lane.rows.length - 1] = row;
  }
}

/** Place of an item in its row; -1 where it is in another one. */
export function placeOf({ track: { starts, items } }: Row, begin: number, item: number): number {
  for (let place = upperBound(starts, begin - 1e-9); place < starts.length; place++) {
    if (items[place] === item) return place;
    // Where rows were short, one may begin later than its item does.
    if (starts[place] > begin) break;
  }
  return items.indexOf(item);
}

/** Whether an item is in a row. */
export function holds(row: Row, begin: number, item: number): boolean {
  return placeOf(row, begin, item) >= 0;
}
