/**
 * What `explore` writes besides its report: smaller scenarios, and a results file.
 *
 * @module
 */

import type { ExploreResult } from "../report/explore_result.ts";
import { BEGIN } from "../report/lanes/lane_words.ts";
import { NotReproducible, reproducer } from "../report/reproducer/reproducer.ts";
import { writeWhole } from "../results/export/output_place.ts";
import { NOTHING_READ, ResultsWriter } from "../results/results_writer.ts";
import { WasmEngine } from "../results/wasm_engine.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { scenarioText } from "../scenarios/scenario_text.ts";
import { TOOL_VERSION } from "../version.ts";
import { UsageError } from "./command.ts";
import type { SavedScenario } from "./saved_scenarios.ts";
import type { ExploreCommandOptions } from "./explore_options.ts";
import { modelRows } from "./explore_tables.ts";

/** The smaller scenarios of counterexamples. */
export function smallerScenarios({ scenarios }: ExploreResult): SavedScenario[] {
  return scenarios.flatMap(({ scenario, pictures }) =>
    pictures.flatMap(({ smaller, anomaly, attributes }) => {
      const name = `${[scenario, anomaly ?? "run", ...attributes].join("-")}.yaml`;
      return smaller === null ? [] : [{ name, text: smaller.scenario }];
    })
  );
}

/** Writes the first counterexample as a C program. */
export async function writeReproducer({ scenarios }: ExploreResult, file: string): Promise<void> {
  const found = scenarios.flatMap(({ pictures, runs }) =>
    pictures.filter(({ anomaly }) => anomaly !== null).map((picture) => ({ picture, runs }))
  ).at(0);
  if (found === undefined) {
    throw new UsageError(`--reproducer ${file}: there is no counterexample to make a program of`);
  }
  const { picture: { shown, anomaly, token, runs: of, trace, operationNames }, runs } = found;
  const { system, flagsText } = runs.find(({ run }) => run === of[0])!;
  // Operations begin in the order in which their first steps are done.
  const begun = trace.steps.flatMap((step) => [...step.notes.values()].flat())
    .filter(({ action }) => action === BEGIN).map(({ resource }) => operationNames[resource] ?? resource);
  let program: string;
  try {
    program = reproducer({ scenario: shown, system, flagsText, anomaly: anomaly!, token, order: [...new Set(begun)] });
  } catch (error) {
    if (!(error instanceof NotReproducible)) throw error;
    throw new UsageError(`--reproducer ${file}: ${error.message}`);
  }
  await writeWhole(file, program);
}

/** Writes a results file. */
export async function writeResults(
  result: ExploreResult,
  loaded: readonly LoadedScenario[],
  options: ExploreCommandOptions,
  out: string,
  args: readonly string[],
): Promise<void> {
  const texts = new Map(loaded.map(({ scenario }) => [scenario.name, scenarioText(scenario)]));
  const inputs = await Promise.all(loaded.map(async ({ path }) => {
    const bytes = Deno.readFileSync(path);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return { path, bytes: bytes.length, sha256: hash.toHex() };
  }));
  const writer = ResultsWriter.create(await WasmEngine.start(), out);
  writer.finish({
    ...NOTHING_READ,
    model: modelRows(result, { times: options.times === "shown" ? "shown" : "left out", texts }),
    meta: {
      tool_version: TOOL_VERSION,
      command: ["explore", ...args].join(" "),
      inputs: JSON.stringify(inputs),
      stopped: String(result.isStopped),
    },
  });
}
