/**
 * The results schema, declared once: `CREATE TABLE`, `COMMENT ON` and what `query --schema` prints come from here.
 *
 * @module
 */
import { CORE_VIEWS } from "./core_views.ts";
import { MODEL_TABLES } from "./model_tables.ts";
import { hasRawRows } from "./raw_rows.ts";
import { type ReadEvent, readEvents } from "./read_events.ts";
import { RECORDING_TABLES } from "./recording_tables.ts";
import type { Relation, View } from "./relation.ts";
import { SHIPPED_VIEWS } from "./shipped_views.ts";

/** Version of the schema a file was written with, in its `meta` table. */
export const SCHEMA_VERSION = 1;

/** Value of `meta.tool`, by which our own files are known. */
export const TOOL_NAME = "dioscope";

/** Tables that are written row by row at the end. */
export const MAIN_TABLES: readonly Relation[] = [...RECORDING_TABLES, ...MODEL_TABLES];

/** All views over tables, in the order in which they can be created. */
export const VIEWS: readonly View[] = [...CORE_VIEWS, ...SHIPPED_VIEWS];

/** Single event types that views read. */
export const READ_EVENTS: readonly ReadEvent[] = readEvents(VIEWS);

/**
 * Columns that come first in a table and are stored from the first row on; `all`: nothing is worth leaving out.
 *
 * @param rows those of its first batch
 */
export function pinnedColumns(schema: "store" | "raw", table: string, rows: number): readonly string[] | "all" {
  if (schema === "raw") return hasRawRows(rows) ? ["seq"] : "all";
  if (table === "event") return ["ts_ns"];
  if (table === "bio" || table === "bio_owner") return ["bio_id"];
  if (table === "operation") return ["op_id"];
  if (table === "page_owner") return ["first_seq", "tag_id"];
  return "all";
}
