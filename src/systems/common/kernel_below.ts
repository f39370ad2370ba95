/**
 * The kernel below a file system whose direct I/O goes over iomap: what is the same for every file system of a kernel.
 *
 * @module
 */

import type { Era } from "../../machine/era.ts";
import type { Inode } from "../../machine/inode.ts";
import type { Steps } from "../../machine/task.ts";
import type { KernelTracepoints } from "../../machine/tracepoint_log.ts";
import type { Transfer } from "../system.ts";
import type { IomapDioCore, IomapDioStepNames } from "./iomap_dio.ts";
import type { Surroundings } from "./surroundings.ts";

export interface KernelBelow {
  /** What its faults, truncation and buffered reads are like. */
  readonly era: Era;
  /** Its `iomap_dio_rw`. */
  readonly core: IomapDioCore;
  readonly steps: IomapDioStepNames;
  /** Flags that give the device a volatile cache or FUA, whatever the scenario says. Missing: off. */
  readonly device: { readonly wcache?: "on" | "off"; readonly fua?: "on" | "off" | "ignored" };
  /** Missing: runs fire no events. */
  readonly tracepoints?: KernelTracepoints;
  /** Bios of readahead: one a page, or one for as many as lie in a row. */
  readonly readahead: "by_page" | "in_runs";
  /** What io_uring makes of direct I/O: tried with NOWAIT first, and done by a worker of the ring where that would wait. */
  readonly ringSubmits: "as_io_submit" | "nowait_first";
  /** What XFS keeps faults out with while it zeroes behind the old end for a write: 6.18 takes MMAPLOCK. */
  readonly zeroesEofUnder: "IOLOCK" | "MMAPLOCK";
  /** Where XFS tells of blocks that a buffered write has reserved: 6.1 when it has let go of ILOCK. */
  readonly reservationsTold: "under_ilock" | "behind_ilock";
  /**
   * What `iomap_zero_range` does where the page cache is dirty: 6.18 zeroes a part of a block at the beginning by itself, and
   * has the rest written before it passes over what need not be zeroed.
   */
  readonly zeroesDirty: "apart" | "as_mapped";
  /** Whether truncation of XFS writes the page of the new end before it zeroes its tail: 6.1. */
  readonly newEndPage: "written_first" | "as_cached";
  /** Whether writeback gives reserved blocks of pages that follow each other their places together. */
  readonly writeback: "by_page" | "in_runs";
  /** `unknown`: the first write of a file looks for privileges to strip. */
  readonly nosec: "known" | "unknown";
  /** Whether the coarse clock has moved when a write looks at it. */
  readonly timestamps: "moved" | "unmoved";
  /** Missing: what is around is the scenario's. */
  readonly surroundings?: Surroundings;
  /** A write as it is done. */
  writeOf(transfer: Transfer): Transfer;
  /** What is done behind a read that has returned `got`. */
  afterRead(inode: Inode, transfer: Transfer, got: number): Steps;
}

/** What a kernel does that a scenario about something else need not know of. */
export const PLAIN_KERNEL: Omit<KernelBelow, "era" | "core" | "steps" | "device"> = {
  readahead: "by_page",
  writeback: "by_page",
  ringSubmits: "as_io_submit",
  zeroesEofUnder: "IOLOCK",
  reservationsTold: "under_ilock",
  newEndPage: "as_cached",
  zeroesDirty: "as_mapped",
  nosec: "known",
  timestamps: "unmoved",
  writeOf: (transfer) => transfer,
  *afterRead() {},
};
