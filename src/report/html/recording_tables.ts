/**
 * What a recording shows over time: operations, bios, page-cache steps and events, packed for the timeline.
 *
 * @module
 */
import type { EngineConnection } from "../../results/wasm_engine.ts";
import { Dictionary } from "./dictionary.ts";
import { type PackedTable, TablePacker } from "./packed_table.ts";
import { hasRelation, numberColumns, objects } from "./report_queries.ts";

/** A file that operations, bios or page events are about. */
export interface ReportedFile {
  readonly recording: number;
  readonly dev: string;
  readonly ino: string;
  /** As opened, where the recording has it. */
  readonly path: string | null;
}

/** A kind of event together with who it is of, as events refer to it. */
export interface ReportedTag {
  readonly name: string;
  readonly dev: string | null;
  readonly rwbs: string | null;
  readonly cpu: number | null;
  /** Number of the task among the words of `tasks`. */
  readonly task: number;
}

/** What the numbers in the packed tables stand for. */
export interface RecordingWords {
  /** Time 0 of the page on the clock of the first recording, ns. */
  readonly originNs: string;
  /** Length of all recordings together, ns. */
  readonly lengthNs: number;
  readonly pageSize: number;
  /** Name and thread id: `fio-1234`. */
  readonly tasks: readonly string[];
  readonly kinds: readonly string[];
  readonly syscalls: readonly string[];
  readonly executions: readonly string[];
  readonly attributions: readonly string[];
  readonly devices: readonly string[];
  readonly rwbs: readonly string[];
  readonly roles: readonly string[];
  readonly pageKinds: readonly string[];
  readonly causes: readonly string[];
  /** `IOLOCK EXCL`, `ILOCK SHARED`, ... */
  readonly locks: readonly string[];
  readonly files: readonly ReportedFile[];
  readonly tags: readonly ReportedTag[];
}

export interface RecordingTables {
  readonly words: RecordingWords;
  readonly tables: readonly PackedTable[];
  readonly counts: { readonly operations: number; readonly bios: number; readonly pageEvents: number };
}

/** A file's key in SQL, which is NULL where the file is not known. */
const FILE_KEY = "recording_id || ' ' || dev || ' ' || ino";

function tasksKey(): string {
  return "coalesce(comm, '?') || '-' || coalesce(pid::VARCHAR, '?')";
}

/** Reads and packs them; null where the results hold no recording. */
export function recordingTables(connection: EngineConnection): RecordingTables | null {
  const [span] = objects(
    connection,
    `SELECT min(first_ns) AS origin, (max(last_ns) - min(first_ns))::DOUBLE AS length, max(page_size) AS page_size,
       count(*)::INTEGER AS recordings FROM main.recording`,
  );
  if (span.recordings === 0 || span.origin === null) return null;
  const at = (column: string) => `(${column} - ${span.origin})::DOUBLE`;
  const dictionaries = {
    task: new Dictionary(),
    kind: new Dictionary(),
    syscall: new Dictionary(),
    execution: new Dictionary(),
    attribution: new Dictionary(),
    dev: new Dictionary(),
    rwbs: new Dictionary(),
    role: new Dictionary(),
    page_kind: new Dictionary(),
    cause: new Dictionary(),
    lock: new Dictionary(),
    file: new Dictionary(),
  };
  const operations = numberColumns(
    connection,
    `SELECT op_id::DOUBLE AS op_id, task, kind, syscall, execution, attribution, ${FILE_KEY} AS file,
       file_offset::DOUBLE AS file_offset, bytes::DOUBLE AS bytes, ${at("start_ns")} AS start, ${at("end_ns")} AS "end",
       result::DOUBLE AS result, part_of::DOUBLE AS part_of, first_seq::DOUBLE AS first_seq,
       last_seq::DOUBLE AS last_seq
     FROM main.operation ORDER BY op_id`,
    dictionaries,
  );
  const bios = numberColumns(
    connection,
    `SELECT bio_id::DOUBLE AS bio_id, dev, sector::DOUBLE AS sector, bytes::DOUBLE AS bytes, rwbs, role, attribution,
       ${at("coalesce(queue_ns, getrq_ns, insert_ns, issue_ns, complete_ns)")} AS queue, ${at("getrq_ns")} AS getrq,
       ${at("insert_ns")} AS "insert", ${at("issue_ns")} AS issue, ${at("complete_ns")} AS complete,
       op_id::DOUBLE AS op_id, ${FILE_KEY} AS file, file_offset::DOUBLE AS file_offset, error::DOUBLE AS error,
       merged_into::DOUBLE AS merged_into, ${tasksKey()} AS task, first_seq::DOUBLE AS first_seq
     FROM main.bio ORDER BY "queue" NULLS FIRST, bio_id`,
    dictionaries,
  );
  const pages = numberColumns(
    connection,
    `SELECT seq::DOUBLE AS seq, ${at("ts_ns")} AS ts, kind AS page_kind, ${FILE_KEY} AS file,
       page_index::DOUBLE AS page_index, pages::DOUBLE AS pages, op_id::DOUBLE AS op_id, cause
     FROM main.page_event ORDER BY seq`,
    dictionaries,
  );
  const events = numberColumns(
    connection,
    `SELECT ${at("ts_ns")} AS ts, ino::DOUBLE AS ino, file_offset::DOUBLE AS file_offset, sector::DOUBLE AS sector,
       bytes::DOUBLE AS bytes, ret::DOUBLE AS ret
     FROM main.event ORDER BY seq`,
    {},
  );
  // What an event is and whose is one number in the store: a few hundred of them say it for millions of events.
  const eventTags = numberColumns(connection, "SELECT tag_id::DOUBLE AS tag FROM store.event_rows ORDER BY seq", {});
  const locks = hasRelation(connection, "lock_intervals")
    ? numberColumns(
      connection,
      `SELECT ${tasksKey()} AS task, ${FILE_KEY} AS file, lock || ' ' || mode AS lock, ${at("start_ns")} AS start,
         ${at("end_ns")} AS "end", first_seq::DOUBLE AS first_seq
       FROM main.lock_intervals ORDER BY start_ns, first_seq`,
      dictionaries,
    )
    : null;
  const tags = tagsOf(connection, dictionaries.task);
  return {
    words: {
      originNs: String(span.origin),
      lengthNs: Number(span.length),
      pageSize: Number(span.page_size ?? 4096),
      tasks: dictionaries.task.words,
      kinds: dictionaries.kind.words,
      syscalls: dictionaries.syscall.words,
      executions: dictionaries.execution.words,
      attributions: dictionaries.attribution.words,
      devices: dictionaries.dev.words,
      rwbs: dictionaries.rwbs.words,
      roles: dictionaries.role.words,
      pageKinds: dictionaries.page_kind.words,
      causes: dictionaries.cause.words,
      locks: dictionaries.lock.words,
      files: filesOf(connection, dictionaries.file),
      tags,
    },
    tables: [
      new TablePacker("operation", operations.rows)
        .column("op_id", "difference", operations.column("op_id"))
        .column("task", "plain", operations.column("task"))
        .column("kind", "plain", operations.column("kind"))
        .column("syscall", "plain", operations.column("syscall"))
        .column("execution", "plain", operations.column("execution"))
        .column("attribution", "plain", operations.column("attribution"))
        .column("file", "plain", operations.column("file"))
        .column("file_offset", "difference", operations.column("file_offset"))
        .column("bytes", "plain", operations.column("bytes"))
        .column("start", "difference", operations.column("start"))
        .column("duration", "plain", difference(operations.column("end"), operations.column("start")))
        .column("result", "plain", operations.column("result"))
        .column("part_of", "difference", operations.column("part_of"))
        .column("first_seq", "difference", operations.column("first_seq"))
        .column("last_seq", "difference", operations.column("last_seq"))
        .pack(),
      new TablePacker("bio", bios.rows)
        .column("bio_id", "difference", bios.column("bio_id"))
        .column("dev", "plain", bios.column("dev"))
        .column("sector", "difference", bios.column("sector"))
        .column("bytes", "plain", bios.column("bytes"))
        .column("rwbs", "plain", bios.column("rwbs"))
        .column("role", "plain", bios.column("role"))
        .column("attribution", "plain", bios.column("attribution"))
        .column("queue", "difference", bios.column("queue"))
        .column("getrq", "plain", difference(bios.column("getrq"), bios.column("queue")))
        .column("insert", "plain", difference(bios.column("insert"), bios.column("queue")))
        .column("issue", "plain", difference(bios.column("issue"), bios.column("queue")))
        .column("complete", "plain", difference(bios.column("complete"), bios.column("queue")))
        .column("op_id", "difference", bios.column("op_id"))
        .column("file", "plain", bios.column("file"))
        .column("file_offset", "difference", bios.column("file_offset"))
        .column("error", "plain", bios.column("error"))
        .column("merged_into", "difference", bios.column("merged_into"))
        .column("task", "plain", bios.column("task"))
        .column("first_seq", "difference", bios.column("first_seq"))
        .pack(),
      new TablePacker("page_event", pages.rows)
        .column("seq", "difference", pages.column("seq"))
        .column("ts", "difference", pages.column("ts"))
        .column("kind", "plain", pages.column("page_kind"))
        .column("file", "plain", pages.column("file"))
        .column("page_index", "difference", pages.column("page_index"))
        .column("pages", "plain", pages.column("pages"))
        .column("op_id", "difference", pages.column("op_id"))
        .column("cause", "plain", pages.column("cause"))
        .pack(),
      ...(locks === null ? [] : [
        new TablePacker("lock", locks.rows)
          .column("task", "plain", locks.column("task"))
          .column("file", "plain", locks.column("file"))
          .column("lock", "plain", locks.column("lock"))
          .column("start", "difference", locks.column("start"))
          .column("duration", "plain", difference(locks.column("end"), locks.column("start")))
          .column("first_seq", "difference", locks.column("first_seq"))
          .pack(),
      ]),
      new TablePacker("event", events.rows)
        .column("ts", "difference", events.column("ts"))
        .column("tag", "plain", eventTags.column("tag"))
        .pack(),
      // What only the details of an event show: decoded when they are asked for.
      new TablePacker("event_detail", events.rows)
        .column("ino", "difference", events.column("ino"))
        .column("file_offset", "difference", events.column("file_offset"))
        .column("sector", "difference", events.column("sector"))
        .column("bytes", "plain", events.column("bytes"))
        .column("ret", "plain", events.column("ret"))
        .pack(),
    ],
    counts: { operations: operations.rows, bios: bios.rows, pageEvents: pages.rows },
  };
}

function difference(later: Float64Array, earlier: Float64Array): Float64Array {
  return later.map((value, row) => value - earlier[row]);
}

/** Codes of events are close to each other in the table, so that a number of it is the place in this list. */
function tagsOf(connection: EngineConnection, tasks: Dictionary): ReportedTag[] {
  const tags: ReportedTag[] = [];
  const rows = objects(
    connection,
    `SELECT tag_id::INTEGER AS tag_id, name, dev, rwbs, cpu::INTEGER AS cpu, ${tasksKey()} AS task
     FROM store.tag JOIN store.kind USING (kind_id) JOIN store.context USING (context_id) ORDER BY tag_id`,
  );
  for (const { tag_id, name, dev, rwbs, cpu, task } of rows) {
    tags[Number(tag_id)] = {
      name: String(name),
      dev: dev === null ? null : String(dev),
      rwbs: rwbs === null ? null : String(rwbs),
      cpu: cpu === null ? null : Number(cpu),
      task: tasks.code(String(task)),
    };
  }
  return Array.from(tags, (tag) => tag ?? { name: "?", dev: null, rwbs: null, cpu: null, task: -1 });
}

function filesOf(connection: EngineConnection, keys: Dictionary): ReportedFile[] {
  const paths = new Map(
    objects(
      connection,
      `SELECT ${FILE_KEY} AS file, arg_min(path, op_id) AS path FROM main.operation
       WHERE path IS NOT NULL AND ino IS NOT NULL GROUP BY ALL`,
    ).map(({ file, path }) => [String(file), String(path)]),
  );
  return keys.words.map((key) => {
    const [recording, dev, ino] = key.split(" ");
    return { recording: Number(recording), dev, ino, path: paths.get(key) ?? null };
  });
}
