/**
 * Scenarios that a command writes to a folder: those of windows, the smaller ones of counterexamples.
 *
 * @module
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { writeWhole } from "../results/export/output_place.ts";
import { ResultsError } from "../results/results_error.ts";
import { failureReason } from "../std/file_failure.ts";

/** A scenario file. */
export interface SavedScenario {
  /** With its ending. */
  readonly name: string;
  readonly text: string;
}

/** Writes each of them whole, over one of the same name. @throws {ResultsError} */
export async function saveScenarios(folder: string, scenarios: Iterable<SavedScenario>): Promise<void> {
  makeSaveFolder(folder);
  for (const { name, text } of scenarios) await writeWhole(path.join(folder, name), text);
}

/** Makes the folder where it is not there: also before long work whose end it is for. @throws {ResultsError} */
export function makeSaveFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new ResultsError("unwritable", `cannot write scenarios to ${folder}: ${failureReason(error)}`, {
      cause: error,
    });
  }
}
