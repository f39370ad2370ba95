/**
 * How rows of a result become text.
 *
 * @module
 */
import type { RecordBatch, Schema } from "apache-arrow";
import { type CellReader, cellReader } from "./cells.ts";

/** Formats that `--format` and `.mode` know. */
export const FORMATS = ["table", "json", "csv"] as const;

/** One of {@link FORMATS}. */
export type FormatName = (typeof FORMATS)[number];

/** Takes one result, batch by batch, and gives its text in pieces. */
export interface ResultFormat {
  /** Called once before the rows. */
  begin(schema: Schema): string;
  rows(batch: RecordBatch): string;
  /** Called once after the rows. */
  end(): string;
}

/** Readers of all columns of a batch, in order. */
export function batchReaders(batch: RecordBatch): CellReader[] {
  return batch.schema.fields.map((field, index) => cellReader(batch.getChildAt(index)!, field));
}
