/**
 * Which patches of the series may be applied without which: 1 to 4 build on each other, 5 to 7 on 4, and 8 on nothing.
 *
 * @module
 */

import type { FlagValues, LegalSet } from "../system.ts";

export const PATCHES = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"] as const;

export type Patch = typeof PATCHES[number];

/** The patch that each one does not apply without. */
const NEEDS: Readonly<Partial<Record<Patch, Patch>>> = { p2: "p1", p3: "p2", p4: "p3", p5: "p4", p6: "p4", p7: "p4" };

/** Says in a line which patch lacks which one; null: the set is legal. */
export function illegalSet(values: FlagValues): string | null {
  for (const patch of PATCHES) {
    const needed = NEEDS[patch];
    if (needed !== undefined && values[patch] === "on" && values[needed] !== "on") {
      return `${patch} needs ${needed}: set ${needed}=on, or ${patch}=off`;
    }
  }
  return null;
}

/** Patches of a set that are applied, in the order of the series: `p1 p2 p8`; `none` for 2.6.20. */
function setName(values: FlagValues): string {
  const applied = PATCHES.filter((patch) => values[patch] === "on");
  return applied.length === 0 ? "none" : applied.join(" ");
}

function setOf(applied: readonly Patch[]): FlagValues {
  return Object.fromEntries(PATCHES.map((patch) => [patch, applied.includes(patch) ? "on" : "off"]));
}

const sets: readonly FlagValues[] = Array.from({ length: 1 << PATCHES.length }, (_, bits) => {
  return PATCHES.filter((_patch, nth) => (bits & 1 << nth) !== 0);
}).filter((applied) => illegalSet(setOf(applied)) === null)
  .sort((a, b) => a.length - b.length)
  .map(setOf);

/** All legal sets, from none to all: those with fewer patches first. */
export const LEGAL_SETS: readonly LegalSet[] = sets.map((flags) => ({ name: setName(flags), flags }));

/** `all`, `none`, `p3` (patches 1 to 3), `p3+` (every legal set that has patch 3), `v5` (patch 1 as of 2006-12). */
export const PRESETS: Readonly<Record<string, FlagValues | readonly FlagValues[]>> = {
  all: setOf(PATCHES),
  none: setOf([]),
  v5: { ...setOf(PATCHES), form: "v5" },
  ...Object.fromEntries(PATCHES.map((patch, nth) => [patch, setOf(PATCHES.slice(0, nth + 1))])),
  ...Object.fromEntries(PATCHES.map((patch) => [`${patch}+`, sets.filter((set) => set[patch] === "on")])),
};
