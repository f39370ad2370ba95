/**
 * What the tab key makes of the word before the cursor: commands, tables, views, columns, keywords.
 *
 * @module
 */
import { MACROS } from "../macros.ts";
import { SHIPPED_MACROS } from "../shipped_views.ts";
import { type QueryConnection, rowObjects } from "./result_rows.ts";

/** Keywords and functions that questions to a recording need most. */
const KEYWORDS = (
  "ALL AND ANTI AS ASC ASOF BETWEEN BY CASE CAST CREATE CROSS DESC DESCRIBE DISTINCT ELSE END EXCEPT EXCLUDE EXISTS " +
  "EXPLAIN FALSE FILTER FROM FULL GROUP HAVING ILIKE IN INNER INTERSECT INTO IS JOIN LATERAL LEFT LIKE LIMIT MACRO " +
  "MATERIALIZED NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PIVOT POSITIONAL QUALIFY RECURSIVE REPLACE " +
  "RIGHT SAMPLE SELECT SEMI SUMMARIZE TABLE TEMP THEN TRUE UNION UNNEST UNPIVOT USING VALUES VIEW WHEN WHERE WINDOW WITH"
).split(" ");

const FUNCTIONS = [
  ...(
    "abs arg_max arg_min avg coalesce count first histogram lag last lead list max median min quantile_cont " +
    "quantile_disc range regexp_matches round row_number string_agg sum typeof unnest"
  ).split(" "),
  ...MACROS.map(({ name }) => name),
];

/** What can stand behind FROM beside tables and views. */
const TABLE_FUNCTIONS = SHIPPED_MACROS.map(({ name }) => `${name}(`);

/** A table or view that can be named. */
export interface NamedRelation {
  /** As it is written in SQL: `bio`, `raw.block_rq_issue`. */
  title: string;
  columns: string[];
}

/** All tables and views of the results file, and those that the user made. */
export async function namedRelations(connection: QueryConnection): Promise<NamedRelation[]> {
  const rows = await rowObjects(
    connection,
    `SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns()
     WHERE database_name IN ('results', 'memory') AND NOT internal
     ORDER BY database_name, schema_name, table_name, column_index`,
  );
  const relations = new Map<string, NamedRelation>();
  for (const { schema_name, table_name, column_name } of rows) {
    const title = schema_name === "main" ? String(table_name) : `${schema_name}.${table_name}`;
    const relation = relations.get(title) ?? { title, columns: [] };
    relation.columns.push(String(column_name));
    relations.set(title, relation);
  }
  return [...relations.values()];
}

/**
 * Words that the last word of a line may become.
 *
 * @param line the text before the cursor
 * @param before lines of the same statement before this one
 * @param commands the shell's own, with their dots
 * @returns them in order, and the part of the line that they replace
 */
export function completions(
  line: string,
  before: string,
  relations: readonly NamedRelation[],
  commands: readonly string[],
): [string[], string] {
  const word = line.match(/[\w.]*$/)![0];
  const start = line.slice(0, line.length - word.length);
  if (before === "" && start.trim() === "" && word.startsWith(".")) return [matching(commands, word), word];
  if (word === "") return [[], word];
  if (before === "" && /^\s*\.schema\s+$/.test(start)) {
    return [matching(relations.map(({ title }) => title), word), word];
  }
  if (before === "" && /^\s*\.mode\s+$/.test(start)) return [matching(["table", "json", "csv"], word), word];
  const statement = `${before} ${line}`;
  if (/\b(from|join|describe|summarize|table)\s+$/i.test(start)) {
    return [matching([...relations.map(({ title }) => title), ...TABLE_FUNCTIONS], word), word];
  }
  const named = relations.filter(({ title }) => names(statement, title));
  const columns = (named.length > 0 ? named : relations.filter(({ title }) => !title.includes("."))).flatMap((r) =>
    r.columns
  );
  const qualified = word.includes(".") ? columnsBehind(word, statement, relations) : [];
  const keywords = [...KEYWORDS, ...FUNCTIONS].map((keyword) => inCaseOf(word, keyword));
  return [matching([...qualified, ...columns, ...relations.map(({ title }) => title), ...keywords], word), word];
}

/** Whether a statement names a table: as a word of its own. */
function names(statement: string, title: string): boolean {
  return new RegExp(`(^|[^\\w.])${title.replaceAll(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&")}($|[^\\w.])`, "i").test(
    statement,
  );
}

/** `bio.` and the alias `b.` of `FROM bio AS b` have the columns of bio behind them. */
function columnsBehind(word: string, statement: string, relations: readonly NamedRelation[]): string[] {
  const prefix = word.slice(0, word.lastIndexOf("."));
  const aliased = new RegExp(`\\b(?:from|join)\\s+([\\w.]+)\\s+(?:as\\s+)?${prefix.replaceAll(".", "\\.")}\\b`, "i")
    .exec(statement);
  const title = aliased?.[1] ?? prefix;
  const relation = relations.find((candidate) => candidate.title.toLowerCase() === title.toLowerCase());
  return (relation?.columns ?? []).map((column) => `${prefix}.${column}`);
}

/** Keywords come in the case in which they were begun. */
function inCaseOf(word: string, keyword: string): string {
  return word === word.toLowerCase() ? keyword.toLowerCase() : keyword;
}

function matching(candidates: readonly string[], word: string): string[] {
  const wanted = word.toLowerCase();
  return [...new Set(candidates)].filter((candidate) => candidate.toLowerCase().startsWith(wanted));
}
