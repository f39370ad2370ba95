/**
 * FIEMAP of a whole file, and what looks at extents as it does: `iomap_fiemap`.
 *
 * @module
 */

import type { BlockMap } from "../../machine/block_map.ts";
import type { Steps } from "../../machine/task.ts";
import { iomapIterates, iomapMapped, SECTOR_BYTES } from "./iomap_events.ts";
import type { IomapFile } from "./iomap_file.ts";

/** Blocks [first, end) of one state; `end` is Infinity where nothing follows. */
interface Piece {
  readonly first: number;
  readonly end: number;
}

export interface FiemapOps {
  /** Bytes that are asked for: as many as a file can have. */
  readonly bytesMax: number;
  /** Blocks that one look covers at most. */
  readonly blocksAtOnce: number;
  /** Told, for runs that are traced, of the look at a piece, before and behind it. */
  looks(piece: Piece): void;
  found(piece: Piece, left: number): void;
  /** Whether a mapping is `IOMAP_F_DIRTY`. */
  isDirty(): boolean;
}

/** Looks at every piece of the file in turn. */
export function* iomapFiemap(file: IomapFile, ops: FiemapOps): Steps {
  const { inode: { world, ino }, map, sectorsPerBlock } = file;
  const blockBytes = sectorsPerBlock * SECTOR_BYTES;
  const blocksMax = ops.bytesMax / blockBytes;
  iomapIterates(world, ino, "REPORT");
  for (let lblk = 0; lblk < blocksMax;) {
    yield;
    const state = lblk < map.blocksMax ? map.peek(lblk) : "hole";
    const piece = { first: lblk, end: Math.min(pieceEnd(map, lblk), lblk + ops.blocksAtOnce, blocksMax) };
    ops.looks(piece);
    ops.found(piece, blocksMax - lblk);
    iomapMapped(world, ino, {
      type: state === "written" ? "mapped" : state,
      offset: lblk * sectorsPerBlock,
      length: (piece.end - lblk) * sectorsPerBlock,
      addr: null,
      isNew: false,
      isDirty: ops.isDirty(),
    });
    iomapIterates(world, ino, "REPORT");
    lblk = piece.end;
  }
}

/** Block behind the run that a block is of; Infinity: it is a hole that nothing follows. */
function pieceEnd(map: BlockMap, lblk: number): number {
  if (lblk >= map.blocksMax || map.peekIsHoleFrom(lblk)) return Infinity;
  return map.peekExtent(lblk).end;
}
