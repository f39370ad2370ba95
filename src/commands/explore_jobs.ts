/**
 * What `explore` has its workers do, as plain functions: explore one run, and make a counterexample small and readable.
 *
 * @module
 */

import type { CostsTold } from "../checking/costs.ts";
import { evaluate } from "../checking/expectations.ts";
import { explore, type ExploreOptions, type ExploreReport, type Progress } from "../exploring/explore.ts";
import { type IsWanted, minimise, shrink } from "../exploring/minimise.ts";
import { parseToken } from "../exploring/token.ts";
import type { OutcomeFinding } from "../exploring/outcomes.ts";
import type { Prepared, Program } from "../machine/program.ts";
import { NoSuchThing, type World } from "../machine/world.ts";
import { type LaneTrace, traceRun } from "../report/lanes/lane_trace.ts";
import { RETURN } from "../report/lanes/lane_words.ts";
import { aimedAt, reductions } from "../scenarios/reductions.ts";
import type { Operation, Scenario } from "../scenarios/scenario.ts";
import { systemNamed } from "../systems/index.ts";
import { watchedFlags } from "../systems/watched_flags.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import type { FlagValues } from "../systems/system.ts";

/** A scenario on one system with one value of each flag. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly system: string;
  readonly flags: FlagValues;
  /** Default: those that the scenario's expectations ask for. */
  readonly costs?: CostsTold;
}

/** Makes the program of a run. */
export type ProgramOf = (run: ScenarioRun) => Program;

export interface ExploreSettings extends Pick<ExploreOptions, "strategy" | "budget" | "stepsMax"> {
  /**
   * Expectations, by their positions in the scenario, for which a witness is enough; none: all schedules have to be looked
   * at. With some, and no budget, exploring stops when each of them has its witness.
   */
  readonly witnesses: readonly number[];
  /** Default: the costs that expectations ask for. */
  readonly costs?: CostsTold;
}

/** Schedules that are looked at before asking whether that was enough; each time it was not, as many again. */
const WITNESS_RUNS = 2_000;

/** Asked while a job goes on. */
export interface JobHooks {
  readonly isStopped: () => boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Explored {
  readonly report: ExploreReport;
  /** Flags that were looked at: with other values of all others it would have gone the same way. */
  readonly flagsRead: readonly string[];
  readonly milliseconds: number;
}

/** The program of a run, and which flags it has looked at so far. */
export function watchedProgram(
  programOf: ProgramOf,
  run: ScenarioRun,
): { program: Program; read: ReadonlySet<string> } {
  const { flags, read } = watchedFlags(run.flags);
  const named = programOf({ ...run, flags });
  // A program's name may tell of all flags.
  return { program: { name: run.scenario.name, setUp: (world) => named.setUp(world) }, read };
}

/** Explores one run. */
export function exploreRun(
  programOf: ProgramOf,
  run: ScenarioRun,
  settings: ExploreSettings,
  hooks: JobHooks,
): Explored {
  const begun = performance.now();
  const { witnesses, costs, ...rest } = settings;
  const { program, read } = watchedProgram(programOf, { ...run, costs });
  const untilWitnessed = witnesses.length > 0 && Object.keys(rest.budget ?? {}).length === 0 &&
    (rest.strategy?.kind ?? "exhaustive") === "exhaustive";
  const budget = untilWitnessed ? { runs: WITNESS_RUNS } : rest.budget;
  // Most steps of a kernel path vary: to see which takes longer than to take none to be steady.
  const options: ExploreOptions = { ...rest, ...hooks, budget, assumption: "variable" };
  let report = explore(program, options);
  while (untilWitnessed && report.checkpoint !== null && !hooks.isStopped() && !isWitnessed(run, witnesses, report)) {
    report = explore(program, { ...options, from: report.checkpoint });
  }
  // Checkpoints are for going on, which nothing here does.
  return {
    report: { ...report, checkpoint: null },
    flagsRead: [...read].sort(),
    milliseconds: performance.now() - begun,
  };
}

/** True when each of these expectations agrees. */
function isWitnessed({ scenario, system }: ScenarioRun, witnesses: readonly number[], report: ExploreReport): boolean {
  const { lockOrder } = systemNamed(system);
  return witnesses.every((nth) =>
    evaluate({ scenario, expectation: scenario.expectations[nth], nth, report, lockOrder }).agrees
  );
}

/** Which findings a counterexample is to show. */
export interface Wanted {
  readonly anomaly: string;
  readonly attributes: readonly string[];
}

export function isWanted(
  { anomaly, attributes }: Wanted,
  finding: Pick<OutcomeFinding, "anomaly" | "subject">,
): boolean {
  const own = finding.subject.attributes ?? [];
  return finding.anomaly === anomaly && own.length === attributes.length &&
    attributes.every((attribute) => own.includes(attribute));
}

export interface CounterexampleRequest {
  readonly run: ScenarioRun;
  /** Of a run that shows it. */
  readonly token: string;
  /** Null: nothing is looked for, the run is shown as it is. */
  readonly wanted: Wanted | null;
  /** Expectation that a smaller scenario must keep what it names of; null: none. */
  readonly nth: number | null;
  readonly minimising: "on" | "off";
}

export interface Counterexample {
  /** Token of a run of the scenario as given. */
  readonly token: string;
  /** The smaller scenario that is shown, and its token; null: nothing smaller shows it, the scenario itself is shown. */
  readonly smaller: { readonly scenario: Scenario; readonly token: string } | null;
  readonly trace: LaneTrace;
  /** Why it may not be the smallest; null: nothing smaller was found. */
  readonly caveat: string | null;
}

/** Schedules to look at for each smaller scenario, and for fewer switches from task to task. */
const SHRINK_RUNS_MAX = 2_000;
export const SWITCH_RUNS_MAX = 4_000;
/** Steps of all of them together: some seconds, and the same result on every machine. */
const SHRINK_STEPS_MAX = 1_000_000;

/**
 * Makes a counterexample small: first the scenario, then the schedule, and traces the run that is left.
 *
 * @throws {TokenError} when the token is not one of this run
 */
export function makeCounterexample(
  programOf: ProgramOf,
  request: CounterexampleRequest,
  hooks: JobHooks,
): Counterexample {
  const { run, token, wanted, minimising } = request;
  const program = programOf(run);
  const trace = traceRun(program, token);
  // What only all runs together show cannot be looked for in one.
  const isShown = wanted !== null && trace.findings.some((finding) => isWanted(wanted, finding));
  if (wanted === null || !isShown || minimising === "off") return { token, smaller: null, trace, caveat: null };
  const fewest = (of: Program, from: string) => fewestSwitches(of, from, wanted, SWITCH_RUNS_MAX);
  const shown = fewest(program, token);
  const { scenario, caveat } = smallerScenario(programOf, { ...request, token: shown }, wanted, hooks);
  if (scenario === null) return { token: shown, smaller: null, trace: traceRun(program, shown), caveat };
  const small = programOf({ ...run, scenario: scenario.subject });
  const smallest = fewest(small, scenario.token);
  return {
    token: shown,
    smaller: { scenario: scenario.subject, token: smallest },
    trace: traceRun(small, smallest),
    caveat,
  };
}

/** The token of the run with the fewest switches that shows the finding. Deadlocks are told by how a run ends. */
function fewestSwitches(program: Program, token: string, wanted: Wanted, runsMax: number): string {
  const found: IsWanted = ({ end, findings }) =>
    wanted.anomaly === "DEADLOCK" ? end === "deadlock" : findings.some((finding) => isWanted(wanted, finding));
  const shorter = minimise(program, token, found, { runsMax });
  // A shorter run may end in another deadlock than the one that is wanted.
  return traceRun(program, shorter).findings.some((finding) => isWanted(wanted, finding)) ? shorter : token;
}

function smallerScenario(
  programOf: ProgramOf,
  { run, token, nth }: CounterexampleRequest,
  wanted: Wanted,
  hooks: JobHooks,
): { scenario: { subject: Scenario; token: string } | null; caveat: string | null } {
  let stepsLeft = SHRINK_STEPS_MAX;
  // Fewer operations are worth nothing when the run gets longer: a page that is not cached any more has to be read.
  let longest = parseToken(token).steps.length;
  // Nor is an anomaly of an operation that is refused the one that was found.
  const errors = errorsOf(traceRun(programOf(run), token));
  const find = (scenario: Scenario): string | null => {
    if (stepsLeft <= 0 || hooks.isStopped() || partialTransfers(scenario) > partialTransfers(run.scenario)) return null;
    const program = candidate(programOf, { ...run, scenario });
    if (program === null) return null;
    let seen = false;
    const report = explore(watching(program, wanted, () => seen = true), {
      stepsMax: scenario.bounds.steps,
      assumption: "variable",
      budget: { runs: SHRINK_RUNS_MAX, steps: stepsLeft },
      isStopped: () => seen || hooks.isStopped(),
    });
    stepsLeft -= report.counts.steps;
    const found = report.outcomes.find(({ findings }) => findings.some((finding) => isWanted(wanted, finding)));
    if (found === undefined) return null;
    const shorter = fewestSwitches(program, found.token, wanted, SHRINK_RUNS_MAX);
    const { length } = parseToken(shorter).steps;
    if (length > longest || !isSubset(errorsOf(traceRun(program, shorter)), errors)) return null;
    longest = length;
    return shorter;
  };
  const { scenario } = run;
  const aimed = nth === null ? { ...scenario, expectations: [] } : aimedAt(scenario, scenario.expectations[nth]);
  const small = shrink(aimed, token, { reductions, find });
  const caveat = stepsLeft <= 0
    ? `a smaller scenario was looked for in ${SHRINK_STEPS_MAX.toLocaleString("en")} steps only`
    : null;
  return { scenario: small.subject === aimed ? null : small, caveat };
}

/** Direct transfers of parts of pages: one more is another case, which the file system may refuse. */
function partialTransfers({ tasks }: Scenario): number {
  const operations = Object.values(tasks).flatMap((task) => task.operations);
  const all = operations.flatMap((operation): readonly Operation[] =>
    "iocbs" in operation ? operation.iocbs : [operation]
  );
  const transfers = all.filter((operation) => "open" in operation);
  return transfers.filter(({ open, place: { range } }) =>
    open.includes("O_DIRECT") && range !== null && (range.firstSector !== 0 || range.lastSector !== null)
  ).length;
}

/** Error numbers that operations of a run return. */
function errorsOf({ steps }: LaneTrace): Set<string> {
  const notes = steps.flatMap((step) => [...step.notes.values()].flat());
  return new Set(
    notes.filter(({ action, detail }) => action === RETURN && /^-\d+$/.test(detail)).map(({ detail }) => detail),
  );
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((each) => whole.has(each));
}

/** Null: its system cannot do what is left of the scenario. */
function candidate(programOf: ProgramOf, run: ScenarioRun): Program | null {
  try {
    return programOf(run);
  } catch (error) {
    if (error instanceof NotModelled) return null;
    throw error;
  }
}

/** The same program, which tells when a run or a crash shows what is wanted. */
function watching(program: Program, wanted: Wanted, onSeen: () => void): Program {
  const look = (world: World) => {
    if (world.findings.some((finding) => isWanted(wanted, finding))) onSeen();
  };
  return {
    name: program.name,
    setUp(world) {
      const prepared: Prepared = program.setUp(world) ?? {};
      const { crash } = prepared;
      const watched: Prepared = {
        finalState: () => prepared.finalState?.() ?? "",
        atEnd: () => prepared.atEnd?.(),
        facts: () => prepared.facts?.() ?? [],
        judge(end, happensBefore) {
          prepared.judge?.(end, happensBefore);
          if (end === "deadlock" && wanted.anomaly === "DEADLOCK" && wanted.attributes.length === 0) onSeen();
          look(world);
        },
      };
      if (crash !== undefined) {
        watched.crash = {
          durableVersion: () => crash.durableVersion(),
          recover: (pick, report, fact) =>
            crash.recover(pick, (anomaly, text, subject = {}) => {
              if (isWanted(wanted, { anomaly, subject })) onSeen();
              report(anomaly, text, subject);
            }, fact),
        };
      }
      return watched;
    },
  };
}

/** What went wrong and, where it is not the fault of a patch, the place in this program, in a line. */
export function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof NoSuchThing) return error.message;
  const place = /\(?file:\S*\/(src\/\S+?)\)?$/m.exec(error.stack ?? "")?.[1];
  return `${error.name}: ${error.message}${place === undefined ? "" : ` [${place}]`}`.replaceAll(/\s*\n\s*/g, "; ");
}
