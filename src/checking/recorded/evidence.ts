/**
 * What a recording shows behind a read that returned older content than a direct write had left: the folio that served
 * it, the invalidations that did not reach it, the writeback that put it over the newer data, the error that was reported.
 *
 * The block at the moment of the read is known from the bios: the direct write's own, and those that wrote the page back
 * from a folio older than it. This decides between STALE_CACHE and LOST_UPDATE as the catalogue does (section 3).
 *
 * @module
 */

import type { DirectWrite } from "./direct_writes.ts";
import type { PageHistory, Stay } from "./page_history.ts";
import { type FileKey, type RecordedOperation, timeText } from "./recorded_run.ts";

export interface Evidence {
  readonly anomaly: "STALE_CACHE" | "LOST_UPDATE" | "STALE_MAPPING";
  /** A sentence. */
  readonly text: string;
  readonly seqs: readonly number[];
}

/** A folio that outlived a direct write of its page. */
export interface Survival {
  readonly stay: Stay;
  /** `unknown`: it was read from the device while the write's data was in flight, and may hold that. */
  readonly age: "older" | "unknown";
}

const EIO = -5;

export class EvidenceFinder {
  readonly #pages: PageHistory;
  readonly #originNs: bigint;
  /** Calls that returned EIO from a flush, by file and in order. */
  readonly #errors: ReadonlyMap<FileKey | null, readonly RecordedOperation[]>;

  constructor(pages: PageHistory, operations: readonly RecordedOperation[], originNs: bigint) {
    this.#pages = pages;
    this.#originNs = originNs;
    const failed = operations.filter(({ kind, result }) =>
      result === EIO && /^(fsync|fdatasync|msync|sync_file_range)$/.test(kind)
    );
    this.#errors = Map.groupBy(failed, ({ file }) => file);
  }

  /**
   * Why a page's content was older than a direct write of it at some time behind the write.
   *
   * @param time when the page was looked at
   * @returns null where the recording does not tell
   */
  of(write: DirectWrite, page: number, time: number): Evidence | null {
    const { file } = write;
    const survival = this.survivorOf(write, page);
    if (survival === null) return this.#atTheSameTime(write, page);
    const { stay: older } = survival;
    const until = older.removed === null ? time : Math.min(time, older.removed.time);
    const writtenBack = this.#pages.writebacks(file, page, write.stored, until);
    const seqs = [...older.added === null ? [] : [older.added.seq], ...writtenBack.map(({ firstSeq }) => firstSeq)];
    const error = this.errorAfter(file, write.over);
    if (error !== null) seqs.push(error.lastSeq);
    const came = this.cameHow(older, write);
    const reported = error === null
      ? ""
      : `; ${error.kind} (operation ${error.id}) returned EIO at ${timeText(error.end!, this.#originNs)}`;
    if (writtenBack.length > 0) {
      const [bio] = writtenBack;
      return {
        anomaly: "LOST_UPDATE",
        seqs,
        text: `Page ${page} ${came} and was written back over the newer data by bio ${bio.id} at ` +
          `${timeText(bio.queued!, this.#originNs)} (event ${bio.firstSeq})${reported}.`,
      };
    }
    return {
      anomaly: "STALE_CACHE",
      seqs,
      text: `Page ${page} ${came} and stayed in the cache${
        older.removed === null ? "" : ` until event ${older.removed.seq}`
      }: the invalidation behind the write did not remove it${reported}.`,
    };
  }

  /** Writeback of the page that was in flight together with the write: the older data may have come last. */
  #atTheSameTime(write: DirectWrite, page: number): Evidence | null {
    const bio = this.#pages.writebacks(write.file, page, -Infinity, write.stored)
      .findLast(({ completed }) => completed !== null && completed > write.queued);
    if (bio === undefined) return null;
    return {
      anomaly: "LOST_UPDATE",
      seqs: [bio.firstSeq, bio.lastSeq, ...write.bios.map(({ firstSeq }) => firstSeq)],
      text: `Page ${page} was being written back by bio ${bio.id} (${timeText(bio.queued!, this.#originNs)}..${
        timeText(bio.completed!, this.#originNs)
      }, events ${bio.firstSeq}..${bio.lastSeq}) while the direct write's data was in flight: the older data came last.`,
    };
  }

  /**
   * The folio that was in the cache before the write's data was stored and was still there when the write was over; null:
   * there was none, or it was read from the device when the data was there, and is as new as that.
   */
  survivorOf(write: DirectWrite, page: number): Survival | null {
    for (const stay of this.#pages.of(write.file, page)) {
      if (stay.added !== null && stay.added.time >= write.stored) return null;
      if (stay.removed !== null && stay.removed.time <= write.over) continue;
      const { issued, stored } = inFlight(write, page, this.#pages.pageSize);
      const fills = this.#pages.fills(write.file, stay);
      if (fills.some((fill) => (fill.issued ?? fill.queued!) >= stored)) return null;
      // No device and no layer above it orders a read and a write that are in flight together.
      const isRead = fills.some(({ completed }) => completed === null || completed > issued);
      return { stay, age: isRead ? "unknown" : "older" };
    }
    return null;
  }

  /** The first flush of the file behind a time that returned EIO. */
  errorAfter(file: FileKey, time: number): RecordedOperation | null {
    return this.#errors.get(file)?.find(({ end }) => end !== null && end > time) ?? null;
  }

  cameHow({ added }: Stay, write: DirectWrite): string {
    if (added === null) return "was in the cache before the recording";
    const by = added.operation === null ? "" : ` of operation ${added.operation}`;
    const when = added.time >= write.operation.start
      ? "behind the invalidation before the write and before its data was stored"
      : "before the write";
    return `came into the cache ${when} (event ${added.seq}, ${added.cause}${by}, ${
      timeText(added.time, this.#originNs)
    })`;
  }
}

/** When the write's data of a page was handed to the device, and when it was stored there. */
function inFlight(
  { bios, queued, stored }: DirectWrite,
  page: number,
  pageSize: number,
): { issued: number; stored: number } {
  const own = bios.filter(({ offset, bytes, completed }) =>
    completed !== null && offset !== null && offset < (page + 1) * pageSize && offset + bytes > page * pageSize
  );
  if (own.length === 0) return { issued: queued, stored };
  return {
    issued: Math.min(...own.map((bio) => bio.issued ?? bio.queued ?? queued)),
    stored: Math.max(...own.map(({ completed }) => completed!)),
  };
}
