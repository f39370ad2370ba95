/**
 * Writes binary block traces from plain records, as blktrace(8) would: version 7 or 8, either byte order, with numbers
 * that count for each device and CPU.
 *
 * @module
 */

import { blkActionByName, categoriesOf, Category, CGROUP_BIT, ZONE_APPEND } from "./actions.ts";
import { type BlkVersion, type ByteOrder, layoutFor, MAGIC, type RecordLayout } from "./layout.ts";

/** A device's number. */
export interface BlkDevice {
  major: number;
  minor: number;
}

/** What follows a record's head. */
export type BlkRecordPayload =
  /** Requests released by an unplug. */
  | { kind: "depth"; requests: number }
  /** Where the second half of a split begins. */
  | { kind: "new_sector"; sector: bigint }
  /** Where a remapped bio was and where it goes. */
  | { kind: "remap"; from: BlkDevice; to: BlkDevice; sector: bigint }
  /** Name of the record's task, up to 15 bytes. */
  | { kind: "comm"; comm: string }
  /** Time of day. */
  | { kind: "wall_clock"; sec: number; nsec: number }
  /** A message. */
  | { kind: "text"; text: string }
  /** A packet command, or bytes of a driver. */
  | { kind: "bytes"; bytes: Uint8Array };

/** One record to write. */
export interface BlkRecord {
  /** Name of the event type, as in {@linkcode BLK_ACTIONS}: `blk_ta_queue`, `blk_tn_message`. */
  name: string;
  timeNs: bigint;
  device: BlkDevice;
  cpu: number;
  pid: number;
  /** In sectors of 512 bytes; 0 when left out. */
  sector?: bigint;
  /** 0 when left out. */
  bytes?: number;
  /** Operation and modifiers, as blkparse prints them; `N` when left out. */
  rwbs?: string;
  /** A negative error number; 0 when left out. */
  error?: number;
  /** The cgroup's id, put ahead of the payload. */
  cgroupId?: bigint;
  payload?: BlkRecordPayload;
  /** A command of a passthrough request. */
  kind?: "filesystem" | "packet command";
  /** Number of the record; when left out, the next one of its device and CPU. */
  sequence?: number;
}

/** How a trace is written. */
export interface BlktraceOptions {
  version: BlkVersion;
  order: ByteOrder;
  /** `none`: every number is 0, as the ftrace tracer `blk` writes them. */
  numbering: "per-cpu" | "none";
}

/** What blktrace(8) writes on x86-64 with a kernel before 6.19. */
export const BLKTRACE_DEFAULTS: BlktraceOptions = { version: 7, order: "little", numbering: "per-cpu" };

/** Category that an action has by itself. */
const OWN_CATEGORY: Record<string, Category> = {
  blk_ta_requeue: Category.Requeue,
  blk_ta_issue: Category.Issue,
  blk_ta_complete: Category.Complete,
  blk_ta_drv_data: Category.DriverData,
  blk_ta_zone_append: Category.ZoneAppend,
  blk_tn_process: Category.Notify,
  blk_tn_timestamp: Category.Notify,
  blk_tn_message: Category.Notify,
};
/** Actions that the kernel gives no category. */
const WITHOUT_CATEGORY = new Set(["blk_ta_split", "blk_ta_bounce"]);

const COMM_BYTES = 16;

function deviceNumber(device: BlkDevice): number {
  return ((device.major << 20) | device.minor) >>> 0;
}

const NO_PAYLOAD = new Uint8Array(0);

function payloadBytes(payload: BlkRecordPayload | undefined, little: boolean): Uint8Array {
  if (payload === undefined) return NO_PAYLOAD;
  const bytes = new Uint8Array(COMM_BYTES);
  const view = new DataView(bytes.buffer);
  switch (payload.kind) {
    case "depth":
      view.setBigUint64(0, BigInt(payload.requests));
      return bytes.subarray(0, 8);
    case "new_sector":
      view.setBigUint64(0, payload.sector);
      return bytes.subarray(0, 8);
    case "remap":
      view.setUint32(0, deviceNumber(payload.from));
      view.setUint32(4, deviceNumber(payload.to));
      view.setBigUint64(8, payload.sector);
      return bytes;
    case "comm":
      new TextEncoder().encodeInto(payload.comm, bytes.subarray(0, COMM_BYTES - 1));
      return bytes;
    case "wall_clock":
      view.setUint32(0, payload.sec, little);
      view.setUint32(4, payload.nsec, little);
      return bytes.subarray(0, 8);
    case "text":
      return new TextEncoder().encode(payload.text);
    case "bytes":
      return payload.bytes;
  }
}

/** Encodes records one by one, numbering them as it goes. */
export class BlktraceWriter {
  readonly #layout: RecordLayout;
  readonly #numbering: BlktraceOptions["numbering"];
  readonly #numbers = new Map<string, number>();

  constructor(options: BlktraceOptions = BLKTRACE_DEFAULTS) {
    this.#layout = layoutFor(options.version, options.order);
    this.#numbering = options.numbering;
  }

  #number(record: BlkRecord, isNote: boolean): number {
    if (record.sequence !== undefined) return record.sequence;
    if (isNote || this.#numbering === "none") return 0;
    const key = `${record.device.major}:${record.device.minor} ${record.cpu}`;
    const number = (this.#numbers.get(key) ?? 0) + 1;
    this.#numbers.set(key, number);
    return number;
  }

  /** The action word: code, categories and the cgroup bit. */
  #word(record: BlkRecord): bigint {
    const action = blkActionByName(record.name);
    if (action === null) throw new RangeError(`${record.name} is no action of a block trace`);
    const isNote = action.kind === "note";
    let categories = isNote ? 0 : categoriesOf(record.rwbs ?? "N");
    categories |= OWN_CATEGORY[action.name] ?? (WITHOUT_CATEGORY.has(action.name) ? 0 : Category.Queue);
    if (action === ZONE_APPEND) categories &= ~Category.Complete;
    if (!isNote) categories |= record.kind === "packet command" ? Category.PacketCommand : Category.Filesystem;
    if (this.#layout.version === 7 && categories > 0xffff) {
      throw new RangeError(`${record.name} ${record.rwbs}: version 7 has no zone operations`);
    }
    const code = action.code | (record.cgroupId === undefined ? 0 : CGROUP_BIT);
    return (BigInt(categories) << 16n) | BigInt(code);
  }

  /**
   * Bytes of a record.
   *
   * @throws {RangeError} for an unknown name or RWBS text, or what the version cannot express
   */
  encode(record: BlkRecord): Uint8Array {
    const { little, ...at } = this.#layout;
    const word = this.#word(record);
    const payload = payloadBytes(record.payload, little);
    const cgroup = record.cgroupId === undefined ? 0 : 8;
    const bytes = new Uint8Array(at.headBytes + cgroup + payload.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC | at.version, little);
    view.setUint32(at.sequence, this.#number(record, record.name.startsWith("blk_tn_")), little);
    view.setBigUint64(at.time, record.timeNs, little);
    view.setBigUint64(at.sector, record.sector ?? 0n, little);
    view.setUint32(at.bytes, record.bytes ?? 0, little);
    view.setUint32(at.pid, record.pid, little);
    view.setUint32(at.action, Number(word & 0xffff_ffffn), little);
    if (at.actionHigh >= 0) view.setUint32(at.actionHigh, Number(word >> 32n), little);
    view.setUint32(at.device, deviceNumber(record.device), little);
    view.setUint32(at.cpu, record.cpu, little);
    view.setInt16(at.error, record.error ?? 0, little);
    view.setUint16(at.payloadLength, cgroup + payload.length, little);
    if (record.cgroupId !== undefined) view.setBigUint64(at.headBytes, record.cgroupId, little);
    bytes.set(payload, at.headBytes + cgroup);
    return bytes;
  }
}

function joined(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** All records one after the other, as `blktrace -o -` writes them. */
export function writeBlktrace(records: Iterable<BlkRecord>, options: BlktraceOptions = BLKTRACE_DEFAULTS): Uint8Array {
  const writer = new BlktraceWriter(options);
  return joined(Array.from(records, (record) => writer.encode(record)));
}

/** A file for each CPU, in the order of the CPUs: contents of `NAME.blktrace.N` by N. */
export function writeBlktraceSet(
  records: Iterable<BlkRecord>,
  options: BlktraceOptions = BLKTRACE_DEFAULTS,
): Map<number, Uint8Array> {
  const writer = new BlktraceWriter(options);
  const parts = new Map<number, Uint8Array[]>();
  for (const record of records) {
    const ofCpu = parts.get(record.cpu) ?? [];
    parts.set(record.cpu, ofCpu);
    ofCpu.push(writer.encode(record));
  }
  return new Map([...parts].sort(([a], [b]) => a - b).map(([cpu, list]) => [cpu, joined(list)]));
}
