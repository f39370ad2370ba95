/**
 * Rows of the small tables as statements that insert them.
 *
 * @module
 */
import { qualified } from "./ddl.ts";
import type { Relation } from "./relation.ts";
import { literal } from "./sql_text.ts";

/** A row of one of the small tables by column name, as the schema declares them; an absent column is NULL. */
export type TableRow = Readonly<Record<string, string | number | bigint | boolean | null>>;

/** Rows in one statement, and characters of them after which it ends sooner. */
const ROWS_PER_INSERT = 1000;
const CHARACTERS_PER_INSERT = 1_000_000;

/**
 * @returns INSERT statements, in order of rows
 * @throws Error when a row has a column that the table has not
 */
export function* rowInserts(table: Relation, rows: readonly TableRow[]): Generator<string> {
  const names = table.columns.map(({ name }) => name);
  for (const row of rows) {
    const unknown = Object.keys(row).find((key) => !names.includes(key));
    if (unknown !== undefined) throw new Error(`table ${table.name} has no column ${unknown}`);
  }
  const values = rows.values().map((row) => `(${names.map((name) => sqlValue(row[name] ?? null)).join(", ")})`);
  for (const some of portions(values)) yield `INSERT INTO ${qualified(table)} VALUES ${some.join(", ")}`;
}

/** Texts of rows by the statement that inserts them. */
function* portions(values: Iterable<string>): Generator<string[]> {
  let [some, characters]: [string[], number] = [[], 0];
  for (const value of values) {
    some.push(value);
    characters += value.length;
    if (some.length < ROWS_PER_INSERT && characters < CHARACTERS_PER_INSERT) continue;
    yield some;
    [some, characters] = [[], 0];
  }
  if (some.length > 0) yield some;
}

function sqlValue(value: TableRow[string]): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? literal(value) : String(value);
}
