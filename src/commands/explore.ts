/**
 * `explore`: scenarios in, every interleaving of them, verdicts and counterexamples out.
 *
 * @module
 */

import { anomalyInfo, type Severity } from "../checking/catalogue.ts";
import type { Progress } from "../exploring/explore.ts";
import { progressText } from "../exploring/progress_text.ts";
import { exploreJson } from "../report/explore_json.ts";
import {
  agreementOf,
  type ExpectationResult,
  type ExploreResult,
  type RunResult,
  type ScenarioResult,
} from "../report/explore_result.ts";
import { exploreText } from "../report/explore_text.ts";
import { paintFor } from "../report/paint.ts";
import { ResultsError } from "../results/results_error.ts";
import { ResultsWriter } from "../results/results_writer.ts";
import { WasmEngine } from "../results/wasm_engine.ts";
import { type LoadedScenario, loadScenarios } from "../scenarios/load.ts";
import { ScenarioError } from "../scenarios/problems.ts";
import { scenarioText } from "../scenarios/scenario_text.ts";
import { ANOMALIES, INVARIANT } from "../scenarios/words.ts";
import { knownSystems, systemNamed } from "../systems/index.ts";
import { TOOL_VERSION } from "../version.ts";
import { type Command, complain, EXIT, UsageError } from "./command.ts";
import type { ExploreSettings } from "./explore_jobs.ts";
import { EXPLORE_USAGE, type ExploreCommandOptions, parseExploreOptions } from "./explore_options.ts";
import { pictureOf, type PlannedPicture, plannedPictures, requestOf } from "./explore_pictures.ts";
import { type Plan, type PlannedRun, planRuns, witnessesOf } from "./explore_plan.ts";
import { RunnerPool } from "./explore_pool.ts";
import { expectationResult, type KnownRuns, outcomeOf } from "./explore_results.ts";
import { exploreAlone, exploreRuns } from "./explore_runs.ts";
import { modelRows } from "./explore_tables.ts";
import { ProgressLine } from "./progress_line.ts";
import { MODELLED, programOf } from "./scenario_programs.ts";

/** Columns of pictures where there is no terminal. */
const WIDTH_DEFAULT = 100;

const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "data_loss"];

/** Sizes of x86-64 with pages of 4 KiB. */
const REAL_SIZES = { SECTORS_PER_PAGE: 8, DIO_PAGES: 64, PAGEVEC: 14 };

const PROGRAMS = { module: new URL("./scenario_programs.ts", import.meta.url).href, name: "programOf" };

async function exploreScenarios(options: ExploreCommandOptions, args: string[]): Promise<number> {
  checkFailOn(options.failOn);
  const loaded = load(options);
  const plan = planRuns(loaded, MODELLED, { systems: options.systems, set: options.set });
  if (options.strategy.kind === "replay" && plan.runs.length !== 1) {
    const flags = plan.runs.map(({ system, flagsText }) => `${system} ${flagsText || "default"}`).join("; ");
    throw new UsageError(
      `a token is of one run, and ${plan.runs.length} are asked for: ${flags}; see --systems, --set`,
    );
  }
  const pool = new RunnerPool(PROGRAMS, Math.min(options.jobs, Math.max(1, plan.runs.length)));
  const progress = new ProgressLine();
  let interrupts = 0;
  const interrupt = () => {
    if (interrupts++ > 0) Deno.exit(EXIT.interrupted);
    pool.stop();
    progress.show("stopping; Ctrl-C again to stop at once");
  };
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    const result = options.strategy.kind === "replay"
      ? await replayOne(plan, options.strategy.token, pool)
      : await exploreAll(loaded, plan, options, pool, progress);
    progress.clear();
    print(result, options);
    if (options.save !== null) save(result, options.save);
    if (options.out !== null) await write(result, loaded, options, options.out, args);
    if (interrupts > 0) return EXIT.interrupted;
    return isFailure(result, options.failOn) ? EXIT.failed : EXIT.ok;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    complain(error.message);
    return EXIT.unreadable;
  } finally {
    progress.clear();
    Deno.removeSignalListener("SIGINT", interrupt);
    pool.close();
  }
}

function load({ paths, sizes }: ExploreCommandOptions): LoadedScenario[] {
  const loaded = loadScenarios(paths, { systems: knownSystems() });
  if (sizes === "scenario") return loaded;
  return loaded.map(({ path, scenario }) => ({
    path,
    scenario: { ...scenario, bounds: { ...scenario.bounds, ...REAL_SIZES } },
  }));
}

async function exploreAll(
  loaded: readonly LoadedScenario[],
  plan: Plan,
  options: ExploreCommandOptions,
  pool: RunnerPool,
  progress: ProgressLine,
): Promise<ExploreResult> {
  const { strategy, budget } = options;
  if (strategy.kind === "replay") throw new Error("a replay explores nothing");
  const settingsOf = (run: PlannedRun): ExploreSettings => ({
    strategy,
    budget,
    stepsMax: run.scenario.bounds.steps,
    witnesses: witnessesOf(plan, run),
  });
  const tell = (run: PlannedRun, done: number, at: Progress) => {
    progress.show(`${done} of ${plan.runs.length} runs; ${run.scenario.name}: ${progressText(at)}`);
  };
  const [only] = plan.runs;
  const ends = plan.runs.length === 1 && options.jobs > 1 && strategy.kind === "exhaustive" &&
      settingsOf(only).witnesses.length === 0
    ? new Map([[
      only.id,
      await exploreAlone(only, PROGRAMS, {
        programOf,
        jobs: options.jobs,
        settings: settingsOf(only),
        isStopped: () => pool.isStopped,
        onProgress: (at) => tell(only, 0, at),
      }),
    ]])
    : await exploreRuns(plan.runs, pool, settingsOf, tell);
  const numbers = new Map(plan.runs.map(({ id }, nth) => [id, nth + 1]));
  const known: KnownRuns = { ends, numberOf: ({ id }) => numbers.get(id)!, systemOf: systemNamed };
  const parts = loaded.map(({ path, scenario }) => {
    const planned = plan.runs.filter((run) => run.path === path);
    const runs = planned.map((run): RunResult => ({
      run: known.numberOf(run),
      system: run.system,
      flags: run.flags,
      flagsText: run.flagsText,
      strategy: strategy.kind,
      seed: "seed" in strategy ? strategy.seed : null,
      origin: run.origin,
      outcome: outcomeOf(ends.get(run.id)!, run, systemNamed(run.system), known.numberOf),
    }));
    const expectations = plan.expectations.filter((each) => each.path === path)
      .map((each) => expectationResult(each, known));
    return { path, scenario, planned, runs, expectations, pictures: plannedPictures(runs, planned, expectations) };
  });
  const expectationsOf = new Map(
    parts.flatMap((part) => part.pictures.map((each) => [each, part.expectations] as const)),
  );
  const pictures = await drawPictures(expectationsOf, options, pool, progress);
  return {
    isStopped: pool.isStopped,
    scenarios: parts.map(({ path, scenario, planned, runs, expectations, pictures: own }): ScenarioResult => ({
      scenario: scenario.name,
      path,
      title: scenario.title,
      runs,
      expectations,
      steps: reachedSteps(scenario.steps, planned, known),
      pictures: own.flatMap((each) => pictures.get(each) ?? []),
    })),
  };
}

/** Which of the steps that a scenario names some run went through. */
function reachedSteps(
  steps: readonly string[],
  runs: readonly PlannedRun[],
  { ends }: KnownRuns,
): ScenarioResult["steps"] {
  const reached = new Set<string>();
  for (const { id } of runs) {
    const end = ends.get(id);
    if (end?.kind !== "explored") continue;
    for (const { text } of end.report.facts) if (text.startsWith(REACHED)) reached.add(text.slice(REACHED.length));
  }
  return steps.map((step) => ({ step, isReached: reached.has(step) }));
}

/** How a fact begins that tells of a named step. */
const REACHED = "step ";

async function drawPictures(
  expectationsOf: ReadonlyMap<PlannedPicture, readonly ExpectationResult[]>,
  { minimising }: ExploreCommandOptions,
  pool: RunnerPool,
  progress: ProgressLine,
): Promise<Map<PlannedPicture, ReturnType<typeof pictureOf>>> {
  const pictures = new Map<PlannedPicture, ReturnType<typeof pictureOf>>();
  const planned = [...expectationsOf.keys()];
  let at = 0;
  await pool.run(() => {
    const next = planned[at++];
    if (next === undefined) return null;
    progress.show(`counterexample ${at} of ${planned.length}: ${next.run.scenario.name}`);
    // Whoever has stopped wants to see what there is, not to wait for it to get smaller.
    const how = pool.isStopped ? "off" : minimising;
    return { key: next, job: { kind: "counterexample" as const, request: requestOf(next, how) } };
  }, (key, result) => {
    if (result.kind === "failed") complain(`no picture of a run of ${key.run.scenario.name}: ${result.message}`);
    if (result.kind !== "counterexample") return;
    pictures.set(key, pictureOf(key, result.counterexample, systemNamed(key.run.system), expectationsOf.get(key)!));
  });
  return pictures;
}

async function replayOne(plan: Plan, token: string, pool: RunnerPool): Promise<ExploreResult> {
  const [run] = plan.runs;
  const planned: PlannedPicture = { run, runs: [1], wanted: null, text: null, expectations: [], token };
  const pictures: ReturnType<typeof pictureOf>[] = [];
  let reason = "";
  let todo = true;
  await pool.run(() => {
    if (!todo) return null;
    todo = false;
    return { key: null, job: { kind: "counterexample" as const, request: requestOf(planned, "off") } };
  }, (_key, result) => {
    if (result.kind === "refused" || result.kind === "failed") reason = result.message;
    if (result.kind === "counterexample") {
      pictures.push(pictureOf(planned, result.counterexample, systemNamed(run.system), []));
    }
  });
  if (reason !== "") throw new UsageError(reason);
  const { scenario, path, system, flags, flagsText } = run;
  return {
    isStopped: false,
    scenarios: [{
      scenario: scenario.name,
      path,
      title: scenario.title,
      runs: [{
        run: 1,
        system,
        flags,
        flagsText,
        strategy: "replay",
        seed: null,
        origin: "scenario",
        outcome: { kind: "replayed" },
      }],
      expectations: [],
      steps: [],
      pictures,
    }],
  };
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
    paint: paintFor(options.colour, { isTerminal, noColor }),
    times,
  }));
}

function save(result: ExploreResult, folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
    for (const { scenario, pictures } of result.scenarios) {
      for (const { smaller, anomaly, attributes } of pictures) {
        if (smaller === null) continue;
        const name = [scenario, anomaly ?? "run", ...attributes].join("-");
        Deno.writeTextFileSync(`${folder}/${name}.yaml`, smaller.scenario);
      }
    }
  } catch (error) {
    throw new ResultsError(
      "unwritable",
      `cannot write scenarios to ${folder}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function write(
  result: ExploreResult,
  loaded: readonly LoadedScenario[],
  options: ExploreCommandOptions,
  out: string,
  args: readonly string[],
): Promise<void> {
  const texts = new Map(loaded.map(({ scenario }) => [scenario.name, scenarioText(scenario)]));
  const inputs = await Promise.all(loaded.map(async ({ path }) => {
    const bytes = Deno.readFileSync(path);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return { path, bytes: bytes.length, sha256: hash.toHex() };
  }));
  const writer = ResultsWriter.create(await WasmEngine.start(), out);
  writer.finish({
    tables: [],
    recordings: [],
    diagnostics: [],
    devices: [],
    deviceStack: [],
    rawEvents: [],
    model: modelRows(result, { times: options.times === "shown" ? "shown" : "left out", texts }),
    meta: {
      tool_version: TOOL_VERSION,
      command: ["explore", ...args].join(" "),
      inputs: JSON.stringify(inputs),
      stopped: String(result.isStopped),
    },
  });
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
      for (const problem of error.message.split("\n")) complain(problem);
      return EXIT.unreadable;
    }
  },
};
