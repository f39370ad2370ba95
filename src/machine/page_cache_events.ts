/**
 * What a file system fires while the page cache works on its files, for runs that are traced: no step, and nothing may be
 * looked at but with `peek`.
 *
 * Positions and lengths are in sectors.
 *
 * @module
 */

import type { Waits } from "./buffered_read.ts";

export interface PageCacheEvents {
  /** A read has found nothing at a page and asks for so many. */
  readaheadBegins?(index: number, pages: number): void;
  /** Pages [first, first + pages) have been added and are about to be read. */
  readahead?(first: number, pages: number): void;
  /** A chunk of a buffered write begins at `pos`; `left` is what there is to be written from there on. */
  writeBegins?(pos: number, left: number): void;
  /** So much of the chunk at `pos` has been copied; its page is not dirty yet. */
  writeEnds?(pos: number, copied: number): void;
  /** The chunk is done; `left` is what there is to be written behind it. */
  writeDone?(left: number, waits: Waits): void;
  /** `writepages` is called for a file that has dirty pages. */
  writepagesBegins?(sync: "for_integrity" | "background"): void;
  writepagesEnds?(pages: number): void;
  faultBegins?(): void;
  /** A page that is mapped for reading is about to be stored into. */
  mkwriteBegins?(): void;
  /** The locked page at `index` gets its blocks. */
  mkwriteMaps?(index: number): void;
  mkwriteEnds?(): void;
}
