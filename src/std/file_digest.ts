/**
 * What tells whether a file is still the one that it was.
 *
 * @module
 */

import { createHash } from "node:crypto";

const PIECE_BYTES = 1 << 20;

/** Size and hash of a file. */
export interface FileDigest {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** @throws what opening and reading throw */
export function fileDigest(path: string): FileDigest {
  using file = Deno.openSync(path, { read: true });
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  let bytes = 0;
  for (let n = file.readSync(piece); n !== null; n = file.readSync(piece)) {
    hash.update(piece.subarray(0, n));
    bytes += n;
  }
  return { bytes, sha256: hash.digest("hex") };
}
