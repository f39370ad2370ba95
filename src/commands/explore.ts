/**
 * `explore`: scenarios in, every interleaving of them, verdicts and counterexamples out.
 *
 * @module
 */

import { fileURLToPath as fromFileUrl } from "node:url";
import { anomalyInfo, type Severity } from "../checking/catalogue.ts";
import { exploreJson } from "../report/explore_json.ts";
import { agreementOf, brokenBy, type ExploreResult, type LeftOut } from "../report/explore_result.ts";
import { exploreText } from "../report/explore_text.ts";
import { paintFor } from "../report/paint.ts";
import { plural } from "../report/plural.ts";
import { ResultsError } from "../results/results_error.ts";
import { type LoadedScenario, loadScenarios } from "../scenarios/load.ts";
import { problemText, ScenarioError } from "../scenarios/problems.ts";
import { ANOMALIES, INVARIANT } from "../scenarios/words.ts";
import { addStopListener, removeStopListener } from "../std/interruption.ts";
import { allSystems, knownSystems } from "../systems/index.ts";
import { type Command, complain, EXIT, UsageError } from "./command.ts";
import { exploreAll, settingsFor } from "./explore_all.ts";
import { planSets } from "./explore_bisect.ts";
import { smallerScenarios, writeReproducer, writeResults } from "./explore_files.ts";
import { keepComparison, keepResults } from "./explore_keep.ts";
import { EXPLORE_USAGE, type ExploreCommandOptions, parseExploreOptions } from "./explore_options.ts";
import { type Plan, planRuns } from "./explore_plan.ts";
import { RunnerPool } from "./explore_pool.ts";
import { replayOne } from "./explore_replay.ts";
import { exploreShare, joinAllSlices, shareOf } from "./explore_shard.ts";
import { JobMemory } from "./job_memory.ts";
import { saveScenarios } from "./saved_scenarios.ts";
import { shardText, type Work, workOf } from "./shard.ts";
import { checkSame, type JoinedShards, writeShard } from "./shard_files.ts";
import { ProgressLine } from "./progress_line.ts";
import { isModule, loadOutside, OutsideError } from "./outside_systems.ts";
import { programsWith } from "./program_module.ts";

/** Columns of pictures where there is no terminal. */
const WIDTH_DEFAULT = 100;

const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "data_loss"];

/** Sizes of x86-64 with pages of 4 KiB. */
const REAL_SIZES = { SECTORS_PER_PAGE: 8, DIO_PAGES: 64, PAGEVEC: 14 };

/**
 * Explores what options ask for, and prints and writes what comes of it.
 *
 * @param joined what shards of the same command have found; null: there are none
 * @returns the exit status
 */
export async function exploreScenarios(
  given: ExploreCommandOptions,
  args: string[],
  joined: JoinedShards | null = null,
): Promise<number> {
  checkFailOn(given.failOn);
  const { options, modules } = await withOutside(given);
  const programs = programsWith(modules);
  const { loaded, leftOut } = load(options);
  const plan = (options.sets === "every legal one" ? planSets : planRuns)(loaded, allSystems(), {
    systems: options.systems,
    set: options.set,
  });
  if (options.strategy.kind === "replay" && plan.runs.length !== 1) {
    const flags = plan.runs.map(({ system, flagsText }) => `${system} ${flagsText || "default"}`).join("; ");
    throw new UsageError(
      `a token is of one run, and ${plan.runs.length} are asked for: ${flags}; see --systems, --set`,
    );
  }
  const { shard } = options;
  if (joined !== null) checkSame(exploreWork(loaded, modules, args, joined.shards), joined);
  const memory = joined?.memory ?? new JobMemory();
  const jobs = shard === null && joined === null ? Math.min(options.jobs, Math.max(1, plan.runs.length)) : options.jobs;
  const pool = new RunnerPool(programs, jobs, memory);
  const progress = new ProgressLine();
  let interrupts = 0;
  const interrupt = () => {
    if (interrupts++ > 0) Deno.exit(EXIT.interrupted);
    pool.stop();
    progress.show("stopping; Ctrl-C again to stop at once");
  };
  addStopListener(interrupt);
  try {
    if (shard !== null) {
      const share = shareOf(shard, loaded, plan, settingsFor(plan, options));
      await exploreShare(share, plan, options, { pool, programs, progress });
      progress.clear();
      if (interrupts > 0) return EXIT.interrupted;
      const work = exploreWork(loaded, modules, args, shard.of);
      await writeShard(options.out!, { shard, work, memory });
      const { scenarios, runs, slices } = share;
      console.log(
        `shard ${
          shardText(shard)
        }: ${scenarios.length} scenarios, ${runs.length} runs, ${slices.length} slices of runs; ` +
          options.out,
      );
      return EXIT.ok;
    }
    if (joined !== null) await joinAllSlices(pool);
    const result = options.strategy.kind === "replay"
      ? await replayOne(plan, options.strategy.token, pool)
      : { ...await exploreAll(loaded, plan, options, { pool, programs, progress }), leftOut };
    progress.clear();
    print(result, options);
    for (const failure of failuresOf(result)) complain(failure);
    if (options.keep === "written") await keep(result, plan, pool);
    if (options.save !== null) await saveScenarios(options.save, smallerScenarios(result));
    if (options.reproducer !== null) await writeReproducer(result, options.reproducer);
    if (options.out !== null) await writeResults(result, loaded, options, options.out, args);
    if (interrupts > 0) return EXIT.interrupted;
    return isFailure(result, options.failOn) ? EXIT.failed : EXIT.ok;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    complain(error.message);
    return EXIT.unreadable;
  } finally {
    progress.clear();
    removeStopListener(interrupt);
    pool.close();
  }
}

function exploreWork(
  loaded: readonly LoadedScenario[],
  modules: readonly string[],
  args: readonly string[],
  shards: number,
): Work {
  const inputs = [...loaded.map(({ path }) => path), ...modules.map((module) => fromFileUrl(module))];
  return workOf("explore", args, { inputs, shards });
}

/** Loads the modules among the systems that are asked for, and puts the names of their systems in their place. */
async function withOutside(
  options: ExploreCommandOptions,
): Promise<{ options: ExploreCommandOptions; modules: string[] }> {
  const { systems } = options;
  if (systems === null || systems === "all") return { options, modules: [] };
  const modules: string[] = [];
  const names: string[] = [];
  for (const word of systems) {
    if (!isModule(word)) {
      names.push(word);
      continue;
    }
    const url = new URL(word, `file://${Deno.cwd()}/`).href;
    modules.push(url);
    try {
      names.push((await loadOutside(url, word)).name);
    } catch (error) {
      if (error instanceof OutsideError) throw new UsageError(`--systems ${error.message}`);
      throw error;
    }
  }
  return { options: { ...options, systems: names }, modules };
}

/** The scenarios that are asked for, and those of folders that take long and wait for --deep. */
function load({ paths, sizes, long }: ExploreCommandOptions): { loaded: LoadedScenario[]; leftOut: LeftOut[] } {
  const all = loadScenarios(paths, { systems: knownSystems() });
  const isLeftOut = ({ path, scenario }: LoadedScenario) =>
    scenario.long !== null && long === "left out" && !paths.includes(path);
  const loaded = all.filter((each) => !isLeftOut(each));
  const leftOut = all.filter(isLeftOut).map(({ scenario }): LeftOut => ({
    scenario: scenario.name,
    seconds: scenario.long!,
    expectations: scenario.expectations.length,
  }));
  if (loaded.length === 0 && leftOut.length > 0) {
    throw new UsageError(`all ${leftOut.length} scenarios of ${paths.join(" ")} take long: --deep explores them`);
  }
  if (sizes === "scenario") return { loaded, leftOut };
  const real = loaded.map(({ path, scenario }) => ({
    path,
    scenario: { ...scenario, bounds: { ...scenario.bounds, ...REAL_SIZES } },
  }));
  return { loaded: real, leftOut };
}

/** What lies beside each other is kept apart from what the scenarios' own runs show. */
async function keep(result: ExploreResult, plan: Plan, pool: RunnerPool): Promise<void> {
  if (plan.compares === "systems") {
    for (const path of keepComparison(result)) console.error(`kept: ${path}`);
    return;
  }
  const { kept, notKept, changed } = await keepResults(result, plan, pool);
  console.error(
    `kept ${plural(kept, "expectation")}, ${plural(changed.length, "file")} changed` +
      (notKept === 0 ? "" : `; ${notKept} not kept: they do not agree`),
  );
}

/** Why runs have failed, each with how many: tables have no room for it. */
function failuresOf({ scenarios }: ExploreResult): string[] {
  const runsOf = new Map<string, number>();
  for (const { outcome } of scenarios.flatMap(({ runs }) => runs)) {
    if (outcome.kind === "failed") runsOf.set(outcome.reason, (runsOf.get(outcome.reason) ?? 0) + 1);
  }
  return [...runsOf].map(([reason, runs]) => `${runs} ${runs === 1 ? "run" : "runs"} failed: ${reason}`);
}

function print(result: ExploreResult, options: ExploreCommandOptions): void {
  const isTerminal = Deno.stdout.isTerminal();
  const times = options.times === "shown" || isTerminal && options.format === "text" ? "shown" : "left out";
  if (options.format === "json") {
    console.log(exploreJson(result, { times }));
    return;
  }
  const columns = isTerminal ? Deno.consoleSize().columns : WIDTH_DEFAULT;
  const width = options.width ?? columns;
  const noColor = (Deno.env.get("NO_COLOR") ?? "") !== "";
  console.log(exploreText(result, {
    width,
    matrixWidth: isTerminal ? columns : Infinity,
    detail: options.pictures === "drawn" ? "whole" : "tables",
    paint: paintFor(options.colour, { isTerminal, noColor }),
    times,
  }));
}

function checkFailOn(kind: string | null): void {
  if (kind === null || (SEVERITIES as readonly string[]).includes(kind)) return;
  if ((ANOMALIES as readonly string[]).includes(kind) || INVARIANT.test(kind)) return;
  throw new UsageError(
    `--fail-on ${kind}: a severity (${SEVERITIES.join(", ")}) or an anomaly such as STALE_DATA is known`,
  );
}

/** Whether the exit status tells of something: an expectation that is not met, or what --fail-on asks for. */
function isFailure({ scenarios }: ExploreResult, failOn: string | null): boolean {
  const all = scenarios.flatMap(({ expectations }) => expectations);
  if (all.length > 0 && agreementOf(all) !== "agrees") return true;
  if (scenarios.some(({ runs }) => runs.some(({ outcome }) => outcome.kind === "failed"))) return true;
  if (scenarios.some(({ patches }) => patches.some((effect) => brokenBy(effect).length > 0))) return true;
  const grave = SEVERITIES.slice(SEVERITIES.indexOf(failOn as Severity));
  const isMeant = (anomaly: string) =>
    (SEVERITIES as readonly (string | null)[]).includes(failOn)
      ? grave.includes(anomalyInfo(anomaly).severity)
      : anomaly === failOn;
  return scenarios.some(({ runs, expectations, pictures }) => {
    const told = new Set(expectations.filter(({ kind }) => kind === "reachable").map(({ subject }) => subject));
    const found = runs.flatMap(({ outcome }) => outcome.kind === "explored" ? outcome.findings : []);
    const replayed = runs.some(({ outcome }) => outcome.kind === "replayed") ? pictures : [];
    const diverged = replayed.some(({ trace }) => trace.divergence !== null);
    const shown = [...found, ...replayed.flatMap(({ trace }) => trace.findings)];
    return diverged || failOn !== null && shown.some(({ anomaly }) => isMeant(anomaly) && !told.has(anomaly));
  });
}

export const exploreCommand: Command = {
  name: "explore",
  summary: "run scenarios through every interleaving of a modelled kernel",
  usage: EXPLORE_USAGE,
  async main(args) {
    const options = parseExploreOptions(args);
    if (options === "help") {
      console.log(EXPLORE_USAGE);
      return EXIT.ok;
    }
    try {
      return await exploreScenarios(options, args);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      for (const problem of error.problems) complain(problemText(problem));
      return EXIT.unreadable;
    }
  },
};
