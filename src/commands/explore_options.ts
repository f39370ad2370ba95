/**
 * The command line of `explore`.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import type { Budget, StrategyChoice } from "../exploring/explore.ts";
import { parseToken, TokenError } from "../exploring/token.ts";
import { COLOUR_CHOICES, type ColourChoice } from "../report/paint.ts";
import type { FlagValue } from "../scenarios/scenario.ts";
import { refuseOptions, UsageError } from "./command.ts";
import { parseShard, type Shard } from "./shard.ts";
import { wholeNumber } from "./whole_number.ts";

export const EXPLORE_USAGE = `Usage: deno task explore SCENARIO|FOLDER... [options]

Runs scenarios on executable models of the kernel, every interleaving and every crash point that they allow, and holds
what comes of it against what the scenarios expect. A folder stands for all scenarios (.yaml) in it and below it.

  --systems all|NAME,...  run on these systems instead of those that the scenario names, and lay them beside each other;
                          ./my-patch.ts among them: the module's default export is a patch or a system of its own (see
                          the README), told beside the system that it is a patch of
  --set FLAG=VALUE        run with this value of a flag instead of the scenario's; may be given several times
                          Runs that only --systems and --set ask for are shown with what is reachable; expectations are
                          about the scenario's own runs.
  --bisect                run each scenario under every legal set of patches or flags of its system (or of --systems), and
                          say which one brings and which one cures what; where a system names no sets: each flag with
                          each of its other values
  --brief                 tables only: no runs, no counterexamples
  --strategy KIND         exhaustive (default): every class of interleavings once
                          random, pct: --runs schedules (default 1000) from --seed (default 1); pct finds what needs
                          --depth ordering constraints (default 3)
                          replay: the one run of --token, of one scenario on one system
  --token T               the run to replay; with --real-sizes where it was found so
  --deep                  also the scenarios of folders that are known to take long (key long); without it they are
                          left out, and how many is said; a scenario that is named itself is always explored
  --real-sizes            pages, pinned batches and page vectors of their real sizes (8 sectors, 64 and 14 pages) instead
                          of the scenario's; with pct unless --strategy says otherwise
  --keep                  write what is shown into the scenarios' files, under their expectations (key kept): tokens of
                          witnesses, numbers of classes. They are replayed before every exploration, and what is not so
                          any more is said. With --systems: what lies beside each other goes into compared.json of the
                          scenarios' folder, and nothing else; runs that were stopped keep what they had there
  --budget 10s|5000       stop each run's exploration after this time, or after so many schedules
  --jobs N                cores to use (default: all); what is printed does not depend on it
  --shard I/N             do the I-th of N parts of the work, for another machine to do the rest, and write what it finds
                          to --out; deno task merge makes the result of all of them, with all that this command asks for
  --no-minimise           show counterexamples as they were found
  --out DB                write a results file: tables run, step, finding, verdict (default: none is written)
  --reproducer FILE.c     write the first counterexample as a C program for a real kernel: threads, operations, buffers,
                          stamps and a checker, delays that favour its order, a loop
  --save DIR              write the smaller scenarios of counterexamples to this folder
  --format text|json      how results are printed (default: text)
  --times                 print seconds also where they are not shown by themselves: they are on a terminal
  --width N               columns of pictures (default: the terminal's, else 100)
  --color WHEN            auto (default), always, never; NO_COLOR is respected
  --fail-on KIND          exit with 1 also when something of this kind is reachable that no expectation tells of:
                          an anomaly (STALE_DATA), a severity or a graver one (info, warning, error, data_loss)
  --help                  this text

Exit status: 0 all expectations agree; 1 one disagrees or is left open, a run fails, or --fail-on; 2 wrong usage; 3 a
scenario cannot be read or the results cannot be written; 130 stopped by Ctrl-C, after printing what had been found.`;

/** What a seed of random strategies is when none is given. */
const SEED_DEFAULT = 1;
const RUNS_DEFAULT = 1000;
const DEPTH_DEFAULT = 3;
const WIDTH_MIN = 40;

const STRATEGIES = ["exhaustive", "random", "pct", "replay"] as const;

export interface ExploreCommandOptions {
  readonly paths: readonly string[];
  /** Null: the scenarios' own. */
  readonly systems: readonly string[] | "all" | null;
  readonly set: Readonly<Record<string, readonly FlagValue[]>>;
  readonly sets: "every legal one" | "as asked";
  readonly pictures: "drawn" | "left out";
  readonly strategy: StrategyChoice | { readonly kind: "replay"; readonly token: string };
  /** Scenarios of folders that are known to take long. */
  readonly long: "explored" | "left out";
  readonly sizes: "scenario" | "real";
  /** What scenarios keep of an exploration. */
  readonly keep: "written" | "as it is";
  readonly budget: Budget;
  readonly jobs: number;
  /** Null: all of it. */
  readonly shard: Shard | null;
  readonly minimising: "on" | "off";
  /** Null: no results file. */
  readonly out: string | null;
  readonly save: string | null;
  /** Null: no program. */
  readonly reproducer: string | null;
  readonly format: "text" | "json";
  readonly times: "shown" | "as usual";
  /** Null: as wide as the terminal. */
  readonly width: number | null;
  readonly colour: ColourChoice;
  readonly failOn: string | null;
}

/** @throws {UsageError} in one line */
export function parseExploreOptions(args: string[]): ExploreCommandOptions | "help" {
  const parsed = parseArgs(args, {
    string: [
      "_",
      "systems",
      "set",
      "strategy",
      "token",
      "seed",
      "runs",
      "depth",
      "budget",
      "jobs",
      "shard",
      "out",
      "save",
      "reproducer",
      "format",
      "width",
      "color",
      "fail-on",
    ],
    boolean: ["help", "bisect", "brief", "deep", "real-sizes", "keep", "times", "no-minimise"],
    collect: ["set"],
    default: { format: "text", color: "auto" },
    unknown: refuseOptions("explore"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  checkKeep(parsed);
  if (paths.length === 0) {
    throw new UsageError("explore needs a scenario or a folder of them: deno task explore PATH...");
  }
  const shard = parseShard(parsed.shard);
  const strategy = parseStrategy(parsed, parsed["real-sizes"] ? "pct" : "exhaustive");
  if (shard !== null && strategy.kind === "replay") {
    throw new UsageError("--shard: a replay is one run and has no parts");
  }
  if (shard !== null && parsed.out === undefined) throw new UsageError("--shard needs --out FILE, for deno task merge");
  return {
    paths,
    systems: parseSystems(parsed.systems),
    set: parseSet(parsed.set),
    sets: parsed.bisect ? "every legal one" : "as asked",
    pictures: parsed.brief || parsed.bisect ? "left out" : "drawn",
    strategy,
    long: parsed.deep ? "explored" : "left out",
    sizes: parsed["real-sizes"] ? "real" : "scenario",
    keep: parsed.keep ? "written" : "as it is",
    budget: parseBudget(parsed.budget),
    jobs: wholeNumber("jobs", parsed.jobs, { min: 1, usual: navigator.hardwareConcurrency }),
    shard,
    minimising: parsed["no-minimise"] ? "off" : "on",
    out: fileName("out", parsed.out),
    save: fileName("save", parsed.save),
    reproducer: fileName("reproducer", parsed.reproducer),
    format: oneOf("format", String(parsed.format), ["text", "json"]),
    times: parsed.times ? "shown" : "as usual",
    width: parsed.width === undefined ? null : wholeNumber("width", parsed.width, { min: WIDTH_MIN, usual: WIDTH_MIN }),
    colour: oneOf("color", String(parsed.color), COLOUR_CHOICES),
    failOn: fileName("fail-on", parsed["fail-on"]),
  };
}

/** Only what runs show with the scenario's own flags and sizes can be kept. */
function checkKeep(
  parsed: { keep: boolean; bisect: boolean; set: unknown[]; "real-sizes": boolean; token?: string },
) {
  if (!parsed.keep) return;
  const against = [
    ...parsed.set.length === 0 ? [] : ["--set"],
    ...parsed["real-sizes"] ? ["--real-sizes"] : [],
    ...parsed.bisect ? ["--bisect"] : [],
    ...parsed.token === undefined ? [] : ["--token"],
  ];
  if (against.length > 0) {
    throw new UsageError(`--keep writes what the scenarios' own runs show: leave out ${against.join(", ")}`);
  }
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((word) => word === text);
  if (found === undefined) throw new UsageError(`--${option} ${text}: ${known.join(", ")} are known`);
  return found;
}

function fileName(option: string, text: string | undefined): string | null {
  if (text === "") throw new UsageError(`--${option} needs a value`);
  return text ?? null;
}

function parseSystems(text: string | undefined): readonly string[] | "all" | null {
  if (text === undefined) return null;
  if (text === "all") return "all";
  const names = text.split(",").filter((name) => name !== "");
  if (names.length === 0) throw new UsageError("--systems needs names, or all");
  return names;
}

function parseSet(settings: readonly string[]): Record<string, FlagValue[]> {
  const set = new Map<string, FlagValue[]>();
  for (const setting of settings) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(setting) ?? [];
    if (name === undefined) throw new UsageError(`--set ${setting}: expected FLAG=VALUE`);
    const known = set.get(name) ?? [];
    set.set(name, [...known, /^-?\d+$/.test(value) ? Number(value) : value]);
  }
  return Object.fromEntries(set);
}

function parseStrategy(
  parsed: { strategy?: string; token?: string; seed?: string; runs?: string; depth?: string },
  usual: "exhaustive" | "pct",
): ExploreCommandOptions["strategy"] {
  const kind = oneOf("strategy", parsed.strategy ?? (parsed.token === undefined ? usual : "replay"), STRATEGIES);
  const without = (...options: ("token" | "seed" | "runs" | "depth")[]) => {
    const given = options.find((option) => parsed[option] !== undefined);
    if (given !== undefined) throw new UsageError(`--${given} says nothing to --strategy ${kind}`);
  };
  const seed = () => wholeNumber("seed", parsed.seed, { min: 0, usual: SEED_DEFAULT });
  const runs = () => wholeNumber("runs", parsed.runs, { min: 1, usual: RUNS_DEFAULT });
  switch (kind) {
    case "exhaustive":
      without("token", "seed", "runs", "depth");
      return { kind };
    case "random":
      without("token", "depth");
      return { kind, seed: seed(), runs: runs() };
    case "pct":
      without("token");
      return {
        kind,
        seed: seed(),
        runs: runs(),
        depth: wholeNumber("depth", parsed.depth, { min: 1, usual: DEPTH_DEFAULT }),
      };
    case "replay":
      without("seed", "runs", "depth");
      return { kind, token: checkedToken(parsed.token) };
  }
}

function checkedToken(token: string | undefined): string {
  if (token === undefined || token === "") {
    throw new UsageError("--strategy replay needs --token T, as a report prints it");
  }
  try {
    parseToken(token);
  } catch (error) {
    if (error instanceof TokenError) throw new UsageError(`--token: ${error.message}`);
    throw error;
  }
  return token;
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

function parseBudget(text: string | undefined): Budget {
  if (text === undefined) return {};
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)?$/.exec(text) ?? [];
  const amount = Number(number);
  if (number === undefined || amount <= 0 || unit === undefined && !Number.isInteger(amount)) {
    throw new UsageError(`--budget ${text}: expected a time such as 10s or 5min, or a number of schedules`);
  }
  return unit === undefined ? { runs: amount } : { milliseconds: amount * MILLISECONDS[unit] };
}
