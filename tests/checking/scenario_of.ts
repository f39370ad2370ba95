/**
 * Scenarios of tests: what a checker needs of one, without a system that runs it.
 *
 * @module
 */

import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";

const NO_EXPECTATION = "expect:\n  - not_executable: x\n    why: w\n    source: ours\n";

/**
 * A scenario with pages of one sector.
 *
 * @param parts YAML of all but title and system
 * @param expect YAML of its expectations; default: none that is looked at
 */
export function scenarioOf(parts: string, expect = NO_EXPECTATION): Scenario {
  const text = `title: t\nsystem: legacy-dio\nbounds: { SECTORS_PER_PAGE: 1 }\n${parts}${expect}`;
  return readScenario("fixtures/legacy-dio/10-1-toy.yaml", text);
}
