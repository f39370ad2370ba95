import { assertEquals } from "@std/assert";
import { Mutex } from "../../../src/machine/mutex.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { Variable } from "../../../src/machine/variable.ts";
import type { BlockRecord } from "../../../src/systems/run_record.ts";
import { checkPlanted, type ToyOperation, toyProgram, untouchedFile } from "./runner.ts";

/** A block of F in one state. */
function block(lblk: number, state: BlockRecord["state"], more: Partial<BlockRecord> = {}): BlockRecord {
  return { lblk, pblk: lblk, state, preallocated: false, conversionQueued: false, ...more };
}

Deno.test("a write that fails behind its allocation leaves a block behind the end unless it trims", () => {
  const program = (path: "leaves" | "trims") =>
    toyProgram(path, (toy) => {
      const blocks = new Variable(toy.world, "blocks", 1);
      toy.task("T1", {
        kind: "pwrite",
        pos: 1,
        *body() {
          yield;
          blocks.set(2);
          yield;
          if (path === "trims") blocks.set(1);
          return -14;
        },
      });
      const all = [block(0, "written"), block(1, "written")];
      return { files: () => [untouchedFile(1, { blocks: all.slice(0, blocks.peek) })] };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "BEYOND_EOF",
    defect: program("leaves"),
    repaired: program("trims"),
    switches: 0,
  });
  assertEquals(found.subject, {
    attributes: ["written_state", "permanent"],
    file: "F",
    sectors: [1],
    operations: ["T1#0"],
  });
});

Deno.test("blocks behind the end are found after a crash unless the inode is on the orphan list", () => {
  const program = (list: "off" | "on") =>
    toyProgram(`${list} the orphan list`, (toy) => {
      const blocks = new Variable(toy.world, "blocks", 1);
      toy.task("T1", {
        kind: "pwrite",
        pos: 1,
        *body() {
          yield;
          blocks.set(2);
          return 1;
        },
      });
      const all = [block(0, "written"), block(1, "written")];
      return {
        files: () => [untouchedFile(2)],
        crash: {
          durableVersion: () => blocks.peek,
          recover: () => [
            untouchedFile(1, { blocks: all.slice(0, blocks.peek), onOrphanList: list === "on" }),
          ],
        },
      };
    }, { size: 1 });
  const found = checkPlanted({ anomaly: "BEYOND_EOF", defect: program("off"), repaired: program("on"), switches: 0 });
  assertEquals(found.subject.attributes, ["written_state", "after_crash"]);
});

/** An extending write that looks at the size and then sets it. */
function extend(size: Variable<number>, to: number, lock: Mutex | null): ToyOperation {
  return {
    kind: "pwrite",
    pos: to - 1,
    *body(): Steps<number> {
      if (lock !== null) yield* lock.lock();
      yield;
      const before = size.get();
      yield;
      if (to > before) size.set(to);
      if (lock !== null) yield* lock.unlock();
      return 1;
    },
  };
}

Deno.test("two extending writes that do not look again move the size backwards", () => {
  const program = (how: "unlocked" | "locked") =>
    toyProgram(how, (toy) => {
      const size = new Variable(toy.world, "i_size", 1);
      const lock = how === "locked" ? new Mutex(toy.world, "i_mutex(F)") : null;
      toy.task("T1", extend(size, 2, lock));
      toy.task("T2", extend(size, 3, lock));
      return { files: () => [untouchedFile(size.peek)] };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "WRONG_SIZE",
    defect: program("unlocked"),
    repaired: program("locked"),
    switches: 2,
  });
  assertEquals(
    found.text,
    "F is 2 sectors long when all is done, and 3 by every order of what was done to it: an extending write is cut off",
  );
});

Deno.test("a size on disk that nobody raises is wrong, and one that a dirty page will raise is not", () => {
  const program = (page: "clean" | "dirty") =>
    toyProgram(page, (toy) => {
      toy.task("T1", {
        kind: "pwrite",
        pos: 1,
        *body() {
          yield;
          return 1;
        },
      });
      const folio = {
        index: 1,
        uptodate: true,
        dirty: page === "dirty",
        dirtyPte: false,
        locked: false,
        writeback: false,
        tokens: ["W(T1#0,1)"],
      };
      return { files: () => [untouchedFile(2, { diskSize: 1, folios: [folio], media: ["I(F,0)", "W(T1#0,1)"] })] };
    }, { size: 1 });
  checkPlanted({ anomaly: "WRONG_DISKSIZE", defect: program("clean"), repaired: program("dirty"), switches: 0 });
});

Deno.test("an extent that its write has left unwritten is found, with whether somebody will convert it", () => {
  const program = (state: BlockRecord["state"], queued: "queued" | "forgotten") =>
    toyProgram(`${state} ${queued}`, (toy) => {
      toy.task("T1", {
        kind: "pwrite",
        direct: "direct",
        pos: 1,
        *body() {
          yield;
          return 1;
        },
      });
      const blocks = [block(0, "written"), block(1, state, { conversionQueued: queued === "queued" })];
      return {
        files: () => [untouchedFile(2, { blocks, media: ["I(F,0)", state === "written" ? "W(T1#0,1)" : "0"] })],
      };
    }, { size: 2 });
  const permanent = checkPlanted({
    anomaly: "UNCONVERTED",
    defect: program("unwritten", "forgotten"),
    repaired: program("written", "forgotten"),
    switches: 0,
  });
  assertEquals(permanent.subject.attributes, ["permanent"]);
  const window = checkPlanted({
    anomaly: "UNCONVERTED",
    defect: program("unwritten", "queued"),
    repaired: program("written", "queued"),
    switches: 0,
  });
  assertEquals(window.subject.attributes, ["window"]);
});
