import { assertEquals } from "@std/assert";
import { Counter, explore, Mutex, type Program, Rwsem, type Steps, type Task } from "../../src/mod.ts";
import { bruteForce } from "./brute_force.ts";
import { filesystem, holders, indexer, lastZero, race, readers, storeBuffering, twoLocks } from "./programs.ts";
import type { Op } from "./small_programs.ts";

/** Complete classes, those in deadlock, and runs that turned out to be no class of their own. */
function counts(program: Program): [number, number, number] {
  const { complete, deadlocked, blocked } = explore(program).counts;
  return [complete, deadlocked, blocked];
}

Deno.test("readers(n) has 2^n classes", () => {
  assertEquals(counts(readers(0)), [1, 0, 0]);
  assertEquals(counts(readers(2)), [4, 0, 0]);
  assertEquals(counts(readers(9)), [512, 0, 0]);
});

Deno.test("store buffering has 3 classes, and not both tasks see 0", () => {
  const report = explore(storeBuffering);
  assertEquals(report.counts.complete, 3);
  assertEquals(report.outcomes.map(({ finalState }) => finalState), ["0 1", "1 0", "1 1"]);
});

// Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014, table 1.
Deno.test("lastzero, filesystem and indexer have the classes that the literature counts", () => {
  assertEquals(counts(lastZero(5)), [64, 0, 0]);
  assertEquals(counts(lastZero(10)), [3328, 0, 0]);
  assertEquals([14, 16, 18, 19].map((n) => counts(filesystem(n))), [[2, 0, 0], [8, 0, 0], [32, 0, 0], [64, 0, 0]]);
  assertEquals([11, 12, 13].map((n) => counts(indexer(n))), [[1, 0, 0], [8, 0, 0], [64, 0, 0]]);
});

Deno.test("tasks that take the same locks round after round have as many classes as orders of rounds", () => {
  // 4! / (2! 2!), 6! / (2!)^3, 9! / (3!)^3
  assertEquals(counts(twoLocks(2, 2)), [6, 0, 0]);
  assertEquals(counts(twoLocks(3, 2)), [90, 0, 0]);
  assertEquals(counts(twoLocks(3, 3)), [1680, 0, 0]);
});

Deno.test("the race of two tasks has the classes that plain enumeration finds", () => {
  const ops = (from: number, to: number, rounds: number): Op[] =>
    Array.from({ length: rounds }, (_, round): Op[] => [
      { op: "read", on: from },
      { op: "read", on: from },
      { op: "write", on: to, value: round + 1 },
    ]).flat();
  for (const [rounds, classes] of [[1, 5], [2, 73]]) {
    const tasks = [ops(0, 1, rounds), ops(1, 0, rounds)];
    const plain = bruteForce({ variables: 2, mutexes: 0, rwsems: 0, tasks }, 100_000)!;
    assertEquals(plain.complete.size, classes);
    assertEquals(counts(race(rounds)), [classes, 0, 0]);
  }
});

Deno.test("shared holders of a lock commute: only where an exclusive one comes between them counts", () => {
  // The exclusive holder comes after some subset of the shared ones, which among themselves have no order.
  assertEquals(counts(holders(3, 1)), [8, 0, 0]);
  assertEquals(counts(holders(4, 0)), [1, 0, 0]);
  assertEquals(counts(holders(0, 3)), [6, 0, 0]);
});

function* swap(_task: Task, { variable, expected }: { variable: Counter; expected: number }): Steps<boolean> {
  yield;
  if (variable.get() !== expected) return false;
  variable.set(9);
  return true;
}

function swaps(expected: number[]): Program {
  return {
    name: "compare and swap",
    setUp(world) {
      const variable = new Counter(world, "x");
      const tasks = expected.map((value, i) => world.spawn(`t${i}`, swap, { argument: { variable, expected: value } }));
      return { finalState: () => tasks.map(({ result }) => result).join() };
    },
  };
}

Deno.test("a compare-and-swap that fails only reads", () => {
  // Two that fail whatever happens commute; were they writes there would be 2 and 6 classes.
  assertEquals(counts(swaps([1, 1])), [1, 0, 0]);
  assertEquals(counts(swaps([1, 1, 1])), [1, 0, 0]);
  // One that succeeds conflicts with each of the others.
  assertEquals(counts(swaps([0, 1, 1])), [4, 0, 0]);
  assertEquals(counts(swaps([0, 0])), [2, 0, 0]);
});

function* holdForEver(_task: Task, lock: Mutex): Steps {
  yield* lock.lock();
}

function* tryOnce(_task: Task, lock: Mutex): Steps<boolean> {
  return yield* lock.tryLock();
}

Deno.test("a try-lock that fails only reads, and never waits", () => {
  const program: Program = {
    name: "try-locks",
    setUp(world) {
      const argument = new Mutex(world, "m");
      world.spawn("holder", holdForEver, { argument });
      const tasks = ["a", "b"].map((name) => world.spawn(name, tryOnce, { argument }));
      return { finalState: () => tasks.map(({ result }) => result).join() };
    },
  };
  const report = explore(program);
  // Holder first: both fail, in no order. Otherwise a or b takes it for ever: the other fails, and the holder waits; that
  // b fails before or after is no difference. Were failing a write there would be more.
  assertEquals([report.counts.complete, report.counts.deadlocked], [1, 2]);
  assertEquals(report.outcomes.map(({ end, finalState }) => `${end} ${finalState}`), [
    "deadlock false,true",
    "deadlock true,false",
    "complete false,false",
  ]);
});

function* readTwice(_task: Task, { lock, between }: { lock: Rwsem; between: Counter }): Steps {
  yield* lock.lockShared();
  yield* between.increment();
  yield* lock.lockShared();
  yield* lock.unlockShared();
  yield* lock.unlockShared();
}

function* writeOnce(_task: Task, { lock }: { lock: Rwsem }): Steps {
  yield* lock.lockExclusive();
  yield* lock.unlockExclusive();
}

Deno.test("a reader that reads again behind a queued writer waits for ever when the lock is fair, and only then", () => {
  const program = (fairness: "fair" | "unfair"): Program => ({
    name: `${fairness} recursive read`,
    setUp(world) {
      const argument = { lock: new Rwsem(world, "mmap_sem", fairness), between: new Counter(world, "x") };
      world.spawn("reader", readTwice, { argument });
      world.spawn("writer", writeOnce, { argument });
    },
  });
  assertEquals(counts(program("unfair")), [2, 0, 0]);
  const fair = explore(program("fair")).counts;
  assertEquals(fair.deadlocked, 1);
  assertEquals(fair.complete > 0, true);
});
