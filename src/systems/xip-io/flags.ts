/**
 * Flags of the XIP code of 3.13 and of the draft of December 2013 that puts XIP over direct I/O.
 *
 * @module
 */

import { ON_OFF } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

/** `by_path`: what the kernel or the draft did; see `xipFlags`. */
const BY_PATH = "by_path";

export const XIP_FLAGS: readonly SystemFlag[] = [
  {
    name: "path",
    values: ["draft_fixed", "old_xip"],
    default: "draft_fixed",
    kind: "variant",
    meaning: "the draft with its obvious intent (as posted it does not compile), or the XIP code of 3.13",
  },
  {
    name: "fs",
    values: [BY_PATH, "ext4", "ext2"],
    default: BY_PATH,
    kind: "variant",
    meaning: "by_path: ext4 for the draft, whose hunk sits there; ext2 for old_xip, which nothing else had",
  },
  {
    name: "locking",
    values: ["LOCKING", "none"],
    default: "LOCKING",
    kind: "variant",
    meaning: "none: neither reads nor writes hold i_mutex (flags=0)",
  },
  {
    name: "dioread_lock",
    values: ON_OFF,
    default: "on",
    kind: "variant",
    meaning:
      "locking=none: reads count as I/O under way, then look at DIOREAD_LOCK, which truncation sets before its wait",
  },
  {
    name: "getblock",
    values: ["double", "single"],
    default: "double",
    kind: "variant",
    meaning: "draft: create=0, then create=1 for a write into a hole; single: one call, as in review",
  },
  {
    name: "new_zero",
    values: [BY_PATH, "none", "fs", "io"],
    default: BY_PATH,
    kind: "variant",
    meaning:
      "who clears a new block: nobody (draft), the file system before it can be found (old_xip), or the I/O: head and tail",
  },
  {
    name: "hole_size",
    values: ["request", "block"],
    default: "request",
    kind: "variant",
    meaning: "length that the loop takes for a hole: all that was asked for (draft), or a block",
  },
  {
    name: "isize_clip",
    values: [BY_PATH, "on", "off"],
    default: BY_PATH,
    kind: "variant",
    meaning: "reads end at i_size: not in the draft, in old_xip",
  },
  {
    name: "dio_count",
    values: [BY_PATH, "on", "off"],
    default: BY_PATH,
    kind: "variant",
    meaning: "i_dio_count is held during the copy: in the draft, not in old_xip",
  },
  {
    name: "end_io_order",
    values: ["after_done", "before_done"],
    default: "after_done",
    kind: "variant",
    meaning: "end_io after inode_dio_done (draft) or before it (4.0)",
  },
  {
    name: "unwritten",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "holes inside EOF get unwritten blocks, which end_io converts",
  },
  {
    name: "mkwrite_convert",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "a page_mkwrite that clears and converts unwritten blocks, which the review asks for",
  },
  {
    name: "overwrite_drops_i_mutex",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "writes of nothing but written blocks drop i_mutex",
  },
  {
    name: "flag_in_mapping",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "cost only: a flag of the mapping is tested instead of a chain of pointers; no step differs",
  },
  {
    name: "store",
    values: ["nocache", "cached"],
    default: "nocache",
    kind: "variant",
    meaning: "how writes copy: past the cache with an sfence at the end, edges through it; or through it",
  },
  {
    name: "pmem_domain",
    values: ["adr", "eadr"],
    default: "adr",
    kind: "variant",
    meaning: "what a power failure leaves: what the memory controller has, or the caches too",
  },
];

/** The flags of a run, read once, with what goes by the path put in. */
export interface XipFlags {
  readonly path: "draft_fixed" | "old_xip";
  readonly fs: "ext4" | "ext2";
  readonly locking: "LOCKING" | "none";
  readonly dioreadLock: boolean;
  readonly getblock: "double" | "single";
  readonly newZero: "none" | "fs" | "io";
  readonly holeSize: "request" | "block";
  readonly isizeClip: boolean;
  readonly dioCount: boolean;
  readonly endIoOrder: "after_done" | "before_done";
  readonly unwritten: boolean;
  readonly mkwriteConvert: boolean;
  readonly overwriteDropsIMutex: boolean;
  readonly store: "nocache" | "cached";
  readonly pmemDomain: "adr" | "eadr";
}

export function xipFlags(flags: FlagValues): XipFlags {
  const path = flags.path as XipFlags["path"];
  const byPath = (name: string, draft: string, old: string) =>
    flags[name] === BY_PATH ? (path === "old_xip" ? old : draft) : String(flags[name]);
  return {
    path,
    fs: byPath("fs", "ext4", "ext2") as XipFlags["fs"],
    locking: flags.locking as XipFlags["locking"],
    dioreadLock: flags.dioread_lock === "on",
    getblock: flags.getblock as XipFlags["getblock"],
    newZero: byPath("new_zero", "none", "fs") as XipFlags["newZero"],
    holeSize: flags.hole_size as XipFlags["holeSize"],
    isizeClip: byPath("isize_clip", "off", "on") === "on",
    dioCount: byPath("dio_count", "on", "off") === "on",
    endIoOrder: flags.end_io_order as XipFlags["endIoOrder"],
    unwritten: flags.unwritten === "on",
    mkwriteConvert: flags.mkwrite_convert === "on",
    overwriteDropsIMutex: flags.overwrite_drops_i_mutex === "on",
    store: flags.store as XipFlags["store"],
    pmemDomain: flags.pmem_domain as XipFlags["pmemDomain"],
  };
}
