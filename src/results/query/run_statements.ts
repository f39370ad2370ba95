/**
 * Runs statements and prints what they answer.
 *
 * @module
 */
import type { EngineConnection } from "../wasm_engine.ts";
import { CsvFormat } from "./csv_format.ts";
import { JsonFormat } from "./json_format.ts";
import type { Output } from "./output.ts";
import type { FormatName, ResultFormat } from "./result_format.ts";
import { sqlError } from "./sql_error.ts";
import { asksForRows, splitStatements, type Statement } from "./statements.ts";
import { TableFormat } from "./table_format.ts";

const MAKERS: Record<FormatName, (output: Output) => ResultFormat> = {
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
  connection: EngineConnection,
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
  connection: EngineConnection,
  statement: Statement,
  format: FormatName,
  output: Output,
): Promise<void> {
  const writer = asksForRows(statement.text) ? MAKERS[format](output) : null;
  const rows = connection.stream(statement.text);
  try {
    const { schema, batches } = await rows;
    const explained = schema.fields[0]?.name === "explain_key" && format === "table";
    if (writer && !explained) await output.write(writer.begin(schema));
    for await (const batch of batches) {
      if (explained) await output.write(batch.toArray().map((row) => `${row.explain_value}\n`).join(""));
      else if (writer && batch.numRows > 0) await output.write(writer.rows(batch));
    }
    if (writer && !explained) await output.write(writer.end());
  } catch (error) {
    if (error instanceof Error && error.name === "OutputClosed") throw error;
    throw sqlError(error, statement);
  }
}
