/**
 * SQL statements that make the declared tables, views and macros.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import type { Macro, Relation, View } from "./schema.ts";
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

export function createTable(table: TableShape): string {
  const columns = table.columns.map(({ name, type }) => `${quote(name)} ${type}`);
  return `CREATE TABLE ${qualified(table)} (${columns.join(", ")})`;
}

export function createView(view: View): string {
  const columns = view.columns.map(({ name }) => quote(name));
  return `CREATE VIEW ${qualified(view)} (${columns.join(", ")}) AS ${view.select}`;
}

export function createMacro(macro: Macro): string {
  return `CREATE MACRO main.${quote(macro.name)}(${macro.parameters}) AS ${macro.expression}`;
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
