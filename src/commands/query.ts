/**
 * `query`: SQL on a results file, from an argument, a file, standard input or a shell.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { type Expectation, ExpectationFileError, parseExpectations } from "../results/query/expectation_file.ts";
import {
  type ExpectationResult,
  expectationsJson,
  expectationText,
  runExpectation,
} from "../results/query/expectation_run.ts";
import { Parameters } from "../results/query/parameters.ts";
import { explainRows, explainText, meaningsOf } from "../results/query/explain.ts";
import { type Output, OutputClosed, StandardOutput } from "../results/query/output.ts";
import { type FormatName, FORMATS } from "../results/query/result_format.ts";
import { printRows, runScript } from "../results/query/run_statements.ts";
import { SCHEMA_QUERY, schemaText, VIEWS_QUERY, viewsText } from "../results/query/schema_text.ts";
import { type EngineName, ENGINES, type QueryConnection } from "../results/query/result_rows.ts";
import { hasCommands } from "../results/query/script_parts.ts";
import { SHELL_KEYS } from "../results/query/shell_help.ts";
import { ShellSession } from "../results/query/shell_session.ts";
import { SqlError } from "../results/query/sql_error.ts";
import { terminalShell } from "../results/query/terminal_shell.ts";
import { openWithWasm } from "../results/query/wasm_connection.ts";
import { openWithNative } from "../results/native_engine.ts";
import { ResultsError } from "../results/results_error.ts";
import { VIEWS } from "../results/schema.ts";
import { SHIPPED_MACROS } from "../results/shipped_views.ts";
import { quote } from "../results/sql_text.ts";
import { WasmEngine } from "../results/wasm_engine.ts";
import { readBoundedText } from "../std/bounded_file.ts";
import { failureReason } from "../std/file_failure.ts";
import { type Command, complain, EXIT, refuseOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task query DB ['SQL' | - | --file F.sql | --view NAME | --views | --schema]
                       [--explain WORD | --expect FILE]
                       [--param NAME=VALUE]... [--format FORMAT] [--engine wasm|native]

Asks a results file that analyse made. The file is opened read-only; CREATE TABLE and the like go to memory.
Without SQL: reads it from standard input, or on a terminal begins a shell (.help there).

  SQL             one or several statements
  -               statements, and commands of the shell (.mode csv), from standard input
  --file F.sql    the same from a file
  --view NAME     all rows of a view
  --views         the shipped views, one line each; --explain VIEW has an example
  --schema        every table and column, with its description
  --explain WORD  what a word means: blkparse's actions (Q, D, C), rwbs (FWFSM), btt's stages (D2C), blktrace's masks
                  (notify), our own columns (queue_ns) and tables, anomalies (LOST_UPDATE) and their forms (edges_only);
                  the results file may be left out
  --expect FILE   asks the questions of FILE and compares the rows with those beside them; FILE has SQL, a line ----
                  (or ---- in any order), the rows as CSV with the column names first, an empty line, and so on
  --param NAME=VALUE  :NAME or $NAME in the SQL stands for the value: a number, 'text' in quotes, NULL, something in
                  brackets; anything else is text. In the shell: .parameter
  --format FORMAT table (default), json (an array of row objects; integers beyond 2^53 are strings) or csv
  --engine NAME   wasm (default): DuckDB in WebAssembly, in at most 3 GB of memory, on any machine;
                  native: DuckDB as native code, with the machine's memory, all its cores and files for what is more
  --help          this text

The shell has duckdb's and sqlite's dot commands (.help) and these keys:
${SHELL_KEYS}
Exit status: 0 done; 1 an SQL error, or rows that --expect does not expect; 2 wrong usage; 3 the file cannot be read.`;

/** What is asked. */
type Question =
  | { kind: "sql"; sql: string }
  | { kind: "stdin" }
  | { kind: "file"; path: string }
  | { kind: "view"; name: string }
  | { kind: "views" }
  | { kind: "schema" }
  | { kind: "explain"; word: string }
  | { kind: "expect"; path: string }
  | { kind: "shell" };

interface Options {
  /** Empty where the question needs none. */
  database: string;
  question: Question;
  format: FormatName;
  engine: EngineName;
  parameters: Parameters;
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "file", "view", "explain", "expect", "format", "engine", "param"],
    collect: ["param"],
    boolean: ["views", "schema", "help"],
    default: { format: "table", engine: "wasm" },
    unknown: refuseOptions("query"),
  });
  if (parsed.help) return "help";
  const [database, sql, ...more] = parsed._.map(String);
  if (database === undefined && parsed.explain === undefined) {
    throw new UsageError("query needs a results file: deno task query DB 'SQL'");
  }
  if (more.length > 0) throw new UsageError(`query takes one SQL text, in quotes; it got ${more.length + 1} words`);
  const format = FORMATS.find((known) => known === parsed.format);
  if (!format) throw new UsageError(`--format ${parsed.format}: ${FORMATS.join(", ")} are known`);
  const engine = ENGINES.find((known) => known === parsed.engine);
  if (!engine) throw new UsageError(`--engine ${parsed.engine}: ${ENGINES.join(" and ")} are known`);
  const questions: Question[] = [];
  if (sql !== undefined) questions.push(sql === "-" ? { kind: "stdin" } : { kind: "sql", sql });
  if (parsed.file !== undefined) questions.push({ kind: "file", path: parsed.file });
  if (parsed.view !== undefined) questions.push({ kind: "view", name: parsed.view });
  if (parsed.views) questions.push({ kind: "views" });
  if (parsed.schema) questions.push({ kind: "schema" });
  if (parsed.explain !== undefined) questions.push({ kind: "explain", word: parsed.explain });
  if (parsed.expect !== undefined) questions.push({ kind: "expect", path: parsed.expect });
  if (parsed.expect !== undefined && format === "csv") throw new UsageError("--expect prints text or --format json");
  if (questions.length > 1) {
    throw new UsageError("give one of SQL, -, --file, --view, --views, --schema, --explain and --expect");
  }
  const question = questions[0] ?? { kind: Deno.stdin.isTerminal() ? "shell" : "stdin" };
  const macro = SHIPPED_MACROS.find(({ name }) => question.kind === "view" && name === question.name);
  if (macro !== undefined) {
    const call = `${macro.name}(${macro.parameters})`;
    throw new UsageError(`${macro.name} has parameters: deno task query DB 'FROM ${call}' with values for them`);
  }
  if (question.kind === "view" && !VIEWS.some(({ name }) => name === question.name)) {
    throw new UsageError(`no view ${question.name}: ${VIEWS.map(({ name }) => name).join(", ")} are known`);
  }
  if (parsed.param.length > 0 && !["sql", "stdin", "file", "expect", "shell"].includes(question.kind)) {
    throw new UsageError(`--param goes with SQL; --${question.kind} takes no values`);
  }
  return { database: database ?? "", question, format, engine, parameters: parametersOf(parsed.param.map(String)) };
}

function parametersOf(given: readonly string[]): Parameters {
  const parameters = new Parameters();
  for (const each of given) {
    const at = each.indexOf("=");
    if (at < 1 || !parameters.set(each.slice(0, at), each.slice(at + 1))) {
      throw new UsageError(`--param ${each}: it is NAME=VALUE, as in --param t0=5`);
    }
  }
  return parameters;
}

/** A text with values in it. */
function bound(sql: string, parameters: Parameters): string {
  const text = parameters.bind(sql);
  const [unused] = parameters.unused;
  if (unused !== undefined) throw new UsageError(`--param ${unused}: the SQL has neither :${unused} nor $${unused}`);
  return text;
}

/** The statements that a question stands for; null where the answer is no result of SQL. */
async function sqlOf(question: Question, format: FormatName): Promise<string | null> {
  switch (question.kind) {
    case "sql":
      return question.sql;
    case "stdin":
      return await new Response(Deno.stdin.readable).text();
    case "file":
      return question.path === "-" ? await new Response(Deno.stdin.readable).text() : readText(question.path);
    case "view":
      return `SELECT * FROM main.${quote(question.name)}`;
    case "views":
      return format === "table" ? null : VIEWS_QUERY;
    case "schema":
      return format === "table" ? null : SCHEMA_QUERY;
    case "explain":
    case "expect":
    case "shell":
      return null;
  }
}

function readText(path: string): string {
  try {
    return readBoundedText(path);
  } catch (error) {
    throw new ResultsError("unreadable", `cannot read ${path}: ${failureReason(error)}`);
  }
}

async function answer({ database, question, format, engine, parameters }: Options, output: Output): Promise<number> {
  if (question.kind === "views" && format === "table") {
    await output.write(viewsText());
    return EXIT.ok;
  }
  if (question.kind === "explain") return await explain(question.word, format, output);
  const expectations = question.kind === "expect"
    ? parseExpectations(readText(question.path), question.path).map((each) => ({
      ...each,
      sql: parameters.bind(each.sql),
    }))
    : [];
  // The engine compiles on V8's own threads while the question is read.
  const starting = engine === "wasm" ? WasmEngine.start() : undefined;
  starting?.catch(() => {}); // told of where it is awaited
  const asked = await sqlOf(question, format);
  const isScript = asked !== null && (question.kind === "stdin" || question.kind === "file") && hasCommands(asked);
  const sql = asked === null || isScript ? asked : bound(asked, parameters);
  const results = engine === "wasm" ? await openWithWasm(database, starting) : await openWithNative(database);
  const { connection } = results;
  try {
    if (sql !== null && isScript) {
      const session = new ShellSession(connection, { output, paged: null }, format, parameters);
      await session.script(sql).finally(() => session.close());
    } else if (sql !== null) {
      const statements = await runScript(connection, sql, format, output);
      if (statements === 0) throw new UsageError("no SQL given: deno task query DB 'SQL'");
    } else if (question.kind === "expect") {
      return await expect(connection, expectations, question.path, format, output);
    } else if (question.kind === "schema") {
      await output.write((await schemaText(connection)) ?? "");
    } else {
      await terminalShell(connection, output, format, parameters);
    }
    return EXIT.ok;
  } catch (error) {
    throw results.explain(error);
  }
}

async function explain(word: string, format: FormatName, output: Output): Promise<number> {
  const meanings = meaningsOf(word);
  if (meanings.length === 0) {
    throw new UsageError(
      `${word} is no letter, column, table, view or anomaly that is known: query DB --schema has all columns`,
    );
  }
  const { columns, rows } = explainRows(meanings);
  if (format === "table") await output.write(explainText(meanings));
  else await printRows(columns, rows, format, output);
  return EXIT.ok;
}

async function expect(
  connection: QueryConnection,
  expectations: readonly Expectation[],
  path: string,
  format: FormatName,
  output: Output,
): Promise<number> {
  const results: ExpectationResult[] = [];
  for (const expectation of expectations) {
    const result = await runExpectation(connection, expectation);
    results.push(result);
    if (format !== "json" && !result.agrees) await output.write(expectationText(path, result));
  }
  const agreeing = results.filter(({ agrees }) => agrees).length;
  if (format === "json") await output.write(expectationsJson(path, results));
  else await output.write(`${path}: ${agreeing} of ${results.length} questions have the rows expected\n`);
  return agreeing === results.length ? EXIT.ok : EXIT.failed;
}

export const queryCommand: Command = {
  name: "query",
  summary: "ask a results file in SQL",
  usage: USAGE,
  async main(args) {
    const options = parseOptions(args);
    const output = new StandardOutput();
    try {
      if (options !== "help") return await answer(options, output);
      await output.write(USAGE + "\n");
      return EXIT.ok;
    } catch (error) {
      if (error instanceof OutputClosed) return EXIT.ok;
      if (error instanceof ExpectationFileError) throw new UsageError(error.message);
      if (error instanceof SqlError) {
        console.error(error.message);
        return EXIT.failed;
      }
      if (!(error instanceof ResultsError)) throw error;
      complain(error.message);
      return EXIT.unreadable;
    }
  },
};
