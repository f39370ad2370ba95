// Page cache, block map, journal and device together: what a small file system made of them promises.

import { assertEquals } from "@std/assert";
import { checkIndependence } from "../../src/exploring/independence.ts";
import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { bufferedWrite } from "../../src/machine/buffered_write.ts";
import { applyRecord, formatted, type MetadataRecord } from "../../src/machine/disk_metadata.ts";
import { truncateSetsize } from "../../src/machine/page_cache_truncate.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { Mm } from "../../src/machine/page_table.ts";
import { UserBuffer } from "../../src/machine/user_buffer.ts";
import type { World } from "../../src/machine/world.ts";
import { crash, explore } from "./exploring.ts";
import { OrderedFile, type OrderedFileOptions } from "./ordered_file.ts";

function buffer(world: World, name: string, token: string): UserBuffer {
  const mm = new Mm(world, name, 1);
  return new UserBuffer(mm, [mm.anonymous(1, [token])]);
}

/** What a crash leaves of a file that is extended and synced while somebody commits; `synced` is after its return. */
function extendAndSync(options: OrderedFileOptions): string[] {
  return crash((world) => {
    const file = new OrderedFile(world, options);
    let synced = "";
    world.spawn("T1", function* () {
      yield* bufferedWrite(file.inode.mapping, { pos: 1, len: 1, buffer: buffer(world, "mm1", "W"), bufferAt: 0 });
      synced = (yield* file.fsync()) === 0 ? "synced " : "failed ";
    });
    world.spawn("T2", function* () {
      yield;
      file.journal.requestCommit(1);
    });
    return { crash: file.crash(() => synced) };
  });
}

Deno.test("with ordered data a crash leaves the old file or the extended one, and after fsync the extended one", () => {
  const expected = ["I(F,0)", "I(F,0) W", "synced I(F,0) W"];
  assertEquals(extendAndSync({ data: "ordered", volatileCache: "none" }), expected);
  assertEquals(extendAndSync({ data: "ordered", volatileCache: "volatile" }), expected);
});

Deno.test("without it a crash shows what a former owner left, though not after fsync", () => {
  const expected = ["I(F,0)", "I(F,0) STALE(1,0)", "I(F,0) W", "synced I(F,0) W"];
  assertEquals(extendAndSync({ data: "writeback", volatileCache: "none" }), expected);
  assertEquals(extendAndSync({ data: "writeback", volatileCache: "volatile" }), expected);
});

Deno.test("a buffered read of what is written beside it sees the old size, or the new content", () => {
  const { complete, findings } = explore((world) => {
    const file = new OrderedFile(world, { data: "ordered", volatileCache: "none" });
    const into = buffer(world, "mm2", "-");
    world.spawn("T1", function* () {
      yield* bufferedWrite(file.inode.mapping, { pos: 1, len: 1, buffer: buffer(world, "mm1", "W"), bufferAt: 0 });
    });
    const reader = world.spawn("T2", function* () {
      return (yield* bufferedRead(file.inode.mapping, { pos: 1, len: 1, buffer: into, bufferAt: 0 })).tokens;
    });
    return { finalState: () => `read ${reader.result}` };
  });
  assertEquals([Object.keys(complete).sort(), findings], [["read ", "read W"], {}]);
});

Deno.test("without a lock between them a read fills a page from a block that truncation has freed", () => {
  const { complete, findings } = explore((world) => {
    const file = new OrderedFile(world, { data: "ordered", volatileCache: "none" });
    world.spawn("T1", function* () {
      yield* truncateSetsize(file.inode, 0);
      const handle = yield* file.journal.start();
      yield;
      file.map.trim(0, handle);
      yield* file.journal.stop(handle);
    });
    const into = buffer(world, "mm1", "-");
    const reader = world.spawn("T2", function* () {
      return (yield* bufferedRead(file.inode.mapping, { pos: 0, len: 1, buffer: into, bufferAt: 0 })).tokens;
    });
    return { finalState: () => `read ${reader.result}` };
  });
  // Truncation goes on as long as there are pages, and the read as long as its page is taken away: that is bounded here.
  assertEquals(Object.keys(complete).sort(), ["read ", "read I(F,0)", "read undefined"]);
  assertEquals(Object.keys(findings).sort(), [
    "LIVELOCK: find_page of F began again 2 times without progress",
    "USE_AFTER_FREE_BLOCK: bio(T2.0) (read of F) meets block 0, which has been freed",
    "USE_AFTER_FREE_BLOCK: bio(T2.1) (read of F) meets block 0, which has been freed",
  ]);
});

/** What records come to, whatever the order of those of different things. */
function recorded(records: readonly MetadataRecord[]): string {
  const metadata = formatted([{ file: "F", size: 1, blocks: [] }]);
  for (const record of records) applyRecord(metadata, record);
  const { size, blocks } = metadata.get("F")!;
  return ` ${size} ${[...blocks].map(([lblk, { pblk, generation }]) => `${lblk}:${pblk},${generation}`).sort()}`;
}

Deno.test("nothing of it is shared behind the machine's back: runs of one class are alike", () => {
  const setUp = (world: World): Prepared => {
    const file = new OrderedFile(world, { data: "ordered", volatileCache: "volatile" });
    const { inode, journal, map } = file;
    const pages = [1, 2, 3].map((n) => buffer(world, `mm${n}`, `W${n}`));
    world.spawn("T1", function* () {
      yield* bufferedWrite(inode.mapping, { pos: 1, len: 1, buffer: pages[0], bufferAt: 0 });
      yield* file.fsync();
    });
    world.spawn("T2", function* () {
      yield* truncateSetsize(inode, 0);
      const handle = yield* journal.start();
      yield;
      map.trim(0, handle);
      yield* journal.restart(handle);
      yield* journal.stop(handle);
      yield* bufferedWrite(inode.mapping, { pos: 0, len: 1, buffer: pages[1], bufferAt: 0 });
    });
    world.spawn("T3", function* () {
      yield* bufferedRead(inode.mapping, { pos: 0, len: 2, buffer: pages[2], bufferAt: 0 });
      yield* journal.forceCommit();
    });
    return {
      finalState: () =>
        `${pages[2].tokens} ${inode.peekSize} ${[0, 1].map((lblk) => map.peekBlock(lblk))} ${file.allocator.free} ${
          [0, 1, 2].map((sector) => file.device.peek(sector))
        } ${journal.transactions.map(({ state, records }) => state + recorded(records))}`,
    };
  };
  assertEquals(checkIndependence({ name: "ordered file", setUp }, { runs: 100, seed: 11 }), null);
});
