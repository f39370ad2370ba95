/**
 * Event types of many rows: `raw_rows.NAME` stores the columns that vary, and `raw.NAME` is a view with all of them.
 *
 * @module
 */
import type { RawEventDescription } from "../recording/raw_registry.ts";
import { selected } from "./ddl.ts";
import { storedRawFields } from "./raw_full_views.ts";
import { quote } from "./sql_text.ts";

/** The schema of their tables. */
export const RAW_ROWS = "raw_rows";

/** Rows below which storing all columns costs less than a view. */
const FEW_ROWS = 2048;

/** @param rows those of the first batch of an event type */
export function hasRawRows(rows: number): boolean {
  return rows >= FEW_ROWS;
}

/**
 * The view `raw.NAME` of an event type whose table stores what varies only.
 *
 * @param constants SQL of the value of every column that the table does not store
 * @returns the CREATE VIEW statement
 */
export function createRawView(description: RawEventDescription, constants: ReadonlyMap<string, string>): string {
  const name = quote(description.name);
  const values = selected(storedRawFields(description), constants);
  return `CREATE VIEW raw.${name} AS SELECT ${values.join(", ")} FROM ${RAW_ROWS}.${name}`;
}
