import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
// Types of pages need the DOM, which tests of this folder have.
import { depthOf, rateOf } from "../../src/report/html/browser/bio_rates.ts";
import { barScale } from "../../src/report/html/browser/bar_scale.ts";
import { busyPart } from "../../src/report/html/browser/busy_part.ts";
import { DELETED, pageLives } from "../../src/report/html/browser/page_lives.ts";
import type { Recording } from "../../src/report/html/browser/recording.ts";
import { stateAt } from "../../src/report/html/browser/run_state.ts";
import type { ShownRun, ShownStep } from "../../src/report/html/page_data.ts";

const times = (...list: number[]) => Float64Array.from(list);

Deno.test("what is shown first is the shortest stretch that has nearly all of what happens", () => {
  const burst = Float64Array.from({ length: 960 }, (_, nth) => 50_000 + nth);
  const rest = Float64Array.from({ length: 40 }, (_, nth) => nth * 25_000);
  const part = busyPart([burst, rest], 1_000_000)!;
  assert(part.from < 50_001 && part.from > 49_800, `it begins at ${part.from}`);
  const inside = [...burst].filter((time) => time >= part.from && time <= part.from + part.length);
  assert(inside.length >= 950, `${inside.length} of 960`);
  assert(part.length < 1_200, `it is ${part.length} long`);
});

Deno.test("a recording that is busy all along is shown whole", () => {
  assertEquals(busyPart([Float64Array.from({ length: 1000 }, (_, nth) => nth * 1000)], 1_000_000), null);
  assertEquals(busyPart([times()], 100), null);
  assertEquals(busyPart([times(NaN, NaN, 5)], 100), null);
});

Deno.test("bars begin at 0, whatever their values are", () => {
  assertEquals(barScale(282, 500), [0, 525]);
  assertEquals(barScale(-100, 500), [-105, 525]);
  assertEquals(barScale(-100, -20), [-105, 0]);
  assertEquals([barScale(0, 0), barScale(null, null)], [[0, 1], [0, 1]]);
});

Deno.test("the depth of a queue over a stretch is that of counting at every moment of it", () => {
  const span = fc.record({ begin: fc.nat(100), length: fc.nat(30) });
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 30 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 80 }),
      (list, from, length) => {
        const begins = Float64Array.from(list, ({ begin }) => begin).sort();
        const ends = Float64Array.from(list, ({ begin, length }) => begin + length).sort();
        const at = (time: number) => list.filter(({ begin, length }) => begin <= time && time < begin + length).length;
        let most = 0;
        for (let time = from; time <= from + length; time++) most = Math.max(most, at(time));
        assertEquals(depthOf(begins, ends, { from, length }, 1)[0], most);
        const bins = depthOf(begins, ends, { from, length }, 7);
        assertEquals(Math.max(...bins), most);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});

Deno.test("rates of a stretch hold the bytes that were completed in it, and no others", () => {
  const transfers = { times: times(0, 5e8, 1e9, 15e8, 2e9), bytes: times(1, 10, 100, 1000, 10000) };
  assertEquals(rateOf(transfers, { from: 0, length: 2e9 }, 2), [11, 11100]);
  assertEquals(rateOf(transfers, { from: 5e8, length: 1e9 }, 1), [1110]);
});

/** Page events and bios of one file, as the page decodes them. */
function recordingOf(
  steps: readonly [ts: number, kind: string, page: number][],
  writebacks: readonly [queue: number, complete: number, offset: number, bytes: number][],
): Recording {
  const kinds = ["add", "dirty", "delete"];
  const table = (columns: Record<string, number[]>) => ({
    rows: Object.values(columns)[0].length,
    column: (name: string) => Float64Array.from(columns[name]),
  });
  return {
    words: { pageKinds: kinds, roles: ["writeback"], pageSize: 4096, lengthNs: 100 },
    pages: table({
      ts: steps.map(([ts]) => ts),
      page_kind: steps.map(([, kind]) => kinds.indexOf(kind)),
      page_index: steps.map(([, , page]) => page),
      pages: steps.map(() => 1),
    }),
    bios: table({
      role: writebacks.map(() => 0),
      file: writebacks.map(() => 0),
      queue: writebacks.map(([queue]) => queue),
      file_offset: writebacks.map(([, , offset]) => offset),
      bytes: writebacks.map(([, , , bytes]) => bytes),
    }),
    bioEnds: Float64Array.from(writebacks, ([, complete]) => complete),
  } as unknown as Recording;
}

function livesIn(recording: Recording): string[] {
  const { begins, ends, pages, states, items } = pageLives(
    recording,
    Int32Array.from(recording.pages.column("ts").keys()),
    0,
  );
  const names = ["clean", "dirty", "writeback", "deleted"];
  assertEquals(names[DELETED], "deleted");
  return Array.from(
    begins,
    (begin, nth) =>
      `page ${pages[nth]} ${names[states[nth]]} ${begin}..${ends[nth]} by ${items[nth].kind} ${items[nth].row}`,
  );
}

Deno.test("a page is under writeback while the bio that writes it is on its way, and clean then", () => {
  const steps: [number, string, number][] = [[10, "add", 3], [20, "dirty", 3], [60, "delete", 3]];
  assertEquals(livesIn(recordingOf(steps, [[30, 40, 2 * 4096, 8192]])), [
    "page 3 clean 10..20 by page_event 0",
    "page 3 dirty 20..30 by page_event 1",
    "page 2 writeback 30..40 by bio 0",
    "page 3 writeback 30..40 by bio 0",
    "page 2 clean 40..100 by bio 0",
    "page 3 clean 40..60 by bio 0",
    "page 3 deleted 60..60 by page_event 2",
  ]);
});

Deno.test("a page that becomes dirty while it is written back stays dirty when the bio is completed", () => {
  const steps: [number, string, number][] = [[10, "add", 0], [20, "dirty", 0], [35, "dirty", 0]];
  assertEquals(livesIn(recordingOf(steps, [[30, 40, 0, 4096]])), [
    "page 0 clean 10..20 by page_event 0",
    "page 0 dirty 20..30 by page_event 1",
    "page 0 writeback 30..35 by bio 0",
    "page 0 dirty 35..100 by page_event 2",
  ]);
});

Deno.test("a task waits until the step of another that wakes it, and holds what it held", () => {
  const step = (step: number, task: number, more: Partial<ShownStep>): ShownStep => {
    return { step, task, notes: [], changes: [], holds: [], waits: null, others: [], ...more };
  };
  const run = {
    tasks: ["T1", "T2"],
    steps: [
      step(0, 1, { holds: ["a(F)"] }),
      step(1, 0, { holds: ["b(F)"], waits: "a(F) (owner T2)" }),
      step(2, 1, { others: [[0, ["b(F)"], null]] }),
      step(3, 0, { holds: ["a(F)", "b(F)"] }),
    ],
  } as unknown as ShownRun;
  const ofFirst = run.steps.map((_, nth) => stateAt(run, nth).tasks.get("T1"));
  assertEquals(ofFirst, [
    undefined,
    { holds: ["b(F)"], waits: "a(F) (owner T2)" },
    { holds: ["b(F)"], waits: null },
    { holds: ["a(F)", "b(F)"], waits: null },
  ]);
});
