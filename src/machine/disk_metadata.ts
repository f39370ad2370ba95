/**
 * What a file system keeps of its files on the disk, and the records by which that changes.
 *
 * A change in memory goes with its record in one step; whether the record survives a crash is the business of whoever takes
 * it: a journal's transaction, or a file system without one.
 *
 * @module
 */

/** State of a block that a file has on the disk. */
export type AllocatedState = "unwritten" | "written";

/** A block that a file has. */
export interface AllocatedBlock {
  readonly state: AllocatedState;
  readonly pblk: number;
  /** How often the block had been freed when the file got it; tells a former owner's content. */
  readonly generation: number;
}

/** A file when the program begins. */
export interface FileFormat {
  readonly file: string;
  /** In sectors. */
  readonly size: number;
  readonly blocks: readonly { readonly lblk: number; readonly pblk: number; readonly state: AllocatedState }[];
  /** Default 1. */
  readonly nlink?: number;
}

export type MetadataRecord =
  | { readonly kind: "map"; readonly file: string; readonly lblk: number; readonly block: AllocatedBlock | null }
  /** Size on the disk, in sectors. */
  | { readonly kind: "disksize"; readonly file: string; readonly size: number }
  | { readonly kind: "orphan"; readonly file: string; readonly change: "add" | "delete" }
  | { readonly kind: "nlink"; readonly file: string; readonly nlink: number };

/** Takes records of changes and blocks that have been freed, as part of the current step. */
export interface MetadataSink {
  record(record: MetadataRecord): void;
  /** The blocks have lost their owner; when they may be had again is decided here. */
  free(pblks: readonly number[]): void;
}

/** A file as the disk has it. */
export interface DiskInode {
  readonly file: string;
  /** In sectors. */
  size: number;
  nlink: number;
  isOrphan: boolean;
  /** By logical block. */
  readonly blocks: Map<number, AllocatedBlock>;
}

/** All files, by name. */
export type DiskMetadata = Map<string, DiskInode>;

/** What the disk has before anything is done. */
export function formatted(files: readonly FileFormat[]): DiskMetadata {
  return new Map(files.map(({ file, size, nlink = 1, blocks }) => [file, {
    file,
    size,
    nlink,
    isOrphan: false,
    blocks: new Map(blocks.map(({ lblk, pblk, state }) => [lblk, { pblk, state, generation: 0 }])),
  }]));
}

/** @throws when the record is about a file that the disk was not formatted with */
export function applyRecord(metadata: DiskMetadata, record: MetadataRecord): void {
  const inode = metadata.get(record.file);
  if (inode === undefined) {
    throw new Error(`a ${record.kind} record is about ${record.file}, which the disk does not have`);
  }
  switch (record.kind) {
    case "map":
      if (record.block === null) inode.blocks.delete(record.lblk);
      else inode.blocks.set(record.lblk, record.block);
      break;
    case "disksize":
      inode.size = record.size;
      break;
    case "orphan":
      inode.isOrphan = record.change === "add";
      break;
    case "nlink":
      inode.nlink = record.nlink;
  }
}
