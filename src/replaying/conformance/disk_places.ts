/**
 * Blocks of a real device as blocks of a small one: the same neighbours, and nothing between those that nobody names.
 *
 * @module
 */
import { partitionPoint } from "../../std/partition_point.ts";

/** Blocks that no event places lie behind all others, each by itself. */
export class DiskPlaces {
  /** Real blocks that are named, ascending, with what each is here. */
  readonly #real: number[];
  readonly #own: number[] = [];
  #next: number;

  /** @param blocks real blocks that events name, in any order */
  constructor(blocks: Iterable<number>) {
    this.#real = [...new Set(blocks)].sort((a, b) => a - b);
    let own = -1;
    this.#real.forEach((block, nth) => {
      // A gap stays one, so that blocks that are apart do not become neighbours.
      own += nth > 0 && this.#real[nth - 1] === block - 1 ? 1 : 2;
      this.#own.push(own);
    });
    this.#next = own + 2;
  }

  /** Blocks that the small device needs, with room for as many unnamed ones. */
  blocksWith(unnamed: number): number {
    return this.#next + unnamed + 1;
  }

  /** A real block as one here. */
  toOwn(block: number): number {
    return this.#own[find(this.#real, block)];
  }

  /** A block for what no event places. */
  unnamed(): number {
    return this.#next++;
  }

  /** Real sector of one here; null: no event names its block. */
  toRealSector(sector: number, sectorsPerBlock: number): number | null {
    const block = Math.floor(sector / sectorsPerBlock);
    const at = find(this.#own, block);
    return this.#own[at] === block ? this.#real[at] * sectorsPerBlock + sector % sectorsPerBlock : null;
  }
}

/** Place of the last one that is not above `value` in an ascending list; -1: none. */
function find(list: readonly number[], value: number): number {
  return partitionPoint(list, (each) => each <= value) - 1;
}
