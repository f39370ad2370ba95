/**
 * `analyse`: recordings in, a results file and a summary out.
 *
 * @module
 */

import type { ReadingEnd } from "../lifting/read_recordings.ts";
import type { RecordingInput } from "../recording/inputs.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import type { EncodedTableEnd } from "../results/arrow_encoding.ts";
import { ResultsError } from "../results/results_error.ts";
import type { ResultsWriter } from "../results/results_writer.ts";
import type { TableRow } from "../results/row_inserts.ts";
import { analyseSummary } from "../report/analyse_summary.ts";
import { summaryText } from "../report/analyse_text.ts";
import { InterruptionCount, nextTurn } from "../std/interruption.ts";
import { TOOL_VERSION } from "../version.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import { Conformance } from "./analyse_conformance.ts";
import { Judging } from "./analyse_judging.ts";
import type { FromReader, ToReader } from "./analyse_messages.ts";
import { type AnalyseOptions, parseAnalyseOptions, SEVERITIES, USAGE } from "./analyse_options.ts";
import { RunnerPool } from "./explore_pool.ts";
import type { Windows } from "./analyse_windows.ts";
import type { InputDigest, ToHasher } from "./input_digests.ts";
import { JobMemory } from "./job_memory.ts";
import { programsWith } from "./program_module.ts";
import { shardText, type Work, workOf } from "./shard.ts";
import type { JoinedShards } from "./shard_files.ts";
import { type Command, complain, EXIT } from "./command.ts";
import { ProgressLine } from "./progress_line.ts";

interface ReadAll {
  end: ReadingEnd;
  tables: EncodedTableEnd[];
}

/** Size and hash of the input files, while others work; not while the engine starts, which keeps two cores busy. */
async function digest(
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
async function createResults(out: string, interruption: InterruptionCount): Promise<ResultsWriter> {
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
function readInto(
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

/**
 * Reads, judges and writes what options ask for.
 *
 * @param joined what shards of the same command have found; null: there are none
 * @returns the exit status
 */
async function analyse(options: AnalyseOptions, args: string[], joined: JoinedShards | null = null): Promise<number> {
  const progress = new ProgressLine();
  let history: HistoryOperation[] | null = null;
  try {
    if (options.history !== null) {
      const { readHistory } = await import("../recording/history/read_history.ts");
      history = options.history.flatMap(readHistory);
    }
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    complain(error.message);
    return EXIT.unreadable;
  }
  const memory = joined?.memory ?? new JobMemory();
  const { shard } = options;
  const pool = new RunnerPool(programsWith([]), options.jobs, memory);
  const judging = new Judging(options.checks, history);
  const conformance = new Conformance(options.conformance, { said: options.said, pool, shard });
  let windows: Windows | null = null;
  const worker = new Worker(new URL("./analyse_reader.ts", import.meta.url), { type: "module" });
  const hasher = new Worker(new URL("./input_digests.ts", import.meta.url), { type: "module" });
  let writer: ResultsWriter | null = null;
  const interruption = new InterruptionCount(() => {
    if (windows?.stop() === true) return;
    worker.terminate();
    hasher.terminate();
    pool.close();
    writer?.abandon();
    progress.clear();
    complain(`stopped; ${options.out} is as it was`);
    Deno.exit(EXIT.interrupted);
  });
  try {
    const writing = createResults(options.out, interruption).then((created) => writer = created);
    const reading = readInto(worker, options.inputs, writing, progress);
    const digests = digest(hasher, options.inputs, interruption, writing);
    const [{ end, tables }, inputs] = await Promise.all([reading, digests]);
    progress.show("writing results");
    const results = await writing;
    const rowsOf = (name: string) =>
      tables.find(({ schema, table }) => schema === "store" && table === name)?.rows ?? 0;
    // Workers load the modelled kernels while this one writes.
    const rowsToJudge = rowsOf("operation") + rowsOf("bio") + rowsOf("page_owner");
    if (options.windows !== null && end.events > 0 && judging.mayJudge(rowsToJudge)) pool.start();
    const connection = results.store({
      tables,
      recordings: end.recordings as unknown as TableRow[],
      diagnostics: end.diagnostics.map((row): TableRow => ({
        recording_id: row.recordingId,
        severity: row.severity,
        code: row.code,
        count: row.count,
        first_seq: row.firstSeq,
        first_ns: row.firstNs === null
          ? null
          : BigInt.asIntN(64, (BigInt(row.firstNs[1] >>> 0) << 32n) | BigInt(row.firstNs[0] >>> 0)),
        message: row.message,
        position: row.position,
      })),
      devices: end.devices,
      deviceStack: end.deviceStack,
      symbols: end.symbols as TableRow[],
      rawEvents: end.rawEvents,
      meta: {
        tool_version: TOOL_VERSION,
        command: ["analyse", ...args].join(" "),
        inputs: JSON.stringify(inputs),
        events: String(end.events),
      },
    });
    await nextTurn();
    progress.show("judging");
    // What is judged is the same for all shards, and told by their merge.
    const run = shard !== null && options.windows === null ? null : judging.runOf(connection);
    await nextTurn();
    const finding = run === null || shard !== null ? [] : await judging.rows(run);
    await nextTurn();
    if (run !== null && options.windows !== null) {
      // Not before: the modelled kernels take a while to load.
      windows = new (await import("./analyse_windows.ts")).Windows(options.windows, options.inputs[0].path, {
        history,
        onProgress: (text) => progress.show(text),
        pool,
        shard,
      });
    }
    // Workers have windows to explore while this one puts together what is laid beside the modelled kernel.
    const showing = run === null ? undefined : windows?.rows(run, finding.length);
    // What either fails with is told where it is waited for.
    showing?.catch(() => {});
    await nextTurn();
    const comparing = conformance.rows(connection, end.events);
    comparing.catch(() => {});
    if (showing === undefined) progress.show("laying it beside the modelled kernel");
    const shown = await showing;
    const compared = await comparing;
    if (shard !== null) {
      results.abort();
      progress.clear();
      if (windows?.isStopped === true) return EXIT.interrupted;
      const { writeShard } = await import("./shard_files.ts");
      await writeShard(options.out, { shard, work: analyseWork(options, args, shard.of), memory });
      const [recordings, explorations] = [memory.answers("conform").length, memory.answers("explore").length];
      console.log(
        `shard ${shardText(shard)}: ${recordings} ${recordings === 1 ? "recording" : "recordings"} beside the model, ` +
          `${explorations} explorations of windows; ${options.out}`,
      );
      return EXIT.ok;
    }
    progress.show("writing results");
    await nextTurn();
    results.complete({ ...compared, ...shown, finding: [...finding, ...shown?.finding ?? []] });
    progress.clear();
    const summary = analyseSummary(
      end,
      rowsOf("bio"),
      {
        judged: judging.summary,
        windows: windows?.summary ?? null,
        conformance: conformance.summary,
        notCompared: conformance.note,
      },
      options.out,
    );
    console.log(options.format === "json" ? JSON.stringify(summary, null, 2) : summaryText(summary));
    if (windows?.isStopped === true) return EXIT.interrupted;
    if (options.failOn === null) return EXIT.ok;
    const grave = SEVERITIES.slice(SEVERITIES.indexOf(options.failOn));
    const severities = [...end.diagnostics, ...judging.summary?.findings ?? []].map(({ severity }) => severity);
    return grave.some((each) => severities.includes(each)) ? EXIT.failed : EXIT.ok;
  } catch (error) {
    progress.clear();
    (writer as ResultsWriter | null)?.abort();
    if (!(error instanceof UnreadableInput) && !(error instanceof ResultsError)) throw error;
    complain(error.message);
    return EXIT.unreadable;
  } finally {
    interruption.close();
    worker.terminate();
    hasher.terminate();
    pool.close();
  }
}

function analyseWork({ inputs, history }: AnalyseOptions, args: readonly string[], shards: number): Work {
  const files = [...inputs.flatMap(({ files }) => files), ...history ?? []];
  return workOf("analyse", args, { inputs: files, shards });
}

/** Analyses as the command of shards says, with what they have found. @param how options that are this machine's own */
export async function analyseMerged(joined: JoinedShards, args: string[], how: readonly string[]): Promise<number> {
  const options = await parseAnalyseOptions([...args, ...how]);
  if (options === "help") throw new ResultsError("not-ours", "the shards are of no work");
  const { checkSame } = await import("./shard_files.ts");
  checkSame(analyseWork(options, args, joined.shards), joined);
  return await analyse(options, args, joined);
}

export const analyseCommand: Command = {
  name: "analyse",
  summary: "read recordings into a results file",
  usage: USAGE,
  async main(args) {
    const options = await parseAnalyseOptions(args);
    if (options === "help") {
      console.log(USAGE);
      return EXIT.ok;
    }
    return await analyse(options, args);
  },
};
