/**
 * Runs a reader over files and gives back its events as plain rows, joined from the very batches that the results
 * database is made from.
 *
 * @module
 */

import type { ColumnBatch, TableBatch } from "../../src/recording/batch.ts";
import { type Diagnostic, Diagnostics } from "../../src/recording/diagnostics.ts";
import { EventSink } from "../../src/recording/event_sink.ts";
import { mergeStreams } from "../../src/recording/merge.ts";
import type { RawEventDescription } from "../../src/recording/raw_registry.ts";
import type { RecordingFacts, RecordingFormat } from "../../src/recording/recording_format.ts";

/** A value of a raw field: 64-bit integers are bigint, narrower ones number. */
export type RawValue = bigint | number | string | boolean | Uint8Array | (bigint | number)[] | null;

/** One event. */
export interface Row {
  seq: number;
  ts: bigint;
  cpu: number;
  pid: number;
  tgid: number | null;
  comm: string | null;
  flags: string | null;
  source: string;
  system: string;
  name: string;
  buffer: string;
  action: string | null;
  dev: string | null;
  rwbs: string | null;
  ino: bigint | null;
  file_offset: bigint | null;
  sector: bigint | null;
  bytes: bigint | null;
  ret: bigint | null;
  /** Fields that only the event's own table holds; those that are NULL are left out. */
  raw: Record<string, RawValue>;
}

/** Everything that reading a recording gives. */
export interface Collected {
  rows: Row[];
  diagnostics: Diagnostic[];
  facts: RecordingFacts;
  lostEvents: number;
  skippedRecords: number;
  /** Fields of each event type in order, by the type's name. */
  descriptions: Map<string, RawEventDescription>;
  /** Kernel symbols that the recording brings along, `ADDRESS NAME [MODULE]`. */
  symbols: string[];
}

/** Value of one row of a column. */
export function valueAt(column: ColumnBatch, row: number): RawValue {
  if (column.validity !== null && !(column.validity[row >> 3] & (1 << (row & 7)))) return null;
  const list = column.type.endsWith("[]");
  const scalar = list ? column.type.slice(0, -2) : column.type;
  const one = (index: number): bigint | number => {
    if (scalar !== "BIGINT" && scalar !== "UBIGINT") return column.data[index];
    const value = (BigInt(column.data[index * 2 + 1] >>> 0) << 32n) | BigInt(column.data[index * 2] >>> 0);
    return scalar === "BIGINT" ? BigInt.asIntN(64, value) : value;
  };
  if (column.offsets === undefined) return scalar === "BOOLEAN" ? column.data[row] !== 0 : one(row);
  const [start, end] = [column.offsets[row], column.offsets[row + 1]];
  if (list) return Array.from({ length: end - start }, (_, i) => one(start + i));
  const bytes = (column.data as Uint8Array).slice(start, end);
  return scalar === "BLOB" ? bytes : new TextDecoder().decode(bytes);
}

/** Takes batches apart: rows of table `event` in order, raw fields by `seq`. */
class Gatherer {
  readonly events: Record<string, RawValue>[] = [];
  readonly raw = new Map<number, Record<string, RawValue>>();

  take(batch: TableBatch): void {
    for (let row = 0; row < batch.rows; row++) {
      const values: Record<string, RawValue> = {};
      for (const column of batch.columns) values[column.name] = valueAt(column, row);
      if (batch.schema === "store") {
        this.events.push(values);
        continue;
      }
      const { recording_id: _, seq, ...own } = values;
      this.raw.set(seq as number, Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)));
    }
  }
}

/**
 * Reads a recording.
 *
 * @param files the file, or those of a set, sorted
 * @param batchRows rows of a batch; that of the tool when left out
 * @throws what the reader's `open` throws
 */
export async function collect(format: RecordingFormat, files: string[], batchRows?: number): Promise<Collected> {
  const gathered = new Gatherer();
  const sink = new EventSink((batch) => gathered.take(batch), [], batchRows);
  const diagnostics = new Diagnostics(0, () => sink.seq);
  const recording = await format.open({ recordingId: 0, sink, diagnostics, path: files[0], files });
  try {
    await mergeStreams(recording.streams, sink, { pace: () => Promise.resolve(true) });
    recording.finish();
    sink.finish();
  } finally {
    recording.close();
  }
  const text = (code: number): string | null => code < 0 ? null : sink.pool.texts[code];
  const rows = gathered.events.map((event, seq): Row => {
    const tag = sink.tags[event.tag_id as number];
    const context = sink.contexts[tag.context];
    const { type, dev, rwbs, ino } = sink.kinds[tag.kind];
    const position = event.position as bigint | null;
    const isSector = type.meaning.position === "sector";
    return {
      seq,
      ts: event.ts_ns as bigint,
      cpu: context.cpu,
      pid: context.pid,
      tgid: context.tgid < 0 ? null : context.tgid,
      comm: text(context.comm),
      flags: text(context.flags),
      source: type.key.source,
      system: type.key.system,
      name: type.key.name,
      buffer: type.key.buffer,
      action: type.action,
      dev: text(dev),
      rwbs: text(rwbs),
      ino: ino < 0 ? event.ino as bigint | null : BigInt(ino),
      file_offset: isSector ? null : position,
      sector: isSector ? position : null,
      bytes: event.bytes as bigint | null,
      ret: event.ret as bigint | null,
      raw: gathered.raw.get(seq) ?? {},
    };
  });
  const symbols = [...recording.symbols?.() ?? []];
  return {
    rows,
    diagnostics: diagnostics.rows,
    facts: recording.facts,
    lostEvents: recording.lostEvents(),
    skippedRecords: recording.skippedRecords(),
    descriptions: new Map(sink.types.map((type) => [type.key.name, type.description])),
    symbols: symbols.map((s) => `${s.address.toString(16)} ${s.name}${s.module === null ? "" : ` [${s.module}]`}`),
  };
}

/**
 * Reads what is given as bytes: each item is a file of the recording, by the name it gets.
 *
 * @throws what the reader's `open` throws
 */
export async function collectBytes(format: RecordingFormat, files: Record<string, Uint8Array>): Promise<Collected> {
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (const [name, bytes] of Object.entries(files)) {
      paths.push(`${folder}/${name}`);
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    return await collect(format, paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
