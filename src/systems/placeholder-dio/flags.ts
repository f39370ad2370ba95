/**
 * Flags of the placeholder series: its eight patches, the file systems that it changes, its two forms, what the review
 * found in it, and repairs that nobody has posted.
 *
 * @module
 */

import type { BoundaryRule } from "../legacy-dio/dio.ts";
import { FLAGS as LEGACY_FLAGS, type LegacyFlags, legacyFlags } from "../legacy-dio/flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";
import { PATCHES } from "./legal_sets.ts";

export type PlaceholderFileSystem = "ext2" | "ext3" | "reiserfs" | "xfs" | "bdev";

/** What brings about a situation that the series' own callers do not, or hardly ever, get into. */
export type Injection =
  | "none"
  | "uncovered_range"
  | "drop_without_mutex"
  | "insert_fails"
  | "gfp_nowait"
  | "journal_start_fails"
  | "flush_error"
  | "low_page_flags";

const ON_OFF = ["on", "off"] as const;
const AS_POSTED = ["as_posted", "fixed"] as const;
const FROM_FS = "from_fs";

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

/** The flag word of patch 4. */
export interface DioFlags {
  readonly placeholders: boolean;
  readonly create: boolean;
  readonly dropMutex: boolean;
}

export interface PlaceholderFlags {
  readonly p1: boolean;
  readonly p2: boolean;
  readonly p3: boolean;
  readonly p4: boolean;
  readonly p5: boolean;
  readonly p6: boolean;
  readonly p7: boolean;
  readonly p8: boolean;
  readonly fs: PlaceholderFileSystem;
  readonly form: "2007" | "v5";
  readonly spanPolicy: "mapped_or_nrpages" | "always_cap" | "never_cap";
  readonly trims: boolean;
  readonly flushEnd: "as_posted" | "fixed";
  readonly waitWrap: "as_posted" | "fixed";
  readonly endIndex: "as_posted" | "fixed";
  /** Null: what the file system passes. */
  readonly flagsUsed: DioFlags | null;
  readonly usesPreallocation: boolean;
  readonly boundary: BoundaryRule;
  readonly leakFix: boolean;
  readonly shift32: boolean;
  readonly setsExtentsTag: boolean;
  readonly removeIfNonempty: boolean;
  readonly inject: Injection;
  readonly pinAllFirst: boolean;
  readonly releaseBeforeGup: boolean;
  readonly recheckSize: boolean;
  readonly truncWaitsAlways: boolean;
  /** 0: as the scenario says. */
  readonly readaheadPages: number;
  readonly dioPages: number;
  readonly pagevec: number;
  readonly gang: number;
  /** What 2.6.20's paths look at. */
  readonly legacy: LegacyFlags;
}

const read = new WeakMap<FlagValues, PlaceholderFlags>();

export function placeholderFlags(values: FlagValues): PlaceholderFlags {
  let flags = read.get(values);
  if (flags === undefined) read.set(values, flags = readFlags(values));
  return flags;
}

/** Each is read when it is looked at: a run that never asks for a flag is the same for all its values. */
function readFlags(values: FlagValues): PlaceholderFlags {
  const isOn = (name: string) => values[name] === "on";
  return {
    get p1() {
      return isOn("p1");
    },
    get p2() {
      return isOn("p2");
    },
    get p3() {
      return isOn("p3");
    },
    get p4() {
      return isOn("p4");
    },
    get p5() {
      return isOn("p5");
    },
    get p6() {
      return isOn("p6");
    },
    get p7() {
      return isOn("p7");
    },
    get p8() {
      return isOn("p8");
    },
    get fs() {
      return values.fs as PlaceholderFileSystem;
    },
    get form() {
      return values.form === "v5" ? "v5" : "2007";
    },
    get spanPolicy() {
      return values.span_policy as PlaceholderFlags["spanPolicy"];
    },
    get trims() {
      return isOn("trim_getblock");
    },
    get flushEnd() {
      return values.flush_end as PlaceholderFlags["flushEnd"];
    },
    get waitWrap() {
      return values.wait_wrap as PlaceholderFlags["waitWrap"];
    },
    get endIndex() {
      return values.end_index as PlaceholderFlags["endIndex"];
    },
    get flagsUsed() {
      return dioFlagsNamed(String(values.flags_used));
    },
    get usesPreallocation() {
      return values.reiser_no_imutex === "from_p6" ? !isOn("p6") : !isOn("reiser_no_imutex");
    },
    get boundary() {
      return boundaryRule(String(values.boundary), isOn("p8"));
    },
    get leakFix() {
      return isOn("dio_leak_fix");
    },
    get shift32() {
      return isOn("shift32");
    },
    get setsExtentsTag() {
      return values.extents_tag !== "never";
    },
    get removeIfNonempty() {
      return isOn("remove_if_nonempty");
    },
    get inject() {
      return values.inject as Injection;
    },
    get pinAllFirst() {
      return isOn("pin_all_first");
    },
    get releaseBeforeGup() {
      return isOn("release_before_gup");
    },
    get recheckSize() {
      return isOn("recheck_isize_after_lock");
    },
    get truncWaitsAlways() {
      return isOn("trunc_waits_always");
    },
    get readaheadPages() {
      return Number(values.readahead_pages);
    },
    get dioPages() {
      return Number(values.DIO_PAGES);
    },
    get pagevec() {
      return Number(values.PAGEVEC);
    },
    get gang() {
      return Number(values.GANG);
    },
    get legacy() {
      return legacyFlags(legacyValues(values));
    },
  };
}

/** 2.6.20 as the patches leave it. */
function legacyValues(values: FlagValues): FlagValues {
  const defaults = Object.fromEntries(LEGACY_FLAGS.map((flag) => [flag.name, flag.default]));
  const shared = Object.fromEntries(
    Object.keys(defaults).filter((name) => name in values).map((name) => [name, values[name]]),
  );
  // Patch 2 takes i_mutex of reads and i_alloc_sem of direct I/O away; truncation keeps its own.
  const locks: FlagValues = values.p2 === "on" ? { dio_alloc_sem: "off", read_i_mutex: "off" } : {};
  return { ...defaults, ...shared, ...locks, fs: values.fs === "reiserfs" ? "ext3" : values.fs };
}

function dioFlagsNamed(word: string): DioFlags | null {
  if (word === FROM_FS) return null;
  const set = word.split("+");
  return {
    placeholders: set.includes("PLACEHOLDERS"),
    create: set.includes("CREATE"),
    dropMutex: set.includes("DROP_I_MUTEX"),
  };
}

function boundaryRule(word: string, p8: boolean): BoundaryRule {
  if (word === "from_p8") return p8 ? "p8" : "2.6.20";
  return word as BoundaryRule;
}
