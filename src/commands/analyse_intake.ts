/**
 * Recordings on their way into a results file, in `analyse`: one worker reads, one hashes, and this one stores.
 *
 * @module
 */

import type { ReadingEnd } from "../lifting/read_recordings.ts";
import type { RecordingInput } from "../recording/inputs.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import type { EncodedTableEnd } from "../results/arrow_encoding.ts";
import type { ResultsWriter } from "../results/results_writer.ts";
import type { InterruptionCount } from "../std/interruption.ts";
import type { FromReader, ToReader } from "./analyse_messages.ts";
import type { InputDigest, ToHasher } from "./input_digests.ts";
import type { ProgressLine } from "./progress_line.ts";

/** All that was read, and the tables that it has gone into. */
export interface ReadAll {
  end: ReadingEnd;
  tables: EncodedTableEnd[];
}

/** Size and hash of the input files, while others work; not while the engine starts, which keeps two cores busy. */
export async function digest(
  worker: Worker,
  inputs: readonly RecordingInput[],
  { heard }: InterruptionCount,
  engine: Promise<unknown>,
): Promise<InputDigest[]> {
  await engine;
  return await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<InputDigest[]>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the inputs cannot be hashed: ${event.message}`));
    };
    worker.postMessage({ paths: inputs.flatMap(({ files }) => files), heard } satisfies ToHasher);
  });
}

/** Begins the results file. The engine's scripts are loaded while the reader already reads. */
export async function createResults(out: string, interruption: InterruptionCount): Promise<ResultsWriter> {
  const [{ WasmEngine }, { ResultsWriter }] = await Promise.all([
    import("../results/wasm_engine.ts"),
    import("../results/results_writer.ts"),
  ]);
  const engine = await WasmEngine.start();
  const writer = ResultsWriter.create(engine, out);
  // Large results are written for seconds without a turn of the event loop.
  engine.onFileUse = () => interruption.check();
  return writer;
}

/** Runs the reader worker and stores what it sends, until its end. */
export function readInto(
  worker: Worker,
  inputs: RecordingInput[],
  writer: Promise<ResultsWriter>,
  progress: ProgressLine,
): Promise<ReadAll> {
  return new Promise((resolve, reject) => {
    // Batches may come before the database is up; they wait in order.
    let queue: Promise<void> = writer.then(() => {}, reject);
    worker.onmessage = (event: MessageEvent<FromReader>) => {
      const message = event.data;
      queue = queue.then(async () => {
        switch (message.kind) {
          case "batch": {
            const results = await writer;
            for (const { ipc: { buffer } } of results.write(message.batch)) {
              worker.postMessage({ kind: "stored", buffer } satisfies ToReader, [buffer]);
            }
            break;
          }
          case "progress":
            progress.show(`${message.events.toLocaleString("en")} events`);
            break;
          case "end":
            resolve({ end: message.end, tables: message.tables });
            break;
          case "unreadable":
            reject(new UnreadableInput(message.message));
            break;
          case "failed":
            reject(new Error(message.message));
        }
      }).catch(reject);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the reader stopped: ${event.message}`));
    };
    worker.postMessage({ kind: "start", inputs } satisfies ToReader);
  });
}
