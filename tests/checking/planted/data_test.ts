import { assertEquals } from "@std/assert";
import { Mutex } from "../../../src/machine/mutex.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { Variable } from "../../../src/machine/variable.ts";
import type { Incident, Zeroing } from "../../../src/systems/run_record.ts";
import { checkPlanted, type ToyCall, type ToyOperation, toyProgram, untouchedFile } from "./runner.ts";

Deno.test("a device store into a page that truncation has removed is lost", () => {
  const program = (order: "races" | "waits") =>
    toyProgram(order, (toy) => {
      const { world } = toy;
      const cached = new Variable(world, "cached", "page");
      const lock = order === "waits" ? new Mutex(world, "i_alloc_sem(F)") : null;
      const incidents: Incident[] = [];
      toy.task("T1", {
        kind: "pread",
        direct: "direct",
        *body(): Steps<number> {
          if (lock !== null) yield* lock.lock();
          yield;
          const pinned = cached.get();
          yield;
          if (pinned === "page" && cached.get() !== "page") {
            incidents.push({
              anomaly: "LOST_DMA",
              text: "a device stored into page(F,0)",
              task: "",
              file: "F",
              sectors: [0],
            });
          }
          if (lock !== null) yield* lock.unlock();
          return 1;
        },
      });
      toy.task("T2", {
        kind: "drop_caches",
        *body(): Steps<number> {
          if (lock !== null) yield* lock.lock();
          yield;
          cached.set("none");
          if (lock !== null) yield* lock.unlock();
          return 0;
        },
      });
      return { incidents: () => incidents };
    });
  const found = checkPlanted({
    anomaly: "LOST_DMA",
    defect: program("races"),
    repaired: program("waits"),
    switches: 2,
  });
  assertEquals([found.subject.file, found.subject.sectors], ["F", [0]]);
});

Deno.test("unmapping with even_cows takes a private copy along", () => {
  const program = (evenCows: 0 | 1) =>
    toyProgram(`even_cows ${evenCows}`, (toy) => {
      const copy = new Variable(toy.world, "pte", "none");
      const incidents: Incident[] = [];
      toy.task("T1", {
        kind: "store",
        *body() {
          yield;
          copy.set("private");
          return 0;
        },
      });
      toy.task("T2", {
        kind: "pwrite",
        *body() {
          yield;
          if (evenCows === 1 && copy.get() === "private") {
            incidents.push({
              anomaly: "PRIVATE_LOST",
              text: "the private copy of F[0] is gone",
              task: "T1",
              file: "F",
              sectors: [0],
            });
          }
          return 1;
        },
      });
      return { incidents: () => incidents };
    });
  checkPlanted({ anomaly: "PRIVATE_LOST", defect: program(1), repaired: program(0), switches: 1 });
});

/** Takes a block for new, and some time later zeroes it and writes its own sector. */
function writesPart(sector: number, reason: Zeroing["reason"], state: {
  readonly data: Variable<string>[];
  readonly isNew: Variable<string>;
  readonly zeroings: Zeroing[];
  readonly lock: Mutex | null;
}): ToyOperation {
  return {
    kind: "pwrite",
    direct: "direct",
    pos: sector,
    *body({ record, task: { world } }: ToyCall): Steps<number> {
      const { data, isNew, zeroings, lock } = state;
      if (lock !== null) yield* lock.lock();
      yield;
      const zeroes = isNew.get() === "new";
      yield;
      for (let at = 0; zeroes && at < data.length; at++) {
        if (reason === "sub_block" && at === sector) continue;
        zeroings.push({
          step: world.steps,
          operation: record.name,
          file: "F",
          sector: at,
          over: data[at].get(),
          reason,
        });
        data[at].set("0");
      }
      data[sector].set(`W(${record.name},${sector})`);
      isNew.set("written");
      if (lock !== null) yield* lock.unlock();
      return 1;
    },
  };
}

function zeroing(reason: Zeroing["reason"], how: "unlocked" | "locked") {
  return toyProgram(`${reason} ${how}`, (toy) => {
    const { world } = toy;
    const data = [0, 1].map((sector) => new Variable(world, `sector(${sector})`, "STALE(0,1)"));
    const zeroings: Zeroing[] = [];
    const lock = how === "locked" ? new Mutex(world, "i_mutex(F)") : null;
    const state = { data, isNew: new Variable(world, "state", "new"), zeroings, lock };
    toy.task("T1", writesPart(0, reason, state));
    toy.task("T2", writesPart(1, reason, state));
    return { zeroings, files: () => [untouchedFile(2, { media: data.map(({ peek }) => peek) })] };
  }, { size: 2 });
}

Deno.test("who takes a block for new that somebody has written meanwhile zeroes the data", () => {
  checkPlanted({
    anomaly: "LOST_CONVERT_DATA",
    defect: zeroing("new_block", "unlocked"),
    repaired: zeroing("new_block", "locked"),
    switches: 2,
  });
});

Deno.test("two writes of parts of one new block zero each other's part", () => {
  checkPlanted({
    anomaly: "BLOCK_ZEROED_BY_PEER",
    defect: zeroing("sub_block", "unlocked"),
    repaired: zeroing("sub_block", "locked"),
    switches: 2,
  });
});
