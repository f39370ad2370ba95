/**
 * SQL statements that make the declared tables, views and macros.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import type { Macro } from "./macros.ts";
import type { RawNeed, Relation, View } from "./schema.ts";
import type { ShippedMacro } from "./view_file.ts";
import { literal, quote } from "./sql_text.ts";

/** A relation's name with its schema. */
export function qualified(relation: { schema: string; name: string }): string {
  return `${quote(relation.schema)}.${quote(relation.name)}`;
}

/** A table of any columns. */
export interface TableShape {
  schema: string;
  name: string;
  columns: readonly { name: string; type: StoredType }[];
}

/** Takes the place of a table of this name; views of it stay. */
export function createTable(table: TableShape): string {
  const columns = table.columns.map(({ name, type }) => `${quote(name)} ${type}`);
  return `CREATE OR REPLACE TABLE ${qualified(table)} (${columns.join(", ")})`;
}

/** Names of the columns of `raw_full.EVENT`; undefined where the file has no such event. */
export type RawColumns = (event: string) => readonly string[] | undefined;

/**
 * @param rawColumns what the file has of single event types; for views that need some
 */
export function createView(view: View, rawColumns?: RawColumns): string {
  return `CREATE VIEW ${viewBody(view, rawColumns)}`;
}

/** Takes the place of the view of this name, which has the same columns; its descriptions are lost. */
export function replaceView(view: View, rawColumns?: RawColumns): string {
  return `CREATE OR REPLACE VIEW ${viewBody(view, rawColumns)}`;
}

function viewBody(view: View, rawColumns: RawColumns = () => undefined): string {
  const columns = view.columns.map(({ name }) => quote(name));
  const needed = (view.needs ?? []).map((need) => `${quote(need.event)} AS (${neededRows(need, rawColumns)})`);
  const own = needed.length > 0 && /^WITH\s/.test(view.select);
  const select = own ? view.select.replace(/^WITH\s+/, "") : view.select;
  const head = needed.length === 0 ? "" : `WITH ${needed.join(",\n")}${own ? ",\n" : "\n"}`;
  return `${qualified(view)} (${columns.join(", ")}) AS ${head}${select}`;
}

/** The rows of an event type as a view reads them: none of an event type that the file does not have. */
function neededRows({ event, columns }: RawNeed, rawColumns: RawColumns): string {
  const there = rawColumns(event);
  const values = columns.map(({ name, type }) =>
    there?.includes(name) ? `TRY_CAST(${quote(name)} AS ${type}) AS ${quote(name)}` : `NULL::${type} AS ${quote(name)}`
  );
  return `SELECT ${values.join(", ")}${there ? ` FROM raw_full.${quote(event)}` : " WHERE FALSE"}`;
}

/** A macro that answers with rows. */
export function createTableMacro({ name, parameters, select }: ShippedMacro): string {
  return `CREATE MACRO main.${quote(name)}(${parameters}) AS TABLE ${select}`;
}

export function createMacro(macro: Macro): string {
  return `CREATE MACRO main.${quote(macro.name)}(${macro.parameters}) AS ${macro.expression}`;
}

export function macroComment({ name, description }: ShippedMacro): string {
  return `COMMENT ON MACRO TABLE main.${quote(name)} IS ${literal(description)}`;
}

/** Statements that carry the descriptions into the file. */
export function comments(relation: Relation, kind: "TABLE" | "VIEW"): string[] {
  return [
    `COMMENT ON ${kind} ${qualified(relation)} IS ${literal(relation.description)}`,
    ...relation.columns.map(({ name, description }) =>
      `COMMENT ON COLUMN ${qualified(relation)}.${quote(name)} IS ${literal(description)}`
    ),
  ];
}
