/**
 * Small random histories: operations at random times, whose reads saw mostly what somebody wrote.
 *
 * @module
 */

import fc from "fast-check";
import type { PlainHistory, PlainOperation, SizeStep, Way } from "../../../src/checking/coherence/plain_history.ts";

const ways: readonly Way[] = ["direct", "cached", "mapped"];
const way = fc.constantFrom(...ways);

export function operation(name: string, more: Partial<PlainOperation>): PlainOperation {
  return { name, task: name, what: "", inv: 0, res: null, reads: [], writes: [], zeroes: [], sizes: [], ...more };
}

export function history(operations: readonly PlainOperation[], more: Partial<PlainHistory> = {}): PlainHistory {
  return {
    file: "F",
    initial: (sector) => `I${sector}`,
    initialSize: null,
    operations,
    final: null,
    zero: "0",
    sectorsPerPage: 2,
    ...more,
  };
}

/** On one sector; `values`: how many different values writes leave (as many as there are writes, or fewer). */
export function sectorHistory(values: "unique" | "shared"): fc.Arbitrary<PlainHistory> {
  const write = fc.record({
    inv: fc.nat(9),
    length: fc.nat(12),
    way,
    certainty: fc.constantFrom("definite", "definite", "definite", "possible"),
  });
  const read = fc.record({ inv: fc.nat(18), length: fc.nat(2), way, sees: fc.nat(7), recent: fc.nat(7) });
  return fc.tuple(
    fc.array(write, { minLength: 1, maxLength: 4 }),
    fc.array(read, { minLength: 2, maxLength: 5 }),
    fc.nat(2),
  ).map(([writes, reads, zeroings]) => {
    const names = ["I0", ...writes.map((_, nth) => values === "unique" ? `W${nth}` : `W${nth % 2}`)];
    const operations = writes.map(({ inv, length, way, certainty }, nth) =>
      operation(`w${nth}`, {
        inv,
        res: certainty === "possible" && length === 0 ? null : inv + length,
        ...(values === "shared" && nth < zeroings
          ? { zeroes: [{ first: 0, end: nth === 0 ? null : 1, certainty: certainty as "definite" }] }
          : { writes: [{ sector: 0, value: names[nth + 1], way, certainty: certainty as "definite" }] }),
      })
    );
    const all = [...names, ...(values === "shared" ? ["0"] : []), "X"];
    for (const [nth, { inv, length, way, sees, recent }] of reads.entries()) {
      // What was under way is what it most likely saw.
      const underWay = operations.flatMap(({ inv: begun, res, writes }) =>
        begun <= inv + length && inv <= (res ?? Infinity) ? writes : []
      );
      const value = recent > 0 && underWay.length > 0 ? underWay[sees % underWay.length].value : all[sees % all.length];
      operations.push(operation(`r${nth}`, { inv, res: inv + length, reads: [{ sector: 0, value, way }] }));
    }
    return history(operations, values === "shared" ? { initial: () => "I0" } : {});
  });
}

/** Of reads and writes of several sectors: what was seen is what was there at some time, or nearly. */
export function wideHistory(
  sectors: number,
  of: readonly Way[] = ways,
  reads: "any_time" | "late" = "any_time",
): fc.Arbitrary<PlainHistory> {
  const way = fc.constantFrom(...of);
  const range = fc.tuple(fc.nat(sectors), fc.nat(sectors)).map(([a, b]) => {
    const [first, end] = a < b ? [a, b] : [b, a];
    return first === end ? { first: 0, last: sectors - 1 } : { first, last: end - 1 };
  });
  const late = reads === "late" ? 10 : 0;
  const base = { range, way, inv: fc.nat(late > 0 ? 2 : 8), length: fc.nat(7) };
  const write = fc.record({
    ...base,
    certainty: fc.constantFrom("definite", "definite", late > 0 ? "definite" : "possible"),
  });
  const read = fc.record({
    ...base,
    inv: base.inv.map((inv) => inv + late),
    sees: fc.array(fc.nat(4), { minLength: sectors, maxLength: sectors }),
  });
  return fc.tuple(
    fc.array(write, { minLength: 1, maxLength: 3 }),
    fc.array(read, { minLength: 1, maxLength: 3 }),
  ).map(([writes, reads]) => {
    const operations = writes.map(({ range, way, inv, length, certainty }, nth) =>
      operation(`w${nth}`, {
        inv,
        res: inv + length,
        writes: Array.from({ length: range.last - range.first + 1 }, (_, at) => ({
          sector: range.first + at,
          value: `W${nth}.${range.first + at}`,
          way,
          certainty: certainty as "definite",
        })),
      })
    );
    for (const [nth, { range, way, inv, length, sees }] of reads.entries()) {
      const seen = [];
      for (let sector = range.first; sector <= range.last; sector++) {
        const values = [
          `I${sector}`,
          ...operations.flatMap((each) =>
            each.inv > inv + length
              ? []
              : each.writes.filter((write) => write.sector === sector).map(({ value }) => value)
          ),
        ];
        seen.push({ sector, value: values[Math.max(0, values.length - 1 - sees[sector] % 3)], way });
      }
      operations.push(operation(`r${nth}`, { inv, res: inv + length, reads: seen }));
    }
    return history(operations);
  });
}

/** Changes of a size and reads that show something of it. */
export const sizeHistory: fc.Arbitrary<{ operations: PlainOperation[]; initial: number }> = fc.tuple(
  fc.nat(4),
  fc.array(
    fc.record({
      inv: fc.nat(12),
      length: fc.nat(6),
      kind: fc.constantFrom("extends", "extends", "sets", "shows", "shows", "shows"),
      from: fc.nat(5),
      by: fc.integer({ min: 1, max: 3 }),
      certainty: fc.constantFrom("definite", "definite", "possible"),
      exact: fc.constantFrom("exact", "at_least", "at_most"),
    }),
    { minLength: 2, maxLength: 6 },
  ),
).map(([initial, steps]) => ({
  initial,
  operations: steps.map(({ inv, length, kind, from, by, certainty, exact }, nth) => {
    const step: SizeStep = kind === "extends"
      ? { kind, from, to: from + by, certainty: certainty as "definite" }
      : kind === "sets"
      ? { kind, to: from, certainty: certainty as "definite" }
      : {
        kind: "shows",
        atLeast: exact === "at_most" ? 0 : from + by - 1,
        atMost: exact === "at_least" ? null : from + by - 1,
      };
    return operation(`o${nth}`, { inv, res: inv + length, sizes: [step] });
  }),
}));
