// A disk of a few blocks with a journal, for the tests of journals.

import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import { BlockDevice, type BlockDeviceOptions } from "../../src/machine/block_device.ts";
import { BlockMap } from "../../src/machine/block_map.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import { ERAS } from "../../src/machine/era.ts";
import type { FileFormat } from "../../src/machine/disk_metadata.ts";
import { RecoveredDisk } from "../../src/machine/disk_recovery.ts";
import { Inode } from "../../src/machine/inode.ts";
import { Journal, type JournalOptions } from "../../src/machine/journal.ts";
import type { CrashModel } from "../../src/machine/program.ts";
import { initialToken } from "../../src/machine/tokens.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { World } from "../../src/machine/world.ts";

export const F: FileFormat = { file: "F", size: 1, blocks: [{ lblk: 0, pblk: 0, state: "written" }] };

export const G: FileFormat = { file: "G", size: 0, blocks: [] };

function noPages(): never {
  throw new Error("these files have no pages");
}

const NO_PAGES = { readFolio: noPages, writeFolio: noPages };

/** A disk with one sector a block: F in block 0, G empty, blocks 1 and 2 free. */
export function build(world: World, options: Partial<JournalOptions> = {}, disk: Partial<BlockDeviceOptions> = {}) {
  const crashOrder = new CrashOrder(world);
  const device = new BlockDevice(world, {
    crashOrder,
    sectors: 3,
    sectorsPerBlock: 1,
    initial: (sector) => sector === 0 ? initialToken("F", 0) : undefined,
    ...disk,
  });
  const allocator = new BlockAllocator(world, device, { free: [1, 2] });
  const journal = new Journal(world, { files: [F, G], device, allocator, transactionsMax: 4, crashOrder, ...options });
  const bounds = { sectorsPerBlock: 1, blocksMax: 2 };
  const f = new BlockMap(world, allocator, F, bounds);
  const g = new BlockMap(world, allocator, G, bounds);
  const inode = ({ file, size }: FileFormat) =>
    new Inode(world, {
      ino: file,
      size,
      era: ERAS.G6,
      mapping: NO_PAGES,
    });
  const inodes = { F: inode(F), G: inode(G) };
  const write = (pblk: number, token: string) =>
    device.submitAndWait({ op: "write", sector: pblk, memory: [new Sector(world, token)] });
  return { device, allocator, journal, f, g, inodes, write };
}

export type Parts = ReturnType<typeof build>;

/** Recovers the disk and tells of it in a line. */
export function model({ device, journal }: Parts, tell: (disk: RecoveredDisk) => string, phase = () => 0): CrashModel {
  return {
    durableVersion: () => device.durableVersion() + journal.durableVersion() + 100_000 * phase(),
    recover: (pick) => {
      const image = new DiskImage(device, pick);
      return tell(
        new RecoveredDisk(
          journal.recover(image),
          1,
          ({ pblk, generation }, within) => image.read(pblk + within, generation),
        ),
      );
    },
  };
}

/** `F size 1 I(F,0)`, with the blocks beyond EOF. */
export function tellFile(disk: RecoveredDisk, name: string): string {
  const file = disk.file(name);
  const beyond = file.beyondEof().map(([lblk]) => ` +${lblk}`).join("");
  return `${name} ${file.size} ${file.content().join(" ")}${beyond}`;
}
