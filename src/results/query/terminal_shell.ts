/**
 * The shell on a terminal: line editing, history, Ctrl-C and Ctrl-D.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import process from "node:process";
import * as readline from "node:readline";
import type { Output } from "./output.ts";
import type { FormatName } from "./result_format.ts";
import type { QueryConnection } from "./result_rows.ts";
import { ShellSession } from "./shell_session.ts";

const PROMPT = "dioscope> ";
const CONTINUATION = "     ...> ";

/** Lines kept from one conversation to the next. */
const HISTORY_LINES_MAX = 1000;

/**
 * Asks for lines and answers them until the user leaves.
 *
 * @param names what the tab key completes
 */
export async function terminalShell(
  connection: QueryConnection,
  output: Output,
  format: FormatName,
  names: readonly string[],
): Promise<void> {
  const session = new ShellSession(connection, output, format);
  const history = new History(historyPath());
  const terminal = readline.createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    history: history.lines.toReversed(),
    historySize: HISTORY_LINES_MAX,
    completer: (line: string) => completion(line, names),
  });
  let running = false;
  terminal.on("SIGINT", () => {
    if (running) {
      connection.cancel();
      return;
    }
    session.drop();
    terminal.write(null, { ctrl: true, name: "u" });
    terminal.setPrompt(PROMPT);
    process.stdout.write("^C\n");
    terminal.prompt();
  });
  terminal.prompt();
  for await (const line of terminal) {
    history.add(line);
    running = true;
    const outcome = await session.take(line);
    running = false;
    if (outcome === "exit") break;
    terminal.setPrompt(outcome === "continue" ? CONTINUATION : PROMPT);
    terminal.prompt();
  }
  terminal.close();
}

/** Names that the last word of the line may become. */
function completion(line: string, names: readonly string[]): [string[], string] {
  const word = line.match(/[\w.]*$/)![0];
  return [word === "" ? [] : names.filter((name) => name.startsWith(word)), word];
}

/** `$XDG_STATE_HOME` or its default is where the XDG base directory specification puts histories. */
function historyPath(): string {
  const home = process.env.HOME ?? ".";
  return path.join(process.env.XDG_STATE_HOME ?? path.join(home, ".local", "state"), "dioscope", "query_history");
}

/** Lines typed, oldest first. A history that cannot be read or written is not worth a word. */
class History {
  readonly lines: string[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    try {
      this.lines = fs.readFileSync(path, "utf8").split("\n").filter((line) => line !== "").slice(-HISTORY_LINES_MAX);
    } catch {
      // None yet.
    }
  }

  add(line: string): void {
    if (line.trim() === "" || line === this.lines.at(-1)) return;
    this.lines.push(line);
    try {
      fs.mkdirSync(path.dirname(this.#path), { recursive: true });
      fs.writeFileSync(this.#path, this.lines.slice(-HISTORY_LINES_MAX).join("\n") + "\n", { mode: 0o600 });
    } catch {
      // Then it is forgotten at the end.
    }
  }
}
