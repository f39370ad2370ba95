/**
 * Makes the tables, views and macros of a results file, and their descriptions.
 *
 * Hundreds of statements take a second or two, whatever is recorded. Most of them do not depend on what is: they are
 * given out in steps, for moments in which the engine would wait for the next rows. What the rows decide is made last,
 * and takes the place of what stood in for it.
 *
 * @module
 */
import type { RawEventDescription } from "../recording/raw_registry.ts";
import {
  comments,
  createMacro,
  createTable,
  createTableMacro,
  createView,
  macroComment,
  replaceView,
  type TableShape,
} from "./ddl.ts";
import { NULL_CONSTANT } from "./column_constant.ts";
import { MACROS } from "./macros.ts";
import { createRawFullView, rawFullColumns } from "./raw_full_views.ts";
import { MAIN_TABLES, type Relation, ROW_TABLES, rowsView, STORE_TABLES, type View, VIEWS } from "./schema.ts";
import { SHIPPED_MACROS } from "./shipped_views.ts";

/** Statements that go to the engine in one text. */
const STATEMENTS_PER_RUN = 50;

/** The same while rows are read: the next ones may come at any time. */
const STATEMENTS_PER_STEP = 10;

/** A view that is another one where an event type was recorded. */
const dependsOnEvents = ({ needs }: View) => (needs?.length ?? 0) > 0;

/** What the rows decided. */
export interface DecidedSchema {
  /** Tables of rows as they are stored, and the view that has the columns that are not. */
  rowTables: readonly { stored: Relation; view: View }[];
  /** Tables that only some files have. */
  moreTables: readonly Relation[];
  rawEvents: readonly RawEventDescription[];
}

/** Writes the schema. Use: {@linkcode begin}, then {@linkcode step} at any times, then {@linkcode finish}. */
export class SchemaWriter {
  readonly #run: (sql: string) => void;
  readonly #texts: Iterator<string> = inTexts(undecidedStatements(), STATEMENTS_PER_STEP);

  constructor(run: (sql: string) => void) {
    this.#run = run;
  }

  /** Makes all tables, empty; {@linkcode createTable} makes one anew that is stored in another shape. */
  begin(): void {
    for (const text of inTexts([...MAIN_TABLES, ...STORE_TABLES, ...ROW_TABLES].map(createTable))) this.#run(text);
  }

  /** Makes a table of this shape, in place of an empty one of this name. */
  createTable(table: TableShape): void {
    this.#run(createTable(table));
  }

  /** Does a small part of the work, if any is left. @returns false when none was */
  step(): boolean {
    const { done, value } = this.#texts.next();
    if (!done) this.#run(value);
    return !done;
  }

  /** Does what is left, with all that is known now. */
  finish({ rowTables, moreTables, rawEvents }: DecidedSchema): void {
    for (let text = this.#texts.next(); !text.done; text = this.#texts.next()) this.#run(text.value);
    const raw = new Map(rawEvents.map((event) => [event.name, rawFullColumns(event)]));
    const later = VIEWS.filter(dependsOnEvents);
    const decided = [
      ...rowTables.map(({ view }) => replaceView(view)),
      ...rawEvents.map(createRawFullView),
      ...later.map((view) => replaceView(view, (event) => raw.get(event))),
      ...[...STORE_TABLES, ...rowTables.map(({ stored }) => stored), ...moreTables]
        .flatMap((table) => comments(table, "TABLE")),
      ...[...rowTables.map(({ view }) => view), ...later].flatMap((view) => comments(view, "VIEW")),
    ];
    for (const text of inTexts(decided)) this.#run(text);
  }
}

/**
 * What no recording changes. Views of row tables, of which nobody knows yet what columns they will have, and those that
 * read single event types stand in for the ones to come.
 */
function* undecidedStatements(): Generator<string> {
  yield* MACROS.map(createMacro);
  for (const table of ROW_TABLES) {
    yield createView(rowsView(table, new Map(table.columns.map(({ name }) => [name, NULL_CONSTANT]))));
  }
  for (const view of VIEWS) yield createView(view);
  yield* SHIPPED_MACROS.map(createTableMacro);
  yield* SHIPPED_MACROS.map(macroComment);
  for (const table of MAIN_TABLES) yield* comments(table, "TABLE");
  for (const view of VIEWS) if (!dependsOnEvents(view)) yield* comments(view, "VIEW");
}

/** Statements, some in one text. */
function* inTexts(statements: Iterable<string>, most = STATEMENTS_PER_RUN): Generator<string> {
  let some: string[] = [];
  for (const statement of statements) {
    some.push(statement);
    if (some.length < most) continue;
    yield some.join(";\n");
    some = [];
  }
  if (some.length > 0) yield some.join(";\n");
}
