/**
 * What conformance looks at, out of a results file.
 *
 * @module
 */

import type { PackedRows, PackedTrace } from "../replaying/conformance/packed_trace.ts";
import { DETAILS, type RecordedBioSpan, type RecordedCall } from "../replaying/conformance/recorded_events.ts";
import { nextTurn } from "../std/interruption.ts";
import { packRows } from "./pack_rows.ts";
import { rawColumns } from "./raw_columns.ts";
import { originOf } from "./recorded_rows.ts";
import { type RowObject, rowObjects } from "./row_objects.ts";
import { literal } from "./sql_text.ts";
import type { EngineConnection } from "./wasm_engine.ts";

function rows(connection: EngineConnection, sql: string): RowObject[] {
  return rowObjects(connection.query(sql));
}

/** Events that are asked for at once, at least: all of them together would grow the engine's memory for good. */
const PIECE_EVENTS = 25_000;

/** Pieces in which events are asked for, at most: each is a query. */
const PIECES_MAX = 8;

/** An event of each file system that tells a recording of one apart from a recording of a bare device. */
const OF_FILES = "name LIKE 'ext4_%' OR name LIKE 'xfs_%'";

/** A recording that has events of ext4 or XFS. */
export interface FileSystemRecording {
  readonly id: number;
  readonly kernel: string | null;
  /** Bytes of a page. */
  readonly page: number;
  /** Device of the file system that most events are of. */
  readonly dev: string;
  readonly events: number;
}

/** The traces of a results file: one a recording that has events of ext4 or XFS. */
export class RecordedTraces {
  readonly recordings: readonly FileSystemRecording[];
  readonly #connection: EngineConnection;
  readonly #eventsMax: number;
  readonly #origin: bigint;
  readonly #columns: ReadonlyMap<string, ReadonlySet<string>>;

  /** @param eventsMax recordings are looked at as far as this many events */
  constructor(connection: EngineConnection, eventsMax: number) {
    this.#connection = connection;
    this.#eventsMax = eventsMax;
    this.#origin = originOf(connection);
    this.#columns = rawColumns(connection);
    this.recordings = rows(
      connection,
      `SELECT recording_id::DOUBLE AS id, kernel, coalesce(page_size, 4096)::DOUBLE AS page, events::DOUBLE AS events,
         (SELECT dev FROM main.event AS event WHERE event.recording_id = recording.recording_id AND dev IS NOT NULL
            AND (${OF_FILES}) AND ino IS NOT NULL GROUP BY dev ORDER BY count(*) DESC, dev LIMIT 1) AS dev
       FROM main.recording AS recording ORDER BY recording_id`,
    ).flatMap((row) => row.dev === null ? [] : [row as unknown as FileSystemRecording]);
  }

  /** All of a recording at once. It takes a while: what waits has its turn after every query. */
  of(recording: FileSystemRecording): Promise<PackedTrace> {
    const [origin, columns, eventsMax] = [this.#origin, this.#columns, this.#eventsMax];
    return traceOf(this.#connection, { ...recording, origin, columns, eventsMax });
  }
}

interface Asked extends FileSystemRecording {
  readonly origin: bigint;
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  readonly eventsMax: number;
}

async function traceOf(connection: EngineConnection, asked: Asked): Promise<PackedTrace> {
  const { id, kernel, page, dev, eventsMax, origin } = asked;
  const at = (column: string) => `(${column} - ${origin})::DOUBLE`;
  const [{ first, last }] = rows(
    connection,
    `SELECT min(seq)::DOUBLE AS first, max(seq)::DOUBLE AS last FROM (
       SELECT seq FROM main.event WHERE recording_id = ${id} AND (dev IS NULL OR dev = ${literal(dev)})
       ORDER BY seq LIMIT ${eventsMax})`,
  );
  const details = await detailsOf(connection, asked, last);
  const events = await eventsOf(connection, asked, { first, last });
  const [{ size }] = rows(
    connection,
    `SELECT max(fs_block_size)::DOUBLE AS size FROM main.device WHERE recording_id = ${id} AND dev = ${literal(dev)}`,
  );
  const bioPlaces = rows(
    connection,
    `SELECT bio.first_seq::DOUBLE AS seq, file.ino::DOUBLE AS ino, owner.file_offset::DOUBLE AS "offset"
     FROM main.bio AS bio JOIN store.bio_owner_rows AS owner ON owner.bio_id = bio.bio_id
       JOIN store.file AS file USING (file_id)
     WHERE bio.recording_id = ${id} AND bio.dev = ${literal(dev)} AND owner.file_offset IS NOT NULL
       AND bio.first_seq <= ${last}`,
  );
  await nextTurn();
  const bios = rows(
    connection,
    `SELECT sector::DOUBLE AS sector, bytes::DOUBLE AS bytes, rwbs, ${at("queue_ns")} AS queued,
       ${at("complete_ns")} AS completed, coalesce(error, 0)::DOUBLE AS error
     FROM main.bio WHERE recording_id = ${id} AND dev = ${literal(dev)} AND queue_ns IS NOT NULL
       AND complete_ns IS NOT NULL AND rwbs IS NOT NULL AND first_seq <= ${last} ORDER BY queue_ns, bio_id`,
  ).map((row) => row as unknown as RecordedBioSpan);
  const threads = rows(
    connection,
    `SELECT DISTINCT pid::DOUBLE AS pid, tgid::DOUBLE AS tgid FROM store.context
     WHERE recording_id = ${id} AND tgid IS NOT NULL`,
  );
  return {
    recordingId: id,
    dev,
    kernel,
    pageSize: page,
    blockSize: size ?? null,
    events,
    details,
    calls: callsOf(connection, { id, last, at }),
    bioPlaces: new Map(bioPlaces.map(({ seq, ino, offset }) => [seq, { ino, offset }])),
    bios,
    processOf: new Map(threads.map(({ pid, tgid }) => [pid, tgid])),
  };
}

/** Events [first, last] of the file system, by seq. */
async function eventsOf(
  connection: EngineConnection,
  { id, dev, origin }: Asked,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<PackedRows> {
  const piece = Math.max(PIECE_EVENTS, Math.ceil((last - first + 1) / PIECES_MAX));
  const tables = [];
  for (let from = first; from <= last; from += piece) {
    tables.push(connection.query(
      `SELECT seq::DOUBLE AS seq, (ts_ns - ${origin})::DOUBLE AS time, coalesce(pid, -1)::DOUBLE AS pid,
         coalesce(comm, '') AS comm, name, ino::DOUBLE AS ino,
         CASE WHEN file_offset >= 0 THEN file_offset END::DOUBLE AS "offset", bytes::DOUBLE AS bytes,
         sector::DOUBLE AS sector, rwbs, ret::DOUBLE AS ret
       FROM main.event WHERE recording_id = ${id} AND (dev IS NULL OR dev = ${literal(dev)})
         AND seq BETWEEN ${from} AND ${Math.min(last, from + piece - 1)}
       ORDER BY seq`,
    ));
    await nextTurn();
  }
  return packRows(tables);
}

function callsOf(
  connection: EngineConnection,
  { id, last, at }: { id: number; last: number; at(column: string): string },
): RecordedCall[] {
  return rows(
    connection,
    `SELECT op_id::DOUBLE AS id, kind, coalesce(syscall, '') AS syscall, dev, ino::DOUBLE AS ino,
       open_file.flags::DOUBLE AS "openFlags", coalesce(requested_direct, false) AS direct,
       file_offset::DOUBLE AS "offset", bytes::DOUBLE AS bytes, result::DOUBLE AS result, part_of::DOUBLE AS "partOf",
       pid::DOUBLE AS pid, first_seq::DOUBLE AS "firstSeq", last_seq::DOUBLE AS "lastSeq", ${at("start_ns")} AS start,
       ${at("end_ns")} AS "end"
     FROM main.operation AS operation LEFT JOIN store.open_file AS open_file USING (open_id)
     WHERE operation.recording_id = ${id} AND first_seq <= ${last}
       AND (part_of IS NULL OR starts_with(kind, 'aio_') OR starts_with(kind, 'uring_'))
     ORDER BY first_seq, op_id`,
  ).map((row) => ({ ...(row as unknown as RecordedCall), recordingId: id }));
}

/**
 * What {@linkcode DETAILS} names, by event type.
 *
 * @param last the last event that is looked at
 */
async function detailsOf(
  connection: EngineConnection,
  { id, columns }: Asked,
  last: number,
): Promise<PackedRows[]> {
  const found: PackedRows[] = [];
  for (const [name, { detail, more, number }] of Object.entries(DETAILS)) {
    const full = columns.get(`raw_full.${name}`);
    if (full === undefined) continue;
    // What the table itself has is read from there: the view joins it with all that the event is.
    const plain = columns.get(`raw.${name}`);
    const isPlain = detail === undefined && plain !== undefined && (number ?? []).some((each) => plain.has(each));
    const has = isPlain ? plain : full;
    const pick = (wanted: readonly string[] | undefined) => wanted?.find((column) => has.has(column));
    const text = (column: string | undefined) => column === undefined ? "''" : `coalesce("${column}"::VARCHAR, '')`;
    const own = pick(number);
    const value = own === undefined ? "NULL::DOUBLE" : `TRY_CAST("${own}" AS DOUBLE)`;
    found.push(packRows([connection.query(
      `SELECT seq::DOUBLE AS seq, ${text(pick(detail))} AS detail, ${text(pick(more))} AS more, ${value} AS number
       FROM ${isPlain ? "raw" : "raw_full"}."${name}" WHERE recording_id = ${id} AND seq <= ${last}`,
    )]));
    await nextTurn();
  }
  return found;
}
