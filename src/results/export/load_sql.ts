/**
 * The `load.sql` of a Parquet export: views over the files, the macros, and the shipped views that work on them.
 *
 * @module
 */
import { comments, createMacro, createTableMacro, createView, macroComment } from "../ddl.ts";
import { MACROS } from "../macros.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../shipped_views.ts";
import { literal, quote } from "../sql_text.ts";
import type { ExportedRelation } from "./exported_relations.ts";
import { folderOf, isPartitioned, type ParquetLayout, PARTITION_COLUMN } from "./parquet_layout.ts";

const HEAD = `-- Makes views of the Parquet files in this folder. In this folder: duckdb -init load.sql
`;

/** The whole text. */
export function loadSql(relations: readonly ExportedRelation[], layout: ParquetLayout): string {
  const statements = [
    ...(relations.some(({ schema }) => schema === "raw") ? ["CREATE SCHEMA IF NOT EXISTS raw"] : []),
    ...relations.flatMap((relation) => viewOf(relation, layout)),
    ...MACROS.map((macro) => createMacro(macro)),
  ];
  const missing = new Set<string>();
  for (const view of SHIPPED_VIEWS) {
    if (readsMissing(view.select, missing)) missing.add(view.name);
    else statements.push(createView(view), ...comments(view, "VIEW"));
  }
  for (const macro of SHIPPED_MACROS) {
    if (readsMissing(macro.select, missing)) missing.add(macro.name);
    else statements.push(createTableMacro(macro), macroComment(macro));
  }
  const notes = [...missing].map((name) =>
    `-- View ${name} is not here: it reads tables that only the results file has.\n`
  );
  return HEAD + notes.join("") + statements.map((sql) => `${sql};\n`).join("");
}

/** The integer-coded tables are not exported, nor raw_full, nor what stands on them. */
function readsMissing(select: string, missing: ReadonlySet<string>): boolean {
  const words: string[] = select.match(/\w+/g) ?? [];
  return /\bstore\./.test(select) || words.some((word) => missing.has(word));
}

function viewOf(relation: ExportedRelation, layout: ParquetLayout): string[] {
  const name = `${quote(relation.schema)}.${quote(relation.name)}`;
  const partitioned = layout === "by recording" && isPartitioned(relation);
  const files = literal(`${folderOf(relation)}/${partitioned ? "*/" : ""}*.parquet`);
  const type = relation.columns.find((column) => column.name === PARTITION_COLUMN)?.type;
  const options = partitioned
    ? `, hive_partitioning = true, hive_types = {${literal(PARTITION_COLUMN)}: ${type}}`
    : ", hive_partitioning = false";
  const columns = relation.columns.map((column) => quote(column.name)).join(", ");
  return [
    `CREATE VIEW ${name} AS SELECT ${columns} FROM read_parquet(${files}${options})`,
    ...(relation.description === null ? [] : [`COMMENT ON VIEW ${name} IS ${literal(relation.description)}`]),
  ];
}
