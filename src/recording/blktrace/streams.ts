/**
 * The records of one input, handed on one by one: as they stand in a file of one CPU, or put in order where several
 * CPUs share an input.
 *
 * @module
 */

import type { Diagnostics } from "../diagnostics.ts";
import type { EventSink } from "../event_sink.ts";
import type { RecordStream } from "../recording_format.ts";
import type { RecordDecoder, RecordInput } from "./decoder.ts";
import { Demultiplexer, HELD_BYTES_MAX } from "./demultiplexer.ts";
import type { RecordLayout } from "./layout.ts";
import type { RecordScanner } from "./scanner.ts";
import { SequenceWatch } from "./sequences.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** What both kinds of stream do with a record. */
export abstract class BlktraceStream implements RecordStream, RecordInput {
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  readonly scanner: RecordScanner;
  readonly sequences: SequenceWatch;
  readonly #decoder: RecordDecoder;
  readonly #diagnostics: Diagnostics;
  #lastLo = 0;
  #lastHi = 0;
  #offset = 0;

  constructor(scanner: RecordScanner, decoder: RecordDecoder, diagnostics: Diagnostics) {
    this.scanner = scanner;
    this.sequences = new SequenceWatch(diagnostics);
    this.#decoder = decoder;
    this.#diagnostics = diagnostics;
  }

  position(): string {
    return this.scanner.position(this.#offset);
  }

  abstract next(): boolean | Promise<boolean>;
  abstract emit(sink: EventSink): void;

  protected readTime(view: DataView, at: number, layout: RecordLayout): void {
    const time = at + layout.time;
    if (layout.little) {
      this.tsLo = view.getUint32(time, true);
      this.tsHi = view.getUint32(time + 4, true);
    } else {
      this.tsHi = view.getUint32(time);
      this.tsLo = view.getUint32(time + 4);
    }
  }

  protected emitRecord(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    length: number,
    layout: RecordLayout,
    offset: number,
  ): void {
    const { tsLo, tsHi } = this;
    this.#offset = offset;
    if (tsHi !== this.#lastHi ? tsHi < this.#lastHi : tsLo < this.#lastLo) this.#reportTime();
    this.#lastLo = tsLo;
    this.#lastHi = tsHi;
    this.#decoder.emit(bytes, view, at, length, layout, tsLo, tsHi, this);
  }

  #reportTime(): void {
    this.#diagnostics.add("warning", "time_backwards", {
      message:
        "a record is earlier than the one before it: CPUs are mixed in one input further apart than can be put " +
        "in order (give the files NAME.blktrace.N of the CPUs instead), or the time is damaged",
      position: this.position(),
      firstNs: [this.tsLo, this.tsHi],
    });
  }
}

/** Records in the order of the input. */
export class CpuStream extends BlktraceStream {
  next(): boolean | Promise<boolean> {
    const found = this.scanner.next();
    if (found === true) {
      this.readTime(this.scanner.view, this.scanner.at, this.scanner.layout);
      return true;
    }
    return found === false ? false : this.#later(found);
  }

  async #later(found: Promise<boolean>): Promise<boolean> {
    if (!await found) return false;
    this.readTime(this.scanner.view, this.scanner.at, this.scanner.layout);
    return true;
  }

  emit(_sink: EventSink): void {
    const s = this.scanner;
    this.emitRecord(s.bytes, s.view, s.at, s.length, s.layout, s.offset);
  }
}

/** Records of several CPUs in one input, put in the order of their times as far as bounded memory allows. */
export class MixedStream extends BlktraceStream {
  readonly #queues = new Demultiplexer();
  #ended = false;
  #begun = false;

  next(): boolean | Promise<boolean> {
    if (this.#begun) this.#queues.pop();
    this.#begun = true;
    while (!this.#ended && this.#queues.held < HELD_BYTES_MAX) {
      const found = this.scanner.next();
      if (typeof found !== "boolean") return this.#later(found);
      this.#hold(found);
    }
    return this.#goOn();
  }

  async #later(found: Promise<boolean>): Promise<boolean> {
    this.#hold(await found);
    while (!this.#ended && this.#queues.held < HELD_BYTES_MAX) this.#hold(await this.scanner.next());
    return this.#goOn();
  }

  #hold(found: boolean): void {
    if (!found) {
      this.#ended = true;
      return;
    }
    const { view, bytes, at, length, layout, offset } = this.scanner;
    const device = view.getUint32(at + layout.device, layout.little);
    const cpu = view.getUint32(at + layout.cpu, layout.little);
    this.#queues.push(device, cpu, bytes, at, length, offset);
  }

  #goOn(): boolean {
    const first = this.#queues.first();
    if (first === null) return false;
    this.tsLo = first.tsLo;
    this.tsHi = first.tsHi;
    return true;
  }

  emit(_sink: EventSink): void {
    const queue = this.#queues.first()!;
    this.emitRecord(queue.bytes, queue.view, queue.at, queue.length, queue.layout, queue.offset);
  }
}
