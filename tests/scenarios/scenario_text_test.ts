import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { stringify } from "yaml";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { problemText, ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { scenarioText } from "../../src/scenarios/scenario_text.ts";
import { scenarioInput } from "./arbitrary_scenario.ts";

const FIXTURES = new URL("../../fixtures", import.meta.url).pathname;

Deno.test("any scenario is written to text that loads to the same", () => {
  fc.assert(
    fc.property(scenarioInput, (input) => {
      const scenario = readScenario("any.yaml", stringify(input));
      const text = scenarioText(scenario);
      assertEquals(readScenario("any.yaml", text), scenario, text);
      assertEquals(scenarioText(readScenario("any.yaml", text)), text);
    }),
    { seed: 20, numRuns: 150 },
  );
});

Deno.test("a damaged file is read or refused with problems of one line each, at places in the file", () => {
  const texts = loadScenarios([FIXTURES]).map(({ path }) => Deno.readTextFileSync(path));
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          drop: fc.integer({ min: 0, max: 9 }),
          insert: fc.constantFrom("", "x", ":", " ", "\n", "- ", "[", "}", "0", "~", "null", "\t", "&a ", "*a", "#"),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      (text, damages) => {
        for (const { at, drop, insert } of damages) {
          const offset = Math.floor(at * text.length);
          text = text.slice(0, offset) + insert + text.slice(offset + drop);
        }
        const lines = text.split("\n").length;
        try {
          readScenario("a.yaml", text);
        } catch (error) {
          if (!(error instanceof ScenarioError)) throw error;
          refused++;
          assert(error.problems.length > 0);
          for (const problem of error.problems) {
            assertEquals(problemText(problem).includes("\n"), false);
            assert(problem.line >= 1 && problem.line <= lines && problem.column >= 1, problemText(problem));
          }
        }
      },
    ),
    { seed: 21, numRuns: 900 },
  );
  assert(refused > 200, `${refused}`);
});
