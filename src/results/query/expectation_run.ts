/**
 * Asks the questions of an expectation file and tells where the rows differ.
 *
 * @module
 */
import { cellCsv, csvField } from "./cell_text.ts";
import { type Expectation, NULL_TEXT } from "./expectation_file.ts";
import type { QueryConnection } from "./result_rows.ts";
import { sqlError } from "./sql_error.ts";
import { splitStatements } from "./statements.ts";

/** What came of one question. */
export interface ExpectationResult {
  expectation: Expectation;
  agrees: boolean;
  /** Column names and rows that came out, as CSV records; empty where the SQL failed. */
  actual: string[];
  /** The engine's message where the SQL failed. */
  error: string | null;
}

/** Runs a question; of several statements the last one's rows count. */
export async function runExpectation(
  connection: QueryConnection,
  expectation: Expectation,
): Promise<ExpectationResult> {
  const { complete, rest } = splitStatements(expectation.sql);
  const statements = rest.text === "" ? complete : [...complete, rest];
  let actual: string[] = [];
  for (const statement of statements) {
    try {
      actual = await records(connection, statement.text);
    } catch (error) {
      const shifted = { ...statement, linesBefore: statement.linesBefore + linesBefore(expectation) };
      return { expectation, agrees: false, actual: [], error: sqlError(error, shifted).message };
    }
  }
  const { order, header, rows } = expectation;
  const expected = [header, ...rows];
  if (order === "any") {
    expected.splice(1, rows.length, ...rows.toSorted());
    actual = [...actual.slice(0, 1), ...actual.slice(1).sort()];
  }
  const agrees = expected.length === actual.length && expected.every((record, index) => record === actual[index]);
  return { expectation, agrees, actual, error: null };
}

/** Lines of the file before the text of the question, whose own empty lines the statement counts. */
function linesBefore({ sql, line }: Expectation): number {
  return line - 1 - Math.max(0, sql.split("\n").findIndex((text) => text.trim() !== ""));
}

async function records(connection: QueryConnection, sql: string): Promise<string[]> {
  const { columns, batches } = await connection.stream(sql);
  const found = [columns.map(({ name }) => csvField(name)).join(",")];
  for await (const { count, readers } of batches) {
    for (let row = 0; row < count; row++) found.push(readers.map((read) => cellCsv(read(row))).join(","));
  }
  return found;
}

/** Lines of a difference that are shown; more are counted. */
const LINES_MAX = 40;

/** Rows up to which the smallest difference is looked for; beyond, the first rows that differ are shown. */
const COMPARED_MAX = 2000;

/** One line for a question that agrees, or a difference for the eye: `-` expected and missing, `+` came out instead. */
export function expectationText(path: string, { expectation, agrees, actual, error }: ExpectationResult): string {
  const place = `${path}:${expectation.line}`;
  if (agrees) return `${place}: as expected\n`;
  if (error !== null) return `${place}: the question fails\n${indented(error)}`;
  const sorted = expectation.order === "any";
  const expected = [expectation.header, ...(sorted ? expectation.rows.toSorted() : expectation.rows)];
  const shown = (record: string) => (record === "" ? NULL_TEXT : record);
  const lines = difference(expected.map(shown), actual.map(shown));
  const more = lines.length > LINES_MAX ? `    (${lines.length - LINES_MAX} more lines)\n` : "";
  const counts = `${expected.length - 1} expected, ${actual.length - 1} came`;
  const head = `${place}: other rows than expected (${counts}${sorted ? "; both sorted" : ""})\n`;
  return head + indented(lines.slice(0, LINES_MAX).join("\n")) + more;
}

function indented(text: string): string {
  return text.split("\n").map((line) => `    ${line}`.trimEnd() + "\n").join("");
}

/** Lines with `-`, `+` or two spaces before them; of what is equal only what is next to a difference. */
function difference(expected: readonly string[], actual: readonly string[]): string[] {
  let start = 0;
  while (start < expected.length && start < actual.length && expected[start] === actual[start]) start++;
  let end = 0;
  while (
    end < expected.length - start && end < actual.length - start && expected.at(-1 - end) === actual.at(-1 - end)
  ) end++;
  const before = start > 0 ? [expected[0], ...(start > 1 ? [expected[start - 1]] : [])] : [];
  const skipped = start > 2 ? [`  (${start - 2} rows as expected)`] : [];
  const context = before.length === 2
    ? [`  ${before[0]}`, ...skipped, `  ${before[1]}`]
    : before.map((line) => `  ${line}`);
  const middle = smallest(expected.slice(start, expected.length - end), actual.slice(start, actual.length - end));
  const after = end > 0 ? [`  ${expected[expected.length - end]}`] : [];
  const rest = end > 1 ? [`  (${end - 1} more rows as expected)`] : [];
  return [...context, ...middle, ...after, ...rest];
}

/** The longest common subsequence stays, by the usual table; without one where that would be too large. */
function smallest(expected: readonly string[], actual: readonly string[]): string[] {
  if (expected.length > COMPARED_MAX || actual.length > COMPARED_MAX) {
    return [...expected.map((line) => `- ${line}`), ...actual.map((line) => `+ ${line}`)];
  }
  const width = actual.length + 1;
  const common = new Uint16Array((expected.length + 1) * width);
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      common[i * width + j] = expected[i] === actual[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i++]}`);
      j++;
    } else if (
      j === actual.length || (i < expected.length && common[(i + 1) * width + j] >= common[i * width + j + 1])
    ) {
      lines.push(`- ${expected[i++]}`);
    } else {
      lines.push(`+ ${actual[j++]}`);
    }
  }
  return lines;
}

/** Results as JSON: an array of objects. */
export function expectationsJson(path: string, results: readonly ExpectationResult[]): string {
  const objects = results.map(({ expectation, agrees, actual, error }) => ({
    file: path,
    line: expectation.line,
    sql: expectation.sql.trim(),
    agrees,
    expected: [expectation.header, ...expectation.rows],
    actual,
    error,
  }));
  return JSON.stringify(objects, null, 2) + "\n";
}
