import { assertEquals } from "@std/assert";
import { BitLock } from "../../../src/machine/bit_lock.ts";
import { BlockDevice } from "../../../src/machine/block_device.ts";
import { Mutex } from "../../../src/machine/mutex.ts";
import { Sector } from "../../../src/machine/page_memory.ts";
import { type Fairness, Rwsem } from "../../../src/machine/rwsem.ts";
import type { Program } from "../../../src/machine/program.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { initialToken, ZERO } from "../../../src/machine/tokens.ts";
import { scenarioOf } from "../scenario_of.ts";
import { checkPlanted, type Toy, type ToyOperation, toyProgram } from "./runner.ts";

/** A wait of the defect that the repaired program does without; two context switches show it. */
function overwait(defect: Program, repaired: Program) {
  return checkPlanted({ anomaly: "OVERWAIT", defect, repaired, switches: 2 });
}

/** Writes back pages [0, last] and waits for each. */
function flushes(toy: Toy, last: number): ToyOperation {
  const { world } = toy;
  const writeback = [0, 1].map((index) => new BitLock(world, `writeback(F,${index})`));
  return {
    kind: "pwrite",
    direct: "direct",
    *body(): Steps<number> {
      for (let index = 0; index <= last; index++) {
        yield;
        const bit = writeback[index];
        bit.set(`bio(T1.${index})`);
        world.spawn(`bio(T1.${index})`, function* () {
          yield;
          bit.clear();
        }, { context: "irq", daemon: "daemon" });
        yield* bit.waitClear();
      }
      return 1;
    },
  };
}

Deno.test("a flush that goes one page too far waits for I/O outside its range", () => {
  const program = (last: number) => toyProgram(`to page ${last}`, (toy) => void toy.task("T1", flushes(toy, last)));
  const found = checkPlanted({ anomaly: "OVERWAIT", defect: program(1), repaired: program(0), switches: 4 });
  assertEquals(found.text, "T1#0 (pwrite dio F[0]) waits for writeback(F,1), which is outside its range");
});

Deno.test("waiting for the page that the buffer maps is no needless wait", () => {
  const program = (buffer: string) =>
    toyProgram(buffer, (toy) => {
      const page = new BitLock(toy.world, "page(F,3)");
      toy.task("T1", {
        kind: "pwrite",
        *body() {
          yield* page.lock();
          yield* page.unlock();
          return 1;
        },
      });
      toy.task("T2", {
        kind: "pread",
        pos: 3,
        *body() {
          yield* page.lock();
          yield* page.unlock();
          return 1;
        },
      });
    }, {
      scenario: scenarioOf(
        `tasks:\n  T1:\n    - pwrite: F[0]\n${buffer}  T2:\n    - pread: F[3]\n`,
      ),
    });
  overwait(program(""), program("      from: map F[3]\n"));
});

Deno.test("a submission that waits for its own bio gains nothing by being asynchronous", () => {
  const program = (how: "waits" | "returns") =>
    toyProgram(how, (toy) => {
      const { world } = toy;
      const device = new BlockDevice(world, { sectors: 1, sectorsPerBlock: 1, initial: () => initialToken("F", 0) });
      toy.task("T1", {
        kind: "pread",
        call: "aio_pread",
        direct: "direct",
        *body(): Steps<number> {
          yield;
          const bio = device.bio({ op: "read", sector: 0, file: "F", memory: [new Sector(world, ZERO)] });
          device.submit(bio);
          if (how === "waits") yield* device.wait(bio);
          return 1;
        },
      });
    });
  const found = overwait(program("waits"), program("returns"));
  assertEquals(found.subject.operations, ["T1#0"]);
});

Deno.test("a submission that waits for a page which its own I/O has locked gains nothing either", () => {
  const program = (who: "the submitter" | "another task") =>
    toyProgram(who, (toy) => {
      const { world } = toy;
      const page = new BitLock(world, "page(F,0)");
      toy.task("T1", {
        kind: "pwrite",
        call: "aio_pwrite",
        direct: "direct",
        *body(): Steps<number> {
          yield* page.lock();
          page.handOver("dio(T1#0)");
          world.spawn("dio(T1#0)", function* () {
            yield;
            page.clear();
          }, { context: "irq", daemon: "daemon" });
          if (who === "the submitter") yield* page.waitClear();
          return 1;
        },
      });
      if (who === "the submitter") return;
      toy.task("T2", {
        kind: "pread",
        *body(): Steps<number> {
          yield* page.waitClear();
          return 1;
        },
      });
    });
  const found = overwait(program("the submitter"), program("another task"));
  assertEquals(found.text, "T1#0 (pwrite dio F[0]) waits for its own page(F,0) before io_submit returns");
});

/** Two direct reads of one page each: under a lock of the file, none, or one that is taken when the I/O is over. */
function twoReads(locked: "file" | "nothing" | "behind the I/O", second: number) {
  return toyProgram(`${locked} ${second}`, (toy) => {
    const { world } = toy;
    const device = new BlockDevice(world, { sectors: 2, sectorsPerBlock: 1, initial: (at) => initialToken("F", at) });
    const lock = new Mutex(world, "i_mutex(F)");
    for (const [task, sector] of [["T1", 0], ["T2", second]] as const) {
      toy.task(task, {
        kind: "pread",
        direct: "direct",
        pos: sector,
        *body(): Steps<number> {
          // Who locks behind the I/O has begun with a look at what the lock is for.
          if (locked !== "nothing") yield* lock.lock();
          if (locked === "behind the I/O") yield* lock.unlock();
          yield* device.submitAndWait({ op: "read", sector, file: "F", memory: [new Sector(world, ZERO)] });
          if (locked === "behind the I/O") yield* lock.lock();
          if (locked !== "nothing") yield* lock.unlock();
          return 1;
        },
      });
    }
  });
}

Deno.test("of two reads under one lock one waits until the other's I/O is over", () => {
  const found = checkPlanted({
    anomaly: "FALSE_SERIAL",
    defect: twoReads("file", 0),
    repaired: twoReads("nothing", 0),
    switches: 6,
  });
  assertEquals([found.subject.operations?.toSorted(), found.subject.resources], [["T1#0", "T2#0"], ["i_mutex(F)"]]);
});

Deno.test("who waits for a lock that another one takes when its I/O is over does not wait for that I/O", () => {
  checkPlanted({
    anomaly: "FALSE_SERIAL",
    defect: twoReads("file", 0),
    repaired: twoReads("behind the I/O", 0),
    switches: 6,
  });
});

Deno.test("a read waits for another one's I/O when a writer stands between them in the queue", () => {
  const program = (fairness: Fairness) =>
    toyProgram(fairness, (toy) => {
      const { world } = toy;
      const device = new BlockDevice(world, { sectors: 2, sectorsPerBlock: 1, initial: (at) => initialToken("F", at) });
      const sem = new Rwsem(world, "pgrwsem(F)", fairness);
      const read = (sector: number): ToyOperation => ({
        kind: "pread",
        direct: "direct",
        pos: sector,
        *body(): Steps<number> {
          yield* sem.lockShared();
          yield* device.submitAndWait({ op: "read", sector, file: "F", memory: [new Sector(world, ZERO)] });
          yield* sem.unlockShared();
          return 1;
        },
      });
      toy.task("T1", read(0));
      toy.task("T2", read(1));
      toy.task("T3", {
        kind: "pread",
        *body(): Steps<number> {
          yield* sem.lockExclusive();
          yield* sem.unlockExclusive();
          return 1;
        },
      });
    });
  checkPlanted({ anomaly: "FALSE_SERIAL", defect: program("fair"), repaired: program("unfair"), switches: 8 });
});
