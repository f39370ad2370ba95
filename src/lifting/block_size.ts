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
const VOTES_MIN = 3;
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

interface Position {
  recordingId: number;
  dev: number;
  inoLo: number;
  offset: number;
}

export class BlockSizeEvidence implements EventObserver {
  /** Last byte position by task. */
  readonly #last = new Map<number, Position>();
  readonly #votes = new Map<number, Map<number, number>>();

  event(sink: EventSink): void {
    if (!sink.hasOffset || !sink.hasIno || sink.captured[3] !== 0 && sink.captured[3] > 0xfffff) return;
    const offset = sink.captured[3] * 4294967296 + (sink.captured[2] >>> 0);
    const recordingId = sink.type.key.recordingId;
    if (!sink.type.offsetInBlocks) {
      const last = this.#last.get(sink.pid);
      if (last === undefined) {
        if (this.#last.size > 65536) this.#last.clear();
        this.#last.set(sink.pid, { recordingId, dev: sink.dev, inoLo: sink.inoLo, offset });
      } else {
        last.recordingId = recordingId;
        last.dev = sink.dev;
        last.inoLo = sink.inoLo;
        last.offset = offset;
      }
      return;
    }
    const last = this.#last.get(sink.pid);
    if (
      last === undefined || offset === 0 || last.inoLo !== sink.inoLo || last.dev !== sink.dev ||
      last.recordingId !== recordingId
    ) return;
    for (let bytes = BLOCK_BYTES_MIN; bytes <= BLOCK_BYTES_MAX; bytes *= 2) {
      if (Math.floor(last.offset / bytes) !== offset) continue;
      const key = recordingId * 0x1000000 + sink.dev;
      let votes = this.#votes.get(key);
      if (votes === undefined) this.#votes.set(key, votes = new Map());
      votes.set(bytes, (votes.get(bytes) ?? 0) + 1);
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
