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

/** Whether it is a write with O_SYNC or O_DSYNC. */
export function isSyncWrite({ sync }: Transfer): boolean {
  return sync !== "none";
}
