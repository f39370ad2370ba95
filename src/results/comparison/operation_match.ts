/**
 * Operations of two results files matched by task and position: the same thread does the same at the same place in the
 * same file, for the same time in a row.
 *
 * Thread ids differ from run to run: threads of one name are told apart by the order of their ids. A file is known by its
 * path where the recording has it, else by its inode number; where more operations match so, by its place among the inode
 * numbers that there are, as another file system, or another run of mkfs, gives other numbers to the same files.
 *
 * @module
 */
import type { Cell } from "../query/cells.ts";
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";

/** An operation that went one part direct and one part buffered is one operation, not its parts. */
export const IS_WHOLE = `(operation.recording_id, operation.part_of) NOT IN
    (SELECT (recording_id, op_id) FROM operation WHERE execution = 'mixed')`;

/** One row a place: what was done there, one after the other. */
const PLACES = `
WITH named AS (
  SELECT operation.op_id, operation.pid, regexp_replace(operation.task, '-[0-9]+$', '') AS comm, operation.kind,
    coalesce(operation.path, 'inode ' || operation.ino, 'unknown file') AS file,
    coalesce(operation.path, 'file ' || dense_rank() OVER (PARTITION BY operation.path IS NULL, operation.ino IS NULL
      ORDER BY operation.recording_id, operation.dev, operation.ino), 'unknown file') AS ranked_file,
    coalesce(operation.file_offset::VARCHAR, '') || '+' || coalesce(operation.bytes::VARCHAR, '') AS place,
    CASE
      WHEN operation.errno IS NOT NULL THEN 'error ' || operation.errno
      WHEN operation.result IS NULL THEN 'no result'
      WHEN effect_of(operation.kind) IN ('read', 'write') AND operation.kind NOT IN ('load', 'store')
        AND operation.result < operation.bytes THEN 'short'
      ELSE 'done'
    END || CASE WHEN operation.execution IN ('unknown', 'none') THEN '' ELSE ' ' || operation.execution END AS outcome
  FROM operation
  WHERE effect_of(operation.kind) IS NOT NULL AND ${IS_WHOLE}
),
ranked AS (
  SELECT *, dense_rank() OVER (PARTITION BY comm ORDER BY pid) AS thread FROM named
)
SELECT comm, thread, kind, file, ranked_file, place, list(outcome ORDER BY op_id) AS outcomes
FROM ranked
GROUP BY ALL
ORDER BY ALL`;

/** One place of a results file: how the operations there ended, in order. */
export interface Place {
  /** `wl-t1 1: pwrite inode 12 4096+512`. */
  readonly key: string;
  /** The same by the file's place among all inode numbers: `wl-t1 1: pwrite file 1 4096+512`. */
  readonly rankedKey: string;
  readonly outcomes: readonly string[];
}

/** All places, in order. */
export async function placesOf(connection: QueryConnection): Promise<Place[]> {
  return (await rowObjects(connection, PLACES)).map(({ comm, thread, kind, file, ranked_file, place, outcomes }) => ({
    key: `${comm} ${thread}: ${kind} ${file} ${place}`,
    rankedKey: `${comm} ${thread}: ${kind} ${ranked_file} ${place}`,
    outcomes: (outcomes as Cell[]).map(String),
  }));
}

/** An operation that ended otherwise in B. */
export interface OutcomeChange {
  readonly place: string;
  readonly a: string;
  readonly b: string;
  readonly count: number;
}

export interface OperationMatch {
  readonly a: number;
  readonly b: number;
  readonly matched: number;
  readonly onlyA: number;
  readonly onlyB: number;
  /** How files without a path are known. */
  readonly filesBy: "inode number" | "order of inode numbers";
  /** Matched operations that ended otherwise, by what became of what. */
  readonly changes: readonly OutcomeChange[];
}

/** Matches the operations of two files; changes are the most frequent first, each with its first place. */
export function matchOperations(placesA: readonly Place[], placesB: readonly Place[]): OperationMatch {
  const byNumber = matchBy(placesA, placesB, "inode number");
  if (byNumber.onlyA + byNumber.onlyB === 0) return byNumber;
  const byOrder = matchBy(placesA, placesB, "order of inode numbers");
  return byOrder.matched > byNumber.matched ? byOrder : byNumber;
}

function matchBy(
  placesA: readonly Place[],
  placesB: readonly Place[],
  filesBy: OperationMatch["filesBy"],
): OperationMatch {
  const keyOf = ({ key, rankedKey }: Place) => (filesBy === "inode number" ? key : rankedKey);
  const inB = new Map(placesB.map((place) => [keyOf(place), place.outcomes]));
  const total = (places: readonly Place[]) => places.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
  const changes = new Map<string, { place: string; a: string; b: string; count: number }>();
  let matched = 0;
  for (const place of placesA) {
    const { key, outcomes } = place;
    const others = inB.get(keyOf(place)) ?? [];
    const both = Math.min(outcomes.length, others.length);
    matched += both;
    for (let at = 0; at < both; at++) {
      const [a, b] = [outcomes[at], others[at]];
      if (a === b) continue;
      const change = changes.get(`${a}\0${b}`);
      if (change) change.count++;
      else changes.set(`${a}\0${b}`, { place: key, a, b, count: 1 });
    }
  }
  const [a, b] = [total(placesA), total(placesB)];
  const ordered = [...changes.values()].sort((x, y) => y.count - x.count || (x.a + x.b < y.a + y.b ? -1 : 1));
  return { a, b, matched, onlyA: a - matched, onlyB: b - matched, filesBy, changes: ordered };
}

/** Whether an operation that succeeded fails, or is cut short, in B. */
export function isWorse({ a, b }: OutcomeChange): boolean {
  return a.startsWith("done") && (b.startsWith("error") || b.startsWith("short"));
}
