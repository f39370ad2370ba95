/**
 * XIP of Linux 3.13, and the draft of December 2013 that puts it over direct I/O.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { pmemLacks } from "../common/pmem_lacks.ts";
import { mountedPmem, openPmem } from "../common/pmem_mounted.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { XIP_FLAGS, xipFlags } from "./flags.ts";
import { XipFile } from "./xip_file.ts";
import { SparsePage, type XipMount } from "./xip_inode.ts";

/** Steps of spec and code; `o`, `w`: read and write of 3.13, `f`: its fault, `t`: truncation and punching, `y`: fsync. */
const STEPS: Readonly<Record<string, string>> = {
  D1: "draft, LOCKING read: take i_mutex",
  D2: "write dirty pages of the range and wait",
  D3: "count as I/O under way (i_dio_count)",
  D4: "map: get_block with create=0, then create=1 for a write into a hole; copy",
  D5: "LOCKING read: release i_mutex",
  D6: "count down",
  D7: "end_io: convert unwritten blocks",
  o1: "3.13 read: look at i_size once",
  o2: "get_xip_mem(create=0)",
  o3: "copy, or zeros for a hole",
  w1: "write: take i_mutex",
  w2: "3.13: get_xip_mem(create=0); draft beyond EOF: onto the orphan list",
  w3: "hole: get_xip_mem(create=1) under xip_sparse_mutex, then unmap the sparse page",
  w4: "copy past the cache",
  w5: "i_size",
  f1: "fault: look at i_size",
  f2: "get_xip_mem(create=0)",
  f3: "hole in a shared area: allocate under xip_sparse_mutex, then unmap the sparse page",
  f4: "hole in a private area: look again under the mutex, map the sparse page",
  f5: "look at i_size under i_mmap_mutex, map the block",
  t1: "truncate, punch: take i_mutex",
  t2: "wait for I/O under way",
  t4: "i_size, unmap",
  t7: "free blocks",
  y2: "fsync: commit, or write the inode",
};

const LOCK_ORDER = [
  ["i_mutex", "mmap_sem"],
  ["i_mutex", "xip_sparse_mutex"],
  ["mmap_sem", "xip_sparse_mutex"],
  ["xip_sparse_mutex", "i_mmap_mutex"],
  ["xip_sparse_mutex", "txn"],
] as const;

export const xipIo: System = {
  name: "xip-io",
  title: "XIP, Linux 3.13, and XIP over direct I/O (draft, December 2013)",
  sources: "the review of 2013-12 of Matthew Wilcox's draft; mm/filemap_xip.c, ext2 and ext4 of 3.13.10",
  filesOn: "persistent_memory",
  flags: XIP_FLAGS,
  presets: {
    draft: { path: "draft_fixed" },
    draft_fixed: { path: "draft_fixed" },
    old_xip: { path: "old_xip" },
  },
  steps: STEPS,
  lockOrder: LOCK_ORDER,
  refuses(values) {
    const flags = xipFlags(values);
    if (flags.path === "old_xip" && flags.fs !== "ext2") return "path=old_xip is ext2's alone";
    if (flags.path === "old_xip" && flags.unwritten) return "path=old_xip has no unwritten blocks: ext2";
    if (flags.fs === "ext2" && flags.unwritten) return "unwritten=on is ext4's: ext2 has no unwritten blocks";
    return null;
  },
  lacks: (scenario) => pmemLacks(scenario, "no_shared_blocks"),
  mount,
};

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const flags = xipFlags(values);
  const fs = openPmem(world, scenario, flags.fs === "ext2" ? "inode_by_inode" : "journal", flags.pmemDomain);
  const shared: XipMount = { fs, flags, sparse: new SparsePage(world) };
  return mountedPmem(shared, scenario, (options) => new XipFile(shared, options));
}
