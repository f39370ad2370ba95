import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { judgeAtomicity, promisedPieces, WHOLE } from "../../../src/checking/coherence/atomicity.ts";
import { sectorHistories } from "../../../src/checking/coherence/sector_history.ts";
import { judgeSector } from "../../../src/checking/coherence/sector_verdict.ts";
import { judgeSizes } from "../../../src/checking/coherence/size_register.ts";
import { sectorHistory, sizeHistory, wideHistory } from "./histories.ts";
import { type Cut, hasOrder, illegalReads, onSector, partsHaveOrder, sizesFit } from "./slow_checker.ts";

/** Both verdicts must occur often, or the comparison shows nothing. */
function assertBothOften(holds: number, total: number): void {
  assert(holds > total / 10 && holds < total * 9 / 10, `${holds} of ${total} hold`);
}

for (const values of ["unique", "shared"] as const) {
  Deno.test(`a sector whose writes leave ${values} values is judged as trying all orders does`, () => {
    let runs = 0;
    let legal = 0;
    let ordered = 0;
    let windows = 0;
    fc.assert(
      fc.property(sectorHistory(values), (history) => {
        const [sector] = sectorHistories(history);
        const verdict = judgeSector(sector);
        const slow = onSector(history, 0);
        const illegal = illegalReads(slow);
        runs++;
        assertEquals(verdict.illegal.map((nth) => sector.reads[nth].operation!.name), illegal.map(({ name }) => name));
        assertEquals(verdict.undecided, 0);
        if (illegal.length > 0) {
          // The others are judged all the same.
          slow.reads = slow.reads.filter((read) => !illegal.includes(read));
        } else legal++;
        const apart = hasOrder(slow, "apart");
        assertEquals(verdict.breaches.length === 0, apart);
        if (illegal.length === 0 && apart) ordered++;
        if (!apart) {
          const left = new Set(verdict.breaches.map(({ read }) => sector.reads[read].operation!.name));
          const rest = { ...slow, reads: slow.reads.filter(({ name }) => !left.has(name)) };
          assert(hasOrder(rest, "apart"), "what is left without the reads that contradict has an order");
          return;
        }
        const together = hasOrder(slow, "together");
        if (verdict.windows.length > 0) {
          assert(!together);
          windows++;
        } else if (values === "unique") assert(together);
      }),
      { seed: 7, numRuns: 6000 },
    );
    assertBothOften(legal, runs);
    assertBothOften(ordered, legal);
    assert(windows > runs / 200, `${windows} windows`);
  });
}

Deno.test("sizes are judged as trying all orders does", () => {
  let runs = 0;
  let fits = 0;
  fc.assert(
    fc.property(sizeHistory, ({ operations, initial }) => {
      const { breaches, undecidedFrom } = judgeSizes(operations, initial, null);
      const slow = sizesFit(operations, initial);
      runs++;
      if (slow) fits++;
      assertEquals(undecidedFrom, null);
      assertEquals(breaches.length === 0, slow);
    }),
    { seed: 11, numRuns: 6000 },
  );
  assertBothOften(fits, runs);
});

const modes: readonly [string, Parameters<typeof judgeAtomicity>[2], (way: string, does: "read" | "write") => Cut][] = [
  ["POSIX for all", WHOLE, (way) => way === "mapped" ? "by_sector" : "whole"],
  ["POSIX for the page cache", promisedPieces("posix", 2), (way) => way === "cached" ? "whole" : "by_sector"],
  ["PAGE", promisedPieces("page", 2), (way, does) => way === "cached" && does === "write" ? "by_page" : "by_sector"],
  ["DIO", (_way, _does, sector) => sector, () => "by_sector"],
];

for (const [mode, pieces, cut] of modes) {
  Deno.test(`operations of several sectors in mode ${mode} are judged as trying all orders does`, () => {
    let runs = 0;
    let whole = 0;
    const wide = fc.oneof(
      wideHistory(3, mode === "POSIX for all" ? ["direct"] : ["cached"]),
      { weight: mode === "PAGE" ? 6 : 1, arbitrary: wideHistory(2, ["cached"], "late") },
      wideHistory(2, ["direct", "cached", "mapped"]),
    );
    fc.assert(
      fc.property(wide, (history) => {
        const sectors = sectorHistories(history);
        const verdicts = sectors.map(judgeSector);
        // Only what is coherent sector by sector can be torn.
        if (verdicts.some(({ illegal, breaches }) => illegal.length + breaches.length > 0)) return;
        runs++;
        const { torn, pairsOnly } = judgeAtomicity(sectors, verdicts, pieces);
        const slow = partsHaveOrder(history, 4, cut);
        if (slow) whole++;
        assertEquals(pairsOnly, 0);
        assertEquals(torn.length === 0, slow);
      }),
      { seed: 13, numRuns: 3000 },
    );
    assert(runs > 500, `${runs} histories are coherent`);
    if (mode !== "DIO") assert(whole > runs / 10 && runs - whole > runs / 50, `${whole} of ${runs} hold`);
  });
}
