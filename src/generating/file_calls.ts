/**
 * What operations on the file do and which events they fire: the order of Linux 6.18 on ext4, as far as it is needed to
 * know the operation, its pages and its bios.
 *
 * Each takes the time at which the call begins its work and gives the time at which it is done, in microseconds.
 *
 * @module
 */
import type { BioEnd, BlockLayer } from "./block_layer.ts";
import { type ModelledFile, PAGE, SECTOR } from "./modelled_file.ts";
import type { Scribe, TracedTask } from "./scribe.ts";
import type { Spec } from "./spec.ts";

/** What a direct write does with cached pages of its range: as it should, or what is planted. */
export type CachedPages = "written back and dropped" | "left";

export interface DirectWriteOptions {
  readonly pages?: CachedPages;
  readonly end?: BioEnd;
}

const READS = "DIRECT (0x10)";
const WRITES = "WRITE|DIRECT (0x11)";
/** The last bio is issued when the plug is pulled: how long before the submitter goes on there is nothing left to map. */
const ITERATED_US = 2;

const hex = (value: number) => `0x${value.toString(16)}`;
const pageOf = (offset: number) => Math.floor(offset / PAGE);

/** What threads ask of a file: each call takes when its work begins, and gives when it is done, in microseconds. */
export type Calls = Pick<
  FileCalls,
  | "directRead"
  | "directWrite"
  | "bufferedRead"
  | "bufferedWrite"
  | "map"
  | "access"
  | "truncate"
  | "fsync"
  | "flush"
  | "saw"
  | "quietAt"
>;

export class FileCalls {
  readonly #scribe: Scribe;
  readonly #file: ModelledFile;
  readonly #blocks: BlockLayer;
  readonly #spec: Spec;
  readonly #comma: string;
  readonly #colon: string;
  readonly #iomap: string;
  readonly #filemap: string;
  readonly #ext4: string;

  constructor(spec: Spec, scribe: Scribe, file: ModelledFile, blocks: BlockLayer) {
    this.#spec = spec;
    this.#scribe = scribe;
    this.#file = file;
    this.#blocks = blocks;
    const { major, minor } = spec.device;
    [this.#comma, this.#colon] = [`${major},${minor}`, `${major}:${minor}`];
    this.#iomap = `dev ${this.#colon} ino ${hex(spec.file.ino)}`;
    this.#filemap = `dev ${this.#colon} ino ${spec.file.ino.toString(16)}`;
    this.#ext4 = `dev ${this.#comma} ino ${spec.file.ino}`;
  }

  /** When all that calls have set going is over; no calls of these are any other's matter. */
  readonly quietAt: number = 0;

  /** What a read of the range has seen, as runs of one stamp: `[sectors, id]`. */
  saw(from: "disk" | "cache" | "mapping", offset: number, bytes: number): [number, number][] {
    return this.#file.runs(from === "disk" ? this.#file.disk : this.#file.cache, offset, bytes);
  }

  /** The whole file is mapped at an address. */
  map(_task: TracedTask, at: number, _address: number): number {
    return at + 3;
  }

  directRead(task: TracedTask, at: number, offset: number, bytes: number): number {
    let now = this.#begin(task, at, offset, bytes);
    now = this.#writeBackRange(task, now, offset, bytes, "WS");
    now = this.#map(task, now, offset, bytes, READS, "10");
    const { submitted, completed } = this.#blocks.submit(task, now, offset, bytes, "RS");
    this.#iterate(task, submitted - ITERATED_US, offset, bytes, READS, "10");
    return this.#complete(task, completed + 2, offset, bytes, 0);
  }

  /** @param id stamp of the data */
  directWrite(
    task: TracedTask,
    at: number,
    offset: number,
    bytes: number,
    id: number,
    { pages = "written back and dropped", end = "done" }: DirectWriteOptions = {},
  ): number {
    // What may be written over in place is looked up before the lock is taken.
    this.#lookUp(task, at, pageOf(offset));
    let now = this.#begin(task, at + 1, offset, bytes);
    if (pages !== "left") {
      now = this.#writeBackRange(task, now, offset, bytes, "WS");
      now = this.#drop(task, now, pageOf(offset), pageOf(offset + bytes - 1));
    }
    now = this.#map(task, now, offset, bytes, WRITES, "11");
    const { submitted, completed } = this.#blocks.submit(task, now, offset, bytes, "WS", end);
    this.#iterate(task, submitted - ITERATED_US, offset, bytes, WRITES, "11");
    if (end === "done") this.#file.disk.fill(id, offset / SECTOR, (offset + bytes) / SECTOR);
    return this.#complete(task, completed + 2, offset, bytes, end === "done" ? 0 : -5);
  }

  bufferedRead(task: TracedTask, at: number, offset: number, bytes: number): number {
    const now = this.#readIn(task, at, pageOf(offset), pageOf(offset + bytes - 1), "RA");
    const [first, last] = [pageOf(offset), pageOf(offset + bytes - 1)];
    const place = `dev=${this.#colon} ino=${this.#spec.file.ino.toString(16)} ofs=${first * PAGE}-${
      (last + 1) * PAGE - 1
    }`;
    this.#scribe.event(now, task, `mm_filemap_get_pages: ${place}`);
    return now + 2;
  }

  bufferedWrite(task: TracedTask, at: number, offset: number, bytes: number, id: number): number {
    let now = at;
    const end = offset + bytes;
    for (let page = pageOf(offset); page <= pageOf(end - 1); page++) {
      const from = Math.max(offset, page * PAGE);
      const copied = Math.min(end, (page + 1) * PAGE) - from;
      this.#scribe.event(now, task, `ext4_da_write_begin: ${this.#ext4} pos ${from} len ${end - from}`);
      if (!this.#file.cached[page] && copied < PAGE) now = this.#readIn(task, now + 1, page, page, "R");
      else if (!this.#file.cached[page]) {
        now = this.#add(task, now + 1, page);
        this.#lookUp(task, now, page);
      }
      const done = `pos ${from} len ${copied} copied ${copied}`;
      this.#scribe.event(++now, task, `ext4_da_write_end: ${this.#ext4} ${done}`);
      now = this.#makeDirty(task, now + 1, page) + 1;
    }
    this.#file.cache.fill(id, offset / SECTOR, end / SECTOR);
    return now;
  }

  /** A load or store of one sector through a shared mapping at an address; only what faults fires events. */
  access(task: TracedTask, at: number, address: number, offset: number, id: number | null): number {
    const page = pageOf(offset);
    const needed = id === null ? 1 : 2;
    let now = at;
    if (this.#file.mapped[page] < needed) {
      const code = id === null ? 4 : this.#file.mapped[page] === 0 ? 6 : 7;
      const fault = `page_fault_user: address=${hex(address + offset)} ip=0x401000 error_code=${hex(code)}`;
      this.#scribe.event(now, task, fault);
      if (code !== 7) {
        const place = `dev=${this.#colon} ino=${this.#spec.file.ino.toString(16)} ofs=${page * PAGE}`;
        this.#scribe.event(++now, task, `mm_filemap_fault: ${place}`);
        now = this.#readIn(task, now + 1, page, page, "RA");
      }
      if (id !== null) now = this.#makeDirty(task, now + 1, page);
      this.#file.mapped[page] = needed;
    }
    if (id !== null) this.#file.cache.fill(id, offset / SECTOR, offset / SECTOR + 1);
    return now + 1;
  }

  truncate(task: TracedTask, at: number, size: number): number {
    const blocks = this.#spec.file.size / SECTOR;
    let now = at;
    this.#scribe.event(now, task, `ext4_truncate_enter: ${this.#ext4} blocks ${blocks}`);
    if (size < this.#file.size) now = this.#drop(task, now, size / PAGE, this.#file.pages - 1);
    this.#scribe.event(++now, task, `ext4_truncate_exit: ${this.#ext4} blocks ${blocks}`);
    if (size < this.#file.size) this.#file.truncate(size);
    this.#file.size = size;
    return now + 1;
  }

  fsync(task: TracedTask, at: number): number {
    this.#scribe.event(at, task, `ext4_sync_file_enter: ${this.#ext4} parent 2 datasync 0 `);
    const done = this.#writeBackRange(task, at + 1, 0, this.#spec.file.size, "WS");
    this.#scribe.event(done + 1, task, `ext4_sync_file_exit: ${this.#ext4} ret 0`);
    return done + 2;
  }

  /** The flusher writes all dirty pages and waits for none. @returns when the last of them is on disk */
  flush(flusher: TracedTask, at: number): number {
    const inode = `bdi ${this.#colon}: ino=${this.#spec.file.ino} state=I_DIRTY_PAGES|I_SYNC`;
    const state = `${inode} dirtied_when=4295650516 age=3 index=0 to_write=9223372036854775807 wrote=0 cgroup_ino=1`;
    this.#scribe.event(at, flusher, `writeback_single_inode_start: ${state}`);
    return this.#writeBackRange(flusher, at + 1, 0, this.#spec.file.size, "W");
  }

  /** The event that begins every direct transfer. */
  #begin(task: TracedTask, at: number, offset: number, bytes: number): number {
    const range = `size ${hex(this.#file.size)} offset ${hex(offset)} length ${hex(bytes)}`;
    this.#scribe.event(
      at,
      task,
      `iomap_dio_rw_begin: ${this.#iomap} ${range} done_before 0x0 flags DIRECT dio_flags  aio 0`,
    );
    return at + 1;
  }

  /** The range is looked up, and is where the file lies as a whole. */
  #map(task: TracedTask, at: number, offset: number, bytes: number, flags: string, ops: string): number {
    const { first_block } = this.#spec.file;
    this.#iterate(task, at, offset, bytes, flags, ops);
    const extent = `found 1 [0/${this.#file.pages}) ${first_block} WR`;
    this.#scribe.event(at + 1, task, `ext4_es_lookup_extent_enter: ${this.#ext4} lblk ${pageOf(offset)}`);
    this.#scribe.event(at + 1, task, `ext4_es_lookup_extent_exit: ${this.#ext4} ${extent}`);
    const place = `bdev ${this.#colon} addr ${hex(first_block * PAGE + offset)} offset ${hex(offset)}`;
    const mapping = `${place} length ${hex(bytes)} type MAPPED (0x2) flags  (0x0)`;
    this.#scribe.event(at + 2, task, `iomap_iter_dstmap: ${this.#iomap} ${mapping}`);
    return at + 3;
  }

  /** Asked for before a range is mapped, and once more when all of it is. */
  #iterate(task: TracedTask, at: number, offset: number, bytes: number, flags: string, ops: string): void {
    const iter = `status 0 flags ${flags} ops 0xffffffff8245a7${ops} caller __iomap_dio_rw+0x1fb/0x8d0`;
    this.#scribe.event(at, task, `iomap_iter: ${this.#iomap} pos ${hex(offset)} length ${hex(bytes)} ${iter}`);
  }

  #complete(task: TracedTask, at: number, offset: number, bytes: number, error: number): number {
    const end = `offset ${hex(error === 0 ? offset + bytes : offset)} flags DIRECT aio 0 error ${error}`;
    const result = `ret ${error === 0 ? bytes : error}`;
    this.#scribe.event(at, task, `iomap_dio_complete: ${this.#iomap} size ${hex(this.#file.size)} ${end} ${result}`);
    return at + 1;
  }

  /** Pages that are not in the cache come in, those that lie together in one bio: `RA` where readahead brings them. */
  #readIn(task: TracedTask, at: number, first: number, last: number, rwbs: "R" | "RA"): number {
    let now = at;
    let completed = at;
    for (let page = first; page <= last; page++) {
      if (this.#file.cached[page]) continue;
      let end = page;
      while (end <= last && !this.#file.cached[end]) now = this.#add(task, now, end++);
      this.#lookUp(task, now, page);
      const { submitted, completed: done } = this.#blocks.submit(task, now + 1, page * PAGE, (end - page) * PAGE, rwbs);
      [now, completed] = [submitted, Math.max(completed, done)];
      page = end;
    }
    return Math.max(now, completed) + 1;
  }

  #lookUp(task: TracedTask, at: number, page: number): void {
    const extent = `found 1 [0/${this.#file.pages}) ${this.#spec.file.first_block} WR`;
    this.#scribe.event(at, task, `ext4_es_lookup_extent_enter: ${this.#ext4} lblk ${page}`);
    this.#scribe.event(at, task, `ext4_es_lookup_extent_exit: ${this.#ext4} ${extent}`);
  }

  #add(task: TracedTask, at: number, page: number): number {
    this.#folio(task, at, "add_to", page);
    this.#file.fill(page);
    return at + 1;
  }

  #folio(task: TracedTask, at: number, what: "add_to" | "delete_from", page: number): void {
    const place = `pfn=${hex(0x100000 + page)} ofs=${page * PAGE} order=0`;
    this.#scribe.event(at, task, `mm_filemap_${what}_page_cache: ${this.#filemap} ${place}`);
  }

  #drop(task: TracedTask, at: number, first: number, last: number): number {
    let now = at;
    for (let page = first; page <= last; page++) {
      if (!this.#file.cached[page]) continue;
      this.#folio(task, now++, "delete_from", page);
      this.#file.drop(page);
    }
    return now;
  }

  #makeDirty(task: TracedTask, at: number, page: number): number {
    if (!this.#file.makeDirty(page)) return at - 1;
    this.#scribe.event(at, task, `writeback_dirty_folio: bdi ${this.#colon}: ino=${this.#spec.file.ino} index=${page}`);
    return at;
  }

  /** Dirty pages of a range are written back, those that lie together in one bio. @returns when they are on disk */
  #writeBackRange(task: TracedTask, at: number, offset: number, bytes: number, rwbs: string): number {
    const last = pageOf(offset + bytes - 1);
    let [now, completed] = [at, at];
    if (this.#file.dirtyPages === 0) return at;
    const range = `nr_to_write 9223372036854775807 pages_skipped 0 range_start ${offset} range_end ${
      offset + bytes - 1
    }`;
    const mode = `sync_mode ${rwbs === "WS" ? 1 : 0} for_kupdate 0 range_cyclic 0 writeback_index 0`;
    this.#scribe.event(now++, task, `ext4_writepages: ${this.#ext4} ${range} ${mode}`);
    let written = 0;
    const from = (page: number) => this.#file.dirty.indexOf(1, page);
    for (let page = from(pageOf(offset)); page >= 0 && page <= last; page = from(page + 1)) {
      let end = page;
      while (end <= last && this.#file.dirty[end]) this.#file.writeBack(end++);
      const done = this.#blocks.submit(task, now, page * PAGE, (end - page) * PAGE, rwbs);
      [now, completed] = [done.submitted, Math.max(completed, done.completed)];
      written += end - page;
      page = end - 1;
    }
    const result = `ret 0 pages_written ${written} pages_skipped 0 ${mode.replace(/ for_kupdate.* w/, " w")}`;
    this.#scribe.event(now, task, `ext4_writepages_result: ${this.#ext4} ${result}`);
    return Math.max(now, completed) + 1;
  }
}
