/**
 * What a file on blocks gives to the paths that all file systems on blocks share.
 *
 * @module
 */

import type { BioFlag } from "../../machine/bio.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import type { Inode } from "../../machine/inode.ts";
import type { Steps } from "../../machine/task.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import type { BlockRecord } from "../run_record.ts";

/** Whether a question to the block map may allocate: `create` 1 or 0. */
export type Create = "create" | "lookup";

export interface BlockFile {
  readonly inode: Inode;
  readonly map: BlockMap;
  readonly device: BlockDevice;
  /** Flags of bios that read the rest of a page that is written in part, which somebody waits for. Missing: none. */
  readonly fillsWith?: readonly BioFlag[];
  /**
   * `dirty_if_uptodate`: a buffer of an up-to-date folio that gets a block of no content is dirty from then on
   * (`__block_write_begin_int`), and the copy only finds it so. Missing: when it has been written into, which comes to the
   * same where nobody asks for the order of events.
   */
  readonly newBuffers?: "dirty_if_uptodate";
  /** The file system's `get_block`: a run of blocks of one state, or a negative error number. */
  getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number>;
}

/** Blocks of a file, not looked at by any step. */
export function blockRecords(
  map: BlockMap,
  isQueued: (lblk: number) => boolean = () => false,
): BlockRecord[] {
  const records: BlockRecord[] = [];
  for (let lblk = 0; lblk < map.blocksMax; lblk++) {
    const state = map.peek(lblk);
    if (state === "hole") continue;
    records.push({ lblk, pblk: map.peekBlock(lblk), state, preallocated: false, conversionQueued: isQueued(lblk) });
  }
  return records;
}

/** What the blocks of a file hold, by sector up to the end of the last one or of the size, not looked at by any step. */
export function mediaOf({ map, device, inode }: BlockFile): Token[] {
  const { sectorsPerBlock } = map;
  const last = map.peekAllocatedFrom(0).at(-1) ?? -1;
  const sectors = Math.max(inode.peekSize, (last + 1) * sectorsPerBlock);
  const media: Token[] = [];
  for (let sector = 0; sector < sectors; sector++) {
    const lblk = Math.floor(sector / sectorsPerBlock);
    const pblk = lblk < map.blocksMax && map.peek(lblk) === "written" ? map.peekBlock(lblk) : null;
    media.push(pblk === null ? ZERO : device.peek(pblk * sectorsPerBlock + sector % sectorsPerBlock));
  }
  return media;
}
