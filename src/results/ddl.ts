/**
 * SQL statements that make the declared tables, views and macros.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import type { Macro } from "./macros.ts";
import type { Relation, View } from "./relation.ts";
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

/**
 * What a view selects of a table to have all of these columns.
 *
 * @param constants SQL of the value of every column that the table does not store
 */
export function selected(columns: TableShape["columns"], constants: ReadonlyMap<string, string>): string[] {
  return columns.map(({ name, type }) => {
    const constant = constants.get(name);
    return constant === undefined ? quote(name) : `${constant}::${type} AS ${quote(name)}`;
  });
}

export function createView(view: View): string {
  return `CREATE VIEW ${viewBody(view)}`;
}

/** Takes the place of the view of this name, which has the same columns; its descriptions are lost, views of it stay. */
export function replaceView(view: View): string {
  return `CREATE OR REPLACE VIEW ${viewBody(view)}`;
}

function viewBody(view: View): string {
  return `${qualified(view)} (${view.columns.map(({ name }) => quote(name)).join(", ")}) AS ${view.select}`;
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
