/**
 * Flags of XFS direct I/O over iomap, and what its versions set.
 *
 * @module
 */

import { onceFor } from "../../std/once_for.ts";
import { FUA, ON_OFF, TRUNCATE_DIO_WAIT, WCACHE } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

/** Value of a flag that `unaligned` sets. */
const BY_VERSION = "by_version";

export const XFS_FLAGS: readonly SystemFlag[] = [
  {
    name: "unaligned",
    values: ["v50", "v54", "kara", "v512"],
    default: "v54",
    kind: "variant",
    meaning:
      "how unaligned writes are kept apart, and the four flags below: 5.0.1, 5.4, Kara's patch 2/2 of 2019-10, 5.12 to 6.18",
  },
  {
    name: "nowait_leak",
    values: [BY_VERSION, ...ON_OFF],
    default: BY_VERSION,
    kind: "repair",
    meaning: "an unaligned NOWAIT write that finds direct I/O in flight returns with IOLOCK held",
  },
  {
    name: "fallback",
    values: [BY_VERSION, "none", "enotblk"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "enotblk: what the core refuses with -ENOTBLK is written through the page cache",
  },
  {
    name: "inval_fail",
    values: [BY_VERSION, "warn", "enotblk"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "what comes of pages that cannot be invalidated before the write",
  },
  {
    name: "fdirty_eof",
    values: [BY_VERSION, ...ON_OFF],
    default: BY_VERSION,
    kind: "repair",
    meaning: "a write that spans the end of the file is IOMAP_F_DIRTY, so that O_DSYNC does not stop at FUA",
  },
  {
    name: "buffered_excl",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "buffered writes take IOLOCK exclusive; off: shared, as reads do",
  },
  { name: "reflink", values: ON_OFF, default: "off", kind: "variant", meaning: "the inode has had shared blocks" },
  {
    name: "demote",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "IOLOCK that was taken exclusive for the checks is demoted before the I/O of an aligned write",
  },
  {
    name: "eof_drain",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "a write beyond the end takes IOLOCK exclusive and waits for all direct I/O before it zeroes the gap",
  },
  {
    name: "size_after_convert",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "i_size grows when unwritten blocks have been converted; off is a counter-factual",
  },
  TRUNCATE_DIO_WAIT,
  WCACHE,
  {
    ...FUA,
    values: [...ON_OFF, "ignored"],
    meaning: "device with FUA; planted defect, ignored: it says so, and keeps what is written in its volatile cache",
  },
  {
    name: "efault_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "block of the request from which on the buffer cannot be read",
  },
  {
    name: "enospc_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "block of the request from which on there is no space",
  },
];

interface VersionFlags {
  readonly nowait_leak: "on" | "off";
  readonly fallback: "none" | "enotblk";
  readonly inval_fail: "warn" | "enotblk";
  readonly fdirty_eof: "on" | "off";
}

const V54: VersionFlags = { nowait_leak: "off", fallback: "none", inval_fail: "warn", fdirty_eof: "off" };

const VERSIONS = {
  v50: { ...V54, nowait_leak: "on" },
  v54: V54,
  kara: V54,
  v512: { nowait_leak: "off", fallback: "enotblk", inval_fail: "enotblk", fdirty_eof: "on" },
} as const satisfies Record<string, VersionFlags>;

export type XfsVersion = keyof typeof VERSIONS;

/** A version by its name. */
export const XFS_PRESETS: Readonly<Record<XfsVersion, FlagValues>> = {
  v50: { unaligned: "v50" },
  v54: { unaligned: "v54" },
  kara: { unaligned: "kara" },
  v512: { unaligned: "v512" },
};

/** The flags with their types. */
export interface XfsFlags extends VersionFlags {
  readonly unaligned: XfsVersion;
  readonly buffered_excl: "on" | "off";
  readonly reflink: "on" | "off";
  readonly demote: "on" | "off";
  readonly eof_drain: "on" | "off";
  readonly size_after_convert: "on" | "off";
  readonly truncate_dio_wait: "on" | "off";
  readonly wcache: "on" | "off";
  readonly fua: "on" | "off" | "ignored";
  readonly efault_at: number | "none";
  readonly enospc_at: number | "none";
}

/** Reads the values of all flags; what is not set is what the version says. */
export const xfsFlags: (values: FlagValues) => XfsFlags = onceFor((values) => {
  const set = Object.entries(values).filter(([, value]) => value !== BY_VERSION);
  return { ...VERSIONS[values.unaligned as XfsVersion], ...Object.fromEntries(set) } as unknown as XfsFlags;
});
