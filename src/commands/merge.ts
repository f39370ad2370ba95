/**
 * `merge`: the results of all shards, as the command would have written them alone.
 *
 * @module
 */

import * as path from "node:path";
import { parseArgs } from "@std/cli";
import { UnreadableInput } from "../recording/recording_format.ts";
import { ResultsError } from "../results/results_error.ts";
import { ScenarioError } from "../scenarios/problems.ts";
import { analyseMerged } from "./analyse.ts";
import { parseAnalyseOptions } from "./analyse_options.ts";
import { type Command, commandOf, refuseOptions, UsageError } from "./command.ts";
import { exploreScenarios } from "./explore.ts";
import { parseExploreOptions } from "./explore_options.ts";
import { isModule } from "./outside_systems.ts";
import { type JoinedShards, readShards } from "./shard_files.ts";

const USAGE = `Usage: deno task merge SHARD... --out DB [--jobs N] [--trust]

Puts together what explore or analyse wrote with --shard 1/N to --shard N/N, and does with it what the command asks for:
prints what it would have printed alone, and writes to DB what it would have written alone, row for row. To be called
where the shards were made, so that scenarios and recordings are found; they must be as they were.

  --out DB    the results file
  --jobs N    cores to use (default: all) for what is done here: counterexamples of runs that several shards have had
  --trust     the shards are my own: do also what their command asks for beyond printing and results. Without it, one
              that loads a system from a module, or has --keep, --save or --reproducer, is refused
  --help      this text

Exit status: that of the command; 2 wrong usage; 3 a shard is missing, given twice, or of other work.`;

interface Options {
  paths: string[];
  out: string;
  jobs: string | null;
  shards: "of anybody" | "of the user";
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "out", "jobs"],
    boolean: ["help", "trust"],
    unknown: refuseOptions("merge"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  if (paths.length === 0) {
    throw new UsageError("merge needs the files of all shards: deno task merge SHARD... --out DB");
  }
  if (parsed.out === undefined || parsed.out === "") throw new UsageError("merge needs --out DB");
  const place = path.resolve(parsed.out);
  if (paths.some((each) => path.resolve(each) === place)) {
    throw new UsageError(`--out ${parsed.out} is one of the shards: name another place`);
  }
  return { paths, out: parsed.out, jobs: parsed.jobs ?? null, shards: parsed.trust ? "of the user" : "of anybody" };
}

/** What the shards' command does beyond printing and results: a file from somebody else may say anything there. */
async function beyondResults({ command, args }: JoinedShards): Promise<string[]> {
  const all = [...args, "--out", "results"];
  const options = command === "analyse" ? await parseAnalyseOptions(all) : parseExploreOptions(all);
  if (options === "help") throw new ResultsError("not-ours", "the shards are of no work");
  if ("windows" in options) return options.windows?.save ? ["--save"] : [];
  const { keep, save, reproducer, systems } = options;
  return [
    ...systems === null || systems === "all" ? [] : systems.filter(isModule),
    ...keep === "written" ? ["--keep"] : [],
    ...save === null ? [] : ["--save"],
    ...reproducer === null ? [] : ["--reproducer"],
  ];
}

/** Runs the command of the shards with what they have found. @param how options that are this machine's own */
type Runner = (joined: JoinedShards, args: string[], how: string[]) => Promise<number>;

const RUNNERS: Readonly<Record<JoinedShards["command"], Runner>> = {
  analyse: analyseMerged,
  async explore(joined, args, how) {
    const options = parseExploreOptions([...args, ...how]);
    if (options === "help") throw new ResultsError("not-ours", "the shards are of no work");
    return await exploreScenarios(options, args, joined);
  },
};

export const mergeCommand: Command = commandOf({
  name: "merge",
  summary: "put the results of shards together",
  usage: USAGE,
  unreadable: [ResultsError, ScenarioError, UnreadableInput],
  parse: parseOptions,
  async run({ paths, out, jobs, shards }) {
    const joined = await readShards(paths);
    const beyond = shards === "of anybody" ? await beyondResults(joined) : [];
    if (beyond.length > 0) {
      throw new ResultsError(
        "not-ours",
        `the shards' command, ${joined.command}, asks for more than results (${beyond.join(", ")}): if they are your ` +
          "own, merge --trust does it",
      );
    }
    const args = [...joined.args, "--out", out];
    return await RUNNERS[joined.command](joined, args, jobs === null ? [] : ["--jobs", jobs]);
  },
});
