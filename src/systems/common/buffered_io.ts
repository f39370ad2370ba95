/**
 * Buffered reads and writes as parts of system calls: what is copied goes into the record of the call.
 *
 * @module
 */

import type { AddressSpace } from "../../machine/address_space.ts";
import { bufferedRead, type Copied, type CopyRequest } from "../../machine/buffered_read.ts";
import { bufferedWrite } from "../../machine/buffered_write.ts";
import { EFAULT } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import type { Transfer } from "../system.ts";

/** Copies `len` sectors from `pos` on out of the page cache. Returns sectors, or a negative error number for none. */
export function* readThroughCache(mapping: AddressSpace, transfer: Transfer, pos: number): Steps<number> {
  const { call, len, buffer, nowait } = transfer;
  const request: CopyRequest = {
    pos,
    len,
    buffer,
    bufferAt: 0,
    waits: nowait ? "never" : "for_io",
    onCopy: (sector, token) => call.saw(sector, token, "cached"),
  };
  return resultOf(yield* bufferedRead(mapping, request), transfer);
}

/**
 * Copies the transfer's sectors from the `done`th on into the page cache, with the inode's lock held by the caller.
 *
 * @param pos sector of the file at which the first of them goes
 */
export function* writeThroughCache(
  mapping: AddressSpace,
  transfer: Transfer,
  pos: number,
  done: number,
): Steps<number> {
  const { call, len, buffer, nowait } = transfer;
  const request: CopyRequest = {
    pos,
    len: len - done,
    buffer,
    bufferAt: done,
    waits: nowait ? "never" : "for_io",
    onCopy: (sector, token) => call.wrote(sector, token, "cached"),
  };
  return resultOf(yield* bufferedWrite(mapping, request), transfer);
}

function resultOf({ copied, error }: Copied, { call }: Transfer): number {
  if (error < 0) call.stopped(error === -EFAULT ? "fault" : "error");
  return copied > 0 ? copied : error;
}
