/**
 * Flags of page-cache-tracked direct I/O, January 2019.
 *
 * @module
 */

import { ON_OFF } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

export const PAGE_CACHE_FLAGS: readonly SystemFlag[] = [
  {
    name: "scheme",
    values: ["wilcox", "lutomirski", "record_in_tree", "iolock_mmaplock"],
    default: "wilcox",
    kind: "variant",
    meaning: "who keeps direct I/O and the page cache apart; iolock_mmaplock: the control, as 5.0 does it",
  },
  { name: "marker_scope", values: ["page", "range"], default: "page", kind: "variant", meaning: "pages of one marker" },
  {
    name: "gup",
    values: ["inside_lock", "pin_all_first", "nofault_retry"],
    default: "inside_lock",
    kind: "repair",
    meaning: "when the user's pages are pinned; pin_all_first and nofault_retry are repairs that were not proposed",
  },
  { name: "rwsem_fair", values: ON_OFF, default: "on", kind: "variant", meaning: "of pgrwsem and mmap_sem" },
  {
    name: "aio",
    values: ["held", "sync"],
    default: "held",
    kind: "variant",
    meaning: "held: what keeps the page cache out is held to the completion, by no task",
  },
  {
    name: "o2_recheck",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "whether the cache is empty is looked at again with pgrwsem held; off is a counter-factual",
  },
  {
    name: "b1_retry",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "who inserts a page and meets a lock entry waits and tries again; off: fails",
  },
  {
    name: "trunc_pgrwsem",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "truncation takes pgrwsem exclusive and waits for lock entries; off: it looks at pages only",
  },
  {
    name: "one_lock_for_both",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "counter-factual: one lock for read, write and faults (control scheme)",
  },
  {
    name: "fs",
    values: ["xfs", "ext4"],
    default: "xfs",
    kind: "variant",
    meaning: "ext4: buffered reads take no lock",
  },
];

/** The flags with their types. */
export interface PageCacheFlags {
  readonly scheme: "wilcox" | "lutomirski" | "record_in_tree" | "iolock_mmaplock";
  readonly marker_scope: "page" | "range";
  readonly gup: "inside_lock" | "pin_all_first" | "nofault_retry";
  readonly rwsem_fair: "on" | "off";
  readonly aio: "held" | "sync";
  readonly o2_recheck: "on" | "off";
  readonly b1_retry: "on" | "off";
  readonly trunc_pgrwsem: "on" | "off";
  readonly one_lock_for_both: "on" | "off";
  readonly fs: "xfs" | "ext4";
}

export function pageCacheFlags(values: FlagValues): PageCacheFlags {
  return values as unknown as PageCacheFlags;
}
