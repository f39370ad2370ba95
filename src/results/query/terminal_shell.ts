/**
 * The shell on a terminal: line editing, completion, history, pages, Ctrl-C and Ctrl-D.
 *
 * @module
 */
import process from "node:process";
import * as readline from "node:readline";
import { completions, namedRelations } from "./completion.ts";
import type { Output } from "./output.ts";
import { type PageAnswer, PagedOutput } from "./paged_output.ts";
import type { FormatName } from "./result_format.ts";
import type { QueryConnection } from "./result_rows.ts";
import type { Parameters } from "./parameters.ts";
import { SHELL_COMMANDS } from "./shell_help.ts";
import { History, HISTORY_LINES_MAX, historyPath } from "./shell_history.ts";
import { ShellSession } from "./shell_session.ts";

const PROMPT = "dioscope> ";
const CONTINUATION = "     ...> ";
const PAGE_PROMPT = "-- Enter: more, a: all, q: stop -- ";

/** Whoever has gone sees the rest at once. */
const NOBODY_ASKED = Promise.resolve<PageAnswer>("all");

/** Asks for lines and answers them until the user leaves. */
export async function terminalShell(
  connection: QueryConnection,
  output: Output,
  format: FormatName,
  parameters: Parameters,
): Promise<void> {
  let running = false;
  const history = new History(historyPath());
  const terminal = readline.createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    history: history.lines.toReversed(),
    historySize: HISTORY_LINES_MAX,
    completer: (line: string, answer: (error: Error | null, result: [string[], string]) => void) => {
      if (running) return answer(null, [[], line]); // the connection is busy
      namedRelations(connection).then(
        (relations) => answer(null, completions(line, session.pending, relations, SHELL_COMMANDS)),
        () => answer(null, [[], line]),
      );
    },
  });
  const pages = new Pages(terminal);
  const paged = new PagedOutput(output, () => Deno.consoleSize().rows, () => isOpen ? pages.ask() : NOBODY_ASKED);
  const shown = { output, paged: Deno.stdout.isTerminal() ? paged : null };
  const session = new ShellSession(connection, shown, format, parameters);
  terminal.on("SIGINT", () => {
    if (pages.stop()) {
      // The question is still open for readline: an empty line ends it.
      terminal.write("\n");
      return;
    }
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
  // Ctrl-D, which may come while an answer is worked at or shown: readline asks nothing any more then.
  let isOpen = true;
  terminal.on("close", () => {
    isOpen = false;
    pages.stop();
  });
  terminal.prompt();
  for await (const line of terminal) {
    history.add(line);
    running = true;
    const outcome = await session.take(line);
    running = false;
    if (outcome === "exit") break;
    if (!isOpen) continue;
    terminal.setPrompt(outcome === "continue" ? CONTINUATION : PROMPT);
    // What has been typed meanwhile is gone on with where it ends.
    terminal.prompt(true);
  }
  session.close();
  terminal.close();
}

/** Questions at the end of a full screen. */
class Pages {
  readonly #terminal: readline.Interface;
  #waiting: ((answer: PageAnswer) => void) | null = null;

  constructor(terminal: readline.Interface) {
    this.#terminal = terminal;
  }

  ask(): Promise<PageAnswer> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#terminal.question(PAGE_PROMPT, (answer) => {
        this.#answer({ q: "stop", a: "all" }[answer.trim().toLowerCase()[0]] as PageAnswer ?? "next");
      });
    });
  }

  /** Ctrl-C or Ctrl-D at such a question. @returns false where there is none */
  stop(): boolean {
    if (!this.#waiting) return false;
    this.#answer("stop");
    return true;
  }

  #answer(answer: PageAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }
}
