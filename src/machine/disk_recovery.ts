/**
 * What a file system is after a crash: metadata that has survived, the orphan list worked through, and what the files then
 * read.
 *
 * @module
 */

import type { AllocatedBlock, DiskMetadata } from "./disk_metadata.ts";
import { type Token, ZERO } from "./tokens.ts";

/**
 * Content of a sector of a block after the crash, of a disk (`DiskImage`) or of persistent memory.
 *
 * @param within sector within the block
 */
export type ReadBlock = (block: AllocatedBlock, within: number) => Token;

/** What was done for a file on the orphan list: it had no link and is gone, or it was cut to its size. */
export interface OrphanDone {
  readonly file: string;
  readonly action: "delete" | "truncate";
  /** Logical blocks that were freed. */
  readonly freed: readonly number[];
}

/** A file after recovery. */
export class RecoveredFile {
  readonly file: string;
  /** In sectors. */
  readonly size: number;
  readonly nlink: number;
  readonly blocks: ReadonlyMap<number, AllocatedBlock>;
  readonly #sectorsPerBlock: number;
  readonly #read: ReadBlock;

  constructor(
    { file, size, nlink, blocks }: {
      file: string;
      size: number;
      nlink: number;
      blocks: ReadonlyMap<number, AllocatedBlock>;
    },
    sectorsPerBlock: number,
    read: ReadBlock,
  ) {
    this.file = file;
    this.size = size;
    this.nlink = nlink;
    this.blocks = blocks;
    this.#sectorsPerBlock = sectorsPerBlock;
    this.#read = read;
  }

  /** What a read of the sector gives; null beyond the end of the file. */
  sector(sector: number): Token | null {
    if (sector >= this.size) return null;
    const block = this.blocks.get(Math.floor(sector / this.#sectorsPerBlock));
    return block?.state === "written" ? this.#read(block, sector % this.#sectorsPerBlock) : ZERO;
  }

  /** What a read of the whole file gives. */
  content(): Token[] {
    return Array.from({ length: this.size }, (_, sector) => this.sector(sector)!);
  }

  /** Blocks that lie behind the end of the file, by logical block. */
  beyondEof(): [lblk: number, block: AllocatedBlock][] {
    const end = Math.ceil(this.size / this.#sectorsPerBlock);
    return [...this.blocks].filter(([lblk]) => lblk >= end).sort(([a], [b]) => a - b);
  }
}

/** All files after recovery, by name; those that were deleted are missing. */
export class RecoveredDisk {
  readonly files: ReadonlyMap<string, RecoveredFile>;
  readonly orphans: readonly OrphanDone[];

  /** Works through the orphan list of metadata that has survived; the metadata is used up. */
  constructor(metadata: DiskMetadata, sectorsPerBlock: number, read: ReadBlock) {
    const files = new Map<string, RecoveredFile>();
    const orphans: OrphanDone[] = [];
    for (const inode of metadata.values()) {
      if (inode.isOrphan) {
        const isGone = inode.nlink === 0;
        const from = isGone ? 0 : Math.ceil(inode.size / sectorsPerBlock);
        const freed = [...inode.blocks.keys()].filter((lblk) => lblk >= from).sort((a, b) => a - b);
        for (const lblk of freed) inode.blocks.delete(lblk);
        orphans.push({ file: inode.file, action: isGone ? "delete" : "truncate", freed });
        if (isGone) continue;
      }
      files.set(inode.file, new RecoveredFile(inode, sectorsPerBlock, read));
    }
    this.files = files;
    this.orphans = orphans;
  }

  /** @throws when the file is not there */
  file(name: string): RecoveredFile {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`${name} is not there after recovery`);
    return file;
  }

  /** Physical blocks that have more than one owner, ascending, with who has them: `F 0, G 2`. */
  sharedBlocks(): Map<number, string> {
    const owners = new Map<number, string[]>();
    for (const { file, blocks } of this.files.values()) {
      for (const [lblk, { pblk }] of [...blocks].sort(([a], [b]) => a - b)) {
        owners.set(pblk, [...owners.get(pblk) ?? [], `${file} ${lblk}`]);
      }
    }
    const shared = [...owners].filter(([, list]) => list.length > 1).sort(([a], [b]) => a - b);
    return new Map(shared.map(([pblk, list]) => [pblk, list.join(", ")]));
  }
}
