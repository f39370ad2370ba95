/**
 * Event types of many rows: `raw_rows.NAME` stores the columns that vary, and `raw.NAME` is a view with all of them.
 *
 * @module
 */
import type { RawEventDescription } from "../recording/raw_registry.ts";
import type { ConstantColumn } from "./arrow_encoding.ts";
import { NULL_CONSTANT } from "./column_constant.ts";
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
 * @param stored lower-case names of the table's columns
 * @param constants those that never varied; what is in neither is NULL
 * @returns the CREATE VIEW statement
 */
export function createRawView(
  description: RawEventDescription,
  stored: ReadonlySet<string>,
  constants: readonly ConstantColumn[],
): string {
  const values = storedRawFields(description).map(({ name, type }) => {
    if (stored.has(name.toLowerCase())) return quote(name);
    const known = constants.find((constant) => constant.name === name) ?? { type, constant: NULL_CONSTANT };
    return `${known.constant}::${known.type} AS ${quote(name)}`;
  });
  const name = quote(description.name);
  return `CREATE VIEW raw.${name} AS SELECT ${values.join(", ")} FROM ${RAW_ROWS}.${name}`;
}
