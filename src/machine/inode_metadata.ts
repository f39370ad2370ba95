/**
 * Changes of an inode that the disk gets to know: in memory and in the record of the change, both in the current step.
 *
 * @module
 */

import type { MetadataSink } from "./disk_metadata.ts";
import type { Inode } from "./inode.ts";

/** Sets the size that is logged (`i_disksize`), in sectors. */
export function setDiskSize(inode: Inode, size: number, sink: MetadataSink): void {
  inode.diskSize.set(size);
  sink.record({ kind: "disksize", file: inode.ino, size });
}

/** Sets the link count: recovery deletes a file without links that is on the orphan list. */
export function setNlink(inode: Inode, nlink: number, sink: MetadataSink): void {
  inode.nlink.set(nlink);
  sink.record({ kind: "nlink", file: inode.ino, nlink });
}

/**
 * Puts an inode on the list of those that recovery has to look after (ext3, ext4): deleted while open, or with blocks
 * beyond its size for a while. One that is there stays there.
 */
export function orphanAdd(inode: Inode, sink: MetadataSink): void {
  if (inode.onOrphanList.testAndSet()) return;
  sink.record({ kind: "orphan", file: inode.ino, change: "add" });
}

/**
 * Takes an inode off that list.
 *
 * @param sink null: in memory only, as when no transaction can be started; the disk still has it listed
 */
export function orphanDel(inode: Inode, sink: MetadataSink | null): void {
  if (!inode.onOrphanList.testAndClear()) return;
  sink?.record({ kind: "orphan", file: inode.ino, change: "delete" });
}
