/**
 * From the paths that a user gives to recordings: a file each, or the per-CPU files of a blktrace run together.
 *
 * @module
 */

import * as path from "node:path";
import { failureReason } from "../std/file_failure.ts";
import { UnreadableInput } from "./recording_format.ts";

/** One recording as named by the user. */
export interface RecordingInput {
  /** For messages and table `recording`: as given, or what the files of a set have in common. */
  path: string;
  /** Files in order of CPU, or one file; `-` is standard input. */
  files: string[];
}

const PER_CPU = /^(.*)\.blktrace\.(\d+)(\.gz|\.zst)?$/;

/** A path as it can stand in a message of one line. */
export function shown(file: string): string {
  // deno-lint-ignore no-control-regex
  return file.replaceAll(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function statOf(file: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    const advice = error instanceof Deno.errors.NotCapable
      ? "give it as standard input (-)"
      : "check the path and its permissions";
    throw new UnreadableInput(`${shown(file)}: cannot be read (${failureReason(error)}): ${advice}`);
  }
}

/** A per-CPU file's set and number. */
function perCpu(file: string): { base: string; cpu: number } | null {
  const match = PER_CPU.exec(file);
  return match === null ? null : { base: match[1], cpu: Number(match[2]) };
}

/** @throws {UnreadableInput} when a CPU has two files, as when one was unpacked beside its packed form */
function sortByCpu(files: string[]): string[] {
  const cpuOf = (file: string) => perCpu(file)!.cpu;
  files.sort((a, b) => cpuOf(a) - cpuOf(b) || (a < b ? -1 : 1));
  for (const [i, file] of files.entries()) {
    if (i === 0 || cpuOf(file) !== cpuOf(files[i - 1])) continue;
    throw new UnreadableInput(
      `${shown(files[i - 1])} and ${
        shown(path.basename(file))
      }: two files of one CPU: give one of them, or move one away`,
    );
  }
  return files;
}

/**
 * The per-CPU files in a folder, by base name, each sorted by CPU.
 *
 * @throws {UnreadableInput} when the folder cannot be read
 */
function perCpuFiles(folder: string): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  try {
    for (const entry of Deno.readDirSync(folder)) {
      const set = perCpu(entry.name)?.base;
      if (set === undefined || entry.isDirectory) continue;
      sets.set(set, [...sets.get(set) ?? [], path.join(folder, entry.name)]);
    }
  } catch (error) {
    throw new UnreadableInput(
      `${shown(folder)}: the folder cannot be read (${failureReason(error)}): check its permissions`,
    );
  }
  return new Map([...sets.keys()].sort().map((name) => [name, sortByCpu(sets.get(name)!)]));
}

function expand(given: string): RecordingInput[] {
  if (given === "-") return [{ path: "-", files: ["-"] }];
  if (given === "") throw new UnreadableInput("a path is empty: give a file, a folder of blktrace files or -");
  const info = statOf(given);
  if (info === null) {
    // `blktrace -o NAME` writes NAME.blktrace.N, and blkparse takes NAME for all of them.
    const folder = path.dirname(given);
    const set = statOf(folder)?.isDirectory ? perCpuFiles(folder).get(path.basename(given)) : undefined;
    if (set !== undefined) return [{ path: given, files: set }];
    throw new UnreadableInput(
      `${shown(given)}: no such file, and no ${shown(path.basename(given))}.blktrace.N beside it: check the path`,
    );
  }
  if (info.isFile) return [{ path: given, files: [given] }];
  if (!info.isDirectory) {
    // The head is looked at to tell the format, and a pipe cannot be read from its beginning again.
    throw new UnreadableInput(`${shown(given)}: a pipe or a device, not a file: give it as standard input (-)`);
  }
  const sets = perCpuFiles(given);
  if (sets.size === 0) {
    throw new UnreadableInput(
      `${shown(given)}: no blktrace per-CPU files (NAME.blktrace.N) in this folder: give the trace file itself`,
    );
  }
  return [...sets].map(([name, files]) => ({ path: sets.size === 1 ? given : path.join(given, name), files }));
}

/**
 * Recordings that the paths stand for, in the order given. Per-CPU files of one run are one recording, also when they are
 * given one by one.
 *
 * @throws {UnreadableInput} for a path that is not there, a folder without traces, or what is given twice
 */
export function expandInputs(paths: readonly string[]): RecordingInput[] {
  const inputs: RecordingInput[] = [];
  const sets = new Map<string, RecordingInput>();
  const given = new Set<string>();
  for (const input of paths.flatMap(expand)) {
    for (const file of input.files) {
      const name = file === "-" ? file : path.resolve(file);
      if (given.has(name)) {
        throw new UnreadableInput(
          file === "-"
            ? "-: standard input is given twice: it can be read once"
            : `${shown(file)}: given twice: give each recording once`,
        );
      }
      given.add(name);
    }
    const base = perCpu(input.files[0])?.base;
    if (base === undefined) {
      inputs.push(input);
      continue;
    }
    const key = path.resolve(base);
    const set = sets.get(key);
    if (set === undefined) {
      sets.set(key, input);
      inputs.push(input);
    } else {
      set.files = sortByCpu([...set.files, ...input.files]);
      set.path = base;
    }
  }
  return inputs;
}
