/**
 * Which bytes of its sectors a transfer means.
 *
 * @module
 */

import { SECTOR_BYTES } from "../../machine/persistent_memory.ts";
import type { Transfer } from "../system.ts";
import type { Covered } from "./pmem_volume.ts";

/** Bytes of the nth sector of a transfer. */
export function coveredBytes({ part, len }: Transfer, nth: number): Covered {
  if (part === undefined) return { from: 0, to: SECTOR_BYTES };
  const last = part.skip + part.bytes - nth * SECTOR_BYTES;
  return { from: nth === 0 ? part.skip : 0, to: nth === len - 1 ? Math.min(SECTOR_BYTES, last) : SECTOR_BYTES };
}
