/**
 * The events of one CPU of one buffer, in order.
 *
 * @module
 */

import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import { shown } from "../inputs.ts";
import type { RecordStream } from "../recording_format.ts";
import { CpuPages } from "./cpu_pages.ts";
import type { RecordTrouble } from "./event_decoder.ts";
import type { EventFormat } from "./event_format.ts";
import { type CpuData, cpuText } from "./file_head.ts";
import { RingBufferPage } from "./ring_buffer.ts";
import type { BufferReading, TraceDat } from "./trace_dat.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

export class CpuStream implements RecordStream {
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  readonly #reading: BufferReading;
  readonly #dat: TraceDat;
  readonly #cpu: number;
  readonly #cpuText: string;
  readonly #pages: CpuPages;
  readonly #page: RingBufferPage;
  readonly #littleEndian: boolean;
  readonly #common: TraceDat["common"];
  readonly #shifted: boolean;
  readonly #cycles: boolean;
  #pieceBytes = 0;
  /** Where in the piece the next page begins. */
  #nextPage = 0;

  constructor(reading: BufferReading, data: CpuData) {
    const { dat, buffer, layout } = reading;
    this.#reading = reading;
    this.#dat = dat;
    this.#cpu = data.cpu;
    this.#cpuText = cpuText(data);
    this.#littleEndian = layout.littleEndian;
    this.#common = dat.common;
    this.#shifted = dat.head.tsOffset !== 0n;
    this.#cycles = dat.convertsCycles(buffer.clock);
    this.#page = new RingBufferPage(layout, {
      missed: (count) => this.#missed(count),
      backwards: () => this.#backwards(),
      damaged: (what) => dat.skip("damaged_page", `${cpuText(data)}: ${what}`, this.#position()),
    });
    const shape = {
      pageBytes: layout.pageBytes,
      compression: buffer.compressed ? dat.head.compression : "none",
      littleEndian: layout.littleEndian,
      streams: reading.streams,
    } as const;
    this.#pages = new CpuPages(dat.file, data, shape, (code, what, position) => dat.skip(code, what, position));
  }

  /** File position of the current page. */
  #position(): number {
    return this.#pages.positionOf(Math.max(0, this.#nextPage - this.#reading.layout.pageBytes));
  }

  #where(): string {
    return `${this.#dat.context.path}, byte ${this.#position()}`;
  }

  #backwards(): void {
    this.#setTime();
    this.#dat.context.diagnostics.add("warning", "time_backwards", {
      message:
        `${this.#cpuText}: a page begins before what was recorded last: the clock went back, or a time is damaged`,
      position: this.#where(),
      key: String(this.#cpu),
      firstNs: [this.tsLo, this.tsHi],
    });
  }

  #missed(count: number | null): void {
    const { name } = this.#reading.buffer;
    // The page's own time.
    this.#setTime();
    this.#dat.lost += count ?? 1;
    const where = name === "" ? "" : ` of buffer ${shown(name)}`;
    this.#dat.context.diagnostics.add("data_loss", count === null ? "events_lost_uncounted" : "events_lost", {
      message: count === null
        ? `${this.#cpuText}${where}: the ring buffer marks gaps without saying how many events are missing`
        : `${this.#cpuText}${where}: events are missing: the ring buffer overran its reader`,
      position: this.#where(),
      count: count ?? 1,
      key: `${name}/${this.#cpu}`,
      firstNs: [this.tsLo, this.tsHi],
    });
  }

  next(): boolean {
    const page = this.#page;
    for (;;) {
      while (page.next()) {
        if (page.dataEnd - page.dataStart < this.#common.bytes) {
          this.#dat.skip("short_record", `${this.#cpuText}: a record too short to tell its type`, this.#position());
          continue;
        }
        this.#setTime();
        return true;
      }
      if (this.#nextPage >= this.#pieceBytes) {
        const piece = this.#pages.next();
        if (piece === null) return false;
        page.load(piece);
        this.#pieceBytes = piece.length;
        this.#nextPage = 0;
      }
      const start = this.#nextPage;
      this.#nextPage += this.#reading.layout.pageBytes;
      page.open(start);
    }
  }

  #setTime(): void {
    const page = this.#page;
    if (this.#cycles) {
      this.#convertCycles();
    } else if (this.#shifted) {
      const lo = page.tsLo + this.#reading.offsetLo;
      this.tsLo = lo >>> 0;
      this.tsHi = (page.tsHi + this.#reading.offsetHi + (lo > 0xffffffff ? 1 : 0)) >>> 0;
    } else {
      this.tsLo = page.tsLo;
      this.tsHi = page.tsHi;
    }
  }

  /** The product needs 96 bits, and such recordings are rare: through BigInt. */
  #convertCycles(): void {
    const { tsc, tsOffset } = this.#dat.head;
    const cycles = (BigInt(this.#page.tsHi) << 32n) | BigInt(this.#page.tsLo);
    const ns = BigInt.asUintN(64, ((cycles * BigInt(tsc!.multiplier)) >> BigInt(tsc!.shift)) + tsOffset);
    this.tsLo = Number(ns & 0xffffffffn);
    this.tsHi = Number(ns >> 32n);
  }

  emit(sink: EventSink): void {
    const dat = this.#dat;
    const page = this.#page;
    const common = this.#common;
    const start = page.dataStart;
    const id = page.view.getUint16(start + common.type, this.#littleEndian);
    const decoder = this.#reading.decoders[id] ?? this.#reading.makeDecoder(id, sink);
    const pid = page.view.getInt32(start + common.pid, this.#littleEndian);
    const flags = dat.flags(page.bytes[start + common.flags], page.bytes[start + common.preemptCount]);
    sink.begin(decoder.type, this.tsLo, this.tsHi, this.#cpu, pid, NONE, dat.comm(pid), flags);
    const trouble = decoder.decode(page);
    if (trouble !== null || !decoder.format.described) this.#reportRecord(decoder.format, id, trouble);
    sink.commit();
  }

  /** Takes note of a record that is not as a description says. */
  #reportRecord({ name, described }: EventFormat, id: number, trouble: RecordTrouble | null): void {
    const { diagnostics } = this.#dat.context;
    const position = this.#where();
    if (!described) {
      const message = `events of type ${id} have no description in the file: kept as bytes in raw.${name}`;
      diagnostics.add("warning", "format_missing", { message, position, key: name });
    }
    if (trouble !== null) {
      diagnostics.add("error", trouble.code, { message: `${name}: ${trouble.what}`, position, key: name });
    }
  }
}
