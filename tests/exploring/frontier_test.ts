import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Execution } from "../../src/exploring/execution.ts";
import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Subtree } from "../../src/exploring/subtree.ts";
import { Frontier } from "../../src/exploring/frontier.ts";
import { Translator } from "../../src/exploring/portable.ts";
import { RandomSource } from "../../src/exploring/random_source.ts";
import type { Program } from "../../src/machine/program.ts";
import { lastZero, race } from "./programs.ts";
import { smallProgram } from "./small_program_arbitrary.ts";
import { machineProgram } from "./small_programs.ts";

const RUNS = Number(Deno.env.get("DIOSCOPE_RUNS") ?? "300");

interface Found {
  ends: string[];
  blocked: number;
  parts: number;
}

interface Explorer {
  part: Subtree;
  explorer: Exhaustive;
}

/** Explores with some explorers that take turns as chance has it, and give back what is left whenever it says so. */
function exploreInParts(program: Program, seed: number, explorers: number, runsFirst: number): Found {
  const names = new Execution(program);
  for (;;) {
    const found = pass(program, names, new RandomSource(seed), explorers, runsFirst);
    if (found !== null) return found;
  }
}

/** Null when a step was seen to vary, and all has to begin anew. */
function pass(
  program: Program,
  names: Execution,
  random: RandomSource,
  explorers: number,
  runsFirst: number,
): Found | null {
  const found: Found = { ends: [], blocked: 0, parts: 0 };
  const explore = (explorer: Exhaustive, runs: number) =>
    explorer.run((end, { prepared }) => found.ends.push(end + (prepared.finalState?.() ?? "")), () => --runs <= 0);
  const whole = new Exhaustive(program, {}, null, names);
  whole.onRestart = () => found.ends.length = 0;
  explore(whole, runsFirst);
  found.blocked = whole.counts.blocked;
  if (!whole.done) {
    const { version } = names.variable;
    let frontier = new Frontier(program, names);
    frontier.add(whole.state());
    const active: (Explorer | null)[] = Array.from({ length: explorers }, () => null);
    for (;;) {
      const idle = active.every((each) => each === null);
      if (idle && random.below(3) === 0) {
        const translator = new Translator(names);
        frontier = Frontier.fromPortable(
          JSON.parse(JSON.stringify(frontier.toPortable(translator))),
          translator,
          program,
          names,
        );
      }
      const number = idle ? 0 : random.below(explorers);
      const current = active[number];
      if (current === null) {
        const part = frontier.take(random.below(2) === 0 ? "first" : "nearest");
        if (part === null) {
          if (idle) break;
          continue;
        }
        found.parts++;
        active[number] = { part, explorer: new Exhaustive(program, {}, part, new Execution(program, names)) };
        continue;
      }
      const { part, explorer } = current;
      explore(explorer, 1 + random.below(3));
      for (const insertion of explorer.insertions.splice(0)) frontier.insert(part.prefix, insertion);
      if (names.variable.version !== version) return null;
      if (explorer.done) frontier.finish(part);
      else if (random.below(3) === 0) frontier.add(explorer.state());
      else continue;
      found.blocked += explorer.counts.blocked;
      active[number] = null;
    }
  }
  found.ends.sort();
  return found;
}

Deno.test("parts explored at the same time, in any order and cut anywhere, give each class once", () => {
  let parts = 0;
  let blocked = 0;
  fc.assert(
    fc.property(smallProgram, fc.nat(1000), fc.integer({ min: 1, max: 4 }), (small, seed, explorers) => {
      const program = machineProgram(small);
      const whole = exploreInParts(program, 0, 1, Infinity);
      if (whole.ends.length > 300) return;
      const found = exploreInParts(program, seed, explorers, 1 + seed % 3);
      assertEquals(found.ends, whole.ends);
      blocked += found.blocked;
      parts += found.parts;
    }),
    { seed: 20_262, numRuns: RUNS },
  );
  assert(parts > RUNS, `${parts} parts`);
  assert(blocked <= parts / 50, `${blocked} runs begun in vain`);
});

Deno.test("programs whose steps vary much are cut without loss", () => {
  for (const program of [lastZero(5), lastZero(7), race(2)]) {
    const whole = exploreInParts(program, 0, 1, Infinity);
    for (let seed = 1; seed <= 16; seed++) {
      const found = exploreInParts(program, seed, 1 + seed % 4, seed % 7 + 1);
      assertEquals(found.ends.length, whole.ends.length, `${program.name}, seed ${seed}`);
      assertEquals(found.ends, whole.ends);
      assert(found.blocked <= found.parts / 10, `${program.name}, seed ${seed}: ${found.blocked} of ${found.parts}`);
    }
  }
});
