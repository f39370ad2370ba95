import { assertEquals } from "@std/assert";
import { BlockAllocator } from "../../../src/machine/block_allocator.ts";
import { BlockDevice } from "../../../src/machine/block_device.ts";
import { EIOCBQUEUED, Kiocb } from "../../../src/machine/kiocb.ts";
import { Mutex } from "../../../src/machine/mutex.ts";
import { Sector } from "../../../src/machine/page_memory.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { initialToken, ZERO } from "../../../src/machine/tokens.ts";
import { checkPlanted, type Toy, toyProgram } from "./runner.ts";

Deno.test("a reference that an error path keeps is left over", () => {
  const program = (path: "keeps" | "drops") =>
    toyProgram(path, (toy) => {
      let references = 0;
      toy.task("T1", {
        kind: "pread",
        *body() {
          yield;
          references++;
          yield;
          if (path === "drops") references--;
          return -5;
        },
      });
      const leftOver = () => references === 0 ? [] : [`placeholder(F,[0,1]) has ${references} references`];
      return { accountables: [{ leftOver }] };
    });
  const found = checkPlanted({
    anomaly: "LEAK_MEM",
    defect: program("keeps"),
    repaired: program("drops"),
    switches: 0,
  });
  assertEquals(found.subject.resources, ["placeholder(F,[0,1])"]);
});

Deno.test("a completion that takes a sleeping lock is a defect in an interrupt, and not in a workqueue", () => {
  const program = (context: "irq" | "workqueue") =>
    toyProgram(context, (toy) => {
      const { world } = toy;
      const lock = new Mutex(world, "i_mutex(F)");
      toy.task("T1", {
        kind: "pwrite",
        *body(): Steps<number> {
          yield;
          const completion = world.spawn("completion", function* () {
            yield* lock.lock();
            yield* lock.unlock();
          }, { context });
          yield* completion.join();
          return 1;
        },
      });
    });
  const found = checkPlanted({
    anomaly: "BUG_CONTEXT",
    defect: program("irq"),
    repaired: program("workqueue"),
    switches: 2,
  });
  assertEquals(found.subject, { tasks: ["completion"], operations: ["T1#0"] });
});

Deno.test("a submission that fails behind the last bio completes what the bio completes too", () => {
  const program = (path: "replaces -EIOCBQUEUED" | "leaves it") =>
    toyProgram(path, (toy) => {
      const { world } = toy;
      toy.task("T1", {
        kind: "pwrite",
        call: "aio_pwrite",
        *body(): Steps<number> {
          yield;
          const kiocb = new Kiocb(world, "T1#0");
          world.spawn("bio", function* () {
            yield;
            kiocb.complete(1);
          }, { context: "irq" });
          yield;
          const value = path === "leaves it" ? -EIOCBQUEUED : -5;
          kiocb.returned(value);
          yield* kiocb.wait();
          return 1;
        },
      });
    });
  checkPlanted({
    anomaly: "DOUBLE_COMPLETE",
    defect: program("replaces -EIOCBQUEUED"),
    repaired: program("leaves it"),
    switches: 2,
  });
});

/** A read of block 0 against a truncate that frees it, with a lock around both or without. */
function readAndTruncate(toy: Toy, lock: Mutex | null): void {
  const { world } = toy;
  const device = new BlockDevice(world, { sectors: 1, sectorsPerBlock: 1, initial: () => initialToken("F", 0) });
  const allocator = new BlockAllocator(world, device, { free: [] });
  allocator.own(0, { file: "F", lblk: 0 });
  let isMapped = true;
  toy.task("T1", {
    kind: "pread",
    direct: "direct",
    *body(): Steps<number> {
      if (lock !== null) yield* lock.lock();
      yield;
      world.touch(mapping, 0, 0);
      const block = isMapped;
      if (block) yield* device.submitAndWait({ op: "read", sector: 0, file: "F", memory: [new Sector(world, ZERO)] });
      if (lock !== null) yield* lock.unlock();
      return block ? 1 : 0;
    },
  });
  const mapping = world.newObject();
  toy.task("T2", {
    kind: "ftruncate",
    pos: 4,
    *body(): Steps<number> {
      if (lock !== null) yield* lock.lock();
      yield;
      world.touch(mapping, 1, 0);
      isMapped = false;
      yield;
      allocator.release([0]);
      if (lock !== null) yield* lock.unlock();
      return 0;
    },
  });
}

Deno.test("a bio that truncate does not wait for goes to a block that is free", () => {
  checkPlanted({
    anomaly: "USE_AFTER_FREE_BLOCK",
    defect: toyProgram("unlocked", (toy) => readAndTruncate(toy, null)),
    repaired: toyProgram("locked", (toy) => readAndTruncate(toy, new Mutex(toy.world, "i_alloc_sem(F)"))),
    switches: 3,
  });
});
