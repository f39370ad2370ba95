/**
 * How the scenarios of a system stand, by what their files keep of the last exploration.
 *
 * @module
 */

import type { Expectation, Scenario } from "../scenarios/scenario.ts";
import { grouped, plural } from "./plural.ts";

/** Numbers of expectations, but for the first two. */
export interface Standing {
  readonly scenarios: number;
  /** Rows of the table that the scenarios were made from. */
  readonly rows: number;
  readonly expectations: number;
  /** What an exploration has shown to be so, and its file keeps. */
  readonly agree: number;
  readonly notExecutable: number;
  /** Nothing is kept of them. */
  readonly open: number;
  /** Scenarios that wait for --deep. */
  readonly long: number;
}

/** Whether an expectation has been shown to be so. */
export function standingOf(expectation: Expectation): "agrees" | "not executable" | "open" {
  if (expectation.kind === "not_executable") return "not executable";
  return expectation.kept.length > 0 ? "agrees" : "open";
}

export function standing(scenarios: readonly Scenario[]): Standing {
  const expectations = scenarios.flatMap((scenario) => scenario.expectations);
  const count = (kind: ReturnType<typeof standingOf>) =>
    expectations.filter((each) => standingOf(each) === kind).length;
  return {
    scenarios: scenarios.length,
    rows: new Set(expectations.flatMap(({ source }) => source.row ?? [])).size,
    expectations: expectations.length,
    agree: count("agrees"),
    notExecutable: count("not executable"),
    open: count("open"),
    long: scenarios.filter((scenario) => scenario.long !== null).length,
  };
}

/** `41 rows in 49 scenarios: 52 of 54 expectations agree, 1 is not executable, 1 has not been kept`. */
export function standingText({ rows, scenarios, expectations, agree, notExecutable, open, long }: Standing): string {
  if (expectations === 0) return "no scenario";
  return [
    `${plural(rows, "row")} in ${plural(scenarios, "scenario")}: ${grouped(agree)} of ${
      plural(expectations, "expectation")
    } ${agree === 1 ? "agrees" : "agree"}`,
    ...(notExecutable === 0 ? [] : [plural(notExecutable, "is not executable", "are not executable")]),
    ...(open === 0 ? [] : [plural(open, "has not been kept", "have not been kept")]),
    ...(long === 0 ? [] : [plural(long, "scenario waits for --deep", "scenarios wait for --deep")]),
  ].join(", ");
}
