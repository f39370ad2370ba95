/**
 * Block events paired into bios' lifetimes: queued, given a request, merged, split, inserted, issued, completed.
 *
 * Requests are found by device and sector interval, as the block layer itself knows them; blktrace records and ftrace's
 * block events go the same way, by blkparse's action letters. Stages that a recording does not show stay empty, and what
 * cannot be paired is counted.
 *
 * Sources: blkparse(1), btt(1); block/blk-flush.c of Linux 6.18 for the steps of a flush (a bio with PREFLUSH or FUA on a
 * device with a volatile cache becomes up to three requests: flush, data, flush).
 *
 * @module
 */

import type { Diagnostics } from "../recording/diagnostics.ts";
import type { EventObserver, EventSink } from "../recording/event_sink.ts";
import { Bio, type BioTable, COMPLETE, GETRQ, INSERT, ISSUE, QUEUE } from "./bio_table.ts";

/** A FUA write whose data is done may wait for a flush behind it; of so many at a time the end is awaited. */
const FLUSH_TAIL_MAX = 256;

/** A request: consecutive bios of one device that are served together. */
interface Request {
  start: number;
  end: number;
  bios: Bio[];
  issued: boolean;
}

/** How a stage is called in a diagnostic, where its event has no partner. */
const UNPAIRED: Record<string, string> = {
  G: "getrq",
  M: "back merge",
  F: "front merge",
  I: "insert",
  D: "issue",
  C: "completion",
  R: "requeue",
  X: "split",
};

class Multimap<T> {
  readonly #map = new Map<number, T[]>();

  add(key: number, value: T): void {
    const list = this.#map.get(key);
    if (list === undefined) this.#map.set(key, [value]);
    else list.push(value);
  }

  get(key: number): readonly T[] {
    return this.#map.get(key) ?? [];
  }

  remove(key: number, value: T): void {
    const list = this.#map.get(key);
    if (list === undefined) return;
    if (list.length === 1) {
      if (list[0] === value) this.#map.delete(key);
      return;
    }
    const at = list.indexOf(value);
    if (at >= 0) list.splice(at, 1);
  }

  *values(): Iterable<T> {
    for (const list of this.#map.values()) yield* list;
  }
}

/** What is under way on one device of one recording. */
class Device {
  /** Bios queued and in no request yet, by first sector. */
  readonly queued = new Multimap<Bio>();
  /** Bios without data (a flush that a task asked for, a zone command) until they complete, by sector. */
  readonly empty = new Multimap<Bio>();
  readonly byStart = new Multimap<Request>();
  readonly byEnd = new Multimap<Request>();
  /** Flush requests of the block layer itself, oldest first. */
  readonly flushes: Bio[] = [];
  /** Writes whose data is complete and whose flush may follow, by first sector; in order of completion. */
  readonly tail = new Map<number, Bio>();
  readonly recordingId: number;

  constructor(recordingId: number) {
    this.recordingId = recordingId;
  }
}

/** Bios remapped from one device to another (a partition, a stacked device), by where they begin there. */
export interface StackedDevice {
  recordingId: number;
  /** Codes of the sink's pool: the device above and the one below. */
  dev: number;
  lowerDev: number;
  /** Sector below minus sector above; null when it is not the same for all. */
  startSector: number | null;
  remaps: number;
}

/** Is this the rwbs of a request that the block layer made to flush the cache? `FF` in ftrace, `FN` in blktrace. */
function isFlushRequest(rwbs: string): boolean {
  return /^F[FN]/.test(rwbs);
}

/** Does a write with this rwbs end with a flush where the device has no FUA? An F behind the direction means FUA. */
function mayEndWithFlush(rwbs: string): boolean {
  return /[WDRN].*F/.test(rwbs);
}

export class BioPairing implements EventObserver {
  readonly #table: BioTable;
  readonly #diagnostics: (recordingId: number) => Diagnostics;
  readonly #devices = new Map<number, Device>();
  readonly #stacked = new Map<string, StackedDevice>();
  /** Bios that a remap event has announced below: device and sector of where they go, to the bio above. */
  readonly #announced = new Map<string, { from: number; lowerDev: number }>();
  #nextId = 0;
  #sink!: EventSink;
  /** By rwbs code: bit 0 known, bit 1 flush request, bit 2 may end with a flush. */
  readonly #rwbsTraits: number[] = [];

  /** @param diagnostics those of a recording */
  constructor(table: BioTable, diagnostics: (recordingId: number) => Diagnostics) {
    this.#table = table;
    this.#diagnostics = diagnostics;
  }

  event(sink: EventSink): void {
    const action = sink.type.action;
    if (action === null || sink.dev < 0) return;
    this.#sink = sink;

    const key = sink.type.key.recordingId * 0x1000000 + sink.dev;
    let device = this.#devices.get(key);
    if (device === undefined) this.#devices.set(key, device = new Device(sink.type.key.recordingId));
    // blktrace gives a bio without data no sector; where it completes it has sector 0.
    const start = !sink.hasSector ? 0 : sink.sectorHi < 0 ? -1 : sink.sectorHi * 4294967296 + (sink.sectorLo >>> 0);
    const bytes = sink.hasBytes ? (sink.bytesHi >>> 0) * 4294967296 + (sink.bytesLo >>> 0) : 0;
    if (action !== "Q" && action !== "A" && bytes === 0 && (this.#traits(sink.rwbs) & 2)) {
      this.#flushRequest(device, action);
      return;
    }
    if (bytes === 0 && "GIDRC".includes(action)) {
      this.#emptyStep(device, start, action);
      return;
    }
    switch (action) {
      case "Q":
        this.#queue(device, start, bytes);
        break;
      case "A":
        this.#remap(start);
        break;
      case "G":
        this.#getrq(device, start, bytes);
        break;
      case "M":
        this.#merge(device, start, bytes, "back");
        break;
      case "F":
        this.#merge(device, start, bytes, "front");
        break;
      case "X":
        this.#split(device, start);
        break;
      case "I":
        this.#insert(device, start, bytes);
        break;
      case "D":
        this.#issue(device, start, bytes);
        break;
      case "R":
        this.#requeue(device, start);
        break;
      case "C":
        this.#complete(device, start, bytes);
        break;
      default:
    }
  }

  #traits(rwbs: number): number {
    if (rwbs < 0) return 1;
    let traits = this.#rwbsTraits[rwbs];
    if (traits === undefined) {
      const text = this.#sink.pool.texts[rwbs];
      traits = 1 | (isFlushRequest(text) ? 2 : 0) | (mayEndWithFlush(text) ? 4 : 0);
      this.#rwbsTraits[rwbs] = traits;
    }
    return traits;
  }

  #stamp(bio: Bio, stage: number): void {
    bio.times[stage * 2] = this.#sink.tsLo;
    bio.times[stage * 2 + 1] = this.#sink.tsHi;
    bio.has |= 1 << stage;
    bio.lastSeq = this.#sink.seq;
  }

  #unpaired(action: string): void {
    this.#diagnostics(this.#sink.type.key.recordingId).add("info", "bio_unpaired", {
      message: `block events of this kind (${UNPAIRED[action]}) have no bio or request that they belong to`,
      position: `event ${this.#sink.seq}`,
      key: action,
      firstNs: [this.#sink.tsLo, this.#sink.tsHi],
    });
  }

  #newBio(start: number, bytes: number): Bio {
    const bio = new Bio(this.#nextId++);
    bio.sector = start;
    bio.bytes = bytes;
    bio.kind = this.#sink.kind;
    bio.context = this.#sink.context;
    bio.firstSeq = bio.lastSeq = this.#sink.seq;
    return bio;
  }

  #queue(device: Device, start: number, bytes: number): void {
    const bio = this.#newBio(start, bytes);
    this.#stamp(bio, QUEUE);
    const key = `${this.#sink.dev}/${start}`;
    const announced = this.#announced.size > 0 ? this.#announced.get(key) : undefined;
    if (announced !== undefined) {
      bio.remappedFrom = announced.from;
      this.#announced.delete(key);
    }
    (bytes === 0 ? device.empty : device.queued).add(start, bio);
  }

  #remap(start: number): void {
    const sink = this.#sink;
    if (sink.oldDev < 0 || sink.oldSector < 0) return;
    const recordingId = sink.type.key.recordingId;
    const pair = `${recordingId}/${sink.oldDev}/${sink.dev}`;
    const offset = start - sink.oldSector;
    const known = this.#stacked.get(pair);
    if (known === undefined) {
      this.#stacked.set(pair, { recordingId, dev: sink.oldDev, lowerDev: sink.dev, startSector: offset, remaps: 1 });
    } else {
      known.remaps++;
      if (known.startSector !== offset) known.startSector = null;
    }
    // A partition's bios are queued on the disk only; those of a stacked device were queued above before.
    const above = this.#devices.get(recordingId * 0x1000000 + sink.oldDev);
    const from = above?.queued.get(sink.oldSector).at(-1) ?? above?.byStart.get(sink.oldSector).at(-1)?.bios[0] ??
      above?.empty.get(sink.oldSector).at(-1);
    if (from === undefined) return;
    if (this.#announced.size >= 4096) this.#announced.clear();
    this.#announced.set(`${sink.dev}/${start}`, { from: from.id, lowerDev: sink.dev });
  }

  /** Takes a queued bio out of the queue: the oldest of this place and length, else the oldest of the place. */
  #takeQueued(device: Device, start: number, bytes: number): Bio | undefined {
    const bios = device.queued.get(start);
    const bio = bios.length === 1 ? bios[0] : bios.find((b) => b.bytes === bytes) ?? bios[0];
    if (bio !== undefined) device.queued.remove(start, bio);
    return bio;
  }

  #addRequest(device: Device, request: Request): void {
    device.byStart.add(request.start, request);
    device.byEnd.add(request.end, request);
  }

  #removeRequest(device: Device, request: Request): void {
    device.byStart.remove(request.start, request);
    device.byEnd.remove(request.end, request);
  }

  #getrq(device: Device, start: number, bytes: number): void {
    const bio = this.#takeQueued(device, start, bytes);
    if (bio === undefined) {
      this.#unpaired("G");
      return;
    }
    this.#stamp(bio, GETRQ);
    this.#addRequest(device, { start, end: bio.end, bios: [bio], issued: false });
  }

  #merge(device: Device, start: number, bytes: number, side: "back" | "front"): void {
    const end = start + bytes / 512;
    const bio = this.#takeQueued(device, start, bytes);
    if (bio === undefined) {
      this.#mergeRequests(device, start);
      return;
    }
    const candidates = side === "back" ? device.byEnd.get(start) : device.byStart.get(end);
    const request = candidates.find((r) => !r.issued) ?? this.#requestOfNeighbour(device, start, end, side);
    if (request === undefined) {
      this.#unpaired(side === "back" ? "M" : "F");
      this.#addRequest(device, { start, end: bio.end, bios: [bio], issued: false });
      return;
    }
    bio.lastSeq = this.#sink.seq;
    this.#removeRequest(device, request);
    bio.mergedInto = request.bios[0].id;
    request.bios.push(bio);
    if (side === "back") request.end = bio.end;
    else request.start = start;
    this.#addRequest(device, request);
  }

  /** Where getrq events are not recorded, the bio that is merged into may still stand in the queue. */
  #requestOfNeighbour(device: Device, start: number, end: number, side: "back" | "front"): Request | undefined {
    let neighbour: Bio | undefined;
    if (side === "front") neighbour = device.queued.get(end)[0];
    else for (const bio of device.queued.values()) if (bio.end === start && bio.bytes > 0) neighbour = bio;
    if (neighbour === undefined) return undefined;
    device.queued.remove(neighbour.sector, neighbour);
    const request = { start: neighbour.sector, end: neighbour.end, bios: [neighbour], issued: false };
    this.#addRequest(device, request);
    return request;
  }

  /** Two requests become one: the event names the one that is given up. */
  #mergeRequests(device: Device, start: number): void {
    const given = device.byStart.get(start).find((r) => !r.issued);
    const into = device.byEnd.get(start).find((r) => !r.issued && r !== given);
    if (given === undefined || into === undefined) {
      this.#unpaired("M");
      return;
    }
    this.#removeRequest(device, given);
    this.#removeRequest(device, into);
    for (const bio of given.bios) {
      bio.mergedInto = into.bios[0].id;
      bio.lastSeq = this.#sink.seq;
    }
    into.bios.push(...given.bios);
    into.end = given.end;
    this.#addRequest(device, into);
  }

  #split(device: Device, start: number): void {
    const at = this.#sink.newSector;
    const bio = device.queued.get(start).find((b) => b.sector < at && at < b.end);
    if (bio === undefined) {
      this.#unpaired("X");
      return;
    }
    const rest = new Bio(this.#nextId++);
    rest.sector = at;
    rest.bytes = (bio.end - at) * 512;
    rest.kind = bio.kind;
    rest.context = bio.context;
    rest.firstSeq = rest.lastSeq = bio.lastSeq = this.#sink.seq;
    rest.splitFrom = bio.id;
    // The rest is not queued again: it has waited since the whole was.
    rest.times.set(bio.times.subarray(0, 2));
    rest.has = bio.has & (1 << QUEUE);
    bio.bytes = (at - bio.sector) * 512;
    device.queued.add(at, rest);
  }

  /** The request that begins here and has (not) been issued, made from queued bios when no event told of it. */
  #request(device: Device, start: number, bytes: number): Request | undefined {
    const end = start + bytes / 512;
    const waiting = device.byStart.get(start).filter((r) => !r.issued);
    const known = waiting.find((r) => r.end === end) ?? waiting[0];
    if (known !== undefined) {
      this.#extend(device, known, end);
      return known;
    }
    const bio = this.#takeQueued(device, start, bytes);
    if (bio === undefined) return undefined;
    const request = { start, end: bio.end, bios: [bio], issued: false };
    this.#addRequest(device, request);
    this.#extend(device, request, end);
    return request;
  }

  /** A request that is longer than its bios has taken up others behind it without an event. */
  #extend(device: Device, request: Request, end: number): void {
    if (request.end >= end) return;
    this.#removeRequest(device, request);
    while (request.end < end) {
      const bio = this.#takeQueued(device, request.end, 0);
      if (bio === undefined || bio.bytes === 0) break;
      bio.mergedInto = request.bios[0].id;
      request.bios.push(bio);
      request.end = bio.end;
    }
    this.#addRequest(device, request);
  }

  #insert(device: Device, start: number, bytes: number): void {
    const request = this.#request(device, start, bytes);
    if (request === undefined) {
      this.#unpaired("I");
      return;
    }
    for (const bio of request.bios) this.#stamp(bio, INSERT);
  }

  #issue(device: Device, start: number, bytes: number): void {
    const request = this.#request(device, start, bytes);
    if (request === undefined) {
      this.#unpaired("D");
      return;
    }
    request.issued = true;
    for (const bio of request.bios) this.#stamp(bio, ISSUE);
  }

  #requeue(device: Device, start: number): void {
    const request = device.byStart.get(start).find((r) => r.issued) ?? device.byStart.get(start)[0];
    if (request === undefined) {
      this.#unpaired("R");
      return;
    }
    request.issued = false;
    for (const bio of request.bios) {
      bio.requeues++;
      bio.lastSeq = this.#sink.seq;
      // It has not been issued after all; the issue that counts is still to come.
      bio.has &= ~(1 << ISSUE);
    }
  }

  #complete(device: Device, start: number, bytes: number): void {
    const requests = device.byStart.get(start);
    const end = start + bytes / 512;
    const request = requests.find((r) => r.issued && r.end === end) ?? requests.find((r) => r.issued) ?? requests[0] ??
      // A disk without requests (pmem, dm, md) completes bios.
      this.#request(device, start, bytes);
    if (request === undefined) {
      this.#unpaired("C");
      return;
    }
    this.#removeRequest(device, request);
    const left: Bio[] = [];
    for (const bio of request.bios) {
      if (bio.end <= end) this.#done(device, bio);
      else left.push(bio);
    }
    if (left.length === 0) return;
    // Completed in part: the request goes on behind what is done.
    request.bios = left;
    request.start = end;
    for (const bio of left) bio.lastSeq = this.#sink.seq;
    this.#addRequest(device, request);
  }

  #done(device: Device, bio: Bio): void {
    this.#stamp(bio, COMPLETE);
    if (this.#sink.hasRet && this.#sink.ret !== 0) bio.error = this.#sink.ret;
    if (bio.bytes === 0 || !(this.#traits(this.#sink.kinds[bio.kind].rwbs) & 4)) {
      this.#table.add(bio);
      return;
    }
    const earlier = device.tail.get(bio.sector);
    if (earlier !== undefined) {
      this.#table.add(earlier);
      device.tail.delete(bio.sector);
    }
    device.tail.set(bio.sector, bio);
    if (device.tail.size <= FLUSH_TAIL_MAX) return;
    for (const [sector, oldest] of device.tail) {
      this.#table.add(oldest);
      device.tail.delete(sector);
      break;
    }
  }

  /**
   * A step without data: of a bio that has none, or the completion that ends a write which a flush has followed.
   */
  #emptyStep(device: Device, start: number, action: string): void {
    if (action === "C") {
      const written = device.tail.get(start);
      if (written !== undefined) {
        this.#stamp(written, COMPLETE);
        device.tail.delete(start);
        this.#table.add(written);
        return;
      }
    }
    const stage = { G: GETRQ, I: INSERT, D: ISSUE, C: COMPLETE }[action];
    const bios = device.empty.get(start);
    const bio = bios.find((b) => stage === undefined || !(b.has & (1 << stage)));
    if (bio === undefined) {
      this.#unpaired(action);
      return;
    }
    if (stage === undefined) {
      bio.requeues++;
      bio.has &= ~(1 << ISSUE);
      bio.lastSeq = this.#sink.seq;
    } else if (stage === COMPLETE) {
      device.empty.remove(start, bio);
      this.#done(device, bio);
    } else {
      this.#stamp(bio, stage);
    }
  }

  /** A flush that the block layer sends by itself: a row of its own, without a queue time. */
  #flushRequest(device: Device, action: string): void {
    if (action === "D") {
      const bio = this.#newBio(0, 0);
      this.#stamp(bio, ISSUE);
      device.flushes.push(bio);
    } else if (action === "C") {
      const bio = device.flushes.shift();
      if (bio === undefined) {
        this.#unpaired("C");
        return;
      }
      this.#done(device, bio);
    }
  }

  /** Which devices stand on which. */
  get stackedDevices(): StackedDevice[] {
    return [...this.#stacked.values()];
  }

  /** Hands on what is still under way, in the order in which it began. */
  finish(): void {
    for (const device of this.#devices.values()) {
      for (const bio of device.tail.values()) this.#table.add(bio);
      const open: Bio[] = [...device.queued.values(), ...device.empty.values(), ...device.flushes];
      for (const request of device.byStart.values()) open.push(...request.bios);
      open.sort((a, b) => a.id - b.id);
      for (const bio of open) this.#table.add(bio);
      if (open.length > 0) {
        this.#diagnostics(device.recordingId).add("info", "bio_incomplete", {
          message: "bios were still under way when the recording ended, or their completion is not in it",
          position: `event ${open[0].firstSeq}`,
          count: open.length,
        });
      }
    }
    this.#table.flush();
  }
}
