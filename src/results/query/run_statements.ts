/**
 * Runs statements and prints what they answer.
 *
 * @module
 */
import { ChartFormat } from "./chart_format.ts";
import { CsvFormat } from "./csv_format.ts";
import { JsonFormat } from "./json_format.ts";
import { type Output, OutputClosed } from "./output.ts";
import { PagingStopped } from "./paged_output.ts";
import type { FormatName, ResultFormat } from "./result_format.ts";
import type { QueryConnection, ResultColumn, ResultRows } from "./result_rows.ts";
import { sqlError } from "./sql_error.ts";
import { asksForRows, splitStatements, type Statement } from "./statements.ts";
import { TableFormat } from "./table_format.ts";

/** How rows are printed; a chart only where the shell is asked for one. */
export type PrintedForm = FormatName | "chart";

const MAKERS: Record<PrintedForm, (output: Output) => ResultFormat> = {
  chart: (output) => new ChartFormat(output.width),
  table: (output) => new TableFormat(output.width),
  json: () => new JsonFormat(),
  csv: () => new CsvFormat(),
};

/**
 * Runs every statement of a text, also one that no semicolon ends.
 *
 * @returns the number of statements run
 * @throws SqlError at the first statement that fails; those before it have had their effect
 * @throws OutputClosed when nobody reads the output any more
 */
export async function runScript(
  connection: QueryConnection,
  sql: string,
  format: FormatName,
  output: Output,
): Promise<number> {
  const { complete, rest } = splitStatements(sql);
  const statements = rest.text === "" ? complete : [...complete, rest];
  for (const statement of statements) await runStatement(connection, statement, format, output);
  return statements.length;
}

/** Runs one statement. */
export async function runStatement(
  connection: QueryConnection,
  statement: Statement,
  format: PrintedForm,
  output: Output,
): Promise<void> {
  const writer = asksForRows(statement.text) ? MAKERS[format](output) : null;
  const rows = connection.stream(statement.text);
  try {
    const { columns, batches } = await rows;
    const explained = columns[0]?.name === "explain_key" && format === "table";
    if (writer && !explained) await output.write(writer.begin(columns));
    for await (const batch of batches) {
      if (explained) await output.write(planText(batch));
      else if (writer) await output.write(writer.rows(batch));
    }
    if (writer && !explained) await output.write(writer.end());
  } catch (error) {
    if (error instanceof OutputClosed || error instanceof PagingStopped) throw error;
    throw sqlError(error, statement);
  }
}

/** Prints rows that no statement made. */
export async function printRows(
  columns: readonly ResultColumn[],
  rows: ResultRows,
  format: FormatName,
  output: Output,
): Promise<void> {
  const writer = MAKERS[format](output);
  await output.write(writer.begin(columns) + writer.rows(rows) + writer.end());
}

/** EXPLAIN answers key and value; the value is the plan. */
function planText({ count, readers: [, plan] }: ResultRows): string {
  return Array.from({ length: count }, (_, row) => `${plan(row)}\n`).join("");
}
