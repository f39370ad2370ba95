/**
 * DAX as of Linux 4.0: `dax_do_io` and `dax_fault` on ext2 and ext4, and what was discussed in 2014.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { pmemLacks } from "../common/pmem_lacks.ts";
import { mountedPmem, openPmem } from "../common/pmem_mounted.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { DaxFile } from "./dax_file.ts";
import { type DaxMount, GlobalZeroPage } from "./dax_inode.ts";
import { DAX_FLAGS, daxFlags } from "./flags.ts";

/** Steps of spec and code; `W`: of write(2) around dax_do_io, `t`: truncation and punching, `y`: fsync. */
const STEPS: Readonly<Record<string, string>> = {
  X1: "dax_do_io, LOCKING read: take i_mutex, write dirty pages of the range and wait",
  X2: "count as I/O under way (i_dio_count)",
  X3a: "map a piece: one get_block with create for writes; zero head and tail of new and unwritten blocks",
  X3b: "copy, line by line",
  X4: "LOCKING read: release i_mutex",
  X6: "count down",
  W1: "write(2): take i_mutex",
  W2: "write dirty pages of the range and wait",
  W3: "take pages of the range out of the cache",
  W4: "beyond EOF: onto the orphan list, i_disksize = i_size",
  W5: "dax_do_io has returned",
  W6: "ext4: off the orphan list and sizes, or conversion of unwritten blocks",
  W7: "take pages of the range out of the cache again",
  W9: "fallback=buffered: the rest through the page cache",
  Y1: "fault: look at i_size",
  Y2: "find the page, lock it, look at i_size again",
  Y3: "get_block(create=0)",
  Y4: "hole: get_block(create=1) for a store, a zeroed page for a load",
  Y5: "private store: copy the block",
  Y6: "find the page again after an allocation",
  Y7: "unmap the page and remove it from the cache",
  Y8: "look at i_size, clear a new or unwritten block, map it, convert it",
  mkwrite: "global_zero: lock the zero page, look whether it is still mapped",
  t1: "truncate, punch: take i_mutex",
  t2: "wait for I/O under way",
  t4: "i_size, unmap, remove pages",
  t7: "free blocks",
  y1: "fsync: write dirty pages and wait",
  y2: "commit, or write the inode",
  y4: "write back the CPU's cache lines of the file",
};

/** Linux 4.0, as mm/filemap.c says: i_mutex before mmap_sem before page lock. */
const LOCK_ORDER = [
  ["i_mutex", "mmap_sem"],
  ["mmap_sem", "page"],
  ["page", "i_mmap_rwsem"],
  ["page", "txn"],
] as const;

export const dax: System = {
  name: "dax",
  title: "DAX, Linux 4.0 (2014)",
  sources:
    "the thread of 2014-09 on Matthew Wilcox's DAX series; fs/dax.c, ext2, ext4, mm/filemap.c and mm/memory.c of 4.0.5",
  filesOn: "persistent_memory",
  flags: DAX_FLAGS,
  presets: { "4.0": {} },
  steps: STEPS,
  lockOrder: LOCK_ORDER,
  refuses(flags) {
    if (flags.write_holds_mmaplock === "on" && flags.fault_serial !== "mmaplock") {
      return "write_holds_mmaplock=on needs fault_serial=mmaplock: there is no MMAPLOCK without it";
    }
    if (flags.locking === "none" && flags.fs_alloc === "ext2") {
      return "locking=none is dioread_nolock of ext4: ext2 has no such thing";
    }
    return null;
  },
  lacks: (scenario) => pmemLacks(scenario, "no_shared_blocks"),
  contract: (flags) => ({ transfers: flags.fs_contract === "all_or_nothing" ? "all_or_nothing" : "may_be_short" }),
  mount,
};

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const flags = daxFlags(values);
  const fs = openPmem(world, scenario, flags.fsAlloc === "ext2" ? "inode_by_inode" : "journal", flags.pmemDomain);
  const zeroPage = flags.holePage === "global_zero" ? new GlobalZeroPage(world, fs.bounds.sectorsPerPage) : null;
  const shared: DaxMount = { fs, flags, zeroPage };
  return mountedPmem(shared, scenario, (options) => new DaxFile(shared, options));
}
