/**
 * Which runs scenarios ask for: one system with one value of every flag each, and which expectation is about which.
 *
 * @module
 */

import type { LoadedScenario } from "../scenarios/load.ts";
import type { Expectation, FlagValue, Scenario, Selection } from "../scenarios/scenario.ts";
import { ANY_VALUE, COMMON_PRESETS, crossProduct, mergeSelections, selectionsOf } from "../scenarios/selection.ts";
import { SYSTEMS } from "../scenarios/words.ts";
import type { FlagValues, System } from "../systems/system.ts";
import { UsageError } from "./command.ts";

/** A scenario on one system with one value of each flag. */
export interface PlannedRun {
  /** Position in the plan, from 0. */
  readonly id: number;
  readonly path: string;
  readonly scenario: Scenario;
  readonly system: string;
  readonly flags: FlagValues;
  /** Flags that do not have their defaults, as text: `fs=xfs, short_at=2`; empty: all have. */
  readonly flagsText: string;
  /** `asked`: only the command line asks for it, no expectation is about it. */
  readonly origin: "scenario" | "asked";
  /** What the scenario brings about and its system does not have; missing: it can be run. */
  readonly refusal?: string;
  /** Name of the set of flags that it is one of, where the legal sets of its system are gone through. */
  readonly set?: string;
}

/** What cannot be run, and why. */
export interface NotRun {
  readonly system: string;
  readonly flagsText: string;
  readonly reason: string;
}

/** An expectation with the runs of each of its selections. */
export interface PlannedExpectation {
  readonly path: string;
  readonly scenario: Scenario;
  readonly nth: number;
  readonly expectation: Expectation;
  readonly runs: readonly PlannedRun[];
  /** Of a cost that is compared with other runs: those. */
  readonly others: readonly PlannedRun[];
  readonly notRun: readonly NotRun[];
}

export interface Plan {
  /** `systems`: the command line has others run than the scenarios name; `sets`: the legal sets of flags of a system. */
  readonly compares: "nothing" | "systems" | "sets";
  readonly runs: readonly PlannedRun[];
  readonly expectations: readonly PlannedExpectation[];
}

/** An expectation and where it stands. */
type Expected = Pick<PlannedExpectation, "path" | "scenario" | "nth" | "expectation">;

export interface PlanOptions {
  /** Null: what the scenarios name. */
  readonly systems: readonly string[] | "all" | null;
  readonly set: Readonly<Record<string, readonly FlagValue[]>>;
}

/**
 * Plans all runs, each once.
 *
 * @throws {UsageError} when the command line names a system or flag that there is not
 */
export function planRuns(scenarios: readonly LoadedScenario[], systems: readonly System[], options: PlanOptions): Plan {
  checkAsked(systems, options);
  const asks = options.systems !== null || Object.keys(options.set).length > 0;
  const planner = new Planner(systems);
  if (!asks) {
    const expectations = scenarios.flatMap((loaded) => {
      // Nobody expects anything of it: then what it does is the question.
      if (loaded.scenario.expectations.length === 0) planner.ask(loaded, NOTHING_MORE);
      return expectedOf(loaded).map((each) => planner.expectation(each));
    });
    const runs = planner.runs.map((run): PlannedRun => planner.isAsked(run.id) ? { ...run, origin: "asked" } : run);
    return { compares: "nothing", expectations, runs };
  }
  const asked: Selection = {
    systems: options.systems === "all" ? systems.map(({ name }) => name) : options.systems ?? [],
    presets: [],
    flags: options.set,
  };
  for (const loaded of scenarios) planner.ask(loaded, asked);
  // Of the scenarios' own runs only those are done that are asked for.
  const expectations = scenarios.flatMap(expectedOf).map((each) => planner.expectation(each)).map((each) => ({
    ...each,
    runs: each.runs.filter(({ id }) => planner.isAsked(id)),
    others: each.others.filter(({ id }) => planner.isAsked(id)),
  })).filter(({ runs }) => runs.length > 0);
  const about = new Set(expectations.flatMap(({ runs, others }) => [...runs, ...others].map(({ id }) => id)));
  const runs = planner.runs.filter(({ id }) => planner.isAsked(id))
    .map((run): PlannedRun => {
      const refusal = planner.refusalOf(run);
      return {
        ...run,
        origin: about.has(run.id) ? "scenario" : "asked",
        ...(refusal === undefined ? {} : { refusal }),
      };
    });
  return { compares: options.systems === null ? "nothing" : "systems", expectations, runs };
}

/** What the command line asks for when it says nothing. */
const NOTHING_MORE: Selection = { systems: [], presets: [], flags: {} };

function expectedOf({ path, scenario }: LoadedScenario): Expected[] {
  return scenario.expectations.map((expectation, nth) => ({ path, scenario, nth, expectation }));
}

/** @throws {UsageError} when the command line names a system or flag that there is not */
export function checkAsked(systems: readonly System[], { systems: asked, set }: PlanOptions): void {
  const known = systems.map(({ name }) => name).join(", ");
  for (const name of asked === "all" || asked === null ? [] : asked) {
    if (!systems.some((system) => system.name === name)) {
      throw new UsageError(`--systems ${name}: ${known} are modelled`);
    }
  }
  for (const [name, values] of Object.entries(set)) {
    const flags = systems.flatMap((system) => system.flags.filter((flag) => flag.name === name));
    if (flags.length === 0) throw new UsageError(`--set ${name}: no system has that flag`);
    for (const value of values) {
      if (value === ANY_VALUE || flags.some((flag) => flag.values === null || flag.values.includes(value))) continue;
      const may = [...new Set(flags.flatMap((flag) => flag.values ?? []))].join(", ");
      throw new UsageError(`--set ${name}=${value}: it may be ${may}`);
    }
  }
}

class Planner {
  readonly runs: PlannedRun[] = [];
  readonly #systems: readonly System[];
  readonly #byKey = new Map<string, PlannedRun>();
  readonly #asked = new Set<number>();
  readonly #refusals = new Map<number, string>();

  constructor(systems: readonly System[]) {
    this.#systems = systems;
  }

  isAsked(id: number): boolean {
    return this.#asked.has(id);
  }

  /** Plans what the command line asks of a scenario, in place of what it asks for itself. */
  ask(loaded: LoadedScenario, asked: Selection): void {
    const own = loaded.scenario.expectations.flatMap((expectation) => selectionsOf(loaded.scenario, expectation));
    const selections = own.length === 0 ? [loaded.scenario.selection] : own;
    let runs = 0;
    const reasons: string[] = [];
    for (const selection of selections) {
      const merged = mergeSelections(selection, asked);
      const { runs: found, notRun } = this.#select(loaded, merged);
      for (const run of found) {
        this.#asked.add(run.id);
        const lacking = this.#lacksInjection(run, merged);
        if (lacking !== null) this.#refusals.set(run.id, `it has no ${lacking}`);
      }
      runs += found.length;
      reasons.push(...notRun.map(({ system, reason }) => `${system}: ${reason}`));
    }
    if (runs === 0) throw new UsageError(`${loaded.path}: nothing to run: ${[...new Set(reasons)].join("; ")}`);
  }

  refusalOf({ id }: PlannedRun): string | undefined {
    return this.#refusals.get(id);
  }

  /** A state that the scenario brings about by a flag that only other systems have; null: there is none. */
  #lacksInjection({ system }: PlannedRun, { flags }: Selection): string | null {
    const own = this.#systems.find(({ name }) => name === system)!.flags;
    const injections = this.#systems.flatMap((each) => each.flags.filter(({ kind }) => kind === "injection"));
    return Object.keys(flags).find((name) =>
      !own.some((flag) => flag.name === name) && injections.some((flag) => flag.name === name)
    ) ?? null;
  }

  expectation(
    { path, scenario, nth, expectation }: Expected,
  ): PlannedExpectation {
    const parts = expectation.kind === "not_executable"
      ? []
      : selectionsOf(scenario, expectation).map((selection) => this.#select({ path, scenario }, selection));
    const to = expectation.kind === "cost" && typeof expectation.to !== "number" ? expectation.to.on : null;
    const others = to === null
      ? []
      : [this.#select({ path, scenario }, mergeSelections(selectionsOf(scenario, expectation)[0], to))];
    return {
      path,
      scenario,
      nth,
      expectation,
      runs: unique(parts.flatMap(({ runs }) => runs)),
      others: unique(others.flatMap(({ runs }) => runs)),
      notRun: [...parts, ...others].flatMap(({ notRun }) => notRun),
    };
  }

  /** Runs of a selection: every system that it names, with every combination of flags. */
  #select(loaded: LoadedScenario, selection: Selection): { runs: PlannedRun[]; notRun: NotRun[] } {
    const runs: PlannedRun[] = [];
    const notRun: NotRun[] = [];
    const names = selection.systems.includes("all")
      ? unique([...SYSTEMS, ...this.#systems.map(({ name }) => name)])
      : selection.systems;
    for (const name of names) {
      const system = this.#systems.find((each) => each.name === name);
      if (system === undefined) {
        notRun.push({ system: name, flagsText: "", reason: `${name} is not modelled yet` });
        continue;
      }
      for (const { flags, from } of combinations(system, selection)) {
        const refusal = system.refuses?.(flags) ?? null;
        const flagsText = textOfFlags(system, flags);
        if (refusal === null) runs.push(this.#run(loaded, system, flags, flagsText));
        // What "any" brings together without a meaning is no run.
        else if (from === "named") notRun.push({ system: name, flagsText, reason: refusal });
      }
    }
    return { runs: unique(runs), notRun };
  }

  #run({ path, scenario }: LoadedScenario, system: System, flags: FlagValues, flagsText: string): PlannedRun {
    const key = JSON.stringify([path, system.name, Object.entries(flags)]);
    let run = this.#byKey.get(key);
    if (run === undefined) {
      run = { id: this.runs.length, path, scenario, system: system.name, flags, flagsText, origin: "scenario" };
      this.#byKey.set(key, run);
      this.runs.push(run);
    }
    return run;
  }
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

interface Combination {
  readonly flags: FlagValues;
  /** `crossed`: a word such as "any" has brought its values together. */
  readonly from: "named" | "crossed";
}

/** Values of all flags of a system, for every combination that a selection asks for. */
export function* combinations(system: System, { presets, flags }: Selection): Iterable<Combination> {
  const variants = system.flags.filter(({ kind, values }) => kind === "variant" && values !== null);
  for (const preset of presets.length === 0 ? [null] : presets) {
    const given = preset === null ? undefined : system.presets[preset];
    const isCommon = given === undefined && preset !== null && COMMON_PRESETS.includes(preset);
    const common: Record<string, readonly FlagValue[]> = {};
    if (isCommon) {
      // "all": each value of the flag that a system's generations differ in, which stands first.
      for (const flag of preset === ANY_VALUE ? variants : variants.slice(0, 1)) common[flag.name] = flag.values!;
    }
    for (const set of setsOf(given)) {
      const values = { ...common };
      for (const [name, value] of Object.entries(set)) values[name] = [value];
      let isCrossed = isCommon;
      // Presets and flags that only others of the selection's systems have say nothing to this one.
      for (const [name, wanted] of Object.entries(flags)) {
        const flag = system.flags.find((each) => each.name === name);
        if (flag === undefined) continue;
        const isAny = wanted.includes(ANY_VALUE) && flag.values !== null;
        isCrossed ||= isAny;
        // Of a flag that others have by the same name, but not with these values, it has its own.
        const known = isAny ? flag.values! : wanted.filter((value) => flag.values?.includes(value) !== false);
        if (known.length > 0) values[name] = known;
      }
      for (const combination of crossProduct(values)) {
        const all = Object.fromEntries(system.flags.map((flag) => [flag.name, combination[flag.name] ?? flag.default]));
        yield { flags: all, from: isCrossed ? "crossed" : "named" };
      }
    }
  }
}

/** The sets of values that a preset stands for; of one that the system does not have, one that sets nothing. */
function setsOf(preset: FlagValues | readonly FlagValues[] | undefined): readonly FlagValues[] {
  if (preset === undefined) return [{}];
  return isList(preset) ? preset : [preset];
}

function isList(preset: FlagValues | readonly FlagValues[]): preset is readonly FlagValues[] {
  return Array.isArray(preset);
}

/** Flags that do not have their defaults. */
export function textOfFlags(system: System, flags: FlagValues): string {
  return system.flags.filter((flag) => flags[flag.name] !== flag.default)
    .map(({ name }) => `${name}=${flags[name]}`).join(", ");
}

/**
 * The expectations of a run for which a witness is enough, by their positions in the scenario; none when there is one that
 * speaks of all schedules, or nobody expects anything of the run.
 */
export function witnessesOf({ expectations }: Plan, run: PlannedRun): number[] {
  const own = expectations.filter(({ runs, others }) => runs.includes(run) || others.includes(run));
  return own.every(({ expectation }) => expectation.kind === "reachable") ? own.map(({ nth }) => nth) : [];
}
