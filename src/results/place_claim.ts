/**
 * Claims of places: what is written is made beside its place, in a hidden folder with a name of our own, and renamed in
 * when it is whole. The maker holds a lock on the folder meanwhile, which the kernel lets go of however the maker ends.
 * So what has such a name and no lock was left behind by a run that was killed, and is removed by the next one for the
 * same place; and where there is a lock, another run is at work there, and this one is refused.
 *
 *     .out.duckdb.dioscope-4711.tmp/out.duckdb     for out.duckdb, by process 4711
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { failureReason } from "../std/file_failure.ts";
import { isFileError, ResultsError } from "./results_error.ts";
import { TOOL_NAME } from "./schema.ts";

/** What is longer than this of the place's own name is cut: a name has at most 255 bytes. */
const NAME_BYTES_MAX = 200;

/** A place that nobody else of us writes to. */
export class PlaceClaim {
  /** Where it is made: nothing is there yet. */
  readonly path: string;
  readonly #place: string;
  readonly #folder: string;
  #lock: Deno.FsFile | null = null;

  private constructor(place: string) {
    this.#place = place;
    this.#folder = path.join(path.dirname(place), `${prefixOf(place)}${Deno.pid}${SUFFIX}`);
    this.path = path.join(this.#folder, path.basename(place));
  }

  /**
   * Claims a place, and removes what runs that are gone left there.
   *
   * @param place an absolute path
   * @throws {ResultsError} when another run is writing there; errors of the file system with their `code`
   */
  static take(place: string): PlaceClaim {
    const claim = new PlaceClaim(place);
    claim.#make();
    try {
      claim.#removeLeftovers();
    } catch (error) {
      claim.release();
      throw error;
    }
    return claim;
  }

  #make(): void {
    // Of a process that had this number before.
    if (!removeIfLeft(this.#folder)) throw this.#taken();
    fs.mkdirSync(this.#folder);
    const lock = lockOf(this.#folder);
    if (lock === null) throw this.#taken();
    this.#lock = lock;
  }

  #removeLeftovers(): void {
    const folder = path.dirname(this.#place);
    const [prefix, own] = [prefixOf(this.#place), path.basename(this.#folder)];
    for (const name of fs.readdirSync(folder)) {
      if (name === own || !name.startsWith(prefix) || !OWNER.test(name.slice(prefix.length))) continue;
      if (!removeIfLeft(path.join(folder, name))) throw this.#taken();
    }
  }

  #taken(): ResultsError {
    const text = `another run is writing ${this.#place} at this moment: wait for it, or name another place`;
    return new ResultsError("unwritable", text);
  }

  /** What was made comes to its place, over a file or an empty folder that is there. */
  moveIn(): void {
    fs.renameSync(this.path, this.#place);
    this.release();
  }

  /** Gives up: what was made is removed. Safe to call at any time. */
  release(): void {
    if (this.#lock === null) return;
    try {
      fs.rmSync(this.#folder, { recursive: true, force: true });
    } catch {
      // What cannot be written cannot be removed either; the next run that can removes it.
    }
    this.#lock.close();
    this.#lock = null;
  }
}

/**
 * Where something is to be made that is called so, through symbolic links: a link stays, and what it leads to is
 * replaced.
 *
 * @returns an absolute path
 * @throws {ResultsError} for a link that leads nowhere, what is no file or folder, a file that nobody may write, and
 * where Deno lets nobody look
 */
export function placeNamed(name: string): string {
  const absolute = path.resolve(name);
  try {
    const named = fs.lstatSync(absolute, { throwIfNoEntry: false });
    if (named === undefined) return absolute;
    const there = fs.statSync(absolute, { throwIfNoEntry: false });
    if (there === undefined) throw refused(name, "it is a symbolic link that leads nowhere");
    if (!there.isFile() && !there.isDirectory()) throw refused(name, "it is a device, a pipe or a socket");
    // Of root, too: what nobody may write is not replaced either.
    if (there.isFile() && (there.mode & 0o222) === 0) throw refused(name, "it is write-protected");
    return fs.realpathSync(absolute);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new ResultsError("unwritable", `cannot write ${name}: ${failureReason(error)}`, { cause: error });
  }
}

function refused(name: string, why: string): ResultsError {
  return new ResultsError("unwritable", `cannot write ${name}: ${why}: name another place`);
}

const SUFFIX = ".tmp";
/** What follows the prefix in a name of ours: a number of a process. */
const OWNER = /^\d{1,10}\.tmp$/;

function prefixOf(place: string): string {
  return `.${shortened(path.basename(place))}.${TOOL_NAME}-`;
}

function shortened(name: string): string {
  const bytes = new TextEncoder().encode(name);
  return bytes.length <= NAME_BYTES_MAX
    ? name
    : new TextDecoder().decode(bytes.subarray(0, NAME_BYTES_MAX)).replaceAll("\ufffd", "");
}

/** @returns null when another process has it, or it is gone */
function lockOf(place: string): Deno.FsFile | null {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(place, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  // Between opening and locking it may have been renamed in, or removed and made again.
  if (file.tryLockSync(true) && file.statSync().ino === fs.lstatSync(place, { throwIfNoEntry: false })?.ino) {
    return file;
  }
  file.close();
  return null;
}

/** Removes a folder that nobody has a lock on. @returns false when somebody has */
function removeIfLeft(place: string): boolean {
  const found = fs.lstatSync(place, { throwIfNoEntry: false });
  if (found === undefined) return true;
  // A link, a file: not made by us, whatever its name.
  if (!found.isDirectory()) return true;
  const lock = lockOf(place);
  if (lock === null) return fs.lstatSync(place, { throwIfNoEntry: false }) === undefined;
  try {
    fs.rmSync(place, { recursive: true, force: true });
  } finally {
    lock.close();
  }
  return true;
}
