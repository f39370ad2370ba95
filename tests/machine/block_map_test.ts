import { assert, assertEquals, assertThrows } from "@std/assert";
import { BlockAllocator, type BlockAllocatorOptions, type BlockMedium } from "../../src/machine/block_allocator.ts";
import { BlockMap, type BlockMapOptions } from "../../src/machine/block_map.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import type { FileFormat, MetadataRecord, MetadataSink } from "../../src/machine/disk_metadata.ts";
import { Identities } from "../../src/machine/identities.ts";
import { ZERO_MEMORY } from "../../src/machine/page_memory.ts";
import { World } from "../../src/machine/world.ts";
import { explore } from "./exploring.ts";

const FORMAT: FileFormat = {
  file: "F",
  size: 8,
  blocks: [
    { lblk: 0, pblk: 0, state: "written" },
    { lblk: 1, pblk: 1, state: "written" },
    { lblk: 2, pblk: 5, state: "unwritten" },
  ],
};

const OPTIONS: BlockMapOptions = { sectorsPerBlock: 2, blocksMax: 8 };

/** Keeps the records, and gives freed blocks back at once. */
class Records implements MetadataSink {
  readonly list: MetadataRecord[] = [];
  readonly #allocator: BlockAllocator;

  constructor(allocator: BlockAllocator) {
    this.#allocator = allocator;
  }

  record(record: MetadataRecord): void {
    this.list.push(record);
  }

  free(pblks: readonly number[]): void {
    this.#allocator.release(pblks);
  }
}

class Medium implements BlockMedium {
  readonly freed: number[] = [];

  attach(): void {}

  ownerChanged(): void {}

  blockFreed(pblk: number): void {
    this.freed.push(pblk);
  }

  generation(pblk: number): number {
    return this.freed.filter((each) => each === pblk).length;
  }
}

function build(
  world: World,
  options: Partial<BlockMapOptions> = {},
  blocks: BlockAllocatorOptions = { free: [8, 9, 10, 12] },
  format = FORMAT,
) {
  const medium = new Medium();
  const allocator = new BlockAllocator(world, medium, blocks);
  const map = new BlockMap(world, allocator, format, { ...OPTIONS, ...options });
  return { medium, allocator, map, sink: new Records(allocator) };
}

const alone = (options?: Partial<BlockMapOptions>, blocks?: BlockAllocatorOptions) =>
  build(new World(new Identities()), options, blocks);

function states({ map }: { map: BlockMap }): string {
  return Array.from({ length: 8 }, (_, lblk) => {
    const pblk = map.peekBlock(lblk);
    return map.peek(lblk)[0] + (pblk ?? "");
  }).join(" ");
}

Deno.test("a lookup gives a run of one state that lies together on the device", () => {
  const { map } = alone();
  const run = { lblk: 0, isNew: false, isBoundary: false };
  assertEquals(map.getBlock(0, 8), { ...run, state: "written", blocks: 2, pblk: 0 });
  assertEquals(map.getBlock(0, 1), { ...run, state: "written", blocks: 1, pblk: 0 });
  assertEquals(map.getBlock(2, 4), { ...run, lblk: 2, state: "unwritten", blocks: 1, pblk: 5 });
  const apart = { ...FORMAT, blocks: [0, 1].map((lblk) => ({ lblk, pblk: lblk * 3, state: "written" as const })) };
  assertEquals(build(new World(new Identities()), {}, { free: [] }, apart).map.getBlock(0, 2).blocks, 1);
  assertEquals(map.getBlock(3, 3), { ...run, lblk: 3, state: "hole", blocks: 3, pblk: null });
});

Deno.test("creation leaves what is there, and ends a run where the device has no next block", () => {
  const made = alone();
  assertEquals(made.map.getBlockCreate(2, 2, "written", made.sink)?.state, "unwritten");
  assertEquals(made.map.getBlockCreate(3, 5, "unwritten", made.sink), {
    state: "unwritten",
    lblk: 3,
    blocks: 3,
    pblk: 8,
    isNew: true,
    isBoundary: false,
  });
  assertEquals(made.map.getBlockCreate(6, 2, "written", made.sink)?.blocks, 1);
  assertEquals(made.map.getBlockCreate(7, 1, "written", made.sink), null);
  assertEquals(states(made), "w0 w1 u5 u8 u9 u10 w12 h");
  assertEquals(made.sink.list.length, 4);
});

Deno.test("a configured allocation finds no space, and those before it are given", () => {
  const made = alone({}, { free: [8, 9, 10], enospcAt: [{ file: "F", lblk: 4 }] });
  assertEquals(made.map.getBlockCreate(3, 3, "written", made.sink)?.blocks, 1);
  assertEquals(made.map.getBlockCreate(4, 2, "written", made.sink), null);
  assertEquals(made.map.getBlockCreate(5, 1, "written", made.sink)?.pblk, 9);
});

Deno.test("blocks that are freed are the next to be had, lowest first, with a new generation", () => {
  const made = alone();
  assertEquals(made.map.trim(1, made.sink), [1, 5]);
  assertEquals(made.allocator.free, [1, 5, 8, 9, 10, 12]);
  assertEquals(made.medium.freed, [5, 1]);
  assertEquals(made.allocator.ownerOf(1), "free");
  made.map.getBlockCreate(6, 1, "written", made.sink);
  assertEquals(made.allocator.ownerOf(1), { file: "F", lblk: 6 });
  assertEquals(made.sink.list.at(-1), {
    kind: "map",
    file: "F",
    lblk: 6,
    block: { state: "written", pblk: 1, generation: 1 },
  });
});

Deno.test("a reservation becomes a block at writeback, and is no block until then", () => {
  const made = alone();
  made.map.reserve(3);
  made.map.reserve(0);
  assertEquals(made.map.getBlock(3, 4), {
    state: "delalloc",
    lblk: 3,
    blocks: 1,
    pblk: null,
    isNew: false,
    isBoundary: false,
  });
  assertEquals(made.sink.list, []);
  assertEquals(made.map.peekAllocatedFrom(2), [2]);
  assert(made.map.getBlockCreate(3, 1, "unwritten", made.sink)?.isNew);
  made.map.reserve(4);
  assertEquals(made.map.punch(3, 2, made.sink), [8]);
  assertEquals(states(made), "w0 w1 u5 h h h h h");
});

Deno.test("conversion makes unwritten blocks written, and touches no others", () => {
  const made = alone();
  assertEquals(made.map.convert(0, 8, made.sink), 1);
  assertEquals(made.map.convert(0, 8, made.sink), 0);
  assertEquals(states(made), "w0 w1 w5 h h h h h");
});

Deno.test("a boundary ends the run before it, and is told", () => {
  const made = alone({ boundaryAfter: [0, 4] });
  assertEquals(made.map.getBlock(0, 2).blocks, 1);
  assert(made.map.getBlock(0, 2).isBoundary);
  assert(!made.map.getBlock(1, 1).isBoundary);
  const run = made.map.getBlockCreate(3, 4, "written", made.sink)!;
  assertEquals([run.blocks, run.isBoundary], [2, true]);
});

Deno.test("iomap gets whole blocks in sectors", () => {
  const made = alone();
  assertEquals(made.map.iomapBegin(1, 2), { type: "mapped", offset: 0, length: 4, addr: 0, isNew: false });
  assertEquals(made.map.iomapBegin(7, 1), { type: "hole", offset: 6, length: 2, addr: null, isNew: false });
  assertEquals(made.map.iomapBeginCreate(7, 2, "unwritten", made.sink), {
    type: "unwritten",
    offset: 6,
    length: 4,
    addr: 16,
    isNew: true,
  });
});

Deno.test("a block beyond the bound of the scenario is refused", () => {
  const made = alone();
  assertThrows(
    () => made.map.getBlockCreate(8, 1, "written", made.sink),
    Error,
    "F is bounded to 8 blocks, and needs 8",
  );
  assertEquals(made.map.getBlock(9, 4).state, "hole");
});

Deno.test("a block that is freed twice is reported", () => {
  const world = new World(new Identities());
  const { allocator } = build(world);
  allocator.release([1]);
  allocator.release([1]);
  assertEquals(world.findings.map(({ text }) => text), ["block 1 is freed twice"]);
});

Deno.test("lookups commute with each other and with changes of other blocks", () => {
  const { classes } = explore((world) => {
    const { map, sink } = build(world);
    world.spawn("T1", function* () {
      yield;
      map.getBlock(0, 2);
    });
    world.spawn("T2", function* () {
      yield;
      map.getBlock(0, 1);
      yield;
      map.getBlock(1, 1);
    });
    world.spawn("T3", function* () {
      yield;
      map.getBlockCreate(5, 1, "written", sink);
    });
  });
  assertEquals(classes, 1);
});

Deno.test("two tasks that fill one hole get one block", () => {
  const { complete } = explore((world) => {
    const made = build(world);
    const got: string[] = ["", ""];
    const fill = (i: number, lblk: number, max: number) =>
      world.spawn(`T${i}`, function* () {
        yield;
        const { pblk, blocks, isNew } = made.map.getBlockCreate(lblk, max, "written", made.sink)!;
        got[i] = `${pblk}+${blocks}${isNew ? " new" : ""}`;
      });
    fill(0, 3, 2);
    fill(1, 4, 1);
    return { finalState: () => `${got.join(", ")}: ${states(made)}` };
  });
  assertEquals(complete, { "8+2 new, 9+1: w0 w1 u5 w8 w9 h h h": 1, "9+1 new, 8+1 new: w0 w1 u5 w9 w8 h h h": 1 });
});

Deno.test("what a read of a freed block finds depends on when it is freed", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, { sectors: 8, sectorsPerBlock: 2, initial: (sector) => `I(F,${sector})` });
    const allocator = new BlockAllocator(world, device, { free: [] });
    const map = new BlockMap(world, allocator, { ...FORMAT, blocks: FORMAT.blocks.slice(0, 1) }, OPTIONS);
    let found = "";
    device.submit(device.bio({ op: "read", memory: [{ load: () => "", store: (token) => found = token, peek: "" }] }));
    world.spawn("T1", function* () {
      yield;
      map.trim(0, new Records(allocator));
    });
    return { finalState: () => found };
  });
  assertEquals(complete, { "I(F,0)": 1, "STALE(0,1)": 1 });
});

Deno.test("tasks that fill different holes get blocks in the order in which they come", () => {
  const { complete } = explore((world) => {
    const made = build(world);
    for (const lblk of [4, 6]) {
      world.spawn(`T${lblk}`, function* () {
        yield;
        made.map.getBlockCreate(lblk, 1, "written", made.sink);
      });
    }
    return { finalState: () => states(made) };
  });
  assertEquals(complete, { "w0 w1 u5 h w8 h w9 h": 1, "w0 w1 u5 h w9 h w8 h": 1 });
});

Deno.test("a task gets the block that another one frees, or one that was free before", () => {
  const { complete } = explore((world) => {
    const made = build(world);
    world.spawn("T1", function* () {
      yield;
      made.map.getBlockCreate(4, 1, "written", made.sink);
    });
    world.spawn("T2", function* () {
      yield;
      made.map.punch(1, 1, made.sink);
    });
    return { finalState: () => states(made) };
  });
  assertEquals(complete, { "w0 h u5 h w1 h h h": 1, "w0 h u5 h w8 h h h": 1 });
});

Deno.test("a bio that meets a block of somebody else is reported, whoever has it now", () => {
  const { findings, complete } = explore((world) => {
    const device = new BlockDevice(world, { sectors: 8, sectorsPerBlock: 2 });
    const allocator = new BlockAllocator(world, device, { free: [] });
    const map = new BlockMap(world, allocator, { ...FORMAT, blocks: FORMAT.blocks.slice(0, 1) }, OPTIONS);
    const other = new BlockMap(world, allocator, { file: "G", size: 0, blocks: [] }, OPTIONS);
    const sink = new Records(allocator);
    device.submit(device.bio({ op: "write", file: "F", memory: [ZERO_MEMORY] }));
    world.spawn("T1", function* () {
      yield;
      map.trim(0, sink);
      yield;
      other.getBlockCreate(3, 1, "written", sink);
    });
    return { finalState: () => "" };
  });
  assertEquals(findings, {
    "USE_AFTER_FREE_BLOCK: bio(setup.0) (write of F) meets block 0, which is free": 1,
    "USE_AFTER_FREE_BLOCK: bio(setup.0) (write of F) meets block 0, which is block 3 of G": 1,
  });
  assertEquals(complete, { "": 3 });
});

Deno.test("a bio of several sectors in a block of somebody else is reported once", () => {
  const world = new World(new Identities());
  const device = new BlockDevice(world, { sectors: 8, sectorsPerBlock: 2 });
  new BlockAllocator(world, device, { free: [0] });
  const bio = device.bio({ op: "write", file: "F", memory: [ZERO_MEMORY, ZERO_MEMORY] });
  device.submit(bio);
  while (world.isEnabled(bio.task!)) world.step(bio.task!, 0);
  assertEquals(world.findings.length, 1);
});
