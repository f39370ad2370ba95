// Random programs of every kind of wait: one run of each class must show all that plain enumeration of all interleavings
// shows. A look or a change that is not told to the world would keep some of it from being explored.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { Count } from "../../src/machine/count.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { Kiocb } from "../../src/machine/kiocb.ts";
import { type PersistenceDomain, PersistentMemory } from "../../src/machine/persistent_memory.ts";
import { PersistentMemoryImage } from "../../src/machine/persistent_memory_image.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { type Fairness, Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { Counter } from "../../src/machine/variable.ts";
import { WaitQueue } from "../../src/machine/wait_queue.ts";
import { Workqueue, type WorkqueueOrder } from "../../src/machine/workqueue.ts";
import type { World } from "../../src/machine/world.ts";
import { classesByEnumeration, classesByExploring } from "./equivalence.ts";
import { crash, everyInterleaving, explore } from "./exploring.ts";

const RUNS_MAX = Number(Deno.env.get("DIOSCOPE_RUNS") ?? "250");

interface Op {
  name: keyof Operations;
  value: number;
}

/** What the tasks of a program work on. */
class Operations {
  readonly #world: World;
  readonly #x: Counter;
  readonly #queue: WaitQueue;
  readonly #work: Workqueue;
  readonly #sem: Rwsem;
  readonly #page: BitLock;
  readonly #count: Count;
  readonly #kiocb: Kiocb;
  readonly seen: string[] = [];

  constructor(world: World, fairness: Fairness, order: WorkqueueOrder) {
    this.#world = world;
    this.#x = new Counter(world, "x");
    this.#queue = new WaitQueue(world, "queue");
    this.#work = new Workqueue(world, "work", order);
    this.#sem = new Rwsem(world, "sem", fairness);
    this.#page = new BitLock(world, "page");
    this.#count = new Count(world, "count");
    this.#kiocb = new Kiocb(world, "0");
  }

  get x(): number {
    return this.#x.peek;
  }

  saw(what: string | number): void {
    this.seen.push(`${this.#world.current!.name}:${what}`);
  }

  *read(): Steps {
    this.saw(yield* this.#x.read());
  }

  *write(value: number): Steps {
    yield* this.#x.write(value);
  }

  *writeAndWake(value: number): Steps {
    yield;
    this.#x.set(value);
    this.#queue.wakeUp();
  }

  *wakeOne(): Steps {
    yield;
    this.saw(this.#queue.wakeUp());
  }

  *wakeAll(): Steps {
    yield;
    this.#queue.wakeUpAll();
  }

  *waitUnderLock(value: number): Steps {
    yield* this.#queue.waitUnderLock(() => this.#x.get() === value ? null : this.#queue);
    this.saw("under lock");
  }

  *waitEvent(value: number): Steps {
    yield* this.#queue.waitEvent(() => this.#x.get() === value);
    this.saw("event");
  }

  *waitExclusively(value: number): Steps {
    yield;
    const entry = this.#queue.prepareToWaitExclusive();
    yield;
    if (this.#x.get() === value) this.#queue.finishWait(entry);
    else yield* this.#queue.sleep(entry);
    this.saw("exclusive");
  }

  *queueWork(value: number): Steps {
    yield;
    this.#work.queueWork(`work of ${this.#world.current!.name}`, () => this.write(value), undefined);
  }

  *flush(): Steps {
    yield* this.#work.flush();
    this.saw(`flushed ${this.#x.peek}`.slice(0, 7));
  }

  *readShared(): Steps {
    yield* this.#sem.lockShared();
    this.saw(yield* this.#x.read());
    yield* this.#sem.unlockShared();
  }

  *writeExclusive(value: number): Steps {
    yield* this.#sem.lockExclusive();
    yield* this.#x.write(value);
    yield* this.#sem.unlockExclusive();
  }

  *leaveShared(): Steps {
    yield* this.#sem.lockShared();
  }

  *upgrade(value: number): Steps {
    yield* this.#sem.lockShared();
    if (!(yield* this.#sem.tryUpgrade())) {
      this.saw("not alone");
      yield* this.#sem.upgrade();
    }
    yield* this.#x.write(value);
    yield* this.#sem.downgrade();
    yield* this.#sem.unlockShared();
  }

  *tryExclusive(value: number): Steps {
    if (!(yield* this.#sem.tryLockExclusive())) return this.saw("busy");
    yield* this.#x.write(value);
    yield* this.#sem.unlockExclusive();
  }

  *pageIo(value: number): Steps {
    yield* this.#page.lock();
    yield;
    this.#page.handOver("bio");
    this.#count.increment("bio");
    this.#world.spawn("bio", this.#completePage.bind(this, value), { context: "irq", daemon: "daemon" });
  }

  *#completePage(value: number): Steps {
    yield* this.#x.write(value);
    yield;
    this.#page.clear();
    this.#count.decrement("bio");
  }

  *waitPage(): Steps {
    yield* this.#page.waitClear();
    this.saw("page");
  }

  *waitCount(): Steps {
    yield* this.#count.waitZero();
    this.saw("zero");
  }

  *complete(value: number): Steps {
    yield;
    this.#kiocb.complete(value);
  }

  *getResult(): Steps {
    this.saw(yield* this.#kiocb.wait());
  }
}

const NAMES = Object.getOwnPropertyNames(Operations.prototype)
  .filter((name) => !["constructor", "x", "saw"].includes(name)) as (keyof Operations)[];

function waitingProgram(tasks: readonly Op[][], fairness: Fairness, order: WorkqueueOrder) {
  return (world: World): Prepared => {
    const operations = new Operations(world, fairness, order);
    for (const [own, ops] of tasks.entries()) {
      // As kernel threads they may be left waiting: who does is part of the final state.
      world.spawn(`T${own}`, function* () {
        for (const { name, value } of ops) {
          yield* (operations[name] as (value: number) => Steps).call(operations, value);
        }
      }, { daemon: "daemon" });
    }
    return {
      finalState: () => {
        const waiting = world.tasks.filter(({ generator }) => generator !== null).map(({ name }) => name);
        const findings = world.findings.map(({ anomaly }) => anomaly);
        return [operations.x, ...operations.seen.sort(), "|", ...waiting.sort(), "|", ...findings].join(" ");
      },
    };
  };
}

const op: fc.Arbitrary<Op> = fc.record({ name: fc.constantFrom(...NAMES), value: fc.nat(1) });

Deno.test("one run of every class of a random program of waits finds every end of all interleavings", () => {
  let compared = 0;
  let runs = 0;
  let classes = 0;
  const used = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(fc.array(op, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
      fc.constantFrom<Fairness>("fair", "unfair"),
      fc.constantFrom<WorkqueueOrder>("ordered", "concurrent"),
      (tasks, fairness, order) => {
        const program = waitingProgram(tasks, fairness, order);
        const all = everyInterleaving(program, RUNS_MAX);
        if (all === null) return;
        const found = explore(program);
        const ends = new Set([...Object.keys(found.complete), ...Object.keys(found.deadlocked)]);
        assertEquals([...ends].sort(), all.ends);
        compared++;
        runs += all.runs;
        classes += found.classes;
        for (const ops of tasks) for (const { name } of ops) used.add(name);
      },
    ),
    { seed: 31, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "250") },
  );
  console.log({ compared, runs, classes });
  assert(compared > 180 && classes * 5 < runs);
  assertEquals(used.size, NAMES.length);
});

Deno.test("every class of a random program of waits is run exactly once", () => {
  let compared = 0;
  let classes = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(op, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
      fc.constantFrom<Fairness>("fair", "unfair"),
      fc.constantFrom<WorkqueueOrder>("ordered", "concurrent"),
      (tasks, fairness, order) => {
        const program = waitingProgram(tasks, fairness, order);
        const found = classesByExploring(program);
        const all = classesByEnumeration(program, found.identities, RUNS_MAX);
        if (all === null) return;
        assertEquals(found.classes.sort(), [...all].sort());
        assertEquals(found.blocked, 0);
        compared++;
        classes += all.size;
      },
    ),
    { seed: 33, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "150") },
  );
  console.log({ compared, classes });
  assert(compared > 100);
});

type MemoryOp =
  | { op: "store" | "ntstore"; line: number; word: number }
  | { op: "clwb" | "clflush"; line: number }
  | { op: "sfence" | "look" };

function memoryProgram(tasks: readonly MemoryOp[][], domain: PersistenceDomain) {
  return (world: World): Prepared => {
    const memory = new PersistentMemory(world, { sectors: 2, domain, crashOrder: new CrashOrder(world) });
    const seen: string[] = tasks.map(() => "");
    for (const [own, ops] of tasks.entries()) {
      world.spawn(`T${own}`, function* () {
        for (const [nth, each] of ops.entries()) {
          yield;
          if (each.op === "store" || each.op === "ntstore") memory[each.op](each.line, each.word, `W${own}.${nth}`);
          else if (each.op === "look") seen[own] += ` ${memory.loadLine(0)}`;
          else if (each.op === "clwb" || each.op === "clflush") memory[each.op](each.line);
          else memory.sfence();
        }
      });
    }
    return {
      finalState: () => [memory.peekSector(0), memory.peekSector(1), ...seen].join(" "),
      crash: {
        durableVersion: () => memory.version,
        recover: (pick) => {
          const image = new PersistentMemoryImage(memory, pick);
          return `${image.sector(0)} ${image.sector(1)}`;
        },
      },
    };
  };
}

const memoryOp: fc.Arbitrary<MemoryOp> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ op: fc.constant("store" as const), line: fc.nat(1), word: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("ntstore" as const), line: fc.nat(1), word: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom("clwb" as const, "clflush" as const), line: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom("sfence" as const, "sfence" as const, "look" as const) }) },
);

Deno.test("with a crash order, runs of every class show every image that a crash of any interleaving leaves", () => {
  let compared = 0;
  let runs = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(memoryOp, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 2 }),
      fc.constantFrom<PersistenceDomain>("adr", "adr", "eadr"),
      (tasks, domain) => {
        const program = memoryProgram(tasks, domain);
        const all = everyInterleaving(program, RUNS_MAX);
        if (all === null) return;
        assertEquals(Object.keys(explore(program).complete).sort(), all.ends);
        assertEquals(crash(program), all.crashes);
        compared++;
        runs += all.runs;
      },
    ),
    { seed: 32, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "120") },
  );
  console.log({ compared, runs });
  assert(compared > 100);
});

Deno.test("every class of a random program on persistent memory is run exactly once", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(memoryOp, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 }),
      fc.constantFrom<PersistenceDomain>("adr", "eadr"),
      (tasks, domain) => {
        const program = memoryProgram(tasks, domain);
        const found = classesByExploring(program);
        const all = classesByEnumeration(program, found.identities, RUNS_MAX);
        if (all === null) return;
        assertEquals(found.classes.sort(), [...all].sort());
        assertEquals(found.blocked, 0);
        compared++;
      },
    ),
    { seed: 34, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "100") },
  );
  console.log({ compared });
  assert(compared > 50);
});
