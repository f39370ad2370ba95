/**
 * Files and folders that appear whole or not at all: made beside their place and renamed in at the end.
 *
 * @module
 */
import * as fs from "node:fs";
import { failureText, ResultsError } from "../results_error.ts";

/**
 * Makes a file or folder at a place where nothing is yet, or an empty folder.
 *
 * @param make makes it under the path that it is given
 * @throws ResultsError when there is something already, or it cannot be written; then nothing is left behind
 */
export async function makeWhole<T>(place: string, make: (path: string) => Promise<T>): Promise<T> {
  const path = place.replace(/\/+$/, "");
  refuseOccupied(path);
  const partial = `${path}.partial`;
  try {
    fs.rmSync(partial, { recursive: true, force: true });
    const result = await make(partial);
    fs.renameSync(partial, path);
    return result;
  } catch (error) {
    try {
      fs.rmSync(partial, { recursive: true, force: true });
    } catch {
      // What cannot be written cannot be removed either; the first error says why.
    }
    if (typeof (error as { code?: unknown }).code !== "string") throw error;
    throw new ResultsError("unwritable", `cannot write ${path}: ${failureText(null, error)}`, { cause: error });
  }
}

function refuseOccupied(path: string): void {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (!there || (there.isDirectory() && fs.readdirSync(path).length === 0)) return;
  throw new ResultsError("unwritable", `${path} is there already: remove it, or name another place`);
}

/** A file that text is appended to. */
export class TextFile {
  readonly #descriptor: number;
  #waiting = "";

  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "wx");
  }

  write(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= WRITE_LENGTH) this.#flush();
  }

  #flush(): void {
    const bytes = encoder.encode(this.#waiting);
    this.#waiting = "";
    for (let done = 0; done < bytes.length;) done += fs.writeSync(this.#descriptor, bytes, done);
  }

  close(): void {
    this.#flush();
    fs.closeSync(this.#descriptor);
  }
}

const WRITE_LENGTH = 1 << 20;
const encoder = new TextEncoder();
