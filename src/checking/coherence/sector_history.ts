/**
 * The operations on one sector: what they wrote into it, and what they saw.
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";
import {
  type Certainty,
  doneAt,
  kindOf,
  type PlainHistory,
  type PlainOperation,
  type ReadKind,
  type SectorRead,
  type Value,
  type Way,
} from "./plain_history.ts";

/** What was there before all operations. */
export const INITIAL = null;

/** A write, a truncate or a punch of the sector, or what was there before. */
export interface Write {
  readonly operation: PlainOperation | typeof INITIAL;
  readonly inv: number;
  /** Infinity: it is not known to have been done. */
  readonly done: number;
  readonly value: Value;
  readonly way: Way;
  readonly certainty: Certainty;
  /** False: a truncate, a punch, or what was there before. */
  readonly data: boolean;
}

export interface Read {
  /** Null: nobody read; what the file holds when all is done. */
  readonly operation: PlainOperation | null;
  readonly inv: number;
  readonly res: number;
  readonly value: Value;
  readonly way: Way;
  readonly kind: ReadKind;
  readonly access: SectorRead | null;
  /** True: only a part of the sector had this value. */
  readonly partial: boolean;
}

export interface SectorHistory {
  readonly sector: number;
  /** The first one is what was there before. */
  readonly writes: Write[];
  readonly reads: Read[];
}

/** Puts the operations of a history on their sectors. Sectors that nobody read are left out; ascending. */
export function sectorHistories(history: PlainHistory): SectorHistory[] {
  const sectors = new Map<number, SectorHistory>();
  const of = (sector: number): SectorHistory => {
    let known = sectors.get(sector);
    if (known === undefined) {
      const first: Write = {
        operation: INITIAL,
        inv: -Infinity,
        done: -Infinity,
        value: history.initial(sector),
        way: "direct",
        certainty: "definite",
        data: false,
      };
      known = { sector, writes: [first], reads: [] };
      sectors.set(sector, known);
    }
    return known;
  };
  const zeroing: PlainOperation[] = [];
  for (const operation of history.operations) {
    const { inv } = operation;
    if (operation.zeroes.length > 0) zeroing.push(operation);
    for (const { sector, value, way, certainty } of operation.writes) {
      of(sector).writes.push({ operation, inv, done: doneAt(operation, certainty), value, way, certainty, data: true });
    }
    if (operation.res === null) continue;
    for (const access of operation.reads) {
      const { sector, value, way, mixedWith = [] } = access;
      const partial = mixedWith.length > 0;
      const common = { operation, inv, res: operation.res, way, kind: kindOf(way), access, partial };
      of(sector).reads.push({ ...common, value });
      for (const other of mixedWith) of(sector).reads.push({ ...common, value: other });
    }
  }
  if (history.final !== null) {
    for (let sector = 0; sector < history.final.sectors; sector++) {
      const content = history.final.content(sector);
      if (content === null) continue;
      const { value, mixedWith, way } = content;
      // What nobody touched and is as it was says nothing.
      if (zeroing.length === 0 && !sectors.has(sector) && value === history.initial(sector)) continue;
      const partial = mixedWith.length > 0;
      const common = { operation: null, inv: Infinity, res: Infinity, way, kind: way, access: null, partial };
      of(sector).reads.push({ ...common, value });
      for (const other of mixedWith) of(sector).reads.push({ ...common, value: other });
    }
  }
  const read = [...sectors.values()].filter(({ reads }) => reads.length > 0).sort((a, b) => a.sector - b.sector);
  for (const operation of zeroing) {
    for (const { first, end, certainty } of operation.zeroes) {
      for (
        let at = partitionPoint(read, ({ sector }) => sector < first);
        at < read.length && (end === null || read[at].sector < end);
        at++
      ) {
        read[at].writes.push({
          operation,
          inv: operation.inv,
          done: doneAt(operation, certainty),
          value: history.zero,
          way: "cached",
          certainty,
          data: false,
        });
      }
    }
  }
  return read;
}
