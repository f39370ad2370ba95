/**
 * The block size of filesystems, which no event names but which some positions count in.
 *
 * A task that reads or writes at a byte position next looks up the block there: the two positions agree for one power
 * of two only. Readahead and the like look up other blocks, so the size is what most pairs say, or unknown.
 *
 * @module
 */

import type { EventObserver, EventSink } from "../recording/event_sink.ts";

const BLOCK_BYTES_MIN = 512;
const BLOCK_BYTES_MAX = 65536;
/** Pairs that must agree, and how large a share of all pairs they must be. */
const VOTES_MIN = 2;
const SHARE_MIN = 0.75;

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

export class BlockSizeEvidence implements EventObserver {
  readonly #last = new Map<number, Position>();
  readonly #votes = new Map<number, Map<number, number>>();

  event(sink: EventSink): void {
    if (sink.type.action === "Q") {
      // The bio that follows a look-up goes where the look-up said, unless the filesystem is on a partition.
      const last = this.#last.get(sink.pid);
      if (
        last !== undefined && last.deviceBlock > 0 && last.dev === sink.dev && sink.hasSector && sink.sectorHi === 0
      ) {
        this.#vote(sink, (sink.sectorLo >>> 0) * 512, last.deviceBlock);
        last.deviceBlock = -1;
      }
      return;
    }
    if (!sink.hasOffset || !sink.hasIno || sink.captured[3] < 0 || sink.captured[3] > 0xfffff) return;
    const offset = sink.captured[3] * 4294967296 + (sink.captured[2] >>> 0);
    const last = this.#task(sink);
    const sameFile = last.inoLo === sink.inoLo && last.dev === sink.dev &&
      last.recordingId === sink.type.key.recordingId;
    if (sink.type.offsetInBlocks) {
      if (sameFile && last.offset >= 0) this.#vote(sink, last.offset, offset);
      last.deviceBlock = sink.deviceBlock;
      if (!sameFile) last.offset = -1;
    } else {
      // XFS tells both positions of a mapping in one event; iomap tells the address of what was just looked up.
      if (sink.startBlock > 0) this.#vote(sink, offset, sink.startBlock);
      if (sameFile && sink.deviceAddress > 0 && last.deviceBlock > 0) {
        this.#vote(sink, sink.deviceAddress, last.deviceBlock);
      }
      last.offset = offset;
      if (!sameFile) last.deviceBlock = -1;
    }
    last.recordingId = sink.type.key.recordingId;
    last.dev = sink.dev;
    last.inoLo = sink.inoLo;
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
  #vote(sink: EventSink, bytes: number, blocks: number): void {
    if (blocks === 0) return;
    for (let size = BLOCK_BYTES_MIN; size <= BLOCK_BYTES_MAX; size *= 2) {
      if (Math.floor(bytes / size) !== blocks) continue;
      const key = sink.type.key.recordingId * 0x1000000 + sink.dev;
      let votes = this.#votes.get(key);
      if (votes === undefined) this.#votes.set(key, votes = new Map());
      votes.set(size, (votes.get(size) ?? 0) + 1);
      return;
    }
  }

  /** The sizes that the recording is clear about. */
  get sizes(): BlockSize[] {
    const sizes: BlockSize[] = [];
    for (const [key, votes] of this.#votes) {
      const all = [...votes.values()].reduce((sum, n) => sum + n, 0);
      const [bytes, evidence] = [...votes].reduce((best, vote) => vote[1] > best[1] ? vote : best);
      if (evidence < VOTES_MIN || evidence < all * SHARE_MIN) continue;
      sizes.push({ recordingId: Math.floor(key / 0x1000000), dev: key % 0x1000000, bytes, evidence });
    }
    return sizes;
  }
}
