/**
 * The engine of a results file for commands that only read or put files together.
 *
 * @module
 */

import { reasonOf, ResultsError } from "../results/results_error.ts";
import { WasmEngine } from "../results/wasm_engine.ts";

/** Settled when the engine before has been used. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Does something with a new engine, for which there are no files but those that are attached. One after another: the
 * engine finds its file functions in a place that all engines of a process share.
 *
 * @throws {ResultsError} also for what the engine could not do with a file: what it throws itself does not say which one
 */
export function withEngine<Result>(use: (engine: WasmEngine) => Promise<Result> | Result): Promise<Result> {
  const done = last.then(() => withOwnEngine(use));
  last = done.catch(() => {});
  return done;
}

async function withOwnEngine<Result>(use: (engine: WasmEngine) => Promise<Result> | Result): Promise<Result> {
  const engine = await WasmEngine.start("attached files");
  try {
    return await use(engine);
  } catch (error) {
    const failure = engine.takeFileFailure(error);
    if (failure === null) throw error;
    throw new ResultsError(
      failure.operation === "write" ? "unwritable" : "unreadable",
      `cannot ${failure.operation} ${failure.path}: ${reasonOf(failure.code)}`,
    );
  }
}
