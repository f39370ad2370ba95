/**
 * Flags of DAX as Linux 6.1 does it, of what later kernels changed, and of what would be missing without a part of it.
 *
 * @module
 */

import type { FlagValues, SystemFlag } from "../system.ts";

const ON_OFF = ["on", "off"] as const;

type Kind = SystemFlag["kind"];

function onOff(name: string, value: "on" | "off", kind: Kind, meaning: string): SystemFlag {
  return { name, values: ON_OFF, default: value, kind, meaning };
}

function page(name: string, meaning: string): SystemFlag {
  return { name, values: null, default: "none", kind: "injection", meaning };
}

export const DAX_IOMAP_FLAGS: readonly SystemFlag[] = [
  {
    name: "fs",
    values: ["ext4", "xfs"],
    default: "ext4",
    kind: "variant",
    meaning: "whose iomap operations, locks and truncation; shared blocks are XFS's alone",
  },
  onOff(
    "cow_invalidates",
    "off",
    "variant",
    "dax_iomap_iter invalidates where it copies on write, too (later kernels)",
  ),
  onOff(
    "read_fault_dirties",
    "on",
    "variant",
    "every fault but a synchronous one marks its entry dirty (6.1); off: only stores (later kernels)",
  ),
  onOff("pmd", "off", "variant", "faults try to map PMD_PAGES pages at once first: a 2 MiB entry, scaled down"),
  {
    name: "pmem_domain",
    values: ["adr", "eadr"],
    default: "adr",
    kind: "variant",
    meaning: "what a power failure leaves: what the memory controller has, or the caches too",
  },
  onOff("fault_lock", "on", "repair", "faults take invalidate_lock shared"),
  onOff("entry_lock", "on", "repair", "a fault locks the entry of its page in the tree"),
  {
    name: "zero_on_alloc",
    values: ["on", "late", "off"],
    default: "on",
    kind: "repair",
    meaning: "new blocks are cleared by the file system in the step that maps them, behind it, or not at all",
  },
  onOff("converts", "on", "repair", "unwritten blocks are converted before they are mapped or written to"),
  onOff("hole_unmaps", "on", "repair", "a fault that replaces a zero page unmaps it everywhere first"),
  onOff("new_invalidates", "on", "repair", "a write that gets new blocks invalidates entries and PTEs over them"),
  onOff("read_lock", "on", "repair", "read(2) holds the inode's lock shared"),
  onOff("write_lock", "on", "repair", "write(2) holds the inode's lock exclusively"),
  onOff(
    "rw_takes_fault_lock",
    "off",
    "repair",
    "read(2) and write(2) hold invalidate_lock exclusively while they copy",
  ),
  onOff("fsync_flushes", "on", "repair", "write-back of an entry writes the CPU's cache lines back"),
  onOff("fsync_cleans", "on", "repair", "write-back of an entry makes its PTEs read-only before it flushes"),
  {
    name: "write_store",
    values: ["flushcache", "cached"],
    default: "flushcache",
    kind: "repair",
    meaning: "how write(2) copies: past the cache, with edges written back; or through it, with nothing written back",
  },
  onOff("map_sync_waits", "on", "repair", "a store fault of a MAP_SYNC mapping waits for the metadata"),
  onOff("break_layouts", "on", "repair", "truncation and punching wait for references to mapped pages"),
  page("gup_pin", "page of the first file that a device reads through a reference it takes when the page is mapped"),
  page("efault_at", "page of a transfer, from 0, at which the copy from or to the user faults for good"),
];

/** The flags of a run, read once. */
export interface DaxIomapFlags {
  readonly fs: "ext4" | "xfs";
  readonly cowInvalidates: boolean;
  readonly readFaultDirties: boolean;
  readonly pmd: boolean;
  readonly pmemDomain: "adr" | "eadr";
  readonly faultLock: boolean;
  readonly entryLock: boolean;
  readonly zeroOnAlloc: "on" | "late" | "off";
  readonly converts: boolean;
  readonly holeUnmaps: boolean;
  readonly newInvalidates: boolean;
  readonly readLock: boolean;
  readonly writeLock: boolean;
  readonly rwTakesFaultLock: boolean;
  readonly fsyncFlushes: boolean;
  readonly fsyncCleans: boolean;
  readonly writeStore: "flushcache" | "cached";
  readonly mapSyncWaits: boolean;
  readonly breakLayouts: boolean;
  /** Null: nobody. */
  readonly gupPin: number | null;
  /** Null: never. */
  readonly efaultAt: number | "none";
}

export function daxIomapFlags(flags: FlagValues): DaxIomapFlags {
  return {
    fs: flags.fs as DaxIomapFlags["fs"],
    cowInvalidates: flags.cow_invalidates === "on",
    readFaultDirties: flags.read_fault_dirties === "on",
    pmd: flags.pmd === "on",
    pmemDomain: flags.pmem_domain as DaxIomapFlags["pmemDomain"],
    faultLock: flags.fault_lock === "on",
    entryLock: flags.entry_lock === "on",
    zeroOnAlloc: flags.zero_on_alloc as DaxIomapFlags["zeroOnAlloc"],
    converts: flags.converts === "on",
    holeUnmaps: flags.hole_unmaps === "on",
    newInvalidates: flags.new_invalidates === "on",
    readLock: flags.read_lock === "on",
    writeLock: flags.write_lock === "on",
    rwTakesFaultLock: flags.rw_takes_fault_lock === "on",
    fsyncFlushes: flags.fsync_flushes === "on",
    fsyncCleans: flags.fsync_cleans === "on",
    writeStore: flags.write_store as DaxIomapFlags["writeStore"],
    mapSyncWaits: flags.map_sync_waits === "on",
    breakLayouts: flags.break_layouts === "on",
    gupPin: flags.gup_pin === "none" ? null : Number(flags.gup_pin),
    efaultAt: flags.efault_at === "none" ? "none" : Number(flags.efault_at),
  };
}
