/**
 * The file as the generator knows it: what the disk has, what the page cache has, what is mapped; sector by sector the id
 * of the operation that wrote it last.
 *
 * @module
 */

export const SECTOR = 512;
export const PAGE = 4096;
export const SECTORS_PER_PAGE = PAGE / SECTOR;

export class ModelledFile {
  /** Stamp of each sector on disk, and in the page cache: the id of who wrote it, 0 for zeros. */
  readonly disk: Int32Array;
  readonly cache: Int32Array;
  readonly cached: Uint8Array;
  readonly dirty: Uint8Array;
  /** Pages that have a page table entry in the mapping: none, to read, to write. */
  readonly mapped: Uint8Array;
  dirtyPages = 0;
  size: number;
  readonly pages: number;

  constructor(size: number) {
    this.size = size;
    this.pages = size / PAGE;
    this.disk = new Int32Array(size / SECTOR);
    this.cache = new Int32Array(size / SECTOR);
    this.cached = new Uint8Array(this.pages);
    this.dirty = new Uint8Array(this.pages);
    this.mapped = new Uint8Array(this.pages);
  }

  /** The page comes into the cache with what the disk has. */
  fill(page: number): void {
    this.cached[page] = 1;
    const from = page * SECTORS_PER_PAGE;
    this.cache.set(this.disk.subarray(from, from + SECTORS_PER_PAGE), from);
  }

  /** The page leaves the cache, and its page table entry goes with it. */
  drop(page: number): void {
    this.cached[page] = 0;
    this.mapped[page] = 0;
    this.clean(page);
  }

  /** @returns whether it was clean */
  makeDirty(page: number): boolean {
    if (this.dirty[page]) return false;
    this.dirty[page] = 1;
    this.dirtyPages++;
    return true;
  }

  clean(page: number): void {
    if (!this.dirty[page]) return;
    this.dirty[page] = 0;
    this.dirtyPages--;
  }

  /** Indexes of all dirty pages, ascending. */
  allDirty(): number[] {
    const pages: number[] = [];
    for (let page = this.dirty.indexOf(1); page >= 0; page = this.dirty.indexOf(1, page + 1)) pages.push(page);
    return pages;
  }

  /** A dirty page goes to the disk. A page table entry that may write is made one that may only read. */
  writeBack(page: number): void {
    const from = page * SECTORS_PER_PAGE;
    this.disk.set(this.cache.subarray(from, from + SECTORS_PER_PAGE), from);
    if (this.mapped[page] === 2) this.mapped[page] = 1;
    this.clean(page);
  }

  /** What a read of the range sees, as runs of one stamp: `[sectors, id]`. */
  runs(from: Int32Array, offset: number, bytes: number): [number, number][] {
    const runs: [number, number][] = [];
    const end = Math.ceil((offset + bytes) / SECTOR);
    for (let sector = Math.floor(offset / SECTOR); sector < end; sector++) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === from[sector]) last[0]++;
      else runs.push([1, from[sector]]);
    }
    return runs;
  }

  /** Everything from the new size on reads as zeros. */
  truncate(size: number): void {
    this.disk.fill(0, size / SECTOR);
    this.cache.fill(0, size / SECTOR);
  }
}
