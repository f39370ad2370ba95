/**
 * The worker that hashes: size and SHA-256 of the input files, beside the reader and the database. It has the time to
 * listen for Ctrl-C as well.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { createHash } from "node:crypto";
import { countInterruptions } from "../std/interruption.ts";

const PIECE_BYTES = 1 << 20;

/** What `meta.inputs` says of a file; null for what can be read once only, which is the reader's, or not at all. */
export interface InputDigest {
  path: string;
  bytes: number | null;
  sha256: string | null;
}

function digestOf(path: string): InputDigest {
  const unknown = { path, bytes: null, sha256: null };
  if (path === "-") return unknown;
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch {
    // The reader says why.
    return unknown;
  }
  try {
    if (!file.statSync().isFile) return unknown;
    const hash = createHash("sha256");
    const piece = new Uint8Array(PIECE_BYTES);
    let bytes = 0;
    for (let n = file.readSync(piece); n !== null; n = file.readSync(piece)) {
      hash.update(piece.subarray(0, n));
      bytes += n;
    }
    return { path, bytes, sha256: hash.digest("hex") };
  } finally {
    file.close();
  }
}

/** What it is asked. */
export interface ToHasher {
  readonly paths: readonly string[];
  /** Where it counts how often Ctrl-C is pressed. */
  readonly heard: Int32Array;
}

self.addEventListener("message", ({ data: { paths, heard } }: MessageEvent<ToHasher>) => {
  countInterruptions(heard);
  self.postMessage(paths.map(digestOf));
});
