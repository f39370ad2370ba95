import { assertEquals, assertThrows } from "@std/assert";
import { ERAS } from "../../src/machine/era.ts";
import { userLoad, userStore } from "../../src/machine/fault.ts";
import { Folio } from "../../src/machine/folio.ts";
import { genericPageMkwrite } from "../../src/machine/page_mkwrite.ts";
import { clearDirtyForIo, mkclean, unmapMappingRange } from "../../src/machine/page_table_walk.ts";
import { ZERO_PAGE } from "../../src/machine/page_memory.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

Deno.test("a store through a writable PTE makes the PTE dirty, not the page, until the PTE is cleaned or zapped", () => {
  for (const end of ["clean", "zap"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1 });
      const folio = file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(folio, "writable");
      const task = world.spawn("T1", function* () {
        yield* userStore(mm, vpn, 0, "A");
        const before = folio.dirty.peek;
        yield;
        if (end === "clean") return [before, clearDirtyForIo(file.mapping, folio)];
        mm.pte(vpn).zap();
        return [before, folio.dirty.peek];
      });
      return { finalState: () => `${task.result} ${mm.pte(vpn).peekMode} ${folio.mapcount.peek}` };
    });
    assertEquals(ends.complete, { [end === "clean" ? "false,true read_only 1" : "false,true read_only 0"]: 1 });
  }
});

Deno.test("cleaning write-protects every shared mapping of the page and no other", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2 });
    const folios = [file.cache(0), file.cache(1)];
    const mms = ["mm1", "mm2", "mm3"].map((name) => mmOf(file, name));
    const vpns = mms.map((mm, i) => mm.mapFile(file.mapping, 0, 2, i === 2 ? "private" : "shared").vpn);
    mms.forEach((mm, i) => folios.forEach((folio, page) => mm.pte(vpns[i] + page).install(folio, "writable_dirty")));
    world.spawn("T1", function* () {
      yield;
      mkclean(file.mapping, folios[0]);
    });
    return {
      finalState: () => mms.map((mm, i) => [0, 1].map((page) => mm.pte(vpns[i] + page).peekMode).join("/")).join(" "),
    };
  });
  assertEquals(ends.complete, {
    "read_only/writable_dirty read_only/writable_dirty writable_dirty/writable_dirty": 1,
  });
});

Deno.test("a store and a cleaning come in either order, and the store finds its way", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1 });
    const folio = file.cache(0);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    mm.pte(vpn).install(folio, "writable");
    world.spawn("T1", () => userStore(mm, vpn, 0, "A"));
    const task = world.spawn("T2", function* () {
      yield;
      return mkclean(file.mapping, folio);
    });
    return { finalState: () => `${task.result} ${mm.pte(vpn).peekMode} ${folio.dirty.peek}` };
  });
  // Behind the cleaning the store faults and makes the page dirty.
  assertEquals(ends.complete, { "true read_only false": 1, "false writable_dirty true": 1 });
});

Deno.test("unmapping a range takes the PTEs of each area in one step", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2 });
    const folios = [file.cache(0), file.cache(1)];
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
    folios.forEach((folio, page) => mm.pte(vpn + page).install(folio, "read_only"));
    world.spawn("T1", () => unmapMappingRange(file.mapping, 0, 2, "spare_private_copies"));
    const task = world.spawn("T2", function* () {
      yield;
      const first = mm.pte(vpn).look() !== null;
      yield;
      return [first, mm.pte(vpn + 1).look() !== null];
    });
    return { finalState: () => String(task.result) };
  });
  assertEquals(ends.complete, { "false,false": 1, "true,false": 1, "true,true": 1 });
});

Deno.test("2.6.20 leaves the PTE of a page that has left the cache, 6.x takes it", () => {
  for (const era of ["G20", "G50", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const folio = file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(folio, "read_only");
      file.mapping.remove(0);
      world.spawn("T1", () => unmapMappingRange(file.mapping, 0, 1, "spare_private_copies"));
      return { finalState: () => mm.pte(vpn).peek instanceof Folio ? "mapped" : "unmapped" };
    });
    assertEquals([era, ends.complete], [era, { [era === "G6" ? "unmapped" : "mapped"]: 1 }]);
  }
});

Deno.test("mmap over an area takes it away from its file, and waits for mmap_sem", () => {
  const ends = explore((world) => {
    const [f, g] = ["F", "G"].map((ino) => new MemoryFile(world, { ino, pages: 2 }));
    const folio = f.cache(0);
    f.cache(1);
    g.cache(0);
    const mm = mmOf(f);
    const segment = mm.mapFile(f.mapping, 0, 2, "shared");
    mm.pte(segment.vpn).install(folio, "writable_dirty");
    world.spawn("T1", () => mm.mmap({ vpn: segment.vpn, npages: 1 }, g.mapping, 0, "shared"));
    const task = world.spawn("T2", function* () {
      return [yield* userLoad(mm, segment.vpn, 0), yield* userLoad(mm, segment.vpn + 1, 0)];
    });
    return {
      finalState: () =>
        `${task.result} ${folio.dirty.peek} ${f.mapping.peekVmas().length} ${g.mapping.peekVmas().length}`,
    };
  });
  assertEquals(Object.keys(ends.complete).sort(), ["I(F,0),I(F,1) true 1 1", "I(G,0),I(F,1) true 1 1"]);
});

Deno.test("munmap takes the last page of an area from the file's list", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
    const seen: boolean[] = [file.mapping.isMapped()];
    world.spawn("T1", function* () {
      yield* mm.munmap({ vpn, npages: 1 });
      seen.push(file.mapping.isMapped());
      yield* mm.munmap({ vpn: vpn + 1, npages: 1 });
      seen.push(file.mapping.isMapped());
    });
    return { finalState: () => String(seen) };
  });
  assertEquals(ends.complete, { "true,true,false": 1 });
});

Deno.test("while a fault holds mmap_sem, who maps waits; who has it and wants it again behind a writer waits for ever", () => {
  const ends = explore((world) => {
    const mm = mmOf(new MemoryFile(world));
    const segment = mm.anonymous(1);
    world.spawn("T1", function* () {
      yield* mm.mmapSem.lockShared();
      yield* mm.mmapSem.lockShared();
      yield* mm.mmapSem.unlockShared();
      yield* mm.mmapSem.unlockShared();
    });
    world.spawn("T2", () => mm.munmap(segment));
    return { finalState: () => "done" };
  });
  assertEquals(Object.keys(ends.deadlocked).map((text) => text.replaceAll(/ \([^)]*\)(?=;|$)/g, "")), [
    "T1 waits mmap_sem(mm1); T2 waits mmap_sem(mm1)",
  ]);
  assertEquals(Object.keys(ends.complete), ["done"]);
});

Deno.test("where i_mmap_mutex is modelled, unmapping waits for it and gives it back", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: { ...ERAS.G40, unmapLock: "i_mmap_mutex" } });
    const folio = file.cache(0);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    mm.pte(vpn).install(folio, "read_only");
    const mutex = file.mapping.iMmapMutex!;
    const seen: boolean[] = [];
    world.spawn("T1", () => unmapMappingRange(file.mapping, 0, 1, "even_cows"));
    world.spawn("T2", function* () {
      yield* mutex.lock();
      seen.push(mm.pte(vpn).look() !== null);
      yield;
      seen.push(mm.pte(vpn).look() !== null);
      yield* mutex.unlock();
    });
    return { finalState: () => `${seen} ${mutex.owner}` };
  });
  assertEquals(ends.complete, { "true,true null": 1, "false,false null": 1 });
});

Deno.test("where i_mmap_rwsem is modelled, unmapping takes it exclusively and gives it back", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: { ...ERAS.G40, unmapLock: "i_mmap_rwsem" } });
    const folio = file.cache(0);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    mm.pte(vpn).install(folio, "read_only");
    const rwsem = file.mapping.iMmapRwsem!;
    const seen: boolean[] = [];
    world.spawn("T1", () => unmapMappingRange(file.mapping, 0, 1, "even_cows"));
    world.spawn("T2", function* () {
      yield* rwsem.lockShared();
      seen.push(mm.pte(vpn).look() !== null);
      yield;
      seen.push(mm.pte(vpn).look() !== null);
      yield* rwsem.unlockShared();
    });
    return { finalState: () => `${seen} ${rwsem.heldAs}` };
  });
  assertEquals(Object.keys(ends.complete).sort(), ["false,false free", "true,true free"]);
});

Deno.test("a PTE that is there is not replaced", () => {
  explore((world) => {
    const mm = mmOf(new MemoryFile(world));
    const { vpn } = mm.anonymous(1, ["A"]);
    assertEquals(mm.pte(vpn).tryInstall(ZERO_PAGE, "read_only"), false);
    assertThrows(() => mm.pte(vpn).install(ZERO_PAGE, "read_only"), Error, "zero page is mapped over mm1 page 0");
  });
});

Deno.test("a page that is unmapped while its first store is made ready is faulted in again", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, {
        pages: 1,
        era,
        mkwrite: (folio) =>
          genericPageMkwrite(folio, function* () {
            yield;
            return 0;
          }),
      });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(file.cache(0), "read_only");
      world.spawn("T1", () => userStore(mm, vpn, 0, "S"));
      world.spawn("T2", () => unmapMappingRange(file.mapping, 0, 1, "spare_private_copies"));
      return { finalState: () => file.cached };
    });
    assertEquals([era, Object.keys(ends.complete), ends.findings, ends.deadlocked], [era, ["S* - - -"], {}, {}]);
  }
});
