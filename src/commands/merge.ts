/**
 * `merge`: the results of all shards, as the command would have written them alone.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { UnreadableInput } from "../recording/recording_format.ts";
import { ResultsError } from "../results/results_error.ts";
import { ScenarioError } from "../scenarios/problems.ts";
import { analyseMerged } from "./analyse.ts";
import { type Command, commandOf, refuseOptions, UsageError } from "./command.ts";
import { exploreScenarios } from "./explore.ts";
import { parseExploreOptions } from "./explore_options.ts";
import { type JoinedShards, readShards } from "./shard_files.ts";

const USAGE = `Usage: deno task merge SHARD... --out DB [--jobs N]

Puts together what explore or analyse wrote with --shard 1/N to --shard N/N, and does with it what the command asks for:
prints what it would have printed alone, and writes to DB what it would have written alone, row for row. To be called
where the shards were made, so that scenarios and recordings are found; they must be as they were.

  --out DB    the results file
  --jobs N    cores to use (default: all) for what is done here: counterexamples of runs that several shards have had
  --help      this text

Exit status: that of the command; 2 wrong usage; 3 a shard is missing, given twice, or of other work.`;

interface Options {
  paths: string[];
  out: string;
  jobs: string | null;
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "out", "jobs"],
    boolean: ["help"],
    unknown: refuseOptions("merge"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  if (paths.length === 0) {
    throw new UsageError("merge needs the files of all shards: deno task merge SHARD... --out DB");
  }
  if (parsed.out === undefined || parsed.out === "") throw new UsageError("merge needs --out DB");
  return { paths, out: parsed.out, jobs: parsed.jobs ?? null };
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
  async run({ paths, out, jobs }) {
    const joined = await readShards(paths);
    const args = [...joined.args, "--out", out];
    return await RUNNERS[joined.command](joined, args, jobs === null ? [] : ["--jobs", jobs]);
  },
});
