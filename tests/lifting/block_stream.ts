/**
 * Block events written as lines, the way blkparse prints them, put into a sink as either tracer would, and the bios that
 * come of them as lines again.
 *
 * A line is `ACTION DEV RWBS SECTOR+SECTORS`, and behind it, in any order: `pid=N`, `error=N`, `/ SECTOR` (where a split's
 * second part begins), `<- DEV SECTOR` (where a remapped bio was), `cpu=N`, `in BUFFER` (a trace instance). Without a place
 * the request is one without data. The n-th line happens at the n-th microsecond. Actions beside blkparse's: `BC` the
 * completion of a bio (block_bio_complete), `MM` the merge of two requests (block_rq_merge); blktrace has C and M for them.
 *
 * @module
 */

import type { TableBatch } from "../../src/recording/batch.ts";
import { Diagnostics } from "../../src/recording/diagnostics.ts";
import { EventSink } from "../../src/recording/event_sink.ts";
import { type EventType, NONE } from "../../src/recording/event_type.ts";
import { BioPairing, type BioPairingLimits } from "../../src/lifting/bio_pairing.ts";
import { BioTable } from "../../src/lifting/bio_table.ts";
import { valueAt } from "../recording/collect.ts";

/** Which tracer the events look like. */
export type Tracer = "ftrace" | "blktrace";

export const TRACERS: readonly Tracer[] = ["ftrace", "blktrace"];

const FTRACE_NAMES: Record<string, string> = {
  Q: "block_bio_queue",
  G: "block_getrq",
  I: "block_rq_insert",
  D: "block_rq_issue",
  C: "block_rq_complete",
  BC: "block_bio_complete",
  M: "block_bio_backmerge",
  MM: "block_rq_merge",
  F: "block_bio_frontmerge",
  R: "block_rq_requeue",
  X: "block_split",
  A: "block_bio_remap",
  P: "block_plug",
  U: "block_unplug",
};
const BLKTRACE_NAMES: Record<string, string> = {
  Q: "blk_ta_queue",
  G: "blk_ta_getrq",
  I: "blk_ta_insert",
  D: "blk_ta_issue",
  C: "blk_ta_complete",
  M: "blk_ta_backmerge",
  F: "blk_ta_frontmerge",
  R: "blk_ta_requeue",
  X: "blk_ta_split",
  A: "blk_ta_remap",
  P: "blk_ta_plug",
  U: "blk_ta_unplug_io",
};

/** Time of the first line: the low half overflows a few lines later. */
const FIRST_NS = 0x1_ffff_f000n;
const STEP_NS = 1000n;

/** An event before it is put into a sink. */
export interface BlockEvent {
  action: string;
  dev: [major: number, minor: number];
  rwbs: string;
  /** Null: the event names no place. */
  sector: bigint | null;
  sectors: number;
  pid: number;
  cpu: number;
  error: number;
  newSector: bigint | null;
  from: { dev: [number, number]; sector: bigint } | null;
  buffer: string;
}

const deviceOf = (text: string) => text.split(",").map(Number) as [number, number];

/** Reads a line. @throws {Error} when it is none */
export function blockEvent(line: string): BlockEvent {
  const parts =
    /^(?<action>[A-Z]+) (?<dev>\d+,\d+) (?<rwbs>[A-Z]+)(?: (?<sector>-?\d+)\+(?<sectors>[\d.]+))?(?<rest>.*)$/.exec(
      line,
    );
  if (parts === null) throw new Error(`no block event: ${line}`);
  const { action, dev, rwbs, sector, sectors, rest } = parts.groups!;
  const option = (pattern: RegExp) => pattern.exec(rest)?.slice(1);
  const from = option(/ <- (\d+,\d+) (\d+)/);
  const cut = option(/ \/ (\d+)/);
  return {
    action,
    dev: deviceOf(dev),
    rwbs,
    sector: sector === undefined ? null : BigInt(sector),
    sectors: Number(sectors ?? 0),
    pid: Number(option(/ pid=(\d+)/)?.[0] ?? 1),
    cpu: Number(option(/ cpu=(\d+)/)?.[0] ?? 0),
    error: Number(option(/ error=(-?\d+)/)?.[0] ?? 0),
    newSector: cut === undefined ? null : BigInt(cut[0]),
    from: from === undefined ? null : { dev: deviceOf(from[0]), sector: BigInt(from[1]) },
    buffer: option(/ in (\S+)/)?.[0] ?? "",
  };
}

const low = (value: bigint) => Number(BigInt.asIntN(32, value));
const high = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));

/** Puts block events into a sink as one of the tracers has them. */
export class BlockEventWriter {
  readonly #sink: EventSink;
  readonly #tracer: Tracer;
  readonly #recordingId: number;

  constructor(sink: EventSink, tracer: Tracer, recordingId = 1) {
    this.#sink = sink;
    this.#tracer = tracer;
    this.#recordingId = recordingId;
  }

  #type(event: BlockEvent): EventType {
    const blktrace = this.#tracer === "blktrace";
    const letter = event.action === "BC" ? "C" : event.action === "MM" ? "M" : event.action;
    return this.#sink.eventType({
      recordingId: this.#recordingId,
      source: this.#tracer,
      system: blktrace ? "blk" : "block",
      name: blktrace ? BLKTRACE_NAMES[letter] : FTRACE_NAMES[event.action],
      buffer: event.buffer,
      ...(blktrace ? { action: letter } : {}),
      pageShift: 12,
    });
  }

  put(event: BlockEvent, timeNs: bigint): void {
    const sink = this.#sink;
    const blktrace = this.#tracer === "blktrace";
    const type = this.#type(event);
    sink.begin(type, low(timeNs), high(timeNs), event.cpu, event.pid, NONE, NONE, NONE);
    const integer = (name: string, value: bigint) =>
      sink.putInteger(sink.field(type, name, "UBIGINT"), low(value), high(value), "unsigned");
    const device = (name: string, [major, minor]: [number, number]) =>
      sink.putDevice(sink.field(type, name, "UINTEGER", null, "dev"), major, minor);
    if (event.action === "P" || event.action === "U") {
      sink.commit();
      return;
    }
    device("dev", event.dev);
    const isDone = event.action === "C" || event.action === "BC";
    const ofFlush = event.rwbs === "FF";
    sink.putText(sink.field(type, "rwbs", "VARCHAR"), blktrace && ofFlush ? "FN" : event.rwbs);
    // Without a place, ftrace prints sector 0, or -1 when a flush is complete; blktrace has none but for completions.
    const sector = event.sector ?? (blktrace ? (isDone ? 0n : null) : isDone && ofFlush ? -1n : 0n);
    if (sector !== null) integer("sector", sector);
    const inBytes = blktrace || /^block_rq_(insert|issue|merge)$/.test(type.key.name);
    if (event.action !== "X" || blktrace) {
      integer(inBytes ? "bytes" : "nr_sector", BigInt(Math.round(event.sectors * (inBytes ? 512 : 1))));
    }
    if (isDone || event.action === "R") {
      sink.putInteger(sink.field(type, "error", "INTEGER"), event.error, event.error < 0 ? -1 : 0, "signed");
    }
    if (event.newSector !== null) integer("new_sector", event.newSector);
    if (event.from !== null) {
      device("old_dev", event.from.dev);
      integer("old_sector", event.from.sector);
    }
    sink.commit();
  }
}

/** What pairing made of a stream. */
export interface Paired {
  /** A line a bio, by bio_id: `0 8:0 W 100+8 Q1 G2 I3 D4 C5`, the steps with the line that they happened in. */
  bios: string[];
  /** `COUNT CODE`, and the step in brackets where the message names one. */
  diagnostics: string[];
  /** `UPPER on LOWER at SECTOR, N remaps`. */
  stack: string[];
}

/** Rows of table bio as lines. */
export class BioLines {
  readonly lines = new Map<number, string>();
  /** In the order in which they were handed on. */
  readonly order: number[] = [];
  readonly #sink: () => EventSink;

  constructor(sink: () => EventSink) {
    this.#sink = sink;
  }

  take(batch: TableBatch): void {
    if (batch.table !== "bio") return;
    for (let row = 0; row < batch.rows; row++) {
      const value = Object.fromEntries(batch.columns.map((column) => [column.name, valueAt(column, row)]));
      const sink = this.#sink();
      const kind = sink.kinds[sink.tags[value.tag_id as number].kind];
      const stages = ["queue", "getrq", "insert", "issue", "complete"].flatMap((stage, i) => {
        const time = value[`${stage}_ns`] as bigint | null;
        return time === null ? [] : [`${"QGIDC"[i]}${Number((time - FIRST_NS) / STEP_NS)}`];
      });
      const notes = [
        ["merged into", value.merged_into],
        ["split from", value.split_from],
        ["remapped from", value.remapped_from],
        ["requeues", value.requeues === 0 ? null : value.requeues],
        ["error", value.error === 0 ? null : value.error],
      ].flatMap(([name, each]) => each === null ? [] : [`${name} ${each}`]);
      const rwbs = sink.pool.texts[kind.rwbs].replace("FN", "FF");
      const place = `${value.sector}+${Number(value.bytes) / 512}`;
      const line = [value.bio_id, sink.pool.texts[kind.dev], rwbs, place, ...stages, ...notes].join(" ");
      if (this.lines.has(value.bio_id as number)) throw new Error(`bio ${value.bio_id} has two rows: ${line}`);
      this.lines.set(value.bio_id as number, line);
      this.order.push(value.bio_id as number);
    }
  }

  get byId(): string[] {
    return [...this.lines].sort(([a], [b]) => a - b).map(([, line]) => line);
  }
}

/** Pairs the events of these lines; blank lines are passed over. */
export function pair(lines: string | readonly string[], tracer: Tracer, limits?: BioPairingLimits): Paired {
  const all = typeof lines === "string" ? lines.split("\n") : lines;
  const events = all.map((line) => line.trim()).filter((line) => line !== "").map(blockEvent);
  const bios = new BioLines(() => sink);
  const diagnostics = new Diagnostics(1, () => sink.seq);
  const pairing = new BioPairing(new BioTable((batch) => bios.take(batch)), () => diagnostics, limits);
  const sink: EventSink = new EventSink(() => {}, [pairing]);
  const writer = new BlockEventWriter(sink, tracer);
  events.forEach((event, i) => writer.put(event, FIRST_NS + BigInt(i + 1) * STEP_NS));
  pairing.finish();
  const text = (code: number) => sink.pool.texts[code];
  return {
    bios: bios.byId,
    diagnostics: diagnostics.rows.map(({ code, count, message }) => {
      const step = /\(([a-z ]+)\)/.exec(message)?.[1];
      return `${count} ${code}${step === undefined ? "" : ` (${step})`}`;
    }),
    stack: pairing.stackedDevices.map(({ dev, lowerDev, startSector, remaps }) =>
      `${text(dev)} on ${text(lowerDev)} at ${startSector}, ${remaps} remap${remaps === 1 ? "" : "s"}`
    ),
  };
}
