import { assert, assertEquals } from "@std/assert";
import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { EIO } from "../../src/machine/errno.ts";
import { ERAS } from "../../src/machine/era.ts";
import { pageFault, userLoad, userStore } from "../../src/machine/fault.ts";
import { filemapFault } from "../../src/machine/filemap_fault.ts";
import { Folio } from "../../src/machine/folio.ts";
import { filemapWriteAndWait } from "../../src/machine/page_cache_flush.ts";
import { ZERO_PAGE } from "../../src/machine/page_memory.ts";
import type { Mm } from "../../src/machine/page_table.ts";
import { genericPageMkwrite } from "../../src/machine/page_mkwrite.ts";
import type { Steps } from "../../src/machine/task.ts";
import { UserBuffer } from "../../src/machine/user_buffer.ts";
import { Variable } from "../../src/machine/variable.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

const ERAS_ALL = ["G20", "G40", "G50", "G6"] as const;

function* reserveNothing(): Steps<number> {
  yield;
  return 0;
}

Deno.test("a load of an uncached page reads it in, maps it for reading, and leaves no lock and no reference", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 2, era });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
      const task = world.spawn("T1", () => userLoad(mm, vpn + 1, 0));
      return {
        finalState: () => {
          const held = world.resources.filter((each) => each.holders().length > 0).map(({ name }) => name);
          const target = mm.pte(vpn + 1).peek;
          assert(target instanceof Folio && target === file.mapping.peekFolio(1));
          return `${task.result} ${mm.pte(vpn + 1).peekMode} ${file.cached} [${held}] [${file.mapping.leftOver()}]`;
        },
      };
    });
    assertEquals([era, Object.keys(ends.complete)], [era, ["I(F,1) read_only - I(F,1) - - [] []"]]);
    assertEquals(ends.deadlocked, {});
  }
});

Deno.test("beyond the end of the file there is SIGBUS, without an area a segmentation fault", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 2, "shared");
      const hole = mm.reserve(1);
      const task = world.spawn("T1", function* () {
        return [yield* userLoad(mm, vpn + 1, 0), yield* userStore(mm, hole.vpn, 0, "X")];
      });
      return { finalState: () => String(task.result) };
    });
    assertEquals(ends.complete, { "sigbus,segv": 1 });
  }
});

Deno.test("an unreadable page is SIGBUS", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era, readError: -EIO });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      const task = world.spawn("T1", () => userLoad(mm, vpn, 0));
      return { finalState: () => `${task.result} ${file.mapping.leftOver()}` };
    });
    assertEquals([era, Object.keys(ends.complete)], [era, ["sigbus "]]);
    assertEquals(ends.deadlocked, {});
  }
});

Deno.test("two tasks that fault one page in read it once and map one folio", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const mms = [mmOf(file, "mm1"), mmOf(file, "mm2")];
      const vpns = mms.map((mm) => mm.mapFile(file.mapping, 0, 1, "shared").vpn);
      const tasks = mms.map((mm, i) => world.spawn(`T${i}`, () => userLoad(mm, vpns[i], 0)));
      return {
        finalState: () => {
          const same = mms.every((mm, i) => mm.pte(vpns[i]).peek === file.mapping.peekFolio(0));
          return `${tasks.map(({ result }) => result)} ${same} ${file.mapping.leftOver()}`;
        },
      };
    });
    assertEquals([era, Object.keys(ends.complete), ends.deadlocked], [era, ["I(F,0),I(F,0) true "], {}]);
  }
});

Deno.test("a store makes the page dirty: 2.6.20 in a step of its own behind the PTE, later with the page locked", () => {
  for (const era of ERAS_ALL) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const folio = file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      let dirtyBehindPte = "always";
      world.spawn("T1", () => userStore(mm, vpn, 0, "S"));
      world.spawn("T2", function* () {
        yield;
        if (mm.pte(vpn).look() !== null && !folio.dirty.test()) dirtyBehindPte = "later";
      });
      return { finalState: () => `${file.cached} ${mm.pte(vpn).peekMode} ${dirtyBehindPte}` };
    });
    const always = "S* - - - writable_dirty always";
    const later = "S* - - - writable_dirty later";
    assertEquals([era, Object.keys(ends.complete).sort()], [era, era === "G20" ? [always, later] : [always]]);
  }
});

Deno.test("page_mkwrite is asked before the first store through a mapping, and again behind a flush", () => {
  for (const era of ["G20", "G50", "G6"] as const) {
    const ends = explore((world) => {
      let asked = 0;
      const file = new MemoryFile(world, {
        pages: 1,
        era,
        mkwrite: (folio) =>
          genericPageMkwrite(folio, function* () {
            yield;
            asked++;
            return 0;
          }),
      });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      world.spawn("T1", function* () {
        yield* userLoad(mm, vpn, 0);
        yield* userStore(mm, vpn, 0, "A");
        yield* userStore(mm, vpn, 0, "B");
        yield* filemapWriteAndWait(file.mapping);
        yield* userStore(mm, vpn, 0, "C");
      });
      return { finalState: () => `${asked} ${file.cached} ${file.disk[0].peek} ${file.mapping.leftOver()}` };
    });
    assertEquals([era, Object.keys(ends.complete)], [era, ["2 C* - - - B "]]);
  }
});

Deno.test("a store waits in page_mkwrite for the page's writeback", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, {
      pages: 1,
      era: "G6",
      mkwrite: (folio) => genericPageMkwrite(folio, reserveNothing),
    });
    const folio = file.cache(0);
    folio.startWriteback("bio(0)");
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    mm.pte(vpn).install(folio, "read_only");
    const ended = new Variable(world, "ended", false);
    const task = world.spawn("T1", function* () {
      yield* userStore(mm, vpn, 0, "A");
      return yield* ended.read();
    });
    world.spawn("irq", function* () {
      yield;
      ended.set(true);
      folio.endWriteback();
    }, { context: "irq" });
    return { finalState: () => String(task.result) };
  });
  assertEquals(Object.keys(ends.complete), ["true"]);
});

Deno.test("a private mapping gets a copy at its first store, and the file does not see it", () => {
  for (const era of ERAS_ALL) {
    for (const loadsFirst of [true, false]) {
      const ends = explore((world) => {
        const file = new MemoryFile(world, { pages: 1, era });
        const mm = mmOf(file);
        const { vpn } = mm.mapFile(file.mapping, 0, 1, "private");
        const task = world.spawn("T1", function* () {
          if (loadsFirst) yield* userLoad(mm, vpn, 0);
          yield* userStore(mm, vpn, 0, "P");
          return yield* userLoad(mm, vpn, 0);
        });
        return { finalState: () => `${task.result} ${file.cached} ${file.mapping.leftOver()}` };
      });
      assertEquals([era, Object.keys(ends.complete)], [era, ["P I(F,0) - - - "]]);
    }
  }
});

Deno.test("memory of one's own shows zeros until it is stored into", () => {
  const ends = explore((world) => {
    const mm = mmOf(new MemoryFile(world));
    const { vpn } = mm.anonymous(1);
    const task = world.spawn("T1", function* () {
      const before = yield* userLoad(mm, vpn, 0);
      const kind = mm.pte(vpn).peek;
      yield* userStore(mm, vpn, 0, "A");
      return [before, kind?.name, yield* userLoad(mm, vpn, 0)];
    });
    return { finalState: () => String(task.result) };
  });
  assertEquals(ends.complete, { "0,zero page,A": 1 });
});

Deno.test("who needs mmap_sem exclusively waits for a fault that waits for I/O, unless the fault lets go of it", () => {
  for (const faultWaits of ["with_mmap_sem", "without_mmap_sem"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era: { ...ERAS.G6, faultWaits } });
      const folio = new Folio(world, file.mapping, 0);
      file.mapping.tryAdd(folio);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      world.spawn("T1", () => userLoad(mm, vpn, 0));
      world.spawn("T2", function* () {
        yield* mm.mmapSem.lockExclusive();
        yield* mm.mmapSem.unlockExclusive();
        // Only now the page that the fault waits for is read.
        yield;
        folio.uptodate.testAndSet();
        folio.lock.clear();
      });
      return { finalState: () => "done" };
    });
    assertEquals(
      Object.keys(ends.deadlocked).sort(),
      faultWaits === "with_mmap_sem" ? ["T1 waits page(F,0) (set-up); T2 waits mmap_sem(mm1) (T1)"] : [],
    );
    assert(Object.keys(ends.complete).length === 1);
  }
});

Deno.test("a queued writer of mmap_sem keeps a fault out that the writer's reader waits for", () => {
  // T1 holds mmap_sem and waits for a page that T3 has, T2 wants mmap_sem exclusively, T3 has to fault behind T2.
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G20" });
    const folio = new Folio(world, file.mapping, 0);
    file.mapping.tryAdd(folio);
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    const own = mm.anonymous(1);
    world.spawn("T1", () => userLoad(mm, vpn, 0));
    world.spawn("T2", () => mm.munmap(mm.reserve(0)));
    world.spawn("T3", function* () {
      yield* pageFault(mm, own.vpn, "store");
      yield;
      folio.uptodate.testAndSet();
      folio.lock.clear();
    });
    return { finalState: () => "done" };
  });
  assertEquals(Object.keys(ends.deadlocked).map((text) => text.replaceAll(/ \([^)]*\)(?=;|$)/g, "")), [
    "T1 waits page(F,0); T2 waits mmap_sem(mm1); T3 waits mmap_sem(mm1)",
  ]);
  assertEquals(Object.keys(ends.complete), ["done"]);
});

Deno.test("a read fault maps cached neighbours without waiting, and leaves those that are locked", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 3, era: "G6", bounds: { faultAroundPages: 4 } });
    for (let i = 0; i < 3; i++) file.cache(i);
    file.mapping.peekFolio(1)!.lock.set("T0");
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 3, "shared");
    world.spawn("T1", () => userLoad(mm, vpn, 0));
    return { finalState: () => [0, 1, 2].map((page) => mm.pte(vpn + page).peek?.name ?? "-").join(" ") };
  });
  assertEquals(ends.complete, { "page(F,0) - page(F,2)": 1 });
});

Deno.test("a file system that handles faults itself makes its own PTEs, and is asked again for the first store", () => {
  const ends = explore((world) => {
    const asked: string[] = [];
    const file = new MemoryFile(world, { pages: 1, era: "G40" });
    const pmem = { kind: "pmem", pfn: 7, name: "pfn 7", sectors: [file.disk[0]] } as const;
    file.ops.fault = function* (vma, vpn, access) {
      yield;
      asked.push(access);
      const pte = vma.mm.pte(vpn);
      if (access === "load") pte.tryInstall(ZERO_PAGE, "read_only");
      else {
        pte.zap();
        pte.tryInstall(pmem, "writable_dirty");
      }
      return "done";
    };
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    const task = world.spawn("T1", function* () {
      const before = yield* userLoad(mm, vpn, 0);
      yield* userStore(mm, vpn, 0, "S");
      return [before, yield* userLoad(mm, vpn, 0), ...asked];
    });
    return { finalState: () => `${task.result} ${file.disk[0].peek} ${mm.pte(vpn).peek?.name}` };
  });
  assertEquals(ends.complete, { "0,S,load,store S pfn 7": 1 });
});

Deno.test("a file system's handler may give a locked page of the cache, which is mapped and unlocked", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G40" });
    file.ops.fault = function* (vma, vpn) {
      const folio = yield* file.mapping.grabPage(vma.indexOf(vpn));
      yield;
      folio.uptodate.testAndSet();
      return folio;
    };
    const mm = mmOf(file);
    const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
    const task = world.spawn("T1", () => userLoad(mm, vpn, 0));
    return {
      finalState: () =>
        `${task.result} ${mm.pte(vpn).peek} ${file.mapping.peekFolio(0)!.lock.peek}${file.mapping.leftOver()}`,
    };
  });
  assertEquals(ends.complete, { "0 page(F,0) false": 1 });
});

Deno.test("page_mkwrite is asked for the page that is mapped in the end, and only for pages of the file", () => {
  for (const era of ["G50", "G6"] as const) {
    const ends = explore((world) => {
      const asked: Folio[] = [];
      const file = new MemoryFile(world, {
        pages: 1,
        era,
        mkwrite: (folio) =>
          genericPageMkwrite(folio, function* (each) {
            yield;
            world.assert(each.isIn(file.mapping), "page_mkwrite of a page that has been removed");
            asked.push(each);
            return 0;
          }),
      });
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      const pte = mm.pte(vpn);
      pte.install(file.cache(0), "read_only");
      world.spawn("T1", () => userStore(mm, vpn, 0, "S"));
      // Another page comes in the place of the first, as invalidation and another fault make it.
      world.spawn("T2", function* () {
        const folio = file.mapping.peekFolio(0)!;
        yield* folio.lock.lock();
        yield;
        pte.zap();
        if (!folio.dirty.test()) file.mapping.remove(0);
        yield* folio.lock.unlock();
        if (folio.isIn(file.mapping)) return;
        yield;
        if (file.mapping.folioAt(0) === null) pte.tryInstall(file.cache(0), "read_only");
      });
      return {
        finalState: () => {
          const mapped = pte.peek;
          return mapped === null || pte.peekMode === "read_only" || asked.includes(mapped as Folio)
            ? "asked"
            : "not asked";
        },
      };
    });
    assertEquals([era, Object.keys(ends.complete), ends.findings, ends.deadlocked], [era, ["asked"], {}, {}]);
  }
});

Deno.test("two tasks of a process that store into a private page make one copy of it", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era, bounds: { sectorsPerPage: 2, pagesMax: 1 } });
      file.cache(0);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "private");
      for (const sector of [0, 1]) world.spawn(`T${sector}`, () => userStore(mm, vpn, sector, `S${sector}`));
      return {
        finalState: () =>
          `${mm.pte(vpn).peek?.sectors.map(({ peek }) => peek)} ${file.cached}${file.mapping.leftOver()}`,
      };
    });
    assertEquals(
      [era, Object.keys(ends.complete), ends.findings, ends.deadlocked],
      [era, ["S0,S1 I(F,0),I(F,1)"], {}, {}],
    );
  }
});

Deno.test("while invalidate_lock is held exclusively nobody adds a page or starts to read one", () => {
  const fillers = {
    fault: (_file: MemoryFile, mm: Mm, vpn: number) => userLoad(mm, vpn, 0),
    read: (file: MemoryFile, mm: Mm) => {
      const buffer = new UserBuffer(mm, [{ vpn: 1, npages: 1 }]);
      return bufferedRead(file.mapping, { pos: 0, len: 1, buffer, bufferAt: 0 });
    },
  };
  for (const [name, filler] of Object.entries(fillers)) {
    for (const readaheadPages of [0, 1]) {
      for (const cached of ["absent", "not_uptodate"] as const) {
        const ends = explore((world) => {
          const file = new MemoryFile(world, { pages: 1, era: "G6", bounds: { readaheadPages, pagesMax: 1 } });
          if (cached === "not_uptodate") file.cache(0).uptodate.testAndClear();
          const mm = mmOf(file);
          const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
          mm.anonymous(1, ["-"]);
          world.spawn("T1", () => filler(file, mm, vpn));
          const task = world.spawn("T2", function* () {
            const lock = file.mapping.invalidateLock!;
            const state = () => `${file.mapping.nrpages.get()} ${file.reads.get()}`;
            yield* lock.lockExclusive();
            const before = state();
            yield;
            const same = before === state();
            yield* lock.unlockExclusive();
            return same;
          });
          return { finalState: () => String(task.result) };
        });
        assertEquals([name, readaheadPages, cached, Object.keys(ends.complete)], [name, readaheadPages, cached, [
          "true",
        ]]);
        assertEquals(ends.deadlocked, {});
      }
    }
  }
});

Deno.test("of two faults that find a page marked for readahead either may be the first, whoever locks it first", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, era: "G6" });
    const { mapping } = file;
    file.ops.readaheadWindow = () => [];
    const marked: string[] = [];
    file.ops.readaheadMarked = (_index, _end, mark) => {
      if (mark === "marked") marked.push(world.current!.name);
      return null;
    };
    const folio = new Folio(world, mapping, 0);
    folio.markReadahead();
    mapping.insert(0, folio);
    folio.uptodate.testAndSet();
    const locked: string[] = [];
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const found = yield* filemapFault(mapping, mmOf(file, name), 0, "again");
        locked.push(name);
        if (found !== folio) throw new Error(`${found}`);
        yield* folio.lock.unlock();
        folio.put();
      });
    }
    return { finalState: () => `marked for ${marked}, locked by ${locked}` };
  });
  assertEquals(Object.keys(ends.complete).sort(), [
    "marked for T1, locked by T1,T2",
    "marked for T1, locked by T2,T1",
    "marked for T2, locked by T1,T2",
    "marked for T2, locked by T2,T1",
  ]);
});
