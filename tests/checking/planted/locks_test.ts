import { assert, assertEquals } from "@std/assert";
import { Mutex } from "../../../src/machine/mutex.ts";
import { Retries } from "../../../src/machine/retries.ts";
import { Rwsem } from "../../../src/machine/rwsem.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { Variable } from "../../../src/machine/variable.ts";
import { BitLock } from "../../../src/machine/bit_lock.ts";
import { checkPlanted, type Toy, type ToyOperation, toyProgram } from "./runner.ts";

/** Takes locks one in the other and gives them back. */
function nested(...locks: readonly (Mutex | BitLock)[]): ToyOperation {
  return {
    kind: "pwrite",
    *body(): Steps<number> {
      for (const lock of locks) yield* lock.lock();
      for (const lock of locks.toReversed()) yield* lock.unlock();
      return 1;
    },
  };
}

const mutexes = (toy: Toy, ...names: string[]) => names.map((name) => new Mutex(toy.world, name));

Deno.test("two that take two locks in opposite orders hang, and do not in the same order", () => {
  const found = checkPlanted({
    anomaly: "DEADLOCK",
    defect: toyProgram("opposite", (toy) => {
      const [a, b] = mutexes(toy, "i_mutex(F)", "i_mutex(G)");
      toy.task("T1", nested(a, b));
      toy.task("T2", nested(b, a));
    }),
    repaired: toyProgram("same", (toy) => {
      const [a, b] = mutexes(toy, "i_mutex(F)", "i_mutex(G)");
      toy.task("T1", nested(a, b));
      toy.task("T2", nested(a, b));
    }),
    switches: 3,
  });
  assertEquals(found.subject, {
    attributes: ["AB-BA"],
    tasks: ["T1", "T2"],
    operations: ["T1#0", "T2#0"],
    resources: ["i_mutex(G)", "i_mutex(F)"],
  });
});

Deno.test("orders that go round in a circle are found where no run can hang", () => {
  const found = checkPlanted({
    anomaly: "LOCK_INVERSION",
    defect: toyProgram("behind each other", (toy) => {
      const [a, b] = mutexes(toy, "i_mutex(F)", "mmap_sem(mm1)");
      toy.task("T1", nested(a, b), nested(b, a));
    }),
    repaired: toyProgram("always the same", (toy) => {
      const [a, b] = mutexes(toy, "i_mutex(F)", "mmap_sem(mm1)");
      toy.task("T1", nested(a, b), nested(a, b));
    }),
    switches: 0,
  });
  assertEquals(
    found.text,
    "i_mutex(F) -> mmap_sem(mm1) by T1 in T1#0, mmap_sem(mm1) -> i_mutex(F) by T1 in T1#1",
  );
});

Deno.test("an order against the documented one is an inversion by itself", () => {
  const program = (first: number) =>
    toyProgram(`beginning with ${first}`, (toy) => {
      const locks = mutexes(toy, "mmap_sem(mm1)", "i_mutex(F)");
      toy.task("T1", nested(locks[first], locks[1 - first]));
    });
  const found = checkPlanted({
    anomaly: "LOCK_INVERSION",
    defect: program(0),
    repaired: program(1),
    switches: 0,
    lockOrder: [["i_mutex", "i_alloc_sem"], ["i_alloc_sem", "mmap_sem"]],
  });
  assertEquals(
    found.text,
    "mmap_sem(mm1) -> i_mutex(F) by T1 in T1#0, i_mutex -> i_alloc_sem as documented, " +
      "i_alloc_sem -> mmap_sem as documented",
  );
});

Deno.test("pages are locked upwards", () => {
  const program = (...indexes: number[]) =>
    toyProgram(`pages ${indexes}`, (toy) => {
      toy.task("T1", nested(...indexes.map((index) => new BitLock(toy.world, `page(F,${index})`))));
    });
  const found = checkPlanted({
    anomaly: "LOCK_INVERSION",
    defect: program(0, 2, 1),
    repaired: program(0, 1, 2),
    switches: 0,
  });
  assertEquals(found.text, "page(F,2) -> page(F,1) by T1 in T1#0, against the order of pages");
});

Deno.test("a try-lock is no end of an edge, and is held like any other lock", () => {
  const program = (last: "tried" | "waited") =>
    toyProgram(last, (toy) => {
      const [low, high] = [new BitLock(toy.world, "page(F,0)"), new BitLock(toy.world, "page(F,1)")];
      toy.task("T1", {
        kind: "pwrite",
        *body() {
          yield* high.lock();
          if (last === "waited") yield* low.lock();
          else assert(yield* low.tryLock());
          yield* low.unlock();
          yield* high.unlock();
          return 1;
        },
      });
    });
  checkPlanted({ anomaly: "LOCK_INVERSION", defect: program("waited"), repaired: program("tried"), switches: 0 });
});

Deno.test("two that undo each other's work go round for ever; one that stops does not", () => {
  const program = (stubborn: number) =>
    toyProgram(`${stubborn} stubborn`, (toy) => {
      const { world } = toy;
      const slot = new Variable(world, "slot", "");
      const fills = (own: string): ToyOperation => ({
        kind: "pread",
        *body() {
          const retries = new Retries(world, "find_or_insert", 1);
          for (;;) {
            retries.next();
            yield;
            slot.set(own);
            yield;
            if (slot.get() === own) return 1;
          }
        },
      });
      toy.task("T1", fills("a"));
      if (stubborn === 2) toy.task("T2", fills("b"));
    });
  checkPlanted({ anomaly: "LIVELOCK", defect: program(2), repaired: program(1), switches: 4 });
});

Deno.test("who waits for an unfair lock is overtaken by those that come later, and not in a queue", () => {
  const program = (fairness: "fair" | "unfair") =>
    toyProgram(fairness, (toy) => {
      const sem = new Rwsem(toy.world, "pgrwsem(F)", fairness);
      toy.task("W", {
        kind: "pwrite",
        *body() {
          yield* sem.lockExclusive();
          yield* sem.unlockExclusive();
          return 1;
        },
      });
      const read: ToyOperation = {
        kind: "pread",
        *body() {
          yield* sem.lockShared();
          yield* sem.unlockShared();
          return 1;
        },
      };
      toy.task("R1", read, read, read);
    });
  checkPlanted({ anomaly: "STARVATION", defect: program("unfair"), repaired: program("fair"), switches: 2 });
});

Deno.test("an error path that forgets the lock leaks it", () => {
  const program = (path: "forgets" | "unlocks") =>
    toyProgram(path, (toy) => {
      const sem = new Rwsem(toy.world, "IOLOCK(F)");
      toy.task("T1", {
        kind: "pwrite",
        name: "refused",
        *body() {
          yield* sem.lockShared();
          if (path === "unlocks") yield* sem.unlockShared();
          return -11;
        },
      });
    });
  const found = checkPlanted({
    anomaly: "LEAK_LOCK",
    defect: program("forgets"),
    repaired: program("unlocks"),
    switches: 0,
  });
  assertEquals([found.subject.tasks, found.subject.resources], [["T1"], ["IOLOCK(F)"]]);
});
