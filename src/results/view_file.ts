/**
 * The form of the files in views/: a head of comments that says what a view or table macro answers, then its SELECT.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import { readEventName } from "./read_events.ts";
import type { Column, RawNeed, View } from "./relation.ts";
import { quote } from "./sql_text.ts";

/** A table as `query` prints it. */
export interface ExampleOutput {
  /** Path of the recording below the project's folder. */
  recording: string;
  text: string;
}

/** What every file of views/ says. */
interface Example {
  /** A query that uses it. */
  example: string;
  /** What the example prints for a recording that comes along; null where none of them has rows for it. */
  output: ExampleOutput | null;
}

/** A view that answers one question about a recording or an exploration, with an example. */
export interface ShippedView extends View, Example {}

/** A table macro: a question with parameters. */
export interface ShippedMacro extends Example {
  name: string;
  /** As declared: `inode, page, t`. */
  parameters: string;
  description: string;
  columns: readonly Column[];
  select: string;
}

/**
 * Reads a file: comment lines with the name (of a macro: with its parameters in brackets) and description, then
 * `columns:` with one line `NAME TYPE  description` a column, then for a view that reads tables of single event types
 * `needs:` with one line `EVENT: COLUMN TYPE, ...` each, then `example:`, and `output of RECORDING:` where a recording
 * that comes along shows something; after them the SELECT.
 *
 * @throws Error when the head lacks a part
 */
export function parseViewFile(text: string): ShippedView | ShippedMacro {
  const lines = text.split("\n");
  const headLength = lines.findIndex((line) => !line.startsWith("--"));
  const head = lines.slice(0, headLength).map((line) => line.slice(2));
  const [, name, , parameters, description] = head[0].match(/^ (\w+)(\(([\w, ]+)\))?: (.+)$/) ?? [];
  const columnsAt = head.indexOf(" columns:");
  const needsAt = head.indexOf(" needs:");
  const exampleAt = head.indexOf(" example:");
  const outputAt = head.findIndex((line) => line.startsWith(" output of "));
  if (name === undefined || columnsAt < 0 || exampleAt < Math.max(columnsAt, needsAt)) {
    throw new Error(`a view file begins with its name, columns and example: ${head[0]}`);
  }
  const part = (from: number, to: number) => head.slice(from + 1, to).filter((line) => line.trim() !== "");
  const shared = {
    name,
    description,
    columns: part(columnsAt, needsAt < 0 ? exampleAt : needsAt).map((line) => columnOf(name, line)),
    select: lines.slice(headLength).join("\n").trim(),
    example: part(exampleAt, outputAt < 0 ? head.length : outputAt).map((line) => line.trim()).join(" "),
    output: outputAt < 0 ? null : {
      recording: head[outputAt].slice(" output of ".length, -1),
      text: head.slice(outputAt + 1).map((line) => line.slice(3) + "\n").join(""),
    },
  };
  if (parameters !== undefined) return { ...shared, parameters };
  const needs = needsAt < 0 ? [] : part(needsAt, exampleAt).map((line) => needOf(name, line));
  return { ...shared, schema: "main", needs, select: withEvents(needs, shared.select) };
}

/** The SELECT, in which each event type that it needs is a table of that name. */
function withEvents(needs: readonly RawNeed[], select: string): string {
  if (needs.length === 0) return select;
  const tables = needs.map(({ event, columns }) =>
    `${quote(event)} AS (SELECT ${columns.map(({ name }) => quote(name)).join(", ")} FROM store.${
      quote(readEventName(event))
    })`
  );
  const own = /^WITH\s+/.exec(select);
  return `WITH ${tables.join(",\n")}${own === null ? "\n" : ",\n"}${select.slice(own?.[0].length ?? 0)}`;
}

function columnOf(view: string, line: string): Column {
  const [, column, type, meaning] = line.match(/^ {3}(\w+) (\w+) +(.+)$/) ?? [];
  if (column === undefined) throw new Error(`view ${view}: not a column line: ${line}`);
  return { name: column, type: type as StoredType, description: meaning };
}

function needOf(view: string, line: string): RawNeed {
  const [, event, list] = line.match(/^ {3}(\w+): (.+)$/) ?? [];
  const columns = list?.split(", ").map((each) => each.split(" "));
  if (columns === undefined || columns.some(({ length }) => length !== 2)) {
    throw new Error(`view ${view}: not a line of what it needs: ${line}`);
  }
  return { event, columns: columns.map(([column, type]) => ({ name: column, type: type as StoredType })) };
}
