import { assert, assertEquals } from "@std/assert";
import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import { BlockDevice, type BlockDeviceOptions } from "../../src/machine/block_device.ts";
import { BlockMap } from "../../src/machine/block_map.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import { ERAS } from "../../src/machine/era.ts";
import type { FileFormat } from "../../src/machine/disk_metadata.ts";
import { RecoveredDisk } from "../../src/machine/disk_recovery.ts";
import { Inode } from "../../src/machine/inode.ts";
import { orphanAdd, orphanDel, setDiskSize, setNlink } from "../../src/machine/inode_metadata.ts";
import { Journal, type JournalOptions } from "../../src/machine/journal.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import type { CrashModel } from "../../src/machine/program.ts";
import { initialToken } from "../../src/machine/tokens.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { World } from "../../src/machine/world.ts";
import { crash, explore } from "./exploring.ts";

const F: FileFormat = { file: "F", size: 1, blocks: [{ lblk: 0, pblk: 0, state: "written" }] };
const G: FileFormat = { file: "G", size: 0, blocks: [] };

function noPages(): never {
  throw new Error("these files have no pages");
}

const NO_PAGES = { readFolio: noPages, writeFolio: noPages };

/** A disk with one sector a block: F in block 0, G empty, blocks 1 and 2 free. */
function build(world: World, options: Partial<JournalOptions> = {}, disk: Partial<BlockDeviceOptions> = {}) {
  const crashOrder = new CrashOrder(world);
  const device = new BlockDevice(world, {
    crashOrder,
    sectors: 3,
    sectorsPerBlock: 1,
    initial: (sector) => sector === 0 ? initialToken("F", 0) : undefined,
    ...disk,
  });
  const allocator = new BlockAllocator(world, device, { free: [1, 2] });
  const journal = new Journal(world, { files: [F, G], device, allocator, transactionsMax: 4, crashOrder, ...options });
  const bounds = { sectorsPerBlock: 1, blocksMax: 2 };
  const f = new BlockMap(world, allocator, F, bounds);
  const g = new BlockMap(world, allocator, G, bounds);
  const inode = ({ file, size }: FileFormat) =>
    new Inode(world, {
      ino: file,
      size,
      era: ERAS.G6,
      mapping: NO_PAGES,
    });
  const inodes = { F: inode(F), G: inode(G) };
  const write = (pblk: number, token: string) =>
    device.submitAndWait({ op: "write", sector: pblk, memory: [new Sector(world, token)] });
  return { device, allocator, journal, f, g, inodes, write };
}

type Parts = ReturnType<typeof build>;

/** Recovers the disk and tells of it in a line. */
function model({ device, journal }: Parts, tell: (disk: RecoveredDisk) => string, phase = () => 0): CrashModel {
  return {
    durableVersion: () => device.durableVersion() + journal.durableVersion() + 100_000 * phase(),
    recover: (pick) => {
      const image = new DiskImage(device, pick);
      return tell(
        new RecoveredDisk(
          journal.recover(image),
          1,
          ({ pblk, generation }, within) => image.read(pblk + within, generation),
        ),
      );
    },
  };
}

/** `F size 1 I(F,0)`, with the blocks beyond EOF. */
function tellFile(disk: RecoveredDisk, name: string): string {
  const file = disk.file(name);
  const beyond = file.beyondEof().map(([lblk]) => ` +${lblk}`).join("");
  return `${name} ${file.size} ${file.content().join(" ")}${beyond}`;
}

Deno.test("handles of two tasks join one transaction, in any order and without a difference", () => {
  const { complete, classes } = explore((world) => {
    const { journal } = build(world);
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const handle = yield* journal.start();
        yield* journal.stop(handle);
      });
    }
    return { finalState: () => `${journal.running.tid} ${journal.running.handles.peek}` };
  });
  assertEquals(complete, { "1 0": 1 });
  assertEquals(classes, 1);
});

Deno.test("a commit waits for open handles, and a handle that comes late joins the next transaction", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    let joined = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      joined = handle.transaction!.tid;
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      assertEquals(yield* journal.commit(1), 0);
    });
    return { finalState: () => `${joined} ${journal.transactions.map(({ state }) => state).join(" ")}` };
  });
  assertEquals(complete, { "1 committed running": 1, "2 committed running": 1 });
});

Deno.test("who waits in a handle for who waits to start one waits for ever", () => {
  const program = (options: Partial<JournalOptions>) => (world: World) => {
    const { journal } = build(world, options);
    const mutex = new Mutex(world, "page(F,0)");
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield* mutex.lock();
      yield* mutex.unlock();
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      yield* mutex.lock();
      yield* journal.stop(yield* journal.start());
      yield* mutex.unlock();
    });
    world.spawn("T3", function* () {
      yield;
      journal.requestCommit(1);
    });
  };
  const joinsAtStart = explore(program({}));
  assertEquals(joinsAtStart.deadlocked, {
    "jbd2 waits txn (T1); T1 waits page(F,0) (T2); T2 waits commit(1) (jbd2)": 1,
  });
  const joinsAtStop = explore(program({ handlesJoinAt: "stop" }));
  assertEquals(joinsAtStop.deadlocked, {});
});

Deno.test("who waits in a handle for the commit of its own transaction waits for itself", () => {
  const { deadlocked, classes } = explore((world) => {
    const { journal } = build(world);
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield* journal.commit(handle.transaction!.tid);
    });
  });
  assertEquals(deadlocked, { "jbd2 waits txn (T1); T1 waits commit(1) (jbd2)": 1 });
  assertEquals(classes, 1);
});

Deno.test("a handle in a handle is the same one, and ends with the outer one", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    const seen: unknown[] = [];
    world.spawn("T1", function* () {
      const outer = yield* journal.start();
      const inner = yield* journal.start();
      seen.push(inner === outer, journal.currentHandle === outer);
      yield* journal.stop(inner);
      seen.push(journal.running.handles.peek);
      yield* journal.stop(outer);
      seen.push(journal.running.handles.peek, journal.currentHandle);
    });
    return { finalState: () => seen.join(" ") };
  });
  assertEquals(complete, { "true true 1 0 ": 1 });
});

Deno.test("a full log keeps a handle waiting until a commit has given space back", () => {
  const { complete, deadlocked } = explore((world) => {
    const { journal } = build(world, { logCredits: 2 });
    const tids: number[] = [];
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const handle = yield* journal.start(2);
        tids.push(handle.transaction!.tid);
        yield* journal.stop(handle);
      });
    }
    return { finalState: () => tids.join(" ") };
  });
  assertEquals(deadlocked, {});
  assertEquals(Object.keys(complete), ["1 2"]);
});

Deno.test("a full log that nobody checkpoints is a deadlock over log_space", () => {
  const { deadlocked, complete } = explore((world) => {
    const { journal } = build(world, { logCredits: 1, checkpoints: "on_demand" });
    world.spawn("T1", function* () {
      const tid = yield* journal.stop(yield* journal.start());
      yield* journal.commit(tid);
      yield* journal.start();
    });
  });
  assertEquals(complete, {});
  assertEquals(deadlocked, {
    "jbd2 waits commit_request (); T1 waits log_space (checkpoint(1))": 1,
  });
});

Deno.test("a handle that needs more space than the others leave waits for them", () => {
  const { deadlocked } = explore((world) => {
    const { journal } = build(world, { logCredits: 2 });
    const mutex = new Mutex(world, "page(F,0)");
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield* mutex.lock();
      yield* mutex.unlock();
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      yield* mutex.lock();
      yield* journal.stop(yield* journal.start(2));
      yield* mutex.unlock();
    });
  });
  // T2 has asked for a commit, for which T1 has to stop. Whether the thread has locked the transaction by then makes no
  // difference: it waits for T1 in the end.
  assertEquals(deadlocked, {
    "jbd2 waits txn (T1); T1 waits page(F,0) (T2); T2 waits log_space (T1)": 1,
  });
});

Deno.test("what one handle changes survives a crash together or not at all", () => {
  const found = crash((world) => {
    const parts = build(world);
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      yield* write(pblk!, "W");
      yield;
      setDiskSize(inodes.G, 1, handle);
      const tid = yield* journal.stop(handle);
      yield* journal.commit(tid);
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
  assertEquals(found, ["G 0 ", "G 1 W"]);
});

Deno.test("a restart lets a commit fall between: half of an operation survives", () => {
  const found = crash((world) => {
    const parts = build(world);
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      yield* journal.restart(handle);
      yield* write(pblk!, "W");
      yield;
      setDiskSize(inodes.G, 1, handle);
      yield* journal.commit(yield* journal.stop(handle));
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
  assertEquals(found, ["G 0 ", "G 0  +0", "G 1 W"]);
});

/** Extends G by a block that is written outside the transactions, as direct I/O does. */
function extend(useOrphanList: "orphan list" | "none") {
  return crash((world) => {
    const parts = build(world);
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const first = yield* journal.start();
      yield;
      if (useOrphanList === "orphan list") orphanAdd(inodes.G, first);
      const { pblk } = g.getBlockCreate(0, 1, "written", first)!;
      yield* journal.commit(yield* journal.stop(first));
      yield* write(pblk!, "W");
      const second = yield* journal.start();
      yield;
      setDiskSize(inodes.G, 1, second);
      orphanDel(inodes.G, second);
      yield* journal.commit(yield* journal.stop(second));
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
}

Deno.test("recovery cuts a file on the orphan list to its size on the disk", () => {
  assertEquals(extend("orphan list"), ["G 0 ", "G 1 W"]);
  assertEquals(extend("none"), ["G 0 ", "G 0  +0", "G 1 W"]);
});

Deno.test("recovery deletes a file without links that is on the orphan list", () => {
  const found = crash((world) => {
    const parts = build(world);
    const { journal, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setNlink(inodes.F, 0, handle);
      orphanAdd(inodes.F, handle);
      yield* journal.commit(yield* journal.stop(handle));
    });
    return {
      crash: model(
        parts,
        ({ files, orphans }) =>
          `${[...files.keys()].join(" ")}: ${
            orphans.map(({ file, action, freed }) => `${action} ${file} ${freed.join(" ")}`)
          }`,
      ),
    };
  });
  assertEquals(found, ["F G: ", "G: delete F 0"]);
});

/** F gives its block away, G gets one and writes it. */
function reuse(when: "after_commit" | "at_once") {
  return crash((world) => {
    const parts = build(world, { reuse: when });
    const { journal, f, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 0, handle);
      f.trim(0, handle);
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      yield* write(pblk!, "W(G)");
      yield;
      setDiskSize(inodes.G, 1, handle);
      yield* journal.commit(yield* journal.stop(handle));
    });
    return { crash: model(parts, (disk) => `${tellFile(disk, "F")}; ${tellFile(disk, "G")}`) };
  });
}

Deno.test("a block that is freed may not be had again before the commit, or a crash shows what is in it now", () => {
  assertEquals(reuse("after_commit"), ["F 0 ; G 1 W(G)", "F 1 I(F,0); G 0 "]);
  assertEquals(reuse("at_once"), ["F 0 ; G 1 W(G)", "F 1 I(F,0); G 0 ", "F 1 W(G); G 0 "]);
});

Deno.test("freed blocks are had again when their transaction has committed, whoever waits for that or not", () => {
  const { complete } = explore((world) => {
    const { journal, f, allocator } = build(world);
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      f.trim(0, handle);
      assertEquals([allocator.ownerOf(0), allocator.free], ["pending", [1, 2]]);
      yield* journal.commit(yield* journal.stop(handle));
    });
    return { finalState: () => `${allocator.ownerOf(0)} ${allocator.free}` };
  });
  assertEquals(complete, { "free 0,1,2": 1 });
});

/** Maps a block into G, with or without having its data written before the commit. */
function allocateFirst(ordered: "ordered" | "writeback") {
  return crash((world) => {
    let pblk = 0;
    const parts: Parts = build(world, {
      *writeOrdered() {
        yield* parts.write(pblk, "W");
      },
    });
    const { journal, g, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      pblk = g.getBlockCreate(0, 1, "written", handle)!.pblk!;
      setDiskSize(inodes.G, 1, handle);
      if (ordered === "ordered") handle.orderData("G");
      yield* journal.commit(yield* journal.stop(handle));
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
}

Deno.test("ordered data is on the disk before the transaction that makes it reachable", () => {
  assertEquals(allocateFirst("ordered"), ["G 0 ", "G 1 W"]);
  assertEquals(allocateFirst("writeback"), ["G 0 ", "G 1 STALE(1,0)"]);
});

/** What a crash after a commit that has returned leaves on a device with a volatile cache. */
function afterCommit(barrier: "barrier" | "nobarrier", handlesJoinAt: "start" | "stop" = "start") {
  return crash((world) => {
    const parts = build(world, { barrier, handlesJoinAt }, { volatileCache: "volatile" });
    const { journal, g, write, inodes } = parts;
    let returned = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      setDiskSize(inodes.G, 1, handle);
      yield* write(pblk!, "W");
      yield* journal.commit(yield* journal.stop(handle));
      returned = 1;
    });
    return { crash: model(parts, (disk) => returned === 1 ? tellFile(disk, "G") : "early", () => returned) };
  });
}

Deno.test("the barrier of a commit makes it durable, with what was written before", () => {
  assertEquals(afterCommit("barrier"), ["G 1 W", "early"]);
  assertEquals(afterCommit("barrier", "stop"), ["G 1 W", "early"]);
  assertEquals(afterCommit("nobarrier"), ["G 0 ", "G 1 STALE(1,0)", "G 1 W", "early"]);
});

Deno.test("transactions survive in order: never a later one without an earlier one", () => {
  const found = crash((world) => {
    const parts = build(world, { barrier: "nobarrier" }, { volatileCache: "volatile" });
    const { journal, inodes } = parts;
    world.spawn("T1", function* () {
      for (const [file, size] of [["F", 2], ["G", 3]] as const) {
        const handle = yield* journal.start();
        yield;
        setDiskSize(inodes[file], size, handle);
        yield* journal.commit(yield* journal.stop(handle));
      }
    });
    return { crash: model(parts, (disk) => `${disk.file("F").size} ${disk.file("G").size}`) };
  });
  assertEquals(found, ["1 0", "2 0", "2 3"]);
});

Deno.test("a commit block that cannot be written aborts the journal: who waits gets the error, nothing survives", () => {
  const { complete } = explore((world) => {
    const { journal, f, allocator, inodes } = build(world, {}, { errors: [{ bio: "jbd2.1" }] });
    const errors: number[] = [];
    world.spawn("T1", function* () {
      for (let i = 0; i < 2; i++) {
        const handle = yield* journal.start();
        yield;
        f.trim(0, handle);
        setDiskSize(inodes.F, 0, handle);
        errors.push(yield* journal.commit(yield* journal.stop(handle)));
      }
    });
    return { finalState: () => `${errors} ${journal.recover(null).get("F")?.size} ${allocator.ownerOf(0)}` };
  });
  assertEquals(complete, { "-5,-5 1 pending": 1 });
});

Deno.test("a forced commit takes what is running, or waits for what is committing", () => {
  const { complete } = explore((world) => {
    const { journal, inodes } = build(world, { device: null });
    world.spawn("T1", function* () {
      yield* journal.forceCommit();
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 2, handle);
      yield* journal.stop(handle);
      yield* journal.forceCommit();
      yield* journal.forceCommit();
    });
    return { finalState: () => `${journal.recover(null).get("F")?.size} ${journal.running.tid}` };
  });
  assertEquals(complete, { "2 2": 1 });
});

Deno.test("a handle sees that a commit waits for it", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    const seen: boolean[] = [];
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      seen.push(journal.isLocked(handle));
      if (seen[0]) yield* journal.restart(handle);
      seen.push(handle.transaction!.tid === 2);
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      yield;
      journal.requestCommit(1);
    });
    return { finalState: () => seen.join(" ") };
  });
  assertEquals(Object.keys(complete).sort(), ["false false", "false true", "true true"]);
});

Deno.test("a handle that joins when it stops does not hold a commit up, and is in it whole or not at all", () => {
  const found = crash((world) => {
    const parts = build(world, { handlesJoinAt: "stop" });
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      yield* write(pblk!, "W");
      yield;
      setDiskSize(inodes.G, 1, handle);
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      yield* journal.forceCommit();
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
  assertEquals(found, ["G 0 ", "G 1 W"]);
});

Deno.test("a file that the disk was not formatted with is not recovered in silence", () => {
  const { findings } = explore((world) => {
    const { journal } = build(world, { device: null });
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      handle.record({ kind: "disksize", file: "H", size: 2 });
      yield* journal.commit(yield* journal.stop(handle));
      yield;
      journal.recover(null);
    });
  });
  assert(Object.keys(findings)[0].includes("H, which the disk does not have"));
});

Deno.test("a commit block without the blocks that it commits is no transaction", () => {
  const results: Record<string, number> = {};
  crash((world) => {
    const parts = build(world, { barrier: "nobarrier" }, { volatileCache: "volatile" });
    const { device, journal, inodes } = parts;
    let returned = false;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.G, 3, handle);
      yield* journal.commit(yield* journal.stop(handle));
      returned = true;
    });
    return {
      crash: {
        durableVersion: () => 0,
        recover: () => {
          if (!returned) return "";
          for (const lost of ["none", "content of sector 3", "content of sector 4"]) {
            const image = new DiskImage(device, (count, what) => what === lost ? 0 : count - 1);
            results[lost] = journal.recover(image).get("G")!.size;
          }
          return "";
        },
      },
    };
  });
  assertEquals(results, { "none": 3, "content of sector 3": 0, "content of sector 4": 0 });
});

Deno.test("a block that is not written reads as zeros after a crash, and as it was once it is converted", () => {
  const found = crash((world) => {
    const parts = build(world);
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const first = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "unwritten", first)!;
      setDiskSize(inodes.G, 1, first);
      yield* journal.commit(yield* journal.stop(first));
      yield* write(pblk!, "W");
      const second = yield* journal.start();
      yield;
      g.convert(0, 1, second);
      yield* journal.commit(yield* journal.stop(second));
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
  assertEquals(found, ["G 0 ", "G 1 0", "G 1 W"]);
});

Deno.test("a bio that meets a block which has been freed in a transaction is reported, though nobody else can have it", () => {
  const { findings } = explore((world) => {
    const { journal, f, device } = build(world);
    device.submit(device.bio({ op: "write", file: "F", memory: [new Sector(world, "W")] }));
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      f.trim(0, handle);
    });
  });
  assertEquals(findings, {
    "USE_AFTER_FREE_BLOCK: bio(setup.0) (write of F) meets block 0, which has been freed": 1,
  });
});

Deno.test("whether a commit still has to send its barrier decides who flushes the device for fsync", () => {
  const seen: Record<string, number> = {};
  const found = crash((world) => {
    const parts = build(world, {}, { volatileCache: "volatile" });
    const { journal, device, write, inodes } = parts;
    let synced = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 1, handle);
      const tid = yield* journal.stop(handle);
      yield* write(0, "W");
      yield;
      const flushes = !journal.willSendBarrier(tid);
      seen[flushes ? "flushes" : "leaves it to the commit"] = 1;
      yield* journal.commit(tid);
      if (flushes) yield* device.submitAndWait({ op: "flush" });
      synced = 1;
    });
    world.spawn("T2", function* () {
      yield;
      journal.requestCommit(1);
    });
    return { crash: model(parts, (disk) => synced === 1 ? tellFile(disk, "F") : "early", () => synced) };
  });
  assertEquals(Object.keys(seen).sort(), ["flushes", "leaves it to the commit"]);
  assertEquals(found, ["F 1 W", "early"]);
});

Deno.test("files with ordered data are written in one order, whoever comes first", () => {
  const lists = new Set<string>();
  const { classes } = explore((world) => {
    const { journal } = build(world, {
      device: null,
      *writeOrdered(files) {
        lists.add(files.join(" "));
        yield;
      },
    });
    for (const file of ["G", "F"]) {
      world.spawn(`T${file}`, function* () {
        const handle = yield* journal.start();
        yield;
        handle.orderData(file);
        yield* journal.commit(yield* journal.stop(handle));
      });
    }
  });
  // Both in one transaction, or one of them in each of two.
  assertEquals([...lists].sort(), ["F", "F G", "G"]);
  assert(classes > 0);
});

Deno.test("a transaction whose blocks cannot be written gets no commit block", () => {
  const { complete } = explore((world) => {
    const { journal, device, inodes } = build(world, {}, { errors: [{ bio: "jbd2.0" }] });
    let error = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 0, handle);
      error = yield* journal.commit(yield* journal.stop(handle));
    });
    return { finalState: () => `${error} ${[3, 4].map((sector) => device.peek(sector))} ${journal.isAborted()}` };
  });
  assertEquals(complete, { "-5 STALE(3,0),STALE(4,0) true": 1 });
});

Deno.test("an inode is put on the orphan list and taken off once, in memory alone where no handle is to be had", () => {
  explore((world) => {
    const { journal, inodes } = build(world, { device: null });
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      orphanDel(inodes.F, handle);
      orphanAdd(inodes.F, handle);
      orphanAdd(inodes.F, handle);
      orphanDel(inodes.F, null);
      orphanDel(inodes.F, handle);
      assertEquals(journal.running.records, [{ kind: "orphan", file: "F", change: "add" }]);
      assertEquals(inodes.F.onOrphanList.peek, false);
      yield* journal.stop(handle);
    });
    return { finalState: () => "" };
  });
});
