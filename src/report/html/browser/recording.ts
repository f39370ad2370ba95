/**
 * The recording that the page brings: its tables, what their numbers mean, and what belongs to what.
 *
 * @module
 */
import { EventDetails } from "./event_details.ts";
import { bioClass, lockClass, operationClass, pageClass } from "./item_classes.ts";
import { embedded, Table } from "./tables.ts";
import type { RecordingWords } from "../page_data.ts";
import { word } from "./words.ts";

/** What can be looked at: a row of one of the tables. */
export type ItemKind = "operation" | "bio" | "page_event" | "lock" | "event";

export interface Item {
  readonly kind: ItemKind;
  /** Row of its table, from 0. */
  readonly row: number;
}

export class Recording {
  readonly operationClasses: Uint8Array;
  readonly bioClasses: Uint8Array;
  readonly pageClasses: Uint8Array;
  readonly lockClasses: Uint8Array;
  /** When an operation ends, in ns; the end of the recording where its return is not recorded. */
  readonly operationEnds: Float64Array;
  readonly bioEnds: Float64Array;
  readonly lockEnds: Float64Array;
  /** Devices that are persistent memory, as operations without a page cache or events of DAX show. */
  readonly memories: readonly string[];
  /** Decoded after the first picture. */
  #events: Promise<Table> | null = null;
  #eventDetails: Promise<EventDetails> | null = null;

  private constructor(
    readonly words: RecordingWords,
    readonly operations: Table,
    readonly bios: Table,
    readonly pages: Table,
    /** Stretches of time in which a lock was held or waited for; none where events do not show them. */
    readonly locks: Table,
  ) {
    this.operationClasses = classesOf(
      [operations.column("kind"), words.kinds],
      [operations.column("execution"), words.executions],
      operationClass,
    );
    this.bioClasses = classesOf([bios.column("rwbs"), words.rwbs], [bios.column("role"), words.roles], bioClass);
    this.pageClasses = classesOf([pages.column("page_kind"), words.pageKinds], null, pageClass);
    this.operationEnds = endsOf(operations.column("start"), operations.column("duration"), words.lengthNs);
    this.lockClasses = classesOf([locks.column("lock"), words.locks], null, lockClass);
    this.lockEnds = endsOf(locks.column("start"), locks.column("duration"), words.lengthNs);
    this.memories = memoriesOf(words, operations);
    this.bioEnds = endsOf(bios.column("queue"), bios.column("complete"), words.lengthNs);
  }

  static async open(): Promise<Recording> {
    const [operations, bios, pages, locks] = await Promise.all(
      ["operation", "bio", "page_event", "lock"].map(Table.open),
    );
    return new Recording(embedded<RecordingWords>("words"), operations, bios, pages, locks);
  }

  events(): Promise<Table> {
    return this.#events ??= Table.open("event");
  }

  eventDetails(): Promise<EventDetails> {
    return this.#eventDetails ??= Promise.all([this.events(), Table.open("event_detail")])
      .then(([events, details]) => new EventDetails(details, events.column("tag")));
  }

  /** The persistent memory that an operation is on, as its place among {@linkcode memories}; -1: it is on none. */
  memoryOf(operationRow: number): number {
    const { words, operations } = this;
    if (this.memories.length === 0) return -1;
    const file = words.files[operations.column("file")[operationRow]];
    if (file === undefined) return -1;
    const isDax = word(words.executions, operations.column("execution")[operationRow]) === "dax";
    const isMapped = MAPPED.has(word(words.kinds, operations.column("kind")[operationRow]));
    return isDax || isMapped ? this.memories.indexOf(file.dev) : -1;
  }

  /** Number of recordings that files are from. */
  get recordings(): number {
    return new Set(this.words.files.map(({ recording }) => recording)).size;
  }

  /** Row of an operation by its op_id; -1 where there is none. */
  operationRow(id: number): number {
    return rowOf(this.operations.column("op_id"), id);
  }

  /** Bios and page events that are an operation's, and the operations that are parts of it. */
  partsOf(operationRow: number): Item[] {
    const id = this.operations.column("op_id")[operationRow];
    return [
      ...rowsWhere(this.operations.column("part_of"), id).map((row): Item => ({ kind: "operation", row })),
      ...rowsWhere(this.bios.column("op_id"), id).map((row): Item => ({ kind: "bio", row })),
      ...rowsWhere(this.pages.column("op_id"), id).map((row): Item => ({ kind: "page_event", row })),
    ];
  }

  /** The row of the operation that an item is of; -1 where none is known. */
  ownerOf({ kind, row }: Item): number {
    if (kind === "operation") return row;
    if (kind === "event" || kind === "lock") return -1;
    const id = (kind === "bio" ? this.bios : this.pages).column("op_id")[row];
    return Number.isNaN(id) ? -1 : this.operationRow(id);
  }

  /** Everything that lights up with an item: its operation, and that one's parts; the item itself comes first. */
  linked(item: Item): Item[] {
    const owner = this.ownerOf(item);
    if (owner < 0) return [item];
    const all: Item[] = [{ kind: "operation", row: owner }, ...this.partsOf(owner)];
    return [item, ...all.filter(({ kind, row }) => kind !== item.kind || row !== item.row)];
  }

  /** Beginning and end of an item, ns. An event's time is known once events are decoded. */
  span({ kind, row }: Item, events: Table | null): [begin: number, end: number] {
    if (kind === "operation") return [this.operations.column("start")[row], this.operationEnds[row]];
    if (kind === "bio") return [this.bios.column("queue")[row], this.bioEnds[row]];
    if (kind === "lock") return [this.locks.column("start")[row], this.lockEnds[row]];
    const ts = (kind === "event" ? events : this.pages)?.column("ts")[row] ?? NaN;
    return [ts, ts];
  }
}

/** What goes to persistent memory by other ways than a system call's copy. */
const MAPPED = new Set(["load", "store", "msync", "fsync", "fdatasync"]);

/** Events of file systems and of fs_dax that are there on persistent memory only. */
export function isMemoryEvent(name: string): boolean {
  return /(^|_)dax_/.test(name);
}

function memoriesOf({ executions, files, tags }: RecordingWords, operations: Table): string[] {
  const found = new Set(tags.flatMap(({ name, dev }) => dev !== null && isMemoryEvent(name) ? [dev] : []));
  const dax = executions.indexOf("dax");
  const [execution, file] = [operations.column("execution"), operations.column("file")];
  for (let row = 0; dax >= 0 && row < operations.rows; row++) {
    if (execution[row] === dax && !Number.isNaN(file[row])) found.add(files[file[row]].dev);
  }
  return [...found].sort();
}

function endsOf(starts: Float64Array, durations: Float64Array, end: number): Float64Array {
  const ends = new Float64Array(starts.length);
  for (let row = 0; row < ends.length; row++) {
    const until = starts[row] + durations[row];
    ends[row] = Number.isNaN(durations[row]) ? Math.max(starts[row], end) : until;
  }
  return ends;
}

/** A column of codes, and the words that they stand for. */
type CodedColumn = readonly [codes: Float64Array, words: readonly string[]];

/** The class of each row by one or two of its words; words are looked at once for each pair of codes. */
function classesOf(
  [firsts, words]: CodedColumn,
  second: CodedColumn | null,
  classOf: (first: string, second: string) => number,
): Uint8Array {
  const [seconds, others] = second ?? [null, []];
  // Place 0 is for what is not known.
  const classes = new Int16Array((words.length + 1) * (others.length + 1)).fill(-1);
  const result = new Uint8Array(firsts.length);
  for (let row = 0; row < result.length; row++) {
    const code = firsts[row] >= 0 ? firsts[row] + 1 : 0;
    const other = seconds !== null && seconds[row] >= 0 ? seconds[row] + 1 : 0;
    const place = code * (others.length + 1) + other;
    if (classes[place] < 0) classes[place] = classOf(word(words, code - 1), word(others, other - 1));
    result[row] = classes[place];
  }
  return result;
}

/** Place of a value in a column that grows; numbers are mostly their own places. */
function rowOf(ids: Float64Array, id: number): number {
  if (ids[id] === id) return id;
  return ids.indexOf(id);
}

function rowsWhere(column: Float64Array, value: number): number[] {
  const rows: number[] = [];
  for (let row = column.indexOf(value); row >= 0; row = column.indexOf(value, row + 1)) rows.push(row);
  return rows;
}
