/**
 * Small random programs as data, and as programs of the machine.
 *
 * @module
 */

import type { Program } from "../../src/machine/program.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps, Task } from "../../src/machine/task.ts";
import { Counter } from "../../src/machine/variable.ts";
import type { World } from "../../src/machine/world.ts";

/** An operation of a task: what it works on is a number below the program's variables or locks. */
export type Op =
  | { op: "read"; on: number }
  | { op: "write"; on: number; value: number }
  | { op: "cas"; on: number; expected: number; value: number }
  | { op: "fetch_add"; on: number; delta: number }
  | { op: "increment"; on: number }
  | { op: "lock"; on: number }
  | { op: "unlock"; on: number }
  /** Unlocks again when it succeeds, after `then`. */
  | { op: "try_lock"; on: number; then: Op[] }
  | { op: "lock_shared"; on: number }
  | { op: "unlock_shared"; on: number }
  | { op: "lock_exclusive"; on: number }
  | { op: "unlock_exclusive"; on: number }
  /** Sees a number below `count` that nobody in the program determines, and writes it unless it is 0. */
  | { op: "choose"; count: number; on: number }
  /** Starts the task of this number, once. */
  | { op: "spawn"; task: number }
  | { op: "join"; task: number }
  /** Does `then` when the last value seen was `value`. */
  | { op: "if"; value: number; then: Op[] };

export interface SmallProgram {
  variables: number;
  mutexes: number;
  rwsems: number;
  /** Tasks; those that some task spawns do not start by themselves. */
  tasks: Op[][];
}

export function spawned(program: SmallProgram): Set<number> {
  const found = new Set<number>();
  const look = (ops: Op[]) => {
    for (const op of ops) {
      if (op.op === "spawn") found.add(op.task);
      if (op.op === "if" || op.op === "try_lock") look(op.then);
    }
  };
  for (const task of program.tasks) look(task);
  return found;
}

/** The program for the explorer; the final state has all variables and all values seen. */
export function machineProgram(program: SmallProgram): Program {
  return {
    name: "small program",
    setUp(world: World) {
      const variables = Array.from({ length: program.variables }, (_, i) => new Counter(world, `x${i}`));
      const mutexes = Array.from({ length: program.mutexes }, (_, i) => new Mutex(world, `m${i}`));
      const rwsems = Array.from({ length: program.rwsems }, (_, i) => new Rwsem(world, `s${i}`, "unfair"));
      const seen: number[][] = program.tasks.map(() => []);
      const tasks: (Task | undefined)[] = program.tasks.map(() => undefined);
      function* perform(ops: Op[], own: number): Steps {
        for (const op of ops) {
          switch (op.op) {
            case "read":
              seen[own].push(yield* variables[op.on].read());
              break;
            case "write":
              yield* variables[op.on].write(op.value);
              break;
            case "cas": {
              yield;
              const before = variables[op.on].get();
              if (before === op.expected) variables[op.on].set(op.value);
              seen[own].push(before === op.expected ? 1 : 0);
              break;
            }
            case "fetch_add":
              seen[own].push(yield* variables[op.on].fetchAdd(op.delta));
              break;
            case "increment":
              yield* variables[op.on].increment();
              break;
            case "lock":
              yield* mutexes[op.on].lock();
              break;
            case "unlock":
              if (mutexes[op.on].owner === world.current) yield* mutexes[op.on].unlock();
              break;
            case "try_lock":
              if (yield* mutexes[op.on].tryLock()) {
                seen[own].push(1);
                yield* perform(op.then, own);
                yield* mutexes[op.on].unlock();
              } else seen[own].push(0);
              break;
            case "lock_shared":
              yield* rwsems[op.on].lockShared();
              break;
            case "unlock_shared":
              yield* rwsems[op.on].unlockShared();
              break;
            case "lock_exclusive":
              yield* rwsems[op.on].lockExclusive();
              break;
            case "unlock_exclusive":
              yield* rwsems[op.on].unlockExclusive();
              break;
            case "choose": {
              const number = yield { count: op.count, what: "number" };
              seen[own].push(number);
              if (number > 0) variables[op.on].set(number);
              break;
            }
            case "spawn":
              yield;
              tasks[op.task] ??= start(op.task);
              break;
            case "join":
              yield tasks[op.task]?.whenEnded;
              break;
            case "if":
              if (seen[own].at(-1) === op.value) yield* perform(op.then, own);
          }
        }
      }
      const start = (number: number) =>
        world.spawn(`t${number}`, function* () {
          yield* perform(program.tasks[number], number);
        });
      const children = spawned(program);
      for (let i = 0; i < program.tasks.length; i++) if (!children.has(i)) tasks[i] = start(i);
      return {
        finalState: () => JSON.stringify([variables.map((v) => v.peek), seen]),
      };
    },
  };
}
