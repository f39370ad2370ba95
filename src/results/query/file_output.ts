/**
 * A file that rows go to.
 *
 * @module
 */
import * as fs from "node:fs";
import type { Output } from "./output.ts";

/** Writes to a file from its beginning. */
export class FileOutput implements Output {
  readonly width = Infinity;
  readonly #descriptor: number;

  /** @throws Error with a code when it cannot be opened */
  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "w");
  }

  write(text: string): Promise<void> {
    fs.writeFileSync(this.#descriptor, text);
    return Promise.resolve();
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
