/**
 * Which runs an expectation is about.
 *
 * @module
 */

import type { Expectation, FlagValue, Scenario, Selection } from "./scenario.ts";

/** What a system's flags are called. */
export interface SystemWords {
  /** Values of each flag; none: any value, such as a page. */
  readonly flags: Readonly<Record<string, readonly FlagValue[]>>;
  readonly presets: readonly string[];
}

/** Systems by name; null: nothing is known of its flags. */
export type KnownSystems = Readonly<Record<string, SystemWords | null>>;

/** Values and presets that every system has. */
export const ANY_VALUE = "any";
export const COMMON_PRESETS: readonly string[] = ["any", "all"];

/** What `more` says in place of or beside `base`: systems and presets replace, flags replace those of the same name. */
export function mergeSelections(base: Selection, more: Selection): Selection {
  return {
    systems: more.systems.length > 0 ? more.systems : base.systems,
    presets: more.presets.length > 0 ? more.presets : base.presets,
    flags: { ...base.flags, ...more.flags },
  };
}

/** All selections that an expectation must hold for: its own, and each that it names again. */
export function selectionsOf(scenario: Scenario, expectation: Expectation): Selection[] {
  const own = mergeSelections(scenario.selection, expectation.on);
  return [own, ...expectation.again.map((again) => mergeSelections(own, again))];
}

/** Every combination of the values of flags, the last flag changing fastest. */
export function* crossProduct(
  flags: Readonly<Record<string, readonly FlagValue[]>>,
): Iterable<Readonly<Record<string, FlagValue>>> {
  const [first, ...rest] = Object.keys(flags);
  if (first === undefined) {
    yield {};
    return;
  }
  const others = Object.fromEntries(rest.map((name) => [name, flags[name]]));
  for (const value of flags[first]) {
    for (const combination of crossProduct(others)) yield { [first]: value, ...combination };
  }
}
