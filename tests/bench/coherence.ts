/**
 * `deno task bench coherence`: a history of many operations judged on one core.
 *
 * Tasks read and write at random places of one file for as long as each call takes, directly and through the page cache;
 * what is read is what one memory held at one moment of the call. So there is nothing wrong with the history, unless some
 * reads are made to return what had been overwritten before they began.
 *
 * @module
 */

import { judgeHistory } from "../../src/checking/coherence/judge_history.ts";
import type { PlainHistory, PlainOperation, Way } from "../../src/checking/coherence/plain_history.ts";
import { median } from "./run_measured.ts";
import { row } from "./table.ts";

interface Shape {
  readonly name: string;
  readonly operations: number;
  readonly tasks: number;
  readonly sectors: number;
  /** Sectors of one operation at most. */
  readonly longest: number;
  /** One read in so many is stale; 0: none. */
  readonly staleEvery: number;
  /** One operation in so many cuts the file off, or punches a hole; 0: none. */
  readonly cutEvery: number;
}

const SHAPES: readonly Shape[] = [
  { name: "wide", operations: 100_000, tasks: 16, sectors: 8192, longest: 8, staleEvery: 0, cutEvery: 0 },
  { name: "some stale", operations: 100_000, tasks: 16, sectors: 8192, longest: 8, staleEvery: 1000, cutEvery: 0 },
  { name: "with truncates", operations: 100_000, tasks: 16, sectors: 4096, longest: 8, staleEvery: 0, cutEvery: 1000 },
  { name: "few sectors", operations: 100_000, tasks: 16, sectors: 16, longest: 1, staleEvery: 0, cutEvery: 0 },
  { name: "one sector", operations: 100_000, tasks: 16, sectors: 1, longest: 1, staleEvery: 0, cutEvery: 0 },
  { name: "long ones", operations: 20_000, tasks: 64, sectors: 4096, longest: 64, staleEvery: 0, cutEvery: 0 },
];

/** Numbers that are the same every time. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

/** What a history of this shape looks like. */
function historyOf({ operations: wanted, tasks, sectors, longest, staleEvery, cutEvery }: Shape): PlainHistory {
  const source = numbers(wanted + sectors);
  const pick = (below: number) => source.next().value % below;
  // Every call has a moment at which it takes effect; what it took effect on is what it read.
  const calls = Array.from({ length: wanted }, (_, nth) => {
    const effect = Math.floor(nth / tasks) * 100 + 50;
    const [before, after] = [pick(50), pick(50)];
    return {
      nth,
      task: nth % tasks,
      inv: effect - before,
      res: effect + after,
      effect: effect + pick(Math.max(1, after)),
    };
  }).sort((a, b) => a.effect - b.effect || a.nth - b.nth);
  const memory: string[] = Array.from({ length: sectors }, (_, sector) => `I${sector}`);
  const older: string[] = [...memory];
  const ways: readonly Way[] = ["direct", "cached", "mapped"];
  const operations = calls.map(({ nth, task, inv, res }): PlainOperation => {
    const length = 1 + pick(longest);
    const first = pick(Math.max(1, sectors - length + 1));
    const range = Array.from({ length: Math.min(length, sectors) }, (_, at) => first + at);
    const common = {
      name: `T${task}#${nth}`,
      task: `T${task}`,
      what: "",
      inv,
      res,
      reads: [],
      writes: [],
      zeroes: [],
      sizes: [],
    };
    if (cutEvery > 0 && nth % cutEvery === 0) {
      for (const sector of range) memory[sector] = "0";
      return { ...common, zeroes: [{ first, end: first + range.length, certainty: "definite" }] };
    }
    const way = ways[pick(3)];
    if (pick(2) === 0) {
      const stale = staleEvery > 0 && pick(staleEvery) === 0;
      const reads = range.map((sector) => ({ sector, value: stale ? older[sector] : memory[sector], way }));
      const sizes = [{ kind: "shows", atLeast: first + range.length, atMost: null } as const];
      return { ...common, reads, sizes };
    }
    for (const sector of range) {
      older[sector] = memory[sector];
      memory[sector] = `W${nth}.${sector}`;
    }
    const writes = range.map((sector) => ({ sector, value: memory[sector], way, certainty: "definite" as const }));
    return {
      ...common,
      writes,
      sizes: [{ kind: "extends", from: first, to: first + range.length, certainty: "definite" }],
    };
  });
  return {
    file: "F",
    initial: (sector) => `I${sector}`,
    initialSize: sectors,
    operations,
    final: null,
    zero: "0",
    sectorsPerPage: 8,
  };
}

/** Prints the table. */
export function benchCoherence(runs: number): void {
  const widths = [16, 11, 9, 9, 8, 12, 10];
  console.log(row(["history", "operations", "tasks", "sectors", "s", "operations/s", "findings"], widths));
  const notes: string[] = [];
  for (const shape of SHAPES) {
    const history = historyOf(shape);
    const seconds: number[] = [];
    const counts = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const verdict = judgeHistory(history);
      seconds.push((performance.now() - start) / 1000);
      if (run > 0) continue;
      for (const { anomaly } of verdict.findings) counts.set(anomaly, (counts.get(anomaly) ?? 0) + 1);
      notes.push(...verdict.notes.map((note) => `${shape.name}: ${note}`));
    }
    // The effects that were picked are no whole operations; only what is wrong sector by sector counts.
    const wrong = [...counts].filter(([anomaly]) => !["TORN_READ", "OVERLAP_MIX", "MIXED_RACE"].includes(anomaly));
    const found = wrong.reduce((sum, [, count]) => sum + count, 0);
    if (found > 0 !== shape.staleEvery > 0) throw new Error(`${shape.name}: ${JSON.stringify(wrong)}`);
    console.log(row([
      shape.name,
      shape.operations.toLocaleString("en"),
      String(shape.tasks),
      shape.sectors.toLocaleString("en"),
      median(seconds).toFixed(2),
      Math.round(shape.operations / median(seconds)).toLocaleString("en"),
      String(found),
    ], widths));
  }
  for (const note of notes) console.log(note);
  console.log(`medians of ${runs} runs, one core`);
}
