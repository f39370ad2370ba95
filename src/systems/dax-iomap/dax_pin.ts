/**
 * A device that reads a page of a DAX file through a reference: direct I/O to somewhere else from a buffer that is a
 * mapping, or RDMA. It is what truncation breaks layouts for.
 *
 * @module
 */

import type { Steps, Task } from "../../machine/task.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";

/** Takes a reference if some process has the page mapped when it comes by, reads the page, gives the reference back. */
export function* readThroughReference(
  task: Task,
  { inode, index }: { readonly inode: DaxIomapInode; readonly index: number },
): Steps {
  const { mapping, fs: { volume } } = inode;
  yield;
  let pblk: number | null = null;
  for (const vma of mapping.vmas()) {
    for (const vpn of vma.vpnsOf(index, index + 1)) {
      const target = vma.mm.pte(vpn).look();
      if (target?.kind === "pmem") pblk = target.pfn;
    }
  }
  if (pblk === null) return;
  const pins = inode.pins(index);
  pins.increment(task);
  yield;
  volume.checkUse({ file: inode.ino, pblk }, "transfer of a device");
  yield;
  pins.decrement(task);
}
