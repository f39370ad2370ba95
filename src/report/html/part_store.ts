/**
 * Keeps what is packed until the page is written: the first of it in memory, what is more in a temporary file. Ten
 * million events are twenty megabytes.
 *
 * @module
 */
import { failureText, ResultsError } from "../../results/results_error.ts";
import { openNameless, writeAll } from "../../std/temporary_file.ts";

/** Reads what was kept. */
export type Part = () => Uint8Array;

/** So much stays in memory, bytes: small reports need no other place. */
const MEMORY_MAX = 16 << 20;

/** Bytes in parts, for as long as it is open. */
export class PartStore {
  #inMemory = 0;
  #file: Deno.FsFile | null = null;
  /** Of the file, bytes. */
  #length = 0;

  /** @param memoryMax bytes */
  constructor(private readonly memoryMax = MEMORY_MAX) {}

  /**
   * @param bytes what they are in is the caller's again afterwards
   * @throws {ResultsError} when there is no place for it
   */
  keep(bytes: Uint8Array): Part {
    if (this.#inMemory + bytes.length <= this.memoryMax) {
      this.#inMemory += bytes.length;
      const own = new Uint8Array(bytes);
      return () => own;
    }
    const at = this.#length;
    const length = bytes.length;
    try {
      const file = this.#file ??= openNameless();
      file.seekSync(at, Deno.SeekMode.Start);
      writeAll(file, bytes);
    } catch (error) {
      throw new ResultsError(
        "unwritable",
        `what goes into the report is too much for memory, and a temporary file failed (${
          failureText(null, error)
        }): ` +
          "make room in $TMPDIR",
      );
    }
    this.#length += length;
    return () => this.#read(at, length);
  }

  #read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#file!.seekSync(at, Deno.SeekMode.Start);
    for (let have = 0; have < length;) have += this.#file!.readSync(bytes.subarray(have)) ?? length;
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = null;
  }
}
