/**
 * Which devices stand on which: partitions on disks, mapped and multipath devices on what is below, as remap events tell.
 *
 * @module
 */

/** Bios remapped from one device to another (a partition, a stacked device), by where they begin there. */
export interface StackedDevice {
  recordingId: number;
  /** Codes of the sink's pool: the device above and the one below. */
  dev: number;
  lowerDev: number;
  /** Sector below minus sector above; null when it is not the same for all. */
  startSector: number | null;
  remaps: number;
}

/** Remaps to one device of which nothing is seen there are remembered up to this many. */
export const ANNOUNCED_MAX = 4096;

/** A remap whose bio has not been seen below yet. */
export interface Announced {
  /** bio_id of the bio above; its slot, which may hold another bio by now. */
  id: number;
  slot: number;
  pair: StackedDevice;
  /** Sector below minus sector above. */
  startSector: number;
}

export class DeviceStack {
  readonly #pairs = new Map<string, StackedDevice>();
  #last: StackedDevice | null = null;

  /** Counts a remap. */
  add(recordingId: number, dev: number, lowerDev: number, startSector: number): StackedDevice {
    let pair = this.#last;
    if (pair === null || pair.dev !== dev || pair.lowerDev !== lowerDev || pair.recordingId !== recordingId) {
      const key = `${recordingId}/${dev}/${lowerDev}`;
      pair = this.#pairs.get(key) ?? { recordingId, dev, lowerDev, startSector, remaps: 0 };
      this.#pairs.set(key, pair);
      this.#last = pair;
    }
    pair.remaps++;
    if (pair.startSector !== startSector) pair.startSector = null;
    return pair;
  }

  /**
   * A remap event names the disk below, also where the bio goes to a partition of it; the partition's own remap, which
   * follows, shows which. What was counted for the disk is counted for the partition.
   */
  correct(announced: Announced, partition: number): StackedDevice {
    const { pair, startSector } = announced;
    pair.remaps--;
    return this.add(pair.recordingId, pair.dev, partition, startSector);
  }

  /** All pairs, in the order in which they came up. */
  get pairs(): StackedDevice[] {
    return [...this.#pairs.values()].filter((pair) => pair.remaps > 0);
  }
}
