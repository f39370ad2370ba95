/**
 * Flags of DAX as of Linux 4.0, of what was discussed in 2014, and of later repairs.
 *
 * @module
 */

import { ON_OFF } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

export const DAX_FLAGS: readonly SystemFlag[] = [
  {
    name: "fallback",
    values: ["none", "buffered"],
    default: "none",
    kind: "variant",
    meaning: "what follows a short DAX write: nothing (4.0), or a write through the page cache for the rest",
  },
  {
    name: "fs_contract",
    values: ["partial_ok", "all_or_nothing"],
    default: "partial_ok",
    kind: "variant",
    meaning: "whether the file system may return less than was asked for (ext4), or must not (XFS)",
  },
  {
    name: "partial_to_error",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "the file system turns a short copy into an error",
  },
  {
    name: "fs_alloc",
    values: ["ext4_ext", "ext4_ind", "ext2"],
    default: "ext4_ext",
    kind: "variant",
    meaning:
      "how write(2) allocates: unwritten inside EOF and written beyond; written without clearing; cleared, then linked",
  },
  {
    name: "hole_page",
    values: ["radix", "global_zero"],
    default: "radix",
    kind: "variant",
    meaning: "what a read fault of a hole maps: a zeroed page of the page cache each, or one zero page for all",
  },
  {
    name: "even_cows",
    values: [0, 1],
    default: 0,
    kind: "variant",
    meaning: "last argument of unmap_mapping_range in a fault",
  },
  {
    name: "pgoff_recompute",
    values: ON_OFF,
    default: "on",
    kind: "variant",
    meaning: "global_zero: mkwrite takes the page's place in the file from the address, not from the zero page",
  },
  {
    name: "write_unmaps",
    values: ["inval2", "unmap_on_alloc", "none"],
    default: "inval2",
    kind: "variant",
    meaning:
      "how a write gets rid of hole pages: by invalidation before and after (4.0), at allocation (XIP), not at all",
  },
  { name: "dio_count", values: ON_OFF, default: "on", kind: "variant", meaning: "i_dio_count is held during the copy" },
  {
    name: "fault_serial",
    values: ["none", "mmaplock"],
    default: "none",
    kind: "variant",
    meaning: "faults and truncation take MMAPLOCK, so that they exclude each other and faults each other's conversion",
  },
  {
    name: "fault_rechecks_block",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "a fault asks the map again under the lock of the hole page",
  },
  {
    name: "write_holds_mmaplock",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "write(2) holds MMAPLOCK too",
  },
  {
    name: "locking",
    values: ["LOCKING", "none"],
    default: "LOCKING",
    kind: "variant",
    meaning: "none: reads take no i_mutex, overwrites drop it and hold i_data_sem shared (dioread_nolock)",
  },
  {
    name: "drop_dirty_check",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "a fault writes a dirty page of the page cache before it removes it",
  },
  {
    name: "dax_fsync_flushes",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "fsync and msync write back the CPU's cache lines of the file (4.5 and later)",
  },
  {
    name: "pmem_domain",
    values: ["adr", "eadr"],
    default: "adr",
    kind: "variant",
    meaning: "what a power failure leaves: what the memory controller has, or the caches too",
  },
  {
    name: "enospc_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of a write, from 0, for which get_block finds no space",
  },
  {
    name: "efault_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of a transfer, from 0, at which the copy from or to the user faults for good",
  },
];

/** The flags of a run, read once. */
export interface DaxFlags {
  readonly fallback: "none" | "buffered";
  readonly partialToError: boolean;
  readonly fsAlloc: "ext4_ext" | "ext4_ind" | "ext2";
  readonly holePage: "radix" | "global_zero";
  readonly evenCows: boolean;
  readonly pgoffRecompute: boolean;
  readonly writeUnmaps: "inval2" | "unmap_on_alloc" | "none";
  readonly dioCount: boolean;
  readonly faultSerial: "none" | "mmaplock";
  readonly faultRechecksBlock: boolean;
  readonly writeHoldsMmaplock: boolean;
  readonly locking: "LOCKING" | "none";
  readonly dropDirtyCheck: boolean;
  readonly daxFsyncFlushes: boolean;
  readonly pmemDomain: "adr" | "eadr";
  /** Null: never. */
  readonly enospcAt: number | null;
  readonly efaultAt: number | null;
}

export function daxFlags(flags: FlagValues): DaxFlags {
  const page = (name: string) => flags[name] === "none" ? null : Number(flags[name]);
  return {
    fallback: flags.fallback as DaxFlags["fallback"],
    partialToError: flags.partial_to_error === "on",
    fsAlloc: flags.fs_alloc as DaxFlags["fsAlloc"],
    holePage: flags.hole_page as DaxFlags["holePage"],
    evenCows: Number(flags.even_cows) === 1,
    pgoffRecompute: flags.pgoff_recompute === "on",
    writeUnmaps: flags.write_unmaps as DaxFlags["writeUnmaps"],
    dioCount: flags.dio_count === "on",
    faultSerial: flags.fault_serial as DaxFlags["faultSerial"],
    faultRechecksBlock: flags.fault_rechecks_block === "on",
    writeHoldsMmaplock: flags.write_holds_mmaplock === "on",
    locking: flags.locking as DaxFlags["locking"],
    dropDirtyCheck: flags.drop_dirty_check === "on",
    daxFsyncFlushes: flags.dax_fsync_flushes === "on",
    pmemDomain: flags.pmem_domain as DaxFlags["pmemDomain"],
    enospcAt: page("enospc_at"),
    efaultAt: page("efault_at"),
  };
}
