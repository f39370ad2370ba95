/**
 * Which systems, presets and flags a scenario, or an expectation of it, is about.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import { NO_SELECTION } from "./defaults.ts";
import type { KeyPath } from "./problems.ts";
import { didYouMean, listed, type Reader } from "./reader.ts";
import type { FlagValue, Selection } from "./scenario.ts";
import { ANY_VALUE, COMMON_PRESETS, type KnownSystems, type SystemWords } from "./selection.ts";

// deno-lint-ignore no-explicit-any -- the schema of the section has checked them
type Input = Record<string, any>;

/**
 * Reads systems, presets and flags, and checks those of systems whose flags are known.
 *
 * @param path of what holds the keys
 * @param inherited systems that it is for when it names none
 */
export function readSelection(
  reader: Reader,
  input: Input | undefined,
  path: KeyPath,
  known: KnownSystems,
  inherited: readonly string[],
): Selection {
  if (input === undefined) return NO_SELECTION;
  const names = Object.keys(known);
  const named = listed<string>(input.system);
  for (const name of named) {
    if (name === "all" || names.includes(name)) continue;
    reader.problem([...path, "system"], `no system ${name}${didYouMean(name, names) || `: ${names.join(", ")}, all`}`);
  }
  const flags: Record<string, readonly FlagValue[]> = Object.fromEntries(
    Object.entries(input.flags ?? {}).map(([flag, value]) => [flag, listed(value as FlagValue)]),
  );
  const presets = listed<string>(input.preset);

  const systems = named.length > 0 ? named : inherited;
  const words = systems.includes("all") ? Object.values(known) : systems.map((name) => ownEntry(known, name) ?? null);
  if (words.length > 0 && !words.includes(null)) {
    const all = words as SystemWords[];
    const allPresets = [...COMMON_PRESETS, ...all.flatMap((system) => system.presets)];
    for (const preset of presets) {
      if (allPresets.includes(preset)) continue;
      const hint = didYouMean(preset, allPresets) || `: ${allPresets.join(", ")}`;
      reader.problem([...path, "preset"], `no preset ${preset} of ${systems.join(", ")}${hint}`);
    }
    for (const [flag, values] of Object.entries(flags)) {
      checkFlag(reader, flag, values, [...path, "flags", flag], all, systems);
    }
  }
  return { systems: named, presets, flags };
}

function checkFlag(
  reader: Reader,
  flag: string,
  values: readonly FlagValue[],
  path: KeyPath,
  all: readonly SystemWords[],
  systems: readonly string[],
): void {
  const having = all.filter(({ flags }) => Object.hasOwn(flags, flag));
  if (having.length === 0) {
    const flags = new Set(all.flatMap((system) => Object.keys(system.flags)));
    reader.keyProblem(
      path,
      `no flag of ${systems.join(", ")}${didYouMean(flag, flags) || `: ${[...flags].join(", ")}`}`,
    );
    return;
  }
  if (having.some(({ flags }) => flags[flag].length === 0)) return;
  const possible = [...new Set(having.flatMap(({ flags }) => flags[flag]))];
  for (const value of values) {
    if (value === ANY_VALUE || possible.includes(value)) continue;
    reader.problem(
      path,
      `expected one of ${possible.join(", ")}, found ${value}${didYouMean(`${value}`, possible.map(String))}`,
    );
  }
}
