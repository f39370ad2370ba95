/**
 * Events of iomap and of the system calls above it (include/trace/events, fs/iomap/trace.h), for runs that are traced.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { DirectMapping } from "./iomap_dio_iter.ts";
import type { IomapDio } from "./iomap_dio_state.ts";
import type { IomapDioOptions } from "./iomap_dio.ts";
import type { Transfer } from "../system.ts";

/** Bytes of a sector. */
export const SECTOR_BYTES = 512;

/** IOMAP_NULL_ADDR, as SQL has it: the place of a hole. */
const NULL_ADDR = -1;

/** `ki_flags` of a direct I/O as the kernel prints them: a synchronous one does not tell that it writes. */
function kiFlags({ kiocb, submitter, sync, nowait, append }: Transfer, op: "read" | "write"): string {
  const writes = op === "write";
  return [
    ...(writes && sync !== "none" ? ["DSYNC"] : []),
    ...(writes && sync === "sync" ? ["SYNC"] : []),
    ...(nowait ? ["NOWAIT"] : []),
    ...(writes && append ? ["APPEND"] : []),
    "DIRECT",
    ...(writes && kiocb !== null ? ["WRITE"] : []),
    ...(kiocb !== null ? [submitter === "io_uring" ? "ALLOC_CACHE" : "AIO_RW"] : []),
  ].join("|");
}

/** `iomap_dio_rw_begin`. */
export function dioBegins(
  world: World,
  file: { readonly inode: { readonly ino: string; readonly peekSize: number } },
  transfer: Transfer,
  pos: number,
  { op, wait, attempt }: IomapDioOptions,
): void {
  world.tracepoints?.emit("iomap_dio_rw_begin", {
    file: file.inode.ino,
    file_offset: pos * SECTOR_BYTES,
    bytes: transfer.len * SECTOR_BYTES,
    isize: file.inode.peekSize * SECTOR_BYTES,
    ki_flags: kiFlags(transfer, op),
    dio_flags: attempt === "overwrite_only" ? "DIO_OVERWRITE_ONLY" : wait === "always" ? "DIO_FORCE_WAIT" : "",
    aio: transfer.kiocb === null ? 0 : 1,
  });
}

/** `iomap_dio_rw_queued`, whose iterator stands at the end of what has been submitted. */
export function dioQueued({ file: { inode }, pos, size, transfer }: IomapDio): void {
  inode.world.tracepoints?.emit("iomap_dio_rw_queued", {
    file: inode.ino,
    file_offset: (pos + size) * SECTOR_BYTES,
    bytes: (transfer.len - size) * SECTOR_BYTES,
  });
}

/** `iomap_dio_complete`, behind all else: the position has gone on by then. */
export function dioCompletes({ file: { inode }, pos, op, transfer }: IomapDio, error: number, ret: number): void {
  inode.world.tracepoints?.emit("iomap_dio_complete", {
    file: inode.ino,
    file_offset: (pos + Math.max(ret, 0)) * SECTOR_BYTES,
    isize: inode.peekSize * SECTOR_BYTES,
    ki_flags: kiFlags(transfer, op),
    aio: transfer.kiocb === null ? 0 : 1,
    error,
    ret: ret > 0 ? ret * SECTOR_BYTES : ret,
  });
}

/** `iomap_dio_invalidate_fail`. */
export function dioInvalidateFails({ file: { inode }, pos, transfer }: IomapDio): void {
  inode.world.tracepoints?.emit("iomap_dio_invalidate_fail", {
    file: inode.ino,
    file_offset: pos * SECTOR_BYTES,
    bytes: transfer.len * SECTOR_BYTES,
  });
}

/** `iomap_iter`: before each piece, and once more when there is none left. */
export function iomapIterates(world: World, ino: string, flags: string): void {
  world.tracepoints?.emit("iomap_iter", { file: ino, flags });
}

/** Flags of `iomap_iter` for direct I/O. */
export function dioIterFlags({ op, attempt, transfer }: IomapDio): string {
  return [
    ...(op === "write" ? ["WRITE"] : []),
    "DIRECT",
    ...(transfer.nowait ? ["NOWAIT"] : []),
    ...(attempt === "overwrite_only" ? ["OVERWRITE_ONLY"] : []),
  ].join("|");
}

/** `iomap_iter_dstmap`: what a piece has been mapped to. */
export function iomapMapped(world: World, ino: string, mapping: Partial<DirectMapping> & DstMapping): void {
  const { type, offset, length, addr, isNew, isDirty, isShared, isMerged } = mapping;
  const flags = [
    ...isNew ? ["NEW"] : [],
    ...isDirty ? ["DIRTY"] : [],
    ...isShared ? ["SHARED"] : [],
    ...isMerged ? ["MERGED"] : [],
  ];
  world.tracepoints?.emit("iomap_iter_dstmap", {
    file: ino,
    file_offset: offset * SECTOR_BYTES,
    bytes: length * SECTOR_BYTES,
    type: type.toUpperCase(),
    flags: flags.join("|"),
    addr: addr === null || addr === undefined ? NULL_ADDR : addr * SECTOR_BYTES,
  });
}

type DstMapping = Pick<DirectMapping, "type" | "offset" | "length">;
