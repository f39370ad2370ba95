/**
 * One scenario under every legal set of patches or flags: which anomalies each set has, and which patch brings or cures
 * what.
 *
 * @module
 */

import type { ComparisonOptions } from "./comparison.ts";
import { isTold, outcomeWord } from "./consequences.ts";
import { type Exploration, isClosed, type RunResult, type ScenarioResult } from "./explore_result.ts";
import { stripVTControlCharacters } from "node:util";
import { displayWidth } from "../results/query/text_width.ts";
import { wrap } from "./text_wrap.ts";
import { type Cell, wrappedTable } from "./wrapped_table.ts";

type Seen = "reachable" | "absent" | "open";

/** Lines of the matrix, a line a set, a column an anomaly, and what follows from it. */
export function bisection(result: ScenarioResult, options: ComparisonOptions): string[] {
  const { width, paint } = options;
  const systems = [...new Set(result.runs.map(({ system }) => system))];
  return [
    ...wrap(`${result.scenario}: ${result.title}`, width, 2).map((line) => paint("title", line)),
    ...systems.flatMap((system) => {
      const runs = result.runs.filter((run) => run.system === system);
      return ["", ...matrix(system, runs, options), "", ...changes(runs).flatMap((line) => wrap(line, width, 2))];
    }),
  ];
}

function anomaliesOf(runs: readonly RunResult[]): string[] {
  const all = runs.flatMap(({ outcome }) => outcome.kind === "explored" ? outcome.findings.filter(isTold) : []);
  return [...new Set(all.map(({ anomaly }) => anomaly))].sort();
}

function seen(anomaly: string, outcome: Exploration): Seen {
  if (outcome.findings.some((found) => found.anomaly === anomaly)) return "reachable";
  return isClosed(outcome) ? "absent" : "open";
}

const MARKS: Record<Seen, Cell> = {
  reachable: { text: "●", tone: "bad" },
  absent: { text: "·", tone: "faint" },
  open: { text: "?", tone: "open" },
};

function matrix(system: string, runs: readonly RunResult[], { width, paint }: ComparisonOptions): string[] {
  const anomalies = anomaliesOf(runs);
  const rows = runs.map((run): Cell[] => {
    const { outcome, set } = run;
    const name = { text: set ?? "", tone: "named" as const };
    const flags = { text: restText(run, runs) };
    const word = outcomeWord(outcome);
    if (outcome.kind !== "explored") {
      const reason = "reason" in outcome ? outcome.reason : "";
      return [name, flags, { ...word, text: `${word.text} ${reason}`.trim() }, ...anomalies.map(() => ({ text: "" })), {
        text: "",
      }];
    }
    return [name, flags, word, ...anomalies.map((anomaly) => MARKS[seen(anomaly, outcome)]), {
      text: outcome.classes.toLocaleString("en"),
    }];
  });
  const table = (names: readonly string[]) =>
    wrappedTable(
      { titles: [system, "flags", "verdict", ...names, "classes"], rows, numbers: ["classes"] },
      width,
      paint,
    );
  const whole = table(anomalies);
  if (whole.every((line) => displayWidth(stripVTControlCharacters(line)) <= width)) return whole;
  const letters = anomalies.map((_, nth) => LETTERS[nth] ?? String(nth + 1));
  return [...anomalies.map((anomaly, nth) => `${letters[nth]}  ${anomaly}`), "", ...table(letters)];
}

/** Stand for anomalies where there is no room for their names. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Flags that tell runs of the same set apart, as several expectations of the scenario have them. */
function restText(run: RunResult, runs: readonly RunResult[]): string {
  const same = runs.filter(({ set }) => set === run.set);
  return run.flagsText.split(", ").filter((text) => {
    const [name] = text.split("=");
    return same.some(({ flags }) => flags[name] !== run.flags[name]);
  }).join(", ");
}

/** A patch or value that makes the difference between two runs that are otherwise the same. */
interface Change {
  readonly name: string;
  readonly from: RunResult;
  readonly to: RunResult;
}

/** Sets stand in the order in which patches are applied, and flags leave their usual value. */
function* singleChanges(runs: readonly RunResult[]): Iterable<Change> {
  for (const from of runs) {
    for (const to of runs) {
      if (from.run >= to.run) continue;
      const [flag, ...more] = Object.keys(to.flags).filter((name) => to.flags[name] !== from.flags[name]);
      if (flag === undefined || more.length > 0) continue;
      yield { name: to.flags[flag] === "on" ? flag : `${flag}=${to.flags[flag]}`, from, to };
    }
  }
}

/** Sentences: what each patch or flag brings and cures. */
function changes(runs: readonly RunResult[]): string[] {
  const anomalies = anomaliesOf(runs);
  const told = new Map<string, { brings: number; cures: number; pairs: number }>();
  for (const { name, from, to } of singleChanges(runs)) {
    if (from.outcome.kind !== "explored" || to.outcome.kind !== "explored") continue;
    for (const anomaly of anomalies) {
      const key = `${name}\n${anomaly}`;
      const counts = told.get(key) ?? { brings: 0, cures: 0, pairs: 0 };
      const [before, after] = [seen(anomaly, from.outcome), seen(anomaly, to.outcome)];
      counts.pairs++;
      if (before === "absent" && after === "reachable") counts.brings++;
      if (before === "reachable" && after === "absent") counts.cures++;
      told.set(key, counts);
    }
  }
  const lines = [...told].flatMap(([key, { brings, cures, pairs }]) => {
    const [name, anomaly] = key.split("\n");
    const times = (count: number) => pairs === 1 ? "" : ` (${count} of ${pairs} pairs of sets)`;
    return [
      ...(brings === 0 ? [] : [`${name} brings ${anomaly}${times(brings)}`]),
      ...(cures === 0 ? [] : [`${name} cures ${anomaly}${times(cures)}`]),
    ];
  });
  if (lines.length > 0) return lines;
  return [anomalies.length === 0 ? "nothing is wrong with any of them" : "no single one brings or cures any of that"];
}
