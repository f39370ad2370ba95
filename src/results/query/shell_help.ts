/**
 * What `.help` prints, and the commands that the tab key knows.
 *
 * @module
 */
import { FORMATS } from "./result_format.ts";

const COMMANDS: readonly [usage: string, meaning: string][] = [
  [".tables", "tables and views"],
  [".schema [NAME]", "columns of all of them, or of one, with their descriptions"],
  [".views", "the shipped views; .explain VIEW has an example"],
  [".explain WORD", "what a letter, column, view or anomaly means: Q, FWFSM, D2C, queue_ns, LOST_UPDATE"],
  [".mode [FORMAT]", `how rows are printed: ${FORMATS.join(", ")}`],
  [".chart [SQL]", "plots two columns, the second a number; alone: the last rows once more"],
  [".parameter set :t0 5", "from now on :t0 in a statement stands for 5; also list, unset :t0, clear; short: .param"],
  [".timer on|off", "says how long each statement took"],
  [".output [FILE]", "rows go to a file; alone: to the terminal again"],
  [".pager on|off", "whether long answers stop at every screen (on a terminal they do)"],
  [".read FILE", "run the statements and commands in a file"],
  [".help", "this text"],
  [".exit", "leave; .quit and Ctrl-D do the same"],
];

const KEYS: readonly [key: string, meaning: string][] = [
  ["Tab", "completes commands, tables, views, columns and keywords; twice: shows all that fit"],
  ["Up, Down", "lines typed before, also in earlier conversations"],
  ["Ctrl-A, Ctrl-E", "begin and end of the line"],
  ["Ctrl-W, Ctrl-U, Ctrl-K", "cut the word before the cursor, the line before it, the line behind it"],
  ["Ctrl-C", "drops the line, or ends the statement that is running"],
  ["Ctrl-D", "leaves"],
];

function list(entries: readonly [string, string][]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}\n`).join("");
}

/** Keys of the shell, a line each. */
export const SHELL_KEYS = list(KEYS);

/** The whole help. */
export const SHELL_HELP = `SQL ends with a semicolon and may take several lines. Beside it:
${list(COMMANDS)}Keys, as readline has them:
${SHELL_KEYS}At the end of a full screen: Enter goes on, a shows all, q stops.
`;

/** Names of the commands, with their dots. */
export const SHELL_COMMANDS: readonly string[] = [...COMMANDS.map(([usage]) => usage.split(" ")[0]), ".param", ".quit"];
