/**
 * Size and SHA-256 of the input files, a piece at a time, so that the reader can do it while it has to wait.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import type { RecordingInput } from "../recording/inputs.ts";

const PIECE_BYTES = 1 << 20;

/** What `meta.inputs` says of a file; a pipe can be read once, and that is the reader's. */
interface InputDigest {
  path: string;
  bytes: number | null;
  sha256: string | null;
}

export class InputDigests {
  readonly #done: InputDigest[] = [];
  readonly #left: string[];
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #open: { path: string; file: Deno.FsFile; hash: Hash; bytes: number } | null = null;

  constructor(inputs: readonly RecordingInput[]) {
    this.#left = inputs.flatMap(({ files }) => files);
  }

  /** @returns false when there is nothing left to do */
  step(): boolean {
    if (this.#open === null) return this.#next();
    const { path, file, hash } = this.#open;
    const n = file.readSync(this.#piece);
    if (n !== null) {
      hash.update(this.#piece.subarray(0, n));
      this.#open.bytes += n;
      return true;
    }
    file.close();
    this.#done.push({ path, bytes: this.#open.bytes, sha256: hash.digest("hex") });
    this.#open = null;
    return true;
  }

  #next(): boolean {
    const path = this.#left.shift();
    if (path === undefined) return false;
    const file = path === "-" ? null : Deno.openSync(path, { read: true });
    if (file === null || !file.statSync().isFile) {
      file?.close();
      this.#done.push({ path, bytes: null, sha256: null });
    } else {
      this.#open = { path, file, hash: createHash("sha256"), bytes: 0 };
    }
    return true;
  }

  /** Does what is left, and gives all of it as JSON. */
  finish(): string {
    while (this.step());
    return JSON.stringify(this.#done);
  }
}
