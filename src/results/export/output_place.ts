/**
 * Files and folders that appear whole or not at all: made beside their place and renamed in at the end.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { Interrupted } from "../../std/interruption.ts";
import { PlaceClaim } from "../place_claim.ts";
import { failureText, ResultsError } from "../results_error.ts";

/**
 * Makes a file or folder at a place where nothing is yet, or an empty folder.
 *
 * @param make makes it under the path that it is given; may throw {@linkcode Interrupted}
 * @throws ResultsError when there is something already, or it cannot be written; then nothing is left behind
 */
export async function makeWhole<T>(place: string, make: (path: string) => Promise<T>): Promise<T> {
  refuseOccupied(place);
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
  await writingTo(place, (claim) => {
    fs.writeFileSync(claim.path, "");
    for (const piece of typeof text === "string" ? [text] : text) fs.appendFileSync(claim.path, piece);
    claim.moveIn();
    return Promise.resolve();
  });
}

async function writingTo<T>(place: string, write: (claim: PlaceClaim) => Promise<T>): Promise<T> {
  let claim: PlaceClaim | null = null;
  const interrupt = () => {
    claim?.release();
    console.error(`dioscope: stopped; ${place} is as it was`);
    Deno.exit(INTERRUPTED);
  };
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    claim = PlaceClaim.take(path.resolve(place));
    return await write(claim);
  } catch (error) {
    if (error instanceof Interrupted) interrupt();
    if (typeof (error as { code?: unknown }).code !== "string") throw error;
    throw new ResultsError("unwritable", `cannot write ${place}: ${failureText(null, error)}`, { cause: error });
  } finally {
    claim?.release();
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

function refuseOccupied(place: string): void {
  const there = fs.statSync(place, { throwIfNoEntry: false });
  if (!there || (there.isDirectory() && fs.readdirSync(place).length === 0)) return;
  throw new ResultsError("unwritable", `${place} is there already: remove it, or name another place`);
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

/** Exit status of a program that Ctrl-C stopped. */
const INTERRUPTED = 130;
const WRITE_LENGTH = 1 << 20;
const encoder = new TextEncoder();
