/**
 * From the paths that a user gives to recordings: a file each, or the per-CPU files of a blktrace run together.
 *
 * @module
 */

import * as path from "node:path";
import { UnreadableInput } from "./recording_format.ts";

/** One recording as named by the user. */
export interface RecordingInput {
  /** For messages and table `recording`: as given, or what the files of a set have in common. */
  path: string;
  /** Files in order of CPU, or one file; `-` is standard input. */
  files: string[];
}

const PER_CPU = /^(.*)\.blktrace\.(\d+)(\.gz|\.zst)?$/;

function statOf(file: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw new UnreadableInput(`${file}: cannot be read (${reason(error)}): check the path and its permissions`);
  }
}

/** What the operating system says of a failed call, without Deno's repetition of it. */
export function reason(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, "; ");
}

/** The per-CPU files in a folder, by base name, each sorted by CPU. */
function perCpuFiles(folder: string): Map<string, string[]> {
  const sets = new Map<string, { cpu: number; file: string }[]>();
  for (const entry of Deno.readDirSync(folder)) {
    const match = PER_CPU.exec(entry.name);
    if (match === null || entry.isDirectory) continue;
    const set = sets.get(match[1]) ?? [];
    set.push({ cpu: Number(match[2]), file: path.join(folder, entry.name) });
    sets.set(match[1], set);
  }
  const names = [...sets.keys()].sort();
  return new Map(names.map((name) => [
    name,
    sets.get(name)!.sort((a, b) => a.cpu - b.cpu || (a.file < b.file ? -1 : 1)).map(({ file }) => file),
  ]));
}

function expand(given: string): RecordingInput[] {
  if (given === "-") return [{ path: "-", files: ["-"] }];
  const info = statOf(given);
  if (info === null) {
    // `blktrace -o NAME` writes NAME.blktrace.N, and blkparse takes NAME for all of them.
    const folder = path.dirname(given);
    const set = statOf(folder)?.isDirectory ? perCpuFiles(folder).get(path.basename(given)) : undefined;
    if (set !== undefined) return [{ path: given, files: set }];
    throw new UnreadableInput(
      `${given}: no such file, and no ${path.basename(given)}.blktrace.N beside it: check the path`,
    );
  }
  if (!info.isDirectory) return [{ path: given, files: [given] }];
  let sets: Map<string, string[]>;
  try {
    sets = perCpuFiles(given);
  } catch (error) {
    throw new UnreadableInput(`${given}: the folder cannot be read (${reason(error)}): check its permissions`);
  }
  if (sets.size === 0) {
    throw new UnreadableInput(
      `${given}: no blktrace per-CPU files (NAME.blktrace.N) in this folder: give the trace file itself`,
    );
  }
  return [...sets].map(([name, files]) => ({ path: sets.size === 1 ? given : path.join(given, name), files }));
}

/**
 * Recordings that the paths stand for, in the order given. Per-CPU files of one run that are given one by one are one
 * recording.
 *
 * @throws {UnreadableInput} for a path that is not there, or a folder without traces
 */
export function expandInputs(paths: readonly string[]): RecordingInput[] {
  const inputs: RecordingInput[] = [];
  const sets = new Map<string, RecordingInput>();
  for (const given of paths) {
    for (const input of expand(given)) {
      const match = input.files.length === 1 ? PER_CPU.exec(input.files[0]) : null;
      const set = match === null ? undefined : sets.get(match[1]);
      if (set !== undefined) {
        if (!set.files.includes(input.files[0])) set.files.push(input.files[0]);
        set.files.sort((a, b) => Number(PER_CPU.exec(a)![2]) - Number(PER_CPU.exec(b)![2]));
        set.path = match![1];
        continue;
      }
      if (match !== null) sets.set(match[1], input);
      inputs.push(input);
    }
  }
  if (inputs.filter((input) => input.path === "-").length > 1) {
    throw new UnreadableInput("-: standard input is given twice: it can be read once");
  }
  return inputs;
}
