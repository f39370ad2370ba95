/**
 * Rows of a large table, asked for stretch by stretch of their order: neither are all of them sorted at a time, nor is
 * all that is read of the file kept in memory.
 *
 * @module
 */
import type { EngineConnection } from "../../results/wasm_engine.ts";
import { objects } from "./report_queries.ts";

/** Stretches of a column of numbers that grows with the order from 0 on; `of` is a relation that has its largest value. */
interface Numbered {
  readonly column: string;
  readonly of: string;
  readonly length: number;
}

/** Stretches with about as many rows each of what is ordered by, NULL first. */
interface Spread {
  readonly by: string;
  readonly of: string;
  readonly rows: number;
}

export type Stretches = Numbered | Spread;

/** What is asked for one after the other, as conditions in SQL: together they hold for every row once. */
export function stretchesOf(connection: EngineConnection, stretch: Stretches | undefined): string[] {
  if (stretch === undefined) return [""];
  if ("by" in stretch) return spread(connection, stretch);
  const { column, of, length } = stretch;
  const [{ last }] = objects(connection, `SELECT max(${column})::DOUBLE AS last FROM ${of}`);
  const count = Math.floor(Number(last ?? 0) / length) + 1;
  return count === 1 ? [""] : Array.from(
    { length: count },
    (_, nth) => ` WHERE ${column} >= ${nth * length} AND ${column} < ${(nth + 1) * length}`,
  );
}

function spread(connection: EngineConnection, { by, of, rows }: Spread): string[] {
  const [{ count }] = objects(connection, `SELECT count(*)::DOUBLE AS count FROM ${of}`);
  const parts = Math.ceil(Number(count) / rows);
  if (parts <= 1) return [""];
  // Where a stretch ends is of no importance, so it need not be known exactly, for which all would be sorted.
  const shares = Array.from({ length: parts - 1 }, (_, nth) => (nth + 1) / parts);
  const bounds = objects(
    connection,
    `SELECT DISTINCT unnest(approx_quantile(${by}, [${
      shares.join(", ")
    }]))::VARCHAR AS bound FROM ${of} ORDER BY bound::BIGINT`,
  ).map(({ bound }) => String(bound));
  return [null, ...bounds].map((begin, nth) => {
    const end = bounds[nth];
    const before = end === undefined ? "true" : `${by} < ${end}`;
    return begin === null ? ` WHERE ${by} IS NULL OR ${before}` : ` WHERE ${by} >= ${begin} AND ${before}`;
  });
}
