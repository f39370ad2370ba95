/**
 * DAX as Linux 6.1 does it: over iomap, on ext4 and XFS.
 *
 * @module
 */

import type { Steps, Task } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { pmemLacks } from "../common/pmem_lacks.ts";
import { mountedPmem, openPmem } from "../common/pmem_mounted.ts";
import { diskLayout, sharedHole } from "../common/disk_layout.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { DaxIomapFile } from "./dax_iomap_file.ts";
import type { DaxIomapMount } from "./dax_iomap_inode.ts";
import { readThroughReference } from "./dax_pin.ts";
import { DAX_IOMAP_FLAGS, daxIomapFlags } from "./flags.ts";
import { SharedBlocks } from "./shared_blocks.ts";

/** `R`, `W`: read(2) and write(2); `X`: dax_iomap_rw; `I`: iomap operations; `F`, `P`: faults; `t`: truncation; `y`: fsync. */
const STEPS: Readonly<Record<string, string>> = {
  R1: "read(2): the inode's lock, shared",
  R2: "release it",
  W1: "write(2): the inode's lock, exclusively",
  W2: "ext4, beyond i_disksize: onto the orphan list",
  X1: "iomap_begin has mapped a piece",
  X2: "new blocks: take entries of the range out of the tree, then all PTEs",
  X3: "copy on write: copy what the write leaves of the shared blocks",
  X4: "copy, line by line",
  W3: "sizes; ext4: off the orphan list",
  W4: "release the inode's lock",
  I1: "iomap_begin: look the piece up",
  I2: "allocate or convert, and clear, in one transaction",
  I3: "shared block: allocate one beside it (CoW fork)",
  I4: "iomap_end: the copy takes the place of the shared block",
  F1: "fault: invalidate_lock, shared",
  F2: "look at i_size",
  F3: "lock the entry of the page, or make an empty one",
  F5: "the entry says what is mapped; mark it dirty",
  F6: "make the PTE, or let stores through it",
  F7: "copy on write: copy the shared block",
  F8: "unlock the entry",
  F9: "MAP_SYNC: sync metadata, mark dirty, map",
  P1: "PMD fault: look at i_size, and whether a PMD can be mapped",
  P2: "lock the entry of all pages of the PMD",
  P4: "map all pages",
  P5: "unlock the entry",
  t1: "truncate, punch, fallocate: the inode's lock and invalidate_lock, exclusively",
  t2: "unmap the file, look for references to its pages",
  t3: "i_size",
  t4: "PTEs and entries of the range",
  t5: "free blocks",
  y1: "fsync: tag entries that are dirty",
  y2: "lock an entry",
  y3: "make its PTEs read-only",
  y4: "write its lines back",
  y5: "fence, clear the mark, unlock the entry",
  y6: "commit",
};

/** mm/filemap.c and fs/xfs/xfs_inode.c of 6.1. */
const LOCK_ORDER = [
  ["i_rwsem", "mmap_sem"],
  ["mmap_sem", "invalidate_lock"],
  ["i_rwsem", "invalidate_lock"],
  ["invalidate_lock", "txn"],
  ["invalidate_lock", "xa_lock_entry"],
  ["xa_lock_entry", "i_mmap_rwsem"],
] as const;

export const daxIomap: System = {
  name: "dax-iomap",
  title: "DAX over iomap, Linux 6.1",
  sources: "fs/dax.c, ext4, XFS, mm/memory.c and mm/truncate.c of 6.1.192 (Debian), and recordings of that kernel",
  filesOn: "persistent_memory",
  flags: DAX_IOMAP_FLAGS,
  presets: { "6.1": {}, later: { cow_invalidates: "on", read_fault_dirties: "off" } },
  steps: STEPS,
  lockOrder: LOCK_ORDER,
  lacks(scenario, flags) {
    const shares = Object.values(scenario.files).some(({ blocks }) => blocks.some((run) => run.sharedWith !== null));
    if (shares && flags.fs !== "xfs") return "blocks that files share are XFS's (fs=xfs)";
    return sharedHole(scenario) ?? pmemLacks(scenario, "shared_blocks");
  },
  contract: () => ({ transfers: "may_be_short" }),
  mount,
};

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const flags = daxIomapFlags(values);
  const fs = openPmem(world, scenario, "journal", flags.pmemDomain);
  const shared = new SharedBlocks(world, fs.allocator, diskLayout(scenario));
  if (shared.any) fs.volume.sharers = shared;
  const mount: DaxIomapMount = { fs, flags, shared };
  const opened: DaxIomapFile[] = [];
  const mounted = mountedPmem(mount, scenario, (options) => {
    const file = new DaxIomapFile(mount, options);
    opened.push(file);
    return file;
  });
  if (flags.gupPin !== null) {
    const argument = { inode: opened[0].inode, index: flags.gupPin };
    world.spawn("device", (task: Task): Steps => readThroughReference(task, argument), { context: "irq" });
  }
  // All of its events have the names that 6.1 gives them.
  return { ...mounted, tracepoints: { nameOf: (name) => name, disk: "bio", plugs: "as_started" } };
}
