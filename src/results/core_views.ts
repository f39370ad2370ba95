/**
 * The views that have the names, times and units of what is stored in codes.
 *
 * @module
 */
import { ATTRIBUTIONS, CAUSES, EXECUTIONS, KINDS, ROLES } from "../lifting/operation_kinds.ts";
import { column, RECORDING_ID, SEQ, type View } from "./relation.ts";

const PID = column("pid", "INTEGER", "thread id that the event names; a completion may show a stranger's");
const COMM = column("comm", "VARCHAR", "name of that thread");
const DEV = column("dev", "VARCHAR", "device, major:minor");
const RUN_ID = column("run_id", "INTEGER", "run.run_id for rows of the model; NULL for recorded ones");
const OP_ID = column("op_id", "BIGINT", "operation.op_id it belongs to, where known");
const INO = column("ino", "BIGINT", "inode number");

/** A product that no value of a damaged recording can make fail: NULL where it does not fit. */
function scaled(value: string, unit: string): string {
  return `TRY(${value} * ${unit})`;
}

/** Inode number of an event. */
const EVENT_INO = "coalesce(event.ino, kind.ino)";

/** SQL of the word that a code stands for. */
function word(code: string, words: readonly string[]): string {
  return `(${JSON.stringify(words).replaceAll('"', "'")})[${code} + 1]`;
}

/**
 * What happened to pages.
 *
 * @param events rows of `store.event_rows`, as a relation
 * @param owners rows of `store.page_owner_rows`, as a relation: those at least that meet the events. All that are given
 * are sorted, so who asks for some of the events gives few
 */
export function pageEventsOf(events: string, owners: string): string {
  return `
WITH page AS (
  SELECT kind.recording_id, event.seq::UINTEGER AS seq, event.ts_ns, event.tag_id, kind.page_kind, kind.dev,
    ${EVENT_INO} AS ino,
    ${scaled("event.position", "kind.offset_unit")} // page_bytes(recording.page_size) AS page_index,
    ${scaled("event.bytes", "kind.bytes_unit")} // page_bytes(recording.page_size) AS pages
  FROM ${events} AS event
  JOIN store.tag AS tag ON tag.tag_id = event.tag_id
  JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
  JOIN main.recording AS recording ON recording.recording_id = kind.recording_id
  WHERE kind.page_kind IS NOT NULL
)
SELECT page.recording_id, NULL::INTEGER AS run_id, page.seq, page.ts_ns, page.page_kind AS kind, page.dev, page.ino,
  page.page_index, page.pages, CASE WHEN page.seq <= owner.last_seq THEN owner.op_id END::BIGINT AS op_id,
  ${word("CASE WHEN page.seq <= owner.last_seq THEN owner.cause_code ELSE 0 END", CAUSES)} AS cause
FROM page
ASOF LEFT JOIN ${owners} AS owner ON owner.tag_id = page.tag_id AND page.seq >= owner.first_seq`;
}

/** Views that give the coded tables the columns that users rely on. */
export const CORE_VIEWS: readonly View[] = [
  {
    schema: "main",
    name: "event",
    description: "one row an event of any input, in time order by seq",
    columns: [
      RECORDING_ID,
      SEQ,
      column("ts_ns", "BIGINT", "time, ns"),
      column("cpu", "SMALLINT", "CPU it was recorded on"),
      PID,
      COMM,
      column("source", "VARCHAR", "ftrace, blktrace or perf"),
      column("name", "VARCHAR", "event name, e.g. block_rq_issue"),
      DEV,
      INO,
      column("file_offset", "BIGINT", "position in the file, bytes"),
      column("sector", "BIGINT", "first sector on dev, of 512 bytes"),
      column("bytes", "BIGINT", "length, bytes"),
      column("rwbs", "VARCHAR", "request flags, e.g. WS, RA, FF"),
      column("ret", "BIGINT", "result of the call or request, negative errno on failure"),
      column("tgid", "INTEGER", "process id, where recorded"),
      column("irq_flags", "VARCHAR", "interrupt and preemption state as ftrace prints it"),
      column("system", "VARCHAR", "trace system, e.g. block or ext4"),
      column("action", "VARCHAR", "blkparse's letter for records of the blk tracer"),
      column("buffer", "VARCHAR", "trace instance, NULL for the main buffer"),
    ],
    select: `
SELECT kind.recording_id, event.seq::UINTEGER AS seq, event.ts_ns, context.cpu, context.pid, context.comm, kind.source,
  kind.name, kind.dev, ${EVENT_INO} AS ino, ${scaled("event.position", "kind.offset_unit")} AS file_offset,
  event.position * kind.sector_unit AS sector,
  ${scaled("event.bytes", "kind.bytes_unit")} AS bytes, kind.rwbs, event.ret, context.tgid, context.irq_flags,
  kind.system, kind.action, kind.buffer
FROM store.event_rows AS event
JOIN store.tag AS tag ON tag.tag_id = event.tag_id
JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
JOIN store.context AS context ON context.context_id = tag.context_id`,
  },
  {
    schema: "main",
    name: "operation",
    description: "one row an operation on a file: system calls, asynchronous requests, page faults of mappings",
    columns: [
      RECORDING_ID,
      RUN_ID,
      column("op_id", "UINTEGER", "number of the operation, from 0, in order of its beginning"),
      column("task", "VARCHAR", "name and thread id of who began it"),
      column("kind", "VARCHAR", `family of the system call: ${KINDS.join(" ")}`),
      column("syscall", "VARCHAR", "the system call's own name, or that of the event that began it"),
      column("direct", "BOOLEAN", "whether data went past the page cache as executed; NULL if partly, or unknown"),
      DEV,
      INO,
      column("path", "VARCHAR", "path as opened, where the recording has it"),
      column("file_offset", "BIGINT", "position in the file, bytes"),
      column("bytes", "BIGINT", "length asked for, bytes; for requests whose length is in user memory, as seen"),
      column("start_ns", "BIGINT", "time of the call, ns; of a request: of the call that submitted it"),
      column("end_ns", "BIGINT", "time of its return, ns; of a request: of its delivery; NULL if not recorded"),
      column("result", "BIGINT", "result, negative errno on failure; NULL if not recorded"),
      column("errno", "INTEGER", "errno of a failure, else NULL"),
      column("attribution", "VARCHAR", "how the file is known: certain, by-interval, by-time or unknown"),
      column("execution", "VARCHAR", `how the data went: ${EXECUTIONS.join(", ")}`),
      column("requested_direct", "BOOLEAN", "whether the file is open with O_DIRECT; NULL if not known"),
      column("done_ns", "BIGINT", "time an asynchronous request was complete, ns"),
      column("part_of", "UINTEGER", "operation that it is a part of, or that submitted it"),
      column("open_id", "UINTEGER", "open file: the same for all operations on it"),
      column("pid", "INTEGER", "thread id of who began it"),
      column("first_seq", "UINTEGER", "event.seq of its first event"),
      column("last_seq", "UINTEGER", "event.seq of its last event"),
    ],
    select: `
SELECT kind.recording_id, NULL::INTEGER AS run_id, operation.op_id, context.comm || '-' || context.pid AS task,
  ${word("operation.kind_code", KINDS)} AS kind, regexp_replace(kind.name, '^sys_enter_', '') AS syscall,
  CASE ${word("operation.execution_code", EXECUTIONS)} WHEN 'direct' THEN TRUE WHEN 'buffered' THEN FALSE
    WHEN 'dax' THEN FALSE WHEN 'mixed' THEN NULL WHEN 'none' THEN (open_file.flags & 16384) <> 0 END AS direct,
  file.dev, file.ino, open_file.path, operation.file_offset, operation.bytes, operation.start_ns, operation.end_ns,
  operation.result, CASE WHEN operation.result BETWEEN -4095 AND -1 THEN -operation.result END::INTEGER AS errno,
  CASE WHEN file.ino IS NULL THEN 'unknown' WHEN operation.attribution_code = 0 THEN 'by-interval'
    ELSE ${word("operation.attribution_code", ATTRIBUTIONS)} END AS attribution,
  ${word("operation.execution_code", EXECUTIONS)} AS execution, coalesce((open_file.flags & 16384) <> 0,
    CASE WHEN ${word("operation.execution_code", EXECUTIONS)} IN ('direct', 'mixed') THEN TRUE END) AS requested_direct,
  operation.done_ns, operation.part_of, operation.open_id, context.pid, operation.first_seq, operation.last_seq
FROM store.operation_rows AS operation
JOIN store.tag AS tag ON tag.tag_id = operation.tag_id
JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
JOIN store.context AS context ON context.context_id = tag.context_id
LEFT JOIN store.open_file AS open_file ON open_file.open_id = operation.open_id
LEFT JOIN store.file AS file ON file.file_id = coalesce(operation.file_id, open_file.file_id)`,
  },
  {
    schema: "main",
    name: "bio",
    description: "one row a bio: the life of one I/O from queue to completion",
    columns: [
      RECORDING_ID,
      RUN_ID,
      column("bio_id", "UINTEGER", "number of the bio, from 0"),
      DEV,
      column("sector", "BIGINT", "first sector, of 512 bytes"),
      column("bytes", "BIGINT", "length, bytes"),
      column("rwbs", "VARCHAR", "request flags, e.g. WS, RA, FF"),
      column("queue_ns", "BIGINT", "time queued (Q), ns"),
      column("getrq_ns", "BIGINT", "time it got a request (G), ns"),
      column("insert_ns", "BIGINT", "time inserted into the scheduler (I), ns"),
      column("issue_ns", "BIGINT", "time issued to the driver (D), ns"),
      column("complete_ns", "BIGINT", "time completed (C), ns"),
      column("merged_into", "UINTEGER", "bio_id whose request it was merged into"),
      column("error", "INTEGER", "errno of the completion, negative; 0 or NULL if none"),
      OP_ID,
      INO,
      column("file_offset", "BIGINT", "position in the file, bytes"),
      column("attribution", "VARCHAR", "how op_id and ino are known: certain, by-interval, by-time or unknown"),
      column("role", "VARCHAR", `what it carries: ${ROLES.join(", ")}`),
      column("split_from", "UINTEGER", "bio_id it was split off"),
      column("remapped_from", "UINTEGER", "bio_id on the upper device that it was remapped from"),
      column("requeues", "USMALLINT", "times the request was put back after issue"),
      column("pid", "INTEGER", "thread id of its first event"),
      column("comm", "VARCHAR", "name of that thread"),
      column("first_seq", "UINTEGER", "event.seq of its first event"),
      column("last_seq", "UINTEGER", "event.seq of its last event"),
    ],
    select: `
SELECT kind.recording_id, NULL::INTEGER AS run_id, bio.bio_id, kind.dev, bio.sector, bio.bytes, kind.rwbs, bio.queue_ns,
  bio.getrq_ns, bio.insert_ns, bio.issue_ns, bio.complete_ns, bio.merged_into, bio.error,
  owner.op_id::BIGINT AS op_id, file.ino, owner.file_offset,
  ${word("coalesce(owner.attribution_code, 0)", ATTRIBUTIONS)} AS attribution,
  ${word("coalesce(owner.role_code, 0)", ROLES)} AS role, bio.split_from, bio.remapped_from,
  bio.requeues, context.pid, context.comm, bio.first_seq, bio.last_seq
FROM store.bio_rows AS bio
JOIN store.tag AS tag ON tag.tag_id = bio.tag_id
JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
JOIN store.context AS context ON context.context_id = tag.context_id
LEFT JOIN store.bio_owner_rows AS owner ON owner.bio_id = bio.bio_id
LEFT JOIN store.file AS file ON file.file_id = owner.file_id`,
  },
  {
    schema: "main",
    name: "page_event",
    description: "what happened to pages of the page cache",
    columns: [
      RECORDING_ID,
      RUN_ID,
      SEQ,
      column("ts_ns", "BIGINT", "time, ns"),
      column("kind", "VARCHAR", "add, delete, dirty, writeback_start, writeback_end, uptodate, map or unmap"),
      DEV,
      INO,
      column("page_index", "BIGINT", "index of the first page in the file"),
      column("pages", "BIGINT", "number of pages"),
      OP_ID,
      column("cause", "VARCHAR", "readahead, read, write, fault, invalidate, truncate, reclaim, writeback or unknown"),
    ],
    select: pageEventsOf("store.event_rows", "store.page_owner_rows"),
  },
];
