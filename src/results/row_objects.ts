/**
 * Rows of a query as plain objects. Arrow's own rows look every value up by name, which for some 100,000 of them takes
 * longer than the query: here the columns are gone through one after another.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Data, DataType, type Table, type Vector } from "apache-arrow";

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
  if (DataType.isUtf8(vector.type)) return vector.data.flatMap(textsOf);
  return Array.from({ length: vector.length }, (_, row) => vector.get(row));
}

function textsOf(data: Data): (string | null)[] {
  const { values, valueOffsets, length } = data;
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Array.from(
    { length },
    (_, row) => data.getValid(row) ? bytes.toString("utf8", valueOffsets[row], valueOffsets[row + 1]) : null,
  );
}
