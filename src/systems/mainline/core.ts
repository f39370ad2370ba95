/**
 * The direct I/O, the page cache and the events of both kernels, whatever the file system.
 *
 * @module
 */

import { type Era, ERAS } from "../../machine/era.ts";
import type { Inode } from "../../machine/inode.ts";
import { invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import type { Steps } from "../../machine/task.ts";
import { CORE_6_1, CORE_6_18, type IomapDioCore } from "../common/iomap_dio.ts";
import type { Transfer } from "../system.ts";
import type { MainlineFlags } from "./flags.ts";

/** Faults, truncation and buffered reads. */
export function eraOf({ fault_drop_mmap, invalidate_lock }: MainlineFlags): Era {
  return {
    ...ERAS.G6,
    ...(fault_drop_mmap === "on" ? {} : { faultWaits: "with_mmap_sem" }),
    ...(invalidate_lock === "on" ? {} : { fillLock: "around_nothing" }),
  };
}

/** `iomap_dio_rw`. Flags are looked at when an I/O comes to where they count. */
export function coreOf(flags: MainlineFlags): IomapDioCore {
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

/** A write as the flags have it. */
export function writeOf(transfer: Transfer, { odsync }: MainlineFlags): Transfer {
  return transfer.sync === "none" && odsync === "on" ? { ...transfer, sync: "dsync" } : transfer;
}

/** Removes the pages of a buffered read with RWF_DONTCACHE once it has them, as far as nobody else uses them. */
export function* readDontcache(
  inode: Inode,
  { direct, pos }: Transfer,
  { dontcache }: MainlineFlags,
  read: Steps<number>,
): Steps<number> {
  const got = yield* read;
  if (direct || dontcache === "off" || got <= 0) return got;
  yield* invalidateMappingPages(inode.mapping, inode.pageOf(pos), inode.pageOf(pos + got - 1));
  return got;
}
