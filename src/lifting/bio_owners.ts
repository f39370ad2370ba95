/**
 * Whose a bio is: the operation that made it, the file and the position, and what it carries.
 *
 * By the rules of the lifting specification: a bio that a task queues within the mapping it was just told is certain;
 * what writeback, or a read, queues elsewhere is looked up in the extent map. A bio of a partition is known by the remap
 * that comes before it.
 *
 * @module
 */

import type { BlockSizeEvidence } from "./block_size.ts";
import type { Extent, ExtentMap } from "./extents.ts";
import type { LiftingState, Thread } from "./lifting_state.ts";
import { NO, type Operation, SAW } from "./operation.ts";
import { ATTRIBUTION, KIND, ROLE } from "./operation_kinds.ts";

const SECTOR = 512;
const BLOCK_BYTES_MAX = 65_536;
/** Ends of recent bios of files, to see requests of several files; a power of two. */
const ENDS = 1024;
/** Writes of one operation to places not told yet, at most. */
const UNPLACED_MAX = 4096;

/** Event with which the task's writeback of the file began, else its request or call; -1 = neither. */
function sinceOf(thread: Thread, file: number): number {
  if (thread.writebackFile !== NO && (file === NO || thread.writebackFile === file)) return thread.writebackSeq;
  return (thread.request ?? thread.call ?? thread.fault)?.firstSeq ?? NO;
}

export class BioOwners {
  readonly #state: LiftingState;
  readonly #blockSizes: BlockSizeEvidence;
  readonly #ends = new Float64Array(ENDS).fill(NO);
  readonly #endFiles = new Int32Array(ENDS);
  readonly #sizes = new Map<number, number>();
  // What find has found.
  #dev = NO;
  #file = NO;
  #offset = NO;
  #certainty: number = ATTRIBUTION.unknown;
  /** Whether direct I/O of the bio's task was told that it goes there. */
  #isMappedDirect = false;

  constructor(state: LiftingState, blockSizes: BlockSizeEvidence) {
    this.#state = state;
    this.#blockSizes = blockSizes;
  }

  /** block_bio_remap: the bio goes on elsewhere. */
  remapped(thread: Thread): void {
    const { sink } = this.#state;
    if (sink.oldDev < 0 || sink.oldSector < 0 || !sink.hasSector) return;
    const { remap } = thread;
    const sector = sink.sectorHi * 4294967296 + (sink.sectorLo >>> 0);
    // The second of two remaps in a row leads back to the first one's device.
    const isNext = remap.dev >= 0 && remap.lowerDev === sink.oldDev && remap.lowerSector === sink.oldSector;
    if (!isNext) {
      remap.dev = sink.oldDev;
      remap.sector = sink.oldSector;
    }
    remap.lowerDev = sink.dev;
    remap.lowerSector = sector;
  }

  /** A bio begins with the current event. */
  begins(bio: number, thread: Thread | null, sector: number, bytes: number): void {
    const state = this.#state;
    const { sink } = state;
    const rwbs = sink.rwbs < 0 ? "" : sink.pool.texts[sink.rwbs];
    const isMetadata = /M/.test(rwbs);
    this.#file = this.#offset = NO;
    this.#certainty = ATTRIBUTION.unknown;
    this.#isMappedDirect = false;
    if (bytes > 0 && sector >= 0) this.#find(thread, sector, isMetadata);
    const operation = thread === null ? null : thread.request ?? thread.call ?? thread.fault;
    const role = this.#role(thread, operation, rwbs, bytes, isMetadata);
    if (operation === null && this.#file === NO && role === ROLE.unknown) return;
    if (role === ROLE.unknown && operation !== null && thread !== null && bytes > 0 && rwbs.includes("W")) {
      if (thread.unplaced.length === UNPLACED_MAX) state.dropUnplaced(thread);
      const start = sector * SECTOR;
      thread.unplaced.push({ bio, operation, dev: this.#dev, start, end: start + bytes });
      state.bios++;
      return;
    }
    let attribution = this.#certainty;
    // The task was in the operation: with the file it is as sure as the file, without it is by time.
    if (this.#file === NO) attribution = operation === null ? ATTRIBUTION.unknown : ATTRIBUTION["by-time"];
    if (this.#file !== NO && role === ROLE.writeback && attribution === ATTRIBUTION["by-interval"]) {
      state.doubt().ambiguity("A5", sink);
    }
    if (role === ROLE.zeroing && operation !== null && operation.offset % 4096 === 0 && operation.bytes % 4096 === 0) {
      state.doubt().ambiguity("A7", sink);
    }
    if (this.#file !== NO && bytes > 0) {
      const end = sector + bytes / SECTOR;
      this.#ends[end & (ENDS - 1)] = end;
      this.#endFiles[end & (ENDS - 1)] = this.#file;
    }
    state.bios++;
    state.bioOwners.add(bio, operation === null ? NO : operation.id, this.#file, this.#offset, attribution, role);
  }

  /** block_bio_backmerge: the bio joins the request that ends where it begins. */
  merged(): void {
    const { sink } = this.#state;
    if (!sink.hasSector || sink.sectorHi < 0) return;
    const sector = sink.sectorHi * 4294967296 + (sink.sectorLo >>> 0);
    const end = sector + Math.max(0, this.#state.bytes) / SECTOR;
    const [before, own] = [sector & (ENDS - 1), end & (ENDS - 1)];
    if (this.#ends[before] !== sector || this.#ends[own] !== end) return;
    if (this.#endFiles[before] !== this.#endFiles[own]) this.#state.doubt().ambiguity("A6", sink);
  }

  /** The file and position at a place of the current event's device. */
  #find(thread: Thread | null, sector: number, isMetadata: boolean): void {
    const state = this.#state;
    let { dev } = state.sink;
    this.#dev = dev;
    let at = sector * SECTOR;
    if (thread !== null) {
      const { remap, mapping } = thread;
      if (remap.dev >= 0 && remap.lowerDev === dev && remap.lowerSector === sector) {
        this.#dev = dev = remap.dev;
        at = remap.sector * SECTOR;
      }
      if (mapping.file !== NO && mapping.dev === dev && at >= mapping.start && at < mapping.end) {
        this.#file = mapping.file;
        this.#offset = mapping.offset + at - mapping.start;
        this.#certainty = ATTRIBUTION.certain;
        this.#isMappedDirect = mapping.isDirect;
        return;
      }
    }
    const known = state.knownExtents(dev);
    // A block of metadata may have been one of a file before.
    if (known === undefined || isMetadata) return;
    const sureBytes = this.#blockSize(dev);
    const blockBytes = sureBytes > 0
      ? sureBytes
      : this.#blockSizes.sizeOf(state.recordingId, dev, 1) || this.#likelySize(thread, known.blocks, at);
    const extent = known.bytes.find(at);
    const block = blockBytes === 0 ? null : known.blocks.find(Math.floor(at / blockBytes));
    if (block !== null && (extent === null || block.seq > extent.seq)) {
      this.#take(thread, block, at, blockBytes);
      if (sureBytes === 0) this.#certainty = ATTRIBUTION["by-interval"];
    }
    if (this.#file === NO && extent !== null) this.#take(thread, extent, at, 1);
  }

  /**
   * While nothing is clear: the only block size with which the bio is where its task has just been told that blocks are;
   * 0 where there is none, or more than one.
   */
  #likelySize(thread: Thread | null, blocks: ExtentMap, at: number): number {
    if (thread === null) return 0;
    const since = sinceOf(thread, NO);
    let found = 0;
    for (let bytes = SECTOR; since >= 0 && bytes <= BLOCK_BYTES_MAX; bytes *= 2) {
      const extent = at % bytes === 0 ? blocks.find(at / bytes) : null;
      if (extent === null || extent.seq < since) continue;
      if (found > 0) return 0;
      found = bytes;
    }
    return found;
  }

  /** Bytes a block of the filesystem once that was clear; 0 before. Evidence that comes later may be less clear. */
  #blockSize(dev: number): number {
    const key = this.#state.recordingId * 0x100000000 + dev;
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const bytes = this.#blockSizes.sizeOf(this.#state.recordingId, dev);
    if (bytes > 0) this.#sizes.set(key, bytes);
    return bytes;
  }

  #take(thread: Thread | null, extent: Extent, at: number, unit: number): void {
    this.#file = extent.file;
    this.#offset = extent.offset * unit + at - extent.start * unit;
    // What the same writeback or call was told of its file's place is as good as a mapping of its own.
    const since = thread === null ? NO : sinceOf(thread, extent.file);
    this.#certainty = since >= 0 && extent.seq >= since ? ATTRIBUTION.certain : ATTRIBUTION["by-interval"];
  }

  #role(thread: Thread | null, operation: Operation | null, rwbs: string, bytes: number, isMetadata: boolean): number {
    if (bytes === 0 && rwbs.includes("F")) return ROLE.flush;
    if (thread !== null && thread.isJournal && isMetadata) return ROLE.journal;
    if (isMetadata) return ROLE.metadata;
    if (this.#file === NO) return ROLE.unknown;
    if (operation === null && this.#isMappedDirect) return ROLE.direct;
    const isWrite = rwbs.includes("W");
    if (!isWrite) {
      if (rwbs.includes("A")) return ROLE.readahead;
      if (operation === null || (operation.seen & SAW.direct) === 0) return ROLE.read;
      return ROLE.direct;
    }
    if (
      operation !== null && operation.data === "write" && operation.seen & SAW.direct && thread?.writebackFile === NO
    ) {
      if (operation.offset >= 0 && operation.bytes >= 0) {
        const isOutside = this.#offset + bytes <= operation.offset ||
          this.#offset >= operation.offset + operation.bytes;
        if (isOutside) return ROLE.zeroing;
      }
      return ROLE.direct;
    }
    if (operation !== null && operation.kind === KIND.io_submit) return ROLE.direct;
    return ROLE.writeback;
  }
}
