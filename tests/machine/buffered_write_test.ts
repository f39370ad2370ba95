import { assertEquals } from "@std/assert";
import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { bufferedWrite, genericCommitWrite } from "../../src/machine/buffered_write.ts";
import { EFAULT, ENOSPC } from "../../src/machine/errno.ts";
import { invalidateInodePages2Range } from "../../src/machine/page_cache_invalidate.ts";
import { UserBuffer } from "../../src/machine/user_buffer.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

const ERAS_ALL = ["G20", "G40", "G50", "G6"] as const;

Deno.test("a write goes page by page, makes pages dirty and moves the end of the file", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { era, pages: 1, bounds: { sectorsPerPage: 2 } });
      const mm = mmOf(file);
      const buffer = new UserBuffer(mm, [mm.anonymous(2, ["A", "B", "C"])]);
      const task = world.spawn("T1", function* () {
        const { copied, error } = yield* bufferedWrite(file.mapping, { pos: 2, len: 3, buffer, bufferAt: 0 });
        return `${copied} ${error}`;
      });
      return { finalState: () => `${task.result} ${file.inode.peekSize} ${file.cached}${file.mapping.leftOver()}` };
    });
    assertEquals([era, ends.complete], [era, { "3 0 5 - A,B* C,0* -": 1 }]);
  }
});

Deno.test("a reader of what a write adds sees it or an end before it", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { era, pages: 1, bounds: { pagesMax: 2 } });
      const mm = mmOf(file);
      const [source, target] = ["A", "-"].map((token) => new UserBuffer(mm, [mm.anonymous(1, [token])]));
      world.spawn("T1", () => bufferedWrite(file.mapping, { pos: 1, len: 1, buffer: source, bufferAt: 0 }));
      const task = world.spawn("T2", function* () {
        return (yield* bufferedRead(file.mapping, { pos: 1, len: 1, buffer: target, bufferAt: 0 })).tokens;
      });
      return { finalState: () => `${task.result} ${file.inode.peekSize}` };
    });
    assertEquals([era, ends.deadlocked, Object.keys(ends.complete).sort()], [era, {}, [" 2", "A 2"]]);
  }
});

Deno.test("who writes from the page that is written waits for himself in 2.6.20 when it goes between fault-in and copy", () => {
  for (const era of ["G20", "G40", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { era, pages: 1, bounds: { pagesMax: 1 } });
      file.cache(0);
      const mm = mmOf(file);
      const buffer = new UserBuffer(mm, [mm.mapFile(file.mapping, 0, 1, "shared")]);
      world.spawn("T1", () => bufferedWrite(file.mapping, { pos: 0, len: 1, buffer, bufferAt: 0 }));
      world.spawn("reclaim", () => invalidateInodePages2Range(file.mapping, 0, 0));
      return { finalState: () => file.cached };
    });
    assertEquals(Object.keys(ends.deadlocked), era === "G20" ? ["T1 waits page(F,0) (T1)"] : []);
    assertEquals([era, Object.keys(ends.complete)], [era, ["I(F,0)*"]]);
  }
});

Deno.test("a write ends where the user's memory does: 2.6.20 commits zeros behind that, later kernels what they have", () => {
  for (const era of ["G20", "G6"] as const) {
    for (const cached of [true, false]) {
      let chunks: string[] = [];
      const ends = explore((world) => {
        chunks = [];
        const file = new MemoryFile(world, { era, pages: 1, size: 1, bounds: { sectorsPerPage: 2, pagesMax: 2 } });
        if (cached) file.cache(0);
        const mm = mmOf(file);
        // The second sector of the page comes from a page that is not there.
        const pages = [mm.anonymous(1, ["-", "A"]), mm.reserve(1)];
        const buffer = new UserBuffer(mm, era === "G20" ? [{ vpn: pages[0].vpn, npages: 2 }] : pages);
        file.ops.prepareWrite = function* (_folio, from, to) {
          yield;
          chunks.push(`${from}-${to}`);
          return 0;
        };
        const task = world.spawn("T1", function* () {
          const { copied, error, tokens } = yield* bufferedWrite(file.mapping, { pos: 0, len: 2, buffer, bufferAt: 1 });
          return `${copied} ${error} ${tokens}`;
        });
        return { finalState: () => `${task.result} ${file.inode.peekSize} ${file.cached}` };
      });
      const rest = era === "G20" ? "2 A,0*" : cached ? "1 A,I(F,1)*" : "1 A,0*";
      assertEquals([era, Object.keys(ends.complete)], [era, [`1 ${-EFAULT} A ${rest} -`]]);
      // A page that holds nothing yet takes no part of a chunk: it is done again, as long as what could be copied.
      assertEquals(chunks, era === "G20" || cached ? ["0-2"] : ["0-2", "0-1"]);
    }
  }
});

Deno.test("2.6.20 copies no further than a vector in one go", () => {
  for (const era of ["G20", "G6"] as const) {
    let chunks: string[] = [];
    explore((world) => {
      chunks = [];
      const file = new MemoryFile(world, { era, pages: 1, bounds: { sectorsPerPage: 2, pagesMax: 1 } });
      const mm = mmOf(file);
      const buffer = new UserBuffer(mm, [mm.anonymous(1, ["-", "A"]), mm.anonymous(1, ["B"])]);
      file.ops.prepareWrite = function* (_folio, from, to) {
        yield;
        chunks.push(`${from}-${to}`);
        return 0;
      };
      world.spawn("T1", () => bufferedWrite(file.mapping, { pos: 0, len: 2, buffer, bufferAt: 1 }));
    });
    assertEquals([era, chunks], [era, era === "G20" ? ["0-1", "1-2"] : ["0-2"]]);
  }
});

Deno.test("the file system prepares and commits with the page locked, and is told of a failure", () => {
  let told: string[] = [];
  const ends = explore((world) => {
    told = [];
    const file = new MemoryFile(world, { era: "G6", pages: 1 });
    const mm = mmOf(file);
    const buffer = new UserBuffer(mm, [mm.anonymous(2, ["A", "B"])]);
    file.ops.prepareWrite = function* (folio) {
      yield;
      told.push(`prepare ${folio.lock.peek}`);
      return folio.index === 0 ? 0 : -ENOSPC;
    };
    file.ops.commitWrite = function* (folio, from, to, copied) {
      const counted = yield* genericCommitWrite(folio, from, to, copied);
      told.push(`commit ${folio.lock.peek} ${counted}`);
      return counted;
    };
    file.ops.writeFailed = function* () {
      yield;
      told.push("failed");
    };
    const task = world.spawn("T1", function* () {
      const { copied, error } = yield* bufferedWrite(file.mapping, { pos: 0, len: 2, buffer, bufferAt: 0 });
      return `${copied} ${error}`;
    });
    return { finalState: () => `${task.result} ${file.mapping.peekFolio(1)?.lock.peek}` };
  });
  assertEquals(ends.complete, { [`1 ${-ENOSPC} false`]: 1 });
  assertEquals(told, ["prepare true", "commit true 1", "prepare true", "failed"]);
});
