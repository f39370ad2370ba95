/**
 * SQL text cut into statements, as a shell needs it: what is complete, and what is still being typed.
 *
 * @module
 */

/** A statement and where it begins. */
export interface Statement {
  /** Without the semicolon, and without white space and comments before it. */
  text: string;
  /** Lines of the whole text before the statement's first one. */
  linesBefore: number;
}

/** Statements of a text. */
export interface Statements {
  complete: Statement[];
  /** What follows the last semicolon: empty where only white space and comments do. */
  rest: Statement;
}

/** Cuts at semicolons outside of quotes and comments. */
export function splitStatements(text: string): Statements {
  const complete: Statement[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    if (text[at] === ";") {
      const statement = statementOf(text, start, at);
      if (statement.text !== "") complete.push(statement);
      start = ++at;
    } else {
      at = skipToken(text, at) ?? text.length;
    }
  }
  return { complete, rest: statementOf(text, start, text.length) };
}

/** @returns where the quoted text, comment or character at `at` ends; null when it is not closed */
export function skipToken(text: string, at: number): number | null {
  const pair = text.slice(at, at + 2);
  if (pair === "--") return endOf(text, "\n", at) ?? text.length;
  if (pair === "/*") return skipBlockComment(text, at);
  if (text[at] === "'") return skipQuoted(text, at, isEscapeString(text, at));
  if (text[at] === '"') return skipQuoted(text, at, false);
  const dollar = text[at] === "$" ? text.slice(at).match(/^\$\w*\$/)?.[0] : undefined;
  if (dollar !== undefined && !/\w/.test(text[at - 1] ?? "")) return endOf(text, dollar, at + dollar.length);
  return at + 1;
}

function endOf(text: string, mark: string, from: number): number | null {
  const found = text.indexOf(mark, from);
  return found < 0 ? null : found + mark.length;
}

/** Comments of this kind nest. */
function skipBlockComment(text: string, at: number): number | null {
  let depth = 0;
  while (at < text.length) {
    const pair = text.slice(at, at + 2);
    if (pair === "/*") depth++;
    else if (pair === "*/") depth--;
    at += pair === "/*" || pair === "*/" ? 2 : 1;
    if (depth === 0) return at;
  }
  return null;
}

/** A doubled quote stands for itself, and so does one after a backslash in e'...'. */
function skipQuoted(text: string, at: number, hasEscapes: boolean): number | null {
  const quote = text[at++];
  while (at < text.length) {
    if (hasEscapes && text[at] === "\\") at += 2;
    else if (text[at] !== quote) at++;
    else if (text[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return null;
}

function isEscapeString(text: string, at: number): boolean {
  return /[eE]/.test(text[at - 1] ?? "") && !/\w/.test(text[at - 2] ?? "");
}

function statementOf(text: string, start: number, end: number): Statement {
  let at = start;
  while (at < end) {
    const pair = text.slice(at, at + 2);
    if (pair === "--" || pair === "/*") {
      const behind = skipToken(text, at);
      if (behind === null) break; // a comment that goes on: more lines are to come
      at = Math.min(behind, end);
    } else if (/\s/.test(text[at])) at++;
    else break;
  }
  return { text: text.slice(at, end).trimEnd(), linesBefore: text.slice(0, at).split("\n").length - 1 };
}

/** Words that statements begin with whose rows somebody wants to see. */
const ASKING = new Set(
  [
    "SELECT",
    "FROM",
    "WITH",
    "VALUES",
    "TABLE",
    "DESCRIBE",
    "DESC",
    "SHOW",
    "SUMMARIZE",
    "EXPLAIN",
    "PRAGMA",
    "PIVOT",
    "UNPIVOT",
    "CALL",
  ],
);

/** Whether a statement asks for rows; others have only a count to show, or nothing. */
export function asksForRows(statement: string): boolean {
  return ASKING.has(statement.replace(/^[\s(]+/, "").match(/^\w+/)?.[0].toUpperCase() ?? "");
}
