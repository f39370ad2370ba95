import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { generate } from "../../../src/generating/generate.ts";
import { SPEC } from "../../../src/generating/spec.ts";
import { holm, mannWhitney } from "../../../src/results/comparison/rank_test.ts";
import { comparisonText } from "../../../src/results/comparison/comparison_text.ts";
import { compareLatencies, type LatencyGroup } from "../../../src/results/comparison/latency_groups.ts";

/** The same probability by going through every way to deal the values out. */
function exact(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const larger = (chosen: readonly number[], others: readonly number[]) =>
    chosen.reduce((sum, y) => sum + others.reduce((own, x) => own + (y > x ? 1 : y === x ? 0.5 : 0), 0), 0);
  const mean = (a.length * b.length) / 2;
  const distance = Math.abs(larger(b, a) - mean);
  let [extreme, ways] = [0, 0];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const chosen = all.filter((_value, index) => mask & (1 << index));
    if (chosen.length !== b.length) continue;
    ways++;
    if (Math.abs(larger(chosen, all.filter((_value, index) => !(mask & (1 << index)))) - mean) >= distance) extreme++;
  }
  return extreme / ways;
}

Deno.test("the rank test comes near the probability that all ways to deal the values out give", () => {
  const sample = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      if (new Set([...a, ...b]).size < 4) return;
      const { p, shareLarger } = mannWhitney(a, b);
      assert(Math.abs(p - exact(a, b)) < 0.06, `${a} ${b}: ${p} ${exact(a, b)}`);
      const pairs = a.flatMap((x) => b.map((y) => (y > x ? 1 : y === x ? 0.5 : 0)));
      assertEquals(shareLarger, pairs.reduce((sum: number, one) => sum + one, 0) / pairs.length);
    }),
    { seed: 1947, numRuns: 12 },
  );
});

Deno.test("the rank test of known samples", () => {
  // Values of the normal distribution to the digits that tables have.
  const up = Array.from({ length: 20 }, (_, at) => at);
  assertEquals(mannWhitney(up, up).p, 1);
  const { p, shareLarger } = mannWhitney(up, up.map((value) => value + 100));
  // U = 400, mean 200, deviation sqrt(400/12 * 41) = 36.968, z = 199.5/36.968 = 5.3966.
  assert(Math.abs(p - 6.8e-8) < 0.1e-8, `${p}`);
  assertEquals(shareLarger, 1);
  assertEquals(mannWhitney(Array(9).fill(5), Array(8).fill(5)).p, 1);
});

Deno.test("Holm's correction multiplies the smallest by all, the next by one less, and never turns the order round", () => {
  const rounded = (list: number[]) => list.map((p) => Number(p.toFixed(6)));
  assertEquals(rounded(holm([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02]);
  assertEquals(holm([0.9, 0.8]), [1, 1]);
  assertEquals(holm([]), []);
});

/** A generator of 32-bit numbers that needs no clock (xorshift). */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761 >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Latencies with a long tail, each of which has much of the one before it, as queues make them. */
function run(random: () => number, count: number, median: number): number[] {
  const normal = () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  let weather = normal();
  return Array.from({ length: count }, () => {
    weather = 0.8 * weather + 0.6 * normal();
    return median * Math.exp(0.5 * weather);
  });
}

function groupOf(name: string, values: readonly number[]): LatencyGroup {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const median = (own: number[]) => own.sort((a, b) => a - b)[Math.ceil(own.length / 2) - 1];
  const blocks = new Map<number, number[]>();
  for (let length = 1; values.length / length >= 8; length *= 3) {
    const count = Math.floor(values.length / length);
    if (count > 2000) continue;
    blocks.set(
      length,
      Array.from({ length: count }, (_, block) => median(values.slice(block * length, (block + 1) * length))),
    );
  }
  const spread = {
    count: values.length,
    p50_ns: at(0.5),
    p90_ns: at(0.9),
    p99_ns: at(0.99),
    max_ns: at(1),
    bytes: null,
  };
  return { what: "operation", name, spread, blocks };
}

Deno.test("of two runs of one thing few are called different, and a fifth more time is seen", () => {
  const random = randomOf(7);
  const limits = { alpha: 0.01, ratio: 1.1 };
  let [falseAlarms, found] = [0, 0];
  for (let pair = 0; pair < 100; pair++) {
    const groups = ["a", "b", "c", "d", "e"];
    const a = groups.map((name) => groupOf(name, run(random, 1500, 1000)));
    const b = groups.map((name) => groupOf(name, run(random, 1500, 1000)));
    const slower = groups.map((name) => groupOf(name, run(random, 1500, name === "c" ? 1250 : 1000)));
    if (compareLatencies(a, b, limits).some(({ verdict }) => verdict !== "alike")) falseAlarms++;
    if (compareLatencies(a, slower, limits).find(({ name }) => name === "c")!.verdict === "slower") found++;
  }
  assert(falseAlarms < 3, `${falseAlarms} false alarms of 100`);
  assert(found > 70, `${found} of 100 seen`);
});

/** Groups of a generated run, by the times that its program took. */
function runOf(seed: number, latencyUs: number): LatencyGroup[] {
  const mix = { direct_read: 2, direct_write: 2, buffered_read: 2, buffered_write: 2, fsync: 0.1 };
  const spec = SPEC.parse({ seed, operations: 800, mix, device: { latency: { median_us: latencyUs } } });
  const groups = new Map<string, number[]>();
  const add = (lines: string) => {
    const { op, direct, start_ns, end_ns } = JSON.parse(lines);
    const name = `${op} ${direct}`;
    groups.set(name, [...groups.get(name) ?? [], end_ns - start_ns]);
  };
  generate(spec, { text: () => {}, block: () => {}, history: add });
  return [...groups].map(([name, values]) => groupOf(name, values)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

Deno.test("two runs of one generated scenario are called alike, and those with a slower device different", () => {
  const limits = { alpha: 0.01, ratio: 1.1 };
  let [falseAlarms, found] = [0, 0];
  for (let pair = 0; pair < 20; pair++) {
    const [a, b, slower] = [runOf(2 * pair, 60), runOf(2 * pair + 1, 60), runOf(2 * pair + 1, 90)];
    if (compareLatencies(a, b, limits).some(({ verdict }) => verdict === "slower" || verdict === "faster")) {
      falseAlarms++;
    }
    const direct = compareLatencies(a, slower, limits).filter(({ name }) => /^p(read|write) 1$/.test(name));
    if (direct.every(({ verdict }) => verdict === "slower")) found++;
  }
  assert(falseAlarms <= 1, `${falseAlarms} false alarms of 20`);
  assert(found >= 18, `${found} of 20 seen`);
});

Deno.test("groups whose requests are of other sizes say so, and those of one size do not", () => {
  const values = Array.from({ length: 60 }, (_, at) => 1000 + at);
  const sized = (bytes: number) => {
    const group = groupOf("pread direct", values);
    return [{ ...group, spread: { ...group.spread, bytes } }];
  };
  const limits = { alpha: 0.01, ratio: 1.1 };
  const told = (bytes: number) =>
    comparisonText({
      limits,
      operations: { a: 4, b: 1, matched: 1, onlyA: 3, onlyB: 0, filesBy: "inode number", changes: [] },
      latencies: compareLatencies(sized(4096), sized(bytes), limits),
      newFindings: [],
      vanishedFindings: [],
      traffic: [],
      bios: [],
      verdicts: [],
      regressions: [],
    });
  assert(told(16384).includes("alike, of 4,096 and 16,384 bytes each\n"), told(16384));
  assert(told(4200).includes("alike\n") && !told(4200).includes("bytes each"), told(4200));
  assert(told(4096).includes("; most are not the same in both"));
});
