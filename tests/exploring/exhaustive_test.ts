import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Execution } from "../../src/exploring/execution.ts";
import { type ClassEnd, Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Assumption } from "../../src/exploring/variable_steps.ts";
import type { Program } from "../../src/machine/program.ts";
import { bruteForce } from "./brute_force.ts";
import { smallProgram } from "./small_program_arbitrary.ts";
import { machineProgram } from "./small_programs.ts";

/** Programs; the default takes some twenty seconds. */
const RUNS = Number(Deno.env.get("DIOSCOPE_RUNS") ?? "1200");

/** Programs with more interleavings are left to others. */
const INTERLEAVINGS_MAX = 2000;

interface Ends {
  complete: string[];
  deadlocked: string[];
  blocked: number;
}

function explore(program: Program, assumption: Assumption): Ends {
  const ends: Ends = { complete: [], deadlocked: [], blocked: 0 };
  const explorer = new Exhaustive(program, {}, null, new Execution(program, undefined, assumption));
  explorer.onRestart = () => ends.complete.length = ends.deadlocked.length = 0;
  explorer.run((end: ClassEnd, { prepared }) => {
    (end === "complete" ? ends.complete : ends.deadlocked).push(prepared.finalState!());
  }, () => false);
  ends.complete.sort();
  ends.deadlocked.sort();
  ends.blocked = explorer.counts.blocked;
  return ends;
}

Deno.test("every class of a random program is run once, and ends as plain enumeration says", () => {
  let compared = 0;
  let deadlocks = 0;
  let classes = 0;
  let blocked = 0;
  fc.assert(
    fc.property(smallProgram, (program) => {
      const plain = bruteForce(program, INTERLEAVINGS_MAX);
      if (plain === null) return;
      const found = explore(machineProgram(program), "steady");
      // Which steps vary need not be known.
      assertEquals(explore(machineProgram(program), "variable"), found);
      assertEquals(found.complete, [...plain.complete.values()].sort());
      assertEquals(found.deadlocked, [...plain.deadlocked.values()].sort());
      compared++;
      classes += found.complete.length;
      deadlocks += found.deadlocked.length;
      if (!JSON.stringify(program).includes('"choose"')) assertEquals(found.blocked, 0);
      blocked += found.blocked;
    }),
    { seed: 20_261, numRuns: RUNS },
  );
  // Only a choice, some outcomes of which have been explored and some not, may make a run begin in vain.
  assert(blocked < compared / 100, String(blocked));
  // The comparison has to be about something.
  assert(compared > RUNS / 2 && deadlocks > RUNS / 4 && classes > 2 * RUNS);
});
