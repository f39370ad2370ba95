import { type ReadingEnd, RecordingsReader } from "../../src/lifting/read_recordings.ts";
import type { TableBatch } from "../../src/recording/batch.ts";
import { expandInputs } from "../../src/recording/inputs.ts";
import { type RawValue, valueAt } from "../recording/collect.ts";

/** A row by its columns' names. */
export type Values = Record<string, RawValue>;

/**
 * Reads recordings through everything that `analyse` reads them with: the rows of the named tables of schema `store`.
 *
 * @throws what the reader throws
 */
export async function readTables<Name extends string>(
  names: readonly Name[],
  paths: readonly string[],
): Promise<{ tables: Record<Name, Values[]>; end: ReadingEnd }> {
  const tables = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<string, Values[]>;
  const take = (batch: TableBatch) => {
    const rows = batch.schema === "store" ? tables[batch.table] : undefined;
    if (rows === undefined) return;
    for (let row = 0; row < batch.rows; row++) {
      rows.push(Object.fromEntries(batch.columns.map((column) => [column.name, valueAt(column, row)])));
    }
  };
  const reader = new RecordingsReader(take);
  try {
    await reader.open(expandInputs([...paths]));
    const end = await reader.run({ pace: () => Promise.resolve(true) });
    return { tables, end: end! };
  } finally {
    reader.close();
  }
}
