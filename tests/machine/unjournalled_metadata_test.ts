import { assertEquals } from "@std/assert";
import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { BlockMap } from "../../src/machine/block_map.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import type { FileFormat } from "../../src/machine/disk_metadata.ts";
import { RecoveredDisk } from "../../src/machine/disk_recovery.ts";
import { UnjournalledMetadata } from "../../src/machine/unjournalled_metadata.ts";
import type { Steps } from "../../src/machine/task.ts";
import { initialToken } from "../../src/machine/tokens.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { World } from "../../src/machine/world.ts";
import { crash, explore } from "./exploring.ts";

const F: FileFormat = { file: "F", size: 1, blocks: [{ lblk: 0, pblk: 0, state: "written" }] };
const G: FileFormat = { file: "G", size: 0, blocks: [] };

interface Parts {
  metadata: UnjournalledMetadata;
  f: BlockMap;
  g: BlockMap;
  write(pblk: number, token: string): Steps<number>;
}

/** Everything that a crash in or after `body` may leave; `early: ` is before its end. */
function crashes(body: (parts: Parts) => Steps, volatileCache: "none" | "volatile" = "none"): string[] {
  return crash((world: World) => {
    const device = new BlockDevice(world, {
      crashOrder: new CrashOrder(world),
      sectors: 3,
      sectorsPerBlock: 1,
      initial: (sector) => sector === 0 ? initialToken("F", 0) : undefined,
      volatileCache,
    });
    const allocator = new BlockAllocator(world, device, { free: [1, 2] });
    const metadata = new UnjournalledMetadata(world, allocator, { files: [F, G], device });
    const bounds = { sectorsPerBlock: 1, blocksMax: 2 };
    const f = new BlockMap(world, allocator, F, bounds);
    const g = new BlockMap(world, allocator, G, bounds);
    const write = (pblk: number, token: string) =>
      device.submitAndWait({ op: "write", sector: pblk, memory: [new Sector(world, token)] });
    let ended = 0;
    world.spawn("T1", function* () {
      yield* body({ metadata, f, g, write });
      ended = 1;
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion() + metadata.durableVersion() + 100_000 * ended,
        recover: (pick) => {
          const image = new DiskImage(device, pick);
          const disk = new RecoveredDisk(
            metadata.recover(pick),
            1,
            ({ pblk, generation }) => image.read(pblk, generation),
          );
          const files = [...disk.files.values()].map((file) =>
            `${file.file} ${[...file.content(), ...file.beyondEof().map(([lblk]) => `+${lblk}`)].join(" ")}`.trim()
          );
          const shared = [...disk.sharedBlocks().values()].map((text) => `; shared ${text}`).join("");
          return `${ended === 0 ? "early: " : ""}${files.join(", ")}${shared}`;
        },
      },
    };
  });
}

Deno.test("an inode that is not written by anybody may be on the disk in any state that it had", () => {
  const found = crashes(function* ({ metadata, g, write }) {
    yield;
    const { pblk } = g.getBlockCreate(0, 1, "written", metadata)!;
    yield* write(pblk!, "W");
    yield;
    metadata.record({ kind: "disksize", file: "G", size: 1 });
  });
  assertEquals(found, [
    "F I(F,0), G",
    "F I(F,0), G +0",
    "F I(F,0), G W",
    "early: F I(F,0), G",
    "early: F I(F,0), G +0",
  ]);
});

Deno.test("an inode that has been written is there at least as it was then", () => {
  function* body({ metadata, g, write }: Parts): Steps {
    yield;
    const { pblk } = g.getBlockCreate(0, 1, "written", metadata)!;
    yield* write(pblk!, "W");
    yield;
    metadata.record({ kind: "disksize", file: "G", size: 1 });
    yield* metadata.writeInode("G");
  }
  assertEquals(crashes(body).filter((text) => !text.startsWith("early")), ["F I(F,0), G W"]);
  assertEquals(crashes(body, "volatile").filter((text) => !text.startsWith("early")), [
    "F I(F,0), G",
    "F I(F,0), G +0",
    "F I(F,0), G STALE(1,0)",
    "F I(F,0), G W",
  ]);
});

Deno.test("a block that changes hands before its old owner's inode is written has two owners after a crash", () => {
  const found = crashes(function* ({ metadata, f, g, write }) {
    yield;
    metadata.record({ kind: "disksize", file: "F", size: 0 });
    f.trim(0, metadata);
    const { pblk } = g.getBlockCreate(0, 1, "written", metadata)!;
    yield* write(pblk!, "W");
    yield;
    metadata.record({ kind: "disksize", file: "G", size: 1 });
  }).filter((text) => !text.startsWith("early"));
  assertEquals(found, [
    "F +0, G",
    "F +0, G +0; shared F 0, G 0",
    "F +0, G W; shared F 0, G 0",
    "F W, G",
    "F W, G +0; shared F 0, G 0",
    "F W, G W; shared F 0, G 0",
    "F, G",
    "F, G +0",
    "F, G W",
  ]);
});

Deno.test("what a file had in a block that it has freed is there again when its inode was not written", () => {
  const found = crashes(function* ({ metadata, f }) {
    yield;
    metadata.record({ kind: "disksize", file: "F", size: 0 });
    f.trim(0, metadata);
  }).filter((text) => !text.startsWith("early"));
  assertEquals(found, ["F +0, G", "F I(F,0), G", "F, G"]);
});

Deno.test("an inode goes to the disk in the state in which the device takes it", () => {
  const { complete } = explore((world) => {
    const device = new BlockDevice(world, { sectors: 3, sectorsPerBlock: 1 });
    const allocator = new BlockAllocator(world, device, { free: [] });
    const metadata = new UnjournalledMetadata(world, allocator, { files: [F], device });
    world.spawn("T1", function* () {
      yield* metadata.writeInode("F");
    });
    world.spawn("T2", function* () {
      yield;
      metadata.record({ kind: "disksize", file: "F", size: 2 });
    });
    return { finalState: () => device.peek(3) };
  });
  assertEquals(complete, { "INODE(F,0)": 1, "INODE(F,1)": 1 });
});

Deno.test("a crash finds an inode that has changed, though data of before is not there yet", () => {
  const found = crash((world) => {
    const device = new BlockDevice(world, { sectors: 3, sectorsPerBlock: 1, crashOrder: new CrashOrder(world) });
    const allocator = new BlockAllocator(world, device, { free: [] });
    const metadata = new UnjournalledMetadata(world, allocator, { files: [F], device });
    device.submit(device.bio({ op: "write", sector: 1, memory: [new Sector(world, "W")] }));
    world.spawn("T1", function* () {
      yield;
      metadata.record({ kind: "disksize", file: "F", size: 2 });
    });
    return {
      crash: {
        durableVersion: () => device.durableVersion() + metadata.durableVersion(),
        recover: (pick) => `${metadata.recover(pick).get("F")!.size} ${new DiskImage(device, pick).read(1)}`,
      },
    };
  });
  assertEquals(found, ["1 STALE(1,0)", "1 W", "2 STALE(1,0)", "2 W"]);
});
