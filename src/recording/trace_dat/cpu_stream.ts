/**
 * The pages of one CPU, read piece by piece from the file: plain, or in compressed chunks.
 *
 * @module
 */

import type { RandomAccessFile } from "../random_access.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { type Compression, type CpuData, unpack } from "./file_head.ts";

const READ_BYTES = 1 << 20;

/** Pieces of whole pages. */
export class CpuPages {
  readonly #file: RandomAccessFile;
  readonly #data: CpuData;
  readonly #pageBytes: number;
  readonly #compression: Compression;
  readonly #littleEndian: boolean;
  readonly #damaged: (code: string, what: string, position: number) => void;
  /** Bytes consumed. */
  #done = 0;
  #chunksLeft = -1;
  /** The tail of a chunk that was not a whole page. */
  #tail = new Uint8Array(0);

  constructor(
    file: RandomAccessFile,
    data: CpuData,
    pageBytes: number,
    compression: Compression,
    littleEndian: boolean,
    damaged: (code: string, what: string, position: number) => void,
  ) {
    this.#file = file;
    this.#data = data;
    this.#pageBytes = pageBytes;
    this.#compression = compression;
    this.#littleEndian = littleEndian;
    this.#damaged = damaged;
    if (compression === "none" && data.offset + data.size > file.size) {
      const missing = data.offset + data.size - Math.max(file.size, data.offset);
      damaged("truncated", `CPU ${data.cpu}: ${missing} of ${data.size} bytes of events are missing`, file.size);
    }
  }

  /** File position of what comes next, for messages. */
  get position(): number {
    return this.#data.offset + this.#done;
  }

  /** The next piece, a whole number of pages; null at the end. */
  next(): Uint8Array | null {
    if (this.#compression === "none") return this.#plain();
    for (;;) {
      const chunk = this.#chunk();
      if (chunk === null) {
        if (this.#tail.length > 0) {
          this.#damaged(
            "truncated",
            `CPU ${this.#data.cpu}: the last ${this.#tail.length} bytes are no whole page`,
            this.position,
          );
          this.#tail = new Uint8Array(0);
        }
        return null;
      }
      let bytes = chunk;
      if (this.#tail.length > 0) {
        bytes = new Uint8Array(this.#tail.length + chunk.length);
        bytes.set(this.#tail);
        bytes.set(chunk, this.#tail.length);
      }
      const whole = bytes.length - bytes.length % this.#pageBytes;
      this.#tail = bytes.slice(whole);
      if (whole > 0) return bytes.subarray(0, whole);
    }
  }

  #plain(): Uint8Array | null {
    const left = this.#data.size - this.#done;
    if (left <= 0) return null;
    const want = Math.min(left, Math.max(this.#pageBytes, READ_BYTES - READ_BYTES % this.#pageBytes));
    const bytes = this.#file.read(this.position, want);
    const whole = bytes.length - bytes.length % this.#pageBytes;
    if (bytes.length < want) this.#done = this.#data.size;
    else this.#done += bytes.length;
    if (whole < bytes.length) {
      this.#damaged("truncated", `CPU ${this.#data.cpu}: the last page is cut`, this.#file.size);
    }
    return whole > 0 ? bytes.subarray(0, whole) : null;
  }

  #chunk(): Uint8Array | null {
    for (;;) {
      if (this.#chunksLeft === -1) {
        const head = this.#file.read(this.#data.offset, 4);
        this.#chunksLeft = 1;
        if (head.length < 4) return this.#cut();
        this.#chunksLeft = new ByteCursor(head, this.#littleEndian).u32();
        this.#done = 4;
      }
      // The size that the file gives for a CPU leaves out the chunks' heads: the count of chunks is what holds.
      if (this.#chunksLeft === 0) return null;
      const head = this.#file.read(this.position, 8);
      if (head.length < 8) return this.#cut();
      const cursor = new ByteCursor(head, this.#littleEndian);
      const packed = cursor.u32();
      const size = cursor.u32();
      const at = this.position;
      if (packed > this.#file.size - at - 8) return this.#cut();
      this.#done += 8 + packed;
      this.#chunksLeft--;
      const bytes = this.#file.read(at + 8, packed);
      try {
        return unpack(this.#compression, bytes, size);
      } catch (error) {
        this.#damaged(
          "damaged_chunk",
          `CPU ${this.#data.cpu}: a chunk cannot be unpacked: ${(error as Error).message}`,
          at,
        );
      }
    }
  }

  #cut(): null {
    const chunks = this.#chunksLeft === 1 ? "a chunk" : `${this.#chunksLeft} chunks`;
    this.#damaged(
      "truncated",
      `CPU ${this.#data.cpu}: ${chunks} of events missing at the end of the file`,
      this.position,
    );
    this.#chunksLeft = 0;
    return null;
  }
}
