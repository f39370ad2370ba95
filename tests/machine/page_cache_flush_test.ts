import { assertEquals } from "@std/assert";
import { filemapFdatawriteRange, filemapWriteAndWait } from "../../src/machine/page_cache_flush.ts";
import { userStore } from "../../src/machine/fault.ts";
import { EIO } from "../../src/machine/errno.ts";
import type { Steps } from "../../src/machine/task.ts";
import { explore } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

Deno.test("a flush of a file without cached pages looks at nrpages and does nothing", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world);
    const task = world.spawn("T1", () => filemapWriteAndWait(file.mapping));
    return { finalState: () => `${task.result} ${file.written}` };
  });
  assertEquals(ends.complete, { "0 ": 1 });
});

Deno.test("a flush writes the dirty pages in ascending order and waits for them", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 3 });
    file.cacheDirty(2, ["C"]);
    file.cache(1);
    file.cacheDirty(0, ["A"]);
    const task = world.spawn("T1", function* () {
      const result = yield* filemapWriteAndWait(file.mapping);
      return `${result} ${file.media}`;
    });
    return { finalState: () => `${task.result} (${file.written}) ${file.cached} ${file.mapping.leftOver()}` };
  });
  // The two writes end in both orders: nobody tells them apart but the tag that each clears for itself.
  assertEquals(Object.keys(ends.complete), ["0 A I(F,1) C 0 (0,2) A I(F,1) C - "]);
  assertEquals(ends.deadlocked, {});
});

Deno.test("writepages of a file system is called or not by whether some page is dirty by then", () => {
  for (const order of [["T1", "T2"], ["T2", "T1"]]) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 2 });
      file.ops.writepages = function* () {
        yield;
        return -EIO;
      };
      const folio = file.cache(1);
      const bodies: Record<string, () => Steps<unknown>> = {
        T1: () => filemapFdatawriteRange(file.mapping, 0, 0, "background"),
        *T2() {
          yield;
          folio.setDirty();
        },
      };
      const tasks = Object.fromEntries(order.map((name) => [name, world.spawn(name, bodies[name])]));
      return { finalState: () => `${tasks.T1.result}` };
    });
    assertEquals(Object.keys(ends.complete).sort(), [`${-EIO}`, "0"]);
  }
});

Deno.test("the end of a range is part of it, and pages behind it stay dirty", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 3 });
    for (let i = 0; i < 3; i++) file.cacheDirty(i, [`N${i}`]);
    world.spawn("T1", () => filemapFdatawriteRange(file.mapping, 1, 1, "for_integrity"));
    return { finalState: () => file.cached };
  });
  assertEquals(ends.complete, { "N0* N1 N2* -": 1 });
});

Deno.test("a page that is being written is waited for by a second flush, also before writeback has started", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1 });
    file.cacheDirty(0, ["A"]);
    const body = function* () {
      yield* filemapWriteAndWait(file.mapping);
      yield;
      return file.disk[0].load();
    };
    const tasks = [world.spawn("T1", body), world.spawn("T2", body)];
    return { finalState: () => `${tasks.map(({ result }) => result)} ${file.written.length}` };
  });
  // Whoever comes second finds the tag until writeback starts, and then the writeback.
  assertEquals(Object.keys(ends.complete), ["A,A 1"]);
});

Deno.test("a page that becomes dirty again during its write is written again by who comes behind it", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1 });
    const folio = file.cacheDirty(0, ["A"]);
    world.spawn("T1", () => filemapWriteAndWait(file.mapping));
    world.spawn("T2", function* () {
      yield;
      folio.sectors[0].store("B");
      yield;
      folio.setDirty();
    });
    return { finalState: () => `${file.cached} ${file.disk[0].peek}` };
  });
  assertEquals(
    Object.keys(ends.complete).sort(),
    // B before the page is cleaned and sent; B sent, dirty again behind that; A sent, B left dirty.
    ["B - - - B", "B* - - - A", "B* - - - B"],
  );
});

Deno.test("a store through a mapping is either written or leaves the page dirty", () => {
  for (const era of ["G20", "G6"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1, era });
      const folio = file.cacheDirty(0, ["A"]);
      const mm = mmOf(file);
      const { vpn } = mm.mapFile(file.mapping, 0, 1, "shared");
      mm.pte(vpn).install(folio, "writable_dirty");
      world.spawn("T1", () => filemapWriteAndWait(file.mapping));
      world.spawn("T2", () => userStore(mm, vpn, 0, "B"));
      return {
        finalState: () => {
          const lost = file.disk[0].peek !== "B" && !folio.dirty.peek && mm.pte(vpn).peekMode !== "writable_dirty";
          return lost ? "lost" : "kept";
        },
      };
    });
    assertEquals([era, Object.keys(ends.complete), ends.deadlocked], [era, ["kept"], {}]);
  }
});

Deno.test("background writeback leaves pages out that are being written, a flush waits and writes them again", () => {
  for (const sync of ["background", "for_integrity"] as const) {
    const ends = explore((world) => {
      const file = new MemoryFile(world, { pages: 1 });
      const folio = file.cacheDirty(0, ["A"]);
      folio.startWriteback("bio(0)");
      world.spawn("irq", function* () {
        yield;
        folio.endWriteback();
      }, { context: "irq" });
      world.spawn("T1", () => filemapFdatawriteRange(file.mapping, 0, 0, sync));
      return { finalState: () => `${file.written.length} ${file.cached}` };
    });
    const [left, written] = ["0 A* - - -", "1 A - - -"];
    assertEquals(Object.keys(ends.complete).sort(), sync === "background" ? [left, written] : [written]);
    assertEquals([ends.deadlocked, ends.findings], [{}, {}]);
  }
});

Deno.test("a failed write is reported once", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1, writeError: -EIO });
    file.cacheDirty(0, ["A"]);
    const task = world.spawn("T1", function* () {
      return [yield* filemapWriteAndWait(file.mapping), yield* filemapWriteAndWait(file.mapping)];
    });
    return { finalState: () => `${task.result} ${file.mapping.wbErr.peek}` };
  });
  // The write has ended before the flush looks for pages to wait for, or it waits.
  assertEquals(ends.complete, { [`${-EIO},0 1`]: 2 });
});

Deno.test("a page wholly beyond the end of the file is not written, and the rest of the last page is zeroed", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 2, size: 1, bounds: { sectorsPerPage: 2 } });
    file.cacheDirty(0, ["A", "B"]);
    file.cacheDirty(1, ["C", "D"]);
    world.spawn("T1", () => filemapWriteAndWait(file.mapping));
    return { finalState: () => `${file.written} ${file.cached} ${file.disk[0].peek} ${file.disk[1].peek}` };
  });
  assertEquals(ends.complete, { "0 A,0 C,D - - A 0": 2 });
});

Deno.test("a page lock that is never given back keeps a flush waiting, with the page named", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 1 });
    const folio = file.cacheDirty(0, ["A"]);
    world.spawn("T1", function* () {
      yield* folio.lock.lock();
      yield* filemapWriteAndWait(file.mapping);
    });
    return {};
  });
  assertEquals(ends.deadlocked, { "T1 waits page(F,0) (T1)": 1 });
});
