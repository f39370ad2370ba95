/**
 * The shell's lines: SQL over several of them until a semicolon, and commands that begin with a dot.
 *
 * @module
 */
import * as fs from "node:fs";
import { reasonOf } from "../results_error.ts";
import type { Output } from "./output.ts";
import { type FormatName, FORMATS } from "./result_format.ts";
import type { QueryConnection } from "./result_rows.ts";
import { runScript, runStatement } from "./run_statements.ts";
import { schemaText, tablesText, viewsText } from "./schema_text.ts";
import { SqlError } from "./sql_error.ts";
import { splitStatements } from "./statements.ts";

export const SHELL_HELP = `SQL ends with a semicolon and may take several lines. Beside it:
  .tables           tables and views
  .schema [NAME]    columns of all of them, or of one, with their descriptions
  .views            the shipped views, with examples
  .mode [FORMAT]    how rows are printed: ${FORMATS.join(", ")}
  .read FILE        run the SQL in a file
  .help             this text
  .exit             leave; Ctrl-D does the same
Ctrl-C drops the line, or ends the statement that is running.
`;

/** What to do after a line. */
export type LineOutcome = "ready" | "continue" | "exit";

/** One conversation. */
export class ShellSession {
  readonly #connection: QueryConnection;
  readonly #output: Output;
  #format: FormatName;
  #pending = "";

  constructor(connection: QueryConnection, output: Output, format: FormatName) {
    this.#connection = connection;
    this.#output = output;
    this.#format = format;
  }

  /** Forgets the lines of a statement that is not complete. */
  drop(): void {
    this.#pending = "";
  }

  /**
   * Takes a line: runs what is complete with it. Errors are printed.
   *
   * @throws OutputClosed when nobody reads the output any more
   */
  async take(line: string): Promise<LineOutcome> {
    try {
      if (this.#pending === "" && line.trimStart().startsWith(".")) return await this.#command(line.trim());
      const { complete, rest } = splitStatements(this.#pending + line);
      this.#pending = rest.text === "" ? "" : rest.text + "\n";
      for (const statement of complete) await runStatement(this.#connection, statement, this.#format, this.#output);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#pending = "";
      await this.#output.write(error.message + "\n");
    }
    return this.#pending === "" ? "ready" : "continue";
  }

  async #command(line: string): Promise<LineOutcome> {
    const [name, argument] = [line.split(/\s+/)[0], line.replace(/^\S+\s*/, "")];
    if (name === ".exit" || name === ".quit") return "exit";
    await this.#output.write(await this.#answer(name, argument));
    return "ready";
  }

  async #answer(name: string, argument: string): Promise<string> {
    switch (name) {
      case ".help":
        return SHELL_HELP;
      case ".tables":
        return await tablesText(this.#connection);
      case ".views":
        return viewsText();
      case ".schema":
        return await schemaText(this.#connection, argument === "" ? undefined : argument) ??
          `no table or view ${argument}: .tables lists them\n`;
      case ".mode":
        return this.#mode(argument);
      case ".read":
        return await this.#read(argument);
      default:
        return `no command ${name}: .help lists them\n`;
    }
  }

  #mode(argument: string): string {
    if (argument === "") return `${this.#format}\n`;
    const format = FORMATS.find((known) => known === argument);
    if (!format) return `no format ${argument}: ${FORMATS.join(", ")} are known\n`;
    this.#format = format;
    return "";
  }

  async #read(file: string): Promise<string> {
    if (file === "") return ".read needs the name of a file\n";
    let sql: string;
    try {
      sql = fs.readFileSync(file, "utf8");
    } catch (error) {
      return `cannot read ${file}: ${reasonOf((error as { code?: string }).code ?? String(error))}\n`;
    }
    await runScript(this.#connection, sql, this.#format, this.#output);
    return "";
  }
}
