/**
 * The shell's lines: SQL over several of them until a semicolon, and commands that begin with a dot.
 *
 * @module
 */
import { readBoundedText } from "../../std/bounded_file.ts";
import { failureReason } from "../../std/file_failure.ts";
import { FileOutput } from "./file_output.ts";
import type { Output } from "./output.ts";
import { type PagedOutput, PagingStopped } from "./paged_output.ts";
import { Parameters } from "./parameters.ts";
import { type FormatName, FORMATS } from "./result_format.ts";
import type { QueryConnection } from "./result_rows.ts";
import { type PrintedForm, runStatement } from "./run_statements.ts";
import { explainText, meaningsOf } from "./explain.ts";
import { scriptParts } from "./script_parts.ts";
import { schemaText, tablesText, viewsText } from "./schema_text.ts";
import { SHELL_HELP } from "./shell_help.ts";
import { SqlError } from "./sql_error.ts";
import { asksForRows, splitStatements, type Statement } from "./statements.ts";

/** What to do after a line. */
export type LineOutcome = "ready" | "continue" | "exit";

/** Where a session prints. */
export interface SessionOutput {
  /** Messages, and rows unless `.output` sends them to a file. */
  output: Output;
  /** The same a screen at a time, where there is a screen. */
  paged: PagedOutput | null;
}

/** One conversation. */
export class ShellSession {
  readonly #connection: QueryConnection;
  readonly #output: Output;
  readonly #paged: PagedOutput | null;
  readonly #parameters: Parameters;
  #format: FormatName;
  #file: FileOutput | null = null;
  #timed = false;
  #paging = true;
  #pending = "";
  /** The last statement that asked for rows. */
  #last: Statement | null = null;
  /** Files that `.read` is in the midst of. */
  readonly #reading = new Set<string>();

  constructor(
    connection: QueryConnection,
    { output, paged }: SessionOutput,
    format: FormatName,
    parameters = new Parameters(),
  ) {
    this.#parameters = parameters;
    this.#connection = connection;
    this.#output = output;
    this.#paged = paged;
    this.#format = format;
  }

  /** Lines of a statement that is not complete. */
  get pending(): string {
    return this.#pending;
  }

  /** Forgets the lines of a statement that is not complete. */
  drop(): void {
    this.#pending = "";
  }

  /** Ends the file of `.output`. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  /**
   * Takes a line: runs what is complete with it. Errors are printed.
   *
   * @throws OutputClosed when nobody reads the output any more
   */
  async take(line: string): Promise<LineOutcome> {
    this.#paged?.restart();
    try {
      if (this.#pending === "" && line.trimStart().startsWith(".")) return await this.#command(line.trim());
      const { complete, rest } = splitStatements(this.#pending + line);
      this.#pending = rest.text === "" ? "" : rest.text + "\n";
      for (const statement of complete) await this.#run(statement, this.#format);
    } catch (error) {
      if (error instanceof PagingStopped) {
        this.#connection.cancel();
        return this.#pending === "" ? "ready" : "continue";
      }
      if (!(error instanceof SqlError)) throw error;
      this.#pending = "";
      await this.#output.write(error.message + "\n");
    }
    return this.#pending === "" ? "ready" : "continue";
  }

  /**
   * Runs a script of statements and commands; a last statement needs no semicolon.
   *
   * @throws SqlError at the first statement or command that fails; those before it have had their effect
   * @throws OutputClosed when nobody reads the output any more
   */
  async script(text: string): Promise<LineOutcome> {
    for (const part of scriptParts(text)) {
      if (part.kind === "command") {
        if (await this.#command(part.line) === "exit") return "exit";
        continue;
      }
      const { complete, rest } = splitStatements(part.text);
      for (const statement of rest.text === "" ? complete : [...complete, rest]) {
        await this.#run(statement, this.#format);
      }
    }
    return "ready";
  }

  /** Where an answer goes. */
  get #answers(): Output {
    return (this.#paging ? this.#paged : null) ?? this.#output;
  }

  async #run(statement: Statement, form: PrintedForm): Promise<void> {
    if (asksForRows(statement.text)) this.#last = statement;
    const started = performance.now();
    const bound = { ...statement, text: this.#parameters.bind(statement.text) };
    await runStatement(this.#connection, bound, form, this.#file ?? this.#answers);
    if (this.#timed) await this.#output.write(`time: ${((performance.now() - started) / 1000).toFixed(3)} s\n`);
  }

  async #command(line: string): Promise<LineOutcome> {
    const [name, argument] = [line.split(/\s+/)[0], line.replace(/^\S+\s*/, "")];
    if (name === ".exit" || name === ".quit") return "exit";
    if (name === ".read") return await this.#read(argument);
    await this.#answers.write(await this.#answer(name, argument));
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
          refuse(`no table or view ${argument}: .tables lists them`);
      case ".explain":
        return explainText(meaningsOf(argument)) ||
          refuse(`${argument} is not known as a letter, column, table or anomaly`);
      case ".mode":
        return this.#mode(argument);
      case ".timer":
        return this.#switch(".timer", argument, () => this.#timed, (on) => this.#timed = on);
      case ".pager":
        return this.#switch(".pager", argument, () => this.#paging, (on) => this.#paging = on);
      case ".output":
        return this.#sendTo(argument);
      case ".chart":
        return await this.#chart(argument);
      case ".parameter":
      case ".param":
        return this.#parameter(argument);
      default:
        return refuse(`no command ${name}: .help lists them`);
    }
  }

  #mode(argument: string): string {
    if (argument === "") return `${this.#format}\n`;
    const format = FORMATS.find((known) => known === argument);
    if (!format) return refuse(`no format ${argument}: ${FORMATS.join(", ")} are known`);
    this.#format = format;
    return "";
  }

  #switch(name: string, argument: string, get: () => boolean, set: (on: boolean) => void): string {
    if (argument === "") return `${get() ? "on" : "off"}\n`;
    if (argument !== "on" && argument !== "off") return refuse(`${name} takes on or off`);
    set(argument === "on");
    return "";
  }

  #sendTo(file: string): string {
    this.close();
    if (file === "") return "";
    try {
      this.#file = new FileOutput(file);
      return "";
    } catch (error) {
      return refuse(`cannot write ${file}: ${failureReason(error)}`);
    }
  }

  async #chart(sql: string): Promise<string> {
    const { complete, rest } = splitStatements(sql);
    const [statement] = [...complete, ...(rest.text === "" ? [] : [rest]), ...(this.#last ? [this.#last] : [])];
    if (statement === undefined) {
      return refuse(".chart SQL plots two columns, the second a number; alone it plots the last rows");
    }
    await this.#run(statement, "chart");
    return "";
  }

  #parameter(argument: string): string {
    const [, action, name, value] = /^(\S*)\s*(\S*)\s*([^]*)$/.exec(argument)!;
    if (action === "" || action === "list") return this.#parameters.text;
    if (action === "clear") {
      this.#parameters.clear();
      return "";
    }
    if (action === "unset") return this.#parameters.unset(name) ? "" : refuse(`${name} has no value`);
    if (action !== "set" || value === "") return refuse(".parameter set :NAME VALUE, unset :NAME, list or clear");
    return this.#parameters.set(name, value) ? "" : refuse(`${name} is no name of a parameter: :t0 is one`);
  }

  async #read(file: string): Promise<LineOutcome> {
    const text = this.#textOf(file);
    this.#reading.add(file);
    try {
      return await this.script(text);
    } finally {
      this.#reading.delete(file);
    }
  }

  #textOf(file: string): string {
    if (file === "") return refuse(".read needs the name of a file");
    if (this.#reading.has(file)) return refuse(`${file} reads itself`);
    try {
      return readBoundedText(file);
    } catch (error) {
      return refuse(`cannot read ${file}: ${failureReason(error)}`);
    }
  }
}

/** A command that cannot be done ends a script, as a statement does. */
function refuse(why: string): never {
  throw new SqlError(why);
}
