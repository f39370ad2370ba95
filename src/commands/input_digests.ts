/**
 * The worker that hashes: size and SHA-256 of the input files, beside the reader and the database. It has the time to
 * listen for Ctrl-C as well.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { fileDigest } from "../std/file_digest.ts";
import { countInterruptions } from "../std/interruption.ts";

/** What `meta.inputs` says of a file; null for what can be read once only, which is the reader's, or not to its end. */
export interface InputDigest {
  path: string;
  bytes: number | null;
  sha256: string | null;
}

/** Of one file. */
export function digestOf(path: string): InputDigest {
  const unknown = { path, bytes: null, sha256: null };
  if (path === "-") return unknown;
  try {
    return Deno.statSync(path).isFile ? { path, ...fileDigest(path) } : unknown;
  } catch {
    // The reader says why, and keeps what can be read of it.
    return unknown;
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
