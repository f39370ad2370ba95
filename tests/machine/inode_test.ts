import { assertEquals, assertThrows } from "@std/assert";
import { explore } from "./exploring.ts";
import { MemoryFile } from "./memory_file.ts";

Deno.test("an inode has the locks of its era, named as reports print them", () => {
  for (
    const [era, names] of [
      ["G20", ["i_mutex(F)"]],
      ["G40", ["i_mutex(F)"]],
      ["G50", ["i_rwsem(F)", "MMAPLOCK(F)"]],
      ["G6", ["i_rwsem(F)", "invalidate_lock(F)"]],
    ] as const
  ) {
    explore((world) => {
      const { inode } = new MemoryFile(world, { era });
      const lock = era === "G20" || era === "G40" ? inode.iMutex : inode.iRwsem;
      assertEquals([lock.name, ...inode.mapping.invalidateLock === null ? [] : [inode.mapping.invalidateLock.name]], [
        ...names,
      ]);
      if (era === "G20") assertThrows(() => inode.iRwsem, Error, "F has no i_rwsem in G20");
      if (era === "G6") assertThrows(() => inode.iMutex, Error, "F has no i_mutex in G6");
    });
  }
});

Deno.test("samples of i_size commute with each other and not with a change", () => {
  const ends = explore((world) => {
    const { inode } = new MemoryFile(world, { pages: 1 });
    const seen: number[] = [];
    for (let i = 0; i < 2; i++) {
      world.spawn(`R${i}`, function* () {
        yield;
        seen[i] = inode.readSize();
      });
    }
    world.spawn("W", function* () {
      yield;
      inode.writeSize(3);
    });
    return { finalState: () => seen.join() };
  });
  assertEquals(ends.complete, { "1,1": 1, "1,3": 1, "3,1": 1, "3,3": 1 });
});

Deno.test("truncation waits for direct I/O to be counted down, and for ever when nobody does it", () => {
  for (const completes of [true, false]) {
    const ends = explore((world) => {
      const { inode } = new MemoryFile(world);
      inode.dioCount.increment("dio(0)");
      let completed = false;
      const task = world.spawn("T1", function* () {
        yield* inode.dioCount.waitZero();
        return completed;
      });
      if (completes) {
        world.spawn("irq", function* () {
          yield;
          completed = true;
          inode.dioCount.decrement("dio(0)");
        }, { context: "irq" });
      }
      return { finalState: () => String(task.result) };
    });
    assertEquals(ends.complete, completes ? { "true": 1 } : {});
    assertEquals(ends.deadlocked, completes ? {} : { "T1 waits dio_count(F) (dio(0))": 1 });
  }
});

Deno.test("sectors and pages: the last page may be partly inside the file", () => {
  explore((world) => {
    const { inode } = new MemoryFile(world, { size: 3, bounds: { sectorsPerPage: 2 } });
    assertEquals([inode.pageOf(3), inode.pagesOf(3), inode.pagesOf(4), inode.pagesOf(0), inode.peekSize], [
      1,
      2,
      2,
      0,
      3,
    ]);
  });
});
