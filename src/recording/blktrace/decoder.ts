/**
 * Puts the fields of one binary record into the sink.
 *
 * @module
 */

import type { Diagnostics } from "../diagnostics.ts";
import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import { type BlkAction, blkActionOf, Category, CGROUP_BIT, isKnownAction, rwbsOf, ZONE_APPEND } from "./actions.ts";
import { BlkEvents, type BlkEventType } from "./events.ts";
import type { RecordLayout } from "./layout.ts";
import type { SequenceWatch } from "./sequences.ts";

/** Categories that show in the RWBS text. */
const RWBS_CATEGORIES = Category.Write | Category.Flush | Category.Sync | Category.Notify | Category.Ahead |
  Category.Meta | Category.Discard | Category.Fua | Category.ZoneAppend | Category.ZoneReset | Category.ZoneResetAll |
  Category.ZoneFinish | Category.ZoneOpen | Category.ZoneClose | Category.WriteZeroes;

const NOTIFY_BIT = Category.Notify << 16;
const PACKET_COMMAND_BIT = Category.PacketCommand << 16;
/** Known codes are below this, for actions and for notes. */
const CODES = 32;
const ZONE_APPEND_SLOT = 2 * CODES;
const UNKNOWN_SLOT = ZONE_APPEND_SLOT + 1;
const COMPLETE_BIT = Category.Complete << 16;
/** The category in the high half of the action word. */
const ZONE_APPEND_HIGH_BIT = Category.ZoneAppend >>> 16;

/** A small number for each known action; all others share one. */
function slotOf(word: number, wordHigh: number): number {
  const code = word & 0xffff & ~CGROUP_BIT;
  if (code >= CODES) return UNKNOWN_SLOT;
  if ((word & NOTIFY_BIT) !== 0) return code + CODES;
  const isZoneAppend = (wordHigh & ZONE_APPEND_HIGH_BIT) !== 0 && code === ZONE_APPEND.code &&
    (word & COMPLETE_BIT) === 0;
  return isZoneAppend ? ZONE_APPEND_SLOT : code;
}

/** Task names by pid, as far as process notes have told them; shared by all files of a recording. */
export type TaskNames = Map<number, number>;

/** Where records come from. */
export interface RecordInput {
  readonly sequences: SequenceWatch;
  /** File and byte of the record that is being put into the sink. */
  position(): string;
}

/** Decodes the records of one recording. */
export class RecordDecoder {
  readonly #sink: EventSink;
  readonly #events: BlkEvents;
  readonly #diagnostics: Diagnostics;
  readonly #names: TaskNames = new Map();
  /** Event types of known actions by their slot, filled as records come; the last slot stays empty. */
  readonly #bySlot: (BlkEventType | undefined)[] = new Array(UNKNOWN_SLOT + 1).fill(undefined);
  #device = -1;
  #deviceCode = NONE;

  constructor(sink: EventSink, recordingId: number, diagnostics: Diagnostics) {
    this.#sink = sink;
    this.#events = new BlkEvents(sink, recordingId);
    this.#diagnostics = diagnostics;
  }

  #eventOf(word: number, wordHigh: number, input: RecordInput): BlkEventType {
    const code = word & 0xffff & ~CGROUP_BIT;
    const action = blkActionOf(code, (word >>> 16) | (wordHigh << 16));
    const event = this.#events.of(action);
    if (!isKnownAction(action)) {
      this.#diagnostics.add("warning", "unknown_action", {
        key: event.type.key.name,
        message: `${event.type.key.name}: this action is not known; its records are kept with their payload as bytes`,
        position: input.position(),
      });
    } else {
      this.#bySlot[slotOf(word, wordHigh)] = event;
    }
    return event;
  }

  #rwbsCode(event: BlkEventType, key: number): number {
    let code = event.rwbs.get(key);
    if (code === undefined) {
      code = this.#sink.pool.code(rwbsOf(key >>> 1, key & 1));
      event.rwbs.set(key, code);
    }
    event.lastRwbsKey = key;
    event.lastRwbs = code;
    return code;
  }

  /**
   * Puts a record into the sink.
   *
   * @param bytes where the record is, from `at`, `length` bytes with its payload; `view` is over the same buffer
   * @param input where it comes from
   */
  emit(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    length: number,
    layout: RecordLayout,
    tsLo: number,
    tsHi: number,
    input: RecordInput,
  ): void {
    const little = layout.little;
    const sink = this.#sink;
    const word = view.getInt32(at + layout.action, little);
    const wordHigh = layout.actionHigh < 0 ? 0 : view.getInt32(at + layout.actionHigh, little);
    const event = this.#bySlot[slotOf(word, wordHigh)] ?? this.#eventOf(word, wordHigh, input);
    const subject = event.subject;

    const pid = view.getInt32(at + layout.pid, little);
    const comm = this.#names.size === 0 ? NONE : this.#names.get(pid) ?? NONE;
    const cpu = view.getInt32(at + layout.cpu, little);
    sink.begin(event.type, tsLo, tsHi, cpu, pid, NONE, comm, NONE);

    const device = view.getInt32(at + layout.device, little);
    if (device !== this.#device) {
      this.#device = device;
      this.#deviceCode = sink.devices.of(device >>> 20, device & 0xfffff);
    }
    sink.dev = this.#deviceCode;
    sink.putInteger(event.word ??= event.field("action"), word, wordHigh, "unsigned");

    let size = 0;
    // The kernel does not fill in place, length, result and number of a note.
    if (event.sequence !== null) {
      const sequence = view.getInt32(at + layout.sequence, little);
      if (sequence !== 0) input.sequences.see(device, cpu, sequence, tsLo, tsHi, input);
      sink.putInteger(event.sequence, sequence, 0, "unsigned");
      size = view.getInt32(at + layout.bytes, little);
      const sectorLo = view.getInt32(at + layout.sector + (little ? 0 : 4), little);
      const sectorHi = view.getInt32(at + layout.sector + (little ? 4 : 0), little);
      const error = view.getInt16(at + layout.error, little);
      if (subject === "request") {
        // A flush has no place; neither has a packet command.
        if ((sectorLo | sectorHi) !== 0 || (size !== 0 && (word & PACKET_COMMAND_BIT) === 0)) {
          sink.setSector(sectorLo, sectorHi);
        }
        sink.setBytes(size, 0);
        if (error !== 0) sink.setRet(error);
      } else if (subject === "completion") {
        if ((word & PACKET_COMMAND_BIT) === 0 || (sectorLo | sectorHi) !== 0) sink.setSector(sectorLo, sectorHi);
        sink.setBytes(size, 0);
        sink.setRet(error);
      } else {
        if ((sectorLo | sectorHi) !== 0) sink.setSector(sectorLo, sectorHi);
        if (size !== 0) sink.setBytes(size, 0);
        if (error !== 0) sink.setRet(error);
      }
    }
    const key = (((word >>> 16) | (wordHigh << 16)) & RWBS_CATEGORIES) << 1 | (size !== 0 ? 1 : 0);
    sink.rwbs = key === event.lastRwbsKey ? event.lastRwbs : this.#rwbsCode(event, key);

    const head = layout.headBytes;
    if (length > head) this.#payload(event, bytes, view, at + head, at + length, word, pid, little);
    sink.commit();
  }

  #payload(
    event: BlkEventType,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    word: number,
    pid: number,
    little: boolean,
  ): void {
    const sink = this.#sink;
    if (word & CGROUP_BIT && end - start >= 8) {
      const low = view.getInt32(start + (little ? 0 : 4), little);
      const high = view.getInt32(start + (little ? 4 : 0), little);
      sink.putInteger(event.field("cgroup_id"), low, high, "unsigned");
      start += 8;
    }
    const understood = this.#decode(event, bytes, view, start, end, pid, little);
    if (understood < end - start) sink.putBytes(event.field("pdu"), bytes, start, end);
  }

  /** Decodes a payload by the kind that the action has. Returns how many of its bytes are understood. */
  #decode(
    event: BlkEventType,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    pid: number,
    little: boolean,
  ): number {
    const sink = this.#sink;
    const length = end - start;
    const kind: BlkAction["payload"] = event.action.payload;
    switch (kind) {
      case "depth":
      case "new_sector":
        if (length < 8) return 0;
        sink.putInteger(event.field(kind), view.getInt32(start + 4), view.getInt32(start), "unsigned");
        return 8;
      case "remap": {
        if (length < 16) return 0;
        const target = view.getInt32(start + 4);
        sink.putInteger(event.field("old_dev"), view.getInt32(start), 0, "unsigned");
        sink.putInteger(event.field("old_sector"), view.getInt32(start + 12), view.getInt32(start + 8), "unsigned");
        sink.putInteger(event.field("traced_dev"), this.#device, 0, "unsigned");
        sink.dev = sink.devices.of(target >>> 20, target & 0xfffff);
        return 16;
      }
      case "comm": {
        // The event's own task is the one that the note names.
        const comm = sink.pool.codeOfBytes(bytes, start, textEnd(bytes, start, end));
        this.#names.set(pid, comm);
        sink.comm = comm;
        return length;
      }
      case "wall_clock":
        if (length < 8) return 0;
        sink.putInteger(event.field("sec"), view.getInt32(start, little), 0, "unsigned");
        sink.putInteger(event.field("nsec"), view.getInt32(start + 4, little), 0, "unsigned");
        return 8;
      case "text":
        sink.putBytes(event.field("text"), bytes, start, textEnd(bytes, start, end));
        return length;
      case "command":
      case "driver":
        return 0;
    }
  }
}

/** End of a text that may be padded with NULs. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  const nul = bytes.indexOf(0, start);
  return nul < 0 || nul > end ? end : nul;
}
