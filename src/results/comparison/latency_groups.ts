/**
 * How long operations and bios took, in groups, and whether two results files differ in it.
 *
 * What follows closely on one another in a run goes through the same weather and is no independent evidence: the test is
 * made over the medians of blocks of what came one after the other, of one length in both files, and that length odd, so
 * that a median is a value in the middle.
 *
 * @module
 */
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";
import { IS_WHOLE } from "./operation_match.ts";
import { holm, mannWhitney, SAMPLE_MIN } from "./rank_test.ts";

/** Most blocks of a group that are looked at; more are of a length that is not tried. */
const BLOCKS_MAX = 2000;

/** Fewest blocks that a longer length is taken for. */
const BLOCKS_WANTED = 24;

/** Lengths of blocks that are tried: powers of 3. */
const LENGTHS = Array.from({ length: 16 }, (_, power) => 3 ** power);

/** Operations by kind and way of their data, bios by direction: time from queued to completed. */
const TIMED = `
  SELECT 'operation' AS what, kind || CASE WHEN execution = 'unknown' THEN '' ELSE ' ' || execution END AS name, start_ns,
    op_id AS id, coalesce(done_ns, end_ns) - start_ns AS ns, bytes
  FROM operation
  WHERE effect_of(kind) IS NOT NULL AND coalesce(done_ns, end_ns) IS NOT NULL AND ${IS_WHOLE}
  UNION ALL
  SELECT 'bio', direction(rwbs) || ' ' || role, queue_ns, bio_id, complete_ns - queue_ns, bytes
  FROM bio
  WHERE queue_ns IS NOT NULL AND complete_ns IS NOT NULL`;

const SPREADS = `SELECT what, name, unnest(spread(ns)), avg(bytes) AS bytes FROM (${TIMED})
GROUP BY what, name ORDER BY what, name`;

const BLOCKS = `
WITH numbered AS (
  SELECT what, name, ns, row_number() OVER in_order - 1 AS place, count(*) OVER (PARTITION BY what, name) AS total
  FROM (${TIMED})
  WINDOW in_order AS (PARTITION BY what, name ORDER BY start_ns, id)
)
SELECT what, name, length, place // length AS block, quantile_disc(ns, 0.5) AS median_ns
FROM numbered
JOIN (SELECT unnest([${LENGTHS.join(", ")}]) AS length) AS lengths
  ON total // length BETWEEN ${SAMPLE_MIN} AND ${BLOCKS_MAX} AND place // length < total // length
GROUP BY ALL
ORDER BY what, name, length, block`;

/** How long the members of a group took, ns. */
export interface Spread {
  readonly count: number;
  readonly p50_ns: number;
  readonly p90_ns: number;
  readonly p99_ns: number;
  readonly max_ns: number;
  /** What one of them is about on average; null: bytes are none of its matters. */
  readonly bytes: number | null;
}

/** A group of one results file. */
export interface LatencyGroup {
  readonly what: "operation" | "bio";
  /** `pwrite direct`, `write journal`. */
  readonly name: string;
  readonly spread: Spread;
  /** Medians of the blocks, ns, by the length of blocks. */
  readonly blocks: ReadonlyMap<number, readonly number[]>;
}

/** All groups of a results file, in order of their names. */
export async function latencyGroups(connection: QueryConnection): Promise<LatencyGroup[]> {
  const groups = new Map<string, Omit<LatencyGroup, "blocks"> & { blocks: Map<number, number[]> }>();
  for (const row of await rowObjects(connection, SPREADS)) {
    const spread = {
      count: Number(row.count),
      p50_ns: Number(row.p50_ns),
      p90_ns: Number(row.p90_ns),
      p99_ns: Number(row.p99_ns),
      max_ns: Number(row.max_ns),
      bytes: row.bytes === null ? null : Number(row.bytes),
    };
    const [what, name] = [row.what as LatencyGroup["what"], String(row.name)];
    groups.set(`${what} ${name}`, { what, name, spread, blocks: new Map() });
  }
  for (const { what, name, length, median_ns } of await rowObjects(connection, BLOCKS)) {
    const { blocks } = groups.get(`${what} ${name}`)!;
    const own = blocks.get(Number(length)) ?? [];
    blocks.set(Number(length), own);
    own.push(Number(median_ns));
  }
  return [...groups.values()];
}

/** A group that both files have, or one of them. */
export interface LatencyChange {
  readonly what: "operation" | "bio";
  readonly name: string;
  readonly a: Spread | null;
  readonly b: Spread | null;
  /** Median of B over that of A; null where one has none. */
  readonly ratio: number | null;
  /** Of the Mann-Whitney U test, corrected for all groups tested (Holm); null where a group is too small. */
  readonly p: number | null;
  readonly verdict: "slower" | "faster" | "alike" | "not tested";
}

/** When a difference of latencies counts. */
export interface LatencyLimits {
  /** Largest corrected probability of a false alarm. */
  readonly alpha: number;
  /** Smallest ratio of medians, either way, that matters: 1.1 is a tenth. */
  readonly ratio: number;
}

/** Lays the groups of two files beside each other, in order of their names. */
export function compareLatencies(
  groupsA: readonly LatencyGroup[],
  groupsB: readonly LatencyGroup[],
  limits: LatencyLimits,
): LatencyChange[] {
  const keys = [...new Set([...groupsA, ...groupsB].map(({ what, name }) => `${what} ${name}`))].sort();
  const pairs = keys.map((key) => {
    const of = (groups: readonly LatencyGroup[]) => groups.find(({ what, name }) => `${what} ${name}` === key) ?? null;
    return { a: of(groupsA), b: of(groupsB) };
  });
  const tested = pairs.filter(({ a, b }) => a && b && commonLength(a, b) !== null);
  const corrected = holm(tested.map(({ a, b }) => {
    const length = commonLength(a!, b!)!;
    return mannWhitney(a!.blocks.get(length)!, b!.blocks.get(length)!).p;
  }));
  return pairs.map((pair) => {
    const { what, name } = (pair.a ?? pair.b)!;
    const [a, b] = [pair.a?.spread ?? null, pair.b?.spread ?? null];
    const ratio = a && b && a.p50_ns > 0 ? b.p50_ns / a.p50_ns : null;
    const p = tested.includes(pair) ? corrected[tested.indexOf(pair)] : null;
    return { what, name, a, b, ratio, p, verdict: verdictOf(ratio, p, limits) };
  });
}

/** The longest blocks of which both have many, else the shortest that both have; null where there are none. */
function commonLength(a: LatencyGroup, b: LatencyGroup): number | null {
  const common = [...a.blocks.keys()].filter((length) => b.blocks.has(length)).sort((x, y) => x - y);
  const many = common.filter((length) =>
    Math.min(a.blocks.get(length)!.length, b.blocks.get(length)!.length) >= BLOCKS_WANTED
  );
  return many.at(-1) ?? common[0] ?? null;
}

function verdictOf(ratio: number | null, p: number | null, limits: LatencyLimits): LatencyChange["verdict"] {
  if (p !== null && p > limits.alpha) return "alike";
  if (ratio === null || p === null) return "not tested";
  if (ratio >= limits.ratio) return "slower";
  return ratio <= 1 / limits.ratio ? "faster" : "alike";
}
