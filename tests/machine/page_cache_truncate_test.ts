import { assertEquals } from "@std/assert";
import { userLoad } from "../../src/machine/fault.ts";
import { filemapWriteAndWait } from "../../src/machine/page_cache_flush.ts";
import {
  truncateInodePagesRange,
  truncatePagecacheRange,
  truncateSetsize,
} from "../../src/machine/page_cache_truncate.ts";
import { Placeholder } from "../../src/machine/page_tree_entry.ts";
import { Livelock } from "../../src/machine/retries.ts";
import { Variable } from "../../src/machine/variable.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

const ERAS_ALL = ["G20", "G40", "G50", "G6"] as const;

Deno.test("truncation removes what lies beyond, dirty or not, and zeroes the rest of the last page", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 4, era, bounds: { sectorsPerPage: 2 } });
      file.cacheDirty(0, ["A", "B"]);
      file.cacheDirty(1, ["C", "D"]);
      file.cache(2);
      file.cacheDirty(3, ["E", "F"]);
      world.spawn("T1", () => truncateSetsize(file.inode, 3));
      const dirty = () => file.mapping.folios.filter((folio) => folio.dirty.peek).map(({ index }) => index);
      return { finalState: () => `${file.inode.peekSize} ${file.cached} ${dirty()}${file.mapping.leftOver()}` };
    });
    assertEquals([era, ends.complete], [era, { "3 A,B* C,0* - - 0,1": 1 }]);
  }
});

Deno.test("truncation waits in its second pass for writeback and for locks, of whole pages and of the part of one", () => {
  for (const era of ["G20", "G6"] as const) {
    for (const what of ["lock", "writeback"] as const) {
      for (const size of [0, 1]) {
        const ends = explore((world) => {
          const file = new MemoryFile(world, { pages: 1, era, bounds: { sectorsPerPage: 2 } });
          const folio = file.cache(0);
          if (what === "lock") folio.lock.set("read");
          else folio.startWriteback("bio(0)");
          const ended = new Variable(world, "ended", false);
          world.spawn("irq", function* () {
            yield;
            ended.set(true);
            if (what === "lock") folio.lock.clear();
            else folio.endWriteback();
          }, { context: "irq" });
          const task = world.spawn("T1", function* () {
            yield* truncateSetsize(file.inode, size);
            return yield* ended.read();
          });
          return { finalState: () => `${task.result} ${file.cached}` };
        });
        const cached = size === 0 ? "- - - -" : "I(F,0),0 - - -";
        assertEquals([era, Object.keys(ends.complete), ends.deadlocked], [era, [`true ${cached}`], {}]);
      }
    }
  }
});

Deno.test("2.6.20 returns at once when there are no pages, later kernels when there is nothing at all", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 2, era });
      const { mapping } = file;
      mapping.insert(1, new Placeholder(world, "F", 0, 1, "dio(0)"));
      mapping.insert(0, { kind: "shadow" });
      const before = world.steps;
      const task = world.spawn("T1", function* () {
        yield* truncateInodePagesRange(mapping, 0, 2);
        return world.steps - before;
      });
      return { finalState: () => `${task.result} ${mapping.peekEntry(0)?.kind} ${mapping.peekEntry(1)?.kind}` };
    });
    // Steps before the last one, and what is left: those that wait for a placeholder do so for themselves.
    assertEquals(ends.complete, { [era === "G20" ? "0 shadow placeholder" : "4 undefined placeholder"]: 1 });
  }
});

Deno.test("a page that is being written when truncation comes is on disk as a whole or not at all", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      file.cacheDirty(0, ["A"]);
      world.spawn("T1", () => filemapWriteAndWait(file.mapping));
      world.spawn("T2", () => truncateSetsize(file.inode, 0));
      return { finalState: () => `${file.disk[0].peek} ${file.cached}${file.mapping.leftOver()}` };
    });
    assertEquals(Object.keys(ends.complete).sort(), ["A - - - -", "I(F,0) - - - -"]);
    assertEquals(ends.deadlocked, {});
    assertEquals(ends.findings, {});
  }
});

Deno.test("no PTE of a truncated page is left; without invalidate_lock a fault may add pages as fast as they go", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      const load = world.spawn("T1", () => userLoad(mm, vpn, 0));
      world.spawn("T2", function* () {
        if (era === "G6") yield* file.mapping.invalidateLock!.lockExclusive();
        yield* truncateSetsize(file.inode, 0);
        if (era === "G6") yield* file.mapping.invalidateLock!.unlockExclusive();
      });
      return {
        finalState: () =>
          load.failure instanceof Livelock
            ? "livelock"
            : `${load.result} ${mm.pte(vpn).peek} ${file.cached}${file.mapping.leftOver()}`,
      };
    });
    assertEquals(ends.deadlocked, {});
    // A fault that looked at the size before may add a page of zeros behind all that.
    const added = ["sigbus null 0 - - -", ...(era === "G6" ? [] : ["livelock"])];
    assertEquals(
      [era, Object.keys(ends.complete).sort()],
      [era, ["I(F,0) null - - - -", "sigbus null - - - -", ...added].sort()],
    );
  }
});

Deno.test("later kernels unmap a page that is mapped when it is removed, 2.6.20 relies on what went before", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(file.cache(0), "writable_dirty");
      world.spawn("T1", () => truncateInodePagesRange(file.mapping, 0, 1));
      return { finalState: () => `${file.cached} ${mm.pte(vpn).peek}` };
    });
    assertEquals([era, ends.complete], [era, { [`- - - - ${era === "G20" ? "page(F,0)" : "null"}`]: 1 }]);
  }
});

Deno.test("truncation takes private copies beyond the end too, and says so; a hole spares them", () => {
  for (const kind of ["truncate", "punch"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 2, era: "G6" });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 2, "private");
      for (let i = 0; i < 2; i++) mm.pte(vpn + i).install(mm.anonymousPage([`P${i}`]), "writable_dirty");
      file.cache(1);
      world.spawn(
        "T1",
        () => kind === "truncate" ? truncateSetsize(file.inode, 1) : truncatePagecacheRange(file.inode, 1, 2),
      );
      return {
        finalState: () => `${mm.pte(vpn).peek?.sectors[0].peek} ${mm.pte(vpn + 1).peek} ${mm.droppedCopies.length}`,
      };
    });
    assertEquals(ends.complete, { [kind === "truncate" ? "P0 null 1" : "P0 mm1 page 1 0"]: 1 });
  }
});

Deno.test("a hole within pages zeroes its parts and removes the pages between", () => {
  for (
    const [from, to, cached] of [
      [1, 7, "A,0 - - 0,H"],
      [2, 6, "A,B - - G,H"],
      [1, 2, "A,0 C,D E,F G,H"],
      [4, 5, "A,B C,D 0,F G,H"],
    ] as const
  ) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 4, era: "G6", bounds: { sectorsPerPage: 2 } });
      ["AB", "CD", "EF", "GH"].forEach((tokens, page) => file.mapping.addCached(page, [...tokens]));
      world.spawn("T1", () => truncatePagecacheRange(file.inode, from, to));
      return { finalState: () => file.cached };
    });
    assertEquals(ends.complete, { [cached]: 1 });
  }
});
