import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { generate, type Generated } from "../../src/generating/generate.ts";
import { Random } from "../../src/generating/random.ts";
import { ACTIONS, parseSpec, SPEC, type Spec } from "../../src/generating/spec.ts";

interface Line {
  id: number;
  tid: number;
  op: string;
  off: number;
  len: number;
  direct: number;
  start_ns: number;
  end_ns: number;
  ret: number;
  saw?: [number, number][];
}

interface Made extends Generated {
  text: string;
  blocks: Uint8Array[];
  history: Line[];
}

function made(spec: Spec): Made {
  let [text, history] = ["", ""];
  const blocks: number[][] = Array.from({ length: spec.cpus }, () => []);
  const generated = generate(spec, {
    text: (lines) => text += lines,
    block: (cpu, bytes) => blocks[cpu].push(...bytes),
    history: (lines) => history += lines,
  });
  const lines = history.trimEnd().split("\n").map((line) => JSON.parse(line) as Line);
  return { ...generated, text, blocks: blocks.map((bytes) => Uint8Array.from(bytes)), history: lines };
}

const EVERYTHING = {
  mix: {
    direct_read: 2,
    direct_write: 2,
    buffered_read: 2,
    buffered_write: 2,
    load: 1,
    store: 1,
    truncate: 0.1,
    fsync: 0.1,
  },
  file: { size: 131072 },
  sizes: { min: 512, max: 20000 },
};

const specs = fc.record({
  seed: fc.nat(1_000_000),
  threads: fc.integer({ min: 1, max: 6 }),
  cpus: fc.integer({ min: 1, max: 3 }),
  positions: fc.constantFrom("uniform" as const, "sequential" as const, "skewed" as const),
  dirty_pages: fc.integer({ min: 1, max: 40 }),
}).map((drawn) => SPEC.parse({ ...EVERYTHING, operations: 250, ...drawn }));

/** Stamp of each sector that a read returned. */
function sectorsOf(saw: readonly [number, number][]): number[] {
  return saw.flatMap(([sectors, id]) => Array<number>(sectors).fill(id));
}

/**
 * Reads that returned what no order of the writes allows: of a sector, a value that was overwritten before the read began
 * by a write that began after the value's own write had ended, or that nobody had begun to write.
 */
function incoherent(history: readonly Line[]): string[] {
  const writes = history.filter(({ op, ret }) => ["pwrite", "mmap-store", "ftruncate"].includes(op) && ret >= 0);
  const covers = (write: Line, sector: number) =>
    write.op === "ftruncate"
      ? sector * 512 >= write.len
      : sector * 512 >= write.off && sector * 512 < write.off + write.len;
  const wrong: string[] = [];
  for (const read of history.filter(({ saw }) => saw !== undefined)) {
    sectorsOf(read.saw!).forEach((id, index) => {
      const sector = read.off / 512 + index;
      const own = writes.filter((write) => covers(write, sector));
      // Zeros are what was there first, or what a truncation left.
      const sources = id === 0 ? own.filter(({ op }) => op === "ftruncate") : own.filter((write) => write.id === id);
      const ends = [
        ...(id === 0 ? [-Infinity] : []),
        ...sources.filter((w) => w.start_ns < read.end_ns).map((w) => w.end_ns),
      ];
      const isLegal = ends.some((end) => !own.some((later) => later.start_ns > end && later.end_ns < read.start_ns));
      if (!isLegal) wrong.push(`${read.id} ${sector} ${id}`);
    });
  }
  return wrong;
}

Deno.test("the same spec gives the same bytes, another seed others", () => {
  const spec = SPEC.parse({
    ...EVERYTHING,
    operations: 200,
    anomalies: { stale_cache: 1 },
    losses: [{ after_operations: 50, cpu: 1, events: 9 }],
  });
  assertEquals(made(spec), made(spec));
  assert(made(spec).text !== made({ ...spec, seed: 2 }).text);
});

Deno.test("what threads saw is coherent, and times go forward on every thread and CPU", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const { history, text, events, operations } = made(spec);
      assertEquals(incoherent(history), []);
      assertEquals(history.length, operations);
      for (let thread = 0; thread < spec.threads; thread++) {
        const own = history.filter(({ tid }) => tid === 1000 + thread);
        own.forEach(({ start_ns, end_ns }, at) =>
          assert(start_ns < end_ns && (at === 0 || own[at - 1].end_ns <= start_ns))
        );
      }
      assert(history.every(({ start_ns }, at) => at === 0 || history[at - 1].start_ns <= start_ns));
      const times = [...text.matchAll(/^\s*\S+-\d+\s+\[\d+\] \S+ +(\d+\.\d{6}): /gm)].map(([, time]) => Number(time));
      assertEquals(times.length, events);
      assert(times.every((time, at) => at === 0 || times[at - 1] <= time));
    }),
    { seed: 11, numRuns: 12 },
  );
});

Deno.test("just what is planted is incoherent: stale reads, and reads of what was written back over newer data", () => {
  fc.assert(
    fc.property(specs, fc.nat(3), fc.nat(3), (drawn, stale, lost) => {
      const spec = { ...drawn, anomalies: { stale_cache: stale, lost_update: lost, io_error: 1 } };
      const { history, planted } = made(spec);
      assertEquals(planted.map(({ anomaly }) => anomaly).sort(), [
        "io_error",
        ...Array(lost).fill("lost_update"),
        ...Array(stale).fill("stale_cache"),
      ]);
      const shown = planted.filter(({ anomaly }) => anomaly !== "io_error").map(({ shown }) => shown);
      const found = new Set(incoherent(history).map((line) => Number(line.split(" ")[0])));
      assertEquals([...found].sort(), [...shown].sort());
      const failed = history.filter(({ ret }) => ret < 0).map(({ id }) => id);
      assertEquals(failed, planted.filter(({ anomaly }) => anomaly === "io_error").map(({ by }) => by));
    }),
    { seed: 12, numRuns: 8 },
  );
});

Deno.test("numbers of a seed are pinned, and spread as they should", () => {
  const random = new Random(1);
  assertEquals([random.next(), random.next(), random.next()], PINNED);
  const values = Array.from({ length: 4000 }, () => random.logNormal(1000, 0.5)).sort((a, b) => a - b);
  assert(Math.abs(values[2000] - 1000) < 50);
  // One standard deviation up: e^0.5.
  assert(Math.abs(values[Math.floor(4000 * 0.8413)] / 1000 - Math.exp(0.5)) < 0.1);
  const counts = Array<number>(8).fill(0);
  for (let draw = 0; draw < 8000; draw++) counts[random.below(8)]++;
  assert(counts.every((count) => Math.abs(count - 1000) < 120), `${counts}`);
});

const PINNED = [2420951833, 2513034076, 3847892949];

Deno.test("a spec that is none is told of with file, line and key", () => {
  assertEquals(parseSpec("", "s.yaml"), SPEC.parse({}));
  assertEquals(parseSpec('{"seed": 4}', "s.json").seed, 4);
  const wrong: [string, RegExp][] = [
    ["seed: 1\nthreads: 0\n", /^s\.yaml:2: threads: /],
    ["seed: 1\nthread: 4\n", /^s\.yaml:1: .*thread/],
    ["mix: {fsync: 0}\n", /^s\.yaml:1: mix: no action has a weight$/],
    ["mix: {sync: 1}\n", /^s\.yaml:1: mix.*sync/],
    ["file: {size: 8192}\nsizes:\n  - 8192\n", /^s\.yaml:3: sizes: longer than half of the file/],
    ["losses:\n  - {after_operations: 1, cpu: 2, events: 1}\n", /^s\.yaml:2: losses\.0\.cpu: there are 2 CPUs/],
    ["seed: [\n", /^s\.yaml:\d: /],
  ];
  for (const [text, message] of wrong) {
    const error = assertThrows(() => parseSpec(text, "s.yaml"), Error);
    assertMatch((error as Error).message, message);
    assert(!(error as Error).message.includes("\n"));
  }
  assertEquals(
    Object.keys(SPEC.parse({}).mix).every((action) => (ACTIONS as readonly string[]).includes(action)),
    true,
  );
});
