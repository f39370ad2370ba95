// Programs that wait, for the tests of each kind of wait.

import { assertEquals } from "@std/assert";
import type { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import type { Explored, Stage } from "./every_class.ts";

/** Lock and unlock of something, as a task does them. */
export interface Guard {
  lock(): Steps;
  unlock(): Steps;
}

export function assertEnds(
  { complete, deadlocked }: Explored,
  expected: { complete: string[]; deadlocked: string[] },
): void {
  assertEquals({ complete, deadlocked }, expected);
}

/** T1 changes x twice under one guard, T2 reads it under the other. */
export function writerAndReader({ start, x, saw }: Stage, writer: Guard, reader: Guard = writer): void {
  start("T1", function* () {
    yield* writer.lock();
    yield* x.write(1);
    yield* x.write(2);
    yield* writer.unlock();
  });
  start("T2", function* () {
    yield* reader.lock();
    saw(yield* x.read());
    yield* reader.unlock();
  });
}

/** T1 locks one and then the other, T2 the other way round. */
export function oppositeOrder({ start }: Stage, a: Guard, b: Guard): void {
  for (const [name, first, second] of [["T1", a, b], ["T2", b, a]] as const) {
    start(name, function* () {
      yield* first.lock();
      yield* second.lock();
      yield* second.unlock();
      yield* first.unlock();
    });
  }
}

export const shared = (sem: Rwsem): Guard => ({ lock: () => sem.lockShared(), unlock: () => sem.unlockShared() });

export const exclusive = (sem: Rwsem): Guard => ({
  lock: () => sem.lockExclusive(),
  unlock: () => sem.unlockExclusive(),
});
