/**
 * The empty results file that every results file begins as: all that no recording changes, made once and kept packed
 * beside this module. To make it takes more than a second, to copy it a few milliseconds.
 *
 * `deno task empty-results` makes it anew when the schema, a shipped view or the database's version has changed. Until
 * then it is known to be out of date, and the statements are run for each file.
 *
 * @module
 */
import * as fs from "node:fs";
import { crc32 } from "node:zlib";
import { zstdDecompressSync } from "../recording/zstd.ts";
import { emptySchema } from "./schema_statements.ts";
import type { WasmEngine } from "./wasm_engine.ts";

/** A checksum of four bytes, which is that of what it was made from, and the file in one zstd frame. */
export const PACKED = new URL("./empty_results.bin", import.meta.url);

export const CHECKSUM_BYTES = 4;

/** @returns the file's bytes; null when what is kept is out of date */
export function emptyResults(engine: WasmEngine): Uint8Array | null {
  const packed = fs.readFileSync(PACKED);
  const made = packed.readUInt32LE(0);
  return made === checksumNow(engine) ? zstdDecompressSync(packed.subarray(CHECKSUM_BYTES)) : null;
}

/** Of all that the file is made from. */
export function checksumNow(engine: WasmEngine): number {
  return crc32([engine.version, engine.newFileOptions, ...emptySchema()].join("\n"));
}
