import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { dividedProgram, exploreParts, joinParts, variableIn } from "../../src/exploring/divided.ts";
import { divide } from "../../src/exploring/division.ts";
import { Execution } from "../../src/exploring/execution.ts";
import { STEPS_MAX_DEFAULT } from "../../src/exploring/exhaustive.ts";
import { explore, type ExploreReport } from "../../src/exploring/explore.ts";
import type { Program } from "../../src/machine/program.ts";
import { lastZero, race, readers, twoLocks } from "./programs.ts";
import { smallProgram } from "./small_program_arbitrary.ts";
import { machineProgram } from "./small_programs.ts";

const RUNS = Number(Deno.env.get("DIOSCOPE_RUNS") ?? "80");

const OPTIONS = { stepsMax: STEPS_MAX_DEFAULT, crashes: "explored" as const, isStopped: () => false };

/** What must not depend on the way of exploring. */
function shown({ claim, counts, outcomes, facts, crashPoints, crashImages }: ExploreReport) {
  const { complete, deadlocked, cutOff, runSteps } = counts;
  return { claim, complete, deadlocked, cutOff, runSteps, outcomes, facts, crashPoints, crashImages };
}

/** Explores all parts as shards do that know nothing of each other, and again where one has seen what others have not. */
function inShards(program: Program, parts: number, shards: number): { report: ExploreReport; parts: number } {
  let variable: number[] = [];
  for (;;) {
    let count = 0;
    const found = Array.from({ length: shards }, (_, shard) => {
      const execution = new Execution(program);
      const divided = divide(program, execution, { parts, stepsMax: STEPS_MAX_DEFAULT });
      count = divided.length;
      return exploreParts(program, { execution }, divided.filter((_, nth) => nth % shards === shard), {
        ...OPTIONS,
        variable,
      })!;
    });
    const all = variableIn(found);
    if (found.every((each) => each.variable.length === all.length)) {
      return { report: joinParts(program, found, STEPS_MAX_DEFAULT), parts: count };
    }
    variable = all;
  }
}

Deno.test("shards that know nothing of each other find each class once, and say the same of all", () => {
  let parts = 0;
  fc.assert(
    fc.property(
      smallProgram,
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      (small, wanted, shards) => {
        const program = machineProgram(small);
        const whole = explore(program, { budget: { runs: 300 } });
        if (!whole.finished || whole.counts.runSteps === 0) return;
        const found = inShards(program, wanted, shards);
        assertEquals(shown(found.report), shown(whole));
        parts += found.parts;
      },
    ),
    { seed: 20_264, numRuns: RUNS },
  );
  assert(parts > RUNS, `${parts} parts`);
});

Deno.test("programs whose steps vary much are divided without loss", () => {
  for (const program of [lastZero(5), race(2), readers(4), twoLocks(3, 2)]) {
    const whole = shown(explore(program));
    for (const wanted of [2, 30]) {
      assertEquals(shown(inShards(program, wanted, 3).report), whole, `${program.name}, ${wanted} parts`);
    }
  }
});

Deno.test("a large program is divided into parts of which none is most of it, a small one is not", () => {
  assertEquals(dividedProgram(lastZero(5), { stepsMax: STEPS_MAX_DEFAULT, parts: 8 }), null);
  const writes = Array.from({ length: 3 }, (_, value) => ({ op: "write" as const, on: 0, value }));
  const program = machineProgram({ variables: 1, mutexes: 0, rwsems: 0, tasks: [writes, writes, writes] });
  const { execution, parts } = dividedProgram(program, { stepsMax: STEPS_MAX_DEFAULT, parts: 16 })!;
  const classes = parts.map((part) => {
    const { counts } = exploreParts(program, { execution }, [part], OPTIONS)!;
    return counts.complete;
  });
  const all = classes.reduce((sum, each) => sum + each, 0);
  assertEquals(all, 1680);
  assert(Math.max(...classes) < all / 6, classes.join(" "));
});

Deno.test("parts that are stopped say nothing", () => {
  const program = lastZero(5);
  const execution = new Execution(program);
  const parts = divide(program, execution, { parts: 4, stepsMax: STEPS_MAX_DEFAULT });
  assertEquals(exploreParts(program, { execution }, parts, { ...OPTIONS, isStopped: () => true }), null);
});
