/**
 * Files of `query DB --expect FILE`: questions to a results file, each with the rows that must come out.
 *
 *     -- Nothing of this workload is merged.
 *     SELECT dev, count(*) AS merged FROM bio WHERE merged_into IS NOT NULL GROUP BY dev
 *     ----
 *     dev,merged
 *
 *     SELECT DISTINCT rwbs FROM bio
 *     ---- in any order
 *     rwbs
 *     WS
 *     RA
 *
 * A question is SQL up to a line `----`; the rows are CSV as `--format csv` prints it, with a line of column names first,
 * up to an empty line or the end of the file. NULL is an empty field, or `NULL` where a row would be an empty line, and
 * empty text is `""`. Rows have to come in this
 * order unless the line of dashes says `in any order`.
 *
 * @module
 */
import { csvField } from "./cell_text.ts";

/** Whether rows must come in the order in which they stand. */
export type RowOrder = "as written" | "any";

/** One question and its rows. */
export interface Expectation {
  sql: string;
  /** Line of the file that the SQL begins in, from 1. */
  line: number;
  order: RowOrder;
  /** Column names as a CSV record. */
  header: string;
  /** Rows as CSV records in their canonical form: quotes only where they are needed. */
  rows: string[];
}

/** What is wrong with a file, in one line with its place. */
export class ExpectationFileError extends Error {
  override readonly name = "ExpectationFileError";

  constructor(path: string, line: number, what: string) {
    super(`${path}:${line}: ${what}`);
  }
}

/** NULL in a row of one field. */
export const NULL_TEXT = "NULL";

const DASHES = /^----+[ \t]*(in any order)?[ \t]*$/;

/**
 * @param path the file's name, for messages
 * @throws ExpectationFileError when it is not of this form
 */
export function parseExpectations(text: string, path: string): Expectation[] {
  const lines = text.split(/\r?\n/);
  const expectations: Expectation[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    while (at < lines.length && !/^----/.test(lines[at])) at++;
    const sql = lines.slice(start, at).join("\n");
    const first = start + Math.max(0, lines.slice(start, at).findIndex((line) => line.trim() !== "")) + 1;
    if (at === lines.length) {
      if (sql.replaceAll(/--[^\n]*/g, "").trim() === "") break;
      throw new ExpectationFileError(path, first, "the question has no rows: write a line ---- and the rows after it");
    }
    const dashes = DASHES.exec(lines[at]);
    if (!dashes) throw new ExpectationFileError(path, at + 1, `after the dashes only "in any order" may stand`);
    if (sql.trim() === "") throw new ExpectationFileError(path, at + 1, "there is no question before these rows");
    const { records, next } = readRecords(lines, at + 1, path);
    if (records.length === 0) {
      throw new ExpectationFileError(
        path,
        at + 1,
        "the names of the columns are missing: they are the first line of the rows",
      );
    }
    const [header, ...rows] = records;
    expectations.push({ sql, line: first, order: dashes[1] ? "any" : "as written", header, rows });
    at = next;
  }
  if (expectations.length === 0) throw new ExpectationFileError(path, 1, "there is no question in the file");
  return expectations;
}

/** CSV records up to an empty line; a quoted field may go over several lines. */
function readRecords(lines: readonly string[], from: number, path: string): { records: string[]; next: number } {
  const records: string[] = [];
  let at = from;
  while (at < lines.length && lines[at] !== "") {
    const start = at;
    let record = lines[at++];
    while (quotesOf(record) % 2 === 1) {
      if (at === lines.length) throw new ExpectationFileError(path, start + 1, "a quoted field is not closed");
      record += `\n${lines[at++]}`;
    }
    records.push(canonicalRecord(record, path, start + 1));
  }
  return { records, next: at + 1 };
}

function quotesOf(text: string): number {
  return text.split('"').length - 1;
}

/** The record with quotes only where they are needed. */
function canonicalRecord(record: string, path: string, line: number): string {
  const text = `,${record}`;
  const fields = [...text.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)];
  if (fields.map(([field]) => field).join("") !== text) {
    throw new ExpectationFileError(path, line, `this is no CSV: a field with a quote is written "like ""this"""`);
  }
  const plainText = (plain: string) => (plain === NULL_TEXT ? "" : plain);
  return fields.map(([, quoted, plain]) =>
    quoted === undefined ? plainText(plain) : csvField(quoted.replaceAll('""', '"'))
  ).join(",");
}
