/**
 * What a crash has left on a disk: each sector holds one of what may have survived, picked when somebody looks at it.
 *
 * @module
 */

import type { BlockDevice, SectorContent } from "./block_device.ts";
import type { CrashPick } from "./program.ts";
import type { Token } from "./tokens.ts";

export class DiskImage {
  readonly device: BlockDevice;
  readonly #pick: CrashPick;
  readonly #picked: (SectorContent | undefined)[] = [];

  constructor(device: BlockDevice, pick: CrashPick) {
    this.device = device;
    this.#pick = pick;
  }

  /**
   * What the sector holds.
   *
   * @param generation how often the block had been freed when its owner after the crash got it: older content is stale to
   *   that owner. 0: as it is, for whoever owns the sector for ever.
   */
  read(sector: number, generation = 0): Token {
    let content = this.#picked[sector];
    if (content === undefined) {
      const survivors = this.device.survivors(sector);
      content = survivors.length === 1
        ? survivors[0]
        : survivors[this.#pick(survivors.length, `content of sector ${sector}`)];
      this.#picked[sector] = content;
    }
    return this.device.tokenOf(sector, content, generation);
  }
}
