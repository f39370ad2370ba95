/**
 * What events of a recording tell of the blocks of its files: state and place of each over time, where allocations began, and
 * for which blocks there was no room.
 *
 * @module
 */

import { ownEntry } from "../../std/own_entry.ts";
import { statusOf } from "./event_keys.ts";
import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";

const SECTOR = 512;
const ENOSPC = -28;

export type SeenState = "hole" | "delalloc" | "written" | "unwritten";

/** What an event tells of blocks. */
export interface BlockSight {
  readonly state: SeenState;
  /** Real block of the first; null: none, or not told. */
  readonly pblk: number | null;
  /** The event tells that it has just been allocated. */
  readonly isNew: boolean;
}

/** A block of a file as an event has it. */
export interface Sight extends BlockSight {
  readonly time: number;
}

/** A block that was not to be had. */
interface Refusal {
  readonly ino: number;
  readonly time: number;
  readonly lblk: number;
}

/** Blocks [first, end) of a file that were had at a time. */
interface GivenBlocks {
  readonly ino: number;
  readonly time: number;
  readonly first: number;
  readonly end: number;
}

const STATUS: Readonly<Record<string, SeenState>> = { W: "written", U: "unwritten", D: "delalloc", H: "hole" };
const TYPES: Readonly<Record<string, SeenState>> = {
  HOLE: "hole",
  DELALLOC: "delalloc",
  MAPPED: "written",
  UNWRITTEN: "unwritten",
};

/** A time during which ext4 had no block to reserve. */
interface FullTime {
  readonly from: number;
  readonly to: number;
}

/**
 * From where a buffered write of ext4 began a page that it did not get, as what it returned tells, until blocks were had
 * again. A write that is short because its buffer could not be read has ended the page that it began.
 */
function fullTimes({ events, calls }: RecordedTrace): FullTime[] {
  return calls.flatMap(({ kind, direct, bytes, result, pid, firstSeq, lastSeq }): FullTime[] => {
    const isShort = result !== null && bytes !== null && (result === ENOSPC || (result >= 0 && result < bytes));
    if (kind !== "pwrite" || direct || !isShort) return [];
    const at = events.findLastIndex(({ name, seq, pid: own }) =>
      PIECE_OF_WRITE.test(name) && own === pid && firstSeq < seq && seq < lastSeq
    );
    if (at < 0 || events[at].name !== "ext4_da_write_begin") return [];
    const next = events.findIndex(({ name }, nth) => nth > at && HAS_BLOCKS.test(name));
    return [{ from: events[at].time, to: next < 0 ? Infinity : events[next].time }];
  });
}

const PIECE_OF_WRITE = /^ext4_da_write_(begin|end)$/;

/** What tells of blocks that were had. */
const HAS_BLOCKS = /^ext4_(da_reserve_space|allocate_blocks)$/;

/** What an event tells of the blocks from its offset on, as far as its bytes go; null: nothing. @param blockSize bytes */
export function blockSightOf(event: RecordedEvent, blockSize: number): BlockSight | null {
  const { name, bytes, detail, more, number } = event;
  switch (name) {
    case "iomap_iter_dstmap": {
      const state = ownEntry(TYPES, detail);
      if (state === undefined) return null;
      const pblk = state === "hole" || state === "delalloc" || number === null ? null : number / blockSize;
      return { state, pblk, isNew: more.includes("NEW") };
    }
    case "ext4_es_lookup_extent_exit":
    case "ext4_es_insert_extent":
    case "ext4_es_cache_extent": {
      const state = ownEntry(STATUS, statusOf(detail));
      if (state === undefined || !bytes) return null;
      return { state, pblk: state === "hole" || state === "delalloc" ? null : number, isNew: false };
    }
    case "ext4_ext_map_blocks_exit":
      if (!bytes || number === null || number === 0) return null;
      return { state: more.includes("U") ? "unwritten" : "written", pblk: number, isNew: more.includes("N") };
    default:
      return null;
  }
}

/** What of a recording is about blocks: by file, by block, in the order of time. */
export class Sights {
  readonly byFile = new Map<number, Map<number, Sight[]>>();
  readonly #allocations = new Map<number, GivenBlocks[]>();
  /** What mappings have told to be new, of whatever file system. */
  readonly #given: GivenBlocks[] = [];
  /** By task: byte up to which a request has been mapped. */
  readonly #mappedTo = new Map<number, { readonly ino: number; readonly end: number }>();
  readonly blockSize: number;
  /** Blocks that there was no room for, in the order of time. */
  readonly #refusals: Refusal[] = [];
  /** Blocks that a transaction of XFS could not set aside, likewise. */
  readonly #unreserved: Refusal[] = [];
  readonly #full: readonly FullTime[];
  readonly #pagesMax: number;
  readonly #pageSize: number;

  constructor(trace: RecordedTrace, blockSize: number, pagesMax: number) {
    const { events, bioPlaces, pageSize } = trace;
    this.#full = fullTimes(trace);
    this.blockSize = blockSize;
    this.#pagesMax = pagesMax;
    this.#pageSize = pageSize;
    for (const event of events) this.#look(event, bioPlaces);
  }

  #look(event: RecordedEvent, bioPlaces: RecordedTrace["bioPlaces"]): void {
    const { name, ino, offset, bytes, time, seq, sector, rwbs } = event;
    if (name === "block_bio_queue") {
      const place = bioPlaces.get(seq);
      if (place === undefined || sector === null || !bytes || rwbs === null) return;
      if (place.offset % this.blockSize !== 0) return;
      const pblk = sector * SECTOR / this.blockSize;
      if (!Number.isInteger(pblk)) return;
      this.#add(place.ino, place.offset, bytes, { time, state: "written", pblk, isNew: false });
    } else if (name === "xfs_freecounter_enospc") {
      // What is asked for goes on behind what has been mapped.
      const at = this.#mappedTo.get(event.pid);
      if (at !== undefined) this.#unreserved.push({ ino: at.ino, time, lblk: Math.floor(at.end / this.blockSize) });
    }
    if (ino === null || offset === null) return;
    if (/^xfs_file_(direct|buffered)_write$/.test(name)) this.#mappedTo.set(event.pid, { ino, end: offset });
    if (event.ret === ENOSPC && name === "ext4_ext_map_blocks_exit") {
      this.#refusals.push({ ino, time, lblk: offset / this.blockSize });
    }
    const sight = blockSightOf(event, this.blockSize);
    if (sight === null) return;
    if (name === "ext4_ext_map_blocks_exit" && sight.isNew) this.#allocated(ino, offset, bytes!, time);
    if (name === "iomap_iter_dstmap") {
      if (sight.isNew) this.#given.push(this.#blocksOf(ino, offset, bytes ?? 0, time));
      this.#mappedTo.set(event.pid, { ino, end: offset + (bytes ?? 0) });
    }
    this.#add(ino, offset, bytes, { time, ...sight });
  }

  #allocated(ino: number, offset: number, bytes: number, time: number): void {
    let own = this.#allocations.get(ino);
    if (own === undefined) this.#allocations.set(ino, own = []);
    own.push(this.#blocksOf(ino, offset, bytes, time));
  }

  #blocksOf(ino: number, offset: number, bytes: number, time: number): GivenBlocks {
    return { ino, time, first: offset / this.blockSize, end: (offset + bytes) / this.blockSize };
  }

  canReserve(ino: number, lblk: number, time: number): boolean {
    if (this.#full.some(({ from, to }) => from <= time && time < to)) return false;
    return this.#isGranted(this.#unreserved, this.#given.filter((each) => each.ino === ino), ino, lblk, time);
  }

  hasRoom(ino: number, lblk: number, time: number): boolean {
    return this.#isGranted(this.#refusals, this.#allocations.get(ino) ?? [], ino, lblk, time);
  }

  /** Whether a block was had before it was next refused. */
  #isGranted(
    refusals: readonly Refusal[],
    had: readonly GivenBlocks[],
    ino: number,
    lblk: number,
    time: number,
  ): boolean {
    const refused = refusals.find((each) => each.ino === ino && each.lblk === lblk && each.time >= time);
    if (refused === undefined) return true;
    return had.some((each) => time <= each.time && each.time < refused.time && each.first <= lblk && lblk < each.end);
  }

  beginsAllocation(ino: number, lblk: number, time: number): boolean {
    const having = this.#allocations.get(ino)?.filter(({ first, end }) => first <= lblk && lblk < end) ?? [];
    return (having.find((each) => each.time >= time) ?? having.at(-1))?.first === lblk;
  }

  #add(ino: number, offset: number, bytes: number | null, sight: Sight): void {
    const first = Math.floor(offset / this.blockSize);
    const end = Math.min(
      Math.ceil((offset + (bytes ?? this.blockSize)) / this.blockSize),
      this.#pagesMax * this.#pageSize / this.blockSize,
    );
    let blocks = this.byFile.get(ino);
    if (blocks === undefined) this.byFile.set(ino, blocks = new Map());
    for (let lblk = first; lblk < end; lblk++) {
      const own = sight.pblk === null ? sight : { ...sight, pblk: sight.pblk + lblk - first };
      const sights = blocks.get(lblk);
      if (sights === undefined) blocks.set(lblk, [own]);
      else if (sights.at(-1)!.pblk !== own.pblk || sights.at(-1)!.state !== own.state) sights.push(own);
    }
  }
}
