/**
 * zstd from `node:zlib`, which Deno has; the Node types that come in through a dependency are older than it.
 *
 * @module
 */

import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

interface ZstdFunctions {
  zstdDecompressSync(packed: Uint8Array, options?: { maxOutputLength?: number; chunkSize?: number }): Uint8Array;
  zstdCompressSync(bytes: Uint8Array, options?: { params?: Record<number, number> }): Uint8Array;
  createZstdDecompress(options?: { chunkSize?: number }): Transform;
}

export const { zstdDecompressSync, zstdCompressSync, createZstdDecompress } = zlib as unknown as ZstdFunctions;
