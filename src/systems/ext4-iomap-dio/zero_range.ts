/**
 * Zeros for a part of a block in the page cache, in a handle: `__ext4_block_zero_page_range`.
 *
 * @module
 */

import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { fillPage } from "../common/block_pages.ts";
import { ext4Lookup } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";

/** Zeroes sectors [from, to), which lie in one block; where it has no place, nothing has to be zeroed. */
export function* ext4BlockZeroRange(file: Ext4File, from: number, to: number): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const { sectorsPerPage } = inode.bounds;
  const lblk = Math.floor(from / sectorsPerBlock);
  const folio = yield* inode.mapping.grabPage(inode.pageOf(from));
  yield;
  let isMapped = file.hasMappedBuffer(folio, lblk);
  if (!isMapped) {
    ext4Lookup(file, lblk);
    isMapped = map.getBlock(lblk, 1).state === "written";
  }
  let error = 0;
  if (isMapped) {
    error = yield* fillPage(file, folio);
    yield;
    for (let sector = from; error === 0 && sector < to; sector++) folio.sectors[sector % sectorsPerPage].store(ZERO);
    if (error === 0) folio.setDirty();
  }
  folio.lock.clear();
  folio.put();
  return error;
}
