/**
 * The small tables that events and operations point to with codes, as batches, once all is read.
 *
 * @module
 */

import type { ColumnBatch, ColumnType, TableBatch } from "../recording/batch.ts";
import { makeColumn, type NumberColumn } from "../recording/columns.ts";
import type { EventSink } from "../recording/event_sink.ts";
import { NONE } from "../recording/event_type.ts";
import type { BlockSize } from "./block_size.ts";
import type { LiftingEnd } from "./lifter.ts";

/** Cold path: rows of a small table as a batch. */
function smallBatch(
  table: string,
  columns: [name: string, type: ColumnType, values: (number | string | null)[]][],
): TableBatch {
  const rows = columns[0][2].length;
  const made: ColumnBatch[] = columns.map(([name, type, values]) => {
    const column = makeColumn(name, type, Math.max(1, rows));
    values.forEach((value, row) => {
      if (value === null) return;
      if (typeof value === "string") column.setText(row, value);
      else (column as NumberColumn).setNumber(row, value);
    });
    return column.batch(rows);
  });
  return { schema: "store", table, rows, columns: made };
}

/** What events are: type, and what all of one kind have in common. */
export function kindBatch(sink: EventSink, sizes: BlockSize[]): TableBatch {
  const text = (code: number) => code === NONE ? null : sink.pool.texts[code];
  const rows = sink.kinds;
  const size = new Map(sizes.map((s) => [`${s.recordingId}/${s.dev}`, s.bytes]));
  const unit = (inBlocks: boolean, recordingId: number, dev: number) =>
    inBlocks ? size.get(`${recordingId}/${dev}`) ?? null : 1;
  const key = rows.map((row) => row.type.key);
  return smallBatch("kind", [
    ["kind_id", "UINTEGER", rows.map((_, id) => id)],
    ["recording_id", "SMALLINT", key.map((k) => k.recordingId)],
    ["source", "VARCHAR", key.map((k) => k.source)],
    ["system", "VARCHAR", key.map((k) => k.system || null)],
    ["name", "VARCHAR", key.map((k) => k.name)],
    ["action", "VARCHAR", rows.map((row) => row.type.action)],
    ["buffer", "VARCHAR", key.map((k) => k.buffer || null)],
    ["dev", "VARCHAR", rows.map((row) => text(row.dev))],
    ["rwbs", "VARCHAR", rows.map((row) => text(row.rwbs))],
    ["ino", "BIGINT", rows.map((row) => row.ino < 0 ? null : row.ino)],
    [
      "offset_unit",
      "BIGINT",
      rows.map(({ type, dev }) =>
        type.meaning.position === "sector" ? null : unit(type.offsetInBlocks, type.key.recordingId, dev)
      ),
    ],
    ["sector_unit", "BIGINT", rows.map(({ type }) => type.meaning.position === "sector" ? 1 : null)],
    ["bytes_unit", "BIGINT", rows.map((row) => unit(row.type.bytesInBlocks, row.type.key.recordingId, row.dev))],
    ["page_kind", "VARCHAR", rows.map((row) => row.type.meaning.page)],
  ]);
}

/** Where events come from: CPU and task. */
export function contextBatch(sink: EventSink): TableBatch {
  const text = (code: number) => code === NONE ? null : sink.pool.texts[code];
  const rows = sink.contexts;
  return smallBatch("context", [
    ["context_id", "UINTEGER", rows.map((_, id) => id)],
    ["recording_id", "SMALLINT", rows.map((c) => c.recordingId)],
    ["cpu", "SMALLINT", rows.map((c) => c.cpu === NONE ? null : c.cpu)],
    ["pid", "INTEGER", rows.map((c) => c.pid === NONE ? null : c.pid)],
    ["tgid", "INTEGER", rows.map((c) => c.tgid === NONE ? null : c.tgid)],
    ["comm", "VARCHAR", rows.map((c) => text(c.comm))],
    ["irq_flags", "VARCHAR", rows.map((c) => text(c.flags))],
  ]);
}

/** Pairs of the two, which events name. */
export function tagBatch(sink: EventSink): TableBatch {
  return smallBatch("tag", [
    ["tag_id", "UINTEGER", sink.tags.map((_, id) => id)],
    ["kind_id", "UINTEGER", sink.tags.map((tag) => tag.kind)],
    ["context_id", "UINTEGER", sink.tags.map((tag) => tag.context)],
  ]);
}

/** Files and open files that operations name; none where there are none. */
export function fileBatches({ files, openFiles }: LiftingEnd): TableBatch[] {
  const batches = [
    smallBatch("file", [
      ["file_id", "UINTEGER", files.map((row) => row.file_id)],
      ["recording_id", "SMALLINT", files.map((row) => row.recording_id)],
      ["dev", "VARCHAR", files.map((row) => row.dev)],
      ["ino", "BIGINT", files.map((row) => row.ino)],
    ]),
    smallBatch("open_file", [
      ["open_id", "UINTEGER", openFiles.map((row) => row.open_id)],
      ["recording_id", "SMALLINT", openFiles.map((row) => row.recording_id)],
      ["file_id", "UINTEGER", openFiles.map((row) => row.file_id)],
      ["flags", "BIGINT", openFiles.map((row) => row.flags)],
      ["path", "VARCHAR", openFiles.map((row) => row.path)],
      ["opened_by", "UINTEGER", openFiles.map((row) => row.opened_by)],
    ]),
  ];
  return batches.filter(({ rows }) => rows > 0);
}
