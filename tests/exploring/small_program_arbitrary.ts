/**
 * Random small programs, for properties that all programs have.
 *
 * @module
 */

import fc from "fast-check";
import type { Op, SmallProgram } from "./small_programs.ts";

const simple = fc.oneof(
  fc.record({ op: fc.constant("read" as const), on: fc.nat(1) }),
  fc.record({ op: fc.constant("write" as const), on: fc.nat(1), value: fc.nat(2) }),
  fc.record({ op: fc.constant("cas" as const), on: fc.nat(1), expected: fc.nat(2), value: fc.nat(2) }),
  fc.record({ op: fc.constant("fetch_add" as const), on: fc.nat(1), delta: fc.nat(2) }),
  fc.record({ op: fc.constant("increment" as const), on: fc.nat(1) }),
  fc.record({ op: fc.constant("choose" as const), on: fc.nat(1), count: fc.integer({ min: 1, max: 3 }) }),
);

const locking = fc.oneof(
  fc.record({ op: fc.constant("lock" as const), on: fc.nat(1) }),
  fc.record({ op: fc.constant("unlock" as const), on: fc.nat(1) }),
  fc.record({ op: fc.constant("try_lock" as const), on: fc.nat(1), then: fc.array(simple, { maxLength: 1 }) }),
);

const condition = fc.record({
  op: fc.constant("if" as const),
  value: fc.nat(1),
  then: fc.array(fc.oneof(simple, locking), { maxLength: 2 }),
});

const op: fc.Arbitrary<Op> = fc.oneof(simple, locking, condition);

/** Shared and exclusive holding of one lock, around other operations. */
const guarded: fc.Arbitrary<Op[]> = fc.tuple(fc.boolean(), fc.array(simple, { maxLength: 2 }), fc.boolean()).map((
  [shared, inside, releases],
) => [
  { op: shared ? "lock_shared" as const : "lock_exclusive" as const, on: 0 },
  ...inside,
  ...(releases ? [{ op: shared ? "unlock_shared" as const : "unlock_exclusive" as const, on: 0 }] : []),
]);

const task: fc.Arbitrary<Op[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(op, { maxLength: 4 }) },
  { weight: 1, arbitrary: guarded },
  {
    weight: 1,
    arbitrary: fc.tuple(guarded, fc.array(simple, { maxLength: 2 })).map(([a, b]) => [...a, ...b]),
  },
);

/** Two or three tasks; one may start another and wait for it. */
export const smallProgram: fc.Arbitrary<SmallProgram> = fc.tuple(
  fc.array(task, { minLength: 2, maxLength: 3 }),
  fc.option(fc.tuple(fc.array(simple, { maxLength: 2 }), fc.boolean(), fc.nat(3)), { nil: null }),
).map(([tasks, child]) => {
  if (child !== null) {
    const [ops, joins, at] = child;
    const number = tasks.length;
    const parent = [...tasks[0]];
    parent.splice(Math.min(at, parent.length), 0, { op: "spawn", task: number });
    if (joins) parent.push({ op: "join", task: number });
    tasks = [parent, ...tasks.slice(1), ops];
  }
  return { variables: 2, mutexes: 2, rwsems: 1, tasks };
});
