// What of a transaction survives a crash.

import { assertEquals } from "@std/assert";
import { DiskImage } from "../../src/machine/disk_image.ts";
import { setDiskSize } from "../../src/machine/inode_metadata.ts";
import type { Handle } from "../../src/machine/journal_handle.ts";
import type { Steps } from "../../src/machine/task.ts";
import { crash } from "./exploring.ts";
import { build, model, type Parts, tellFile } from "./journal_parts.ts";

/** A handle maps a block into G, `between` goes on with it, and the block is written and the size set. */
function growsFile(between: (parts: Parts, handle: Handle) => Steps = function* () {}) {
  return crash((world) => {
    const parts = build(world);
    const { journal, g, write, inodes } = parts;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      const { pblk } = g.getBlockCreate(0, 1, "written", handle)!;
      yield* between(parts, handle);
      yield* write(pblk!, "W");
      yield;
      setDiskSize(inodes.G, 1, handle);
      yield* journal.commit(yield* journal.stop(handle));
    });
    return { crash: model(parts, (disk) => tellFile(disk, "G")) };
  });
}

Deno.test("what one handle changes survives a crash together or not at all", () => {
  assertEquals(growsFile(), ["G 0 ", "G 1 W"]);
});

Deno.test("a restart lets a commit fall between: half of an operation survives", () => {
  assertEquals(growsFile(({ journal }, handle) => journal.restart(handle)), ["G 0 ", "G 0  +0", "G 1 W"]);
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
