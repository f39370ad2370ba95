/**
 * What a recording shows over time: operations, bios, page-cache steps and events, packed for the timeline.
 *
 * @module
 */
import type { Cell } from "../../results/query/cells.ts";
import { pageEventsOf } from "../../results/core_views.ts";
import type { EngineConnection } from "../../results/wasm_engine.ts";
import { Dictionary } from "./dictionary.ts";
import type { PartStore } from "./part_store.ts";
import { GroupedTablePacker, type PackedForm, type PackedTable, TablePacker } from "./packed_table.ts";
import type { RecordingWords, ReportedFile, ReportedTag } from "./page_data.ts";
import { hasRelation, numberBatches, objects } from "./report_queries.ts";
import { type NumberRange, type Stretches, stretchesOf } from "./row_stretches.ts";

export interface RecordingTables {
  readonly words: RecordingWords;
  readonly tables: readonly PackedTable[];
  readonly counts: { readonly operations: number; readonly bios: number; readonly pageEvents: number };
}

/** A file's key in SQL, which is NULL where the file is not known. */
const FILE_KEY = "recording_id || ' ' || dev || ' ' || ino";

/** A task's key in SQL, as `operation.task` has it. */
const TASK_KEY = "coalesce(comm, '?') || '-' || coalesce(pid::VARCHAR, '?')";

/** Columns of text, which become codes, by the names that they have in the packed tables. */
const TEXTS = [
  "task",
  "kind",
  "syscall",
  "execution",
  "attribution",
  "dev",
  "rwbs",
  "role",
  "page_kind",
  "cause",
  "lock",
  "file",
] as const;

const LOCK_VIEWS = ["lock_intervals", "lock_waits"];

type Texts = Readonly<Record<typeof TEXTS[number], Dictionary>>;

/** A column: its SQL and how it is packed; text is always packed plain. */
type ColumnSource = readonly [sql: string, form: PackedForm];

interface TableSource {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnSource>>;
  /** Behind FROM; of a stretch where it is a stretch of numbers. */
  readonly from: string | ((range: NumberRange | null) => string);
  readonly order?: string;
  /** Rows are asked for stretch by stretch of their order, so that no more are sorted at a time. */
  readonly stretch?: Stretches;
}

/** A column that is packed under its own name. */
function same(name: string, form: PackedForm): Record<string, ColumnSource> {
  return { [name]: [name, form] };
}

/** What is packed of a recording, with times from `origin` on. */
function sourcesOf(origin: string, recordings: number): TableSource[] {
  const at = (column: string): ColumnSource => [`${column} - ${origin}`, "difference"];
  const queued = "coalesce(queue_ns, getrq_ns, insert_ns, issue_ns, complete_ns)";
  const since = (column: string): ColumnSource => [`${column} - ${queued}`, "plain"];
  return [
    {
      name: "operation",
      columns: {
        ...same("op_id", "difference"),
        ...same("task", "plain"),
        ...same("kind", "plain"),
        ...same("syscall", "plain"),
        ...same("execution", "plain"),
        ...same("attribution", "plain"),
        file: [FILE_KEY, "plain"],
        ...same("file_offset", "difference"),
        ...same("bytes", "plain"),
        start: at("start_ns"),
        duration: ["end_ns - start_ns", "plain"],
        ...same("result", "plain"),
        ...same("part_of", "difference"),
        ...same("first_seq", "difference"),
        ...same("last_seq", "difference"),
      },
      from: "main.operation",
      order: "op_id",
      stretch: { column: "op_id", of: "main.operation", length: 100_000 },
    },
    {
      name: "bio",
      columns: {
        ...same("bio_id", "difference"),
        // Two recordings of one device may have seen the same bios: they are not added up.
        dev: [recordings > 1 ? "dev || ' (recording ' || recording_id || ')'" : "dev", "plain"],
        ...same("sector", "difference"),
        ...same("bytes", "plain"),
        ...same("rwbs", "plain"),
        ...same("role", "plain"),
        ...same("attribution", "plain"),
        queue: at(queued),
        getrq: since("getrq_ns"),
        insert: since("insert_ns"),
        issue: since("issue_ns"),
        complete: since("complete_ns"),
        ...same("op_id", "difference"),
        file: [FILE_KEY, "plain"],
        ...same("file_offset", "difference"),
        ...same("error", "plain"),
        ...same("merged_into", "difference"),
        task: [TASK_KEY, "plain"],
        ...same("first_seq", "difference"),
      },
      from: "main.bio",
      order: `${queued} NULLS FIRST, bio_id`,
      stretch: { by: queued, key: "bio_id", of: "store.bio_rows", rows: 100_000 },
    },
    {
      name: "page_event",
      columns: {
        ...same("seq", "difference"),
        ts: at("ts_ns"),
        page_kind: ["kind", "plain"],
        file: [FILE_KEY, "plain"],
        ...same("page_index", "difference"),
        ...same("pages", "plain"),
        ...same("op_id", "difference"),
        ...same("cause", "plain"),
      },
      from: (range) => `(${pageEventsWithin(range)})`,
      order: "seq",
      stretch: { column: "seq", of: EVENTS, length: 1_000_000 },
    },
    {
      name: "lock",
      columns: {
        task: [TASK_KEY, "plain"],
        file: [FILE_KEY, "plain"],
        ...same("lock", "plain"),
        start: at("start_ns"),
        duration: ["end_ns - start_ns", "plain"],
        ...same("first_seq", "difference"),
      },
      from: `(${LOCKS})`,
      order: "start_ns, first_seq",
    },
    {
      // What an event is and whose is one number in the store: a few hundred of them say it for millions of events.
      name: "event",
      columns: { ts: at("ts_ns"), tag: ["tag_id", "plain"] },
      from: EVENTS,
      stretch: EVENT_STRETCH,
    },
  ];
}

/** What was held and, where the events of waiting are recorded, what was waited for. */
const LOCKS = `
  SELECT recording_id, pid, comm, dev, ino, lock || ' ' || mode AS lock, start_ns, end_ns, first_seq
  FROM main.lock_intervals
  UNION ALL
  SELECT recording_id, pid, comm, NULL, NULL, 'waits ' || kind, start_ns, end_ns, first_seq FROM main.lock_waits`;

/** In order: a table's rows come as they were inserted, and sorting ten million of them would need memory for all. */
const EVENTS = "store.event_rows";

const PAGE_OWNERS = "store.page_owner_rows";

/** A run of page events has one operation: those that reach into a stretch of events say whose its events are. */
export function pageEventsWithin(range: NumberRange | null): string {
  if (range === null) return pageEventsOf(EVENTS, PAGE_OWNERS);
  const { begin, end } = range;
  return pageEventsOf(
    `(FROM ${EVENTS} WHERE seq >= ${begin} AND seq < ${end})`,
    `(FROM ${PAGE_OWNERS} WHERE first_seq < ${end} AND last_seq >= ${begin})`,
  );
}

/** What is read of the file stays in memory until the stretch ends. */
const EVENT_STRETCH: Stretches = { column: "seq", of: EVENTS, length: 2_000_000 };

/** What keeps memory bounded. */
interface Means {
  /** Lets go of what is in memory only because it was read. */
  readonly releaseCache: () => void;
  /** Has what is packed, and has to be open for as long as tables are read. */
  readonly store: PartStore;
}

async function packed(
  connection: EngineConnection,
  source: TableSource,
  texts: Texts,
  { releaseCache, store }: Means,
): Promise<PackedTable> {
  const { name, columns, from, order } = source;
  const list = Object.entries(columns);
  const selected = list.map(([column, [sql]]) => `(${sql})${column in texts ? "" : "::DOUBLE"} AS "${column}"`);
  const packer = new TablePacker(name, Object.fromEntries(list.map(([column, [, form]]) => [column, form])), store);
  for (const { condition, range } of stretchesOf(connection, source.stretch)) {
    const relation = typeof from === "string" ? from : from(range);
    const sql = `SELECT ${selected.join(", ")} FROM ${relation}${condition}${
      order === undefined ? "" : ` ORDER BY ${order}`
    }`;
    for await (const batch of numberBatches(connection, sql, texts)) packer.add(batch.rows, batch.column);
    releaseCache();
  }
  return packer.pack();
}

/** A task as a page calls it: recordings of the block layer alone know numbers only. */
function taskName(key: string): string {
  return key.startsWith("?-") ? `pid ${key.slice(2)}` : key;
}

/** What only the details of an event show, in the units of its tag: decoded when they are asked for. */
const DETAILS = ["ino", "position", "bytes", "ret"];

async function packedDetails(connection: EngineConnection, { releaseCache, store }: Means): Promise<PackedTable> {
  const columns = ["tag_id", ...DETAILS].map((name) => `${name}::DOUBLE AS ${name}`);
  const packer = new GroupedTablePacker("event_detail", DETAILS, store);
  for (const { condition } of stretchesOf(connection, EVENT_STRETCH)) {
    const sql = `SELECT ${columns.join(", ")} FROM ${EVENTS}${condition}`;
    for await (const { column } of numberBatches(connection, sql, {})) packer.add(column("tag_id"), column);
    releaseCache();
  }
  return packer.pack();
}

/** Reads and packs them; null where the results hold no recording. */
export async function recordingTables(connection: EngineConnection, means: Means): Promise<RecordingTables | null> {
  const [span] = objects(
    connection,
    `SELECT min(first_ns) AS origin, (max(last_ns) - min(first_ns))::DOUBLE AS length, max(page_size) AS page_size,
       count(*)::INTEGER AS recordings
     FROM main.recording`,
  );
  if (span.origin === null) return null;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, new Dictionary()])) as Texts;
  const sources = sourcesOf(String(span.origin), Number(span.recordings))
    // Files that were made before there were the views do not tell of locks.
    .filter(({ name }) => name !== "lock" || LOCK_VIEWS.every((view) => hasRelation(connection, view)));
  const tables: PackedTable[] = [];
  // One after the other: a connection streams the rows of one statement only.
  for (const source of sources) tables.push(await packed(connection, source, texts, means));
  tables.push(await packedDetails(connection, means));
  const rowsOf = (name: string) => tables.find((table) => table.name === name)!.rows;
  const tags = tagsOf(connection, texts.task);
  return {
    words: {
      originNs: String(span.origin),
      lengthNs: Number(span.length),
      pageSize: Number(span.page_size ?? 4096),
      tasks: texts.task.words.map(taskName),
      kinds: texts.kind.words,
      syscalls: texts.syscall.words,
      executions: texts.execution.words,
      attributions: texts.attribution.words,
      devices: texts.dev.words,
      rwbs: texts.rwbs.words,
      roles: texts.role.words,
      pageKinds: texts.page_kind.words,
      causes: texts.cause.words,
      locks: texts.lock.words,
      files: filesOf(connection, texts.file),
      tags,
    },
    tables,
    counts: { operations: rowsOf("operation"), bios: rowsOf("bio"), pageEvents: rowsOf("page_event") },
  };
}

/** Codes of events are close to each other in the table, so that a number of it is the place in this list. */
function tagsOf(connection: EngineConnection, tasks: Dictionary): ReportedTag[] {
  const tags: ReportedTag[] = [];
  const rows = objects(
    connection,
    `SELECT tag_id::INTEGER AS tag_id, name, dev, rwbs, cpu::INTEGER AS cpu, ${TASK_KEY} AS task,
       kind.ino::VARCHAR AS ino, offset_unit::INTEGER AS offset_unit, sector_unit::INTEGER AS sector_unit,
       bytes_unit::INTEGER AS bytes_unit
     FROM store.tag JOIN store.kind USING (kind_id) JOIN store.context USING (context_id) ORDER BY tag_id`,
  );
  const unit = (cell: Cell) => cell === null ? null : Number(cell);
  for (const { tag_id, name, dev, rwbs, cpu, task, ino, offset_unit, sector_unit, bytes_unit } of rows) {
    tags[Number(tag_id)] = {
      name: String(name),
      dev: dev === null ? null : String(dev),
      rwbs: rwbs === null ? null : String(rwbs),
      cpu: cpu === null ? null : Number(cpu),
      task: tasks.code(String(task)),
      ino: ino === null ? null : String(ino),
      offsetUnit: unit(offset_unit),
      sectorUnit: unit(sector_unit),
      bytesUnit: unit(bytes_unit),
    };
  }
  return Array.from(tags, (tag) => tag ?? UNKNOWN_TAG);
}

const UNKNOWN_TAG: ReportedTag = {
  name: "?",
  dev: null,
  rwbs: null,
  cpu: null,
  task: -1,
  ino: null,
  offsetUnit: null,
  sectorUnit: null,
  bytesUnit: null,
};

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
