/**
 * `export`: what a results file holds, for other tools.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { exportChromeTrace } from "../results/export/chrome_trace_file.ts";
import { exportCsv } from "../results/export/csv_folder.ts";
import { exportIolog } from "../results/export/iolog.ts";
import { exportParquet } from "../results/export/parquet_folder.ts";
import { type QueryConnection, rowObjects } from "../results/query/result_rows.ts";
import { WasmConnection } from "../results/query/wasm_connection.ts";
import { plural } from "../report/plural.ts";
import { ResultsReader } from "../results/results_reader.ts";
import { shellWord } from "../std/shell_word.ts";
import { type Command, commandOf, complain, EXIT, refuseOptions, theResultsFile, UsageError } from "./command.ts";
import { withEngine } from "./with_engine.ts";

const USAGE = `Usage: deno task export DB --parquet DIR [--partition] | --csv DIR | --chrome-trace FILE
                        | --iolog FILE [--recording N] [--dev MAJOR:MINOR]

Writes what a results file holds for other tools. Nothing that is there already is overwritten.

  --parquet DIR        a folder a table, and load.sql: in DIR, duckdb -init load.sql has all tables and most views
  --partition          with --parquet: parts by recording, DIR/TABLE/recording_id=N/part-0.parquet
  --csv DIR            a file a table
  --chrome-trace FILE  for ui.perfetto.dev or chrome://tracing (all in the browser): tracks per task, file and device,
                       flows from operation to bios to completion
  --iolog FILE         what was queued, in fio's replay format v3 (fio 3.31 and later). It names no real device:
                       fio --name=replay --read_iolog=FILE --replay_redirect=/dev/TEST
  --recording N        with --iolog: the recording, where there are several
  --dev MAJOR:MINOR    with --iolog: one device only
  --help               this text

Exit status: 0 done; 2 wrong usage; 3 the file cannot be read or the export cannot be written.`;

type Target =
  | { kind: "parquet"; place: string; layout: "plain" | "by recording" }
  | { kind: "csv"; place: string }
  | { kind: "chrome-trace"; place: string }
  | { kind: "iolog"; place: string; recording: number | null; dev: string | null };

interface Options {
  database: string;
  target: Target;
}

const TARGETS = ["parquet", "csv", "chrome-trace", "iolog"] as const;

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", ...TARGETS, "recording", "dev"],
    boolean: ["partition", "help"],
    unknown: refuseOptions("export"),
  });
  if (parsed.help) return "help";
  const database = theResultsFile("export", parsed._, "export DB --parquet DIR");
  const kinds = TARGETS.filter((target) => parsed[target] !== undefined);
  if (kinds.length !== 1) {
    throw new UsageError("give one of --parquet DIR, --csv DIR, --chrome-trace FILE, --iolog FILE");
  }
  const [kind] = kinds;
  const place = String(parsed[kind]);
  if (place === "") throw new UsageError(`--${kind} needs the name of what to write`);
  if (parsed.partition && kind !== "parquet") throw new UsageError("--partition goes with --parquet only");
  if (kind !== "iolog" && (parsed.recording !== undefined || parsed.dev !== undefined)) {
    throw new UsageError("--recording and --dev go with --iolog only");
  }
  if (kind === "parquet") {
    return { database, target: { kind, place, layout: parsed.partition ? "by recording" : "plain" } };
  }
  if (kind !== "iolog") return { database, target: { kind, place } };
  if (parsed.recording !== undefined && !/^\d+$/.test(parsed.recording)) {
    throw new UsageError(`--recording ${parsed.recording}: it is a number, recording.recording_id`);
  }
  const recording = parsed.recording === undefined ? null : Number(parsed.recording);
  return { database, target: { kind, place, recording, dev: parsed.dev ?? null } };
}

/** @returns the line that says what was written */
async function write(reader: ResultsReader, connection: QueryConnection, target: Target): Promise<string> {
  const { place } = target;
  switch (target.kind) {
    case "parquet": {
      const tables = await exportParquet(connection, reader.connection, place, target.layout);
      return `${place}: ${tables} tables; in it: duckdb -init load.sql`;
    }
    case "csv":
      return `${place}: ${await exportCsv(connection, place)} tables`;
    case "chrome-trace": {
      const { operations, bios, pageEvents } = await exportChromeTrace(connection, place);
      return `${place}: ${plural(operations, "operation")}, ${plural(bios, "bio")}, ${
        plural(pageEvents, "page event")
      }; opens in ui.perfetto.dev`;
    }
    case "iolog": {
      const recording = await recordingOf(connection, target.recording);
      if (target.dev !== null) await refuseUnknownDevice(connection, recording, target.dev);
      const { lines, skipped } = await exportIolog(connection, place, recording, target.dev);
      for (const [rwbs, count] of skipped) complain(`fio has no action for ${rwbs}: ${count} bios are left out`);
      return `${place}: ${plural(lines, "action")}; fio --name=replay ${
        shellWord(`--read_iolog=${place}`)
      } --replay_redirect=/dev/TEST`;
    }
  }
}

/** @param asked null: the only one */
async function recordingOf(connection: QueryConnection, asked: number | null): Promise<number> {
  const rows = await rowObjects(connection, "SELECT recording_id, path FROM main.recording ORDER BY recording_id");
  if (rows.length === 0) throw new UsageError("there is no recording in this results file, and so nothing to replay");
  const list = rows.map(({ recording_id, path }) => `${recording_id} ${path}`).join(", ");
  if (asked !== null) {
    if (rows.some(({ recording_id }) => Number(recording_id) === asked)) return asked;
    throw new UsageError(`--recording ${asked}: there is none of that number, but ${list}`);
  }
  if (rows.length === 1) return Number(rows[0].recording_id);
  throw new UsageError(`which recording? --recording N: ${list}`);
}

async function refuseUnknownDevice(connection: QueryConnection, recording: number, dev: string): Promise<void> {
  const rows = await rowObjects(
    connection,
    `SELECT DISTINCT dev FROM main.bio WHERE recording_id = ${recording} AND dev IS NOT NULL ORDER BY dev`,
  );
  const known = rows.map((row) => String(row.dev));
  if (known.includes(dev)) return;
  throw new UsageError(`--dev ${dev}: recording ${recording} has no bios there, but on ${known.join(", ") || "none"}`);
}

export const exportCommand: Command = commandOf({
  name: "export",
  summary: "write a results file for other tools: Parquet, CSV, Perfetto, fio",
  usage: USAGE,
  parse: parseOptions,
  run: ({ database, target }) =>
    withEngine(async (engine) => {
      const reader = ResultsReader.open(engine, database);
      console.log(await write(reader, new WasmConnection(reader.connection), target));
      reader.close();
      return EXIT.ok;
    }),
});
