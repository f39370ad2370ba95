/**
 * The direct I/O, the page cache and the events of both kernels, whatever the file system.
 *
 * @module
 */

import { type Era, ERAS } from "../../machine/era.ts";
import { invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import { onceFor } from "../../std/once_for.ts";
import { CORE_6_1, CORE_6_18, type IomapDioCore } from "../common/iomap_dio.ts";
import type { KernelBelow } from "../common/kernel_below.ts";
import type { MainlineFlags } from "./flags.ts";
import { MAINLINE_DIO_STEPS } from "./steps.ts";
import { tracepointsOf } from "./tracepoints.ts";

/** Faults, truncation and buffered reads. */
function eraOf({ fault_drop_mmap, invalidate_lock, stable_writes }: MainlineFlags): Era {
  return {
    ...ERAS.G6,
    ...(fault_drop_mmap === "on" ? {} : { faultWaits: "with_mmap_sem" }),
    ...(stable_writes === "on" ? {} : { stableWrites: "not_asked_for" }),
    ...(invalidate_lock === "on" ? {} : { fillLock: "around_nothing" }),
  };
}

/** `iomap_dio_rw`. Flags are looked at when an I/O comes to where they count. */
function coreOf(flags: MainlineFlags): IomapDioCore {
  return {
    ...(flags.kver === "6.18" ? CORE_6_18 : CORE_6_1),
    get postInvalidation() {
      if (flags.post_inval === "off") return "left_out";
      return flags.post_inval_fail === "on" ? "fails" : "works";
    },
    get ringOverwrites() {
      return flags.uring_caller_comp === "on" ? "in_ring_task" : "in_workqueue";
    },
    get writeBios() {
      return flags.zoned === "on" ? "ioends" : "end_themselves";
    },
    get writes() {
      return flags.atomic === "on" ? "atomic" : "plain";
    },
  };
}

/** Either kernel, whatever the file system. */
export const kernelOf: (flags: MainlineFlags) => KernelBelow = onceFor((flags) => ({
  era: eraOf(flags),
  core: coreOf(flags),
  steps: MAINLINE_DIO_STEPS,
  device: flags,
  tracepoints: tracepointsOf(flags),
  readahead: "in_runs",
  writeback: "in_runs",
  ringSubmits: "nowait_first",
  zeroesEofUnder: flags.kver === "6.18" ? "MMAPLOCK" : "IOLOCK",
  reservationsTold: flags.kver === "6.18" ? "under_ilock" : "behind_ilock",
  zeroesDirty: flags.kver === "6.18" ? "apart" : "as_mapped",
  newEndPage: flags.kver === "6.18" ? "as_cached" : "written_first",
  nosec: flags.nosec === "on" ? "known" : "unknown",
  get timestamps() {
    return flags.timestamps;
  },
  writeOf: (transfer) => transfer.sync === "none" && flags.odsync === "on" ? { ...transfer, sync: "dsync" } : transfer,
  // RWF_DONTCACHE: pages that nobody else uses.
  *afterRead({ mapping, bounds }, { direct, pos }, got) {
    if (direct || flags.dontcache === "off" || got <= 0) return;
    const pageOf = (sector: number) => Math.floor(sector / bounds.sectorsPerPage);
    yield* invalidateMappingPages(mapping, pageOf(pos), pageOf(pos + got - 1));
  },
}));
