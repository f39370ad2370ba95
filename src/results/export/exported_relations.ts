/**
 * What of a results file is exported table by table: what users rely on, not the codes that it is stored in.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";
import { RESULTS_DATABASE } from "../results_reader.ts";
import { SHIPPED_VIEWS } from "../shipped_views.ts";
import { literal } from "../sql_text.ts";

/** A table, or a view that gives coded tables their columns. */
export interface ExportedRelation {
  schema: "main" | "raw";
  name: string;
  description: string | null;
  columns: { name: string; type: string }[];
}

/** In a fixed order: `main` first, each schema by name. */
export async function exportedRelations(connection: QueryConnection): Promise<ExportedRelation[]> {
  const shipped = SHIPPED_VIEWS.map(({ name }) => literal(name)).join(", ");
  const rows = await rowObjects(
    connection,
    `
WITH relation AS (
  SELECT schema_name, table_name AS name, comment FROM duckdb_tables() WHERE database_name = '${RESULTS_DATABASE}'
  UNION ALL
  SELECT schema_name, view_name, comment FROM duckdb_views()
  WHERE database_name = '${RESULTS_DATABASE}' AND NOT internal AND view_name NOT IN (${shipped})
)
SELECT relation.schema_name AS schema, relation.name, relation.comment, columns.column_name, columns.data_type
FROM relation
JOIN duckdb_columns() AS columns ON columns.database_name = '${RESULTS_DATABASE}'
  AND columns.schema_name = relation.schema_name AND columns.table_name = relation.name
WHERE relation.schema_name IN ('main', 'raw')
ORDER BY relation.schema_name, relation.name, columns.column_index`,
  );
  const relations: ExportedRelation[] = [];
  for (const row of rows) {
    const [schema, name] = [row.schema as "main" | "raw", String(row.name)];
    let relation = relations.at(-1);
    if (relation?.schema !== schema || relation.name !== name) {
      relation = { schema, name, description: row.comment === null ? null : String(row.comment), columns: [] };
      relations.push(relation);
    }
    relation.columns.push({ name: String(row.column_name), type: String(row.data_type) });
  }
  return relations;
}

/** Columns that give rows of the same table the same order in every export. */
export function orderOf({ columns }: ExportedRelation): string {
  const key = ["recording_id", "run_id", "seq", "bio_id", "op_id", "step"].filter((name) =>
    columns.some((column) => column.name === name)
  );
  return columns.some(({ name }) => name === "seq" || name === "bio_id" || name === "op_id")
    ? ` ORDER BY ${key.join(", ")}`
    : "";
}

/** Characters of a name that is a part of a path: endings follow it, and a part has at most 255 bytes. */
const PATH_NAME_MAX = 200;
/** Of a name that is cut: so many characters, behind what is kept of it, tell it from others. */
const DIGEST_LENGTH = 16;

/** A name as part of a path: event types of a damaged recording may have any, also `..`, and of any length. */
export function pathName(name: string): string {
  const safe = name.replaceAll(
    /[^\w.-]|^\.+/gu,
    (text) => [...text].map((character) => `%${character.codePointAt(0)!.toString(16)}`).join(""),
  );
  if (safe !== "" && safe.length <= PATH_NAME_MAX) return safe;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, DIGEST_LENGTH);
  return `${safe.slice(0, PATH_NAME_MAX - DIGEST_LENGTH - 1)}%${digest}`;
}
