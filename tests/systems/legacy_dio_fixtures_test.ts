import { assertEquals } from "@std/assert";
import { checkIndependence } from "../../src/exploring/independence.ts";
import { explore } from "../../src/exploring/explore.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { crossProduct, selectionsOf } from "../../src/scenarios/selection.ts";
import type { FlagValue, Scenario } from "../../src/scenarios/scenario.ts";
import { legacyDio } from "../../src/systems/legacy-dio/system.ts";
import { programOf } from "./explored.ts";

const FIXTURES = new URL("../../fixtures/legacy-dio", import.meta.url).pathname;

const scenarios = loadScenarios([FIXTURES]).map(({ scenario }) => scenario);

type Flags = Readonly<Record<string, FlagValue>>;

/** Flags of all runs that the expectations of a scenario are about, each once. */
function runsOf(scenario: Scenario): Flags[] {
  const runs = new Map<string, Flags>();
  for (const expectation of scenario.expectations) {
    for (const { flags } of selectionsOf(scenario, expectation)) {
      for (const run of crossProduct(flags)) runs.set(JSON.stringify(run), run);
    }
  }
  return [...runs.values()];
}

Deno.test("every named step of 2.6.20 is gone through in some run of a fixture, and none without a name", () => {
  const reached = new Set<string>();
  for (const scenario of scenarios) {
    for (const flags of runsOf(scenario)) {
      const strategy = { kind: "pct", seed: 1, runs: 50, depth: 3 } as const;
      const { facts } = explore(programOf(scenario, flags), { strategy, crashes: "skipped" });
      for (const { text } of facts) reached.add(text);
    }
  }
  assertEquals([...reached].sort(), Object.keys(legacyDio.steps).sort());
});

Deno.test("no fixture's run depends on what is shared behind the machine's back", () => {
  for (const scenario of scenarios) {
    for (const flags of runsOf(scenario)) {
      assertEquals([scenario.name, checkIndependence(programOf(scenario, flags), { runs: 6, variants: 2 })], [
        scenario.name,
        null,
      ]);
    }
  }
});
