/**
 * Sizes of a scenario that keep its state space closed.
 *
 * @module
 */

import { RETRIES_MAX_DEFAULT } from "./retries.ts";

export interface PageCacheBounds {
  /** 512-byte sectors a page; 8 in truth. */
  readonly sectorsPerPage: number;
  /** Page indexes of a file are below this. */
  readonly pagesMax: number;
  /** Indexes of the page tree, where entries may stand behind the last page. Default: `pagesMax`. */
  readonly slotsMax?: number;
  /** Pages that one lookup takes at most; 14 or 15 in truth. */
  readonly pagevec: number;
  /** Pages that a read fault maps around the one asked for, that one included; 16 in truth. */
  readonly faultAroundPages: number;
  /** Pages that a buffered read looks ahead, the first one included; 0: only what is asked for, when it is missing. */
  readonly readaheadPages: number;
  /**
   * How often a fault or a read may find its page removed and look it up anew. It can add pages beyond the end of the file
   * as fast as truncation takes them away: LIVELOCK.
   */
  readonly retriesMax: number;
}

export const PAGE_CACHE_BOUNDS: PageCacheBounds = {
  sectorsPerPage: 2,
  pagesMax: 8,
  pagevec: 2,
  faultAroundPages: 1,
  readaheadPages: 0,
  retriesMax: RETRIES_MAX_DEFAULT,
};
