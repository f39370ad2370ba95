/**
 * Reads a column of a packed table; what its bytes are is said where they are made, in packed_table.ts.
 *
 * @module
 */

export interface EmbeddedColumn {
  readonly name: string;
  readonly form: "difference" | "plain";
  readonly begin: number;
  readonly end: number;
}

/**
 * @param bytes of the table, inflated
 * @returns a value a row; NaN where there is none
 */
export function unpackedColumn(bytes: Uint8Array, { form, begin }: EmbeddedColumn, rows: number): Float64Array {
  const values = new Float64Array(rows);
  const isPlain = form === "plain";
  let at = begin;
  let before = 0;
  for (let row = 0; row < rows; row++) {
    let byte = bytes[at++];
    let code = byte & 127;
    // Most codes have up to four bytes: whole numbers of 32 bits hold them, and these are fast.
    for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
      byte = bytes[at++];
      code |= (byte & 127) << shift;
    }
    for (let unit = 2 ** 28; byte > 127; unit *= 128) {
      byte = bytes[at++];
      code += (byte & 127) * unit;
    }
    if (code === 0) {
      values[row] = NaN;
      continue;
    }
    // One more than the zigzag code: odd ones are the positive numbers and 0.
    const value = code % 2 === 1 ? (code - 1) / 2 : -(code / 2);
    values[row] = isPlain ? value : (before += value);
  }
  return values;
}
