import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkIndependence, Counter, type Program, type Steps, type Task } from "../../src/mod.ts";
import { filesystem, indexer, lastZero, race, readers } from "./programs.ts";
import { machineProgram } from "./small_programs.ts";

Deno.test("programs that touch what they share pass", () => {
  for (const program of [readers(4), race(3), lastZero(5), filesystem(4), indexer(4)]) {
    assertEquals(checkIndependence(program, { runs: 50 }), null, program.name);
  }
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(1), { maxLength: 3 }), { minLength: 2, maxLength: 4 }), (tasks) => {
      const program = machineProgram({
        variables: 2,
        mutexes: 1,
        rwsems: 1,
        tasks: tasks.map((list) => list.map((on) => ({ op: "fetch_add", on, delta: 1 }))),
      });
      assertEquals(checkIndependence(program, { runs: 5 }), null);
    }),
    { seed: 3, numRuns: 50 },
  );
});

interface Hidden {
  seen: number[];
  counters: Counter[];
}

function* behindTheBack(task: Task, { seen, counters }: Hidden): Steps {
  for (let i = 0; i < 2; i++) {
    yield* counters[task.index].increment();
    seen.push(task.index);
  }
}

function* decides(task: Task, { seen, counters }: Hidden): Steps {
  yield* counters[task.index].increment();
  yield* counters[seen.length > 0 ? 0 : task.index].increment();
  seen.push(task.index);
}

function hiding(body: (task: Task, hidden: Hidden) => Steps, shown: (seen: number[]) => string): Program {
  return {
    name: "state behind the machine's back",
    setUp(world) {
      const argument: Hidden = { seen: [], counters: [0, 1, 2].map((i) => new Counter(world, `x${i}`)) };
      for (const name of ["a", "b", "c"]) world.spawn(name, body, { argument });
      return { finalState: () => shown(argument.seen) };
    },
  };
}

Deno.test("state that is shared without being touched is found, by the end or by what a step touches", () => {
  const end = checkIndependence(hiding(behindTheBack, (seen) => seen.join()));
  assert(end !== null && end.text.startsWith("orders of independent steps lead to different ends"), end?.text);
  const deciding = hiding(decides, () => "");
  const step = checkIndependence(deciding);
  assert(step !== null && step.text.includes("touches other things"), step?.text);
  // The seed alone finds it again.
  assertEquals(checkIndependence(deciding, { seed: step.seed, runs: 1 }), step);
});

Deno.test("a step that is possible only in some order of independent ones is found", () => {
  const program: Program = {
    name: "hidden wait",
    setUp(world) {
      let ready = false;
      const counters = [0, 1].map((i) => new Counter(world, `x${i}`));
      world.spawn("a", function* () {
        yield* counters[0].increment();
        ready = true;
      });
      world.spawn("b", function* () {
        yield* counters[1].increment();
        if (ready) yield* counters[1].increment();
      });
    },
  };
  const found = checkIndependence(program);
  assert(found !== null, "found nothing");
});
