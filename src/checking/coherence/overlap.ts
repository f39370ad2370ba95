/**
 * Writes that were at work on the same place at the same time: OVERLAP_MIX and MIXED_RACE.
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";
import type { PlainHistory, PlainOperation } from "./plain_history.ts";
import type { SectorHistory, Write } from "./sector_history.ts";
import type { Seen } from "./sector_verdict.ts";

/** Two concurrent writes of which each has the last word in a sector that both wrote. */
export interface OverlapMix {
  readonly one: PlainOperation;
  readonly other: PlainOperation;
  /** Sectors that both wrote, by whose content they have. */
  readonly ofOne: readonly number[];
  readonly ofOther: readonly number[];
  /** Who saw it; null: the file holds it when all is done. */
  readonly seenBy: PlainOperation | null;
}

/** A direct write and a store through a mapping that were at work on one page at the same time. */
export interface MixedRace {
  readonly direct: PlainOperation;
  readonly store: PlainOperation;
  readonly page: number;
  /** Sectors of the page that the store wrote. */
  readonly stored: readonly number[];
}

interface LastWord {
  readonly at: number;
  readonly write: Write & { operation: PlainOperation };
}

export function findOverlapMixes(
  sectors: readonly SectorHistory[],
  verdicts: readonly Seen[],
): OverlapMix[] {
  const observations = new Map<PlainOperation | null, LastWord[]>();
  for (let at = 0; at < sectors.length; at++) {
    const { reads, writes } = sectors[at];
    if (writes.length < 3) continue; // fewer than two beside what was there before
    const { ambiguous, readsFrom } = verdicts[at];
    for (let nth = 0; nth < reads.length; nth++) {
      const from = readsFrom[nth];
      if (from === -1 || ambiguous.has(nth)) continue;
      const write = writes[from];
      if (!isWholeWrite(write)) continue;
      const known = observations.get(reads[nth].operation);
      if (known === undefined) observations.set(reads[nth].operation, [{ at, write }]);
      else known.push({ at, write });
    }
  }
  const mixes: OverlapMix[] = [];
  if (observations.size === 0) return mixes;
  const told = new Set<string>();
  // What is there in the end first.
  const ordered = [...observations].sort(([a], [b]) => Number(a !== null) - Number(b !== null));
  const written = new Map<PlainOperation, Set<number>>();
  const wrote = (operation: PlainOperation, sector: number): boolean => {
    let known = written.get(operation);
    if (known === undefined) {
      const whole = operation.writes.filter(({ certainty }) => certainty === "definite");
      written.set(operation, known = new Set(whole.map((write) => write.sector)));
    }
    return known.has(sector);
  };
  for (const [seenBy, seen] of ordered) {
    const byWriter = Map.groupBy(seen, ({ write }) => write.operation);
    for (const [one, other] of concurrentPairs(seen, seenBy?.inv ?? Infinity)) {
      const key = `${one.name} ${other.name}`;
      if (told.has(key)) continue;
      const lastWord = (of: PlainOperation, against: PlainOperation) =>
        byWriter.get(of)!.map(({ at }) => at).filter((at) =>
          wrote(against, sectors[at].sector) && !hasThird(sectors[at], of, against, seenBy?.res ?? Infinity)
        ).map((at) => sectors[at].sector);
      const ofOne = lastWord(one, other);
      if (ofOne.length === 0) continue;
      const ofOther = lastWord(other, one);
      if (ofOther.length === 0) continue;
      told.add(key);
      mixes.push({ one, other, ofOne, ofOther, seenBy });
    }
  }
  return mixes;
}

function isWholeWrite(write: Write): write is Write & { operation: PlainOperation } {
  return write.operation !== null && write.data && write.done !== Infinity;
}

/** Operations seen that neither precedes the other, both over before `until`. */
function* concurrentPairs(seen: readonly LastWord[], until: number): Iterable<[PlainOperation, PlainOperation]> {
  const writes = new Map<PlainOperation, number>();
  for (const { write } of seen) if (write.done < until) writes.set(write.operation, write.done);
  if (writes.size < 2) return;
  const ordered = [...writes].sort(([a], [b]) => a.inv - b.inv || (a.name < b.name ? -1 : 1));
  for (let first = 0; first < ordered.length; first++) {
    const [one, done] = ordered[first];
    for (let second = first + 1; second < ordered.length && ordered[second][0].inv <= done; second++) {
      yield [one, ordered[second][0]];
    }
  }
}

/** A third write, truncate or punch that may have come between or behind: the sector says nothing then. */
function hasThird({ writes }: SectorHistory, one: PlainOperation, other: PlainOperation, until: number): boolean {
  const began = Math.min(one.inv, other.inv);
  return writes.some(({ operation, inv, done }) =>
    operation !== null && operation !== one && operation !== other && !(done < began) && inv <= until
  );
}

export function findMixedRaces({ operations, sectorsPerPage }: PlainHistory): MixedRace[] {
  if (!operations.some(({ writes }) => writes.some(({ way }) => way === "mapped"))) return [];
  const pages = new Map<number, { direct: PlainOperation[]; stores: PlainOperation[] }>();
  for (const operation of operations) {
    for (const { sector, way } of operation.writes) {
      if (way === "cached") continue;
      const page = Math.floor(sector / sectorsPerPage);
      let on = pages.get(page);
      if (on === undefined) pages.set(page, on = { direct: [], stores: [] });
      const list = way === "direct" ? on.direct : on.stores;
      if (list.at(-1) !== operation) list.push(operation);
    }
  }
  const races: MixedRace[] = [];
  for (const [page, { direct, stores }] of [...pages].sort(([a], [b]) => a - b)) {
    if (direct.length === 0 || stores.length === 0) continue;
    const ordered = direct.toSorted((a, b) => a.inv - b.inv);
    /** The latest end among the first ones: behind it there is nothing to look for. */
    const ends: number[] = [];
    for (const { res } of ordered) ends.push(Math.max(ends.at(-1) ?? -Infinity, res ?? Infinity));
    for (const store of stores) {
      for (let at = lastBegun(ordered, store.res ?? Infinity); at >= 0 && ends[at] >= store.inv; at--) {
        if (store === ordered[at] || (ordered[at].res ?? Infinity) < store.inv) continue;
        const stored = store.writes
          .filter(({ sector, way }) => way === "mapped" && Math.floor(sector / sectorsPerPage) === page)
          .map(({ sector }) => sector);
        races.push({ direct: ordered[at], store, page, stored: [...new Set(stored)].sort((a, b) => a - b) });
      }
    }
  }
  return races;
}

/** The last of ascending operations that began no later than a time; -1: none. */
function lastBegun(ordered: readonly PlainOperation[], time: number): number {
  return partitionPoint(ordered, ({ inv }) => inv <= time) - 1;
}
