/**
 * Ring buffer pages as the kernel lays them out, for tests.
 *
 * Written from the kernel's `events/header_page` and `events/header_event` and Documentation/trace/ring-buffer-design.rst.
 *
 * @module
 */

import { ByteWriter } from "./byte_writer.ts";

const TIME_DELTA_MAX = (1n << 27n) - 1n;
const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;

/** What a page may hold. Times are nanoseconds; a `delta` is counted from the entry before. */
export type RingEntry =
  /** `form`: with its length in the head (up to 112 bytes, a multiple of 4) or in a word of its own. */
  | { kind: "event"; ts: bigint; data: Uint8Array; form?: "short" | "long" }
  /** An absolute time stamp of 59 bits. */
  | { kind: "stamp"; ts: bigint }
  | { kind: "extend"; delta: bigint }
  /** An event taken back: `bytes` of nothing, and the time that has passed. */
  | { kind: "discarded"; bytes: number; delta: number };

export interface Page {
  ts: bigint;
  entries: RingEntry[];
  /** Events lost before this page, or that there were some. */
  missed?: bigint | "uncounted";
}

export interface PageShape {
  order: "little" | "big";
  longBytes: 4 | 8;
  pageBytes: number;
}

const dataOffset = (shape: PageShape) => 8 + shape.longBytes;

function head(out: ByteWriter, type: number, delta: bigint): void {
  const d = Number(delta);
  out.u32(out.order === "little" ? (type | d << 5) >>> 0 : (type << 27 | d) >>> 0);
}

function isLong(entry: { data: Uint8Array; form?: string }): boolean {
  return entry.form === "long" || entry.data.length > 112 || entry.data.length === 0;
}

function writeEvent(out: ByteWriter, entry: Extract<RingEntry, { kind: "event" }>, delta: bigint): void {
  const padded = (entry.data.length + 3) & ~3;
  if (isLong(entry)) {
    head(out, 0, delta);
    out.u32(padded + 4);
  } else {
    head(out, padded / 4, delta);
  }
  out.bytes(entry.data);
  out.align(4);
}

/** Writes the entries, with time extends where the head has no room for the time that has passed. */
function writeEntries(page: Page, shape: PageShape): Uint8Array {
  const out = new ByteWriter(shape.order);
  let now = page.ts;
  for (const entry of page.entries) {
    switch (entry.kind) {
      case "event": {
        let delta = entry.ts - now;
        if (delta > TIME_DELTA_MAX) {
          head(out, TYPE_TIME_EXTEND, delta & TIME_DELTA_MAX);
          out.u32(Number(delta >> 27n));
          delta = 0n;
        }
        writeEvent(out, entry, delta);
        now = entry.ts;
        break;
      }
      case "extend":
        head(out, TYPE_TIME_EXTEND, entry.delta & TIME_DELTA_MAX);
        out.u32(Number(entry.delta >> 27n));
        now += entry.delta;
        break;
      case "stamp": {
        const ts = entry.ts & ((1n << 59n) - 1n);
        head(out, TYPE_TIME_STAMP, ts & TIME_DELTA_MAX);
        out.u32(Number(ts >> 27n));
        now = entry.ts;
        break;
      }
      case "discarded":
        head(out, TYPE_PADDING, BigInt(entry.delta));
        out.u32(entry.bytes + 4);
        out.bytes(new Uint8Array(entry.bytes));
        now += BigInt(entry.delta);
    }
  }
  return out.done();
}

/** A page's bytes. */
export function writePage(page: Page, shape: PageShape): Uint8Array {
  const out = new ByteWriter(shape.order);
  const entries = writeEntries(page, shape);
  const room = shape.pageBytes - dataOffset(shape);
  if (entries.length > room) throw new RangeError(`entries of ${entries.length} bytes, a page has room for ${room}`);
  let commit = BigInt(entries.length);
  if (page.missed !== undefined) commit |= 1n << 31n;
  if (typeof page.missed === "bigint") commit |= 1n << 30n;
  out.u64(page.ts);
  out.integer(shape.longBytes, commit);
  out.bytes(entries);
  if (typeof page.missed === "bigint") out.integer(shape.longBytes, page.missed);
  // What the kernel has not written of a page is whatever the memory held.
  while (out.at < shape.pageBytes) out.u8(0xa5);
  return out.done();
}

function entryBytes(entry: RingEntry): number {
  if (entry.kind !== "event") return entry.kind === "discarded" ? 8 + entry.bytes : 8;
  // With room for a time extend.
  return 16 + ((entry.data.length + 3) & ~3);
}

/** Spreads entries over pages in order. Entries that are not events go to the page of the event after them. */
export function packPages(entries: RingEntry[], shape: PageShape): Page[] {
  const pages: Page[] = [];
  let left = 0;
  let now = 0n;
  for (const entry of entries) {
    const bytes = entryBytes(entry);
    if (pages.length === 0 || bytes > left) {
      pages.push({ ts: "ts" in entry ? entry.ts : now, entries: [] });
      left = shape.pageBytes - dataOffset(shape);
    }
    pages.at(-1)!.entries.push(entry);
    left -= bytes;
    if ("ts" in entry) now = entry.ts;
    else now += BigInt(entry.delta);
  }
  return pages;
}
