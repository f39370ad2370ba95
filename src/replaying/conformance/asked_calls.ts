/**
 * The calls of a recording as they are asked of the model: with what their registers and vectors had, and what calls that
 * only name, open and close files do to the files.
 *
 * @module
 */

import type { AskedCall } from "./calls_at_work.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import type { RecordedCall, RecordedTrace } from "./recorded_events.ts";
import type { SortedEvents, Unit } from "./units.ts";

/** Calls that the model does, with what registers had. */
export function askedCalls({ processOf }: RecordedTrace, sorted: SortedEvents): AskedCall[] {
  const { units } = sorted;
  const opened = new Set<number>();
  const unnamed = inodesUnnamedBy(sorted);
  return units.flatMap((unit): AskedCall[] => {
    const { call, requests, events } = unit;
    const registers = new Map<string, number>([["tgid", processOf.get(call.pid) ?? call.pid]]);
    const evicted = unnamed.get(unit);
    if (evicted !== undefined) registers.set("evicts", evicted);
    if (!MODELLED_CALLS.test(call.kind)) besides(unit, opened, registers);
    const enter = events.at(0);
    if (enter !== undefined && enter.number !== null) {
      const name = REGISTERS[enter.name];
      if (name !== undefined) registers.set(name, enter.number);
    }
    for (const [name, value] of vectorOf(unit)) registers.set(name, value);
    return [{ call: asWhole(unit), requests, registers }];
  });
}

/**
 * A read as it was asked for: the length of a vectored one lies in memory that no event shows, and what it has returned
 * may be less. Page-cache events tell up to which page it was to go.
 */
function asWhole({ call, events }: Unit): RecordedCall {
  const { kind, syscall, offset, bytes } = call;
  if (kind !== "pread" || !/readv/.test(syscall) || offset === null || bytes === null) return call;
  const first = events.find(({ name }) => name === "mm_filemap_get_pages" || name === "page_cache_sync_ra");
  if (first === undefined || first.offset === null || first.bytes === null || first.offset > offset) return call;
  const end = first.offset + first.bytes;
  return Math.ceil((offset + bytes) / PAGE) * PAGE < end ? { ...call, bytes: end - offset } : call;
}

const PAGE = 4096;

/**
 * Where the vector of a read or write points to, which lies in memory that no event shows: where a file is mapped there, the
 * first fault that is taken for it tells of its place in that file.
 */
function vectorOf({ call, events }: Unit): [name: string, value: number][] {
  if (!/^p(read|write)$/.test(call.kind) || !/(read|write)v/.test(call.syscall)) return [];
  const fault = events.find(({ name }) => name === "mm_filemap_fault");
  if (fault === undefined || fault.ino === null || fault.offset === null) return [];
  return [["vector_ino", fault.ino], ["vector_at", fault.offset]];
}

/** What open(2) does with an inode of XFS that it has just made: nobody else can have the lock of it. */
const MAKES_INODE = /^xfs_ilock_nowait$/;

/**
 * The calls that took the last name or reference of inodes of XFS whose blocks a worker freed later on: the last that locked
 * the inode before.
 */
function inodesUnnamedBy({ units, others }: SortedEvents): Map<Unit, number> {
  const found = new Map<Unit, number>();
  for (const { event: { name, ino, number, seq } } of others) {
    if (name !== "xfs_itruncate_extents_start" || number !== 0 || ino === null) continue;
    const unit = units.findLast(({ call, events }) =>
      !MODELLED_CALLS.test(call.kind) && call.firstSeq < seq &&
      events.some((event) => event.ino === ino && event.name.startsWith("xfs_ilock"))
    );
    if (unit !== undefined) found.set(unit, ino);
  }
  return found;
}

/** What calls that only name, open and close files do to the files: as registers of the call. */
function besides({ call, events }: Unit, opened: Set<number>, registers: Map<string, number>): void {
  const of = (name: string) => events.find((event) => event.name === name);
  const evicted = of("ext4_evict_inode");
  if (evicted !== undefined && evicted.ino !== null) {
    registers.set("evicts", evicted.ino);
    if (of("ext4_free_inode")?.ino === evicted.ino) registers.set("frees", evicted.ino);
  }
  const handles = events.filter(({ name }) => name === "jbd2_handle_start" || name === "xfs_trans_commit").length;
  if (handles > 0) registers.set("handles", handles);
  if (call.kind === "open" && call.ino !== null && !opened.has(call.ino)) {
    opened.add(call.ino);
    registers.set("loads", call.ino);
    if (events.some(({ name, ino }) => MAKES_INODE.test(name) && ino === call.ino)) registers.set("makes", 1);
  }
}

const REGISTERS: Readonly<Record<string, string>> = {
  sys_enter_preadv2: "rwf",
  sys_enter_pwritev2: "rwf",
  sys_enter_fallocate: "mode",
  sys_enter_sync_file_range: "flags",
  sys_enter_fadvise64: "advice",
  sys_enter_msync: "flags",
  sys_enter_madvise: "advice",
  sys_enter_mmap: "mapflags",
  sys_enter_munmap: "munmap",
  sys_enter_pread64: "buf",
  sys_enter_pwrite64: "buf",
  page_fault_user: "address",
};
