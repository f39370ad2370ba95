import { assert, assertEquals } from "@std/assert";
import { EFAULT } from "../../src/machine/errno.ts";
import { Folio } from "../../src/machine/folio.ts";
import { invalidateInodePages2Range } from "../../src/machine/page_cache_invalidate.ts";
import { ZERO_MEMORY } from "../../src/machine/page_memory.ts";
import {
  clearUser,
  copyFromUser,
  copyToUser,
  faultInPages,
  getUserPages,
  UserBuffer,
} from "../../src/machine/user_buffer.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

Deno.test("a batch is pinned in one hold of mmap_sem, missing pages are faulted in by the caller", () => {
  for (const era of ["G20", "G40", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 2, era });
      file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
      const task = world.spawn("T1", function* () {
        const { pages, error } = yield* getUserPages(mm, vpn, 2, "load");
        const names = pages.map(({ name }) => name);
        const pins = pages.map(({ folio }) => folio!.pins.peek);
        for (const page of pages) page.unpin();
        return `${names} ${pins} ${error}`;
      });
      return { finalState: () => `${task.result} ${file.cached}${file.mapping.leftOver()}` };
    });
    assertEquals([era, Object.keys(ends.complete)], [era, ["page(F,0),page(F,1) 1,1 0 I(F,0) I(F,1) - -"]]);
    assertEquals(ends.deadlocked, {});
  }
});

Deno.test("pinning stops at a page that cannot be had, and returns what came before", () => {
  const ends = explore((world) => {
    const mm = mmOf(new MemoryFile(world));
    const { vpn } = mm.anonymous(3, ["A", "B", "C"]);
    mm.unmapFixed({ vpn: vpn + 1, npages: 1 });
    const task = world.spawn("T1", function* () {
      const { pages, error } = yield* getUserPages(mm, vpn, 3, "load");
      return `${pages.map(({ sectors }) => sectors[0].peek)} ${error}`;
    });
    return { finalState: () => String(task.result) };
  });
  assertEquals(ends.complete, { [`A ${-EFAULT}`]: 1 });
});

Deno.test("without faults only what is mapped for the access can be pinned", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2 });
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
    mm.pte(vpn).install(file.cache(0), "read_only");
    const task = world.spawn("T1", function* () {
      const counts: string[] = [];
      for (const access of ["load", "store"] as const) {
        const { pages, error } = yield* getUserPages(mm, vpn, 2, access, "nofault");
        counts.push(`${pages.length}/${error}`);
        for (const page of pages) page.unpin();
      }
      return counts;
    });
    return { finalState: () => `${task.result} ${file.cached}` };
  });
  assertEquals(ends.complete, { [`1/${-EFAULT},0/${-EFAULT} I(F,0) - - -`]: 1 });
});

Deno.test("a page pinned for a device's stores is writable and dirty then", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(file.cache(0), "read_only");
      world.spawn("T1", function* () {
        const { pages } = yield* getUserPages(mm, vpn, 1, "store");
        yield;
        pages[0].sectors[0].store("D");
        yield* pages[0].setDirtyLock();
        pages[0].unpin();
      });
      return { finalState: () => `${file.cached} ${mm.pte(vpn).peekMode}` };
    });
    assertEquals(ends.complete, { "D* - - - writable_dirty": 1 });
  }
});

Deno.test("a device stores into a pinned page also when that has left the cache: the store is seen as lost", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G6" });
    const folio = file.cache(0);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    // Mapped writable without being dirty: what a pin of a freshly flushed page looks like.
    mm.pte(vpn).install(folio, "writable");
    world.spawn("T1", function* () {
      const { pages } = yield* getUserPages(mm, vpn, 1, "store", "nofault");
      if (pages.length === 0) return;
      world.spawn("device", function* () {
        yield;
        pages[0].sectors[0].store("D");
      }, { context: "irq", daemon: "daemon" });
    });
    world.spawn("T2", () => invalidateInodePages2Range(file.mapping, 0, 0));
    return { finalState: () => `${file.cached}, page ${folio.tokens}, lost ${folio.orphanStores.length}` };
  });
  assertEquals(ends.deadlocked, {});
  assertEquals(
    Object.keys(ends.complete).sort(),
    // Removed behind the device, removed before it; unmapped before the pin.
    ["- - - -, page D, lost 0", "- - - -, page D, lost 1", "- - - -, page I(F,0), lost 0"],
  );
});

Deno.test("a task that pins a page which it has locked itself waits for itself", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      world.spawn("T1", function* () {
        const folio = new Folio(world, file.mapping, 0);
        yield* file.mapping.addToPageCache(folio);
        yield* getUserPages(mm, vpn, 1, "load");
      });
      return {};
    });
    assertEquals(ends.deadlocked, { "T1 waits page(F,0) (T1)": 1 });
  }
});

Deno.test("sectors of a buffer are counted through its segments, empty ones too", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { bounds: { sectorsPerPage: 2 } });
    const mm = mmOf(file);
    const a = mm.anonymous(1, ["A0", "A1"]);
    const none = mm.reserve(0);
    const b = mm.anonymous(2, ["B0", "B1", "B2"]);
    const buffer = new UserBuffer(mm, [b, none, a]);
    assertEquals(buffer.tokens, ["B0", "B1", "B2", "0", "A0", "A1"]);
    assertEquals([buffer.vpnOf(0), buffer.vpnOf(4), buffer.vpnOf(6)], [b.vpn, a.vpn, -1]);
    // A batch ends where a segment ends.
    assertEquals([0, 1, 2, 3].map((page) => buffer.batchAt(page, 2)), [
      { vpn: b.vpn, npages: 2 },
      { vpn: b.vpn + 1, npages: 1 },
      { vpn: a.vpn, npages: 1 },
      { vpn: -1, npages: 0 },
    ]);
  });
  assertEquals(ends.classes, 1);
});

Deno.test("copies fault pages in, one sector a step, and end with EFAULT where there is nothing", () => {
  for (const mode of ["fault", "nofault"] as const) {
    const ends = explore((world) => {
      const mm = mmOf(new MemoryFile(world));
      const segment = mm.anonymous(3, ["A"]);
      mm.unmapFixed({ vpn: segment.vpn + 2, npages: 1 });
      const buffer = new UserBuffer(mm, [segment]);
      const task = world.spawn("T1", function* () {
        const reached = yield* faultInPages(buffer, 0, 3, "load");
        const from = yield* copyFromUser(buffer, 0, { ...memory("X"), load: () => "X" }, mode);
        const results = [
          yield* copyToUser(buffer, 1, memory("Y"), mode),
          yield* copyToUser(buffer, 2, memory("Z"), mode),
          yield* clearUser(buffer, 0),
        ];
        return `${reached} ${from} ${results}`;
      });
      return { finalState: () => `${task.result} ${buffer.tokens}` };
    });
    // Touching a page for a load maps the zero page, which lets no store through.
    const end = mode === "fault" ? "2 A Y,,0 0,Y,?" : "2 A ,,0 0,0,?";
    assertEquals(ends.complete, { [end]: 1 });
  }
});

function memory(token: string) {
  return { ...ZERO_MEMORY, load: () => token, store() {}, peek: token };
}

Deno.test("what a buffer maps can change between two pages that are pinned one after the other", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2 });
    [0, 1].forEach((page) => file.cache(page));
    const mm = mmOf(file);
    const segment = mm.anonymous(2, ["A", "B"]);
    const task = world.spawn("T1", function* () {
      const first = yield* getUserPages(mm, segment.vpn, 1, "load");
      const second = yield* getUserPages(mm, segment.vpn + 1, 1, "load");
      return [first, second].map(({ pages }) => pages[0].sectors[0].peek);
    });
    world.spawn("T2", () => mm.mmap(segment, file.mapping, 0, "shared"));
    return { finalState: () => String(task.result) };
  });
  assertEquals(Object.keys(ends.complete).sort(), ["A,B", "A,I(F,1)", "I(F,0),I(F,1)"]);
  assert(Object.keys(ends.deadlocked).length === 0);
});
