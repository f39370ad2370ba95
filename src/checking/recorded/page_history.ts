/**
 * The page cache of a recording over time: when each page of a file came, went, became dirty and was written back.
 *
 * Pages that were in the cache before the recording began are known from their first event on only.
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";
import type { FileKey, RecordedBio, RecordedPageEvent, RecordedRun } from "./recorded_run.ts";

/** One stay of a page in the cache. */
export interface Stay {
  readonly page: number;
  /** Event that added it; null: it was there before. */
  readonly added: RecordedPageEvent | null;
  /** Event that removed it; null: it was there in the end. */
  readonly removed: RecordedPageEvent | null;
  readonly dirtied: readonly RecordedPageEvent[];
}

interface OpenStay {
  page: number;
  added: RecordedPageEvent | null;
  removed: RecordedPageEvent | null;
  dirtied: RecordedPageEvent[];
}

export class PageHistory {
  readonly #stays = new Map<FileKey, Map<number, OpenStay[]>>();
  /** Writeback bios of a file, and those that fill its pages, by when they were queued. */
  readonly #writebacks = new Map<FileKey, RecordedBio[]>();
  readonly #fills = new Map<FileKey, RecordedBio[]>();
  readonly pageSize: number;

  constructor(run: RecordedRun) {
    this.pageSize = run.pageSize;
    for (const event of run.pages) this.#take(event);
    for (const bio of run.bios) {
      if (bio.file === null || bio.offset === null || bio.queued === null) continue;
      const isFill = bio.role === "read" || bio.role === "readahead";
      if (bio.role !== "writeback" && !isFill) continue;
      const map = isFill ? this.#fills : this.#writebacks;
      const list = map.get(bio.file);
      if (list === undefined) map.set(bio.file, [bio]);
      else list.push(bio);
    }
    for (const list of [...this.#writebacks.values(), ...this.#fills.values()]) {
      list.sort((a, b) => a.queued! - b.queued!);
    }
  }

  #take(event: RecordedPageEvent): void {
    if (event.kind !== "add" && event.kind !== "delete" && event.kind !== "dirty") return;
    let pages = this.#stays.get(event.file);
    if (pages === undefined) this.#stays.set(event.file, pages = new Map());
    for (let page = event.page; page < event.page + event.pages; page++) {
      let stays = pages.get(page);
      if (stays === undefined) pages.set(page, stays = []);
      const last = stays.at(-1);
      const isThere = last !== undefined && last.removed === null;
      if (event.kind === "add") {
        if (isThere) last.removed = event;
        stays.push({ page, added: event, removed: null, dirtied: [] });
        continue;
      }
      const stay = isThere ? last : { page, added: null, removed: null, dirtied: [] };
      if (!isThere) stays.push(stay);
      if (event.kind === "delete") stay.removed = event;
      else stay.dirtied.push(event);
    }
  }

  /** Stays of a page, in order. */
  of(file: FileKey, page: number): readonly Stay[] {
    return this.#stays.get(file)?.get(page) ?? [];
  }

  /** The stay of a page at a time; null: it was not in the cache then, as far as is known. */
  at(file: FileKey, page: number, time: number): Stay | null {
    const stays = this.of(file, page);
    for (let at = partitionPoint(stays, ({ removed }) => removed !== null && removed.time <= time);; at++) {
      if (at === stays.length) return null;
      if ((stays[at].added?.time ?? -Infinity) <= time) return stays[at];
    }
  }

  /** Writeback bios that carry the page, queued in a time. */
  writebacks(file: FileKey, page: number, from: number, to: number): RecordedBio[] {
    return this.#carrying(this.#writebacks, file, page, from, to);
  }

  /** Bios that fill the page during a stay in the cache; none where it is not read from the device. */
  fills(file: FileKey, { page, added, removed }: Stay): RecordedBio[] {
    return this.#carrying(this.#fills, file, page, added?.time ?? -Infinity, removed?.time ?? Infinity);
  }

  #carrying(of: Map<FileKey, RecordedBio[]>, file: FileKey, page: number, from: number, to: number): RecordedBio[] {
    const [start, end] = [page * this.pageSize, (page + 1) * this.pageSize];
    const all = of.get(file) ?? [];
    const found: RecordedBio[] = [];
    for (let at = partitionPoint(all, ({ queued }) => queued! < from); at < all.length && all[at].queued! <= to; at++) {
      const { offset, bytes } = all[at];
      if (offset! < end && offset! + bytes > start) found.push(all[at]);
    }
    return found;
  }
}
