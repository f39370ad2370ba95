import { assert, assertEquals, assertMatch } from "@std/assert";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { explore } from "../../src/exploring/explore.ts";
import { ShapeQueue } from "../../src/replaying/shape_queue.ts";
import { shapesOf } from "../../src/replaying/shapes.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import { RunBuilder } from "../checking/recorded/recorded_run.ts";
import { exploreShapes, runsAtMost } from "./explore_shapes.ts";

const mainline = systemNamed("mainline");
const CHOSEN = [{ system: mainline, flags: flagValues(mainline), named: "" }];

/** A window of few classes, and one of many. */
function shapes() {
  const run = new RunBuilder();
  const range = (offset: number, bytes: number) => ({ offset, bytes, result: bytes });
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", ...range(0, 4096) });
  run.operation("pread", 15, 16, { pid: 2, execution: "buffered", ...range(0, 4096) });
  run.operation("pwrite", 110, 120, { pid: 1, execution: "direct", ...range(40960, 4096) });
  run.operation("store", 115, 116, { pid: 2, execution: "buffered", ...range(40960, 4096) });
  return shapesOf(run.build()).shapes;
}

/** Takes what there is to do in turns of `atOnce`, the last one first, as workers may be done. */
function inTurns(atOnce: number, runs: number) {
  const queue = new ShapeQueue(shapes(), CHOSEN, runsAtMost(runs), "r");
  for (;;) {
    const taken = Array.from({ length: atOnce }, () => queue.next()).filter((item) => item !== null);
    if (taken.length === 0) return queue.explored();
    for (const { key, job } of taken.toReversed()) {
      queue.take(key, { report: explore(programOf(job.run), job.settings) });
    }
  }
}

Deno.test("what windows come to does not depend on how many are explored at a time", () => {
  const alone = exploreShapes(shapes(), CHOSEN, 100);
  assertEquals(alone.map(({ end }) => end), ["closed", "cut"]);
  for (const atOnce of [1, 2, 3]) assertEquals(inTurns(atOnce, 100), alone, String(atOnce));
});

Deno.test("a window has the classes that an exploration finds that takes steps to be steady", () => {
  const [small] = inTurns(1, 400);
  const { run, settings } = new ShapeQueue(shapes(), CHOSEN, runsAtMost(400), "r").next()!.job;
  const steady = explore(programOf(run), { stepsMax: settings.stepsMax });
  assert(steady.finished && steady.counts.complete > 1);
  assertEquals(small.report!.counts.complete, steady.counts.complete);
  assertEquals(small.report!.outcomes, steady.outcomes);
  assertEquals(small.claim, steady.claim);
});

Deno.test("explorations that were not begun are told apart, and those cut short keep what they found", () => {
  const queue = new ShapeQueue(shapes(), CHOSEN, runsAtMost(100), "r");
  assertEquals(queue.explored().map(({ end }) => end), ["not_explored", "not_explored"]);
  queue.next();
  const { key, job } = queue.next()!;
  queue.take(key, { report: explore(programOf(job.run), job.settings) });
  assertEquals(queue.progress, { done: 1, all: 2 });
  const [first, second] = queue.explored();
  assertEquals([first.end, second.end], ["not_explored", "cut"]);
  assert(second.report!.counts.complete > 0);
});

Deno.test("however small the budget and brief the scouting, something is explored", () => {
  const queue = new ShapeQueue(shapes(), CHOSEN, runsAtMost(100), "r");
  queue.next();
  const { run, settings } = queue.next()!.job;
  // Every step that turns out to be unsteady makes it begin anew, and the last run of a budget may be such a one.
  for (let runs = 1; runs <= 12; runs++) {
    const scouting = { runs: 0, walks: 0 };
    const report = explore(programOf(run), { ...settings, assumption: "steady", scouting, budget: { runs } });
    assertEquals(report.counts.complete, runs);
  }
});

Deno.test("what a system does not have is not modelled, and done", () => {
  const queue = new ShapeQueue(shapes(), CHOSEN, runsAtMost(100), "r");
  const { key } = queue.next()!;
  queue.take(key, { refused: "no such thing" });
  assertEquals(queue.progress.done, 1);
  assertEquals([queue.explored()[0].end, queue.explored()[0].claim], ["not_modelled", "no such thing"]);
});

/** A queue of both windows under systems of these names. */
function queueOf(names: readonly string[]): ShapeQueue {
  const systems = names.map(systemNamed).map((system) => ({ system, flags: flagValues(system), named: "" }));
  return new ShapeQueue(shapes(), systems, runsAtMost(100), "r");
}

Deno.test("workers begin with systems of their own, and help where most is left", () => {
  const queue = queueOf(["legacy-dio", "mainline", "page-cache-dio"]);
  const given = [0, 1, 0, 0, 1, 1].map((worker) => queue.next(worker)!);
  assertEquals(given.map(({ job }) => job.run.system), [
    "legacy-dio",
    "mainline",
    "legacy-dio",
    "page-cache-dio",
    "mainline",
    "page-cache-dio",
  ]);
  assertEquals(new Set(given.map(({ key }) => key)).size, 6);
  assertEquals([queue.next(0), queue.next(1)], [null, null]);
});

Deno.test("of files on persistent memory nothing is cached, and windows that are alike then are explored once", () => {
  const run = new RunBuilder();
  const at = (page: number) => ({ offset: page * 4096, bytes: 4096, result: 4096 });
  // Three times a direct write beside a load: of a page that is not cached, of a clean one, and of a dirty one.
  run.page("add", 5, 20);
  run.page("add", 5, 40);
  run.page("dirty", 6, 40);
  for (const [nth, page] of [0, 20, 40].entries()) {
    const start = 100 * (nth + 1);
    run.operation("pwrite", start, start + 10, { pid: 1, execution: "direct", ...at(page) });
    run.operation("load", start + 5, start + 6, { pid: 2, ...at(page) });
  }
  // Asynchronous I/O is done there when the call returns.
  run.operation("aio_pwrite", 400, 410, { pid: 1, execution: "direct", ...at(60) });
  run.operation("pread", 405, 406, { pid: 2, execution: "direct", ...at(60) });
  const { shapes } = shapesOf(run.build());
  assertEquals(shapes.map(({ text }) => /cache: \{[^}]*\}/.exec(text)?.[0]), [
    undefined,
    "cache: { 0: clean }",
    "cache: { 0: dirty }",
    undefined,
  ]);
  const chosen = ["dax", "mainline"].map(systemNamed).map((system) => ({
    system,
    flags: flagValues(system),
    named: "",
  }));
  const queue = new ShapeQueue(shapes, chosen, runsAtMost(1000), "r");
  let done = 0;
  for (let item = queue.next(); item !== null; item = queue.next()) {
    queue.take(item.key, { report: explore(programOf(item.job.run), item.job.settings) });
    done++;
  }
  assertEquals([done, queue.progress.done], [6, 8]);
  const onDax = queue.explored().filter(({ chosen }) => chosen.system.name === "dax");
  assertEquals(
    onDax.map(({ end, shape }) => `${shape.name} ${end}`),
    ["w1 closed", "w2 closed", "w3 closed", "w4 closed"],
  );
  assertMatch(onDax[3].text, /T1:\n {4}- pwrite: F\[0\] O_DIRECT\n {2}T2:\n {4}- pread: F\[0\] O_DIRECT\n/);
  for (const { text, report } of onDax.slice(0, 3)) {
    assertEquals(text.includes("cache"), false);
    assertEquals(report, onDax[0].report);
  }
});

Deno.test("what has taken longest under one system comes first under the next", () => {
  const queue = queueOf(["legacy-dio", "mainline"]);
  const names: string[] = [];
  for (let item = queue.next(); item !== null; item = queue.next()) {
    names.push(`${item.job.run.scenario.name} ${item.job.run.system}`);
    queue.take(item.key, { report: explore(programOf(item.job.run), item.job.settings) });
  }
  assertEquals(names, ["w1 legacy-dio", "w2 legacy-dio", "w2 mainline", "w1 mainline"]);
});
