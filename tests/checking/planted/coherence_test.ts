import { assertEquals } from "@std/assert";
import { Mutex } from "../../../src/machine/mutex.ts";
import type { Steps } from "../../../src/machine/task.ts";
import { initialToken, writeToken, ZERO } from "../../../src/machine/tokens.ts";
import { Variable } from "../../../src/machine/variable.ts";
import type { FolioRecord } from "../../../src/systems/run_record.ts";
import { checkPlanted, type Toy, type ToyCall, type ToyOperation, toyProgram, untouchedFile } from "./runner.ts";

interface Cached {
  readonly token: string;
  readonly dirty: boolean;
}

/** F as blocks and folios of one sector, each looked at and changed in a step. */
class ToyFile {
  readonly disk: Variable<string>[];
  readonly cache: Variable<Cached | null>[];

  constructor({ world }: Toy, sectors = 1) {
    const all = Array.from({ length: sectors }, (_, sector) => sector);
    this.disk = all.map((sector) => new Variable(world, `block ${sector}`, initialToken("F", sector)));
    this.cache = all.map((sector) => new Variable<Cached | null>(world, `page(F,${sector})`, null));
  }

  /** A buffered read of a sector: of the folio, which is filled when it is missing. */
  *readCached(call: ToyCall, sector: number): Steps {
    yield;
    const folio = this.cache[sector].get();
    if (folio !== null) return call.saw(sector, folio.token, "cached");
    yield;
    const token = this.disk[sector].get();
    yield;
    if (this.cache[sector].get() === null) this.cache[sector].set({ token, dirty: false });
    call.saw(sector, token, "cached");
  }

  *readDirect(call: ToyCall, sector: number): Steps {
    yield;
    call.saw(sector, this.disk[sector].get(), "direct");
  }

  *writeDirect(call: ToyCall, sector: number): Steps {
    yield;
    const token = writeToken(call.record.name, sector);
    this.disk[sector].set(token);
    call.wrote(sector, token, "direct");
  }

  *writeCached(call: ToyCall, sector: number): Steps {
    yield;
    const token = writeToken(call.record.name, sector);
    this.cache[sector].set({ token, dirty: true });
    call.wrote(sector, token, "cached");
  }

  *invalidate(sector: number): Steps {
    yield;
    this.cache[sector].set(null);
  }

  *writeBack(sector: number): Steps {
    yield;
    const folio = this.cache[sector].get();
    if (folio === null || !folio.dirty) return;
    yield;
    this.disk[sector].set(folio.token);
    yield;
    this.cache[sector].set({ token: folio.token, dirty: false });
  }

  end() {
    const folios = this.cache.flatMap((folio, index): FolioRecord[] =>
      folio.peek === null ? [] : [{
        index,
        uptodate: true,
        dirty: folio.peek.dirty,
        dirtyPte: false,
        locked: false,
        writeback: false,
        tokens: [folio.peek.token],
      }]
    );
    return [untouchedFile(this.disk.length, { media: this.disk.map(({ peek }) => peek), folios })];
  }
}

function operation(
  kind: ToyOperation["kind"],
  sectors: number,
  body: (call: ToyCall) => Steps,
  more: Partial<ToyOperation> = {},
): ToyOperation {
  return {
    kind,
    len: sectors,
    *body(call) {
      yield* body(call);
      return sectors;
    },
    ...more,
  };
}

const direct = { direct: "direct" } as const;

Deno.test("a direct write that only invalidates before it writes leaves a stale page in the cache", () => {
  const program = (invalidates: "before" | "behind") =>
    toyProgram(invalidates, (toy) => {
      const file = new ToyFile(toy);
      toy.task(
        "T1",
        operation("pwrite", 1, function* (call) {
          if (invalidates === "before") yield* file.invalidate(0);
          yield* file.writeDirect(call, 0);
          if (invalidates === "behind") yield* file.invalidate(0);
        }, direct),
        operation("pread", 1, (call) => file.readCached(call, 0)),
      );
      // It fills the page with what it read before, and adds it only where there is none.
      toy.task(
        "T2",
        operation("pread", 1, function* (call) {
          yield;
          const token = file.disk[0].get();
          file.cache[0].set({ token, dirty: false });
          call.saw(0, token, "cached");
        }),
      );
      return { files: () => file.end() };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "STALE_CACHE",
    defect: program("before"),
    repaired: program("behind"),
    switches: 2,
  });
  assertEquals(found.subject.operations, ["T1#1", "T1#0"]);
  assertEquals(
    found.text,
    "T1#1 (pread F[0]) returned I(F,0) for sector 0 of F from the page cache after T1#0 (pwrite dio F[0]) had " +
      "written W(T1#0,0) and returned. The block holds W(T1#0,0): what served the read was neither updated nor invalidated.",
  );
});

Deno.test("a direct write that does not flush is overwritten by the older dirty page", () => {
  const program = (first: "writes" | "flushes") =>
    toyProgram(first, (toy) => {
      const file = new ToyFile(toy);
      toy.task(
        "T1",
        operation("pwrite", 1, (call) => file.writeCached(call, 0)),
        operation("pwrite", 1, function* (call) {
          if (first === "flushes") {
            yield* file.writeBack(0);
            yield* file.invalidate(0);
          }
          yield* file.writeDirect(call, 0);
        }, direct),
        operation("fsync", 1, () => file.writeBack(0)),
      );
      return { files: () => file.end() };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "LOST_UPDATE",
    defect: program("writes"),
    repaired: program("flushes"),
    switches: 0,
  });
  assertEquals(
    found.text,
    "When all is done sector 0 of F holds W(T1#0,0) in the block after T1#1 (pwrite dio F[0]) had written W(T1#1,0) " +
      "there. Older data was written over it, or it never reached the block.",
  );
});

Deno.test("a read of a block that is freed and used again returns another file's data unless a lock keeps it", () => {
  const program = (how: "unlocked" | "locked") =>
    toyProgram(how, (toy) => {
      const file = new ToyFile(toy);
      const mapped = new Variable(toy.world, "map(F,0)", "written" as "written" | "hole");
      const lock = how === "locked" ? new Mutex(toy.world, "i_mutex(F)") : null;
      toy.task(
        "T1",
        operation("pread", 1, function* (call) {
          if (lock !== null) yield* lock.lock();
          yield;
          if (mapped.get() === "hole") call.saw(0, ZERO, "direct");
          else yield* file.readDirect(call, 0);
          if (lock !== null) yield* lock.unlock();
        }, direct),
      );
      toy.task("T2", {
        kind: "fallocate",
        flags: ["FALLOC_FL_PUNCH_HOLE", "FALLOC_FL_KEEP_SIZE"],
        *body() {
          if (lock !== null) yield* lock.lock();
          yield;
          mapped.set("hole");
          yield;
          file.disk[0].set(initialToken("G", 0));
          if (lock !== null) yield* lock.unlock();
          return 0;
        },
      });
      return { files: () => [untouchedFile(1, { blocks: [], media: [ZERO] })] };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "STALE_DATA",
    defect: program("unlocked"),
    repaired: program("locked"),
    switches: 2,
  });
  assertEquals(found.subject.operations, ["T1#0"]);
});

Deno.test("a read that follows a write into an unwritten extent returns zeros when the conversion is only queued", () => {
  const program = (conversion: "queued" | "waited_for") =>
    toyProgram(conversion, (toy) => {
      const state = new Variable(toy.world, "map(F,0)", "unwritten" as "unwritten" | "written");
      const disk = new Variable(toy.world, "block 0", "STALE(0,0)");
      const converted = function* () {
        yield;
        state.set("written");
      };
      toy.task(
        "T1",
        operation("pwrite", 1, function* (call) {
          yield;
          disk.set(writeToken("T1#0", 0));
          call.wrote(0, writeToken("T1#0", 0), "direct");
          const worker = toy.world.spawn("kworker", converted, { context: "workqueue" });
          if (conversion === "waited_for") yield worker.whenEnded;
        }, direct),
        operation("pread", 1, function* (call) {
          yield;
          const found = state.get();
          if (found === "written") call.saw(0, disk.get(), "direct");
          else call.record.reads.push({ sector: 0, token: ZERO, way: "direct", zeroFrom: found });
        }, direct),
      );
      return { files: () => [untouchedFile(1, { media: [disk.peek] })] };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "UNCONVERTED",
    defect: program("queued"),
    repaired: program("waited_for"),
    switches: 1,
  });
  assertEquals(found.subject.attributes, ["window"]);
});

Deno.test("a page stays mapped when invalidation removes it and does not look at page tables", () => {
  const program = (invalidation: "leaves_ptes" | "zaps_ptes") =>
    toyProgram(invalidation, (toy) => {
      const file = new ToyFile(toy);
      const pte = new Variable<string | null>(toy.world, "pte", null);
      toy.task(
        "T1",
        operation("load", 1, function* (call) {
          yield;
          const token = file.disk[0].get();
          file.cache[0].set({ token, dirty: false });
          pte.set(token);
          call.saw(0, token, "mapped");
        }),
      );
      toy.task(
        "T2",
        operation("pwrite", 1, function* (call) {
          yield* file.writeDirect(call, 0);
          yield;
          file.cache[0].set(null);
          if (invalidation === "zaps_ptes") pte.set(null);
        }, direct),
      );
      return {
        files() {
          const [end] = file.end();
          const tokens = pte.peek === null ? [] : [pte.peek];
          const current = file.cache[0].peek !== null;
          const ptes = tokens.length === 0
            ? []
            : [{ task: "T1", vpn: 0, index: 0, maps: "page(F,0)", current, tokens, private: false }];
          return [{ ...end, ptes }];
        },
      };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "STALE_MAPPING",
    defect: program("leaves_ptes"),
    repaired: program("zaps_ptes"),
    switches: 1,
  });
  assertEquals(found.subject.tasks, ["T1", "T2"]);
});

/** Two tasks at two sectors, one write and one operation more, behind a lock or not. */
function twoSectors(anomaly: "TORN_READ" | "OVERLAP_MIX", how: "unlocked" | "locked") {
  return toyProgram(how, (toy) => {
    const file = new ToyFile(toy, 2);
    const lock = how === "locked" ? new Mutex(toy.world, "i_mutex(F)") : null;
    const both = (kind: "pread" | "pwrite") =>
      operation(kind, 2, function* (call) {
        if (lock !== null) yield* lock.lock();
        for (const sector of [0, 1]) {
          if (kind === "pwrite") yield* file.writeDirect(call, sector);
          else yield* file.readDirect(call, sector);
        }
        if (lock !== null) yield* lock.unlock();
      }, direct);
    toy.task("T1", both("pwrite"));
    toy.task("T2", both(anomaly === "TORN_READ" ? "pread" : "pwrite"));
    return { files: () => file.end() };
  }, { size: 2 });
}

Deno.test("a read beside a write sees half of it unless a lock is between them", () => {
  const found = checkPlanted({
    anomaly: "TORN_READ",
    defect: twoSectors("TORN_READ", "unlocked"),
    repaired: twoSectors("TORN_READ", "locked"),
    switches: 2,
  });
  assertEquals(found.subject.operations, ["T2#0", "T1#0"]);
});

Deno.test("two writes of the same sectors leave a mix unless a lock is between them", () => {
  const found = checkPlanted({
    anomaly: "OVERLAP_MIX",
    defect: twoSectors("OVERLAP_MIX", "unlocked"),
    repaired: twoSectors("OVERLAP_MIX", "locked"),
    switches: 2,
  });
  assertEquals([...found.subject.operations!].sort(), ["T1#0", "T2#0"]);
});

Deno.test("a direct write and a store at once are told, one behind the other is not", () => {
  const program = (when: "at_once" | "in_turn") =>
    toyProgram(when, (toy) => {
      const file = new ToyFile(toy);
      const write = operation("pwrite", 1, function* (call) {
        yield* file.writeDirect(call, 0);
        yield* file.invalidate(0);
      }, direct);
      const store = operation("store", 1, function* (call) {
        yield;
        const token = writeToken(call.record.name, 0);
        file.cache[0].set({ token, dirty: true });
        call.wrote(0, token, "mapped");
      });
      if (when === "in_turn") toy.task("T1", write, store);
      else {
        toy.task("T1", write);
        toy.task("T2", store);
      }
      return { files: () => file.end() };
    }, { size: 1 });
  checkPlanted({ anomaly: "MIXED_RACE", defect: program("at_once"), repaired: program("in_turn"), switches: 2 });
});

Deno.test("while a direct write is in flight a direct read may see it and a later cached one the old page", () => {
  const program = (second: "cached" | "direct") =>
    toyProgram(second, (toy) => {
      const file = new ToyFile(toy);
      toy.task(
        "T1",
        operation("pwrite", 1, function* (call) {
          yield* file.writeDirect(call, 0);
          yield* file.invalidate(0);
        }, direct),
      );
      toy.task(
        "T2",
        operation("pread", 1, (call) => file.readCached(call, 0)),
        operation("pread", 1, (call) => file.readDirect(call, 0), direct),
        second === "cached"
          ? operation("pread", 1, (call) => file.readCached(call, 0))
          : operation("pread", 1, (call) => file.readDirect(call, 0), direct),
      );
      return { files: () => file.end() };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "STALE_WINDOW",
    defect: program("cached"),
    repaired: program("direct"),
    switches: 3,
  });
  assertEquals(found.subject.operations, ["T2#2", "T1#0", "T2#1"]);
});

Deno.test("two writes of persistent memory word by word tear a sector unless a lock is between them", () => {
  const program = (how: "unlocked" | "locked") =>
    toyProgram(how, (toy) => {
      const words = [0, 1].map((word) => new Variable(toy.world, `word ${word}`, initialToken("F", 0)));
      const lock = how === "locked" ? new Mutex(toy.world, "i_mutex(F)") : null;
      const write = operation("pwrite", 1, function* (call) {
        if (lock !== null) yield* lock.lock();
        const token = writeToken(call.record.name, 0);
        for (const word of words) {
          yield;
          word.set(token);
        }
        call.wrote(0, token, "direct");
        if (lock !== null) yield* lock.unlock();
      }, direct);
      toy.task("T1", write);
      toy.task("T2", write);
      return {
        files() {
          const [first, second] = words.map(({ peek }) => peek);
          return [untouchedFile(1, { media: [first === second ? first : `TORN(${first}|${second})`] })];
        },
      };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "TORN_SECTOR",
    defect: program("unlocked"),
    repaired: program("locked"),
    switches: 2,
  });
  assertEquals(found.subject.sectors, [0]);
});

Deno.test("a read that trusts a size it sampled before another read saw the file grow contradicts it", () => {
  const program = (size: "sampled_early" | "sampled_in_time") =>
    toyProgram(size, (toy) => {
      const file = new ToyFile(toy, 2);
      const iSize = new Variable(toy.world, "i_size", 1);
      toy.task("T1", {
        kind: "pwrite",
        pos: 1,
        ...direct,
        *body(call) {
          yield* file.writeDirect(call, 1);
          yield;
          iSize.set(2);
          return 1;
        },
      });
      let sampled = 1;
      const second: ToyOperation = {
        kind: "pread",
        pos: 1,
        ...direct,
        *body(call) {
          yield;
          const now = size === "sampled_early" ? sampled : iSize.get();
          if (now > 1) call.saw(1, file.disk[1].get(), "direct");
          return now - 1;
        },
      };
      toy.task("T2", {
        kind: "fadvise",
        *body() {
          yield;
          sampled = iSize.get();
          return 0;
        },
      }, {
        kind: "pread",
        pos: 1,
        ...direct,
        *body(call) {
          yield;
          const now = iSize.get();
          if (now > 1) call.saw(1, file.disk[1].get(), "direct");
          return now - 1;
        },
      }, second);
      return { files: () => file.end() };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "WRONG_SIZE",
    defect: program("sampled_early"),
    repaired: program("sampled_in_time"),
    switches: 2,
  });
  assertEquals(found.subject.operations, ["T2#2"]);
});
