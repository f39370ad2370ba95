/**
 * Block events paired into bios' lifetimes: queued, given a request, merged, split, inserted, issued, completed.
 *
 * Requests are found by device and sector interval, as the block layer itself knows them; blktrace records and ftrace's
 * block events go the same way, by blkparse's action letters. Stages that a recording does not show stay empty, and what
 * cannot be paired is counted.
 *
 * Here each event is given to the step that it is: `submission.ts`, `remapping.ts`, `requests.ts`, `flushing.ts`.
 *
 * Sources: blkparse(1), btt(1).
 *
 * @module
 */

import type { Diagnostics } from "../recording/diagnostics.ts";
import type { EventObserver, EventSink } from "../recording/event_sink.ts";
import type { BioTable } from "./bio_table.ts";
import type { StackedDevice } from "./device_stack.ts";
import { emptyStep, flushStep } from "./flushing.ts";
import { NONE } from "./open_bios.ts";
import { PairingRecord } from "./pairing_record.ts";
import { type Action, type Device, type Kind, PairingState, STEPS } from "./pairing_state.ts";
import { remap } from "./remapping.ts";
import { COMMAND, FLUSH_REQUEST, OPERATION_MASK, requestTraits } from "./request_flags.ts";
import { completeRequest, insertRequest, issueRequest, requeueRequest } from "./requests.ts";
import { giveRequest, mergeBack, mergeFront, queueBio, splitBio } from "./submission.ts";

/** Bounds of {@linkcode BioPairing}. */
export interface BioPairingLimits {
  /** Bios under way at most, a power of two from 1024 on; beyond it the oldest ones are given up. */
  open: number;
}

const LIMITS: BioPairingLimits = { open: 131_072 };

/** True when an event's first sector, or the one behind its last, is none that a double holds. */
function isRounded(sink: EventSink, start: number, bytes: number): boolean {
  const sector = (BigInt(sink.sectorHi) << 32n) | BigInt(sink.sectorLo >>> 0);
  const sectors = Math.ceil(bytes / 512);
  return BigInt(start) !== sector || BigInt(start + sectors) !== sector + BigInt(sectors);
}

/** Pairs the block events of a sink, and hands the bios to a table as they complete. */
export class BioPairing implements EventObserver {
  readonly #diagnostics: (recordingId: number) => Diagnostics;
  readonly #state: PairingState;
  readonly #records = new Map<number, PairingRecord>();

  /** @param diagnostics those of a recording */
  constructor(table: BioTable, diagnostics: (recordingId: number) => Diagnostics, limits = LIMITS) {
    this.#diagnostics = diagnostics;
    this.#state = new PairingState(table, limits.open);
  }

  event(sink: EventSink): void {
    const state = this.#state;
    let kind = state.kinds[sink.kind];
    if (kind === undefined) kind = this.#findKind(sink);
    if (kind === null) return;
    state.sink = sink;
    state.kind = kind;
    state.makeRoom();
    const { device } = kind;
    const start = !sink.hasSector || sink.sectorHi < 0 ? NONE : sink.sectorHi * 4294967296 + (sink.sectorLo >>> 0);
    const bytes = sink.hasBytes ? (sink.bytesHi >>> 0) * 4294967296 + (sink.bytesLo >>> 0) : 0;
    if (start > Number.MAX_SAFE_INTEGER && isRounded(sink, start, bytes)) {
      device.record.beyondDouble(sink);
      return;
    }
    if (bytes === 0 || start < 0 || kind.operation === COMMAND || device.dev < 0) {
      this.#withoutPlace(device, start, bytes);
      return;
    }
    switch (kind.step) {
      case STEPS.Q:
        queueBio(state, device, start, bytes);
        break;
      case STEPS.G:
        giveRequest(state, device, start, bytes);
        break;
      case STEPS.I:
        insertRequest(state, device, start, bytes);
        break;
      case STEPS.D:
        issueRequest(state, device, start, bytes);
        break;
      case STEPS.C:
        completeRequest(state, device, start, bytes);
        break;
      case STEPS.M:
        mergeBack(state, device, start, bytes);
        break;
      case STEPS.A:
        remap(state, device, start);
        break;
      case STEPS.F:
        mergeFront(state, device, start, bytes);
        break;
      case STEPS.X:
        splitBio(state, device, start);
        break;
      case STEPS.R:
        requeueRequest(state, device, start);
        break;
      default:
    }
  }

  /** Events that name no sectors: of flushes, of bios without data, of commands; and those that cannot do without. */
  #withoutPlace(device: Device, start: number, bytes: number): void {
    const state = this.#state;
    const { action, traits } = state.kind;
    if (device.dev < 0) {
      state.unpaired();
      return;
    }
    switch (action) {
      case "Q":
        if (bytes === 0 || start >= 0) queueBio(state, device, Math.max(start, 0), bytes);
        else state.unpaired();
        return;
      case "A":
      case "X":
        // Neither needs a length.
        if (start < 0) state.unpaired();
        else if (action === "A") remap(state, device, start);
        else splitBio(state, device, start);
        return;
      case "M":
      case "F":
        state.unpaired();
        return;
      default:
        if (bytes === 0 && traits & FLUSH_REQUEST) flushStep(state, device, action);
        else if (bytes > 0 && start < 0) device.record.command(state.sink);
        else emptyStep(state, device, Math.max(start, 0), action);
    }
  }

  #findKind(sink: EventSink): Kind | null {
    const { action, key } = sink.type;
    if (action === null || !(action in STEPS)) return this.#state.kinds[sink.kind] = null;
    const { recordingId, buffer, name } = key;
    const traits = sink.rwbs < 0 ? 0 : requestTraits(sink.pool.texts[sink.rwbs]);
    return this.#state.kinds[sink.kind] = {
      step: STEPS[action as Action],
      action: action as Action,
      device: this.#state.findDevice(recordingId, sink.dev, buffer) ??
        this.#state.addDevice(this.#record(recordingId), sink.dev, buffer),
      operation: traits & OPERATION_MASK,
      traits,
      about: name === "block_bio_complete" ? "bio" : name === "block_rq_merge" ? "requests" : "either",
    };
  }

  #record(recordingId: number): PairingRecord {
    let record = this.#records.get(recordingId);
    if (record === undefined) {
      record = new PairingRecord(recordingId, this.#diagnostics(recordingId));
      this.#records.set(recordingId, record);
    }
    return record;
  }

  /** Events were lost here: of bios that look alike, those that began later are the likelier ones from now on. */
  gap(recordingId: number): void {
    this.#record(recordingId).gapId = this.#state.nextId;
  }

  /** `bio_id` of the bio that begins next. */
  get nextId(): number {
    return this.#state.nextId;
  }

  /**
   * Place of a bio that the current event has begun, which is not always that of the event: a split begins the second
   * part.
   *
   * @param bio its `bio_id`
   */
  placeOf(bio: number): { sector: number; bytes: number } {
    const { bios, begun, nextId } = this.#state;
    const slot = begun[nextId - 1 - bio];
    return { sector: bios.sector[slot], bytes: bios.bytes[slot] };
  }

  /** Which devices stand on which. */
  get stackedDevices(): StackedDevice[] {
    return this.#state.stack.pairs;
  }

  /** Hands on what is still under way, in the order in which it began, and the counts. */
  finish(): void {
    this.#state.finishAll();
    for (const record of this.#records.values()) record.finish();
  }
}
