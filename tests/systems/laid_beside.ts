/**
 * A plain call of a recording with nothing else going on, beside what mainline fires for it: equal in names and key fields.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { mainline } from "../../src/systems/mainline/index.ts";
import { callWith, linesOfCall, linesOfModel, recordingText, type Which } from "./recorded_calls.ts";
import { eventsOfRun } from "./traced_run.ts";

/** A call, where it is recorded, and the same in the model. */
export interface Case {
  readonly what: string;
  readonly recording: string;
  readonly call: string;
  readonly which?: Which;
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** The file at the beginning, as YAML. Default: four written pages. */
  readonly file?: string;
  /** Operations of the task; the last one is compared. */
  readonly operations: readonly string[];
  /** Pages that a file may have. Default 8. */
  readonly pages?: number;
  /** Byte at which the model's call begins. Default 0. */
  readonly begin?: number;
  /** Lines in a row that count as one, and why: how often is another matter. */
  readonly folds?: readonly [lines: RegExp, why: string];
  /** What else is left out on both sides, and why. */
  readonly leaves?: readonly (readonly [lines: RegExp, why: string])[];
}

export const EXT4_18 = { kver: "6.18", fs: "ext4" };
export const XFS_18 = { kver: "6.18", fs: "xfs" };
/** Debian's 6.1.192 on a disk that takes bios as they are. */
export const EXT4_61 = { kver: "6.1", fs: "ext4", ext_in_end_io: "on", disk: "bio" };
export const XFS_61 = { kver: "6.1", fs: "xfs", disk: "bio" };

export const FIRST_LOOK = [
  /^ext4_ext_map_blocks/,
  "the status tree is taken to know the file, which it does not at the first look",
] as const;
export const REGISTERS = [/^sys_enter/, "positions and lengths stand in registers of other names"] as const;
export const RING = [
  /^sys_|^io_uring_/,
  "the request is one of several, and the ring's own events are not fired",
] as const;
export const UNCOMMITTED = [/^iomap_iter_dstmap/, "the file had changed, and the mapping is DIRTY"] as const;
export const DELETED = [/^mm_filemap_delete_from_page_cache/, "one for each folio that was there"] as const;
export const CHARGED = [
  /^ext4_(journal_start|mark_inode_dirty)/,
  "what an inode is charged dirties it, as timestamps do, which are left out of what is recorded",
] as const;
export const FLUSH_BIO = [/^block_.* FW/, "without a crash to come the model's log writes nothing"] as const;

/** The scenario of a case, with pages of the real size. */
function scenarioOf({ file = "{ size: 4 }", pages = 8, operations }: Case): string {
  return [
    "title: a plain call",
    "system: mainline",
    `bounds: { pages: ${pages}, SECTORS_PER_PAGE: 8 }`,
    "files:",
    `  F: ${file}`,
    "tasks:",
    "  T1:",
    ...operations.map((operation, nth) => `    - ${operation}\n      name: op${nth}`),
    "kernel: { readahead: 4 }",
    "expect: []",
    "",
  ].join("\n");
}

const names = new Map<string, Set<string>>();

/** Names of events that a recording has: others may not have been enabled. */
function namesOf(recording: string, text: string): Set<string> {
  let own = names.get(recording);
  if (own === undefined) {
    names.set(
      recording,
      own = new Set([...text.matchAll(/: (\w+)[:(]/g)].map(([, name]) => name)),
    );
  }
  return own;
}

/** The lines that are compared, of the model and of the recording. */
export function laidBeside(each: Case, text: string): { readonly modelled: string[]; readonly recorded: string[] } {
  const recorded = linesOfCall(callWith(text, each.call, each.which ?? {}));
  const order = each.flags.disk === "bio" ? "interrupts_first" : "calls_first";
  const events = eventsOfRun(scenarioOf(each), mainline, each.flags, order);
  const modelled = linesOfModel(events, `op${each.operations.length - 1}`, each.begin ?? 0);
  const has = namesOf(each.recording, text);
  const compared = (line: string) => {
    const [name] = line.split(" ");
    if (each.leaves?.some(([lines]) => lines.test(line))) return false;
    return name.startsWith("sys_") || has.has(name);
  };
  const both = (lines: readonly string[]) => folded(lines.filter(compared), each.folds?.[0]);
  return { modelled: both(modelled), recorded: both(recorded) };
}

/** The lines with one, without its fields, for all in a row that match. */
function folded(lines: readonly string[], which: RegExp | undefined): string[] {
  const isFolded = (line: string | undefined) => line !== undefined && which !== undefined && which.test(line);
  return lines.flatMap((line, nth) => {
    if (!isFolded(line)) return [line];
    return isFolded(lines[nth - 1]) ? [] : [line.split(" ")[0]];
  });
}

/** A test for each case; those whose recording is not there are skipped. */
export function testCases(cases: readonly Case[]): void {
  for (const each of cases) {
    const text = recordingText(each.recording);
    Deno.test({ name: `events of ${each.what} are the recorded ones`, ignore: text === null }, () => {
      const { modelled, recorded } = laidBeside(each, text!);
      assertEquals(modelled, recorded);
    });
  }
}
