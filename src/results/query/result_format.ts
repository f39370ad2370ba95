/**
 * How rows of a result become text.
 *
 * @module
 */
import type { ResultColumn, ResultRows } from "./result_rows.ts";

/** Formats that `--format` and `.mode` know. */
export const FORMATS = ["table", "json", "csv"] as const;

/** One of {@link FORMATS}. */
export type FormatName = (typeof FORMATS)[number];

/** Takes one result, batch by batch, and gives its text in pieces. */
export interface ResultFormat {
  /** Called once before the rows. */
  begin(columns: readonly ResultColumn[]): string;
  rows(batch: ResultRows): string;
  /** Called once after the rows. */
  end(): string;
}
