/**
 * A script cut into what the shell takes: SQL, and commands on lines that begin with a dot.
 *
 * @module
 */
import { splitStatements } from "./statements.ts";

/** SQL of one or several lines has empty lines in place of those before it, so that errors name the script's lines. */
export type ScriptPart = { readonly kind: "sql"; readonly text: string } | {
  readonly kind: "command";
  readonly line: string;
};

/** A line with a dot is a command where no statement is open, as in a shell; inside one it is SQL. */
export function scriptParts(text: string): ScriptPart[] {
  const parts: ScriptPart[] = [];
  const lines = text.split("\n");
  let begin = 0;
  const addSql = (end: number): boolean => {
    const sql = "\n".repeat(begin) + lines.slice(begin, end).join("\n");
    const { complete, rest } = splitStatements(sql);
    if (end < lines.length && rest.text !== "") return false;
    if (complete.length > 0 || rest.text !== "") parts.push({ kind: "sql", text: sql });
    return true;
  };
  lines.forEach((line, nth) => {
    if (!line.trimStart().startsWith(".") || !addSql(nth)) return;
    parts.push({ kind: "command", line: line.trim() });
    begin = nth + 1;
  });
  addSql(lines.length);
  return parts;
}

/** Whether a script has more than SQL in it. */
export function hasCommands(text: string): boolean {
  return scriptParts(text).some(({ kind }) => kind === "command");
}
