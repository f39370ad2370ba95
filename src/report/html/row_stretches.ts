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
  /** What rows are told by, which mostly grows with the order; by it what is joined to them is found without all of it. */
  readonly key: string;
  readonly of: string;
  readonly rows: number;
}

export type Stretches = Numbered | Spread;

/** From `begin` on, up to and without `end`. */
export interface NumberRange {
  readonly begin: number;
  readonly end: number;
}

/** What is asked for at a time. */
export interface Stretch {
  /** Behind the relation, in SQL: all conditions together hold for every row once. */
  readonly condition: string;
  /** Of the numbers of a column; null where stretches are of something else, or there is but one. */
  readonly range: NumberRange | null;
}

const ALL: Stretch = { condition: "", range: null };

/** What is asked for one after the other. */
export function stretchesOf(connection: EngineConnection, stretch: Stretches | undefined): Stretch[] {
  if (stretch === undefined) return [ALL];
  if ("by" in stretch) return spread(connection, stretch);
  const { column, of, length } = stretch;
  const [{ last }] = objects(connection, `SELECT max(${column})::DOUBLE AS last FROM ${of}`);
  const count = Math.floor(Number(last ?? 0) / length) + 1;
  return count === 1 ? [ALL] : Array.from({ length: count }, (_, nth) => {
    const range = { begin: nth * length, end: (nth + 1) * length };
    return { condition: ` WHERE ${column} >= ${range.begin} AND ${column} < ${range.end}`, range };
  });
}

function spread(connection: EngineConnection, { by, key, of, rows }: Spread): Stretch[] {
  const [{ count }] = objects(connection, `SELECT count(*)::DOUBLE AS count FROM ${of}`);
  const parts = Math.ceil(Number(count) / rows);
  if (parts <= 1) return [ALL];
  // Where a stretch ends is of no importance, so it need not be known exactly, for which all would be sorted.
  const shares = Array.from({ length: parts - 1 }, (_, nth) => (nth + 1) / parts);
  const bounds = objects(
    connection,
    `SELECT DISTINCT unnest(approx_quantile(${by}, [${
      shares.join(", ")
    }]))::VARCHAR AS bound FROM ${of} ORDER BY bound::BIGINT`,
  ).map(({ bound }) => String(bound));
  const keys = objects(
    connection,
    `SELECT nth, min(key)::VARCHAR AS first, max(key)::VARCHAR AS last
     FROM (SELECT ${stretchNumber(bounds)} AS nth, key FROM (SELECT ${by} AS place, ${key} AS key FROM ${of}))
     GROUP BY nth ORDER BY nth`,
  );
  return keys.map(({ nth, first, last }) => {
    const [begin, end] = [bounds[Number(nth) - 1], bounds[Number(nth)]];
    const before = end === undefined ? "true" : `${by} < ${end}`;
    const condition = begin === undefined ? `(${by} IS NULL OR ${before})` : `${by} >= ${begin} AND ${before}`;
    return { condition: ` WHERE ${condition} AND ${key} BETWEEN ${first} AND ${last}`, range: null };
  });
}

/** In SQL: how many of the bounds from `low` on, up to and without `high`, are at or before `place`, added to `low`. */
function stretchNumber(bounds: readonly string[], low = 0, high = bounds.length): string {
  if (low === high) return String(low);
  const middle = (low + high) >> 1;
  const before = stretchNumber(bounds, low, middle);
  return `CASE WHEN place >= ${bounds[middle]} THEN ${stretchNumber(bounds, middle + 1, high)} ELSE ${before} END`;
}
