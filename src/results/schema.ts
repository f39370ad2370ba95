/**
 * The results schema, declared once: `CREATE TABLE`, `COMMENT ON` and what `query --schema` prints come from here.
 *
 * Times are nanoseconds of the first recording's clock, positions and lengths bytes, sectors 512 bytes, `dev` is text
 * `major:minor`.
 *
 * @module
 */
import { ATTRIBUTIONS, CAUSES, EXECUTIONS, KINDS, ROLES } from "../lifting/operation_kinds.ts";
import type { StoredType } from "./column_types.ts";
import { MODEL_TABLES } from "./model_tables.ts";
import { type ReadEvent, readEvents } from "./read_events.ts";
import { SHIPPED_VIEWS } from "./shipped_views.ts";

/** Version of the schema a file was written with, in its `meta` table. */
export const SCHEMA_VERSION = 1;

/** Value of `meta.tool`, by which our own files are known. */
export const TOOL_NAME = "dioscope";

/** One column of a table or view. */
export interface Column {
  name: string;
  type: StoredType;
  /** One line, with units. */
  description: string;
}

/** A table or view and its columns. */
export interface Relation {
  /** `main`: for users; `store`: integer-coded tables behind the views. */
  schema: "main" | "store";
  name: string;
  description: string;
  columns: readonly Column[];
}

/** Fields of an event type that a view reads. */
export interface RawNeed {
  event: string;
  /** What they are read as; a value that is none of that type is NULL. */
  columns: readonly { name: string; type: StoredType }[];
}

/** A view over tables of this file. */
export interface View extends Relation {
  /** A SELECT whose columns are the declared ones, in order and by name. */
  select: string;
  /** Event types that the SELECT reads by way of {@linkcode READ_EVENTS}; a file need not have them. */
  needs?: readonly RawNeed[];
}

function column(name: string, type: StoredType, description: string): Column {
  return { name, type, description };
}

const RECORDING_ID = column("recording_id", "SMALLINT", "which input: recording.recording_id");
const SEQ = column("seq", "UINTEGER", "number of the event in time order over all inputs, from 0");

const RECORDING_TABLES: readonly Relation[] = [
  {
    schema: "main",
    name: "meta",
    description: "what made this file: schema and tool version, command, inputs, counts",
    columns: [
      column("key", "VARCHAR", "name of a fact, e.g. schema_version"),
      column("value", "VARCHAR", "the fact as text"),
    ],
  },
  {
    schema: "main",
    name: "recording",
    description: "one row an input",
    columns: [
      column("recording_id", "SMALLINT", "number of the input, from 1"),
      column("path", "VARCHAR", "as given on the command line; - is standard input"),
      column("format", "VARCHAR", "format recognised in the input"),
      column("kernel", "VARCHAR", "kernel release, where the input says it"),
      column("clock", "VARCHAR", "trace clock, where the input says it"),
      column("page_size", "INTEGER", "bytes a page; NULL where the input does not say, and 4096 is taken"),
      column("cpus", "INTEGER", "number of CPUs"),
      column("first_ns", "BIGINT", "time of the first event, ns"),
      column("last_ns", "BIGINT", "time of the last event, ns"),
      column("events", "BIGINT", "events read"),
      column("lost_events", "BIGINT", "events the recorder says it lost"),
      column("skipped_records", "BIGINT", "records present but not readable"),
      column("clock_offset_ns", "BIGINT", "added to every time to align it with recording 1, ns"),
    ],
  },
  {
    schema: "main",
    name: "diagnostic",
    description: "every loss, gap, unknown or bad record, with its count",
    columns: [
      RECORDING_ID,
      column("severity", "VARCHAR", "info, warning, error or data_loss"),
      column("code", "VARCHAR", "short name of the kind of finding"),
      column("count", "BIGINT", "how often it was met, or how many events were lost"),
      column("first_seq", "BIGINT", "event.seq at or after the first one"),
      column("first_ns", "BIGINT", "time of the first one, ns"),
      column("message", "VARCHAR", "what it means"),
      column("position", "VARCHAR", "file and byte or line of the first one"),
    ],
  },
  {
    schema: "main",
    name: "device",
    description: "block devices seen",
    columns: [
      RECORDING_ID,
      column("dev", "VARCHAR", "major:minor"),
      column("fs_block_size", "INTEGER", "bytes a filesystem block, as inferred from the events; NULL if unknown"),
      column("evidence", "BIGINT", "events that agree with fs_block_size"),
    ],
  },
  {
    schema: "main",
    name: "device_stack",
    description: "which device lies on which: partitions, loop, dm and md, from block_bio_remap",
    columns: [
      RECORDING_ID,
      column("dev", "VARCHAR", "upper device, major:minor"),
      column("lower_dev", "VARCHAR", "device its I/O goes to, major:minor"),
      column("start_sector", "BIGINT", "sector of lower_dev where sector 0 of dev is; NULL if it varies"),
      column("remaps", "BIGINT", "remap events seen"),
    ],
  },
  {
    schema: "main",
    name: "window_shape",
    description: "what is looked at of pairs of operations that were at the same place at the same time, as scenarios",
    columns: [
      column("shape", "VARCHAR", "its name, which is run.scenario of its explorations"),
      column("title", "VARCHAR", "what is beside what"),
      column("windows", "BIGINT", "pairs of the recording that come to this, or of which it is a part"),
      column("op_ids", "UINTEGER[]", "operation.op_id of these pairs, two each"),
      column("scenario_text", "VARCHAR", "the scenario, without its system, as YAML"),
    ],
  },
  {
    schema: "main",
    name: "conformance",
    description: "events of calls as recorded, beside those that the model of the kernel fires for the same calls",
    columns: [
      RECORDING_ID,
      column("system", "VARCHAR", "the model, its kernel and its file system"),
      column("event", "VARCHAR", "name of the event"),
      column("predicted", "BIGINT", "events that the model fires"),
      column("observed", "BIGINT", "recorded events of calls, and those that nothing explains"),
      column("matched", "BIGINT", "events of both, in one order within a call and with equal key fields"),
      column("family", "VARCHAR", "direct I/O, page cache, iomap, block, file system, journal or other"),
      column("modelled", "BOOLEAN", "whether the model fires events of this name at all"),
      column("unexplained", "BIGINT", "part of observed: they belong to no call and to no work of the kernel's own"),
      column("elsewhere", "BIGINT", "not in observed: of writeback, the journal, completions, updates of timestamps"),
    ],
  },
  {
    schema: "main",
    name: "conformance_call",
    description: "how far each call goes as the model has it, and the first event that differs",
    columns: [
      RECORDING_ID,
      column("op_id", "UINTEGER", "operation.op_id"),
      column("predicted", "BIGINT", "events that the model fires in the task of the call"),
      column("observed", "BIGINT", "recorded ones of the same names"),
      column("matched", "BIGINT", "events of both, in one order"),
      column("prefix", "BIGINT", "events up to the first that differs"),
      column("first_seq", "UINTEGER", "event.seq of the first that differs; NULL where the recording has no more"),
      column("expected", "VARCHAR", "what the model expected there, name and key fields; NULL: nothing differs"),
      column("recorded", "VARCHAR", "what the recording has there"),
      column("why", "VARCHAR", "what the model says of it"),
    ],
  },
  {
    schema: "main",
    name: "symbol",
    description: "kernel symbols, where the input brings them",
    columns: [
      RECORDING_ID,
      column("address", "UBIGINT", "first address"),
      column("name", "VARCHAR", "symbol name"),
      column("module", "VARCHAR", "module it is in, NULL for the kernel itself"),
    ],
  },
];

/** Tables that are written row by row at the end. */
export const MAIN_TABLES: readonly Relation[] = [...RECORDING_TABLES, ...MODEL_TABLES];

/**
 * Integer-coded tables: many rows a second go in here. No row is ever deleted, so that an event's rowid is its number
 * in order, and need not be stored a second time.
 */
const CODE_TABLES: readonly Relation[] = [
  {
    schema: "store",
    name: "context",
    description: "distinct combinations of what a trace line says of its task and CPU",
    columns: [
      column("context_id", "UINTEGER", "key"),
      RECORDING_ID,
      column("cpu", "SMALLINT", "CPU"),
      column("pid", "INTEGER", "thread id"),
      column("tgid", "INTEGER", "process id, where recorded"),
      column("comm", "VARCHAR", "task name"),
      column("irq_flags", "VARCHAR", "interrupt and preemption state as ftrace prints it"),
    ],
  },
  {
    schema: "store",
    name: "kind",
    description: "distinct combinations of event type, device, request flags and, where there are few, inode",
    columns: [
      column("kind_id", "UINTEGER", "key"),
      RECORDING_ID,
      column("source", "VARCHAR", "ftrace, blktrace or perf"),
      column("system", "VARCHAR", "trace system, e.g. block or ext4"),
      column("name", "VARCHAR", "event name"),
      column("action", "VARCHAR", "blkparse's letter for records of the blk tracer"),
      column("buffer", "VARCHAR", "trace instance, NULL for the main buffer"),
      column("dev", "VARCHAR", "major:minor"),
      column("rwbs", "VARCHAR", "request flags as block events print them"),
      column("ino", "BIGINT", "inode number; NULL: the events have none, or it is in event_rows"),
      column("offset_unit", "BIGINT", "bytes that one unit of event_rows.position is; NULL: a sector, or unknown"),
      column("sector_unit", "BIGINT", "sectors that one unit of event_rows.position is; NULL: a position in a file"),
      column("bytes_unit", "BIGINT", "bytes that one unit of event_rows.bytes is; NULL if unknown"),
      column("page_kind", "VARCHAR", "what it does to a page of the cache: add, delete, dirty, ...; else NULL"),
    ],
  },
  {
    schema: "store",
    name: "tag",
    description: "combinations of kind and context that occur",
    columns: [
      column("tag_id", "UINTEGER", "key"),
      column("kind_id", "UINTEGER", "store.kind"),
      column("context_id", "UINTEGER", "store.context"),
    ],
  },
];

/** Tables that lifting makes at the end. */
const LIFTED_STORE_TABLES: readonly Relation[] = [
  {
    schema: "store",
    name: "file",
    description: "files that events name, by device and inode number",
    columns: [
      column("file_id", "UINTEGER", "key"),
      RECORDING_ID,
      column("dev", "VARCHAR", "major:minor"),
      column("ino", "BIGINT", "inode number"),
    ],
  },
  {
    schema: "store",
    name: "open_file",
    description: "open files: what open(2) made, shared by descriptors that were duplicated or inherited",
    columns: [
      column("open_id", "UINTEGER", "key"),
      RECORDING_ID,
      column("file_id", "UINTEGER", "store.file, as the operations on it showed; NULL if none did"),
      column("flags", "BIGINT", "flags of open(2); NULL if it was opened before the recording"),
      column("path", "VARCHAR", "path as opened, where the recording has it"),
      column("opened_by", "UINTEGER", "operation that opened it"),
    ],
  },
];

/** All integer-coded tables that are written at the end. */
export const STORE_TABLES: readonly Relation[] = [...CODE_TABLES, ...LIFTED_STORE_TABLES];

/**
 * Tables of many rows a second, in codes. What a file stores of them are the columns that have more than one value there;
 * the others are in the view of {@linkcode rowsView}: a column of one value costs a twentieth of a second a million rows.
 */
export const ROW_TABLES: readonly Relation[] = [
  {
    schema: "store",
    name: "event",
    description: "one row an event, in codes, in order: event.seq is the rowid; columns of one value are in event_rows",
    columns: [
      column("ts_ns", "BIGINT", "time, ns"),
      column("tag_id", "UINTEGER", "store.tag: what it is, and of which task and CPU"),
      column("ino", "BIGINT", "inode number, where it is not in store.kind"),
      column("position", "BIGINT", "in the file, in kind.offset_unit, or on the device, in kind.sector_unit"),
      column("bytes", "BIGINT", "length, in kind.bytes_unit"),
      column("ret", "BIGINT", "result of the call or request"),
    ],
  },
  {
    schema: "store",
    name: "bio",
    description: "one row a bio's life, in codes; columns of one value are in bio_rows",
    columns: [
      column("bio_id", "UINTEGER", "number of the bio, from 0"),
      column("tag_id", "UINTEGER", "store.tag of the first event"),
      column("sector", "BIGINT", "first sector, of 512 bytes"),
      column("bytes", "BIGINT", "length, bytes"),
      column("queue_ns", "BIGINT", "time queued, ns"),
      column("getrq_ns", "BIGINT", "time it got a request, ns"),
      column("insert_ns", "BIGINT", "time inserted into the scheduler, ns"),
      column("issue_ns", "BIGINT", "time issued to the driver, ns"),
      column("complete_ns", "BIGINT", "time completed, ns"),
      column("merged_into", "UINTEGER", "bio_id whose request it was merged into"),
      column("split_from", "UINTEGER", "bio_id it was split off"),
      column("remapped_from", "UINTEGER", "bio_id on the upper device that it was remapped from"),
      column("requeues", "USMALLINT", "times the request was put back after issue"),
      column("error", "INTEGER", "errno of the completion, negative; 0 or NULL if none"),
      column("first_seq", "UINTEGER", "event.seq of its first event"),
      column("last_seq", "UINTEGER", "event.seq of its last event"),
    ],
  },
  {
    schema: "store",
    name: "operation",
    description: "one row an operation, in codes; columns of one value are in operation_rows",
    columns: [
      column("op_id", "UINTEGER", "number of the operation, from 0, in order of its beginning"),
      column("tag_id", "UINTEGER", "store.tag of the event that began it"),
      column("kind_code", "UTINYINT", "family of the system call, as a code"),
      column("file_id", "UINTEGER", "store.file, where known when it ended"),
      column("open_id", "UINTEGER", "store.open_file"),
      column("attribution_code", "UTINYINT", "how the file is known, as a code"),
      column("execution_code", "UTINYINT", "how the data went, as a code"),
      column("file_offset", "BIGINT", "position in the file, bytes"),
      column("bytes", "BIGINT", "length asked for, bytes"),
      column("start_ns", "BIGINT", "time of its beginning, ns"),
      column("end_ns", "BIGINT", "time of its end or delivery, ns"),
      column("done_ns", "BIGINT", "time an asynchronous request was complete, ns"),
      column("result", "BIGINT", "result of the call or request, negative errno on failure"),
      column("part_of", "UINTEGER", "operation that it is a part of, or that submitted it"),
      column("first_seq", "UINTEGER", "event.seq of its first event"),
      column("last_seq", "UINTEGER", "event.seq of its last event"),
    ],
  },
  {
    schema: "store",
    name: "bio_owner",
    description: "whose a bio is, in codes, for bios that are someone's",
    columns: [
      column("bio_id", "UINTEGER", "store.bio"),
      column("op_id", "UINTEGER", "store.operation"),
      column("file_id", "UINTEGER", "store.file"),
      column("file_offset", "BIGINT", "position in the file, bytes"),
      column("attribution_code", "UTINYINT", "how this is known, as a code"),
      column("role_code", "UTINYINT", "what the bio carries, as a code"),
    ],
  },
  {
    schema: "store",
    name: "page_owner",
    description: "why page events came, in codes, where that is known: runs of events of one tag",
    columns: [
      column("first_seq", "UINTEGER", "event.seq of the first one"),
      column("last_seq", "UINTEGER", "event.seq of the last one"),
      column("tag_id", "UINTEGER", "store.tag of all of them"),
      column("op_id", "UINTEGER", "store.operation"),
      column("cause_code", "UTINYINT", "cause, as a code"),
    ],
  },
];

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

/**
 * The view of a row table that has all of its columns.
 *
 * @param constants SQL of the value of every column that is not stored
 */
export function rowsView(table: Relation, constants: ReadonlyMap<string, string>): View {
  // As the database has it: conditions on what is cast do not reach the table, and all rows would be read for some.
  const seq = table.name === "event" ? [column("seq", "BIGINT", SEQ.description)] : [];
  const values = table.columns.map(({ name, type }) => {
    const constant = constants.get(name);
    return constant === undefined ? name : `${constant}::${type} AS ${name}`;
  });
  return {
    schema: "store",
    name: `${table.name}_rows`,
    description: `store.${table.name} with all its columns`,
    columns: [...seq, ...table.columns],
    select: `SELECT ${[...seq.map(() => "rowid AS seq"), ...values].join(", ")} FROM store.${table.name}`,
  };
}

/** All views over tables, in the order in which they can be created. */
export const VIEWS: readonly View[] = [...CORE_VIEWS, ...SHIPPED_VIEWS];

/** Single event types that views read. */
export const READ_EVENTS: readonly ReadEvent[] = readEvents(VIEWS);

/** Rows below which storing all columns costs less than adding some of them when reading is over. */
const FEW_ROWS = 2048;

/**
 * Columns that come first in a table and are stored from the first row on; `all`: nothing is worth leaving out.
 *
 * @param rows those of its first batch
 */
export function pinnedColumns(schema: "store" | "raw", table: string, rows: number): readonly string[] | "all" {
  // recording_id is one value in most files; a large raw table has it last then, its raw_full view first.
  if (schema === "raw") return rows < FEW_ROWS ? "all" : ["seq"];
  if (table === "event") return ["ts_ns"];
  if (table === "bio" || table === "bio_owner") return ["bio_id"];
  if (table === "operation") return ["op_id"];
  if (table === "page_owner") return ["first_seq", "tag_id"];
  return "all";
}
