/**
 * What the two engines have in common: statements go in, columns and batches of rows come out.
 *
 * @module
 */
import type { Cell, CellReader } from "./cells.ts";

/** Engines that `--engine` knows. */
export const ENGINES = ["wasm", "native"] as const;

/** One of {@linkcode ENGINES}. */
export type EngineName = (typeof ENGINES)[number];

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  /** Numbers go to the right in a table. */
  readonly kind: "number" | "other";
}

/** Some rows of a result. */
export interface ResultRows {
  readonly count: number;
  /** One for each column; takes the number of the row in this batch, from 0. */
  readonly readers: readonly CellReader[];
}

/** A result as it is made. */
export interface RowStream {
  readonly columns: readonly ResultColumn[];
  readonly batches: AsyncIterable<ResultRows>;
}

/** Where statements are run. */
export interface QueryConnection {
  /** Runs one statement and hands its rows on as they are made. @throws Error with the engine's message */
  stream(sql: string): Promise<RowStream>;
  /** Ends the statement that {@linkcode stream} is running; nothing where none is. */
  cancel(): void;
}

/** A results file that is open for questions. */
export interface OpenResults {
  readonly connection: QueryConnection;
  /** Table `meta`. */
  readonly meta: ReadonlyMap<string, string>;
  /** An error while a statement ran as one about the file, where it is one; else as it is. */
  explain(error: unknown): unknown;
  close(): void;
}

/** All rows of a small result as objects. */
export async function rowObjects(connection: QueryConnection, sql: string): Promise<Record<string, Cell>[]> {
  const { columns, batches } = await connection.stream(sql);
  const rows: Record<string, Cell>[] = [];
  for await (const { count, readers } of batches) {
    for (let row = 0; row < count; row++) {
      rows.push(Object.fromEntries(columns.map(({ name }, index) => [name, readers[index](row)])));
    }
  }
  return rows;
}

/** Runs statements whose rows nobody wants, one after the other. */
export async function runAll(connection: QueryConnection, statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    const { batches } = await connection.stream(sql);
    for await (const _rows of batches);
  }
}
