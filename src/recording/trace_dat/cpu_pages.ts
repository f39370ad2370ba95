/**
 * The pages of one CPU, read piece by piece from the file: plain, or in compressed chunks.
 *
 * @module
 */

import type { RandomAccessFile } from "../random_access.ts";
import { BLOCK_BYTES_MAX, type Compression, unpack } from "./compression.ts";
import { type CpuData, cpuText } from "./file_head.ts";

/** Memory for what is read ahead, all CPUs of a recording together. */
const READ_AHEAD_BYTES = 32 << 20;
const PIECE_BYTES_MAX = 1 << 20;
/** Chunks are of whole pages of at least this size. */
const PAGE_BYTES_MIN = 512;

/** True when a chunk can be of so many bytes, packed and unpacked. */
export function isChunk(packed: number, size: number): boolean {
  return packed > 0 && packed <= BLOCK_BYTES_MAX && size > 0 && size % PAGE_BYTES_MIN === 0;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** What a CPU's pages are read with. */
export interface PagesShape {
  pageBytes: number;
  compression: Compression;
  littleEndian: boolean;
  /** How many CPUs of the recording are read at the same time. */
  streams: number;
}

/** Takes note of damage; `position` is a file position. */
export type DamageNote = (code: string, message: string, position: number) => void;

/** Pieces of the file from a position on; each is of whole pages but for the last. */
export class CpuPages {
  /** File position of the current piece. */
  position: number;
  readonly #file: RandomAccessFile;
  readonly #data: CpuData;
  readonly #shape: PagesShape;
  readonly #note: DamageNote;
  readonly #pieceBytes: number;
  /** File position of what comes next. */
  #at: number;
  #chunksLeft = -1;
  /** The beginning of a page whose end is in the next chunk. */
  #tail: Uint8Array = new Uint8Array(0);
  /** Bytes that all chunks so far unpack to, modulo the page size. */
  #phase = 0;
  /** What has been read ahead: bytes of the file from `#aheadAt` on. */
  #ahead: Uint8Array = new Uint8Array(0);
  #aheadAt = 0;

  constructor(file: RandomAccessFile, data: CpuData, shape: PagesShape, note: DamageNote) {
    this.#file = file;
    this.#data = data;
    this.#shape = shape;
    this.#note = note;
    this.position = this.#at = data.offset;
    const share = Math.min(PIECE_BYTES_MAX, READ_AHEAD_BYTES / shape.streams);
    this.#pieceBytes = Math.max(1, Math.floor(share / shape.pageBytes)) * shape.pageBytes;
  }

  /** File position of a byte of the current piece; of its chunk, where it is compressed. */
  positionOf(offset: number): number {
    return this.#shape.compression === "none" ? this.position + offset : this.position;
  }

  /** The next piece; null at the end. At most its last page is not whole, and that has been taken note of. */
  next(): Uint8Array | null {
    if (this.#shape.compression === "none") return this.#plain();
    const { pageBytes } = this.#shape;
    for (let chunk = this.#chunk(); chunk !== null; chunk = this.#chunk()) {
      const bytes = this.#tail.length === 0 ? chunk : joined(this.#tail, chunk);
      const whole = bytes.length - bytes.length % pageBytes;
      this.#tail = bytes.slice(whole);
      if (whole > 0) return bytes.subarray(0, whole);
    }
    if (this.#tail.length === 0) return null;
    this.#note("truncated", `${cpuText(this.#data)}: the last page is not whole`, this.position);
    const tail = this.#tail;
    this.#tail = new Uint8Array(0);
    return tail;
  }

  #plain(): Uint8Array | null {
    const left = this.#data.offset + this.#data.size - this.#at;
    if (left <= 0) return null;
    const wanted = Math.min(left, this.#pieceBytes);
    const bytes = this.#file.read(this.#at, wanted);
    this.position = this.#at;
    this.#at += wanted;
    if (bytes.length < wanted) {
      const missing = left - bytes.length;
      this.#note(
        "truncated",
        `${cpuText(this.#data)}: the file ends ${missing} bytes before its events do`,
        this.#file.size,
      );
      this.#at += left;
    } else if (bytes.length % this.#shape.pageBytes !== 0) {
      this.#note("truncated", `${cpuText(this.#data)}: the last page is not whole`, this.position);
    }
    return bytes.length > 0 ? bytes : null;
  }

  /** Little-endian or big-endian number in the file at `at`; null beyond the end. */
  #u32(at: number): number | null {
    const bytes = this.#fetch(at, 4);
    if (bytes === null) return null;
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, this.#shape.littleEndian);
  }

  /** Bytes of the file, which may be overwritten by the next call; null when there are not as many. */
  #fetch(at: number, length: number): Uint8Array | null {
    if (at < this.#aheadAt || at + length > this.#aheadAt + this.#ahead.length) {
      if (at + length > this.#file.size) return null;
      this.#ahead = this.#file.read(at, Math.max(length, this.#pieceBytes / 4));
      this.#aheadAt = at;
      if (this.#ahead.length < length) return null;
    }
    return this.#ahead.subarray(at - this.#aheadAt, at - this.#aheadAt + length);
  }

  #chunk(): Uint8Array | null {
    if (this.#chunksLeft === -1) {
      const count = this.#u32(this.#at);
      this.#chunksLeft = count ?? 1;
      if (count === null) return this.#cut();
      this.#at += 4;
    }
    while (this.#chunksLeft > 0) {
      this.position = this.#at;
      const packed = this.#u32(this.#at);
      const size = this.#u32(this.#at + 4);
      if (packed === null || size === null) return this.#cut();
      if (!isChunk(packed, size)) {
        return this.#lostTrack(`a chunk of ${packed} bytes for ${size}`);
      }
      const bytes = this.#fetch(this.#at + 8, packed);
      if (bytes === null) return this.#cut();
      this.#at += 8 + packed;
      this.#chunksLeft--;
      const phase = this.#phase;
      this.#phase = (phase + size) % this.#shape.pageBytes;
      try {
        const chunk = unpack(this.#shape.compression, bytes, size);
        if (this.#tail.length === phase) return chunk;
        // The chunk before was lost, and with it the beginning of this one's first page.
        return chunk.subarray(Math.min(size, this.#shape.pageBytes - phase));
      } catch (error) {
        this.#tail = new Uint8Array(0);
        this.#note(
          "damaged_chunk",
          `${cpuText(this.#data)}: a chunk of ${size} bytes of events cannot be unpacked: ${(error as Error).message}`,
          this.position,
        );
      }
    }
    return this.#end();
  }

  /** Behind the last chunk: what else there is of this CPU must have been counted once. */
  #end(): null {
    const end = this.#data.offset + this.#data.size;
    if (this.#at < end) {
      this.#note(
        "damaged_chunk",
        `${cpuText(this.#data)}: ${end - this.#at} bytes of events are behind the last chunk that is counted`,
        this.#at,
      );
      this.#at = end;
    }
    return null;
  }

  #cut(): null {
    const left = this.#chunksLeft === 1 ? "a chunk" : `${this.#chunksLeft} chunks`;
    this.#note(
      "truncated",
      `${cpuText(this.#data)}: ${left} of events missing at the end of the file`,
      this.#file.size,
    );
    return this.#giveUp();
  }

  /** The chain of chunks is broken: where the next one begins is not known. */
  #lostTrack(what: string): null {
    this.#note(
      "damaged_chunk",
      `${cpuText(this.#data)}: ${what}: the ${this.#chunksLeft} chunks from here on cannot be found`,
      this.position,
    );
    return this.#giveUp();
  }

  /** What is left has been told of. */
  #giveUp(): null {
    this.#chunksLeft = 0;
    this.#at = this.#data.offset + this.#data.size;
    return null;
  }
}
