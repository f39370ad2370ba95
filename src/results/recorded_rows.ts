/**
 * What the checks of recordings look at, out of a results file.
 *
 * @module
 */

import type {
  RecordedBio,
  RecordedOperation,
  RecordedPageEvent,
  RecordedRun,
  ShownSize,
} from "../checking/recorded/recorded_run.ts";
import type { StoredType } from "./column_types.ts";
import { rawColumns } from "./raw_columns.ts";
import { readEventView } from "./read_events.ts";
import { column } from "./relation.ts";
import { type RowObject, rowObjects } from "./row_objects.ts";
import type { EngineConnection } from "./wasm_engine.ts";

/** A file by the device and inode that the views have. */
const FILE = "dev || '/' || ino";

/** Of open(2)'s flags, as on every architecture but Alpha, MIPS, PA-RISC and SPARC. */
const O_TRUNC = 0o1000;

/** Rows of a query whose numbers all are of type DOUBLE. */
function rows(connection: EngineConnection, sql: string): RowObject[] {
  return rowObjects(connection.query(sql));
}

/** Rows that are asked for at once, about: all of them together would grow the engine's memory for good. */
const PIECE_ROWS = 25_000;

/**
 * Rows of a query in the order of a number that each has, asked for in pieces.
 *
 * @param pieceRows about as many are asked for at once
 * @param numbers the first and the last number, and how many rows there are, about
 * @param sql the query of what is BETWEEN two of them
 */
function rowsInPieces(
  connection: EngineConnection,
  pieceRows: number,
  numbers: string,
  sql: (between: string) => string,
): RowObject[] {
  const [{ first, last, count }] = rows(connection, numbers);
  const found: RowObject[] = [];
  if (first === null) return found;
  const piece = Math.ceil((last - first + 1) / Math.ceil(count / pieceRows));
  for (let from: number = first; from <= last; from += piece) {
    for (const row of rows(connection, sql(`BETWEEN ${from} AND ${from + piece - 1}`))) found.push(row);
  }
  return found;
}

/** Whether {@linkcode recordedRun} would take no more rows than this. */
export function recordedRowsFit(connection: EngineConnection, most: number): boolean {
  const [{ n }] = rows(
    connection,
    "SELECT ((SELECT count(*) FROM store.operation) + (SELECT count(*) FROM store.bio))::DOUBLE AS n",
  );
  if (n > most) return false;
  const [{ pages }] = rows(
    connection,
    `SELECT count(*)::DOUBLE AS pages FROM store.event_rows JOIN store.tag USING (tag_id) JOIN store.kind USING (kind_id)
     WHERE page_kind IS NOT NULL`,
  );
  return n + pages <= most;
}

/** Time of the first event, ns. */
export function originOf(connection: EngineConnection): bigint {
  const [{ origin }] = rows(connection, "SELECT min(first_ns)::VARCHAR AS origin FROM main.recording");
  return BigInt(origin ?? 0);
}

/** All operations, page-cache events and bios. @param pieceRows rows that are asked for at once, about */
export function recordedRun(connection: EngineConnection, pieceRows = PIECE_ROWS): RecordedRun {
  const originNs = originOf(connection);
  const at = (column: string) => `(${column} - ${originNs})::DOUBLE`;
  const [{ page_size: pageSize, release }] = rows(
    connection,
    `SELECT coalesce(max(page_size), 4096)::DOUBLE AS page_size,
       first(kernel ORDER BY recording_id) FILTER (WHERE kernel IS NOT NULL) AS release
     FROM main.recording`,
  );
  const withGaps = rows(
    connection,
    "SELECT DISTINCT recording_id::DOUBLE AS id FROM main.diagnostic WHERE severity IN ('data_loss', 'error')",
  ).map(({ id }) => id as number);
  const operations = rowsInPieces(
    connection,
    pieceRows,
    `SELECT min(op_id)::DOUBLE AS first, max(op_id)::DOUBLE AS last, count(*)::DOUBLE AS count FROM store.operation`,
    (between) =>
      `SELECT op_id::DOUBLE AS id, recording_id::DOUBLE AS "recordingId", pid::DOUBLE AS pid, task, kind, execution,
       attribution, ${FILE} AS file, file_offset::DOUBLE AS "offset", bytes::DOUBLE AS bytes, ${
        at("start_ns")
      } AS start,
       ${at("end_ns")} AS "end", ${at("done_ns")} AS done, result::DOUBLE AS result, first_seq::DOUBLE AS "firstSeq",
       last_seq::DOUBLE AS "lastSeq"
     FROM main.operation WHERE (part_of IS NULL OR starts_with(kind, 'aio_') OR starts_with(kind, 'uring_'))
       AND op_id ${between}
     ORDER BY op_id`,
  ).map((row) => row as unknown as RecordedOperation);
  const pages = rowsInPieces(
    connection,
    pieceRows,
    `SELECT min(seq)::DOUBLE AS first, max(seq)::DOUBLE AS last, count(*)::DOUBLE AS count FROM store.event_rows
       JOIN store.tag USING (tag_id) JOIN store.kind USING (kind_id) WHERE page_kind IS NOT NULL`,
    (between) =>
      `SELECT seq::DOUBLE AS seq, ${at("ts_ns")} AS time, kind, ${FILE} AS file, page_index::DOUBLE AS page,
       coalesce(pages, 1)::DOUBLE AS pages, op_id::DOUBLE AS operation, cause
     FROM main.page_event WHERE page_index IS NOT NULL AND seq ${between} ORDER BY seq`,
  ).map((row) => row as unknown as RecordedPageEvent);
  const bios = rowsInPieces(
    connection,
    pieceRows,
    `SELECT min(bio_id)::DOUBLE AS first, max(bio_id)::DOUBLE AS last, count(*)::DOUBLE AS count FROM store.bio`,
    (between) =>
      `SELECT bio.bio_id::DOUBLE AS id, bio.recording_id::DOUBLE AS "recordingId", bio.dev, sector::DOUBLE AS sector,
       bytes::DOUBLE AS bytes, coalesce(rwbs, '') AS rwbs, ${at("queue_ns")} AS queued, ${at("issue_ns")} AS issued,
       ${at("complete_ns")} AS completed, op_id::DOUBLE AS operation,
       own.file, file_offset::DOUBLE AS "offset", role, pid::DOUBLE AS pid, first_seq::DOUBLE AS "firstSeq",
       last_seq::DOUBLE AS "lastSeq"
     FROM main.bio AS bio LEFT JOIN (
       SELECT owner.bio_id, ${FILE} AS file FROM store.bio_owner_rows AS owner JOIN store.file USING (file_id)
     ) AS own ON own.bio_id = bio.bio_id
     WHERE bio.bio_id ${between} ORDER BY bio.bio_id`,
  ).map((row) => row as unknown as RecordedBio);
  const eventNames = new Set(
    rows(connection, "SELECT DISTINCT name FROM store.kind").map(({ name }) => name as string),
  );
  const columns = rawColumns(connection);
  /** An event type of which neither a single field nor the type of one is sure: text may have anything. */
  const eventsOf = (event: string, fields: readonly (readonly [name: string, type: StoredType])[]) => {
    const read = { event, columns: fields.map(([name, type]) => column(name, type, "")) };
    const there = columns.get(`raw_full.${event}`);
    return `(${readEventView(read, there === undefined ? null : [...there]).select})`;
  };
  const begun = eventsOf("iomap_dio_rw_begin", [
    ["seq", "BIGINT"],
    ["ts_ns", "BIGINT"],
    ["dev", "VARCHAR"],
    ["ino", "BIGINT"],
    ["isize", "BIGINT"],
  ]);
  const sizes = rows(
    connection,
    `SELECT seq::DOUBLE AS seq, ${at("ts_ns")} AS time, ${FILE} AS file, isize::DOUBLE AS size
     FROM ${begun} WHERE ${FILE} IS NOT NULL AND isize IS NOT NULL ORDER BY seq`,
  ).map((row) => row as unknown as ShownSize);
  const mapped = eventsOf("iomap_iter_dstmap", [
    ["seq", "BIGINT"],
    ["pid", "BIGINT"],
    ["flags", "VARCHAR"],
    ["type", "VARCHAR"],
  ]);
  // Flag 4: the extent is shared. Text recordings print its name.
  const sharedMappings = rows(
    connection,
    `SELECT seq::DOUBLE AS seq FROM ${mapped}
     WHERE contains(flags, 'SHARED') OR coalesce(TRY_CAST(flags AS BIGINT) & 4, 0) = 4 ORDER BY seq`,
  ).map(({ seq }) => ({ seq: seq as number }));
  const unwrittenMappings = rows(
    connection,
    `SELECT seq::DOUBLE AS seq, pid::DOUBLE AS pid,
       CASE WHEN type IN ('0', 'HOLE') THEN 'hole' ELSE 'unwritten' END AS state
     FROM ${mapped} WHERE type IN ('0', '3', 'HOLE', 'UNWRITTEN') ORDER BY seq`,
  ).map((row) => row as unknown as RecordedRun["unwrittenMappings"][number]);
  const fallocateModes = rows(
    connection,
    `SELECT seq::DOUBLE AS seq, coalesce(mode, 0)::DOUBLE AS mode
     FROM ${eventsOf("sys_enter_fallocate", [["seq", "BIGINT"], ["mode", "BIGINT"]])}`,
  ).map(({ seq, mode }): [number, number] => [seq, mode]);
  const opens = ["sys_enter_open", "sys_enter_openat"].map((name) =>
    `SELECT seq, flags FROM ${eventsOf(name, [["seq", "BIGINT"], ["flags", "BIGINT"]])}`
  );
  opens.push(`SELECT seq, ${O_TRUNC} AS flags FROM ${eventsOf("sys_enter_creat", [["seq", "BIGINT"]])}`);
  const cuttingOpens = rows(
    connection,
    `SELECT seq::DOUBLE AS seq FROM (${opens.join(" UNION ALL ")}) WHERE coalesce(flags, 0) & ${O_TRUNC} <> 0`,
  ).map(({ seq }) => seq as number);
  return {
    operations,
    pages,
    bios,
    sizes,
    sharedMappings,
    unwrittenMappings,
    fallocateModes: new Map(fallocateModes),
    cuttingOpens: new Set(cuttingOpens),
    pageSize,
    originNs,
    release: release ?? null,
    withGaps: new Set(withGaps),
    eventNames,
  };
}
