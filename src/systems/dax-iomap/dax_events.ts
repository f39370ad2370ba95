/**
 * Events of the trace system `fs_dax` that the paths fire.
 *
 * @module
 */

import type { DaxFault, FaultEnd } from "./dax_iomap_fault.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";

const PAGE_BYTES = 4096;

/** Results as the kernel's bits: VM_FAULT_NOPAGE, _SIGBUS, _FALLBACK, _NEEDDSYNC. */
const RESULTS: Readonly<Record<string, number>> = { done: 0x100, sigbus: 0x2, fallback: 0x800, needs_sync: 0x2000 };

const MAJOR = 0x4;

export type FaultEvent =
  | "dax_pte_fault"
  | "dax_pte_fault_done"
  | "dax_load_hole"
  | "dax_insert_pfn_mkwrite"
  | "dax_pmd_fault"
  | "dax_pmd_fault_done"
  | "dax_pmd_load_hole";

/**
 * @param end null: it only begins
 * @param kind `major`: VM_FAULT_MAJOR is told, too
 */
export function faultEvent(
  { inode, vma, index, want, isMkwrite }: DaxFault,
  name: FaultEvent,
  end: FaultEnd | "fallback" | null,
  kind: "major" | "minor" = "minor",
): void {
  const flags = [...want === "load" ? [] : ["WRITE"], ...isMkwrite ? ["MKWRITE"] : []].join("|");
  inode.world.tracepoints?.emit(name, {
    file: inode.ino,
    file_offset: index * PAGE_BYTES,
    vm_flags: vma.sharing,
    flags,
    result: (typeof end === "string" ? RESULTS[end] : 0) | (kind === "major" ? MAJOR : 0),
  });
}

export type WritebackEvent = "dax_writeback_range" | "dax_writeback_one" | "dax_writeback_range_done";

export function writebackEvent(inode: DaxIomapInode, name: WritebackEvent, first: number, end: number): void {
  inode.world.tracepoints?.emit(name, {
    file: inode.ino,
    file_offset: first * PAGE_BYTES,
    bytes: (end - first) * PAGE_BYTES,
  });
}
