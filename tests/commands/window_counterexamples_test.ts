import { assert, assertEquals } from "@std/assert";
import { counterexampleRows } from "../../src/commands/window_counterexamples.ts";
import { shapesOf } from "../../src/replaying/shapes.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import { RunBuilder } from "../checking/recorded/recorded_run.ts";
import { exploreShapes } from "../replaying/explore_shapes.ts";

const PAGE = 4096;

/** Two pairs, each at a cached page: a direct write beside a store, and one beside a buffered read. */
function explored(systems: readonly string[]) {
  const run = new RunBuilder();
  for (const page of [7, 20]) run.page("add", 5, page);
  run.operation("pwrite", 10, 20, { pid: 1, execution: "direct", file: "7:1/12", offset: 7 * PAGE, bytes: PAGE });
  run.operation("store", 15, 16, { pid: 2, file: "7:1/12", offset: 7 * PAGE, bytes: PAGE });
  run.operation("pread", 30, 40, { pid: 1, execution: "buffered", file: "7:1/12", offset: 20 * PAGE, bytes: PAGE });
  run.operation("pwrite", 35, 45, { pid: 2, execution: "direct", file: "7:1/12", offset: 20 * PAGE, bytes: PAGE });
  const chosen = systems.map((name) => ({
    system: systemNamed(name),
    flags: flagValues(systemNamed(name)),
    named: "",
  }));
  return exploreShapes(shapesOf(run.build()).shapes, chosen, 200);
}

Deno.test("of each system the first run that shows an anomaly in a window is kept, step by step", () => {
  const windows = explored(["legacy-dio", "mainline"]);
  const { run, step, run_event } = counterexampleRows(windows);
  const found = windows.flatMap(({ chosen, findings }, at) =>
    findings.map(({ anomaly, subject, token }) => ({
      of_run: at + 1,
      system: chosen.system.name,
      claim: [anomaly, ...subject.attributes ?? []].join(", "),
      token,
    }))
  );
  const kinds = new Set(found.map(({ system, claim }) => `${system} ${claim}`));
  assert(kinds.size > 2 && found.length > kinds.size, "one of them is shown by more than one window");
  assertEquals(
    run.map(({ of_run, system, claim, token }) => ({ of_run, system, claim, token })),
    [...kinds].map((kind) => found.find(({ system, claim }) => `${system} ${claim}` === kind)!),
  );
  assertEquals(run.map(({ run_id }) => run_id), run.map((_, at) => windows.length + at + 1));
  for (const { run_id, steps, outcome, kind } of run) {
    assertEquals([kind, outcome], ["counterexample", "complete"]);
    const own = step.filter((row) => row.run_id === run_id).map(({ step }) => Number(step));
    assert(own.length > 0 && Math.max(...own) < Number(steps));
  }
  assert(run_event.length > 0 && run_event.every(({ run_id }) => run.some((kept) => kept.run_id === run_id)));
});
