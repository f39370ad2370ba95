/**
 * `analyse`: recordings in, a results file and a summary out.
 *
 * @module
 */

import * as path from "node:path";
import { parseArgs } from "@std/cli";
import type { ReadingEnd } from "../lifting/read_recordings.ts";
import type { Severity } from "../recording/diagnostics.ts";
import { expandInputs, type RecordingInput } from "../recording/inputs.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import type { EncodedTableEnd } from "../results/arrow_encoding.ts";
import { ResultsError } from "../results/results_error.ts";
import type { ResultsWriter, TableRow } from "../results/results_writer.ts";
import { MODELLED_FILE_SYSTEMS, MODELLED_KERNELS, type SaidOfRecording } from "../replaying/recorded_kernel.ts";
import { analyseSummary, summaryText } from "../report/analyse_summary.ts";
import { nextTurn } from "../std/interruption.ts";
import { TOOL_VERSION } from "../version.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import { Conformance, type ConformanceWith, parseConformance } from "./analyse_conformance.ts";
import { CHECKS, type Checks, Judging } from "./analyse_judging.ts";
import type { FromReader, ToReader } from "./analyse_messages.ts";
import type { InputDigest } from "./input_digests.ts";
import { JobMemory } from "./job_memory.ts";
import { parseShard, shardText, type Work, workOf } from "./shard.ts";
import type { JoinedShards } from "./shard_files.ts";
import { type Command, complain, EXIT, refuseOptions, UsageError } from "./command.ts";
import { ProgressLine } from "./progress_line.ts";
import { wholeNumber } from "./whole_number.ts";
import { parseBudget, type WindowOptions } from "./window_options.ts";

const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "data_loss"];

const USAGE = `Usage: deno task analyse PATH... [--out DB] [--history FILE]... [--checks auto|all|none]
       [--systems all|none|NAME,...] [--budget 10s|5000] [--jobs N] [--shard I/N] [--save DIR]
       [--conformance auto|mainline|none] [--kernel 6.1|6.18] [--fs ext4|xfs] [--format text|json] [--fail-on SEVERITY]

Reads recordings and writes what is in them to one DuckDB file.

PATH is a trace.dat of trace-cmd; blktrace's per-CPU files (a folder, their base name, or a list of them); blkparse's
text; a tracefs trace or trace_pipe file; the text of trace-cmd report or perf script; or - for standard input.
gzip and zstd are unpacked on the way. Several recordings are merged by time, their clocks brought together.

  --out DB             where the results go (default: the first input's name + .duckdb, in this folder)
  --history FILE       what the workload wrote down of its operations, with the stamps it wrote and saw (a JSON
                       object a line; several files: several times): reads are judged by what they returned
  --checks auto        looks for stale pages, lost updates, missing flushes, overlapping writes, fault loops (table
                       finding) in recordings that are not too large; all: in any; none: in none
  --systems NAME,...   explores what operations that were at the same place at the same time could have done to each
                       other under these modelled systems (all: all of them; default: none)
  --budget 5000        schedules of each distinct pair of operations (default 600), or seconds, such as 10s
  --jobs N             cores to use for that (default: all); what comes out does not depend on it
  --shard I/N          explores the I-th of N parts of these pairs, for other machines to explore the rest, and writes what
                       it finds to --out; deno task merge makes the result of all of them
  --save DIR           writes each distinct pair as a scenario for explore
  --conformance auto   lays recordings of up to a million events beside the modelled kernel, call by call, which tells
                       how many of their events that explains (tables conformance, conformance_call); mainline: the
                       first 100,000 events of any; none: none
  --kernel 6.1|6.18    which of the modelled kernels recorded, where the recording does not tell
  --fs ext4|xfs        and on which file system
  --format text|json   how the summary is printed (default: text)
  --fail-on SEVERITY   exit with 1 when there is a diagnostic or a finding of this severity or a graver one:
                       info, warning, error, data_loss
  --help               this text

Exit status: 0 done; 1 --fail-on; 2 wrong usage; 3 the input cannot be read or the results cannot be written.
Then: deno task query DB`;

interface Options {
  inputs: RecordingInput[];
  out: string;
  format: "text" | "json";
  failOn: Severity | null;
  /** Null: none was given. */
  history: string[] | null;
  checks: Checks;
  /** Null: no system was asked for. */
  windows: WindowOptions | null;
  conformance: ConformanceWith;
  said: SaidOfRecording;
}

/** Where results go when the user does not say. */
function defaultOut(firstPath: string): string {
  return firstPath === "-" ? "stdin.duckdb" : `${path.basename(path.resolve(firstPath))}.duckdb`;
}

/** @throws {UsageError} in one line */
export async function parseAnalyseOptions(args: string[]): Promise<Options | "help"> {
  const parsed = parseArgs(args, {
    string: [
      "out",
      "format",
      "fail-on",
      "history",
      "checks",
      "systems",
      "budget",
      "jobs",
      "shard",
      "save",
      "conformance",
      "kernel",
      "fs",
    ],
    boolean: ["help"],
    collect: ["history"],
    default: { format: "text", checks: "auto" },
    unknown: refuseOptions("analyse"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  if (paths.length === 0) throw new UsageError("analyse needs a recording: deno task analyse PATH...");
  const format = parsed.format;
  if (format !== "text" && format !== "json") {
    throw new UsageError(`--format ${format}: text and json are known`);
  }
  const failOn = parsed["fail-on"] ?? null;
  if (failOn !== null && !SEVERITIES.includes(failOn as Severity)) {
    throw new UsageError(`--fail-on ${failOn}: ${SEVERITIES.join(", ")} are known`);
  }
  const checks = CHECKS.find((each) => each === parsed.checks);
  if (checks === undefined) throw new UsageError(`--checks ${parsed.checks}: ${CHECKS.join(", ")} are known`);
  const history = parsed.history as string[];
  if (checks === "none" && history.length > 0) throw new UsageError("--history is for checks, and --checks is none");
  const { systems = "none", save } = parsed;
  if (systems !== "none") (await import("./analyse_windows.ts")).checkSystems(systems);
  if (systems === "none" && (save ?? parsed.budget ?? parsed.jobs) !== undefined) {
    throw new UsageError("--budget, --jobs and --save are for the systems of --systems, and there are none");
  }
  const shard = parseShard(parsed.shard);
  if (shard !== null && systems === "none") {
    throw new UsageError("--shard parts what --systems explores, and it is none");
  }
  if (shard !== null && parsed.out === undefined) throw new UsageError("--shard needs --out FILE, for deno task merge");
  if (shard !== null && paths.includes("-")) throw new UsageError("--shard: standard input can be read once only");
  if (systems !== "none" && checks === "none") throw new UsageError("--systems needs what --checks none leaves out");
  const said: SaidOfRecording = {
    kernel: oneOf("kernel", parsed.kernel, MODELLED_KERNELS),
    fs: oneOf("fs", parsed.fs, MODELLED_FILE_SYSTEMS),
  };
  if (parsed.out === "") throw new UsageError("--out needs a file name");
  return {
    inputs: expandInputs(paths),
    out: parsed.out ?? defaultOut(paths[0]),
    format,
    failOn: failOn as Severity | null,
    history: history.length === 0 ? null : history,
    checks,
    windows: systems === "none" ? null : {
      systems,
      budget: parseBudget(parsed.budget),
      save: save ?? null,
      jobs: wholeNumber("jobs", parsed.jobs, { min: 1, usual: navigator.hardwareConcurrency }),
      shard,
      said,
    },
    conformance: parseConformance(parsed.conformance),
    said,
  };
}

/** @throws {UsageError} for what is none of them */
function oneOf<T extends string>(option: string, text: string | undefined, known: readonly T[]): T | null {
  const found = known.find((each) => each === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(`--${option} ${text}: ${known.join(" and ")} are known`);
  }
  return found ?? null;
}

interface ReadAll {
  end: ReadingEnd;
  tables: EncodedTableEnd[];
}

/** Size and hash of the input files, while others work; not while the engine starts, which keeps two cores busy. */
async function digest(
  worker: Worker,
  inputs: readonly RecordingInput[],
  engine: Promise<unknown>,
): Promise<InputDigest[]> {
  await engine;
  return await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<InputDigest[]>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the inputs cannot be hashed: ${event.message}`));
    };
    worker.postMessage(inputs.flatMap(({ files }) => files));
  });
}

/** Begins the results file. The engine's scripts are loaded while the reader already reads. */
async function createResults(out: string): Promise<ResultsWriter> {
  const [{ WasmEngine }, { ResultsWriter }] = await Promise.all([
    import("../results/wasm_engine.ts"),
    import("../results/results_writer.ts"),
  ]);
  return ResultsWriter.create(await WasmEngine.start(), out);
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
            results.write(message.batch);
            // At once: this thread makes too little garbage of its own to collect some tens of megabytes of batches soon.
            message.batch.ipc.buffer.transfer(0);
            worker.postMessage({ kind: "stored" } satisfies ToReader);
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
async function analyse(options: Options, args: string[], joined: JoinedShards | null = null): Promise<number> {
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
  const judging = new Judging(options.checks, history);
  const conformance = new Conformance(options.conformance, options.said);
  const windows = options.windows === null ? null : new (await import("./analyse_windows.ts")).Windows(
    options.windows,
    options.inputs[0].path,
    { history, onProgress: (text) => progress.show(text), memory },
  );
  const worker = new Worker(new URL("./analyse_reader.ts", import.meta.url), { type: "module" });
  const hasher = new Worker(new URL("./input_digests.ts", import.meta.url), { type: "module" });
  let writer: ResultsWriter | null = null;
  const interrupt = () => {
    if (windows?.stop() === true) return;
    worker.terminate();
    hasher.terminate();
    writer?.abort();
    progress.clear();
    complain(`stopped; ${options.out} is as it was`);
    Deno.exit(EXIT.interrupted);
  };
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    const writing = createResults(options.out).then((created) => writer = created);
    const reading = readInto(worker, options.inputs, writing, progress);
    const digests = digest(hasher, options.inputs, writing);
    const [{ end, tables }, inputs] = await Promise.all([reading, digests]);
    progress.show("writing results");
    const results = await writing;
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
    progress.show("laying it beside the modelled kernel");
    const compared = await conformance.rows(connection, end.events);
    progress.show("judging");
    const run = judging.runOf(connection);
    await nextTurn();
    const finding = run === null ? [] : await judging.rows(run);
    await nextTurn();
    const shown = run === null ? undefined : await windows?.rows(run, finding.length);
    const shard = options.windows?.shard ?? null;
    if (shard !== null) {
      results.abort();
      progress.clear();
      if (windows!.isStopped) return EXIT.interrupted;
      const { writeShard } = await import("./shard_files.ts");
      await writeShard(options.out, { shard, work: analyseWork(options, args, shard.of), memory });
      console.log(
        `shard ${shardText(shard)}: ${memory.answers("explore").length} explorations of windows; ${options.out}`,
      );
      return EXIT.ok;
    }
    progress.show("writing results");
    await nextTurn();
    results.complete({ ...compared, ...shown, finding: [...finding, ...shown?.finding ?? []] });
    progress.clear();
    const bios = tables.find(({ schema, table }) => schema === "store" && table === "bio")?.rows ?? 0;
    const summary = analyseSummary(
      end,
      bios,
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
    Deno.removeSignalListener("SIGINT", interrupt);
    worker.terminate();
    hasher.terminate();
  }
}

function analyseWork({ inputs, history }: Options, args: readonly string[], shards: number): Work {
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
