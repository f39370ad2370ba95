// What recovery makes of files: orphans, freed blocks, unwritten extents.

import { assert, assertEquals } from "@std/assert";
import { orphanAdd, orphanDel, setDiskSize, setNlink } from "../../src/machine/inode_metadata.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import { crash, explore } from "./exploring.ts";
import { build, model, tellFile } from "./journal_parts.ts";

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
