/**
 * Windows: operations of a recording that were under way at the same time and touch the same pages or the size of one
 * file. What they could have done to each other, they could have done there.
 *
 * A window is what is under way when an operation begins, as far as it has to do with that one. One that is part of a
 * later one is left to that; one of more operations than a model is asked to interleave is looked at pair by pair.
 *
 * @module
 */

import type { RecordedOperation, RecordedRun } from "../checking/recorded/recorded_run.ts";
import { COLLAPSE_RANGE, INSERT_RANGE, PUNCH_HOLE, UNSHARE_RANGE, ZERO_RANGE } from "../recording/fallocate_mode.ts";

/** What of a file an operation touches. */
export interface Touched {
  readonly operation: RecordedOperation;
  readonly verb: Verb;
  /** Bytes of the file: `end` is Infinity where it goes on for ever. */
  readonly start: number;
  readonly end: number;
}

/** What an operation is to a scenario. */
export type Verb =
  | "pread"
  | "pwrite"
  | "aio_pread"
  | "aio_pwrite"
  | "uring_pread"
  | "uring_pwrite"
  | "load"
  | "store"
  | "ftruncate"
  | "fallocate"
  | "punch"
  | "zero"
  | "fsync"
  | "fdatasync"
  | "msync"
  | "sync_file_range";

export interface Window {
  readonly file: string;
  /** In order of their beginning. */
  readonly touched: readonly Touched[];
}

export interface CutWindows {
  readonly windows: readonly Window[];
  /** Groups of more operations than fit, which are looked at pair by pair. */
  readonly inPairs: number;
  /** Operations that cannot be cut out, by why. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** Operations of one window at most. */
export const OPERATIONS_MAX = 2;

const SECTOR = 512;
const OTHER_MODES = COLLAPSE_RANGE | INSERT_RANGE | UNSHARE_RANGE;

const READS: ReadonlySet<Verb> = new Set<Verb>(["pread", "aio_pread", "uring_pread", "load"]);

/** True for what went past the page cache, if only in part. */
export function isDirect({ execution }: RecordedOperation): boolean {
  return execution === "direct" || execution === "mixed";
}

export function cutWindows(run: RecordedRun): CutWindows {
  const { byFile, leftOut } = touchedByFile(run);
  // Of several groups one pair may be part.
  const windows = new Map<string, Window>();
  let inPairs = 0;
  for (const [file, all] of byFile) {
    const groups = maximal(groupsAtBeginnings(all, run.pageSize));
    for (const group of groups) {
      if (group.length > OPERATIONS_MAX) inPairs++;
      for (const touched of group.length > OPERATIONS_MAX ? pairsOf(group, run.pageSize) : [group]) {
        windows.set(touched.map(({ operation }) => operation.id).join(), { file, touched });
      }
    }
  }
  const last = ({ touched }: Window) => touched.at(-1)!.operation.id;
  return { windows: [...windows.values()].sort((a, b) => last(a) - last(b)), inPairs, leftOut };
}

/** What operations touch, by file and in the order of their beginning; `leftOut` as in {@linkcode CutWindows}. */
export function touchedByFile(run: RecordedRun): { byFile: Map<string, Touched[]>; leftOut: Map<string, number> } {
  const leftOut = new Map<string, number>();
  const byFile = new Map<string, Touched[]>();
  for (const operation of run.operations) {
    const touched = touchedBy(operation, run, (why) => {
      leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
      return null;
    });
    if (touched === null) continue;
    const list = byFile.get(operation.file!);
    if (list === undefined) byFile.set(operation.file!, [touched]);
    else list.push(touched);
  }
  return { byFile, leftOut };
}

/** Null: it touches nothing of a file, or not known what. */
function touchedBy(operation: RecordedOperation, run: RecordedRun, leaveOut: (why: string) => null): Touched | null {
  const { kind, file, offset, bytes, result, end } = operation;
  if (!/^((aio_|uring_)?p(read|write)|load|store|ftruncate|fallocate|f(data)?sync|msync|sync_file_range)$/.test(kind)) {
    return null;
  }
  if (file === null) return leaveOut("whose file is not known");
  if (end === null) return leaveOut("whose end is not in the recording");
  if (result !== null && result < 0) return leaveOut("that failed");
  if (kind === "fsync" || kind === "fdatasync") return { operation, verb: kind, start: 0, end: Infinity };
  if (kind === "msync" || kind === "sync_file_range") {
    // Where msync's addresses are in the file is not always known: then it is about all of it.
    const known = offset !== null && bytes !== null && bytes > 0;
    return { operation, verb: kind, start: known ? offset : 0, end: known ? offset + bytes : Infinity };
  }
  if (offset === null) return leaveOut("whose range is not known");
  if (kind === "ftruncate") return { operation, verb: kind, start: offset, end: Infinity };
  const length = bytes ?? (result === null ? 0 : result);
  if (length <= 0) return leaveOut("of no bytes");
  // Nothing is seen of them but the fault of a page, by one instruction: a store into a whole page would leave nothing to
  // be lost there, and no load is torn.
  if (kind === "store" || kind === "load") {
    return { operation, verb: kind, start: offset, end: offset + Math.min(length, SECTOR) };
  }
  if (kind !== "fallocate") return { operation, verb: kind as Verb, start: offset, end: offset + length };
  const mode = run.fallocateModes.get(operation.firstSeq) ?? 0;
  if (mode & OTHER_MODES) return leaveOut("that collapse, insert or unshare");
  const verb = mode & PUNCH_HOLE ? "punch" : mode & ZERO_RANGE ? "zero" : "fallocate";
  return { operation, verb, start: offset, end: offset + length };
}

/** True when the two can do something to each other: they are under way together, and touch the same page. */
function meet(a: Touched, b: Touched, pageSize: number): boolean {
  if (READS.has(a.verb) && READS.has(b.verb)) return false;
  const [one, other] = [a.operation, b.operation];
  // Of one thread only requests are under way together.
  if (one.pid === other.pid && !(isRequest(a) && isRequest(b))) return false;
  const pageOf = (byte: number) => Math.floor(byte / pageSize);
  return one.start < other.end! && other.start < one.end! &&
    pageOf(a.start) <= pageOf(b.end - 1) && pageOf(b.start) <= pageOf(a.end - 1);
}

function isRequest({ verb }: Touched): boolean {
  return verb.startsWith("aio_") || verb.startsWith("uring_");
}

/** At the beginning of each operation: it, and what it meets of what is under way. */
function groupsAtBeginnings(all: readonly Touched[], pageSize: number): Touched[][] {
  const ordered = all.toSorted((a, b) => a.operation.start - b.operation.start || a.operation.id - b.operation.id);
  const groups: Touched[][] = [];
  let underWay: Touched[] = [];
  for (const touched of ordered) {
    underWay = underWay.filter(({ operation }) => operation.end! > touched.operation.start);
    const met = underWay.filter((other) => meet(touched, other, pageSize));
    if (met.length > 0) groups.push([...met, touched]);
    underWay.push(touched);
  }
  return groups;
}

/** Groups that are not part of a later one. */
function maximal(groups: readonly Touched[][]): Touched[][] {
  const sets = groups.map((group) => new Set(group));
  /** Where each operation is: those that begin late are in few. */
  const groupsOf = new Map<Touched, number[]>();
  for (const [at, group] of groups.entries()) {
    for (const each of group) {
      const own = groupsOf.get(each);
      if (own === undefined) groupsOf.set(each, [at]);
      else own.push(at);
    }
  }
  return groups.filter((group, at) =>
    !groupsOf.get(group.at(-1)!)!.some((other) =>
      other > at && group.length < sets[other].size && group.every((each) => sets[other].has(each))
    )
  );
}

function* pairsOf(group: readonly Touched[], pageSize: number): Iterable<Touched[]> {
  for (let a = 0; a < group.length; a++) {
    for (let b = a + 1; b < group.length; b++) if (meet(group[a], group[b], pageSize)) yield [group[a], group[b]];
  }
}
