/**
 * Programs that tests and benchmarks share; workers load them by name from here.
 *
 * @module
 */

import { Counter, Mutex, type Program, Rwsem, type Steps, type Task } from "../../src/mod.ts";
import { NoSuchThing } from "../../src/machine/world.ts";
import { machineProgram, type SmallProgram } from "./small_programs.ts";

function* write(_task: Task, variable: Counter): Steps {
  yield* variable.write(1);
}

function* read(_task: Task, variable: Counter): Steps<number> {
  return yield* variable.read();
}

/** One writer and `readers` readers of one variable: 2^readers classes. */
export function readers(readers: number): Program {
  return {
    name: `readers(${readers})`,
    setUp(world) {
      const argument = new Counter(world, "x");
      world.spawn("writer", write, { argument });
      const tasks = Array.from({ length: readers }, () => world.spawn("reader", read, { argument }));
      return { finalState: () => tasks.map(({ result }) => result).join("") };
    },
  };
}

function* writeThenRead(_task: Task, [own, other]: Counter[]): Steps<number> {
  yield* own.write(1);
  return yield* other.read();
}

/** Two tasks that write one variable each and then read the other's: 3 classes. */
export const storeBuffering: Program = {
  name: "store buffering",
  setUp(world) {
    const [x, y] = [new Counter(world, "x"), new Counter(world, "y")];
    const a = world.spawn("a", writeThenRead, { argument: [x, y] });
    const b = world.spawn("b", writeThenRead, { argument: [y, x] });
    return { finalState: () => `${a.result} ${b.result}` };
  },
};

function* readReadWrite(_task: Task, { rounds, from, to }: { rounds: number; from: Counter; to: Counter }): Steps {
  for (let round = 1; round <= rounds; round++) {
    yield* from.read();
    yield* from.read();
    yield* to.write(round);
  }
}

/** Two tasks, each of which reads one of two variables twice and writes the other, round after round. */
export function race(rounds: number): Program {
  return {
    name: `race(${rounds})`,
    setUp(world) {
      const [x, y] = [new Counter(world, "x"), new Counter(world, "y")];
      world.spawn("a", readReadWrite, { argument: { rounds, from: x, to: y } });
      world.spawn("b", readReadWrite, { argument: { rounds, from: y, to: x } });
    },
  };
}

function* lockTwo(_task: Task, { rounds, a, b }: { rounds: number; a: Mutex; b: Mutex }): Steps {
  for (let round = 0; round < rounds; round++) {
    yield* a.lock();
    yield* b.lock();
    yield* b.unlock();
    yield* a.unlock();
  }
}

/** Tasks that take the same two locks in the same order, round after round: (tasks x rounds)! / (rounds!)^tasks classes. */
export function twoLocks(tasks: number, rounds: number): Program {
  return {
    name: `two locks(${tasks}, ${rounds})`,
    setUp(world) {
      const argument = { rounds, a: new Mutex(world, "a"), b: new Mutex(world, "b") };
      for (let i = 0; i < tasks; i++) world.spawn(`t${i}`, lockTwo, { argument });
    },
  };
}

/** A program of the generator of random ones. */
export function small(program: SmallProgram): Program {
  return machineProgram(program);
}

function* lastZeroReader(_task: Task, array: Counter[]): Steps<number> {
  let i = array.length - 1;
  while ((yield* array[i].read()) !== 0) i--;
  return i;
}

function* lastZeroWriter(_task: Task, [before, own]: Counter[]): Steps {
  const value = yield* before.read();
  yield* own.write(value + 1);
}

/**
 * lastzero(n) of Abdulla and others, POPL 2014: one task looks for the last zero of an array, n others each set an element
 * to one more than the element before it.
 */
export function lastZero(n: number): Program {
  return {
    name: `lastzero(${n})`,
    setUp(world) {
      const array = Array.from({ length: n + 1 }, (_, i) => new Counter(world, `array[${i}]`));
      world.spawn("reader", lastZeroReader, { argument: array });
      for (let i = 1; i <= n; i++) world.spawn(`writer ${i}`, lastZeroWriter, { argument: [array[i - 1], array[i]] });
    },
  };
}

interface FileSystem {
  inode: Counter[];
  busy: Counter[];
  lockInode: Mutex[];
  lockBusy: Mutex[];
  number: number;
}

const INODES = 32;
const BLOCKS = 26;

function* allocate(_task: Task, { inode, busy, lockInode, lockBusy, number }: FileSystem): Steps {
  const i = number % INODES;
  yield* lockInode[i].lock();
  if ((yield* inode[i].read()) === 0) {
    let b = (i * 2) % BLOCKS;
    for (;;) {
      yield* lockBusy[b].lock();
      if ((yield* busy[b].read()) === 0) {
        yield* busy[b].write(1);
        yield* inode[i].write(b + 1);
        yield* lockBusy[b].unlock();
        break;
      }
      yield* lockBusy[b].unlock();
      b = (b + 1) % BLOCKS;
    }
  }
  yield* lockInode[i].unlock();
}

/** filesystem(n) of Flanagan and Godefroid, POPL 2005: tasks that each allocate a block for an inode. */
export function filesystem(n: number): Program {
  return {
    name: `filesystem(${n})`,
    setUp(world) {
      const counters = (count: number, name: string) =>
        Array.from({ length: count }, (_, i) => new Counter(world, `${name}[${i}]`));
      const locks = (count: number, name: string) =>
        Array.from({ length: count }, (_, i) => new Mutex(world, `${name}[${i}]`));
      const shared = {
        inode: counters(INODES, "inode"),
        busy: counters(BLOCKS, "busy"),
        lockInode: locks(INODES, "locki"),
        lockBusy: locks(BLOCKS, "lockb"),
      };
      for (let number = 0; number < n; number++) {
        world.spawn(`t${number}`, allocate, { argument: { ...shared, number } });
      }
    },
  };
}

const INDEXER_SIZE = 128;
const INDEXER_MESSAGES = 4;

function* index(_task: Task, { table, number }: { table: Counter[]; number: number }): Steps {
  for (let m = 1; m <= INDEXER_MESSAGES; m++) {
    const w = m * 11 + number;
    let h = (w * 7) % INDEXER_SIZE;
    for (;;) {
      yield;
      if (table[h].get() === 0) {
        table[h].set(w);
        break;
      }
      h = (h + 1) % INDEXER_SIZE;
    }
  }
}

/** indexer(n) of Flanagan and Godefroid, POPL 2005: tasks that put messages into one hash table with compare-and-swap. */
export function indexer(n: number): Program {
  return {
    name: `indexer(${n})`,
    setUp(world) {
      const table = Array.from({ length: INDEXER_SIZE }, (_, i) => new Counter(world, `table[${i}]`));
      for (let number = 0; number < n; number++) world.spawn(`t${number}`, index, { argument: { table, number } });
    },
  };
}

function* hold(_task: Task, { lock, shared }: { lock: Rwsem; shared: boolean }): Steps {
  if (shared) {
    yield* lock.lockShared();
    yield* lock.unlockShared();
  } else {
    yield* lock.lockExclusive();
    yield* lock.unlockExclusive();
  }
}

/** Tasks that each take one lock once, so many of them shared. */
export function holders(shared: number, exclusive: number): Program {
  return {
    name: `holders(${shared}, ${exclusive})`,
    setUp(world) {
      const lock = new Rwsem(world, "s", "unfair");
      for (let i = 0; i < shared + exclusive; i++) {
        world.spawn(`t${i}`, hold, { argument: { lock, shared: i < shared } });
      }
    },
  };
}

/** As the program of a patch that goes by a step that there is not. */
export function asksForNothing(): never {
  throw new NoSuchThing("there is no step Z9");
}
