import { assertEquals } from "@std/assert";
import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { bufferedWrite } from "../../src/machine/buffered_write.ts";
import { EFAULT, EIO } from "../../src/machine/errno.ts";
import { truncateSetsize } from "../../src/machine/page_cache_truncate.ts";
import { Livelock } from "../../src/machine/retries.ts";
import type { World } from "../../src/machine/world.ts";
import { UserBuffer } from "../../src/machine/user_buffer.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, type MemoryFileOptions, mmOf } from "./memory_file.ts";

const ERAS_ALL = ["G20", "G40", "G50", "G6"] as const;

function reader(world: World, options: MemoryFileOptions) {
  const file = new MemoryFile(world, options);
  const mm = mmOf(file);
  const sectors = file.inode.bounds.pagesMax * file.inode.bounds.sectorsPerPage;
  const buffer = new UserBuffer(mm, [mm.anonymous(file.inode.bounds.pagesMax, Array(sectors).fill("-"))]);
  const read = (pos: number, len: number) =>
    world.spawn("T1", function* () {
      const { tokens, error } = yield* bufferedRead(file.mapping, { pos, len, buffer, bufferAt: 0 });
      return `${tokens}${error === 0 ? "" : ` ${error}`}`;
    });
  return { file, mm, buffer, read };
}

Deno.test("a read brings pages in, ends at the end of the file, and leaves no lock and no reference", () => {
  for (const era of ERAS_ALL) {
    for (const cached of [[], [0], [1], [0, 1]]) {
      const ends = explore((world) => {
        const { file, read, buffer } = reader(world, { era, pages: 2, size: 3, bounds: { sectorsPerPage: 2 } });
        cached.forEach((page) => file.cache(page));
        const task = read(1, 4);
        return {
          finalState: () => {
            const held = world.resources.filter((each) => each.holders().length > 0).map(({ name }) => name);
            return `${task.result} [${buffer.tokens.slice(0, 3)}] [${held}] [${file.mapping.leftOver()}]`;
          },
        };
      });
      assertEquals(
        [era, cached, Object.keys(ends.complete), ends.deadlocked],
        [era, cached, ["I(F,1),I(F,2) [I(F,1),I(F,2),-] [] []"], {}],
      );
    }
  }
});

Deno.test("a read ends where the user's memory does, and with an error where the file cannot be read", () => {
  for (const era of ERAS_ALL) {
    const short = explore((world) => {
      const { mm, buffer, read } = reader(world, { era, pages: 2 });
      mm.unmapFixed({ vpn: buffer.vpnOf(1), npages: 1 });
      const task = read(0, 2);
      return { finalState: () => String(task.result) };
    });
    assertEquals(Object.keys(short.complete), [`I(F,0) ${-EFAULT}`]);
    const failing = explore((world) => {
      const { file, read } = reader(world, { era, pages: 2, readError: -EIO });
      file.cache(0);
      const task = read(0, 2);
      return { finalState: () => `${task.result} ${file.mapping.leftOver()}` };
    });
    assertEquals([era, Object.keys(failing.complete)], [era, [`I(F,0) ${-EIO} `]]);
  }
});

Deno.test("a read takes no page lock: it may see any half of a page that is being written", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const { file, mm, read } = reader(world, { era, pages: 1, bounds: { sectorsPerPage: 2 } });
      file.cache(0);
      const source = new UserBuffer(mm, [mm.anonymous(1, ["W0", "W1"])]);
      const task = read(0, 2);
      world.spawn("T2", () => bufferedWrite(file.mapping, { pos: 0, len: 2, buffer: source, bufferAt: 0 }));
      return { finalState: () => String(task.result) };
    });
    // Two reads and two writes of two sectors in order: C(4,2) orders of them, in four of which one pair is equivalent.
    assertEquals([era, ends.complete], [era, { "I(F,0),I(F,1)": 1, "I(F,0),W1": 1, "W0,I(F,1)": 1, "W0,W1": 1 }]);
  }
});

Deno.test("a read beside a truncation returns what was there, zeros, or less", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const { file, read } = reader(world, { era, pages: 2, bounds: { pagesMax: 2 } });
      const task = read(0, 2);
      world.spawn("T2", function* () {
        if (era === "G6") yield* file.mapping.invalidateLock!.lockExclusive();
        yield* truncateSetsize(file.inode, 1);
        if (era === "G6") yield* file.mapping.invalidateLock!.unlockExclusive();
      });
      return {
        finalState: () => task.failure instanceof Livelock ? "livelock" : String(task.result),
      };
    });
    assertEquals(ends.deadlocked, {});
    assertEquals(
      [era, Object.keys(ends.complete).sort()],
      [era, era === "G20" ? ["I(F,0)", "I(F,0),I(F,1)", "livelock"] : ["I(F,0)", "I(F,0),I(F,1)"]],
    );
  }
});

Deno.test("2.6.20 looks at the size once for cached pages, later kernels for every page", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const { file, read } = reader(world, { era, pages: 2, bounds: { pagevec: 1 } });
      [0, 1].forEach((page) => file.cache(page));
      const task = read(0, 2);
      world.spawn("T2", function* () {
        yield;
        file.inode.writeSize(1);
      });
      return { finalState: () => String(task.result) };
    });
    assertEquals(
      ends.complete,
      era === "G20"
        ? { "I(F,0),I(F,1)": 1, "I(F,0)": 1 }
        // Before or behind each of four looks: before the first page's copy twice, before the second's twice.
        : { "I(F,0),I(F,1)": 1, "I(F,0)": 4 },
    );
  }
});

Deno.test("a read that finds its page locked waits for the I/O of who locked it", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const { file, read } = reader(world, { era, pages: 1 });
      const other = reader(world, { ino: "G", era, pages: 1 });
      const tasks = [read(0, 1)];
      tasks.push(world.spawn("T2", function* () {
        const { tokens } = yield* bufferedRead(file.mapping, { pos: 0, len: 1, buffer: other.buffer, bufferAt: 0 });
        return tokens;
      }));
      return { finalState: () => `${tasks.map(({ result }) => result)} ${file.mapping.folios.length > 0}` };
    });
    assertEquals([era, Object.keys(ends.complete), ends.deadlocked], [era, ["I(F,0),I(F,0) true"], {}]);
  }
});

Deno.test("readahead adds the missing pages of its window and reads them together", () => {
  for (const era of ["G20", "G6"] as const) {
    const windows: string[] = [];
    const ends = explore((world) => {
      const { file, read } = reader(world, { era, pages: 4, bounds: { readaheadPages: 3 } });
      file.cache(1);
      const task = read(0, 1);
      const { readFolio } = file.ops;
      file.ops.readahead = function* (folios) {
        windows.push(folios.map(({ index }) => index).join());
        for (const folio of folios) yield* readFolio(folio);
      };
      return { finalState: () => `${task.result} ${file.cached} ${file.mapping.leftOver()}` };
    });
    assertEquals(Object.keys(ends.complete), ["I(F,0) I(F,0) I(F,1) I(F,2) - "]);
    // 6.x sends what it has when it comes to a page that is there.
    assertEquals([era, new Set(windows)], [era, new Set(era === "G20" ? ["0,2"] : ["0", "2"])]);
  }
});
