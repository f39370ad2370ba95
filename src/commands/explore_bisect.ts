/**
 * `--bisect`: plans a scenario under every legal set of patches or flags of a system.
 *
 * @module
 */

import type { LoadedScenario } from "../scenarios/load.ts";
import { mergeSelections, selectionsOf } from "../scenarios/selection.ts";
import type { Scenario, Selection } from "../scenarios/scenario.ts";
import type { FlagValues, LegalSet, System } from "../systems/system.ts";
import { UsageError } from "./command.ts";
import { checkAsked, combinations, type Plan, type PlannedRun, type PlanOptions, textOfFlags } from "./explore_plan.ts";

/** How the set is called that has no patch and no flag that is not usual. */
const DEFAULTS = "defaults";

/** The sets that a system names, or its defaults and each single flag with each of its other values. */
export function legalSetsOf({ legalSets, flags }: System): readonly LegalSet[] {
  if (legalSets !== undefined) return legalSets;
  const single = flags.filter(({ kind }) => kind === "variant" || kind === "repair");
  return [
    { name: DEFAULTS, flags: {} },
    ...single.flatMap(({ name, values, default: usual }) =>
      (values ?? []).filter((value) => value !== usual)
        .map((value): LegalSet => ({ name: `${name}=${value}`, flags: { [name]: value } }))
    ),
  ];
}

/**
 * Plans the runs; no expectation is about them.
 *
 * @throws {UsageError} when the command line names a system or flag that there is not, or there is nothing to run
 */
export function planSets(scenarios: readonly LoadedScenario[], systems: readonly System[], options: PlanOptions): Plan {
  checkAsked(systems, options);
  const runs: PlannedRun[] = [];
  for (const { path, scenario } of scenarios) {
    const known = new Set<string>();
    for (const system of systemsOf(scenario, systems, options)) {
      const sets = legalSetsOf(system);
      for (const base of basesOf(scenario, system, sets, options)) {
        for (const set of sets) {
          const flags = { ...base, ...set.flags };
          const key = JSON.stringify([system.name, Object.entries(flags)]);
          if (known.has(key)) continue;
          known.add(key);
          const flagsText = textOfFlags(system, flags);
          runs.push({
            id: runs.length,
            path,
            scenario,
            system: system.name,
            flags,
            flagsText,
            origin: "asked",
            set: set.name,
          });
        }
      }
    }
  }
  if (runs.length === 0) throw new UsageError("--bisect: no system that is modelled is asked for: see --systems");
  return { compares: "sets", runs, expectations: [] };
}

function systemsOf({ selection }: Scenario, systems: readonly System[], { systems: asked }: PlanOptions): System[] {
  const names = asked ?? selection.systems;
  return systems.filter(({ name }) => names === "all" || names.includes("all") || names.includes(name));
}

/** What the scenario and the command line say of flags that the sets say nothing of. */
function basesOf(
  scenario: Scenario,
  system: System,
  sets: readonly LegalSet[],
  { set: asked }: PlanOptions,
): FlagValues[] {
  // A system that names its sets goes through all of them, whatever the scenario says of their flags.
  const told = new Set(system.legalSets === undefined ? [] : sets.flatMap(({ flags }) => Object.keys(flags)));
  const own = scenario.expectations.flatMap((expectation) => selectionsOf(scenario, expectation));
  const bases = new Map<string, FlagValues>();
  for (const selection of own.length === 0 ? [scenario.selection] : own) {
    const merged = mergeSelections(selection, { systems: [], presets: [], flags: asked });
    const rest: Selection = {
      systems: [],
      presets: merged.presets.filter((preset) => !saysOf(system.presets[preset], told)),
      flags: Object.fromEntries(Object.entries(merged.flags).filter(([name]) => !told.has(name))),
    };
    for (const { flags } of combinations(system, rest)) bases.set(JSON.stringify(Object.entries(flags)), flags);
  }
  return [...bases.values()];
}

function saysOf(preset: FlagValues | readonly FlagValues[] | undefined, flags: ReadonlySet<string>): boolean {
  if (preset === undefined) return false;
  return [preset].flat().some((set) => Object.keys(set).some((name) => flags.has(name)));
}
