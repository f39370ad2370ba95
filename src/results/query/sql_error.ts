/**
 * What is wrong with an SQL statement, and where, for the person who typed it.
 *
 * @module
 */
import { engineMessage } from "../results_error.ts";
import type { Statement } from "./statements.ts";

/** An error of a statement, whose message has the line at fault and a caret under the place, or of a shell's command. */
export class SqlError extends Error {
  override name = "SqlError";
}

/** The engine's error as one for the user, with line numbers of the whole text. */
export function sqlError(error: unknown, statement: Statement): SqlError {
  return new SqlError(withLinesBefore(engineMessage(error).trimEnd(), statement.linesBefore), { cause: error });
}

/** The engine counts lines from the statement on; the caret moves with the number's width. */
function withLinesBefore(message: string, linesBefore: number): string {
  if (linesBefore === 0) return message;
  return message.replace(/^LINE (\d+): (.*)\n( *)\^/m, (_all, line: string, text: string, indent: string) => {
    const shifted = String(Number(line) + linesBefore);
    return `LINE ${shifted}: ${text}\n${indent}${" ".repeat(shifted.length - line.length)}^`;
  });
}
