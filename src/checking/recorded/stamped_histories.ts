/**
 * Histories with stamps as plain histories: what was written and what was seen, sector by sector.
 *
 * What the stamps do not tell is not judged, and said: sectors of which an operation changed a part only, data that came
 * from a mapping and carries stamps of another place, files whose content was moved.
 *
 * @module
 */

import type { HistoryOperation } from "../../recording/history/history_line.ts";
import { FINAL, ZERO_STAMP } from "../../recording/history/read_history.ts";
import type {
  Certainty,
  PlainHistory,
  PlainOperation,
  SectorRead,
  SectorWrite,
  SizeStep,
  Way,
  ZeroedRange,
} from "../coherence/plain_history.ts";
import { operationText, type RecordedOperation, timeText } from "./recorded_run.ts";

const SECTOR = 512;

export interface StampedFile {
  readonly history: PlainHistory;
  readonly ino: number | null;
  /** False for sectors whose stamps are not judged. */
  readonly isJudged: (sector: number) => boolean;
  /** Operations of the plain history by their names. */
  readonly lines: ReadonlyMap<string, HistoryOperation>;
  /** What is not judged, and why; a line each. */
  readonly notes: readonly string[];
}

export interface Recorded {
  readonly matched: ReadonlyMap<HistoryOperation, readonly RecordedOperation[]>;
  readonly originNs: bigint;
  readonly pageSize: number;
  /** All that was lifted. */
  readonly operations: readonly RecordedOperation[];
}

/**
 * The operations of a history on each of its files. A file is its inode where that is known: a name may be given to another
 * file.
 */
export function stampedHistories(lines: readonly HistoryOperation[], recorded: Recorded): StampedFile[] {
  const ordered = lines.toSorted((a, b) => a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : a.line - b.line);
  const builders = new Map<number | string, FileBuilder>();
  /** What the name stands for by now. */
  const named = new Map<string, FileBuilder>();
  for (const line of ordered) {
    if (line.file === "") continue;
    const key = line.ino ?? line.file;
    let builder = builders.get(key);
    if (builder === undefined) builders.set(key, builder = new FileBuilder(line.file, recorded));
    named.set(line.file, builder);
    if (line.buffer !== null && line.family === "read" && line.result > 0) {
      named.get(line.buffer.file)?.leaveOut(line.buffer.offset, line.result, "a read into a mapping changed");
    }
    if (line.family === "clone" && line.result >= 0) builder.clone(line, named.get(line.fromFile ?? "") ?? null);
    else builder.add(line);
  }
  leaveOutOthers(builders, recorded);
  return [...builders.values()].map((builder) => builder.finish());
}

const WRITES: ReadonlySet<string> = new Set(["pwrite", "aio_pwrite", "uring_pwrite", "copy"]);

/** What calls wrote that are no line of the history has stamps of nobody: another program's, or copies of the kernel's. */
function leaveOutOthers(builders: ReadonlyMap<number | string, FileBuilder>, { operations, matched }: Recorded): void {
  const known = new Set([...matched.values()].flat());
  for (const operation of operations) {
    const { kind, file, offset, bytes, result } = operation;
    if (!WRITES.has(kind) || file === null || (result ?? 1) <= 0 || (kind !== "copy" && known.has(operation))) continue;
    const builder = builders.get(Number(file.split("/")[1]));
    // How far a call has come whose result is not known is not known either.
    if (offset === null) builder?.leaveOutAll(`${kind} that no line names (operation ${operation.id}) wrote it`);
    else builder?.leaveOut(offset, result ?? bytes ?? 0, "a call that no line names wrote");
  }
}

function whyMoved({ op, line, family }: HistoryOperation): string {
  const what = `${op} (line ${line})`;
  return family === "unknown" ? `what ${what} does to content is not known` : `${what} moved its content`;
}

interface Change {
  readonly operation: PlainOperation;
  readonly line: HistoryOperation;
}

class FileBuilder {
  readonly #name: string;
  readonly #recorded: Recorded;
  readonly #changes: Change[] = [];
  readonly #leftOut = new Map<number, string>();
  #ino: number | null = null;
  #initialSize: number | null = null;
  #isKnown = false;
  #moved: HistoryOperation | null = null;
  /** Why nothing is judged. */
  #whole: string | null = null;

  constructor(name: string, recorded: Recorded) {
    this.#name = name;
    this.#recorded = recorded;
  }

  /** Nothing of the file is judged. */
  leaveOutAll(why: string): void {
    this.#whole ??= why;
  }

  /** Sectors that the range touches are not judged. */
  leaveOut(offset: number, bytes: number, why: string): void {
    for (let s = Math.floor(offset / SECTOR); s < Math.ceil((offset + bytes) / SECTOR); s++) this.#leftOut.set(s, why);
  }

  add(line: HistoryOperation): void {
    this.#ino ??= line.ino;
    if (!this.#isKnown) {
      this.#isKnown = true;
      // A history that begins with making the file knows its size.
      if (line.family === "open" && line.truncates) this.#initialSize = 0;
    } else if (line.family === "open" && line.truncates && line.result >= 0) {
      this.#push(line, {
        zeroes: [{ first: 0, end: null, certainty: "definite" }],
        sizes: [{ kind: "sets", to: 0, certainty: "definite" }],
      });
    }
    switch (line.family) {
      case "read":
        if (line.result > 0) this.#push(line, { reads: this.#readsOf(line), sizes: sizesShown(line) });
        else if (line.result === 0) this.#push(line, { sizes: sizesShown(line) });
        break;
      case "load":
        if (line.result > 0) this.#push(line, { reads: this.#readsOf(line) });
        break;
      case "write":
      case "store":
        this.#push(line, this.#writesOf(line));
        break;
      case "truncate":
        this.#push(line, this.#truncated(line));
        break;
      case "allocate":
      case "zero":
      case "punch":
        this.#push(line, this.#allocated(line));
        break;
      case "shift":
      case "unknown":
        if (line.result >= 0) this.#moved ??= line;
        break;
      default:
    }
  }

  /** The file becomes what the other one is: where nothing was under way there, that is known. */
  clone(line: HistoryOperation, from: FileBuilder | null): void {
    this.#ino ??= line.ino;
    this.#initialSize = null;
    if (from === null) {
      this.#moved ??= line;
      return;
    }
    const { inv } = this.#times(line);
    const last = new Map<number, { value: string; isSure: boolean }>();
    for (const { operation } of from.#changes) {
      const isOver = operation.res !== null && operation.res < inv;
      for (const { sector, value, certainty } of operation.writes) {
        last.set(sector, { value, isSure: isOver && certainty === "definite" });
      }
      for (const { first, end } of operation.zeroes) {
        for (const sector of last.keys()) {
          if (sector >= first && (end === null || sector < end)) {
            last.set(sector, { value: ZERO_STAMP, isSure: isOver });
          }
        }
      }
    }
    const writes: SectorWrite[] = [];
    for (const [sector, { value, isSure }] of last) {
      if (isSure && !from.#leftOut.has(sector)) writes.push({ sector, value, way: "direct", certainty: "definite" });
      else this.leaveOut(sector * SECTOR, SECTOR, "a clone took over what was not sure");
    }
    this.#push(line, { writes });
  }

  #push(line: HistoryOperation, what: Partial<PlainOperation>): void {
    const lifted = this.#recorded.matched.get(line) ?? [];
    const operation: PlainOperation = {
      name: nameOf(line, lifted),
      task: String(line.tid),
      what: this.#whatOf(line, lifted),
      ...this.#times(line),
      reads: [],
      writes: [],
      zeroes: [],
      sizes: [],
      ...what,
    };
    this.#changes.push({ operation, line });
  }

  /** The recording's times where it has them: they lie within the history's. */
  #times(line: HistoryOperation): { inv: number; res: number } {
    const { matched, originNs } = this.#recorded;
    const lifted = line.family === "load" || line.family === "store" ? undefined : matched.get(line)?.[0];
    return {
      inv: lifted?.start ?? Number(line.startNs - originNs),
      res: lifted?.end ?? Number(line.endNs - originNs),
    };
  }

  #whatOf(line: HistoryOperation, lifted: readonly RecordedOperation[]): string {
    const { originNs } = this.#recorded;
    if (line.op === FINAL) return "";
    if (lifted.length > 0 && line.family !== "load" && line.family !== "store") {
      return operationText(lifted[0], originNs);
    }
    const range = line.offset === null ? "" : ` ${line.offset}+${line.length}`;
    const from = Number(line.startNs - originNs);
    const to = Number(line.endNs - originNs);
    const seqs = lifted.length === 0
      ? ", no events"
      : `, faults at events ${lifted.map(({ firstSeq }) => firstSeq).join(", ")}`;
    return `${line.op}${range} of thread ${line.tid}, ${timeText(from, originNs)}..${timeText(to, originNs)}${seqs}`;
  }

  #wayOf(line: HistoryOperation): Way {
    if (line.family === "load" || line.family === "store") return "mapped";
    const lifted = this.#recorded.matched.get(line)?.[0];
    if (lifted?.execution === "buffered" || lifted?.execution === "mixed") return "cached";
    if (lifted?.execution === "direct" || lifted?.execution === "dax") return "direct";
    return line.direct === true ? "direct" : "cached";
  }

  #readsOf(line: HistoryOperation): SectorRead[] {
    const way = this.#wayOf(line);
    const end = line.offset! + line.result;
    const sectors = new Map<number, Set<string> | null>();
    for (const { offset, bytes, values } of line.seen) {
      for (let s = Math.floor(offset / SECTOR); s * SECTOR < offset + bytes; s++) {
        const isWhole = s * SECTOR >= line.offset! && (s + 1) * SECTOR <= end;
        if (!isWhole) continue;
        if (values === null) sectors.set(s, null);
        else if (sectors.get(s) !== null) {
          const known = sectors.get(s) ?? new Set<string>();
          for (const value of values) known.add(value);
          sectors.set(s, known);
        }
      }
    }
    const reads: SectorRead[] = [];
    for (const [sector, values] of sectors) {
      if (values === null) continue;
      const [value, ...mixedWith] = values;
      reads.push(mixedWith.length === 0 ? { sector, value, way } : { sector, value, way, mixedWith });
    }
    return reads;
  }

  #writesOf(line: HistoryOperation): Partial<PlainOperation> {
    const { offset, length, result } = line;
    if (offset === null || length === null) return {};
    if (line.buffer !== null) this.leaveOut(offset, length, "a write from a mapping put stamps of another place into");
    const way = this.#wayOf(line);
    const done = Math.max(0, result);
    const writes: SectorWrite[] = [];
    const [first, last] = [Math.ceil(offset / SECTOR), Math.floor((offset + length) / SECTOR)];
    for (let sector = first; sector < last; sector++) {
      const certainty: Certainty = (sector + 1) * SECTOR <= offset + done ? "definite" : "possible";
      writes.push({ sector, value: String(line.id), way, certainty });
    }
    if (offset % SECTOR !== 0) this.leaveOut(offset, 1, "a part was written of");
    if ((offset + length) % SECTOR !== 0) this.leaveOut(offset + length - 1, 1, "a part was written of");
    if (line.family === "store") return { writes };
    const sizes: SizeStep[] = [];
    if (done > 0) sizes.push({ kind: "extends", from: offset, to: offset + done, certainty: "definite" });
    if (done < length) sizes.push({ kind: "extends", from: offset + done, to: offset + length, certainty: "possible" });
    return { writes, sizes };
  }

  #truncated(line: HistoryOperation): Partial<PlainOperation> {
    const size = line.length ?? line.offset;
    if (size === null) return {};
    const certainty: Certainty = line.result >= 0 ? "definite" : "possible";
    if (size % SECTOR !== 0) this.leaveOut(size, 1, "a truncation cut through");
    return {
      zeroes: [{ first: Math.ceil(size / SECTOR), end: null, certainty }],
      sizes: [{ kind: "sets", to: size, certainty }],
    };
  }

  #allocated(line: HistoryOperation): Partial<PlainOperation> {
    const { offset, length, family } = line;
    if (offset === null || length === null) return {};
    const end = offset + length;
    const certainty: Certainty = line.result >= 0 ? "definite" : "possible";
    const zeroes: ZeroedRange[] = [];
    if (family !== "allocate") {
      zeroes.push({ first: Math.ceil(offset / SECTOR), end: Math.floor(end / SECTOR), certainty });
      if (offset % SECTOR !== 0) this.leaveOut(offset, 1, "a part was zeroed of");
      if (end % SECTOR !== 0) this.leaveOut(end - 1, 1, "a part was zeroed of");
    }
    if (family === "punch") return { zeroes };
    return { zeroes, sizes: [{ kind: "extends", from: offset, to: end, certainty }] };
  }

  finish(): StampedFile {
    const moved = this.#moved;
    const whole = moved === null ? this.#whole : whyMoved(moved);
    const notes = whole !== null ? [`${this.#name}: ${whole}`] : [];
    const reasons = whole !== null ? [] : Map.groupBy(this.#leftOut, ([, why]) => why);
    for (const [why, sectors] of reasons) {
      notes.push(`${this.#name}: ${sectors.length} sectors, as ${why} them`);
    }
    const kept = whole !== null ? [] : this.#changes;
    const isJudged = (sector: number) => !this.#leftOut.has(sector);
    const ofJudged = ({ sector }: { sector: number }) => isJudged(sector);
    return {
      ino: this.#ino,
      isJudged,
      lines: new Map(kept.map(({ operation, line }) => [operation.name, line])),
      notes,
      history: {
        file: this.#name,
        initial: () => ZERO_STAMP,
        initialSize: this.#initialSize,
        operations: kept.map(({ operation }) => ({
          ...operation,
          reads: operation.reads.filter(ofJudged),
          writes: operation.writes.filter(ofJudged),
        })),
        final: null,
        zero: ZERO_STAMP,
        sectorsPerPage: this.#recorded.pageSize / SECTOR,
      },
    };
  }
}

function nameOf(line: HistoryOperation, lifted: readonly RecordedOperation[]): string {
  if (line.op === FINAL) return "the file in the end";
  return lifted.length === 0 || line.family === "load" || line.family === "store"
    ? `history ${line.id}`
    : `operation ${lifted[0].id}`;
}

/** What a read shows of the size; nothing where it may have ended early for another reason. */
function sizesShown({ offset, length, result, op, error, buffer }: HistoryOperation): SizeStep[] {
  if (offset === null || length === null || length === 0 || result < 0) return [];
  if (result === length) return [{ kind: "shows", atLeast: offset + length, atMost: null }];
  if (error !== null || buffer !== null || /nowait/.test(op) || op === FINAL) {
    return result === 0 ? [] : [{ kind: "shows", atLeast: offset + result, atMost: null }];
  }
  return [{ kind: "shows", atLeast: result === 0 ? 0 : offset + result, atMost: offset + result }];
}
