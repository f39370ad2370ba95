/**
 * Compressed sections and chunks of a trace.dat file: each is one zlib stream or one zstd frame of its own.
 *
 * @module
 */

import { inflateSync } from "node:zlib";
import { zstdDecompressSync } from "../zstd.ts";

/** Memory that one compressed section or chunk may take, packed or unpacked; a larger one is damage or an attack. */
export const BLOCK_BYTES_MAX = 128 << 20;

export type Compression = "none" | "zlib" | "zstd";

/**
 * Unpacks one block.
 *
 * @param size what the file says that the block unpacks to
 * @throws {Error} when it is damaged, larger than {@linkcode BLOCK_BYTES_MAX}, or unpacks to something else than `size`
 */
export function unpack(compression: Compression, packed: Uint8Array, size: number): Uint8Array {
  if (size > BLOCK_BYTES_MAX) throw new Error(`a block that says it unpacks to ${size} bytes`);
  // One output buffer of the right size: no joining of pieces.
  const limits = { maxOutputLength: size + 64, chunkSize: size + 64 };
  const bytes = compression === "zstd" ? zstdDecompressSync(packed, limits) : inflateSync(packed, limits);
  // A cut zstd frame gives what it has without an error.
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes came out, ${size} were announced`);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
