/**
 * `export --chrome-trace FILE`: reads what is drawn from the tables.
 *
 * @module
 */
import type { Cell } from "../query/cells.ts";
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";
import {
  ChromeTrace,
  type TracedBio,
  type TracedOperation,
  type TracedPageEvent,
  type TracedRecording,
} from "./chrome_trace.ts";
import { Interruption } from "../../std/interruption.ts";
import { RESULTS_DATABASE } from "../results_reader.ts";
import { makeWhole, writeText } from "./output_place.ts";

/** What was drawn. */
export interface ChromeTraceCounts {
  operations: number;
  bios: number;
  pageEvents: number;
}

const BIOS = `
SELECT bio.bio_id, bio.dev, bio.sector, bio.bytes, coalesce(bio.rwbs, '?') AS rwbs, bio.queue_ns, bio.getrq_ns,
  bio.insert_ns, bio.issue_ns, bio.complete_ns, bio.pid, bio.comm, bio.op_id, bio.error, last.cpu AS completed_on
FROM main.bio AS bio
LEFT JOIN main.event AS last ON last.seq = bio.last_seq
WHERE bio.run_id IS NULL AND bio.dev IS NOT NULL AND bio.recording_id = $recording
ORDER BY coalesce(queue_ns, getrq_ns, insert_ns, issue_ns, complete_ns), bio.bio_id`;

const OPERATIONS = `
SELECT op_id, task, pid, kind, direct, dev, ino, path, file_offset, bytes, start_ns, end_ns, result
FROM main.operation
WHERE run_id IS NULL AND start_ns IS NOT NULL AND recording_id = $recording
ORDER BY start_ns, end_ns DESC, op_id`;

const PAGE_EVENTS = `
SELECT ts_ns, kind, dev, ino, page_index, pages, cause
FROM main.page_event
WHERE run_id IS NULL AND recording_id = $recording
ORDER BY ts_ns, seq`;

/** Draws all recordings of a results file; runs of the model have no clock and are not drawn. */
export function exportChromeTrace(connection: QueryConnection, place: string): Promise<ChromeTraceCounts> {
  return makeWhole(place, async (path) => {
    const total: ChromeTraceCounts = { operations: 0, bios: 0, pageEvents: 0 };
    // A recording is drawn without a turn of the event loop.
    const interruption = await Interruption.listen();
    try {
      await writeText(path, async (file) => {
        file.write('{"displayTimeUnit":"ns","traceEvents":[');
        let separator = "\n";
        const trace = new ChromeTrace((event) => {
          if (file.write(separator + event)) interruption.check();
          separator = ",\n";
        });
        for (const recording of await tracedRecordings(connection)) {
          const counts = trace.recording(recording);
          total.operations += counts.operations;
          total.bios += counts.bios;
          total.pageEvents += counts.pageEvents;
        }
        file.write("\n]}\n");
      });
      interruption.check();
    } finally {
      interruption.close();
    }
    return total;
  });
}

async function tracedRecordings(connection: QueryConnection): Promise<TracedRecording[]> {
  const inputs = await rowObjects(connection, "SELECT recording_id, path, last_ns FROM main.recording ORDER BY ALL");
  // A file of an older version has no operations.
  const [{ known }] = await rowObjects(
    connection,
    `SELECT count(*) > 0 AS known FROM duckdb_columns()
     WHERE database_name = '${RESULTS_DATABASE}' AND schema_name = 'main' AND table_name = 'operation'`,
  );
  const recordings: TracedRecording[] = [];
  for (const { recording_id, path, last_ns } of inputs) {
    const rows = (sql: string) => rowObjects(connection, sql.replaceAll("$recording", String(recording_id)));
    recordings.push({
      recordingId: Number(recording_id),
      path: String(path),
      lastNs: integer(last_ns) ?? 0n,
      operations: known ? (await rows(OPERATIONS)).map(operationOf) : [],
      bios: (await rows(BIOS)).map(bioOf),
      pageEvents: (await rows(PAGE_EVENTS)).map(pageEventOf),
    });
  }
  return recordings;
}

function integer(cell: Cell): bigint | null {
  return cell === null ? null : BigInt(String(cell));
}

function number(cell: Cell): number | null {
  return cell === null ? null : Number(cell);
}

function text(cell: Cell): string | null {
  return cell === null ? null : String(cell);
}

function operationOf(row: Record<string, Cell>): TracedOperation {
  return {
    opId: integer(row.op_id)!,
    task: String(row.task),
    pid: number(row.pid),
    kind: String(row.kind),
    direct: row.direct as boolean | null,
    dev: text(row.dev),
    ino: integer(row.ino),
    path: text(row.path),
    fileOffset: integer(row.file_offset),
    bytes: integer(row.bytes),
    start: integer(row.start_ns)!,
    end: integer(row.end_ns),
    result: integer(row.result),
  };
}

function bioOf(row: Record<string, Cell>): TracedBio {
  return {
    bioId: integer(row.bio_id)!,
    dev: String(row.dev),
    sector: integer(row.sector),
    bytes: integer(row.bytes),
    rwbs: String(row.rwbs),
    stages: [row.queue_ns, row.getrq_ns, row.insert_ns, row.issue_ns, row.complete_ns].map(integer),
    pid: number(row.pid),
    comm: text(row.comm),
    opId: integer(row.op_id),
    error: number(row.error),
    completedOn: number(row.completed_on),
  };
}

function pageEventOf(row: Record<string, Cell>): TracedPageEvent {
  return {
    ts: integer(row.ts_ns)!,
    kind: String(row.kind),
    dev: text(row.dev),
    ino: integer(row.ino),
    pageIndex: integer(row.page_index),
    pages: integer(row.pages),
    cause: text(row.cause),
  };
}
