/**
 * Integer-coded tables behind the views.
 *
 * @module
 */
import { selected } from "./ddl.ts";
import { column, RECORDING_ID, type Relation, SEQ, type View } from "./relation.ts";

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

/**
 * The view of a row table that has all of its columns.
 *
 * @param constants SQL of the value of every column that is not stored
 */
export function rowsView(table: Relation, constants: ReadonlyMap<string, string>): View {
  // As the database has it: conditions on what is cast do not reach the table, and all rows would be read for some.
  const seq = table.name === "event" ? [column("seq", "BIGINT", SEQ.description)] : [];
  const values = selected(table.columns, constants);
  return {
    schema: "store",
    name: `${table.name}_rows`,
    description: `store.${table.name} with all its columns`,
    columns: [...seq, ...table.columns],
    select: `SELECT ${[...seq.map(() => "rowid AS seq"), ...values].join(", ")} FROM store.${table.name}`,
  };
}
