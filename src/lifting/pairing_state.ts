/**
 * What pairing has in hand: the current event, the bios under way, the devices; and what every step does with them.
 *
 * @module
 */

import type { EventSink } from "../recording/event_sink.ts";
import type { BioTable } from "./bio_table.ts";
import { type Announced, DeviceStack } from "./device_stack.ts";
import { ASIDE, COMPLETE, MERGED, NONE, OpenBios, STAGES } from "./open_bios.ts";
import type { PairingRecord } from "./pairing_record.ts";
import { MAY_END_WITH_FLUSH } from "./request_flags.ts";

/** Bios under way at one sector of one device at most. */
export const SAME_PLACE_MAX = 1024;
/** A FUA write whose data is done may wait for a flush behind it; of so many at a time the end is awaited. */
const FLUSH_TAIL_MAX = 256;
/** Bios that one event can begin. */
const BEGUN_BY_EVENT_MAX = 2;

/** What an event does, by blkparse's action letter. */
export const STEPS = { Q: 1, G: 2, I: 3, D: 4, C: 5, R: 6, M: 7, F: 8, X: 9, A: 10 } as const;
export type Action = keyof typeof STEPS;

/** What is under way on one device of one trace buffer. */
export interface Device {
  /** Its number in the list of devices. */
  number: number;
  /** Code of the sink's pool; -1 for events that name no device: nothing can be paired there. */
  dev: number;
  record: PairingRecord;
  buffer: string;
  /** Flush requests of the block layer itself, oldest first. */
  flushes: number[];
  /** Writes whose data is complete and whose flush may follow, by first sector; in order of completion. */
  tail: Map<number, number>;
  /** Remaps to this device whose bio has not been seen here yet, by sector. */
  announced: Map<number, Announced>;
  /** Slot and bio_id of the bio that a task has last remapped from here. */
  remapped: Map<number, { slot: number; id: number }>;
}

/** What events of one type, device and rwbs have in common. */
export interface Kind {
  /** Value of {@linkcode STEPS}. */
  step: number;
  action: Action;
  device: Device;
  /** Operation, see `request_flags.ts`. */
  operation: number;
  traits: number;
  /** The event tells by its name that it is about a bio and not a request, or about requests and not a bio. */
  about: "bio" | "requests" | "either";
}

export class PairingState {
  readonly bios: OpenBios;
  readonly stack = new DeviceStack();
  readonly devices: Device[] = [];
  /** By code of the sink; null: no step of a bio. */
  readonly kinds: (Kind | null)[] = [];
  /** `bio_id` of the next bio. */
  nextId = 0;
  /** Slots of the bio begun last and of the one before: an event begins two at most. */
  readonly begun = [NONE, NONE];
  /** The current event, and what it has in common with others. */
  sink!: EventSink;
  kind!: Kind;
  /** By recording and code; several where trace instances have the same events. */
  readonly #devicesByKey = new Map<number, Device[]>();
  readonly #table: BioTable;

  /** @param open bios under way at most, a power of two from 1024 on */
  constructor(table: BioTable, open: number) {
    this.#table = table;
    this.bios = new OpenBios(open);
  }

  /** @param dev code of the sink's pool; -1: that of events that name none */
  findDevice(recordingId: number, dev: number, buffer: string): Device | undefined {
    return this.#devicesByKey.get(recordingId * 0x100000000 + dev)?.find((device) => device.buffer === buffer);
  }

  addDevice(record: PairingRecord, dev: number, buffer: string): Device {
    const device: Device = {
      number: this.devices.length,
      dev,
      record,
      buffer,
      flushes: [],
      tail: new Map(),
      announced: new Map(),
      remapped: new Map(),
    };
    const key = record.recordingId * 0x100000000 + dev;
    this.#devicesByKey.set(key, [...this.#devicesByKey.get(key) ?? [], device]);
    this.devices.push(device);
    return device;
  }

  /** Sees to it that any event can begin its bios: what it finds before that must not be given up then. */
  makeRoom(): void {
    if (this.bios.room < BEGUN_BY_EVENT_MAX) this.#giveUpOldest();
  }

  /** Counts the current event as one that belongs to no bio. */
  unpaired(): void {
    this.kind.device.record.unpaired(this.sink, this.kind.action);
  }

  /** Was the bio begun by the task of the current event? */
  isOwn(slot: number): boolean {
    const { sink } = this;
    return sink.contexts[sink.tags[this.bios.tag[slot]].context].pid === sink.pid;
  }

  /** Is the sector within the request, and not its first? */
  contains(head: number, sector: number): boolean {
    return this.bios.start[head] < sector && sector < this.bios.end[head];
  }

  /** A bio that begins with the current event; it is at no place yet. */
  begin(device: Device, start: number, bytes: number, state: number): number {
    const { bios, sink } = this;
    const slot = bios.take();
    bios.id[slot] = this.nextId++;
    this.begun[1] = this.begun[0];
    this.begun[0] = slot;
    bios.state[slot] = state;
    bios.device[slot] = device.number;
    bios.operation[slot] = this.kind.operation;
    bios.sector[slot] = bios.start[slot] = start;
    bios.bytes[slot] = bytes;
    bios.end[slot] = start + bytes / 512;
    bios.tag[slot] = sink.tag;
    bios.firstSeq[slot] = bios.lastSeq[slot] = sink.seq;
    return slot;
  }

  /** Makes a bio known by its place. */
  place(slot: number): void {
    if (this.bios.place(slot) >= SAME_PLACE_MAX) this.#giveUpFirstAt(slot);
  }

  /** Moves the start of a request that is at a place. */
  setStart(slot: number, start: number): void {
    if (this.bios.setStart(slot, start) >= SAME_PLACE_MAX) this.#giveUpFirstAt(slot);
  }

  #giveUpFirstAt(slot: number): void {
    this.#giveUp(this.bios.firstAtStart(this.bios.device[slot], this.bios.start[slot]));
  }

  /** Notes the current time as that of a stage. */
  stamp(slot: number, stage: number): void {
    const { bios, sink } = this;
    const at = slot * 2 * STAGES + 2 * stage;
    bios.times[at] = sink.tsLo;
    bios.times[at + 1] = sink.tsHi;
    bios.seen[slot] |= 1 << stage;
    bios.lastSeq[slot] = sink.seq;
  }

  stampRequest(head: number, stage: number): void {
    const { bios } = this;
    for (let slot = head; slot !== NONE; slot = bios.nextInRequest[slot]) this.stamp(slot, stage);
  }

  /** The bio, which is at no place, is complete unless a flush follows. */
  done(device: Device, slot: number): void {
    const { bios, sink } = this;
    this.stamp(slot, COMPLETE);
    if (sink.hasRet && sink.ret !== 0) {
      bios.markFault(slot);
      bios.error[slot] = sink.ret;
    }
    if ((this.kinds[sink.tags[bios.tag[slot]].kind]!.traits & MAY_END_WITH_FLUSH) === 0 || bios.bytes[slot] === 0) {
      this.finish(slot);
    } else this.#awaitFlush(device, slot);
  }

  #awaitFlush({ tail }: Device, slot: number): void {
    const sector = this.bios.sector[slot];
    const earlier = tail.get(sector);
    if (earlier !== undefined) {
      this.finish(earlier);
      tail.delete(sector);
    }
    this.bios.state[slot] = ASIDE;
    tail.set(sector, slot);
    if (tail.size <= FLUSH_TAIL_MAX) return;
    for (const [place, oldest] of tail) {
      this.finish(oldest);
      tail.delete(place);
      break;
    }
  }

  /** Hands on the row of a bio that is at no place. */
  finish(slot: number): void {
    this.#table.add(this.bios, slot);
    this.bios.release(slot);
  }

  /** Gives up a bio with all that are in its request. */
  #giveUp(head: number): void {
    const { bios } = this;
    const { record } = this.devices[bios.device[head]];
    bios.unplace(head);
    for (let slot = head, next: number; slot !== NONE; slot = next) {
      next = bios.nextInRequest[slot];
      record.givenUp(this.sink, bios.firstSeq[slot]);
      this.finish(slot);
    }
  }

  /** Gives up a flush request, or the wait for a flush behind a write. */
  giveUpAside(slot: number): void {
    const { bios } = this;
    const { flushes, tail, record } = this.devices[bios.device[slot]];
    const flush = flushes.indexOf(slot);
    if (flush >= 0) {
      flushes.splice(flush, 1);
      record.givenUp(this.sink, bios.firstSeq[slot]);
    } else {
      // The write is complete; no flush has followed.
      tail.delete(bios.sector[slot]);
    }
    this.finish(slot);
  }

  /** The older half goes, so that this happens once in many bios. */
  #giveUpOldest(): void {
    const { bios } = this;
    const slots = bios.inOrder();
    for (const slot of slots.slice(0, slots.length >> 1)) {
      const state = bios.state[slot];
      if (state === ASIDE) this.giveUpAside(slot);
      // Those in a request go with its first bio.
      else if (state !== 0 && state !== MERGED) this.#giveUp(slot);
    }
  }

  /** Hands on what is still under way, in the order in which it began. */
  finishAll(): void {
    const { bios } = this;
    for (const slot of bios.inOrder()) {
      const { tail, record } = this.devices[bios.device[slot]];
      if (bios.state[slot] !== ASIDE || tail.get(bios.sector[slot]) !== slot) record.incomplete(bios.firstSeq[slot]);
      this.#table.add(bios, slot);
    }
    for (const { record, announced } of this.devices) record.unseenBelow(this.sink, announced.size);
    this.#table.flush();
  }
}
