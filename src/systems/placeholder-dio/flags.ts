/**
 * Flags of the placeholder series with their types: each is read when it is looked at.
 *
 * @module
 */

import { onceFor } from "../../std/once_for.ts";
import type { BoundaryRule } from "../legacy-dio/dio.ts";
import { FLAGS as LEGACY_FLAGS, type LegacyFlags, legacyFlags } from "../legacy-dio/flags.ts";
import type { FlagValues } from "../system.ts";
import { FROM_FS } from "./flag_table.ts";

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

export const placeholderFlags: (values: FlagValues) => PlaceholderFlags = onceFor(readFlags);

/** Each is read when it is looked at: a run that never asks for a flag is the same for all its values. */
function readFlags(values: FlagValues): PlaceholderFlags {
  const isOn = (name: string) => values[name] === "on";
  let legacy: LegacyFlags | null = null;
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
      return legacy ??= legacyFlags(legacyValues(values));
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
