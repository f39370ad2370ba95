import { assert, assertEquals } from "@std/assert";
import { EBUSY, EIO } from "../../src/machine/errno.ts";
import { userLoad } from "../../src/machine/fault.ts";
import { invalidateInodePages2Range, invalidateMappingPages } from "../../src/machine/page_cache_invalidate.ts";
import { XALockEntry } from "../../src/machine/page_tree_entry.ts";
import type { Steps } from "../../src/machine/task.ts";
import { World } from "../../src/machine/world.ts";
import { Identities } from "../../src/machine/identities.ts";
import { Variable } from "../../src/machine/variable.ts";
import { fadviseDontneed } from "../../src/systems/common/range_calls.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

Deno.test("2.6.20 stops at the first page that cannot be removed, later kernels go on", () => {
  for (
    const [era, end] of [
      ["G20", `${-EIO} - D* I(F,2) -`],
      ["G40", `${-EBUSY} - D* - -`],
      ["G6", `${-EBUSY} - D* - -`],
    ] as const
  ) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 3, era });
      file.cache(0);
      file.cacheDirty(1, ["D"]);
      file.cache(2);
      const task = world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 2));
      return { finalState: () => `${task.result} ${file.cached}${file.mapping.leftOver()}` };
    });
    assertEquals([era, ends.complete], [era, { [end]: 1 }]);
  }
});

Deno.test("a page that becomes dirty is removed before that, or stays: never both", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const folio = file.cache(0);
      const task = world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 0));
      world.spawn("T2", function* () {
        yield;
        folio.setDirty();
      });
      return { finalState: () => `${task.result} ${file.cached}` };
    });
    const error = era === "G20" ? -EIO : -EBUSY;
    // The one thing that matters is whether the page is dirty when "no dirty" and the removal come, in one step.
    assertEquals(ends.complete, { "0 - - - -": 1, [`${error} I(F,0)* - - -`]: 1 });
  }
});

Deno.test("an invalidation waits for a page's lock and for its writeback", () => {
  for (const era of ["G20", "G50", "G6"] as const) {
    for (const what of ["lock", "writeback"] as const) {
      const ends = explore((world) => {
        const file = new MemoryFile(world, { pages: 1, era });
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
          const result = yield* invalidateInodePages2Range(file.mapping, 0, 1);
          return `${result} ${yield* ended.read()}`;
        });
        return { finalState: () => `${task.result} ${file.cached}` };
      });
      assertEquals([era, what, Object.keys(ends.complete), ends.deadlocked], [era, what, ["0 true - - - -"], {}]);
    }
  }
});

Deno.test("a mapped page is unmapped, and what was stored through the mapping keeps it in the cache", () => {
  for (const era of ["G20", "G40", "G6"] as const) {
    for (const mode of ["read_only", "writable_dirty"] as const) {
      const ends = explore((world) => {
        const file = new MemoryFile(world, { pages: 2, era });
        const mm = mmOf(file);
        const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
        for (let i = 0; i < 2; i++) mm.pte(vpn + i).install(file.cache(i), mode);
        const task = world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 1));
        return {
          finalState: () => `${task.result} ${mm.pte(vpn).peek} ${mm.pte(vpn + 1).peek} ${file.cached}`,
        };
      });
      const error = era === "G20" ? -EIO : -EBUSY;
      const end = mode === "read_only" ? "0 null null - - - -" : `${error} null null I(F,0)* I(F,1)* - -`;
      assertEquals([era, ends.complete], [era, { [end]: 1 }]);
    }
  }
});

Deno.test("private copies stay mapped", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G6" });
    const [shared, own] = [mmOf(file, "mm1"), mmOf(file, "mm2")];
    const one = shared.mapFile(file.mapping, 0, 1, "shared");
    const two = own.mapFile(file.mapping, 0, 1, "private");
    shared.pte(one.vpn).install(file.cache(0), "read_only");
    own.pte(two.vpn).install(own.anonymousPage(["P"]), "writable_dirty");
    world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 0));
    return { finalState: () => `${shared.pte(one.vpn).peek} ${own.pte(two.vpn).peek?.sectors[0].peek}` };
  });
  assertEquals(ends.complete, { "null P": 1 });
});

Deno.test("2.6.20 alone may map a page behind its removal: its faults take no page lock", () => {
  for (const era of ["G20", "G40", "G50", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      world.spawn("T1", () => userLoad(mm, vpn, 0));
      world.spawn("T2", () => invalidateInodePages2Range(file.mapping, 0, 0));
      return {
        finalState: () => {
          const target = mm.pte(vpn).peek;
          if (target === null) return "unmapped";
          return target === file.mapping.peekFolio(0) ? "page of the cache" : "removed page";
        },
      };
    });
    assertEquals(ends.deadlocked, {});
    assertEquals(
      [era, Object.keys(ends.complete).sort()],
      [era, ["page of the cache", ...(era === "G20" ? ["removed page"] : []), "unmapped"]],
    );
  }
});

Deno.test("a page that its file system does not let go of stays", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      file.cache(0).buffers = "in a transaction";
      file.ops.releaseFolio = () => false;
      const task = world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 0));
      return { finalState: () => `${task.result} ${file.cached}` };
    });
    assertEquals(ends.complete, { [`${era === "G20" ? -EIO : -EBUSY} I(F,0) - - -`]: 1 });
  }
});

Deno.test("a dirty page is laundered where the file system can", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G6" });
    file.ops.launderFolio = function* (folio): Steps<number> {
      yield;
      folio.dirty.testAndClear();
      file.disk[0].store(folio.sectors[0].load());
      return 0;
    };
    file.cacheDirty(0, ["A"]);
    const task = world.spawn("T1", () => invalidateInodePages2Range(file.mapping, 0, 0));
    return { finalState: () => `${task.result} ${file.cached} ${file.disk[0].peek}` };
  });
  assertEquals(ends.complete, { "0 - - - - A": 1 });
});

/** Pages that were removed, and those that were locked and had to stay. */
function* evict({ mapping }: MemoryFile, start: number, end: number): Steps<string> {
  const { removed, failed } = yield* invalidateMappingPages(mapping, start, end);
  return `${removed}/${failed}`;
}

for (const era of ["G20", "G6"] as const) {
  Deno.test(`${era}: invalidate_mapping_pages waits for nothing and leaves what is used`, () => {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { era, pages: 4, bounds: { pagesMax: 6 } });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 3, 1, "shared");
      file.cache(0).lock.set("T0");
      file.cacheDirty(1, ["D"]);
      file.cache(2).startWriteback("bio(0)");
      mm.pte(vpn).install(file.cache(3), "read_only");
      file.mapping.addCached(4, ["0"]);
      file.mapping.addCached(5, ["0"]).get();
      const task = world.spawn("T1", () => evict(file, 0, 5));
      return { finalState: () => `${task.result} ${file.cached}` };
    });
    // What is under writeback is locked and left by the one, and not looked at by the other.
    assertEquals(ends.complete, { [`1/${era === "G20" ? 4 : 3} I(F,0) D* I(F,2) I(F,3) - 0`]: 1 });
  });
}

/** Steps of a task until `isDone` or its end; says which. */
function stepUntil(world: World, task: ReturnType<World["spawn"]>, isDone: () => boolean): "done" | "ended" {
  while (task.generator !== null) {
    if (isDone()) return "done";
    world.step(task, 0);
  }
  return isDone() ? "done" : "ended";
}

Deno.test("kernels from 5.12 on lock as many folios as a batch holds before they remove the first of them", () => {
  const lockedBefore = (era: "G40" | "G6") => {
    const world = new World(new Identities());
    const file = new MemoryFile(world, { era, pages: 4, bounds: { pagevec: 2 } });
    const folios = [0, 1, 2, 3].map((page) => file.cache(page));
    const task = world.spawn("T1", () => evict(file, 0, 3));
    assertEquals(stepUntil(world, task, () => file.mapping.peekFolio(0) === null), "done");
    const locked = folios.map(({ lock }) => lock.peek ? "L" : "-").join("");
    stepUntil(world, task, () => false);
    assertEquals([task.result, file.mapping.leftOver()], ["4/0", []]);
    return locked;
  };
  assertEquals([lockedBefore("G40"), lockedBefore("G6")], ["L---", "LL--"]);
});

Deno.test("a batch leaves out what is locked: the page goes before somebody has its lock, and behind that, but not meanwhile", () => {
  for (const order of [["T1", "T2"], ["T2", "T1"]]) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era: "G6" });
      const folio = file.cache(0);
      const had: string[] = [];
      const bodies: Record<string, () => Steps<unknown>> = {
        T1: () => evict(file, 0, 0),
        *T2() {
          yield* folio.lock.lock();
          had.push(folio.mapping === null ? "removed" : "cached");
          yield* folio.lock.unlock();
        },
      };
      const tasks = Object.fromEntries(order.map((name) => [name, world.spawn(name, bodies[name])]));
      return { finalState: () => `locked ${had}, evicted ${tasks.T1.result}` };
    });
    assertEquals(ends.complete, {
      "locked removed, evicted 1/0": 1,
      "locked cached, evicted 0/0": 1,
      "locked cached, evicted 1/0": 1,
    });
  }
});

Deno.test("a batch is locked folio by folio: of two that are let go of in turn, either may be the only one that goes", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2, era: "G6" });
    const folios = [0, 1].map((page) => file.cache(page));
    for (const folio of folios) folio.lock.set("read");
    world.spawn("irq", function* () {
      for (const folio of folios) {
        yield;
        folio.lock.clear();
      }
    }, { context: "irq" });
    const task = world.spawn("T1", () => evict(file, 0, 1));
    return { finalState: () => `${task.result} ${file.cached}` };
  });
  assertEquals(Object.keys(ends.complete).sort(), [
    "0/0 I(F,0) I(F,1) - -",
    "1/0 - I(F,1) - -",
    "1/0 I(F,0) - - -",
    "2/0 - - - -",
  ]);
});

Deno.test("a folio of several pages has one place in a batch, and goes or stays as a whole", () => {
  const evicted = (dirty: number | null) => {
    const world = new World(new Identities());
    const file = new MemoryFile(world, { era: "G6", pages: 4, bounds: { pagevec: 2 } });
    const folios = [0, 1, 2, 3].map((page) => file.cache(page));
    file.ops.folioOf = (page) => page < 3 ? { first: 0, pages: 3 } : null;
    if (dirty !== null) folios[dirty].setDirty();
    const task = world.spawn("T1", () => evict(file, 0, 3));
    assertEquals(stepUntil(world, task, () => folios[3].lock.peek), "done");
    const locked = folios.every(({ lock }) => lock.peek);
    stepUntil(world, task, () => false);
    return [locked, task.result];
  };
  assertEquals(evicted(null), [true, "4/0"]);
  assertEquals(evicted(1), [true, "1/3"]);
});

Deno.test("POSIX_FADV_DONTNEED looks a second time where something had to stay, which others may have let go of", () => {
  const left = (used: boolean) => {
    const world = new World(new Identities());
    const file = new MemoryFile(world, { era: "G6", pages: 3 });
    const folios = [0, 1, 2].map((page) => file.cache(page));
    if (used) folios[0].get();
    const task = world.spawn("T1", () => fadviseDontneed(file.inode, 0, 3));
    stepUntil(world, task, () => file.mapping.peekFolio(2) === null);
    if (used) folios[0].put();
    file.mapping.addCached(1, ["new"]);
    stepUntil(world, task, () => false);
    return file.cached;
  };
  assertEquals([left(false), left(true)], ["- new - -", "- - - -"]);
});

Deno.test("POSIX_FADV_DONTNEED writes the range alone since 3.11, and drops its last page or not by what it has of that", () => {
  const left = (era: "G20" | "G40" | "G50" | "G6", first: number, end: number, size = 6) => {
    const world = new World(new Identities());
    const file = new MemoryFile(world, { era, pages: 3, size, bounds: { sectorsPerPage: 2 } });
    for (const page of [0, 1, 2]) file.cache(page);
    file.mapping.peekFolio(0)!.setDirty();
    const task = world.spawn("T1", () => fadviseDontneed(file.inode, first, end));
    stepUntil(world, task, () => false);
    return `${file.written} | ${[0, 1, 2].filter((page) => file.mapping.peekFolio(page) !== null)}`;
  };
  assertEquals([left("G20", 2, 4), left("G40", 2, 4), left("G6", 2, 4)], ["0 | 0,2", " | 0,2", " | 0,2"]);
  // The range ends within page 1, and within page 2 with the file.
  assertEquals([left("G40", 2, 3), left("G50", 2, 3), left("G6", 2, 3)], [" | 0,2", " | 0,1,2", " | 0,1,2"]);
  assertEquals([left("G50", 2, 5, 5), left("G6", 2, 5, 5), left("G6", 2, 5)], [" | 0", " | 0", " | 0,2"]);
});

Deno.test("invalidate_mapping_pages leaves alone what somebody else has removed meanwhile", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G40" });
    file.cache(0);
    const tasks = ["T1", "T2"].map((name) => world.spawn(name, () => evict(file, 0, 0)));
    return { finalState: () => `${tasks.map(({ result }) => result).sort()} ${file.cached}${file.mapping.leftOver()}` };
  });
  assertEquals(ends.findings, {});
  assert("0/1,1/0 - - - -" in ends.complete);
});

Deno.test("a fault that finds the removed page looks again in 2.6.20 too when it has to wait for its lock", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1 });
    const folio = file.cache(0);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    world.spawn("T2", () => invalidateInodePages2Range(file.mapping, 0, 0));
    const load = world.spawn("T1", function* () {
      yield;
      folio.get();
      yield* folio.lock.lock();
      const found = folio.isIn(file.mapping);
      yield* folio.lock.unlock();
      folio.put();
      return [found, yield* userLoad(mm, vpn, 0)];
    });
    return { finalState: () => String((load.result as unknown[])[0]) };
  });
  assertEquals(Object.keys(ends.complete).sort(), ["false", "true"]);
  assert(ends.classes > 2);
});

Deno.test("what evicted pages left goes too, entries that are waited for stay", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 3, era: "G6" });
    const { mapping } = file;
    mapping.insert(0, { kind: "shadow" });
    mapping.insert(1, new XALockEntry(world, "F", 1, "dio(0)"));
    file.cache(2);
    const task = world.spawn("T1", () => invalidateInodePages2Range(mapping, 0, 2));
    return {
      finalState: () =>
        `${task.result} ${mapping.nrpages.peek} ${mapping.nrentries.peek} ${mapping.peekEntry(1)?.kind}`,
    };
  });
  assertEquals(ends.complete, { "0 0 1 xa_lock_entry": 1 });
});
