/**
 * Small questions about transfers that several systems ask.
 *
 * @module
 */

import { UserBuffer } from "../../machine/user_buffer.ts";
import type { Transfer } from "../system.ts";

/** The transfer with a buffer that cannot be reached from a page on: flag `efault_at`. */
export function unreadableFrom(transfer: Transfer, page: number | "none"): Transfer {
  if (page === "none") return transfer;
  const { buffer } = transfer;
  let left = page;
  const segments = buffer.segments.flatMap(({ vpn, npages }) => {
    const taken = Math.min(left, npages);
    left -= taken;
    return taken > 0 ? [{ vpn, npages: taken }] : [];
  });
  return { ...transfer, buffer: new UserBuffer(buffer.mm, segments) };
}

/** The buffer from a page on. */
export function bufferFrom(buffer: UserBuffer, page: number): UserBuffer {
  let left = page;
  const segments = buffer.segments.flatMap(({ vpn, npages }) => {
    const skipped = Math.min(left, npages);
    left -= skipped;
    return skipped < npages ? [{ vpn: vpn + skipped, npages: npages - skipped }] : [];
  });
  return new UserBuffer(buffer.mm, segments);
}
