/**
 * Rows of a query as plain objects. Arrow's own rows look every value up by name, which for some 100,000 of them takes
 * longer than the query: here the columns are gone through one after another.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Data, DataType, type Table, type Vector } from "apache-arrow";

/** Different texts of a column that are looked out for: who has more of them has few that come again. */
const TEXTS_KNOWN_MAX = 10_000;

/** Rows by column name. Numbers of a query's DOUBLE columns are numbers, of BIGINT ones bigints, as Arrow has them. */
export type RowObject = Record<string, never>;

/** All rows of a query's result. */
export function rowObjects(table: Table): RowObject[] {
  const found: Record<string, unknown>[] = Array.from({ length: table.numRows }, () => ({}));
  table.schema.fields.forEach(({ name }, at) => {
    const vector = table.getChildAt(at)!;
    const values = valuesOf(vector);
    for (let row = 0; row < found.length; row++) found[row][name] = values[row];
  });
  return found as RowObject[];
}

function valuesOf(vector: Vector): ArrayLike<unknown> {
  if (DataType.isFloat(vector.type) && vector.nullCount === 0) return vector.toArray();
  if (DataType.isUtf8(vector.type)) {
    const known = new Map<string, string>();
    return vector.data.flatMap((data) => textsOf(data, known));
  }
  return Array.from({ length: vector.length }, (_, row) => vector.get(row));
}

/**
 * Texts of a part of a column, the same ones the same string: names and kinds come again and again.
 *
 * @param known those that have come; more are put in
 */
function textsOf(data: Data, known: Map<string, string>): (string | null)[] {
  const textOf = textReader(data);
  return Array.from({ length: data.length }, (_, row) => {
    if (!data.getValid(row)) return null;
    const text = textOf(row);
    const same = known.get(text);
    if (same !== undefined) return same;
    if (known.size < TEXTS_KNOWN_MAX) known.set(text, text);
    return text;
  });
}

/** Reads the texts of a part of a VARCHAR column, where they are not NULL. */
export function textReader({ values, valueOffsets }: Data): (row: number) => string {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (row) => bytes.toString("utf8", valueOffsets[row], valueOffsets[row + 1]);
}
