/**
 * What `explore` writes besides its report: smaller scenarios, and a results file.
 *
 * @module
 */

import type { ExploreResult } from "../report/explore_result.ts";
import { BEGIN } from "../report/lanes/lane_words.ts";
import { NotReproducible, reproducer } from "../report/reproducer/reproducer.ts";
import { ResultsError } from "../results/results_error.ts";
import { NOTHING_READ, ResultsWriter } from "../results/results_writer.ts";
import { WasmEngine } from "../results/wasm_engine.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { scenarioText } from "../scenarios/scenario_text.ts";
import { TOOL_VERSION } from "../version.ts";
import { UsageError } from "./command.ts";
import type { ExploreCommandOptions } from "./explore_options.ts";
import { modelRows } from "./explore_tables.ts";

/** Writes the smaller scenarios of counterexamples to a folder. */
export function saveScenarios(result: ExploreResult, folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
    for (const { scenario, pictures } of result.scenarios) {
      for (const { smaller, anomaly, attributes } of pictures) {
        if (smaller === null) continue;
        const name = [scenario, anomaly ?? "run", ...attributes].join("-");
        Deno.writeTextFileSync(`${folder}/${name}.yaml`, smaller.scenario);
      }
    }
  } catch (error) {
    throw new ResultsError(
      "unwritable",
      `cannot write scenarios to ${folder}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Writes the first counterexample as a C program. */
export function writeReproducer({ scenarios }: ExploreResult, file: string): void {
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
  try {
    Deno.writeTextFileSync(
      file,
      reproducer({ scenario: shown, system, flagsText, anomaly: anomaly!, token, order: [...new Set(begun)] }),
    );
  } catch (error) {
    if (error instanceof NotReproducible) throw new UsageError(`--reproducer ${file}: ${error.message}`);
    throw new ResultsError("unwritable", `cannot write ${file}: ${error instanceof Error ? error.message : error}`);
  }
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
