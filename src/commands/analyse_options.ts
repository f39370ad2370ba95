/**
 * What `analyse` is asked to do: its options and their help.
 *
 * @module
 */

import * as path from "node:path";
import { parseArgs } from "@std/cli";
import type { Severity } from "../recording/diagnostics.ts";
import { expandInputs, type RecordingInput } from "../recording/inputs.ts";
import { MODELLED_FILE_SYSTEMS, MODELLED_KERNELS, type SaidOfRecording } from "../replaying/recorded_kernel.ts";
import { type ConformanceWith, parseConformance } from "./analyse_conformance.ts";
import { CHECKS, type Checks } from "./analyse_judging.ts";
import { refuseOptions, UsageError } from "./command.ts";
import { parseShard, type Shard } from "./shard.ts";
import { wholeNumber } from "./whole_number.ts";
import { parseBudget, type WindowOptions } from "./window_options.ts";

/** From the least grave to the gravest. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "data_loss"];

export const USAGE = `Usage: deno task analyse PATH... [--out DB] [--history FILE]... [--checks auto|all|none]
       [--systems all|none|NAME,...] [--budget 10s|5000] [--jobs N] [--shard I/N] [--save DIR]
       [--conformance auto|mainline|none] [--kernel 6.1|6.18] [--fs ext4|xfs] [--format text|json] [--fail-on SEVERITY]

Reads recordings and writes what is in them to one DuckDB file.

PATH is a trace.dat of trace-cmd; blktrace's per-CPU files (a folder, their base name, or a list of them); blkparse's
text; a tracefs trace or trace_pipe file; the text of trace-cmd report or perf script; or - for standard input.
gzip and zstd are unpacked on the way. Several recordings are merged by time, their clocks brought together.

  --out DB             where the results go (default: the first input's name + .duckdb, in this folder)
  --history FILE       what the workload wrote down of its operations, with the stamps it wrote and saw (a JSON
                       object a line; several files: several times): reads are judged by what they returned
  --checks auto        looks for stale pages, lost updates, missing flushes, overlapping writes, fault loops (table
                       finding) in recordings that are not too large; all: in any; none: in none
  --systems NAME,...   explores what operations that were at the same place at the same time could have done to each
                       other under these modelled systems (all, the default: all of them; none: nothing)
  --budget 5000        schedules of each distinct pair of operations, or seconds, such as 10s (default: 800 schedules,
                       400 where little is done by then, 2,000 where nearly all is)
  --jobs N             cores to use for that, and for recordings that are laid beside the model (default: all); what
                       comes out does not depend on it
  --shard I/N          does the I-th of N parts of both, some of the recordings and some of the pairs, for other machines
                       to do the rest, and writes what it finds to --out; deno task merge makes the result of all of them
  --save DIR           writes each distinct pair as a scenario for explore
  --conformance auto   lays recordings of up to a million events beside the modelled kernel, call by call, which tells
                       how many of their events that explains (tables conformance, conformance_call); mainline: the
                       first 100,000 events of any; none: none
  --kernel 6.1|6.18    which of the modelled kernels recorded, where the recording does not tell
  --fs ext4|xfs        and on which file system
  --format text|json   how the summary is printed (default: text)
  --fail-on SEVERITY   exit with 1 when there is a diagnostic or a finding of this severity or a graver one:
                       info, warning, error, data_loss
  --help               this text

Exit status: 0 done; 1 --fail-on; 2 wrong usage; 3 the input cannot be read or the results cannot be written.
Then: deno task query DB`;

export interface AnalyseOptions {
  inputs: RecordingInput[];
  out: string;
  format: "text" | "json";
  failOn: Severity | null;
  /** Null: none was given. */
  history: string[] | null;
  checks: Checks;
  /** Null: no system was asked for. */
  windows: WindowOptions | null;
  conformance: ConformanceWith;
  said: SaidOfRecording;
  /** Explorations, and recordings laid beside the model, at a time. */
  jobs: number;
  /** Does only its part of them; null: all. */
  shard: Shard | null;
}

/** Where results go when the user does not say. */
function defaultOut(firstPath: string): string {
  return firstPath === "-" ? "stdin.duckdb" : `${path.basename(path.resolve(firstPath))}.duckdb`;
}

/** @throws {UsageError} in one line */
export async function parseAnalyseOptions(args: string[]): Promise<AnalyseOptions | "help"> {
  const parsed = parseArgs(args, {
    string: [
      "out",
      "format",
      "fail-on",
      "history",
      "checks",
      "systems",
      "budget",
      "jobs",
      "shard",
      "save",
      "conformance",
      "kernel",
      "fs",
    ],
    boolean: ["help"],
    collect: ["history"],
    default: { format: "text", checks: "auto" },
    unknown: refuseOptions("analyse"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  if (paths.length === 0) throw new UsageError("analyse needs a recording: deno task analyse PATH...");
  const format = parsed.format;
  if (format !== "text" && format !== "json") {
    throw new UsageError(`--format ${format}: text and json are known`);
  }
  const failOn = parsed["fail-on"] ?? null;
  if (failOn !== null && !SEVERITIES.includes(failOn as Severity)) {
    throw new UsageError(`--fail-on ${failOn}: ${SEVERITIES.join(", ")} are known`);
  }
  const checks = CHECKS.find((each) => each === parsed.checks);
  if (checks === undefined) throw new UsageError(`--checks ${parsed.checks}: ${CHECKS.join(", ")} are known`);
  const history = parsed.history as string[];
  if (checks === "none" && history.length > 0) throw new UsageError("--history is for checks, and --checks is none");
  const { save } = parsed;
  // They look at what is judged.
  const systems = parsed.systems ?? (checks === "none" ? "none" : "all");
  if (systems !== "none" && systems !== "all") (await import("./analyse_windows.ts")).checkSystems(systems);
  if (systems === "none" && (save ?? parsed.budget) !== undefined) {
    throw new UsageError("--budget and --save are for the systems of --systems, and there are none");
  }
  const conformance = parseConformance(parsed.conformance);
  const shard = parseShard(parsed.shard);
  if (systems === "none" && conformance === "none" && (parsed.shard ?? parsed.jobs) !== undefined) {
    throw new UsageError("--jobs and --shard are for what --systems and --conformance ask for, and both are none");
  }
  if (shard !== null && parsed.out === undefined) throw new UsageError("--shard needs --out FILE, for deno task merge");
  if (shard !== null && paths.includes("-")) throw new UsageError("--shard: standard input can be read once only");
  if (systems !== "none" && checks === "none") throw new UsageError("--systems needs what --checks none leaves out");
  const said: SaidOfRecording = {
    kernel: oneOf("kernel", parsed.kernel, MODELLED_KERNELS),
    fs: oneOf("fs", parsed.fs, MODELLED_FILE_SYSTEMS),
  };
  if (parsed.out === "") throw new UsageError("--out needs a file name");
  return {
    inputs: expandInputs(paths),
    out: parsed.out ?? defaultOut(paths[0]),
    format,
    failOn: failOn as Severity | null,
    history: history.length === 0 ? null : history,
    checks,
    windows: systems === "none" ? null : {
      systems,
      budget: parseBudget(parsed.budget),
      save: save ?? null,
      said,
    },
    conformance,
    said,
    jobs: wholeNumber("jobs", parsed.jobs, { min: 1, usual: navigator.hardwareConcurrency }),
    shard,
  };
}

/** @throws {UsageError} for what is none of them */
function oneOf<T extends string>(option: string, text: string | undefined, known: readonly T[]): T | null {
  const found = known.find((each) => each === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(`--${option} ${text}: ${known.join(" and ")} are known`);
  }
  return found ?? null;
}
