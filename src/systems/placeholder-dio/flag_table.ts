/**
 * Flags of the placeholder series: its eight patches, the file systems that it changes, its two forms, what the review
 * found in it, and repairs that nobody has posted.
 *
 * @module
 */

import { ON_OFF } from "../common/shared_flags.ts";
import { FLAGS as LEGACY_FLAGS } from "../legacy-dio/flags.ts";
import type { SystemFlag } from "../system.ts";
import type { Injection } from "./flags.ts";
import { PATCHES } from "./legal_sets.ts";

const AS_POSTED = ["as_posted", "fixed"] as const;
/** Value of `flags_used`: the flags of patch 4 that the file system passes. */
export const FROM_FS = "from_fs";

const DIO_FLAGS = ["PLACEHOLDERS", "CREATE", "DROP_I_MUTEX"] as const;

const PATCH_TITLES: Readonly<Record<string, string>> = {
  p1: "placeholders in the page cache; what finds and adds pages waits for them (spec 20 §3, §4)",
  p2: "direct I/O inserts placeholders instead of taking i_mutex for reads and i_alloc_sem (§4, §5)",
  p3: "direct I/O fills holes itself, and writes inside i_size let go of i_mutex (§5)",
  p4: "flags for blockdev_direct_IO instead of lock types; the page cache is written and invalidated there (§5)",
  p5: "ext3: a transaction for each get_block instead of one around the write (§5)",
  p6: "reiserfs: get_block that does not count on i_mutex (§2)",
  p7: "xfs: blockdev_direct_IO_flags with DIO_CREATE (§5)",
  p8: "a boundary mapping is submitted once, behind its last page (rows 61 to 63)",
};

function legacyFlag(name: string): SystemFlag {
  return LEGACY_FLAGS.find((flag) => flag.name === name)!;
}

/** Every subset of the flag word of patch 4, in the words of scenarios. */
function dioFlagWords(): string[] {
  const words = [FROM_FS, "none"];
  for (let bits = 1; bits < 1 << DIO_FLAGS.length; bits++) {
    words.push(DIO_FLAGS.filter((_, nth) => (bits & 1 << nth) !== 0).join("+"));
  }
  return words;
}

export const PLACEHOLDER_FLAGS: readonly SystemFlag[] = [
  ...PATCHES.map((name): SystemFlag => ({
    name,
    values: ON_OFF,
    default: "on",
    kind: "variant",
    meaning: PATCH_TITLES[name],
  })),
  {
    name: "fs",
    values: ["ext3", "ext2", "reiserfs", "xfs", "bdev"],
    default: "ext3",
    kind: "variant",
    meaning: "file system, with the flags of patch 4 that it passes (§2)",
  },
  {
    name: "form",
    values: [2007, "v5"],
    default: 2007,
    kind: "variant",
    meaning: "patch 1 as of 2007-02, or as of 2006-12 (§6, rows 64 to 67)",
  },
  {
    name: "span_policy",
    values: ["mapped_or_nrpages", "always_cap", "never_cap"],
    default: "mapped_or_nrpages",
    kind: "variant",
    meaning:
      "a placeholder covers DIO_PAGES at most: when the file was cached or mapped at the beginning; always, as " +
      "Zach Brown asks; never, as before Linus Torvalds' report (rows 1 to 8c)",
  },
  {
    name: "trim_getblock",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "get_block is asked for no more than the placeholders cover (rows 12 to 14)",
  },
  {
    name: "flush_end",
    values: AS_POSTED,
    default: "as_posted",
    kind: "repair",
    meaning:
      "dirty pages are written up to the exclusive end, a page too far; fixed: up to the last byte (rows 28, 29)",
  },
  {
    name: "wait_wrap",
    values: AS_POSTED,
    default: "as_posted",
    kind: "repair",
    meaning: "waiting for a range begins anew behind the largest index; fixed: it ends there (rows 32, 33)",
  },
  {
    name: "end_index",
    values: AS_POSTED,
    default: "as_posted",
    kind: "repair",
    meaning:
      "the last page is that of the exclusive final block, a page too far where it is a page's first (rows 28, 34)",
  },
  {
    name: "flags_used",
    values: dioFlagWords(),
    default: FROM_FS,
    kind: "variant",
    meaning: "flags of patch 4 that the file system passes, in place of its own (row 68)",
  },
  {
    name: "reiser_no_imutex",
    values: ["from_p6", ...ON_OFF],
    default: "from_p6",
    kind: "variant",
    meaning: "reiserfs allocates for direct I/O without the inode's preallocation window (row 60)",
  },
  {
    name: "boundary",
    values: ["from_p8", "p8", "2.6.20", "ignored"],
    default: "from_p8",
    kind: "variant",
    meaning: "what follows from a boundary mapping (rows 61 to 63)",
  },
  {
    name: "dio_leak_fix",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "patch 2 frees struct dio when the flush of a block device fails (row 49)",
  },
  {
    name: "shift32",
    values: ON_OFF,
    default: "off",
    kind: "variant",
    meaning: "32 bits: byte offsets of the flush wrap, here at the end of the index space (row 30)",
  },
  {
    name: "extents_tag",
    values: ["as_posted", "never"],
    default: "as_posted",
    kind: "repair",
    meaning: "the root tag EXTENTS is set for placeholders of several pages, or never (rows 55, 56)",
  },
  {
    name: "remove_if_nonempty",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "placeholders are removed only where some were inserted, as Zach Brown asks",
  },
  {
    name: "inject",
    values: [
      "none",
      "uncovered_range",
      "drop_without_mutex",
      "insert_fails",
      "gfp_nowait",
      "journal_start_fails",
      "flush_error",
      "low_page_flags",
    ] satisfies Injection[],
    default: "none",
    kind: "injection",
    meaning:
      "brings a situation about that the series' own callers hardly ever get into (rows 46, 49, 53, 65 to 67, 69, 73)",
  },
  {
    name: "pin_all_first",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "the whole buffer is pinned before the first placeholder (row 11)",
  },
  {
    name: "release_before_gup",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "placeholders are removed before each later batch is pinned (row 11)",
  },
  {
    name: "recheck_isize_after_lock",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "i_size is read again between the placeholders and get_block (row 18)",
  },
  {
    name: "trunc_waits_always",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "truncation waits for placeholders also where no page is cached (row 18)",
  },
  {
    name: "readahead_pages",
    values: null,
    default: 0,
    kind: "bound",
    meaning: "pages that a buffered read looks ahead; 0: as the scenario says (row 76)",
  },
  {
    name: "blocksize",
    values: [4096, 1024],
    default: 4096,
    kind: "bound",
    meaning: "bytes of a block; 1024 goes with four blocks a page in the scenario (row 14)",
  },
  ...["DIO_PAGES", "PAGEVEC", "GANG"].map((name): SystemFlag => ({
    name,
    values: null,
    default: 0,
    kind: "bound",
    meaning: `${name} of the scenario's bounds; 0: as it says (§2)`,
  })),
  legacyFlag("blkfactor"),
  legacyFlag("wcache"),
  legacyFlag("rwsem_fair"),
  legacyFlag("short_at"),
];
