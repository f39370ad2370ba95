/**
 * What tables, views and columns a results file has, in words.
 *
 * @module
 */
import { RESULTS_DATABASE } from "../results_reader.ts";
import { readEventView } from "../read_events.ts";
import { MAIN_TABLES, READ_EVENTS, VIEWS } from "../schema.ts";
import { ROW_TABLES, rowsView, STORE_TABLES } from "../store_tables.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../shipped_views.ts";
import { literal } from "../sql_text.ts";
import type { Cell } from "./cells.ts";
import { type QueryConnection, rowObjects } from "./result_rows.ts";

/** The order in which the declared relations are told of: what users ask most comes first. */
const DECLARED = [
  ...VIEWS,
  ...MAIN_TABLES,
  ...STORE_TABLES,
  ...ROW_TABLES.flatMap((table) => [rowsView(table, new Map()), table]),
  ...READ_EVENTS.map((event) => readEventView(event, null)),
].map(({ schema, name }) => `${schema}.${name}`);

/** One row a column of the file: schema, relation, column, type, description, relation_description. */
export const SCHEMA_QUERY = `
WITH relation AS (
  SELECT schema_name, table_name AS name, comment FROM duckdb_tables() WHERE database_name = '${RESULTS_DATABASE}'
  UNION ALL
  SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = '${RESULTS_DATABASE}' AND NOT internal
)
SELECT columns.schema_name AS schema, columns.table_name AS relation, columns.column_name AS column,
  columns.data_type AS type, columns.comment AS description, relation.comment AS relation_description
FROM duckdb_columns() AS columns
JOIN relation ON relation.schema_name = columns.schema_name AND relation.name = columns.table_name
WHERE columns.database_name = '${RESULTS_DATABASE}' AND columns.schema_name NOT IN ('raw_full', 'raw_rows')
ORDER BY coalesce(list_position([${
  DECLARED.map(literal).join(", ")
}], columns.schema_name || '.' || columns.table_name),
  ${DECLARED.length + 1}), columns.schema_name, columns.table_name, columns.column_index`;

/** Shipped views by name, then table macros as they are called. */
const SHIPPED = [
  ...SHIPPED_VIEWS,
  ...SHIPPED_MACROS.map((macro) => ({ ...macro, name: `${macro.name}(${macro.parameters})` })),
];

/** One row a shipped view or table macro: name, description, example. */
export const VIEWS_QUERY = `SELECT * FROM (VALUES ${
  SHIPPED.map(({ name, description, example }) => `(${[name, description, example].map(literal).join(", ")})`)
    .join(", ")
}) AS view(name, description, example)`;

interface DescribedRelation {
  title: string;
  description: string | null;
  columns: { name: string; type: string; description: string | null }[];
}

/**
 * Every table and view with its columns.
 *
 * @param only name of the one relation to tell of, with or without its schema
 * @returns null when the file has none of that name
 */
export async function schemaText(connection: QueryConnection, only?: string): Promise<string | null> {
  const relations = (await describedRelations(connection)).filter(({ title }) =>
    only === undefined || title === only || title.split(".")[1] === only
  );
  if (relations.length === 0) return null;
  const full = relations.filter(({ title }) => only !== undefined || !title.startsWith("raw."));
  const raw = relations.filter((relation) => !full.includes(relation));
  const text = full.map(relationText).join("\n");
  if (raw.length === 0) return text;
  const lines = raw.map(({ title, columns }) =>
    `  ${title} (${columns.map(({ name, type }) => `${name} ${type}`).join(", ")})\n`
  );
  return `${text}\nEvent types: raw.NAME has the fields that event does not hold, raw_full.NAME all of them\n${
    lines.join("")
  }`;
}

async function describedRelations(connection: QueryConnection): Promise<DescribedRelation[]> {
  const relations = new Map<string, DescribedRelation>();
  const textOf = (cell: Cell) => (cell === null ? null : String(cell));
  for (const row of await rowObjects(connection, SCHEMA_QUERY)) {
    const title = row.schema === "main" ? String(row.relation) : `${row.schema}.${row.relation}`;
    let relation = relations.get(title);
    if (!relation) {
      relations.set(title, relation = { title, description: textOf(row.relation_description), columns: [] });
    }
    relation.columns.push({
      name: String(row.column),
      type: String(row.type),
      description: textOf(row.description),
    });
  }
  return [...relations.values()];
}

function relationText({ title, description, columns }: DescribedRelation): string {
  const nameWidth = Math.max(...columns.map(({ name }) => name.length));
  const typeWidth = Math.max(...columns.map(({ type }) => type.length));
  const lines = columns.map(({ name, type, description }) =>
    `  ${name.padEnd(nameWidth)}  ${type.padEnd(typeWidth)}  ${description ?? ""}`.trimEnd() + "\n"
  );
  return `${title}${description ? `: ${description}` : ""}\n${lines.join("")}`;
}

/** The shipped views and table macros, one line each with what it answers. */
export function viewsText(): string {
  const width = Math.max(...SHIPPED.map(({ name }) => name.length));
  return SHIPPED.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join("");
}

/** Tables and views by name with what they are, one line each; `raw` ones only by count. */
export async function tablesText(connection: QueryConnection): Promise<string> {
  const relations = await describedRelations(connection);
  const named = relations.filter(({ title }) => !title.startsWith("raw."));
  const width = Math.max(...named.map(({ title }) => title.length));
  const own = await rowObjects(
    connection,
    "SELECT table_name AS name FROM duckdb_tables() WHERE database_name = 'memory' UNION ALL " +
      "SELECT view_name FROM duckdb_views() WHERE database_name = 'memory' AND NOT internal ORDER BY name",
  );
  return [
    ...own.map(({ name }) => `${String(name).padEnd(width)}  yours, in memory\n`),
    ...named.map(({ title, description }) => `${title.padEnd(width)}  ${description ?? ""}`.trimEnd() + "\n"),
    `raw.NAME, raw_full.NAME for ${relations.length - named.length} event types: see event_counts\n`,
  ].join("");
}
