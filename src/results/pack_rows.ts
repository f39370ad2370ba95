/**
 * Rows of queries packed into columns that can be handed to a worker.
 *
 * @module
 */

import { DataType, type Table, type Vector } from "apache-arrow";
import type { PackedNumbers, PackedRows, PackedTexts } from "../replaying/conformance/packed_trace.ts";
import { textReader } from "./row_objects.ts";

/** @param tables one or more, of the same columns: VARCHAR, and DOUBLE, in which NaN counts as NULL */
export function packRows(tables: readonly Table[]): PackedRows {
  const numbers: Record<string, PackedNumbers> = {};
  const texts: Record<string, PackedTexts> = {};
  tables[0].schema.fields.forEach(({ name, type }, at) => {
    const vectors = tables.map((table) => table.getChildAt(at)!);
    if (DataType.isUtf8(type)) texts[name] = packedTexts(vectors);
    else if (DataType.isFloat(type)) numbers[name] = packedNumbers(vectors);
    else throw new Error(`column ${name} is neither VARCHAR nor DOUBLE`);
  });
  return { numbers, texts };
}

function packedNumbers(vectors: readonly Vector[]): PackedNumbers {
  const values = new Float64Array(rowsOf(vectors));
  let row = 0;
  for (const data of vectors.flatMap(({ data }) => data)) {
    values.set((data.values as Float64Array).subarray(0, data.length), row);
    for (let at = 0; data.nullCount > 0 && at < data.length; at++) if (!data.getValid(at)) values[row + at] = NaN;
    row += data.length;
  }
  return values;
}

function packedTexts(vectors: readonly Vector[]): PackedTexts {
  const codes = new Uint32Array(rowsOf(vectors));
  const codeOf = new Map<string, number>();
  let row = 0;
  for (const data of vectors.flatMap(({ data }) => data)) {
    const textOf = textReader(data);
    for (let at = 0; at < data.length; at++, row++) {
      if (!data.getValid(at)) continue;
      const text = textOf(at);
      let code = codeOf.get(text);
      if (code === undefined) codeOf.set(text, code = codeOf.size + 1);
      codes[row] = code;
    }
  }
  return { codes, texts: [...codeOf.keys()] };
}

function rowsOf(vectors: readonly Vector[]): number {
  return vectors.reduce((sum, { length }) => sum + length, 0);
}
