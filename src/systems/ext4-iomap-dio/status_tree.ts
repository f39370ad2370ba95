/**
 * Which blocks of a file the extent status tree knows of: those that have been looked at since the inode came into memory
 * or since they were truncated. What is not known is looked for in the extent tree, and a mapping ends where it begins.
 *
 * @module
 */

import type { BlockMap, Iomap, Mapping } from "../../machine/block_map.ts";

export class StatusTree {
  readonly #map: BlockMap;
  readonly #known: boolean[];

  /** @param begins `empty`: the inode has just come into memory */
  constructor(map: BlockMap, begins: "empty" | "full") {
    this.#map = map;
    this.#known = Array(map.blocksMax).fill(begins === "full");
  }

  has(lblk: number): boolean {
    return this.#known[lblk] ?? true;
  }

  /**
   * A block has been looked for: all of its hole is known from now on, or so much of its extent as was asked for, and the
   * extents that stand beside it in the inode (`ext4_cache_extents`).
   */
  learn(lblk: number, blocks: number): void {
    const map = this.#map;
    if (map.peek(lblk) === "hole") {
      let first = lblk;
      while (first > 0 && map.peek(first - 1) === "hole" && !this.has(first - 1)) first--;
      for (let each = first; each < map.blocksMax && map.peek(each) === "hole"; each++) this.#known[each] = true;
    } else this.insert(lblk, blocks);
    const allocated = map.peekAllocatedFrom(0);
    for (let each = allocated.at(0) ?? 0; each <= (allocated.at(-1) ?? -1); each++) this.#known[each] = true;
  }

  /** `ext4_es_insert_extent`. */
  insert(lblk: number, blocks: number): void {
    for (let each = lblk; each < lblk + blocks && each < this.#known.length; each++) this.#known[each] = true;
  }

  /** `ext4_es_remove_extent`. */
  remove(lblk: number, blocks: number): void {
    for (let each = lblk; each < lblk + blocks && each < this.#known.length; each++) this.#known[each] = false;
  }

  /** So much of a run as is known. */
  cut<Run extends Mapping>(run: Run): Run {
    let blocks = 1;
    while (blocks < run.blocks && this.has(run.lblk + blocks)) blocks++;
    return blocks === run.blocks ? run : { ...run, blocks };
  }

  /** The same for a mapping in sectors. */
  cutIomap(mapping: Iomap, sectorsPerBlock: number): Iomap {
    const lblk = mapping.offset / sectorsPerBlock;
    let blocks = 1;
    while (blocks * sectorsPerBlock < mapping.length && this.has(lblk + blocks)) blocks++;
    const length = Math.min(mapping.length, blocks * sectorsPerBlock);
    return length === mapping.length ? mapping : { ...mapping, length };
  }
}

/**
 * Unwritten extents that lie in a row and yet stand apart in the extent tree: those that were allocated for I/O
 * (`EXT4_GET_BLOCKS_PRE_IO`) are merged with nothing before they are converted.
 */
export class UnmergedExtents {
  /** Blocks at which one begins, or behind which one ends. */
  readonly #edges = new Set<number>();

  /** Blocks [lblk, lblk + blocks) have been allocated for I/O. */
  add(lblk: number, blocks: number): void {
    this.#edges.add(lblk);
    this.#edges.add(lblk + blocks);
  }

  /** Blocks from `lblk` on, `blocks` of them, have gone. */
  remove(lblk: number, blocks: number): void {
    for (const edge of this.#edges) if (lblk <= edge && edge <= lblk + blocks) this.#edges.delete(edge);
  }

  /** So much of an unwritten run as is one extent. */
  cutIomap(mapping: Iomap, sectorsPerBlock: number): Iomap {
    if (mapping.type !== "unwritten") return mapping;
    const first = mapping.offset / sectorsPerBlock;
    const count = mapping.length / sectorsPerBlock;
    for (let blocks = 1; blocks < count; blocks++) {
      if (this.#edges.has(first + blocks)) return { ...mapping, length: blocks * sectorsPerBlock };
    }
    return mapping;
  }
}
