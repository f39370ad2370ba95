/**
 * `analyse`: recordings in, a results file and a summary out.
 *
 * @module
 */

import type { ReadingEnd } from "../lifting/read_recordings.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import { analyseSummary } from "../report/analyse_summary.ts";
import { summaryText } from "../report/analyse_text.ts";
import { plural } from "../report/plural.ts";
import { ResultsError } from "../results/results_error.ts";
import type { ResultsWriter } from "../results/results_writer.ts";
import type { TableRow } from "../results/row_inserts.ts";
import { letGoOfGarbage } from "../std/garbage.ts";
import { InterruptionCount, nextTurn } from "../std/interruption.ts";
import { TOOL_VERSION } from "../version.ts";
import { Conformance } from "./analyse_conformance.ts";
import { createResults, digest, readInto } from "./analyse_intake.ts";
import { Judging } from "./analyse_judging.ts";
import { type AnalyseOptions, parseAnalyseOptions, SEVERITIES, USAGE } from "./analyse_options.ts";
import type { Windows } from "./analyse_windows.ts";
import { type Command, complain, EXIT } from "./command.ts";
import { RunnerPool } from "./explore_pool.ts";
import { JobMemory } from "./job_memory.ts";
import { programsWith } from "./program_module.ts";
import { ProgressLine } from "./progress_line.ts";
import { type Shard, shardText, type Work, workOf } from "./shard.ts";
import type { JoinedShards } from "./shard_files.ts";

/** Operations, bios and runs of page-cache events that are judged while workers get ready for what comes then. */
const ROWS_BESIDE_WORKERS_MAX = 100_000;

/**
 * Reads, judges and writes what options ask for.
 *
 * @param joined what shards of the same command have found; null: there are none
 * @returns the exit status
 */
async function analyse(options: AnalyseOptions, args: string[], joined: JoinedShards | null = null): Promise<number> {
  const progress = new ProgressLine();
  let history: readonly HistoryOperation[] | null;
  try {
    history = await historyOf(options);
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
    // Its memory is wanted for what comes now.
    worker.terminate();
    progress.show("writing results");
    const results = await writing;
    const rowsOf = (name: string) =>
      tables.find(({ schema, table }) => schema === "store" && table === name)?.rows ?? 0;
    // Workers load the modelled kernels while this one writes, unless it is about to need most of the memory.
    const rowsToJudge = rowsOf("operation") + rowsOf("bio") + rowsOf("page_owner");
    const isSmall = rowsToJudge <= ROWS_BESIDE_WORKERS_MAX;
    if (options.windows !== null && end.events > 0 && isSmall && judging.mayJudge(rowsToJudge)) pool.start();
    const connection = results.store({
      tables,
      recordings: end.recordings as unknown as TableRow[],
      diagnostics: end.diagnostics.map(diagnosticRow),
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
    /** What was lifted is in memory no longer than until this is done. */
    const judge = async () => {
      // What is judged is the same for all shards, and told by their merge.
      const run = shard !== null && options.windows === null ? null : judging.runOf(connection);
      if (run === null) return { finding: [] };
      await nextTurn();
      const finding = shard !== null ? [] : await judging.rows(run);
      await nextTurn();
      if (options.windows === null) return { finding };
      // Not before: the modelled kernels take a while to load.
      windows = new (await import("./analyse_windows.ts")).Windows(options.windows, options.inputs[0].path, {
        history,
        onProgress: (text) => progress.show(text),
        pool,
        shard,
      });
      return { finding, showing: windows.rows(run, finding.length) };
    };
    const { finding, showing } = await judge();
    const exploring = windows as Windows | null;
    // What either fails with is told where it is waited for.
    showing?.catch(() => {});
    await nextTurn();
    letGoOfGarbage();
    // Workers have windows to explore while this one puts together what is laid beside the modelled kernel.
    const comparing = conformance.rows(connection, end.events);
    comparing.catch(() => {});
    if (showing === undefined) progress.show("laying it beside the modelled kernel");
    const shown = await showing;
    const compared = await comparing;
    if (shard !== null) {
      results.abort();
      progress.clear();
      if (exploring?.isStopped === true) return EXIT.interrupted;
      const { writeShard } = await import("./shard_files.ts");
      await writeShard(options.out, { shard, work: analyseWork(options, args, shard.of), memory });
      console.log(`${foundText(shard, memory)}; ${options.out}`);
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
        windows: exploring?.summary ?? null,
        conformance: conformance.summary,
        notCompared: conformance.note,
      },
      options.out,
    );
    console.log(options.format === "json" ? JSON.stringify(summary, null, 2) : summaryText(summary));
    if (exploring?.isStopped === true) return EXIT.interrupted;
    return isGrave(options, [...end.diagnostics, ...judging.summary?.findings ?? []]) ? EXIT.failed : EXIT.ok;
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

/** What the workload wrote down; null: there is none. @throws {UnreadableInput} */
async function historyOf({ history }: AnalyseOptions): Promise<readonly HistoryOperation[] | null> {
  if (history === null) return null;
  const { readHistory } = await import("../recording/history/read_history.ts");
  return history.flatMap(readHistory);
}

function diagnosticRow(row: ReadingEnd["diagnostics"][number]): TableRow {
  return {
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
  };
}

/** What a shard has found: `shard 1/3: 2 recordings beside the model, 40 explorations of windows`. */
function foundText(shard: Shard, memory: JobMemory): string {
  const [recordings, explorations] = [memory.answers("conform").length, memory.answers("explore").length];
  return `shard ${shardText(shard)}: ${plural(recordings, "recording")} beside the model, ` +
    `${plural(explorations, "exploration")} of windows`;
}

/** Whether there is something of the severity that the user has named, or of a graver one. */
function isGrave({ failOn }: AnalyseOptions, found: readonly { readonly severity: string }[]): boolean {
  if (failOn === null) return false;
  const grave: readonly string[] = SEVERITIES.slice(SEVERITIES.indexOf(failOn));
  return found.some(({ severity }) => grave.includes(severity));
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
