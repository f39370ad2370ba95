import { assertEquals } from "@std/assert";
import type { Bio } from "../../src/machine/bio.ts";
import { BlockDevice, type BlockDeviceOptions } from "../../src/machine/block_device.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import { Identities } from "../../src/machine/identities.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { initialToken } from "../../src/machine/tokens.ts";
import { Variable } from "../../src/machine/variable.ts";
import { Sector, ZERO_MEMORY } from "../../src/machine/page_memory.ts";
import { World } from "../../src/machine/world.ts";
import { crash, explore } from "./exploring.ts";

const OPTIONS: BlockDeviceOptions = {
  sectors: 4,
  sectorsPerBlock: 2,
  initial: (sector) => sector < 2 ? initialToken("F", sector) : undefined,
};

function buffer(world: World, ...tokens: string[]): Sector[] {
  return tokens.map((token) => new Sector(world, token));
}

function disk(device: BlockDevice): string {
  return Array.from({ length: device.sectors }, (_, sector) => device.peek(sector)).join(" ");
}

Deno.test("two writes of the same two sectors land in any order, per sector", () => {
  const { complete, classes } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    device.submit(device.bio({ op: "write", memory: buffer(world, "a0", "a1") }));
    device.submit(device.bio({ op: "write", memory: buffer(world, "b0", "b1") }));
    return { finalState: () => disk(device) };
  });
  const rest = "STALE(1,0) STALE(1,0)";
  assertEquals(complete, { [`a0 a1 ${rest}`]: 1, [`a0 b1 ${rest}`]: 1, [`b0 a1 ${rest}`]: 1, [`b0 b1 ${rest}`]: 1 });
  assertEquals(classes, 4);
});

Deno.test("a write that overlaps another by one sector races with it for that sector only", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    device.submit(device.bio({ op: "write", sector: 0, memory: buffer(world, "a0", "a1") }));
    device.submit(device.bio({ op: "write", sector: 1, memory: buffer(world, "b0", "b1") }));
    return { finalState: () => disk(device) };
  });
  assertEquals(complete, { "a0 a1 b1 STALE(1,0)": 1, "a0 b0 b1 STALE(1,0)": 1 });
});

Deno.test("a read beside a write sees each sector old or new", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const into = buffer(world, "-", "-");
    device.submit(device.bio({ op: "write", memory: buffer(world, "a0", "a1") }));
    device.submit(device.bio({ op: "read", memory: into }));
    return { finalState: () => into.map(({ peek }) => peek).join(" ") };
  });
  assertEquals(complete, { "I(F,0) I(F,1)": 1, "I(F,0) a1": 1, "a0 I(F,1)": 1, "a0 a1": 1 });
});

Deno.test("reads commute with reads, and with writes of other sectors", () => {
  const { classes } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    device.submit(device.bio({ op: "read", sector: 0, memory: buffer(world, "-", "-") }));
    device.submit(device.bio({ op: "read", sector: 0, memory: buffer(world, "-", "-") }));
    device.submit(device.bio({ op: "write", sector: 2, memory: [ZERO_MEMORY, ZERO_MEMORY] }));
  });
  assertEquals(classes, 1);
});

Deno.test("a store into a buffer that is being written goes to the disk or not", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const from = buffer(world, "a0", "a1");
    device.submit(device.bio({ op: "write", memory: from }));
    world.spawn("T1", function* () {
      yield;
      from[1].store("later");
    });
    return { finalState: () => device.peek(1) };
  });
  assertEquals(complete, { a1: 1, later: 1 });
});

Deno.test("bios end in any order, and what their ends do is done in that order", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const order = new Variable(world, "order", "");
    const endIo = (bio: Bio) => order.set(order.get() + bio.id + " ");
    for (let sector = 0; sector < 3; sector++) {
      device.submit(device.bio({ op: "write", sector, memory: [ZERO_MEMORY], endIo }));
    }
    return { finalState: () => order.peek };
  });
  assertEquals(Object.values(complete), [1, 1, 1, 1, 1, 1]);
});

Deno.test("who waits for a bio goes on when it has ended", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const into = buffer(world, "-");
    let seen = "";
    world.spawn("T1", function* () {
      const error = yield* device.submitAndWait({ op: "read", sector: 1, memory: into });
      yield;
      seen = `${error} ${into[0].load()}`;
    });
    return { finalState: () => seen };
  });
  assertEquals(complete, { "0 I(F,1)": 1 });
});

Deno.test("who waits for a bio that it has not submitted waits for itself", () => {
  const { deadlocked, classes } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    world.spawn("T1", function* () {
      yield;
      yield* device.wait(device.bio({ op: "read", memory: buffer(world, "-") }));
    });
  });
  assertEquals(deadlocked, { "T1 waits bio(T1.0) (T1)": 1 });
  assertEquals(classes, 1);
});

Deno.test("the end of a bio may not take a lock that sleeps", () => {
  const { findings, complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const mutex = new Mutex(world, "i_mutex(F)");
    device.submit(device.bio({
      op: "read",
      memory: buffer(world, "-"),
      *endIo() {
        yield* mutex.lock();
        yield* mutex.unlock();
      },
    }));
    return { finalState: () => "" };
  });
  assertEquals(findings, { "BUG_CONTEXT: mutex_lock of i_mutex(F) may sleep, in irq context": 1 });
  assertEquals(complete, { "": 1 });
});

Deno.test("a bad sector fails the bios that have it, and only keeps back itself", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, errors: [{ sector: 1, op: "write" }] });
    const bio = device.bio({ op: "write", memory: buffer(world, "a0", "a1") });
    device.submit(bio);
    return { finalState: () => `${bio.error} ${disk(device)}` };
  });
  assertEquals(complete, { "-5 a0 I(F,1) STALE(1,0) STALE(1,0)": 1 });
});

Deno.test("a bio that perhaps fails does both", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, errors: [{ bio: "setup.0", happens: "perhaps", errno: 28 }] });
    const bio = device.bio({ op: "write", memory: buffer(world, "a0") });
    device.submit(bio);
    return { finalState: () => `${bio.error} ${device.peek(0)}` };
  });
  assertEquals(complete, { "0 a0": 1, "-28 I(F,0)": 1 });
});

Deno.test("what a former owner left in a block reads as stale until it is written over", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, OPTIONS);
    const into = buffer(world, "-", "-");
    world.spawn("T1", function* () {
      yield* device.submitAndWait({ op: "write", sector: 1, memory: buffer(world, "a1") });
      yield;
      device.blockFreed(0);
      yield* device.submitAndWait({ op: "write", sector: 0, memory: buffer(world, "b0") });
      yield* device.submitAndWait({ op: "read", sector: 0, memory: into });
    });
    return { finalState: () => into.map(({ peek }) => peek).join(" ") };
  });
  assertEquals(complete, { "b0 STALE(0,1)": 1 });
});

/** The first two sectors after a crash. */
function withImage(device: BlockDevice): Prepared {
  return {
    crash: {
      durableVersion: () => device.durableVersion(),
      recover: (pick) => {
        const image = new DiskImage(device, pick);
        return `${image.read(0)} ${image.read(1)}`;
      },
    },
  };
}

Deno.test("a crash in a write leaves any subset of its sectors", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, crashOrder: new CrashOrder(world) });
    device.submit(device.bio({ op: "write", memory: buffer(world, "a0", "a1") }));
    return withImage(device);
  });
  assertEquals(found, ["I(F,0) I(F,1)", "I(F,0) a1", "a0 I(F,1)", "a0 a1"]);
});

/** What may be left when a crash comes after task T1 has done everything. */
function afterwards(options: Partial<BlockDeviceOptions>, flags: "FUA" | "SYNC", last: "flush" | "none"): string[] {
  return crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, crashOrder: new CrashOrder(world), ...options });
    let done = false;
    world.spawn("T1", function* () {
      yield* device.submitAndWait({ op: "write", sector: 0, memory: buffer(world, "a0"), flags: [flags] });
      yield* device.submitAndWait({ op: "write", sector: 0, memory: buffer(world, "b0"), flags: [flags] });
      if (last === "flush") yield* device.submitAndWait({ op: "flush" });
      done = true;
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion() * 2 + (done ? 1 : 0),
        recover: (pick) => done ? new DiskImage(device, pick).read(0) : "early",
      },
    };
  });
}

Deno.test("without a volatile cache what a bio has written is durable at its end", () => {
  assertEquals(afterwards({}, "SYNC", "none"), ["b0", "early"]);
});

Deno.test("a volatile cache may lose what has not been flushed, newest first", () => {
  assertEquals(afterwards({ volatileCache: "volatile" }, "SYNC", "none"), ["I(F,0)", "a0", "b0", "early"]);
  assertEquals(afterwards({ volatileCache: "volatile" }, "FUA", "none"), ["b0", "early"]);
  assertEquals(afterwards({ volatileCache: "volatile" }, "SYNC", "flush"), ["b0", "early"]);
});

Deno.test("a flush covers the writes that had ended when it was submitted, no others", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder: new CrashOrder(world) });
    const bio = device.bio({ op: "write", sector: 0, memory: buffer(world, "a0") });
    device.submit(bio);
    let flushed = "early";
    world.spawn("T1", function* () {
      yield;
      const before = bio.ended.read() === 1 ? "after the end" : "before the end";
      const flush = device.bio({ op: "flush" });
      device.submit(flush);
      yield flush.whenEnded;
      flushed = before;
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion() + flushed.length * 1000,
        recover: (pick) => flushed === "early" ? flushed : `${flushed}: ${new DiskImage(device, pick).read(0)}`,
      },
    };
  });
  assertEquals(found, ["after the end: a0", "before the end: I(F,0)", "before the end: a0", "early"]);
});

Deno.test("a write with PREFLUSH is not on the disk before what it flushes", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder: new CrashOrder(world) });
    world.spawn("T1", function* () {
      yield* device.submitAndWait({ op: "write", sector: 0, memory: buffer(world, "data") });
      yield* device.submitAndWait({
        op: "write",
        sector: 1,
        memory: buffer(world, "commit"),
        flags: ["PREFLUSH", "FUA"],
      });
    });
    return withImage(device);
  });
  assertEquals(found, ["I(F,0) I(F,1)", "data I(F,1)", "data commit"]);
});

Deno.test("a crash finds what a write in flight would have taken from memory", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, crashOrder: new CrashOrder(world) });
    const from = buffer(world, "a0");
    world.spawn("T1", function* () {
      yield;
      device.submit(device.bio({ op: "write", memory: from }));
      yield;
      from[0].store("b0");
    });
    return withImage(device);
  });
  assertEquals(found, ["I(F,0) I(F,1)", "a0 I(F,1)", "b0 I(F,1)"]);
});

Deno.test("a flush that is submitted before a write ends does not cover it, even if it ends later", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder: new CrashOrder(world) });
    const flush = device.bio({ op: "flush" });
    let order = "";
    const bio = device.bio({
      op: "write",
      memory: buffer(world, "a0", "a1"),
      endIo: () => void (order = flush.ended.read() === 0 ? "write, flush" : "flush, write"),
    });
    device.submit(bio);
    world.spawn("T1", function* () {
      yield;
      device.submit(flush);
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion(),
        recover: (pick) => {
          if (!flush.hasEnded) return "early";
          const content = new DiskImage(device, pick).read(0);
          return bio.hasEnded ? `${order}: ${content}` : `flush: ${content}`;
        },
      },
    };
  });
  assertEquals(
    found,
    [
      "early",
      "flush, write: I(F,0)",
      "flush, write: a0",
      "write, flush: I(F,0)",
      "write, flush: a0",
      "flush: I(F,0)",
      "flush: a0",
    ].sort(),
  );
});

Deno.test("whether a flush covers a write depends on which came first, though neither looks at the other", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder: new CrashOrder(world) });
    const bio = device.bio({ op: "write", memory: buffer(world, "a0") });
    device.submit(bio);
    const flush = device.bio({ op: "flush" });
    world.spawn("T1", function* () {
      yield;
      device.submit(flush);
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion(),
        recover: (pick) => bio.hasEnded && flush.hasEnded ? new DiskImage(device, pick).read(0) : "early",
      },
    };
  });
  assertEquals(found, ["I(F,0)", "a0", "early"]);
});

/** Contents of a sector that may be left now. */
function survivors(device: BlockDevice, sector: number): string[] {
  return device.survivors(sector).map(({ token }) => token);
}

Deno.test("what is stored into memory after its sector was moved is not on the disk", () => {
  const world = new World(new Identities());
  const device = new BlockDevice(world, { ...OPTIONS, crashOrder: new CrashOrder(world) });
  const from = buffer(world, "a0", "a1");
  const bio = device.bio({ op: "write", memory: from });
  device.submit(bio);
  world.step(bio.task!, 0);
  from[0].store("later");
  from[1].store("in time");
  assertEquals([survivors(device, 0), survivors(device, 1)], [["I(F,0)", "a0"], ["I(F,1)"]]);
  world.step(bio.task!, 0);
  assertEquals([survivors(device, 0), survivors(device, 1)], [["I(F,0)", "a0"], ["I(F,1)", "in time"]]);
});

Deno.test("what a write that failed has moved may be left or not", () => {
  const world = new World(new Identities());
  const device = new BlockDevice(world, { ...OPTIONS, errors: [{ sector: 1 }] });
  const bio = device.bio({ op: "write", memory: buffer(world, "a0", "a1") });
  device.submit(bio);
  while (world.isEnabled(bio.task!)) world.step(bio.task!, 0);
  assertEquals([bio.hasEnded, bio.error], [true, -5]);
  assertEquals(survivors(device, 0), ["I(F,0)", "a0"]);
  assertEquals(survivors(device, 1), ["I(F,1)"]);
});

Deno.test("a bio that is submitted twice is reported", () => {
  const world = new World(new Identities());
  const device = new BlockDevice(world, { ...OPTIONS, crashOrder: new CrashOrder(world) });
  const bio = device.bio({ op: "read", memory: buffer(world, "-") });
  device.submit(bio);
  device.submit(bio);
  assertEquals(world.findings.map(({ text }) => text), ["bio(setup.0) is submitted twice"]);
});

Deno.test("a flush covers the newest content whose write had ended, not one that is being written over it", () => {
  const world = new World(new Identities());
  const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder: new CrashOrder(world) });
  const bios = ["a0", "b0"].map((token) => device.bio({ op: "write", memory: buffer(world, token) }));
  for (const bio of bios) device.submit(bio);
  const [first, second] = bios.map((bio) => bio.task!);
  while (world.isEnabled(first)) world.step(first, 0);
  world.step(second, 0);
  const flush = device.bio({ op: "flush" });
  device.submit(flush);
  assertEquals(survivors(device, 0), ["I(F,0)", "a0", "b0"]);
  while (world.isEnabled(flush.task!)) world.step(flush.task!, 0);
  assertEquals(survivors(device, 0), ["a0", "b0"]);
});

Deno.test("a crash finds what a write that will fail has moved without what is flushed beside it", () => {
  const found = crash((world) => {
    const crashOrder = new CrashOrder(world);
    const errors = [{ sector: 2 }];
    const device = new BlockDevice(world, { ...OPTIONS, volatileCache: "volatile", crashOrder, errors });
    const endIo = () => device.submit(device.bio({ op: "flush" }));
    device.submit(device.bio({ op: "write", sector: 0, memory: buffer(world, "a0"), endIo }));
    world.spawn("T1", function* () {
      yield;
      device.submit(device.bio({ op: "write", sector: 1, memory: buffer(world, "b1", "b2") }));
    });
    return withImage(device);
  });
  assertEquals(found, ["I(F,0) I(F,1)", "I(F,0) b1", "a0 I(F,1)", "a0 b1"]);
});
