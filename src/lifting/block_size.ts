/**
 * The block size of filesystems, which no event names but which some positions count in.
 *
 * A task that reads or writes at a byte position next looks up the block there: the two positions agree for one power
 * of two only. What it looks up behind that, such as all blocks of what it reads ahead, is elsewhere. Readahead may begin
 * elsewhere, too, so the size is what most pairs say, or unknown.
 *
 * @module
 */

import type { EventObserver, EventSink } from "../recording/event_sink.ts";

const BLOCK_BYTES_MIN = 512;
const BLOCK_BYTES_MAX = 65536;
const SIZES = Math.log2(BLOCK_BYTES_MAX / BLOCK_BYTES_MIN) + 1;
/** Pairs that must agree, and how large a share of all pairs they must be. */
const VOTES_MIN = 2;
const SHARE_MIN = 0.75;
/** So many pairs, nearly all of one mind, settle it: the rest of the recording need not be looked at. */
const VOTES_ENOUGH = 512;
const SHARE_ENOUGH = 0.95;

/** What is known of a device's block size. */
export interface BlockSize {
  recordingId: number;
  /** Code of the sink's pool. */
  dev: number;
  bytes: number;
  /** How many pairs of positions say so. */
  evidence: number;
}

/** What a task last told of a file. */
interface Position {
  recordingId: number;
  dev: number;
  inoLo: number;
  /** In bytes; -1 = none. */
  offset: number;
  /** Block of the device; -1 = none. */
  deviceBlock: number;
}

/** Tasks remembered at most. */
const TASKS_MAX = 65536;

/** Pairs of positions that were looked at on a device, by the size that makes them one place. */
interface Votes {
  all: number;
  /** Index: how often BLOCK_BYTES_MIN is doubled. */
  bySize: number[];
}

/** Of a device in {@linkcode BlockSizeEvidence}'s votes. */
function keyOf(recordingId: number, dev: number): number {
  return recordingId * 0x100000000 + dev;
}

function isSettled({ all, bySize }: Votes): boolean {
  if (all < VOTES_ENOUGH) return false;
  const evidence = Math.max(...bySize);
  return evidence >= VOTES_ENOUGH && evidence >= all * SHARE_ENOUGH;
}

export class BlockSizeEvidence implements EventObserver {
  readonly #last = new Map<number, Position>();
  readonly #votes = new Map<number, Votes>();
  /** Keys of the votes that are settled. */
  readonly #settledDevices = new Set<number>();
  /** By code of the sink: events of this kind have nothing more to say. */
  readonly #settled: boolean[] = [];

  event(sink: EventSink): void {
    if (this.#settled[sink.kind]) return;
    const { action } = sink.type;
    if (action !== null) {
      if (this.#last.size === 0) return;
      if (action === "Q") {
        this.#reached(sink, sink.dev, sink.hasSector && sink.sectorHi === 0 ? sink.sectorLo >>> 0 : 0);
      } // On a partition the disk is another device; the remap has the sector within the partition.
      else if (action === "A") this.#reached(sink, sink.oldDev, sink.oldSector);
      return;
    }
    if (!sink.hasOffset || !sink.hasIno || sink.captured[3] < 0 || sink.captured[3] > 0xfffff) return;
    if (this.#settledDevices.has(keyOf(sink.type.key.recordingId, sink.dev))) {
      this.#settled[sink.kind] = true;
      return;
    }
    const offset = sink.captured[3] * 4294967296 + (sink.captured[2] >>> 0);
    const last = this.#task(sink);
    const sameFile = last.inoLo === sink.inoLo && last.dev === sink.dev &&
      last.recordingId === sink.type.key.recordingId;
    if (sink.type.offsetInBlocks) {
      if (sameFile && last.offset >= 0) this.#vote(sink, sink.dev, last.offset, offset);
      last.deviceBlock = sink.deviceBlock;
      last.offset = -1;
    } else {
      // XFS tells both positions of a mapping in one event; iomap tells the address of what was just looked up.
      if (sink.startBlock > 0) this.#vote(sink, sink.dev, offset, sink.startBlock);
      if (sameFile && sink.deviceAddress > 0 && last.deviceBlock > 0) {
        this.#vote(sink, sink.dev, sink.deviceAddress, last.deviceBlock);
      }
      last.offset = offset;
      if (!sameFile) last.deviceBlock = -1;
    }
    last.recordingId = sink.type.key.recordingId;
    last.dev = sink.dev;
    last.inoLo = sink.inoLo;
  }

  /** The bio that follows a look-up goes where the look-up said. */
  #reached(sink: EventSink, dev: number, sector: number): void {
    if (sink.dev === dev && this.#settledDevices.has(keyOf(sink.type.key.recordingId, dev))) {
      // A remap is about more devices than the one it names.
      this.#settled[sink.kind] = true;
      return;
    }
    const last = this.#last.get(sink.pid);
    if (last === undefined || last.deviceBlock <= 0 || last.dev !== dev || sector <= 0) return;
    this.#vote(sink, dev, sector * 512, last.deviceBlock);
    last.deviceBlock = -1;
  }

  #task(sink: EventSink): Position {
    let last = this.#last.get(sink.pid);
    if (last === undefined) {
      if (this.#last.size >= TASKS_MAX) this.#last.clear();
      last = { recordingId: -1, dev: -1, inoLo: 0, offset: -1, deviceBlock: -1 };
      this.#last.set(sink.pid, last);
    }
    return last;
  }

  /** A position in bytes and one in blocks that should be the same place. */
  #vote(sink: EventSink, dev: number, bytes: number, blocks: number): void {
    if (blocks === 0 || dev < 0) return;
    const key = keyOf(sink.type.key.recordingId, dev);
    let votes = this.#votes.get(key);
    if (this.#settledDevices.has(key)) return;
    for (let i = 0, size = BLOCK_BYTES_MIN; size <= BLOCK_BYTES_MAX; i++, size *= 2) {
      if (Math.floor(bytes / size) !== blocks) continue;
      if (votes === undefined) this.#votes.set(key, votes = { all: 0, bySize: Array(SIZES).fill(0) });
      votes.all++;
      votes.bySize[i]++;
      if (isSettled(votes)) this.#settledDevices.add(key);
      return;
    }
  }

  /**
   * The block size of a device as far as is known by now; 0 where the recording is not clear about it.
   *
   * @param votesMin pairs of positions that must agree: one is a good guess
   */
  sizeOf(recordingId: number, dev: number, votesMin = VOTES_MIN): number {
    const votes = this.#votes.get(keyOf(recordingId, dev));
    if (votes === undefined) return 0;
    let best = 0;
    for (let i = 1; i < SIZES; i++) if (votes.bySize[i] > votes.bySize[best]) best = i;
    const evidence = votes.bySize[best];
    return evidence < votesMin || evidence < votes.all * SHARE_MIN ? 0 : BLOCK_BYTES_MIN * 2 ** best;
  }

  /** The sizes that the recording is clear about. */
  get sizes(): BlockSize[] {
    const sizes: BlockSize[] = [];
    for (const [key, { all, bySize }] of this.#votes) {
      const evidence = Math.max(...bySize);
      if (evidence < VOTES_MIN || evidence < all * SHARE_MIN) continue;
      const bytes = BLOCK_BYTES_MIN * 2 ** bySize.indexOf(evidence);
      sizes.push({ recordingId: Math.floor(key / 0x100000000), dev: key % 0x100000000, bytes, evidence });
    }
    return sizes;
  }
}
