/**
 * What a recording has shown of its files up to a time: where a call did not go as predicted, the next ones are predicted
 * from what it has left, so that one difference costs one call.
 *
 * Only events and results of calls that lie before the time are looked at.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space_operations.ts";
import { COLLAPSE_RANGE, INSERT_RANGE, KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE } from "../../recording/fallocate_mode.ts";
import type { InitialFile } from "./environment.ts";
import { blockSightOf, type SeenState } from "./block_sights.ts";
import type { RecordedCall, RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import type { Unit } from "./units.ts";

/** A block as it was last seen. */
export interface SeenBlock {
  readonly state: SeenState;
  /** Real block; null: none, or not told. */
  readonly pblk: number | null;
  /** It is being written, and is converted when that is over: until somebody tells of it, nobody knows whether it has been. */
  readonly isConverting?: true;
}

/** A file as far as the recording has shown it. */
export interface SeenFile {
  /** Bytes; null: nothing has told. */
  readonly size: number | null;
  /** By block of the file; missing: not seen. */
  readonly blocks: ReadonlyMap<number, SeenBlock>;
  /** Folios in the page cache, by page. */
  readonly cached: ReadonlyMap<number, SeenFolio>;
  /** Blocks that the status tree of ext4 knows, or has forgotten; missing: not seen. */
  readonly known: ReadonlyMap<number, boolean>;
}

export interface SeenFolio extends PageWindow {
  isDirty: boolean;
}

interface Seen {
  size: number | null;
  blocks: Map<number, SeenBlock>;
  cached: Map<number, SeenFolio>;
  known: Map<number, boolean>;
  /** The last event that has told of each page in the page cache, each block, and the size: some are looked at late. */
  readonly lastOf: Map<Told, number>;
}

/** What events tell of: `p3` whether a page is cached, `d3` whether it is dirty, `b3` a block. */
type Told = "size" | `${"p" | "d" | "b"}${number}`;

const O_TRUNC = 0x200;
const HOLE: SeenBlock = { state: "hole", pblk: null };

/** Events that print the size on disk, which may be behind. */
const PRINTS_DISK_SIZE = /^xfs_file_(buffered|direct)_(read|write)$/;

export class RecordedState {
  readonly #files = new Map<number, Seen>();
  readonly #events: readonly RecordedEvent[];
  readonly #bioPlaces: RecordedTrace["bioPlaces"];
  /** Calls in the order in which they ended, with the mode of an fallocate. */
  readonly #ended: readonly { readonly call: RecordedCall; readonly mode: number }[];
  /** Calls to fallocate that move what lies behind a range, by task: what is freed of the range is part of that. */
  readonly #moving: readonly { readonly pid: number; readonly first: number; readonly last: number }[];
  readonly #blockSize: number;
  readonly #pageSize: number;
  readonly #blocksMax: number;
  /** The last removal from the status tree, by file: `ext4_ext_remove_space` tells no end. */
  readonly #removal = new Map<number, { readonly first: number; readonly end: number }>();
  /** Calls by the events of their own task. */
  readonly #callOf = new Map<RecordedEvent, number>();
  /** What has been seen of calls that were under way when it was come by, by seq. */
  #held: RecordedEvent[] = [];
  /** Calls that have ended in the recording, and were under way in the model then. */
  #heldCalls: { readonly call: RecordedCall; readonly mode: number }[] = [];
  #event = 0;
  #call = 0;

  /** @param pagesMax pages that files may have */
  constructor(
    { events, bioPlaces, pageSize, calls }: RecordedTrace,
    units: readonly Unit[],
    files: readonly InitialFile[],
    pagesMax: number,
    blockSize: number,
  ) {
    this.#events = events;
    this.#bioPlaces = bioPlaces;
    this.#pageSize = pageSize;
    this.#blockSize = blockSize;
    this.#blocksMax = pagesMax * pageSize / blockSize;
    const modes = new Map(
      units.map((unit) => [unit.id, unit.events.find(({ name }) => name === "sys_enter_fallocate")?.number ?? 0]),
    );
    this.#ended = calls.filter(({ result, ino }) => result !== null && result >= 0 && ino !== null)
      .map((call) => ({ call, mode: modes.get(call.id) ?? 0 }))
      .sort((a, b) => a.call.lastSeq - b.call.lastSeq || a.call.id - b.call.id);
    this.#moving = this.#ended.filter(({ mode }) => (mode & (COLLAPSE_RANGE | INSERT_RANGE)) !== 0)
      .map(({ call: { pid, firstSeq, lastSeq } }) => ({ pid, first: firstSeq, last: lastSeq }));
    for (const unit of units) for (const event of unit.events) this.#callOf.set(event, unit.id);
    for (const { ino, size, cached } of files) {
      const own: Seen = {
        size: size * 512,
        blocks: new Map(),
        cached: new Map(),
        known: new Map(),
        lastOf: new Map(),
      };
      for (const { first, pages, isDirty } of cached) own.cached.set(first, { first, pages, isDirty });
      this.#files.set(ino, own);
    }
  }

  /**
   * A file at a time; times do not go back. Null: none that is followed.
   *
   * @param isOver what calls that are not over have done is not looked at
   */
  at(time: number, ino: number, isOver: (call: number) => boolean): SeenFile | null {
    this.#lookAtHeld(isOver);
    while (this.#event < this.#events.length && this.#events[this.#event].time <= time) {
      const event = this.#events[this.#event++];
      if (this.#isOf(event, isOver)) this.#look(event);
      else this.#held.push(event);
      while (this.#call < this.#ended.length && this.#ended[this.#call].call.lastSeq <= event.seq) {
        const ended = this.#ended[this.#call++];
        if (isOver(ended.call.id)) this.#ends(ended.call, ended.mode);
        else this.#heldCalls.push(ended);
      }
    }
    return this.#files.get(ino) ?? null;
  }

  #isOf(event: RecordedEvent, isOver: (call: number) => boolean): boolean {
    const call = this.#callOf.get(event);
    return call === undefined || isOver(call);
  }

  #lookAtHeld(isOver: (call: number) => boolean): void {
    const held = this.#held;
    this.#held = [];
    for (const event of held) {
      if (this.#isOf(event, isOver)) this.#look(event);
      else this.#held.push(event);
    }
    const calls = this.#heldCalls;
    this.#heldCalls = [];
    for (const ended of calls) {
      if (isOver(ended.call.id)) this.#ends(ended.call, ended.mode);
      else this.#heldCalls.push(ended);
    }
  }

  /** Whether an event is the last that tells of something: others may have been looked at before it. */
  #isLast({ lastOf }: Seen, told: Told, seq: number): boolean {
    if ((lastOf.get(told) ?? -1) > seq) return false;
    lastOf.set(told, seq);
    return true;
  }

  #endsAt(own: Seen, size: number | null, seq: number): void {
    if (size !== null && this.#isLast(own, "size", seq)) own.size = size;
  }

  #goesTo(own: Seen, size: number, seq: number): void {
    if (size > (own.size ?? 0)) this.#endsAt(own, size, seq);
  }

  #setBlock(own: Seen, lblk: number, block: SeenBlock, seq: number): void {
    if (this.#isLast(own, `b${lblk}`, seq)) own.blocks.set(lblk, block);
  }

  #look(event: RecordedEvent): void {
    const { name, seq, rwbs, bytes, pid } = event;
    if (name === "block_bio_queue") {
      const place = this.#bioPlaces.get(seq);
      const own = place === undefined ? undefined : this.#files.get(place.ino);
      if (own === undefined || !/^F?W/.test(rwbs ?? "") || !bytes) return;
      this.#cleaned(own, place!.offset, place!.offset + bytes, seq);
      this.#writes(own, place!.offset, bytes, seq);
      return;
    }
    const own = event.ino === null ? undefined : this.#files.get(event.ino);
    if (own === undefined || event.ino === null) return;
    if (name === "iomap_dio_rw_begin") this.#endsAt(own, event.number, seq);
    if (PRINTS_DISK_SIZE.test(name)) this.#goesTo(own, event.number ?? 0, seq);
    const { offset } = event;
    // ext4_evict_inode: no name has been left.
    if (name === "ext4_free_inode") this.#truncated(own, 0, seq);
    if (offset === null) return;
    const sight = blockSightOf(event, this.#blockSize);
    if (sight !== null) this.#set(own, offset, bytes ?? this.#blockSize, sight, event);
    const page = Math.floor(offset / this.#pageSize);
    switch (name) {
      case "mm_filemap_add_to_page_cache":
        if (this.#isLast(own, `p${page}`, seq)) {
          own.cached.set(page, { first: page, pages: 2 ** (event.number ?? 0), isDirty: false });
        }
        break;
      case "mm_filemap_delete_from_page_cache":
        if (this.#isLast(own, `p${page}`, seq)) own.cached.delete(page);
        break;
      case "writeback_dirty_folio": {
        const folio = own.cached.get(page);
        if (folio !== undefined && this.#isLast(own, `d${page}`, seq)) folio.isDirty = true;
        break;
      }
      case "iomap_writeback_folio":
        this.#cleaned(own, offset, offset + 1, seq);
        break;
      case "ext4_es_insert_delayed_extent":
      case "ext4_es_insert_delayed_block":
        this.#set(own, offset, bytes ?? this.#blockSize, { state: "delalloc", pblk: null }, event);
        break;
      case "xfs_map_blocks_alloc":
        this.#allocatesReserved(own, Math.floor(offset / this.#blockSize), seq);
        break;
      case "iomap_dio_complete":
        // The position behind what was moved.
        if ((event.ret ?? 0) > 0 && event.detail.includes("WRITE")) this.#goesTo(own, offset, seq);
        break;
      case "xfs_unwritten_convert":
        this.#converted(own, offset, bytes ?? 0, seq);
        break;
      case "ext4_da_write_end":
        if (event.number !== null) this.#goesTo(own, offset + event.number, seq);
        break;
      case "ext4_es_remove_extent": {
        const [first, end] = this.#blocksOf(offset, bytes ?? 0);
        this.#removal.set(event.ino, { first, end });
        for (let lblk = first; lblk < end; lblk++) own.known.set(lblk, false);
        break;
      }
      case "ext4_ext_remove_space": {
        if (this.#moving.some((each) => each.pid === pid && each.first <= seq && seq <= each.last)) break;
        const removal = this.#removal.get(event.ino);
        if (removal === undefined || removal.first !== Math.floor(offset / this.#blockSize)) break;
        for (let lblk = removal.first; lblk < removal.end; lblk++) this.#setBlock(own, lblk, HOLE, seq);
        break;
      }
    }
  }

  #blocksOf(offset: number, bytes: number): [first: number, end: number] {
    const end = Math.min(this.#blocksMax, Math.ceil((offset + bytes) / this.#blockSize));
    return [Math.floor(offset / this.#blockSize), end];
  }

  #set(own: Seen, offset: number, bytes: number, sight: SeenBlock, { name, seq }: RecordedEvent): void {
    const [first, end] = this.#blocksOf(offset, bytes);
    for (let lblk = first; lblk < end; lblk++) {
      const block = sight.pblk === null ? sight : { ...sight, pblk: sight.pblk + lblk - first };
      this.#setBlock(own, lblk, block, seq);
      if (name.startsWith("ext4_es_")) own.known.set(lblk, true);
    }
  }

  /** Writeback of XFS gives all of a reserved extent a place at once. */
  #allocatesReserved(own: Seen, lblk: number, seq: number): void {
    const isReserved = (each: number) => own.blocks.get(each)?.state === "delalloc";
    if (!isReserved(lblk)) return;
    let first = lblk;
    while (isReserved(first - 1)) first--;
    for (let each = first; isReserved(each); each++) {
      this.#setBlock(own, each, { state: "unwritten", pblk: null }, seq);
    }
  }

  #writes(own: Seen, offset: number, bytes: number, seq: number): void {
    const [first, end] = this.#blocksOf(offset, bytes);
    for (let lblk = first; lblk < end; lblk++) {
      const block = own.blocks.get(lblk);
      if (block?.state === "unwritten") this.#setBlock(own, lblk, { ...block, isConverting: true }, seq);
    }
  }

  #converted(own: Seen, offset: number, bytes: number, seq: number): void {
    const [first, end] = this.#blocksOf(offset, bytes);
    for (let lblk = first; lblk < end; lblk++) {
      const block = own.blocks.get(lblk);
      if (block?.state === "unwritten") this.#setBlock(own, lblk, { state: "written", pblk: block.pblk }, seq);
    }
  }

  /** Folios that begin in bytes [from, to) have been written. */
  #cleaned(own: Seen, from: number, to: number, seq: number): void {
    // Also of those whose coming is held back.
    for (let page = Math.floor(from / this.#pageSize); page * this.#pageSize < to; page++) {
      this.#isLast(own, `d${page}`, seq);
    }
    for (const folio of own.cached.values()) {
      const start = folio.first * this.#pageSize;
      const isPart = from < start + folio.pages * this.#pageSize && start < to;
      if (isPart && this.#isLast(own, `d${folio.first}`, seq)) folio.isDirty = false;
    }
  }

  /** What a call has done that has succeeded. */
  #ends({ kind, ino, offset, bytes, result, openFlags, lastSeq: seq }: RecordedCall, mode: number): void {
    const own = this.#files.get(ino!);
    if (own === undefined) return;
    if (kind === "open" && ((openFlags ?? 0) & O_TRUNC) !== 0) this.#truncated(own, 0, seq);
    if (offset === null) return;
    if (kind.endsWith("pwrite")) this.#goesTo(own, offset + result!, seq);
    if (kind === "ftruncate") this.#truncated(own, offset, seq);
    if (kind === "fallocate" && bytes !== null) this.#allocated(own, { offset, bytes, mode, seq });
  }

  #truncated(own: Seen, size: number, seq: number): void {
    this.#endsAt(own, size, seq);
    for (const lblk of own.blocks.keys()) if (lblk * this.#blockSize >= size) this.#setBlock(own, lblk, HOLE, seq);
  }

  #allocated(
    own: Seen,
    { offset, bytes, mode, seq }: {
      readonly offset: number;
      readonly bytes: number;
      readonly mode: number;
      readonly seq: number;
    },
  ): void {
    const first = Math.ceil(offset / this.#blockSize);
    const end = Math.min(this.#blocksMax, Math.floor((offset + bytes) / this.#blockSize));
    if ((mode & COLLAPSE_RANGE) !== 0) {
      this.#endsAt(own, (own.size ?? bytes) - bytes, seq);
      own.blocks = moved(own.blocks, (lblk) => lblk < first ? lblk : lblk < end ? null : lblk - (end - first));
      return;
    }
    if ((mode & INSERT_RANGE) !== 0) {
      this.#endsAt(own, (own.size ?? 0) + bytes, seq);
      own.blocks = moved(own.blocks, (lblk) => lblk < first ? lblk : lblk + (end - first));
      for (let lblk = first; lblk < end; lblk++) own.blocks.set(lblk, HOLE);
      return;
    }
    if ((mode & KEEP_SIZE) === 0) this.#goesTo(own, offset + bytes, seq);
    const [from, to] = this.#blocksOf(offset, bytes);
    const isWithin = (lblk: number) => first <= lblk && lblk < end;
    for (let lblk = from; lblk < to; lblk++) {
      const before = own.blocks.get(lblk);
      if ((mode & PUNCH_HOLE) !== 0) {
        if (isWithin(lblk)) this.#setBlock(own, lblk, HOLE, seq);
      } else if ((mode & ZERO_RANGE) !== 0) {
        if (isWithin(lblk)) this.#setBlock(own, lblk, { state: "unwritten", pblk: before?.pblk ?? null }, seq);
      } else if (before?.state === "hole" || before?.state === "delalloc") {
        this.#setBlock(own, lblk, { state: "unwritten", pblk: null }, seq);
      }
    }
  }
}

function moved<Value>(blocks: ReadonlyMap<number, Value>, to: (lblk: number) => number | null): Map<number, Value> {
  const result = new Map<number, Value>();
  for (const [lblk, block] of blocks) {
    const target = to(lblk);
    if (target !== null) result.set(target, block);
  }
  return result;
}
