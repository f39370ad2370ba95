/**
 * A direct I/O with placeholders (patch 2): it makes the pages that it maps its own before it asks for their blocks, and
 * gives them back when it is complete.
 *
 * Names of steps: W6 to W10, W13, W14.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { ENOTBLK } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import { Dio } from "../legacy-dio/dio.ts";
import type { DioRequest } from "../legacy-dio/legacy_file.ts";
import { findOrInsertPlaceholders } from "./find_or_insert.ts";
import type { PlaceholderFlags } from "./flags.ts";
import { type PlaceholderAddressSpace, placeholdersOf } from "./placeholder_address_space.ts";
import { removePlaceholderPages } from "./remove.ts";

/** What a direct I/O may do. */
export interface DioRules {
  readonly placeholders: boolean;
  /** Which blocks of a write it asks to be allocated: none, those behind i_size (patch 2), all. */
  readonly creates: "none" | "behind_size" | "all";
  /** The caller has i_mutex all the time, so that i_size stays as it is. */
  readonly holdsMutex: boolean;
  /** It has let go of i_mutex before the worker, and takes it when it is complete (patch 3). */
  readonly reacquiresMutex: boolean;
}

export class PlaceholderDio extends Dio {
  readonly flags: PlaceholderFlags;
  readonly rules: DioRules;
  readonly cache: PlaceholderAddressSpace;
  /** Pages from the first to before the second are its own: `fspages_start_off`, `fspages_end_off`. */
  startOff: number;
  endOff: number;
  /** Pages of one placeholder at most: `fspages_span`. */
  span = Infinity;

  constructor(request: DioRequest, isAsync: boolean, flags: PlaceholderFlags, rules: DioRules) {
    super(request, isAsync);
    const { file, pos } = request;
    this.flags = flags;
    this.rules = rules;
    this.cache = placeholdersOf(file.inode);
    this.startOff = this.endOff = file.inode.pageOf(pos);
  }

  override get pinsAllFirst(): boolean {
    return this.flags.pinAllFirst && this.rules.placeholders;
  }

  /** W6: the span is decided once, from what is cached or mapped now. */
  override *begin(): Steps {
    yield* super.begin();
    if (!this.rules.placeholders) return;
    const { cache, flags, file } = this;
    yield;
    const isCapped = flags.spanPolicy === "mapped_or_nrpages"
      ? cache.nrpages.get() !== 0 || cache.isMapped()
      : flags.spanPolicy === "always_cap";
    if (isCapped) this.span = file.dioHooks.dioPages;
  }

  /** The counter-factual repair: nothing is held while the user's memory is faulted in. */
  override *beforePinning(): Steps {
    if (!this.flags.releaseBeforeGup || this.startOff === this.endOff) return;
    yield* this.#unlockPageRange();
    this.startOff = this.endOff = this.#pageOf(this.blockInFile);
    // What was mapped is nobody's now, and has to be asked for anew.
    this.blocksAvailable = 0;
  }

  /** `get_more_blocks`: W8 to W10. */
  override *mapBlocks(lblk: number, max: number): Steps<Mapping | number> {
    const { file, rw, rules, flags, unit, transfer: { call } } = this;
    const { inode, map } = file;
    let creates = rw === "write" && rules.creates !== "none";
    if (rw === "write" && rules.creates === "behind_size") {
      yield;
      if (this.blockInFile < Math.floor(inode.readSize() / unit)) creates = false;
    }
    if (rules.placeholders) {
      const index = this.#pageOf(this.blockInFile);
      const error = yield* this.#lockPageRange(index);
      if (flags.trims) {
        // W9: counted from the beginning of the page, wherever in it the block is.
        const blocksPerPage = inode.bounds.sectorsPerPage / map.sectorsPerBlock;
        max = Math.min(max, (this.endOff - index) * blocksPerPage);
        call.at("W9");
      }
      if (error < 0) return error;
      if (flags.recheckSize && !rules.holdsMutex && (yield* this.#isBehindSize())) return -ENOTBLK;
    }
    call.at("W10");
    return yield* file.getBlockDirect(lblk, max, creates ? "create" : "lookup", call);
  }

  #pageOf(block: number): number {
    return this.file.inode.pageOf(block * this.unit);
  }

  /** `dio_lock_page_range`: W8. */
  *#lockPageRange(index: number): Steps<number> {
    const end = this.flags.endIndex === "fixed"
      ? this.#pageOf(this.finalBlockInRequest - 1)
      : this.#pageOf(this.finalBlockInRequest);
    this.transfer.call.at("W8");
    while (index >= this.endOff) {
      const nr = Math.min(end - this.endOff + 1, this.span);
      const error = yield* findOrInsertPlaceholders(this.cache, this.endOff, this.endOff + nr);
      if (error < 0) return error;
      this.endOff += nr;
    }
    return 0;
  }

  /** The counter-factual repair: whoever has shortened the file has set i_size before it looks for placeholders. */
  *#isBehindSize(): Steps<boolean> {
    yield;
    return this.blockInFile * this.unit >= this.file.inode.readSize();
  }

  /** `dio_unlock_page_range`. */
  *#unlockPageRange(): Steps {
    const { cache, flags, startOff, endOff } = this;
    if (!this.rules.placeholders || (flags.removeIfNonempty && startOff === endOff)) return;
    yield* removePlaceholderPages(cache, startOff, flags.inject === "uncovered_range" ? endOff + 1 : endOff);
    this.endOff = startOff;
  }

  override leftInFlight(): void {
    if (this.rules.placeholders) this.cache.handOver(this.startOff, this.endOff, this.name);
  }

  /** `dio_complete`: W13. */
  override *complete(error: number): Steps<number> {
    const transferred = yield* this.endIo();
    yield* this.#unlockPageRange();
    if (this.rules.reacquiresMutex) {
      yield* this.file.inode.iMutex.lock();
      this.transfer.call.at("W14");
    }
    this.free();
    return this.resultOf(error, transferred);
  }
}
