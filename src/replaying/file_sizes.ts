/**
 * How long each file of a recording was at a time: what an event has printed, and what calls have changed since.
 *
 * Only the beginning of direct I/O prints a size, so that one is known a call late at best: a write that made the file
 * longer behind it, and is over, is counted in.
 *
 * @module
 */

import type { RecordedOperation, RecordedRun, ShownSize } from "../checking/recorded/recorded_run.ts";
import { COLLAPSE_RANGE, INSERT_RANGE, KEEP_SIZE } from "../recording/fallocate_mode.ts";
import { partitionPoint } from "../std/partition_point.ts";

/** What a call does to the size of its file: `extends` it to so many bytes if it is shorter, `sets` it, or who knows. */
type Effect = { readonly kind: "extends" | "sets"; readonly to: number } | { readonly kind: "unknown" };

/** A call that changes a size, or may. */
export interface SizeChange {
  readonly operation: RecordedOperation;
  /** When it was over; Infinity: not in the recording. */
  readonly done: number;
  readonly effect: Effect;
}

export class FileSizes {
  /** By time. */
  readonly #shown: ReadonlyMap<string, readonly ShownSize[]>;
  /** By when they were over. */
  readonly #changes: ReadonlyMap<string | null, readonly SizeChange[]>;
  /** Of files that are not known: they may be any file's. */
  readonly #ofUnknown: readonly SizeChange[];
  readonly #merged = new Map<string, readonly SizeChange[]>();

  constructor(run: RecordedRun) {
    this.#shown = Map.groupBy(run.sizes, ({ file }) => file);
    const changes = run.operations.flatMap((operation): SizeChange[] => {
      const effect = effectOf(operation, run);
      return effect === null ? [] : [{ operation, done: operation.done ?? operation.end ?? Infinity, effect }];
    }).sort((a, b) => a.done - b.done);
    this.#ofUnknown = changes.filter(({ operation }) => operation.file === null)
      .map((change) => ({ ...change, effect: { kind: "unknown" } }));
    this.#changes = Map.groupBy(changes, ({ operation }) => operation.file);
  }

  /** What events have printed of a file. */
  shownOf(file: string): readonly ShownSize[] {
    return this.#shown.get(file) ?? [];
  }

  /** Calls that may have changed the size of a file, by when they were over. */
  changesOf(file: string): readonly SizeChange[] {
    let merged = this.#merged.get(file);
    if (merged === undefined) {
      merged = [...this.#changes.get(file) ?? [], ...this.#ofUnknown].sort((a, b) => a.done - b.done);
      this.#merged.set(file, merged);
    }
    return merged;
  }

  /** Bytes; null: nothing tells, or calls at the same time changed it and only their order would. */
  at(file: string, time: number): number | null {
    const shown = this.shownOf(file);
    const last = shown[partitionPoint(shown, (each) => each.time <= time) - 1];
    const changes = this.changesOf(file);
    const since = changes.slice(
      last === undefined ? 0 : partitionPoint(changes, ({ done }) => done <= last.time),
      partitionPoint(changes, ({ done }) => done <= time),
    );
    let size: number | null = last?.size ?? null;
    for (const change of since) {
      const { effect } = change;
      if (effect.kind === "unknown") size = null;
      else if (effect.kind === "extends") size = size === null ? null : Math.max(size, effect.to);
      else size = changes.some((other) => other !== change && isOrderTelling(other, change)) ? null : effect.to;
    }
    return size;
  }
}

/** Whether it matters which of the two came first, and nobody knows. */
function isOrderTelling({ operation, done, effect }: SizeChange, cut: SizeChange): boolean {
  const isAtOnce = operation.start < cut.done && cut.operation.start < done;
  return isAtOnce &&
    (effect.kind === "unknown" || cut.effect.kind === "unknown" ||
      (effect.kind === "sets" ? effect.to !== cut.effect.to : effect.to > cut.effect.to));
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
