/**
 * Metadata of a file system without a journal (ext2): an inode reaches the disk when it is written, in whatever state it is
 * then, and blocks that are freed may be had again at once.
 *
 * An inode is one sector with size, link count and map: what a crash leaves of it is its state at some moment, not before
 * the last one that is known to be durable. Writeback of its own accord may happen at any time and needs no task.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { BlockAllocator } from "./block_allocator.ts";
import type { BlockDevice } from "./block_device.ts";
import {
  applyRecord,
  type DiskMetadata,
  type FileFormat,
  formatted,
  type MetadataRecord,
  type MetadataSink,
} from "./disk_metadata.ts";
import type { SectorMemory } from "./page_memory.ts";
import type { CrashPick } from "./program.ts";
import type { Steps } from "./task.ts";
import type { Token } from "./tokens.ts";
import type { World } from "./world.ts";

export interface UnjournalledOptions {
  readonly files: readonly FileFormat[];
  readonly device: BlockDevice;
}

/** An inode's sector in the buffer cache: what is written is its state when the device takes it. */
class InodeBuffer implements SectorMemory {
  readonly file: string;
  readonly sector: number;
  readonly history: MetadataRecord[] = [];
  readonly #world: World;
  readonly #object: number;

  constructor(world: World, file: string, sector: number) {
    this.#world = world;
    this.#object = world.newObject();
    this.file = file;
    this.sector = sector;
  }

  record(record: MetadataRecord): void {
    this.#world.touch(this.#object, Access.Write, 0);
    this.history.push(record);
  }

  get peek(): Token {
    return `INODE(${this.file},${this.history.length})`;
  }

  load(): Token {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.peek;
  }

  store(): void {
    throw new Error(`inode ${this.file} is never read from the disk`);
  }

  /** Number of the state that a sector with this content has; 0 for one that was never written. */
  stateIn(token: Token): number {
    const prefix = `INODE(${this.file},`;
    return token.startsWith(prefix) ? Number(token.slice(prefix.length, -1)) : 0;
  }
}

export class UnjournalledMetadata implements MetadataSink {
  readonly #files: readonly FileFormat[];
  readonly #device: BlockDevice;
  readonly #allocator: BlockAllocator;
  readonly #inodes = new Map<string, InodeBuffer>();
  #version = 0;

  constructor(world: World, allocator: BlockAllocator, options: UnjournalledOptions) {
    this.#files = options.files;
    this.#device = options.device;
    this.#allocator = allocator;
    let sector = options.device.addArea(options.files.length);
    for (const { file } of options.files) this.#inodes.set(file, new InodeBuffer(world, file, sector++));
  }

  record(record: MetadataRecord): void {
    this.#inode(record.file).record(record);
    this.#version++;
    this.#device.crashOrder?.moreMayBeFound();
  }

  free(pblks: readonly number[]): void {
    this.#allocator.release(pblks);
  }

  /** Writes an inode and waits; whether that is durable then is up to the device. Returns 0 or a negative error number. */
  *writeInode(file: string): Steps<number> {
    const inode = this.#inode(file);
    return yield* this.#device.submitAndWait({
      op: "write",
      sector: inode.sector,
      memory: [inode],
      flags: ["SYNC", "META"],
    });
  }

  /** Changes when what a crash may leave changes; what has been written is up to the device. */
  durableVersion(): number {
    return this.#version;
  }

  /** How many states of the inodes a crash now may leave. */
  imagesPossible(): number {
    let count = 1;
    for (const inode of this.#inodes.values()) count *= inode.history.length - this.#durableState(inode) + 1;
    return count;
  }

  #durableState(inode: InodeBuffer): number {
    return inode.stateIn(this.#device.survivors(inode.sector)[0].token);
  }

  /** What a crash leaves of the files. */
  recover(pick: CrashPick): DiskMetadata {
    const metadata = formatted(this.#files);
    for (const inode of this.#inodes.values()) {
      const durable = this.#durableState(inode);
      const states = inode.history.length - durable + 1;
      const state = durable + (states > 1 ? pick(states, `state of inode ${inode.file}`) : 0);
      for (const record of inode.history.slice(0, state)) applyRecord(metadata, record);
    }
    return metadata;
  }

  #inode(file: string): InodeBuffer {
    const inode = this.#inodes.get(file);
    if (inode === undefined) throw new Error(`the disk does not have ${file}`);
    return inode;
  }
}
