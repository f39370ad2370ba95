import { assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import { risksOf } from "../../src/replaying/risks.ts";
import { shapesOf } from "../../src/replaying/shapes.ts";
import { scenarioText } from "../../src/replaying/window_scenario.ts";
import { cutWindows } from "../../src/replaying/windows.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import { RunBuilder } from "../checking/recorded/recorded_run.ts";
import { exploreShapes } from "./explore_shapes.ts";

function range(offset: number, bytes: number) {
  return { offset, bytes, result: bytes };
}

const ORIGIN = { recording: "r", operations: [0], windows: 1 };

/** Its windows, explored under mainline. */
function underMainline(run: RunBuilder) {
  const { shapes } = shapesOf(run.build());
  const mainline = systemNamed("mainline");
  const chosen = [{ system: mainline, flags: flagValues(mainline), named: "" }];
  return exploreShapes(shapes, chosen, 200);
}

Deno.test("what overlaps in time and place is a window; what does not, or only reads, is none", () => {
  const run = new RunBuilder();
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", ...range(0, 8192) });
  run.operation("pread", 15, 25, { pid: 2, execution: "buffered", ...range(4096, 4096) });
  run.operation("pread", 16, 26, { pid: 3, execution: "buffered", ...range(4096, 4096) });
  run.operation("pread", 21, 27, { pid: 4, ...range(0, 4096) });
  run.operation("pread", 12, 14, { pid: 5, ...range(8192, 4096) });
  const { windows, inPairs } = cutWindows(run.build());
  assertEquals(windows.map(({ touched }) => touched.map(({ operation }) => operation.id)), [[0, 1], [0, 2]]);
  assertEquals(inPairs, 0);
});

Deno.test("what cannot be cut out is counted by why", () => {
  const run = new RunBuilder();
  run.operation("pwrite", 10, 20, { ...range(0, 512), result: -5 });
  run.operation("pread", 10, 20, { ...range(0, 512), file: null });
  assertEquals([...cutWindows(run.build()).leftOut], [["that failed", 1], ["whose file is not known", 1]]);
});

Deno.test("pages are renumbered, pages of one operation alone go, cuts within a page stay", () => {
  const run = new RunBuilder();
  run.page("add", 5, 103);
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", ...range(100 * 4096, 8 * 4096) });
  run.operation("store", 15, 16, { pid: 2, ...range(103 * 4096 + 512, 1024) });
  const { shapes: [shape], windows } = shapesOf(run.build());
  assertEquals(windows, 1);
  assertEquals(
    shape.text,
    [
      "bounds: { pages: 1, SECTORS_PER_PAGE: 4 }",
      "files:",
      "  F: { size: 1, cache: { 0: clean } }",
      "tasks:",
      "  T1:",
      "    - pwrite: F[0] O_DIRECT",
      "  T2:",
      "    - store: F[0:1]",
      "",
    ].join("\n"),
  );
});

Deno.test("an extending write goes behind the end, a truncation cuts where it did", () => {
  const run = new RunBuilder();
  run.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: 8192 });
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", ...range(4096, 8192) });
  run.operation("ftruncate", 12, 18, { pid: 2, offset: 4096 });
  const { shapes: [{ text }] } = shapesOf(run.build());
  assertMatch(text, /size: 1,? ?.*\n|size: 1 }/);
  assertMatch(text, /ftruncate: F, size: 0/);
});

Deno.test("windows that come to the same are one shape with their count", () => {
  const run = new RunBuilder();
  for (const [at, page] of [10, 200, 3000].entries()) {
    const begun = 100 * (at + 1);
    run.operation("pwrite", begun, begun + 20, { pid: 1, execution: "direct", ...range(page * 4096, 4096) });
    run.operation("store", begun + 5, begun + 6, { pid: 2, ...range(page * 4096, 4096) });
  }
  const { shapes } = shapesOf(run.build());
  assertEquals(shapes.map(({ count, title, windows }) => [count, title, windows]), [
    [3, "direct pwrite beside store", [[0, 1], [2, 3], [4, 5]]],
  ]);
});

/** What is looked at of the operations: cache, bounds and tasks of each shape. */
function shapesText(run: RunBuilder): string[] {
  return shapesOf(run.build()).shapes.map(({ text }) => {
    const bounds = /bounds: \{ (.*) \}/.exec(text)![1];
    const cache = /cache: (\{.*?\})/.exec(text)?.[1] ?? "";
    return [bounds, cache, ...[...text.matchAll(/- (.*)/g)].map(([, operation]) => operation)].join("; ");
  });
}

Deno.test("of several pages, each is looked at alone, and every two neighbours as whole pages", () => {
  const run = new RunBuilder();
  run.page("add", 5, 12);
  run.operation("pwrite", 10, 20, { pid: 1, execution: "buffered", ...range(10 * 4096 + 512, 4 * 4096) });
  run.operation("pread", 15, 25, { pid: 2, execution: "buffered", ...range(10 * 4096, 4 * 4096 + 512) });
  const one = (page: string) => `pages: 1; ${page}`;
  assertEquals(shapesText(run), [
    one("; pread: F[0]; pwrite: F[0:1..0]"),
    // Three whole pages that both touch alike, one of them cached.
    one("{ 0: clean }; pread: F[0]; pwrite: F[0]"),
    one("; pread: F[0:0]; pwrite: F[0:0]"),
    "pages: 2, SECTORS_PER_PAGE: 1; { 1: clean }; pread: F[0..1]; pwrite: F[0..1]",
    "pages: 2, SECTORS_PER_PAGE: 1; { 0: clean }; pread: F[0..1]; pwrite: F[0..1]",
  ]);
  const { shapes, windows } = shapesOf(run.build());
  assertEquals([windows, shapes.map(({ count }) => count)], [1, [1, 1, 1, 1, 1]]);
});

Deno.test("a window stays whole where what an operation does to a page depends on where else it is", () => {
  const direct = { pid: 1, execution: "direct" } as const;
  const unaligned = new RunBuilder();
  unaligned.operation("pwrite", 10, 20, { ...direct, ...range(0, 8192 + 512) });
  unaligned.operation("pread", 15, 25, { pid: 2, execution: "buffered", ...range(512, 8192) });
  assertEquals(shapesText(unaligned), ["pages: 3; ; pread: F[0:1..2:0]; pwrite: F[0..2:0] O_DIRECT"]);
  const extending = new RunBuilder();
  extending.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: 8192 });
  extending.operation("pwrite", 10, 20, { ...direct, ...range(0, 12288) });
  extending.operation("pread", 15, 25, { pid: 2, execution: "buffered", ...range(512, 12288 - 512) });
  assertEquals(shapesText(extending), ["pages: 3; ; pread: F[0:1..2]; pwrite: F[0..2] O_DIRECT"]);
});

Deno.test("loads and stores are of a word, which a page of one sector shows unless another one writes there", () => {
  const beside = (kind: "load" | "store", other: "pread" | "pwrite") => {
    const run = new RunBuilder();
    run.operation(other, 10, 20, { pid: 1, execution: "direct", ...range(4096, 4096) });
    run.operation(kind, 15, 16, { pid: 2, ...range(4096, 4096) });
    return shapesText(run);
  };
  assertEquals(beside("load", "pwrite"), ["pages: 1, SECTORS_PER_PAGE: 1; ; load: F[0]; pwrite: F[0] O_DIRECT"]);
  assertEquals(beside("store", "pread"), ["pages: 1, SECTORS_PER_PAGE: 1; ; pread: F[0] O_DIRECT; store: F[0]"]);
  assertEquals(beside("store", "pwrite"), ["pages: 1; ; pwrite: F[0] O_DIRECT; store: F[0:0]"]);
});

Deno.test("who writes back a whole file does so to dirty pages: of the others those go that nobody else touches", () => {
  const shapes = (state: "clean" | "dirty") => {
    const run = new RunBuilder();
    run.page("add", 1, 0);
    if (state === "dirty") run.page("dirty", 2, 0);
    run.operation("fsync", 10, 20, { pid: 1 });
    run.operation("pread", 15, 25, { pid: 2, execution: "buffered", ...range(4096, 4096) });
    return shapesText(run);
  };
  assertEquals(shapes("clean"), ["pages: 1; ; fsync: F; pread: F[0]"]);
  assertEquals(shapes("dirty"), [
    "pages: 1; ; fsync: F; pread: F[0]",
    "pages: 2, SECTORS_PER_PAGE: 1; { 0: dirty }; fsync: F; pread: F[1]",
  ]);
});

Deno.test("a pair of operations is at risk once, however many of its parts show it", () => {
  const run = new RunBuilder();
  for (const page of [7, 8]) run.page("add", 5, page);
  run.operation("pread", 10, 20, { pid: 1, execution: "buffered", ...range(7 * 4096, 8192) });
  run.operation("pwrite", 15, 25, { pid: 2, execution: "buffered", ...range(7 * 4096 + 512, 8192 - 512) });
  const explored = underMainline(run);
  const [torn] = risksOf(explored);
  assertEquals([torn.anomaly, torn.shapes > 1, torn.windows], ["TORN_READ", true, 1]);
});

Deno.test("every window of random operations is a scenario that can be read", () => {
  const kinds = ["pread", "pwrite", "store", "load", "ftruncate", "fsync", "fallocate", "msync"] as const;
  const operation = fc.record({
    kind: fc.constantFrom(...kinds),
    sector: fc.nat(40),
    sectors: fc.integer({ min: 1, max: 40 }),
    isDirect: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { minLength: 2, maxLength: 4 }), fc.nat(60), (list, sizeSectors) => {
      const run = new RunBuilder();
      run.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: sizeSectors * 512 });
      for (const [at, { kind, sector, sectors, isDirect }] of list.entries()) {
        const way = { execution: isDirect && kind.startsWith("p") ? "direct" : "buffered", pid: at };
        run.operation(kind, 10 + at, 100 + at, { ...way, ...range(sector * 512, sectors * 512) });
      }
      for (const { text, name, title } of shapesOf(run.build()).shapes) {
        readScenario(`${name}.yaml`, scenarioText(text, title, "mainline", "", ORIGIN));
      }
    }),
    { seed: 17, numRuns: 150 },
  );
});

Deno.test("a direct write beside a store into its page is at risk under mainline, with tokens", () => {
  const run = new RunBuilder();
  run.page("add", 5, 7);
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", ...range(7 * 4096, 4096) });
  run.operation("store", 15, 16, { pid: 2, ...range(7 * 4096, 4096) });
  const explored = underMainline(run);
  assertEquals(explored.map(({ shape }) => shape.name), ["w1"]);
  const risks = risksOf(explored);
  assertEquals(risks.map(({ anomaly }) => anomaly).sort(), ["LOST_UPDATE", "MIXED_RACE"]);
  for (const { token, windows, example } of risks) {
    assertMatch(token, /^d1~/);
    assertEquals([windows, example.windows], [1, [[0, 1]]]);
  }
});
