/**
 * How long each file of a recording was at a time: what an event has printed, and what calls have changed since.
 *
 * Only the beginning of direct I/O prints a size, so that one is known a call late at best: a write that made the file
 * longer behind it, and is over, is counted in.
 *
 * @module
 */

import type { RecordedOperation, RecordedRun, ShownSize } from "../checking/recorded/recorded_run.ts";
import { SpansOfTime } from "../checking/recorded/spans_of_time.ts";
import { COLLAPSE_RANGE, INSERT_RANGE, KEEP_SIZE } from "../recording/fallocate_mode.ts";
import { partitionPoint } from "../std/partition_point.ts";

/** What a call does to the size of its file: `extends` it to so many bytes if it is shorter, `sets` it, or who knows. */
type Effect = { readonly kind: "extends" | "sets"; readonly to: number } | { readonly kind: "unknown" };

/** A call that changes a size, or may. */
export interface SizeChange {
  readonly operation: RecordedOperation;
  readonly start: number;
  /** When it was over; Infinity: not in the recording. */
  readonly end: number;
  readonly effect: Effect;
}

/** What is known of one file. */
interface Known {
  /** By time. */
  readonly shown: readonly ShownSize[];
  readonly changes: SpansOfTime<SizeChange>;
  /** From each of these times on it was so long. */
  readonly times: readonly number[];
  readonly sizes: readonly (number | null)[];
}

export class FileSizes {
  readonly #shown: ReadonlyMap<string, readonly ShownSize[]>;
  readonly #changes: ReadonlyMap<string | null, readonly SizeChange[]>;
  /** Of files that are not known: they may be any file's. */
  readonly #ofUnknown: readonly SizeChange[];
  readonly #known = new Map<string, Known>();

  constructor(run: RecordedRun) {
    this.#shown = Map.groupBy(run.sizes, ({ file }) => file);
    const changes = run.operations.flatMap((operation): SizeChange[] => {
      const effect = effectOf(operation, run);
      const { start, end, done } = operation;
      return effect === null ? [] : [{ operation, start, end: done ?? end ?? Infinity, effect }];
    });
    this.#changes = Map.groupBy(changes, ({ operation }) => operation.file);
    this.#ofUnknown = (this.#changes.get(null) ?? []).map((change) => ({ ...change, effect: { kind: "unknown" } }));
  }

  /** Sizes of a file that events have printed from one time up to another. */
  shownWithin(file: string, from: number, to: number): readonly ShownSize[] {
    const { shown } = this.#of(file);
    return shown.slice(
      partitionPoint(shown, ({ time }) => time < from),
      partitionPoint(shown, ({ time }) => time <= to),
    );
  }

  /** Calls that may have changed the size of a file and were under way between the two times. */
  changesWithin(file: string, from: number, to: number): readonly SizeChange[] {
    return this.#of(file).changes.within(from, to);
  }

  /** Bytes; null: nothing tells, or calls at the same time changed it and only their order would. */
  at(file: string, time: number): number | null {
    const { times, sizes } = this.#of(file);
    return sizes[partitionPoint(times, (each) => each <= time) - 1] ?? null;
  }

  #of(file: string): Known {
    let known = this.#known.get(file);
    if (known === undefined) {
      const changes = [...this.#changes.get(file) ?? [], ...this.#ofUnknown];
      this.#known.set(file, known = knownOf(this.#shown.get(file) ?? [], changes));
    }
    return known;
  }
}

function knownOf(shown: readonly ShownSize[], all: readonly SizeChange[]): Known {
  const changes = new SpansOfTime(all);
  // What is printed when a call is over has it in it.
  const told = [
    ...all.map((change) => ({ time: change.end, change, size: null })),
    ...shown.map(({ time, size }) => ({ time, change: null, size })),
  ].sort((a, b) => a.time - b.time);
  const sizes: (number | null)[] = [];
  let size: number | null = null;
  for (const each of told) {
    size = each.change === null ? each.size : sizeAfter(each.change, size, changes);
    sizes.push(size);
  }
  return { shown, changes, times: told.map(({ time }) => time), sizes };
}

function sizeAfter(change: SizeChange, size: number | null, changes: SpansOfTime<SizeChange>): number | null {
  const { effect, start, end } = change;
  switch (effect.kind) {
    case "unknown":
      return null;
    case "extends":
      return size === null ? null : Math.max(size, effect.to);
    case "sets": {
      const isFirstKnown = changes.within(start, end).every((other) =>
        other === change || !isOrderTelling(other.effect, effect.to)
      );
      return isFirstKnown ? effect.to : null;
    }
  }
}

/** Whether it matters if this came before or behind a cut to so many bytes. */
function isOrderTelling(effect: Effect, cutTo: number): boolean {
  if (effect.kind === "unknown") return true;
  return effect.kind === "sets" ? effect.to !== cutTo : effect.to > cutTo;
}

/** Null: none. */
function effectOf(operation: RecordedOperation, { fallocateModes, cuttingOpens }: RecordedRun): Effect | null {
  const { kind, offset, bytes, result, firstSeq } = operation;
  if (result !== null && result < 0) return null;
  switch (kind) {
    case "open":
      return cuttingOpens.has(firstSeq) ? { kind: "sets", to: 0 } : null;
    case "ftruncate":
      return offset === null ? { kind: "unknown" } : { kind: "sets", to: offset };
    case "pwrite":
    case "aio_pwrite":
    case "uring_pwrite": {
      const length = result ?? bytes;
      if (length === 0) return null;
      return offset === null || length === null ? { kind: "unknown" } : { kind: "extends", to: offset + length };
    }
    case "copy":
      return { kind: "unknown" };
    case "fallocate": {
      const mode = fallocateModes.get(firstSeq);
      if (mode === undefined || (mode & (COLLAPSE_RANGE | INSERT_RANGE)) !== 0) return { kind: "unknown" };
      if ((mode & KEEP_SIZE) !== 0) return null;
      return offset === null || bytes === null ? { kind: "unknown" } : { kind: "extends", to: offset + bytes };
    }
    default:
      return null;
  }
}
