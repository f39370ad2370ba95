import { assertEquals, assertThrows } from "@std/assert";
import { isWaitedEntry } from "../../src/machine/address_space.ts";
import { Folio } from "../../src/machine/folio.ts";
import { Placeholder, XALockEntry } from "../../src/machine/page_tree_entry.ts";
import { explore } from "./exploring.ts";
import { MemoryFile } from "./memory_file.ts";

Deno.test("placeholders are no pages: nrpages does not count them, and lookups of pages leave them out of what they took", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world, { pages: 4 });
    const { mapping } = file;
    mapping.insert(0, new Placeholder(world, "F", 0, 0, "dio(0)"));
    mapping.insert(1, new Placeholder(world, "F", 1, 1, "dio(0)"));
    file.cache(2);
    file.cache(3);
    const task = world.spawn("T1", function* () {
      yield;
      return [
        mapping.nrpages.get(),
        mapping.nrentries.get(),
        mapping.folioAt(0),
        mapping.findGetPages(0, 2).length,
        mapping.findGetPages(0, 3).length,
        mapping.findGetPages(1, 3).length,
        mapping.gangLookup(0, 2, 8).length,
      ];
    });
    return { finalState: () => String(task.result) };
  });
  // Two of four entries are pages; a lookup of two entries from 0 finds none of them although they are there.
  assertEquals(ends.complete, { "2,4,,0,1,2,3": 1 });
});

Deno.test("who meets a placeholder waits from the same step on and looks again: no wake-up is lost", () => {
  for (const kind of ["placeholder", "xa_lock_entry"] as const) {
    const ends = explore((world) => {
      const { mapping } = new MemoryFile(world);
      const entry = kind === "placeholder"
        ? new Placeholder(world, "F", 0, 1, "dio(0)")
        : new XALockEntry(world, "F", 1, "dio(0)");
      mapping.insert(1, entry);
      const task = world.spawn("T1", function* () {
        let waited = 0;
        for (;;) {
          yield;
          const found = mapping.entryAt(1);
          if (!isWaitedEntry(found)) return waited;
          waited++;
          yield found.whenGone;
        }
      });
      world.spawn("irq", function* () {
        yield;
        mapping.remove(1);
        entry.wake();
      }, { context: "irq" });
      return { finalState: () => String(task.result) };
    });
    assertEquals([ends.complete, ends.deadlocked], [{ "0": 1, "1": 1 }, {}]);
  }
});

Deno.test("a task that waits for its own placeholder or locked entry waits for ever, with the owner named", () => {
  const ends = explore((world) => {
    const { mapping } = new MemoryFile(world);
    world.spawn("T1", function* (task) {
      yield;
      mapping.insert(1, new Placeholder(world, "F", 0, 1, task));
      yield;
      const found = mapping.entryAt(1);
      if (isWaitedEntry(found)) yield found.whenGone;
    });
    world.spawn("T2", function* (task) {
      yield;
      const entry = new XALockEntry(world, "F", 3, task);
      mapping.insert(3, entry);
      yield entry.whenGone;
    });
  });
  assertEquals(ends.deadlocked, {
    "T1 waits placeholder(F,[0,1]) (T1); T2 waits xa_lock_entry(F,3) (T2)": 1,
  });
});

Deno.test("tag EXTENTS goes when the tree becomes empty, not before", () => {
  explore((world) => {
    const file = new MemoryFile(world);
    const { mapping } = file;
    file.cache(0);
    mapping.extentsTag.testAndSet();
    mapping.insert(1, new Placeholder(world, "F", 1, 1, "dio(0)"));
    mapping.remove(0);
    assertEquals(mapping.extentsTag.peek, true);
    mapping.remove(1);
    assertEquals([mapping.extentsTag.peek, mapping.nrentries.peek, mapping.nrpages.peek], [false, 0, 0]);
  });
});

Deno.test("the DIRTY tag stays from the cleaning of a page until its writeback starts", () => {
  explore((world) => {
    const file = new MemoryFile(world);
    const folio = file.cacheDirty(0, ["A"]);
    const tags = () => [file.mapping.peekTag(0, "DIRTY"), file.mapping.peekTag(0, "WRITEBACK")];
    folio.dirty.testAndClear();
    assertEquals(tags(), [true, false]);
    folio.startWriteback("bio(0)");
    assertEquals(tags(), [false, true]);
    folio.setDirty();
    assertEquals(tags(), [true, true]);
    folio.endWriteback();
    assertEquals(tags(), [true, false]);
    file.mapping.remove(0);
    assertEquals([tags(), folio.mapping], [[false, false], null]);
    folio.cancelDirty();
    folio.setDirty();
    assertEquals(tags(), [false, false]);
  });
});

Deno.test("a slot holds one entry; a new page takes the place of what an evicted one left", () => {
  explore((world) => {
    const file = new MemoryFile(world);
    const { mapping } = file;
    mapping.insert(0, { kind: "shadow" });
    assertEquals([mapping.nrentries.peek, mapping.nrpages.peek], [1, 0]);
    const folio = new Folio(world, mapping, 0);
    assertEquals(mapping.tryAdd(folio), true);
    assertEquals([mapping.nrentries.peek, mapping.nrpages.peek, folio.lock.peek], [1, 1, true]);
    assertEquals(mapping.tryAdd(new Folio(world, mapping, 0)), false);
    assertThrows(() => mapping.insert(0, { kind: "shadow" }), Error, "slot 0 of the page tree is in use");
    assertThrows(() => mapping.remove(1), Error, "slot 1 of the page tree is empty");
  });
});

Deno.test("of two tasks that add a page one succeeds; the other finds its page", () => {
  const ends = explore((world) => {
    const { mapping } = new MemoryFile(world);
    const pages: Folio[] = [];
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const folio = yield* mapping.grabPage(0);
        pages.push(folio);
        yield* folio.lock.unlock();
        folio.put();
      });
    }
    return { finalState: () => `${pages[0] === pages[1]} ${mapping.nrpages.peek} ${mapping.leftOver()}` };
  });
  assertEquals([Object.keys(ends.complete), ends.deadlocked], [["true 1 "], {}]);
});

Deno.test("a page that was removed while one waited for its lock is looked up again", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world);
    const folio = file.cache(0);
    folio.lock.set("T2");
    const task = world.spawn("T1", function* () {
      const found = yield* file.mapping.findLockPage(0);
      return found === null ? "none" : found === folio ? "removed page" : "page";
    });
    world.spawn("T2", function* () {
      yield;
      file.mapping.remove(0);
      yield;
      folio.lock.clear();
    });
    return { finalState: () => `${task.result} ${file.mapping.leftOver()} ${folio.lock.peek}` };
  });
  assertEquals([Object.keys(ends.complete), ends.deadlocked], [["none  false"], {}]);
});

Deno.test("looking a page up does not depend on who makes it dirty, nor on other pages", () => {
  const ends = explore((world) => {
    const file = new MemoryFile(world);
    const folio = file.cache(0);
    world.spawn("T1", () => file.mapping.findGetPage(0));
    world.spawn("T2", function* () {
      yield;
      folio.setDirty();
    });
    world.spawn("T3", () => file.mapping.addToPageCache(new Folio(world, file.mapping, 1)));
    world.spawn("T4", () => file.mapping.addToPageCache(new Folio(world, file.mapping, 2)));
  });
  assertEquals(ends.classes, 1);
});

Deno.test("references that are not given back are named", () => {
  explore((world) => {
    const file = new MemoryFile(world);
    file.cache(1).get();
    assertEquals(file.mapping.leftOver(), ["page(F,1) has 1 references that nobody gives back"]);
  });
});
