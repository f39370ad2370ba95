/**
 * Files and folders that appear whole or not at all: made beside their place and renamed in at the end.
 *
 * @module
 */
import * as fs from "node:fs";
import { addStopListener, Interrupted, removeStopListener } from "../../std/interruption.ts";
import { PlaceClaim, placeNamed } from "../place_claim.ts";
import { failureText, isFileError, ResultsError } from "../results_error.ts";

/**
 * Makes a file or folder at a place where nothing is yet, or an empty folder.
 *
 * @param make makes it under the path that it is given; may throw {@linkcode Interrupted}
 * @throws ResultsError when there is something already, or it cannot be written; then nothing is left behind
 */
export async function makeWhole<T>(place: string, make: (path: string) => Promise<T>): Promise<T> {
  refuseOccupied(placeNamed(place), place);
  return await writingTo(place, async (claim) => {
    const result = await make(claim.path);
    claim.moveIn();
    return result;
  });
}

/**
 * Writes a text to a file, over what is there.
 *
 * @param text all of it, or its pieces
 * @throws ResultsError when it cannot be written; then what was there is as it was
 */
export async function writeWhole(place: string, text: string | Iterable<string>): Promise<void> {
  await writingTo(place, async (claim) => {
    await writeText(claim.path, async (file) => {
      for (const piece of typeof text === "string" ? [text] : text) if (file.write(piece)) await turn();
    });
    claim.moveIn();
  });
}

async function writingTo<T>(place: string, write: (claim: PlaceClaim) => Promise<T>): Promise<T> {
  let claim: PlaceClaim | null = null;
  const interrupt = () => {
    claim?.release();
    console.error(`dioscope: stopped; ${place} is as it was`);
    Deno.exit(INTERRUPTED);
  };
  addStopListener(interrupt);
  try {
    claim = PlaceClaim.take(placeNamed(place));
    return await write(claim);
  } catch (error) {
    if (error instanceof Interrupted) interrupt();
    if (!isFileError(error)) throw error;
    throw new ResultsError("unwritable", `cannot write ${place}: ${failureText(null, error)}`, { cause: error });
  } finally {
    claim?.release();
    removeStopListener(interrupt);
  }
}

function refuseOccupied(place: string, name: string): void {
  const there = fs.statSync(place, { throwIfNoEntry: false });
  if (!there || (there.isDirectory() && fs.readdirSync(place).length === 0)) return;
  throw new ResultsError("unwritable", `${name} is there already: remove it, or name another place`);
}

/** A file that text is appended to. */
export class TextFile {
  readonly #descriptor: number;
  /** What waits to be written. */
  readonly #room = new Uint8Array(WRITE_LENGTH);
  #filled = 0;

  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "wx");
  }

  /** @returns whether some of what was there so far went to the disk */
  write(text: string): boolean {
    let flushed = false;
    while (true) {
      const { read, written } = encoder.encodeInto(text, this.#room.subarray(this.#filled));
      this.#filled += written;
      if (read === text.length) return flushed;
      text = text.slice(read);
      this.#flush();
      flushed = true;
    }
  }

  #flush(): void {
    const filled = this.#filled;
    this.#filled = 0;
    for (let done = 0; done < filled;) done += fs.writeSync(this.#descriptor, this.#room, done, filled - done);
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      fs.closeSync(this.#descriptor);
    }
  }
}

/**
 * Makes a file of text, which is closed whatever happens.
 *
 * @param write gives it what is to be in it
 * @throws what opening, `write` or closing throws
 */
export async function writeText(path: string, write: (file: TextFile) => Promise<void> | void): Promise<void> {
  const file = new TextFile(path);
  try {
    await write(file);
  } finally {
    file.close();
  }
}

/** Lets signals have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Exit status of a program that Ctrl-C stopped. */
const INTERRUPTED = 130;
const WRITE_LENGTH = 1 << 20;
const encoder = new TextEncoder();
