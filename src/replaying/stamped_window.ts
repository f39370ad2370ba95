/**
 * What a history with stamps tells of a window: what its operations returned, and whose data each sector of what they
 * read was.
 *
 * @module
 */

import { doneAt, type PlainOperation, type SectorRead } from "../checking/coherence/plain_history.ts";
import { matchHistory } from "../checking/recorded/match_history.ts";
import type { RecordedOperation, RecordedRun } from "../checking/recorded/recorded_run.ts";
import { type StampedFile, stampedHistories } from "../checking/recorded/stamped_histories.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import { ZERO_STAMP } from "../recording/history/read_history.ts";
import { FileSizes } from "./file_sizes.ts";

/**
 * Where the data of a sector is from: `before`: what was there when the window began; `zero`: zeroes; `older`: what had
 * been replaced before the window began; else the task of the window that wrote it.
 */
export type Source = string;

/** Why nothing can be said. */
export interface Unsaid {
  readonly unsaid: string;
}

/** An operation of the window, as the history has it. */
export interface StampedOperation {
  readonly line: HistoryOperation;
  readonly plain: PlainOperation;
}

/** What is under way in the window, by task. */
export interface WindowSpan {
  readonly tasks: ReadonlyMap<string, StampedOperation>;
  /** When the first of its operations began, and when the last of them had returned. */
  readonly begun: number;
  readonly over: number;
}

/** The stamps of a line's file. */
export interface Stamps {
  readonly past: SectorPasts;
  readonly plain: PlainOperation;
  /** False for sectors whose stamps are not judged. */
  readonly isJudged: (sector: number) => boolean;
}

const SECTOR = 512;

/** Histories by the lifted operations that their lines are of. */
export class StampedRun {
  readonly #lines = new Map<number, HistoryOperation>();
  readonly #files = new Map<HistoryOperation, Stamps>();
  readonly #run: RecordedRun;
  readonly #sizes: FileSizes;

  constructor(run: RecordedRun, history: readonly HistoryOperation[]) {
    this.#run = run;
    this.#sizes = new FileSizes(run);
    const { originNs, pageSize } = run;
    const matched = matchHistory(history, run.operations, originNs);
    for (const [line, lifted] of matched) for (const { id } of lifted) this.#lines.set(id, line);
    for (const file of stampedHistories(history, { matched, originNs, pageSize, operations: run.operations })) {
      const past = new SectorPasts(file);
      for (const plain of file.history.operations) {
        this.#files.set(file.lines.get(plain.name)!, { past, plain, isJudged: file.isJudged });
      }
    }
  }

  /**
   * Whether the size of the file was, or may have been, changed in this time by others than these operations.
   *
   * @param size bytes when the time began; null: not known
   */
  isResizedByOthers(
    own: readonly RecordedOperation[],
    size: number | null,
    { begun, over }: Pick<WindowSpan, "begun" | "over">,
  ): boolean {
    const [{ file }] = own;
    const byOther = this.#sizes.changesWithin(file!, begun, over).some(({ operation, effect }) =>
      !own.some(({ id }) => id === operation.id) && (effect.kind !== "extends" || (size !== null && effect.to > size))
    );
    // Sizes that these operations can give it themselves.
    const given = new Set([
      size,
      ...own.flatMap(({ offset, bytes, result }) => offset === null ? [] : [offset, offset + (bytes ?? result ?? 0)]),
    ]);
    return byOther ||
      this.#sizes.shownWithin(file!, begun, over).some((shown) => !given.has(shown.size));
  }

  lineOf({ id }: RecordedOperation): HistoryOperation | null {
    return this.#lines.get(id) ?? null;
  }

  /** Null: its stamps are not judged. */
  stampsOf(line: HistoryOperation): Stamps | null {
    return this.#files.get(line) ?? null;
  }

  /** What a load saw of a page, by sector: also of sectors that it saw a part of. */
  seenInPage(line: HistoryOperation, page: number): Map<number, ReadonlySet<string>> {
    const { pageSize } = this.#run;
    const [from, to] = [page * pageSize, (page + 1) * pageSize];
    const isJudged = this.stampsOf(line)!.isJudged;
    const seen = new Map<number, Set<string>>();
    const unknown = new Set<number>();
    for (const { offset, bytes, values } of line.seen) {
      const last = Math.min(offset + bytes, to) - 1;
      for (let s = Math.floor(Math.max(offset, from) / SECTOR); s <= Math.floor(last / SECTOR); s++) {
        if (!isJudged(s)) continue;
        if (values === null) unknown.add(s);
        else seen.set(s, (seen.get(s) ?? new Set()).union(new Set(values)));
      }
    }
    for (const sector of unknown) seen.delete(sector);
    return seen;
  }

  isPageBegin(byte: number): boolean {
    return byte % this.#run.pageSize === 0;
  }

  pageOf(byte: number): number {
    return Math.floor(byte / this.#run.pageSize);
  }
}

interface SectorPast {
  readonly reads: { readonly operation: PlainOperation; readonly read: SectorRead }[];
  readonly writes: { readonly operation: PlainOperation; readonly value: string; readonly done: number }[];
}

interface Zeroed {
  readonly operation: PlainOperation;
  readonly first: number;
  readonly end: number;
  readonly done: number;
}

const NOTHING: SectorPast = { reads: [], writes: [] };

/** What became of each sector of a file over time. */
class SectorPasts {
  readonly #sectors = new Map<number, SectorPast>();
  readonly #zeroes: Zeroed[] = [];

  constructor({ history }: StampedFile) {
    for (const operation of history.operations) {
      for (const read of operation.reads) {
        if (read.way !== "mapped") this.#sector(read.sector).reads.push({ operation, read });
      }
      for (const { sector, value, certainty } of operation.writes) {
        this.#sector(sector).writes.push({ operation, value, done: doneAt(operation, certainty) });
      }
      for (const { first, end, certainty } of operation.zeroes) {
        this.#zeroes.push({ operation, first, end: end ?? Infinity, done: doneAt(operation, certainty) });
      }
    }
    for (const { reads } of this.#sectors.values()) reads.sort((a, b) => a.operation.inv - b.operation.inv);
  }

  #sector(sector: number): SectorPast {
    let past = this.#sectors.get(sector);
    if (past === undefined) this.#sectors.set(sector, past = { reads: [], writes: [] });
    return past;
  }

  #zeroesOf(sector: number): Zeroed[] {
    return this.#zeroes.filter(({ first, end }) => sector >= first && sector < end);
  }

  /**
   * Where what a read shows can be from: several where zeroes may be older ones.
   *
   * @param until when it was read at the latest
   */
  sourcesOf(sector: number, values: readonly string[], span: WindowSpan, until: number): ReadonlySet<Source> | Unsaid {
    const sources = new Set<Source>();
    for (const value of values) {
      const found = this.#sourcesOf(sector, value, span, until);
      if ("unsaid" in found) return found;
      if (values.length > 1 && sources.size > 0 && !found.some((source) => sources.has(source))) {
        return { unsaid: "parts of one sector are of several writes" };
      }
      for (const source of found) sources.add(source);
    }
    return sources;
  }

  #sourcesOf(sector: number, value: string, span: WindowSpan, until: number): Source[] | Unsaid {
    const { begun, tasks } = span;
    const isOwn = (operation: PlainOperation) => [...tasks.values()].some(({ plain }) => plain === operation);
    for (const [task, { line }] of tasks) if (String(line.id) === value) return [task];
    const third = { unsaid: "what was read there is of a third operation" };
    const { writes } = this.#sectors.get(sector) ?? NOTHING;
    const isReplaced = (by: readonly { operation: PlainOperation; done: number }[], since: number) =>
      by.some(({ operation, done }) => operation.inv > since && done < begun);
    const zeroes = this.#zeroesOf(sector);
    if (value === ZERO_STAMP) {
      const others = zeroes.filter(({ operation }) => !isOwn(operation));
      if (others.some(({ operation, done }) => operation.inv <= until && done >= begun)) return third;
      const wasZero = !isReplaced(writes, -Infinity) ||
        others.some(({ operation }) => operation.inv < begun && !isReplaced(writes, operation.res ?? Infinity));
      return wasZero ? ["zero", "before"] : ["zero"];
    }
    const write = writes.find((each) => each.value === value);
    if (write === undefined) return { unsaid: "what was read there is of nobody known" };
    const over = write.operation.res ?? Infinity;
    if (over >= begun) return third;
    return isReplaced(writes, over) || isReplaced(zeroes, over) ? ["older"] : ["before"];
  }

  /** What the next read(2) after the window shows; null: none does, or something else may have changed it. */
  afterwards(sector: number, span: WindowSpan): ReadonlySet<Source> | null {
    const { reads, writes } = this.#sectors.get(sector) ?? NOTHING;
    const next = reads.find(({ operation }) => operation.inv > span.over);
    if (next === undefined) return null;
    const until = next.operation.res ?? Infinity;
    const isOwn = (operation: PlainOperation) => [...span.tasks.values()].some(({ plain }) => plain === operation);
    const isThird = ({ operation, done }: { operation: PlainOperation; done: number }) =>
      !isOwn(operation) && operation.inv <= until && done >= span.begun;
    if (writes.some(isThird) || this.#zeroesOf(sector).some(isThird)) return null;
    const { value, mixedWith } = next.read;
    const sources = this.sourcesOf(sector, [value, ...mixedWith ?? []], span, until);
    return "unsaid" in sources ? null : sources;
  }
}
