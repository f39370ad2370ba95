/**
 * Block events paired into bios' lifetimes: queued, given a request, merged, split, inserted, issued, completed.
 *
 * Requests are found by device and sector interval, as the block layer itself knows them; blktrace records and ftrace's
 * block events go the same way, by blkparse's action letters. Stages that a recording does not show stay empty, and what
 * cannot be paired is counted.
 *
 * Sources: blkparse(1), btt(1); block/blk-flush.c of Linux 6.18 for the steps of a flush (a bio with PREFLUSH or FUA on a
 * device with a volatile cache becomes up to three requests: flush, data, flush); drivers/md/dm.c of Linux 5.18 to 6.18
 * for splits of a mapped device; drivers/nvme/host/multipath.c for bios that change their disk.
 *
 * @module
 */

import type { Diagnostics } from "../recording/diagnostics.ts";
import type { EventObserver, EventSink } from "../recording/event_sink.ts";
import type { BioTable } from "./bio_table.ts";
import { type Announced, ANNOUNCED_MAX, DeviceStack, type StackedDevice } from "./device_stack.ts";
import {
  ASIDE,
  COMPLETE,
  EMPTY,
  GETRQ,
  INSERT,
  ISSUE,
  ISSUED,
  MERGED,
  MERGED_LINK,
  NONE,
  OpenBios,
  QUEUE,
  QUEUED,
  REMAPPED_LINK,
  SPLIT_LINK,
  STAGES,
  WAITING,
} from "./open_bios.ts";
import { PairingRecord } from "./pairing_record.ts";
import {
  COMMAND,
  FLUSH_REQUEST,
  MAY_END_WITH_FLUSH,
  OPERATION_MASK,
  requestTraits,
  sameOperation,
} from "./request_flags.ts";

/** Bios under way at most; beyond it the oldest ones are given up. */
const OPEN_MAX = 131_072;
/** Bios under way at one sector of one device at most. */
const SAME_PLACE_MAX = 1024;
/** Requests that a bio could be merged with are looked at up to this many. */
const NEIGHBOURS_MAX = 64;
/** A FUA write whose data is done may wait for a flush behind it; of so many at a time the end is awaited. */
const FLUSH_TAIL_MAX = 256;
/** Tasks whose last remap is remembered, for each device. */
const REMAPPING_TASKS_MAX = 1024;

/** What is under way on one device of one trace buffer. */
interface Device {
  /** Its number in the list of devices. */
  number: number;
  record: PairingRecord;
  buffer: string;
  /** False for events that name no device: nothing can be paired there. */
  isNamed: boolean;
  /** Flush requests of the block layer itself, oldest first. */
  flushes: number[];
  /** Writes whose data is complete and whose flush may follow, by first sector; in order of completion. */
  tail: Map<number, number>;
  /** Remaps to this device whose bio has not been seen here yet, by sector. */
  announced: Map<number, Announced>;
  /** Slot and bio_id of the bio that a task has last remapped from here. */
  remapped: Map<number, { slot: number; id: number }>;
}

/** What an event does, by blkparse's action letter; the steps of a request come first. */
const STEPS = { Q: 1, G: 2, I: 3, D: 4, C: 5, R: 6, M: 7, F: 8, X: 9, A: 10 } as const;
type Action = keyof typeof STEPS;

/** What events of one type, device and rwbs have in common. */
interface Kind {
  /** Value of {@linkcode STEPS}; 0: no step of a bio. */
  step: number;
  action: Action;
  device: Device;
  /** Operation, see `request_flags.ts`. */
  operation: number;
  traits: number;
  /** The event tells by its name that it is about a bio and not a request, or about requests and not a bio. */
  about: "bio" | "requests" | "either";
}

/** Options of {@linkcode BioPairing}. */
export interface BioPairingLimits {
  /** Bios under way at most, a power of two from 1024 on. */
  open: number;
}

export class BioPairing implements EventObserver {
  readonly #table: BioTable;
  readonly #diagnostics: (recordingId: number) => Diagnostics;
  readonly #bios: OpenBios;
  readonly #stack = new DeviceStack();
  readonly #devices: Device[] = [];
  /** By recording and code of the device; several where trace instances have the same events. */
  readonly #devicesByKey = new Map<number, Device[]>();
  readonly #records = new Map<number, PairingRecord>();
  /** By code of the sink. */
  readonly #kinds: Kind[] = [];
  #nextId = 0;
  /** Of the current event. */
  #sink!: EventSink;
  #kind!: Kind;

  /** @param diagnostics those of a recording */
  constructor(
    table: BioTable,
    diagnostics: (recordingId: number) => Diagnostics,
    limits: BioPairingLimits = { open: OPEN_MAX },
  ) {
    this.#table = table;
    this.#diagnostics = diagnostics;
    this.#bios = new OpenBios(limits.open);
  }

  event(sink: EventSink): void {
    const kind = this.#kinds[sink.kind] ?? this.#findKind(sink);
    if (kind.step === 0) return;
    this.#sink = sink;
    this.#kind = kind;
    const { device } = kind;
    const start = !sink.hasSector || sink.sectorHi < 0 ? NONE : sink.sectorHi * 4294967296 + (sink.sectorLo >>> 0);
    const bytes = sink.hasBytes ? (sink.bytesHi >>> 0) * 4294967296 + (sink.bytesLo >>> 0) : 0;
    if (bytes === 0 || start < 0 || kind.operation === COMMAND || !device.isNamed) {
      this.#withoutPlace(device, start, bytes);
      return;
    }
    switch (kind.step) {
      case STEPS.Q:
        this.#queue(device, start, bytes);
        break;
      case STEPS.G:
        this.#getrq(device, start, bytes);
        break;
      case STEPS.I:
        this.#stampRequest(this.#request(device, start, bytes), INSERT);
        break;
      case STEPS.D:
        this.#issue(device, start, bytes);
        break;
      case STEPS.C:
        this.#complete(device, start, bytes);
        break;
      case STEPS.M:
        this.#backMerge(device, start, bytes);
        break;
      case STEPS.A:
        this.#remap(device, start);
        break;
      case STEPS.F:
        this.#frontMerge(device, start, bytes);
        break;
      case STEPS.X:
        this.#split(device, start);
        break;
      case STEPS.R:
        this.#requeue(device, start);
        break;
      default:
    }
  }

  #findKind(sink: EventSink): Kind {
    const { action, key } = sink.type;
    const step = action === null ? 0 : STEPS[action as Action] ?? 0;
    const traits = sink.rwbs < 0 ? 0 : requestTraits(sink.pool.texts[sink.rwbs]);
    return this.#kinds[sink.kind] = {
      step,
      action: action as Action,
      device: this.#deviceOf(key.recordingId, sink.dev, key.buffer),
      operation: traits & OPERATION_MASK,
      traits,
      about: key.name === "block_bio_complete" ? "bio" : key.name === "block_rq_merge" ? "requests" : "either",
    };
  }

  /** Events were lost here: of bios that look alike, those that began later are the likelier ones from now on. */
  gap(recordingId: number): void {
    this.#record(recordingId).gapId = this.#nextId;
  }

  #record(recordingId: number): PairingRecord {
    let record = this.#records.get(recordingId);
    if (record === undefined) {
      record = new PairingRecord(recordingId, this.#diagnostics(recordingId));
      this.#records.set(recordingId, record);
    }
    return record;
  }

  /** @param dev code of the sink's pool; -1: the event names none */
  #deviceOf(recordingId: number, dev: number, buffer: string): Device {
    const key = recordingId * 0x100000000 + dev;
    let devices = this.#devicesByKey.get(key);
    if (devices === undefined) this.#devicesByKey.set(key, devices = []);
    let device = devices.find((d) => d.buffer === buffer);
    if (device === undefined) {
      device = {
        number: this.#devices.length,
        record: this.#record(recordingId),
        buffer,
        isNamed: dev >= 0,
        flushes: [],
        tail: new Map(),
        announced: new Map(),
        remapped: new Map(),
      };
      devices.push(device);
      this.#devices.push(device);
    }
    return device;
  }

  #stamp(slot: number, stage: number): void {
    const bios = this.#bios;
    const at = slot * 2 * STAGES + 2 * stage;
    bios.times[at] = this.#sink.tsLo;
    bios.times[at + 1] = this.#sink.tsHi;
    bios.seen[slot] |= 1 << stage;
    bios.lastSeq[slot] = this.#sink.seq;
  }

  #stampRequest(head: number, stage: number): void {
    const bios = this.#bios;
    for (let slot = head; slot !== NONE; slot = bios.nextInRequest[slot]) this.#stamp(slot, stage);
  }

  /** A bio that begins with the current event. */
  #begin(device: Device, start: number, bytes: number, state: number): number {
    const bios = this.#bios;
    if (bios.isFull) this.#giveUpOldest();
    const sink = this.#sink;
    const slot = bios.take();
    bios.id[slot] = this.#nextId++;
    bios.state[slot] = state;
    bios.device[slot] = device.number;
    bios.operation[slot] = this.#kind.operation;
    bios.sector[slot] = bios.start[slot] = start;
    bios.bytes[slot] = bytes;
    bios.end[slot] = start + bytes / 512;
    bios.kind[slot] = sink.kind;
    bios.context[slot] = sink.context;
    bios.firstSeq[slot] = bios.lastSeq[slot] = sink.seq;
    return slot;
  }

  #place(slot: number): void {
    const bios = this.#bios;
    if (bios.place(slot) < SAME_PLACE_MAX) return;
    this.#giveUp(bios.firstAtStart(bios.device[slot], bios.start[slot]));
  }

  /** Takes what a remap from above has said of the bio that begins here. */
  #takeAnnounced(device: Device, start: number): Announced | undefined {
    if (device.announced.size === 0) return undefined;
    const announced = device.announced.get(start);
    if (announced !== undefined) device.announced.delete(start);
    return announced;
  }

  #linkAbove(slot: number, above: Announced): void {
    this.#bios.remappedFrom[slot] = above.id;
    this.#bios.seen[slot] |= REMAPPED_LINK;
  }

  #queue(device: Device, start: number, bytes: number): void {
    const slot = this.#begin(device, start, bytes, bytes === 0 ? EMPTY : QUEUED);
    this.#stamp(slot, QUEUE);
    const above = this.#takeAnnounced(device, start);
    if (above !== undefined) this.#linkAbove(slot, above);
    this.#place(slot);
  }

  #remap(device: Device, start: number): void {
    const sink = this.#sink;
    if (sink.oldDev < 0 || sink.oldSector < 0) {
      device.record.unpaired(sink, "A");
      return;
    }
    const { recordingId } = device.record;
    const startSector = start - sink.oldSector;
    const pair = this.#stack.add(recordingId, sink.oldDev, sink.dev, startSector);
    // A partition's bios are queued on the disk only; those of a stacked device were queued above before.
    const above = this.#devicesByKey.get(recordingId * 0x100000000 + sink.oldDev)
      ?.find((d) => d.buffer === device.buffer);
    const slot = above === undefined ? NONE : this.#newestAt(above, sink.oldSector);
    if (above !== undefined && slot !== NONE) {
      const id = this.#bios.id[slot];
      this.#announce(device, start, { id, slot, pair, startSector });
      if (above.remapped.size >= REMAPPING_TASKS_MAX) above.remapped.clear();
      above.remapped.set(sink.pid, { slot, id });
      return;
    }
    // To a partition of this disk: the remap before it gave the sector within the partition as one of the disk.
    const first = sink.oldDev === sink.dev ? undefined : this.#takeAnnounced(device, sink.oldSector);
    if (first !== undefined) this.#announce(device, start, { ...first, pair: this.#stack.correct(first, sink.oldDev) });
  }

  #announce(device: Device, start: number, announced: Announced): void {
    if (device.announced.size >= ANNOUNCED_MAX) {
      for (const oldest of device.announced.keys()) {
        device.announced.delete(oldest);
        device.record.unseenBelow(this.#sink, 1);
        break;
      }
    }
    device.announced.set(start, announced);
  }

  /** Was the bio begun by the task of the current event? */
  #isOwn(slot: number): boolean {
    const sink = this.#sink;
    return sink.contexts[this.#bios.context[slot]].pid === sink.pid;
  }

  /** The bio that began last of those at this sector, of the current task if there is one of it. */
  #newestAt(device: Device, start: number): number {
    const bios = this.#bios;
    let best = NONE;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (best === NONE || this.#isOwn(slot) || !this.#isOwn(best)) best = slot;
    }
    return best;
  }

  /**
   * The queued bio that an event of the task which submits it is about: the task's newest at this place, else the oldest
   * of this length, else the oldest.
   */
  #queuedAt(device: Device, start: number, end: number): number {
    const bios = this.#bios;
    const only = bios.onlyAtStart(device.number, start);
    if (only !== NONE && bios.state[only] === QUEUED && bios.operation[only] === this.#kind.operation) return only;
    let best = NONE;
    let bestRank = -1;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (bios.state[slot] !== QUEUED || !sameOperation(bios.operation[slot], this.#kind.operation)) continue;
      const own = this.#isOwn(slot);
      const rank = (own ? 2 : 0) + (bios.end[slot] === end ? 1 : 0);
      if (rank > bestRank || (own && rank === bestRank)) {
        best = slot;
        bestRank = rank;
      }
    }
    return best;
  }

  /** The bio that multipath has moved to this disk, out of the queue above: it is queued once and completes here. */
  #movedHere(device: Device, start: number): number {
    const bios = this.#bios;
    const above = this.#takeAnnounced(device, start);
    if (above === undefined || bios.state[above.slot] !== QUEUED || bios.id[above.slot] !== above.id) return NONE;
    bios.unplace(above.slot);
    bios.device[above.slot] = device.number;
    bios.start[above.slot] = start;
    bios.end[above.slot] = start + bios.bytes[above.slot] / 512;
    this.#place(above.slot);
    return above.slot;
  }

  /** Makes two bios of one that is in no request with others. The rest is not queued again: it waits since the whole was. */
  #cut(slot: number, at: number): void {
    const bios = this.#bios;
    bios.unplace(slot);
    const rest = this.#begin(this.#devices[bios.device[slot]], at, (bios.end[slot] - at) * 512, QUEUED);
    bios.kind[rest] = bios.kind[slot];
    bios.context[rest] = bios.context[slot];
    bios.operation[rest] = bios.operation[slot];
    bios.splitFrom[rest] = bios.id[slot];
    bios.seen[rest] = (bios.seen[slot] & (1 << QUEUE)) | SPLIT_LINK;
    bios.times[rest * 2 * STAGES] = bios.times[slot * 2 * STAGES];
    bios.times[rest * 2 * STAGES + 1] = bios.times[slot * 2 * STAGES + 1];
    bios.lastSeq[slot] = this.#sink.seq;
    bios.bytes[slot] = (at - bios.sector[slot]) * 512;
    bios.end[slot] = at;
    this.#place(slot);
    this.#place(rest);
  }

  #split(device: Device, start: number): void {
    const at = this.#sink.newSector;
    const bios = this.#bios;
    if (at === start) {
      // A mapped device trims its bio instead: what lies before is on its way below, the bio itself goes on behind.
      const last = device.remapped.get(this.#sink.pid);
      const slot = last?.slot ?? NONE;
      if (last !== undefined && bios.state[slot] === QUEUED && bios.id[slot] === last.id && this.#contains(slot, at)) {
        bios.unplace(slot);
        bios.start[slot] = at;
        bios.lastSeq[slot] = this.#sink.seq;
        this.#place(slot);
        return;
      }
    }
    let best = NONE;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (bios.state[slot] !== QUEUED || !this.#contains(slot, at)) continue;
      if (best === NONE || this.#isOwn(slot)) best = slot;
    }
    if (best === NONE) device.record.unpaired(this.#sink, "X");
    else this.#cut(best, at);
  }

  #contains(slot: number, at: number): boolean {
    return this.#bios.start[slot] < at && at < this.#bios.end[slot];
  }

  #getrq(device: Device, start: number, bytes: number): void {
    const end = start + bytes / 512;
    let slot = this.#queuedAt(device, start, end);
    if (slot === NONE) slot = this.#movedHere(device, start);
    if (slot === NONE) slot = this.#beginLate(device, start, bytes);
    else if (this.#contains(slot, end)) this.#cut(slot, end);
    this.#bios.state[slot] = WAITING;
    this.#stamp(slot, GETRQ);
  }

  /** A bio whose queueing is not in the recording; it may have come down from a device above as a request. */
  #beginLate(device: Device, start: number, bytes: number): number {
    const slot = this.#begin(device, start, bytes, bytes === 0 ? EMPTY : WAITING);
    const above = this.#takeAnnounced(device, start);
    if (above !== undefined) this.#linkAbove(slot, above);
    else device.record.notQueued(this.#sink);
    this.#place(slot);
    return slot;
  }

  /** The bio that a merge is about, out of the queue and at no place. */
  #takeForMerge(device: Device, start: number, bytes: number): number {
    const end = start + bytes / 512;
    let slot = this.#queuedAt(device, start, end);
    if (slot === NONE) slot = this.#movedHere(device, start);
    if (slot === NONE) return NONE;
    if (this.#contains(slot, end)) this.#cut(slot, end);
    this.#bios.unplace(slot);
    return slot;
  }

  /**
   * The request that a bio or a request can be merged with. Where no getrq event tells of it, it may still look like a
   * queued bio.
   */
  #better(slot: number, best: number): boolean {
    const bios = this.#bios;
    const state = bios.state[slot];
    if ((state !== WAITING && state !== QUEUED) || !sameOperation(bios.operation[slot], this.#kind.operation)) {
      return false;
    }
    if (best === NONE) return true;
    if (state !== bios.state[best]) return state === WAITING;
    if (this.#isOwn(slot) !== this.#isOwn(best)) return this.#isOwn(slot);
    return bios.id[slot] > bios.id[best];
  }

  #endingAt(device: Device, sector: number, except: number): number {
    const bios = this.#bios;
    let best = NONE;
    let left = NEIGHBOURS_MAX;
    for (let slot = bios.firstAtEnd(device.number, sector); slot !== NONE; slot = bios.nextAtEnd(slot)) {
      if (slot !== except && this.#better(slot, best)) best = slot;
      if (--left === 0) break;
    }
    return best;
  }

  #startingAt(device: Device, sector: number): number {
    const bios = this.#bios;
    let best = NONE;
    for (let slot = bios.firstAtStart(device.number, sector); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (this.#better(slot, best)) best = slot;
    }
    return best;
  }

  #backMerge(device: Device, start: number, bytes: number): void {
    const bios = this.#bios;
    // ftrace names the merge of two requests by itself; for blktrace both are M.
    const ofRequests = this.#kind.about === "requests";
    let slot = ofRequests ? NONE : this.#takeForMerge(device, start, bytes);
    if (slot === NONE) {
      // The event names the request that is given up.
      slot = this.#waitingAt(device, start, start + bytes / 512);
      const into = this.#endingAt(device, start, slot);
      if (slot !== NONE && into !== NONE) {
        bios.unplace(slot);
        this.#append(into, slot);
        return;
      }
      if (into === NONE || ofRequests) {
        device.record.unpaired(this.#sink, "M");
        return;
      }
      slot = this.#beginMerged(device, start, bytes);
      this.#append(into, slot);
      return;
    }
    const into = this.#endingAt(device, start, NONE);
    if (into !== NONE) this.#append(into, slot);
    else this.#mergeAlone(device, slot, "M");
  }

  #frontMerge(device: Device, start: number, bytes: number): void {
    const slot = this.#takeForMerge(device, start, bytes);
    const into = this.#startingAt(device, start + bytes / 512);
    if (slot === NONE && into === NONE) device.record.unpaired(this.#sink, "F");
    else if (slot === NONE) this.#prepend(into, this.#beginMerged(device, start, bytes));
    else if (into !== NONE) this.#prepend(into, slot);
    else this.#mergeAlone(device, slot, "F");
  }

  /** The request to merge with is not there: its bio's events were lost, or it began before the recording. */
  #mergeAlone(device: Device, slot: number, action: string): void {
    device.record.unpaired(this.#sink, action);
    this.#bios.state[slot] = WAITING;
    this.#place(slot);
  }

  #beginMerged(device: Device, start: number, bytes: number): number {
    device.record.notQueued(this.#sink);
    return this.#begin(device, start, bytes, MERGED);
  }

  /** Puts a bio, or all bios of a request, into a request; `slot` is at no place. */
  #join(head: number, slot: number): void {
    const bios = this.#bios;
    for (let each = slot; each !== NONE; each = bios.nextInRequest[each]) {
      bios.state[each] = MERGED;
      bios.mergedInto[each] = bios.id[head];
      bios.seen[each] |= MERGED_LINK;
      bios.lastSeq[each] = this.#sink.seq;
    }
    bios.nextInRequest[bios.lastInRequest[head]] = slot;
    bios.lastInRequest[head] = bios.lastInRequest[slot];
    if (bios.state[head] === QUEUED) bios.state[head] = WAITING;
  }

  #append(head: number, slot: number): void {
    const bios = this.#bios;
    bios.unplace(head);
    this.#join(head, slot);
    bios.end[head] = bios.end[slot];
    this.#place(head);
  }

  #prepend(head: number, slot: number): void {
    const bios = this.#bios;
    bios.unplace(head);
    this.#join(head, slot);
    bios.start[head] = bios.start[slot];
    this.#place(head);
  }

  /** The request at this place that has not been issued: of this length, else the oldest. */
  #waitingAt(device: Device, start: number, end: number): number {
    const bios = this.#bios;
    const only = bios.onlyAtStart(device.number, start);
    if (only !== NONE && bios.state[only] === WAITING && bios.operation[only] === this.#kind.operation) return only;
    let best = NONE;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (bios.state[slot] !== WAITING || !sameOperation(bios.operation[slot], this.#kind.operation)) continue;
      if (best === NONE || (bios.end[slot] === end && bios.end[best] !== end)) best = slot;
    }
    return best;
  }

  /** The request that an insert or issue is about; made from a queued bio where no event told of it. */
  #request(device: Device, start: number, bytes: number): number {
    const bios = this.#bios;
    const end = start + bytes / 512;
    let head = this.#waitingAt(device, start, end);
    if (head === NONE) {
      head = this.#queuedAt(device, start, end);
      if (head === NONE) return this.#beginLateRequest(device, start, end);
      if (this.#contains(head, end)) this.#cut(head, end);
      bios.state[head] = WAITING;
    }
    if (bios.end[head] < end) this.#absorb(device, head, end);
    return head;
  }

  /** A request whose first bios are not in the recording; a later one, merged with them, may be. */
  #beginLateRequest(device: Device, start: number, end: number): number {
    const bios = this.#bios;
    const known = this.#endingAt(device, end, NONE);
    const from = known === NONE || bios.start[known] <= start ? end : bios.start[known];
    const head = this.#beginLate(device, start, (from - start) * 512);
    if (from < end) {
      bios.unplace(known);
      this.#append(head, known);
    }
    return head;
  }

  /** A request that is longer than its bios has taken up others behind it without an event. */
  #absorb(device: Device, head: number, end: number): void {
    const bios = this.#bios;
    while (bios.end[head] < end) {
      const next = this.#startingAt(device, bios.end[head]);
      if (next === NONE || next === head || bios.end[next] > end) break;
      bios.unplace(next);
      this.#append(head, next);
    }
  }

  #issue(device: Device, start: number, bytes: number): void {
    const head = this.#request(device, start, bytes);
    this.#bios.state[head] = ISSUED;
    this.#stampRequest(head, ISSUE);
  }

  #requeue(device: Device, start: number): void {
    const bios = this.#bios;
    let head = NONE;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      const state = bios.state[slot];
      if ((state !== WAITING && state !== ISSUED) || !sameOperation(bios.operation[slot], this.#kind.operation)) {
        continue;
      }
      if (head === NONE || (state === ISSUED && bios.state[head] !== ISSUED)) head = slot;
    }
    if (head === NONE) {
      device.record.unpaired(this.#sink, "R");
      return;
    }
    bios.state[head] = WAITING;
    for (let slot = head; slot !== NONE; slot = bios.nextInRequest[slot]) this.#takeBackIssue(slot);
  }

  /** It has not been issued after all; the issue that counts is still to come. */
  #takeBackIssue(slot: number): void {
    const bios = this.#bios;
    bios.markFault(slot);
    bios.requeues[slot]++;
    bios.seen[slot] &= ~(1 << ISSUE);
    bios.lastSeq[slot] = this.#sink.seq;
  }

  /** The request, or on a disk without requests (pmem, zram, dm, md) the bio, that a completion is about. */
  #completing(device: Device, start: number, end: number): number {
    const bios = this.#bios;
    const only = bios.onlyAtStart(device.number, start);
    if (only !== NONE && bios.state[only] === ISSUED && bios.operation[only] === this.#kind.operation) return only;
    // ftrace tells a bio's completion from a request's; a bio that never got a request (refused, throttled) ends so too.
    const ofBio = this.#kind.about === "bio";
    const { gapId } = device.record;
    let best = NONE;
    let bestRank = -1;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      const state = bios.state[slot];
      if (state === EMPTY || !sameOperation(bios.operation[slot], this.#kind.operation)) continue;
      const rank = (ofBio ? 4 - state : state) * 4 + (bios.end[slot] === end ? 2 : 0) +
        (bios.id[slot] >= gapId ? 1 : 0);
      if (rank > bestRank) {
        best = slot;
        bestRank = rank;
      }
    }
    return best;
  }

  #complete(device: Device, start: number, bytes: number): void {
    const bios = this.#bios;
    const end = start + bytes / 512;
    const head = this.#completing(device, start, end);
    if (head === NONE) {
      device.record.unpaired(this.#sink, "C");
      return;
    }
    if (bios.end[head] < end) this.#absorb(device, head, end);
    bios.unplace(head);
    if (bios.nextInRequest[head] === NONE && bios.end[head] <= end) {
      this.#done(device, head);
      return;
    }
    const state = bios.state[head];
    const requestEnd = bios.end[head];
    let left = NONE;
    let lastLeft = NONE;
    for (let slot = head, next: number; slot !== NONE; slot = next) {
      next = bios.nextInRequest[slot];
      if (requestEnd <= end || bios.endOf(slot) <= end) {
        this.#done(device, slot);
        continue;
      }
      if (left === NONE) left = slot;
      else bios.nextInRequest[lastLeft] = slot;
      bios.nextInRequest[slot] = NONE;
      lastLeft = slot;
    }
    if (left === NONE) return;
    // Completed in part: the request goes on behind what is done.
    bios.state[left] = state;
    bios.start[left] = end;
    bios.end[left] = requestEnd;
    bios.lastInRequest[left] = lastLeft;
    bios.lastSeq[left] = this.#sink.seq;
    this.#place(left);
  }

  /** The bio, which is at no place, is complete unless a flush follows. */
  #done(device: Device, slot: number): void {
    const bios = this.#bios;
    const sink = this.#sink;
    this.#stamp(slot, COMPLETE);
    if (sink.hasRet && sink.ret !== 0) {
      bios.markFault(slot);
      bios.error[slot] = sink.ret;
    }
    if ((this.#kinds[bios.kind[slot]].traits & MAY_END_WITH_FLUSH) === 0 || bios.bytes[slot] === 0) {
      this.#finish(slot);
      return;
    }
    const { tail } = device;
    const sector = bios.sector[slot];
    const earlier = tail.get(sector);
    if (earlier !== undefined) {
      this.#finish(earlier);
      tail.delete(sector);
    }
    bios.state[slot] = ASIDE;
    tail.set(sector, slot);
    if (tail.size <= FLUSH_TAIL_MAX) return;
    for (const [place, oldest] of tail) {
      this.#finish(oldest);
      tail.delete(place);
      break;
    }
  }

  #finish(slot: number): void {
    this.#table.add(this.#bios, slot);
    this.#bios.release(slot);
  }

  /** Events that name no sectors: of flushes, of bios without data, of commands; and those that cannot do without. */
  #withoutPlace(device: Device, start: number, bytes: number): void {
    const { action, traits } = this.#kind;
    if (!device.isNamed) {
      device.record.unpaired(this.#sink, action);
      return;
    }
    switch (action) {
      case "Q":
        if (bytes === 0 || start >= 0) this.#queue(device, Math.max(start, 0), bytes);
        else device.record.unpaired(this.#sink, action);
        return;
      case "A":
      case "X":
        // Neither needs a length.
        if (start < 0) device.record.unpaired(this.#sink, action);
        else if (action === "A") this.#remap(device, start);
        else this.#split(device, start);
        return;
      case "M":
      case "F":
        device.record.unpaired(this.#sink, action);
        return;
      case "G":
      case "I":
      case "D":
      case "C":
      case "R":
        if (bytes === 0 && traits & FLUSH_REQUEST) this.#flushStep(device, action);
        else if (bytes > 0 && start < 0) device.record.command(this.#sink);
        else this.#emptyStep(device, Math.max(start, 0), action);
        return;
      default:
    }
  }

  /**
   * A step without data: of a bio that has none, or the completion that ends a write which a flush has followed.
   */
  #emptyStep(device: Device, start: number, action: "G" | "I" | "D" | "C" | "R"): void {
    const bios = this.#bios;
    if (action === "C") {
      const written = device.tail.get(start);
      if (written !== undefined) {
        this.#stamp(written, COMPLETE);
        device.tail.delete(start);
        this.#finish(written);
        return;
      }
    }
    let slot = this.#emptyAt(device, start, action);
    if (slot === NONE) {
      if (this.#kind.operation === COMMAND) {
        device.record.command(this.#sink);
        return;
      }
      if (action === "C" || action === "R") {
        device.record.unpaired(this.#sink, action);
        return;
      }
      slot = this.#beginLate(device, start, 0);
    }
    if (action === "C") {
      bios.unplace(slot);
      this.#done(device, slot);
    } else if (action === "R") {
      this.#takeBackIssue(slot);
    } else {
      this.#stamp(slot, action === "G" ? GETRQ : action === "I" ? INSERT : ISSUE);
    }
  }

  /** The oldest bio without data at this place that lacks this stage; for a request, the task's own if there is one. */
  #emptyAt(device: Device, start: number, action: "G" | "I" | "D" | "C" | "R"): number {
    const bios = this.#bios;
    const lacks = action === "G" ? 1 << GETRQ : action === "D" ? 1 << ISSUE : 0;
    const needs = action === "R" ? 1 << ISSUE : 0;
    let best = NONE;
    for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
      if (bios.state[slot] !== EMPTY || (bios.seen[slot] & lacks) !== 0 || (bios.seen[slot] & needs) !== needs) {
        continue;
      }
      if (action === "G" && this.#isOwn(slot)) return slot;
      if (best === NONE) best = slot;
    }
    return best;
  }

  /** A flush that the block layer sends by itself: a row of its own, without a queue time. */
  #flushStep(device: Device, action: "G" | "I" | "D" | "C" | "R"): void {
    const bios = this.#bios;
    const { flushes } = device;
    if (action === "C") {
      const slot = flushes.shift();
      if (slot === undefined) device.record.unpaired(this.#sink, "C");
      else this.#done(device, slot);
      return;
    }
    // The oldest that has been issued is put back; any other step is of the one that waits for its issue.
    const wanted = action === "R" ? 1 << ISSUE : 0;
    let slot = flushes.find((each) => (bios.seen[each] & (1 << ISSUE)) === wanted) ?? NONE;
    if (action === "R") {
      if (slot === NONE) device.record.unpaired(this.#sink, "R");
      else this.#takeBackIssue(slot);
      return;
    }
    if (slot === NONE) {
      slot = this.#begin(device, 0, 0, ASIDE);
      flushes.push(slot);
      if (flushes.length > SAME_PLACE_MAX) this.#giveUpAside(flushes[0]);
    }
    this.#stamp(slot, action === "G" ? GETRQ : action === "I" ? INSERT : ISSUE);
  }

  /** Gives up a bio with all that are in its request. */
  #giveUp(head: number): void {
    const bios = this.#bios;
    const device = this.#devices[bios.device[head]];
    bios.unplace(head);
    for (let slot = head, next: number; slot !== NONE; slot = next) {
      next = bios.nextInRequest[slot];
      device.record.givenUp(this.#sink, bios.firstSeq[slot]);
      this.#finish(slot);
    }
  }

  #giveUpAside(slot: number): void {
    const bios = this.#bios;
    const device = this.#devices[bios.device[slot]];
    const flush = device.flushes.indexOf(slot);
    if (flush >= 0) {
      device.flushes.splice(flush, 1);
      device.record.givenUp(this.#sink, bios.firstSeq[slot]);
    } else {
      // A write that is complete; no flush has followed.
      device.tail.delete(bios.sector[slot]);
    }
    this.#finish(slot);
  }

  /** Makes room: the older half is given up, so that this happens once in many bios. */
  #giveUpOldest(): void {
    const bios = this.#bios;
    const slots = bios.inOrder();
    for (const slot of slots.slice(0, slots.length >> 1)) {
      const state = bios.state[slot];
      if (state === ASIDE) this.#giveUpAside(slot);
      // Those in a request go with its first bio.
      else if (state !== 0 && state !== MERGED) this.#giveUp(slot);
    }
  }

  /** Which devices stand on which. */
  get stackedDevices(): StackedDevice[] {
    return this.#stack.pairs;
  }

  /** Hands on what is still under way, in the order in which it began. */
  finish(): void {
    const bios = this.#bios;
    for (const slot of bios.inOrder()) {
      const { tail, record } = this.#devices[bios.device[slot]];
      if (bios.state[slot] !== ASIDE || tail.get(bios.sector[slot]) !== slot) record.incomplete(bios.firstSeq[slot]);
      this.#table.add(bios, slot);
    }
    for (const device of this.#devices) device.record.unseenBelow(this.#sink, device.announced.size);
    for (const record of this.#records.values()) record.finish();
    this.#table.flush();
  }
}
