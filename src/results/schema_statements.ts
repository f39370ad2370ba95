/**
 * SQL that makes the tables, views and macros of a results file, and their descriptions.
 *
 * Hundreds of statements take more than a second, whatever is recorded. Most of them do not depend on what is: those
 * are run once, see empty_results.ts, and what the rows decide takes the place of what stands in for it there.
 *
 * @module
 */
import type { RawEventDescription } from "../recording/raw_registry.ts";
import { comments, createMacro, createTable, createTableMacro, createView, macroComment, replaceView } from "./ddl.ts";
import { MACROS } from "./macros.ts";
import { createRawFullView, rawFullColumns } from "./raw_full_views.ts";
import { RAW_ROWS } from "./raw_rows.ts";
import { readEventView } from "./read_events.ts";
import type { Relation, View } from "./relation.ts";
import { MAIN_TABLES, READ_EVENTS, VIEWS } from "./schema.ts";
import { ROW_TABLES, rowsView, STORE_TABLES } from "./store_tables.ts";
import { SHIPPED_MACROS } from "./shipped_views.ts";

/** Statements that go to the engine in one text. */
const STATEMENTS_PER_RUN = 50;

/** What the rows decided. */
export interface DecidedSchema {
  /** Tables that are not as {@linkcode emptySchema} makes them, with the columns that they have. */
  tables: readonly Relation[];
  /** Views of row tables that are not. */
  rowViews: readonly View[];
  /** Statements that make views of event types whose tables have what varies only. */
  rawViews: readonly string[];
  rawEvents: readonly RawEventDescription[];
}

/**
 * Texts that make what no recording changes: all tables, with all their columns, all macros, and all views. Event
 * types that they read have no rows.
 */
export function emptySchema(): string[] {
  const tables = [...MAIN_TABLES, ...STORE_TABLES, ...ROW_TABLES];
  const events = READ_EVENTS.map((event) => readEventView(event, null));
  const views = [...ROW_TABLES.map((table) => rowsView(table, new Map())), ...events, ...VIEWS];
  return inTexts([
    "CREATE SCHEMA store",
    "CREATE SCHEMA raw",
    `CREATE SCHEMA ${RAW_ROWS}`,
    "CREATE SCHEMA raw_full",
    ...tables.map(createTable),
    ...MACROS.map(createMacro),
    ...views.map((view) => createView(view)),
    ...SHIPPED_MACROS.map(createTableMacro),
    ...SHIPPED_MACROS.map(macroComment),
    ...tables.flatMap((table) => comments(table, "TABLE")),
    ...views.flatMap((view) => comments(view, "VIEW")),
  ]);
}

/** Texts that make the rest, where all tables are there that rows were written to. */
export function decidedSchema({ tables, rowViews, rawViews, rawEvents }: DecidedSchema): string[] {
  const raw = new Map(rawEvents.map((event) => [event.name, event]));
  const reading = READ_EVENTS.flatMap((read) => {
    const event = raw.get(read.event);
    return event === undefined ? [] : [readEventView(read, rawFullColumns(event))];
  });
  return inTexts([
    ...rowViews.map((view) => replaceView(view)),
    ...rawViews,
    ...rawEvents.map(createRawFullView),
    ...reading.map((view) => replaceView(view)),
    ...tables.flatMap((table) => comments(table, "TABLE")),
    ...[...rowViews, ...reading].flatMap((view) => comments(view, "VIEW")),
  ]);
}

/** Statements, some in one text. */
function inTexts(statements: readonly string[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at < statements.length; at += STATEMENTS_PER_RUN) {
    texts.push(statements.slice(at, at + STATEMENTS_PER_RUN).join(";\n"));
  }
  return texts;
}
