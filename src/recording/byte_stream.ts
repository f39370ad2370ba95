/**
 * Bytes of an input in order, whatever it is: a file, standard input, plain or compressed with gzip or zstd (told by
 * content). Memory is bounded by the chunk size.
 *
 * @module
 */

import { viewOf } from "./print_formats/byte_text.ts";
import { failureReason } from "../std/file_failure.ts";
import { DamagedInput, type Reopened, unpackGzip, unpackZstd } from "./unpacking.ts";

export { DamagedInput } from "./unpacking.ts";

/** Size of the pieces that inputs are read in. */
export const CHUNK_BYTES = 1 << 20;
/** For what a file has grown by meanwhile. */
const CHUNK_BYTES_MIN = 4096;

/** A sequence of byte chunks. */
export interface ByteStream {
  /** Path, or `-` for standard input. */
  readonly name: string;
  /** How the input is packed. */
  readonly compression: "none" | "gzip" | "zstd";
  /**
   * The next chunk, null at the end. The chunk may be overwritten by the next call.
   *
   * @throws {DamagedInput} when compressed data is damaged or cut; later calls give null
   */
  read(): Promise<Uint8Array | null>;
  /** Bytes of the input (as stored) consumed so far, for progress. */
  consumed(): number;
  close(): void;
}

interface RawSource {
  /** Bytes worth reading at a time. */
  readonly chunkBytes: number;
  read(into: Uint8Array): Promise<number | null>;
  close(): void;
}

/** Bytes of standard input that were only looked at: the next reader gets them first. */
let stdinPeeked: Uint8Array[] = [];

function openStdin(keep: Uint8Array[] | null): RawSource {
  const again = stdinPeeked;
  stdinPeeked = [];
  return {
    chunkBytes: CHUNK_BYTES,
    async read(into) {
      let n: number | null;
      if (again.length > 0) {
        n = Math.min(into.length, again[0].length);
        into.set(again[0].subarray(0, n));
        if (n === again[0].length) again.shift();
        else again[0] = again[0].subarray(n);
      } else {
        n = await Deno.stdin.read(into);
      }
      if (n !== null) keep?.push(into.slice(0, n));
      return n;
    },
    close() {
      if (keep !== null) stdinPeeked = [...keep, ...again];
    },
  };
}

function openSource(path: string, keep: Uint8Array[] | null): RawSource {
  if (path === "-") return openStdin(keep);
  const file = Deno.openSync(path, { read: true });
  // A small file needs little more than itself; what tells no size is a pipe or one of the kernel's own.
  const { size } = file.statSync();
  const chunkBytes = size > 0 ? Math.min(CHUNK_BYTES, size + CHUNK_BYTES_MIN) : CHUNK_BYTES;
  let bytes = 0;
  return {
    chunkBytes,
    read(into) {
      try {
        // Synchronous: the reader runs in a worker of its own and has nothing else to do meanwhile.
        const n = file.readSync(into);
        bytes += n ?? 0;
        return Promise.resolve(n);
      } catch (error) {
        // Of a disk that gives up on the way, all before that is good.
        return Promise.reject(bytes === 0 ? error : new DamagedInput(`it cannot be read on: ${failureReason(error)}`));
      }
    },
    close: () => file.close(),
  };
}

/** Compression told by the first bytes. */
export function compressionOf(head: Uint8Array): ByteStream["compression"] {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return "zstd";
  return "none";
}

/**
 * Opens an input and unpacks it on the way.
 *
 * @throws {Deno.errors.NotFound | Deno.errors.PermissionDenied} as opening a file does
 */
export function openBytes(path: string): Promise<ByteStream> {
  return openKeeping(path, null);
}

/**
 * The first bytes of an input, unpacked; standard input can be read from its beginning afterwards.
 *
 * @throws {DamagedInput} when not even the first byte can be unpacked
 */
export async function peekBytes(path: string, length: number): Promise<Uint8Array> {
  const stream = await openKeeping(path, []);
  const head = new Uint8Array(length);
  let have = 0;
  try {
    while (have < length) {
      const chunk = await stream.read();
      if (chunk === null) break;
      const part = chunk.subarray(0, length - have);
      head.set(part, have);
      have += part.length;
    }
  } catch (error) {
    if (!(error instanceof DamagedInput) || have === 0) throw error;
  } finally {
    stream.close();
  }
  return head.subarray(0, have);
}

async function openKeeping(path: string, keep: Uint8Array[] | null): Promise<ByteStream> {
  const source = openSource(path, keep);
  let consumed = 0;
  const buffer = new Uint8Array(source.chunkBytes);
  const fill = async (into: Uint8Array): Promise<number | null> => {
    const n = await source.read(into);
    if (n !== null) consumed += n;
    return n;
  };
  // The head decides; a pipe may give it in small pieces.
  let have = 0;
  while (have < 4) {
    const n = await fill(buffer.subarray(have));
    if (n === null) break;
    have += n;
  }
  const compression = compressionOf(buffer.subarray(0, have));
  let pending: Uint8Array | null = have > 0 ? buffer.subarray(0, have) : null;
  const plain = async (): Promise<Uint8Array | null> => {
    if (pending !== null) {
      const first = pending;
      pending = null;
      return first;
    }
    const n = await fill(buffer);
    return n === null ? null : buffer.subarray(0, n);
  };
  const common = { name: path, compression, consumed: () => consumed, close: () => source.close() };
  if (compression === "none") return { ...common, read: plain };

  const chunks = compression === "zstd"
    ? unpackZstd(plain)
    : unpackGzip(plain, path === "-" ? null : () => reopen(path));
  return {
    ...common,
    async read() {
      // A generator that has thrown is at its end.
      const { done, value } = await chunks.next();
      return done ? null : value;
    },
    close() {
      // Ends the decoder; there is nothing to wait for.
      chunks.return(undefined).catch(() => {});
      source.close();
    },
  };
}

/** The stored bytes of a file, from its beginning. */
function reopen(path: string): Reopened {
  const file = openSource(path, null);
  const buffer = new Uint8Array(file.chunkBytes);
  return {
    async source() {
      const n = await file.read(buffer);
      return n === null ? null : buffer.subarray(0, n);
    },
    close: () => file.close(),
  };
}

/**
 * A window over a stream that grows forward: `bytes[start, end)` is what has been read and not yet consumed.
 */
export class ByteWindow {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Offset in the unpacked input of `bytes[start]`. */
  offset = 0;
  atEnd = false;
  /** Set when the input broke off with an error. */
  damage: DamagedInput | null = null;
  readonly stream: ByteStream;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Drops `n` bytes from the front. */
  consume(n: number): void {
    this.start += n;
    this.offset += n;
  }

  /** Reads until at least `n` bytes are there; false when the input ends before that. */
  async fill(n: number): Promise<boolean> {
    while (this.length < n && !this.atEnd) {
      let chunk: Uint8Array | null = null;
      try {
        chunk = await this.stream.read();
      } catch (error) {
        if (!(error instanceof DamagedInput)) throw error;
        this.damage = error;
      }
      if (chunk === null) {
        this.atEnd = true;
        break;
      }
      this.#append(chunk);
    }
    return this.length >= n;
  }

  #append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.bytes.length) {
      const length = this.length;
      if (length + chunk.length <= this.bytes.length) {
        this.bytes.copyWithin(0, this.start, this.end);
      } else {
        const larger = new Uint8Array((length + chunk.length) * 2);
        larger.set(this.bytes.subarray(this.start, this.end));
        this.bytes = larger;
      }
      this.start = 0;
      this.end = length;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }
}

/** Longest line that is read as one; the rest of a longer one is skipped and reported. */
export const LINE_BYTES_MAX = 1 << 20;

/** Position of the first line feed in `bytes[at, end)`; `end` when there is none. */
function newlineIn(bytes: Uint8Array, at: number, end: number): number {
  const view = viewOf(bytes);
  // Eight bytes at a time, until one of them is a line feed (or may be: a borrow can make its neighbour look like one).
  for (const last = end - 8; at <= last; at += 8) {
    const low = view.getInt32(at, true) ^ 0x0a0a0a0a;
    const high = view.getInt32(at + 4, true) ^ 0x0a0a0a0a;
    if ((((low - 0x01010101) & ~low | (high - 0x01010101) & ~high) & 0x80808080) !== 0) break;
  }
  while (at < end && bytes[at] !== 0x0a) at++;
  return at;
}

/** What is said of an event in a line that {@linkcode LineReader.lineUnended} is true of. */
export const UNENDED_LINE = "the input ends inside a line: its event may lack fields, and its last number digits";

/** Lines of a stream, as byte ranges in the window: `window.bytes[lineStart, lineEnd)`, without the line end. */
export class LineReader {
  readonly window: ByteWindow;
  lineStart = 0;
  lineEnd = 0;
  /** Number of the current line, from 1. */
  lineNumber = 0;
  /** True when the current line was cut at {@linkcode LINE_BYTES_MAX}. */
  lineCut = false;
  /** True when the input ends behind the current line, without a line feed: more of it may have been meant to come. */
  lineUnended = false;
  #next = 0;
  #skipping = false;

  constructor(stream: ByteStream) {
    this.window = new ByteWindow(stream);
  }

  /**
   * Goes to the next line. A promise only when more input has to be read, so that a caller's hot loop rarely awaits.
   *
   * @returns false at the end of the input
   */
  next(): boolean | Promise<boolean> {
    const w = this.window;
    w.consume(this.#next - w.start);
    const newline = newlineIn(w.bytes, w.start, w.end);
    if (newline < w.end && !this.#skipping && newline - w.start <= LINE_BYTES_MAX) {
      return this.#take(newline, newline + 1);
    }
    return this.#slow();
  }

  #take(end: number, next: number): true {
    const w = this.window;
    this.lineStart = w.start;
    this.lineEnd = end > w.start && w.bytes[end - 1] === 0x0d ? end - 1 : end;
    this.#next = next;
    this.lineNumber++;
    this.lineCut = false;
    return true;
  }

  async #slow(): Promise<boolean> {
    const w = this.window;
    let searched = 0;
    for (;;) {
      const newline = w.bytes.subarray(0, w.end).indexOf(0x0a, w.start + searched);
      if (newline >= 0) {
        if (this.#skipping) {
          // The tail of a line that was cut: not a line of its own.
          this.#skipping = false;
          w.consume(newline + 1 - w.start);
          searched = 0;
          continue;
        }
        if (newline - w.start <= LINE_BYTES_MAX) return this.#take(newline, newline + 1);
      }
      if (w.length > LINE_BYTES_MAX) {
        if (this.#skipping) {
          w.consume(w.length);
          searched = 0;
        } else {
          this.#take(w.start + LINE_BYTES_MAX, w.start + LINE_BYTES_MAX);
          this.lineCut = true;
          this.#skipping = true;
          return true;
        }
      }
      searched = w.length;
      if (!await w.fill(w.length + 1)) {
        if (w.length === 0 || this.#skipping) {
          this.#next = w.start = w.end;
          return false;
        }
        this.#take(w.end, w.end);
        this.lineUnended = true;
        return true;
      }
    }
  }
}
