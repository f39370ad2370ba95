/**
 * Files that change while they are read, as when the recorder still writes them: what was read of them is of no one time.
 *
 * @module
 */

import type { RecordingInput } from "../recording/inputs.ts";

/** How the files of an input were when reading began. */
export class InputWatch {
  readonly #before: ReadonlyMap<string, string>;

  constructor({ files }: RecordingInput) {
    this.#before = new Map(files.filter((file) => file !== "-").map((file) => [file, stateOf(file)]));
  }

  /** Files that are not as they were. */
  changed(): string[] {
    return [...this.#before].filter(([file, before]) => stateOf(file) !== before).map(([file]) => file);
  }
}

/** What is another one after a write; of a file that is gone, nothing. */
function stateOf(file: string): string {
  try {
    const { ino, size, mtime } = Deno.statSync(file);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return "";
  }
}
