/**
 * The reader for trace.dat files of trace-cmd, versions 6 and 7.
 *
 * Each CPU of each buffer is a stream of its own; event types are decoded by the descriptions that the file carries.
 *
 * @module
 */

import { shown } from "../inputs.ts";
import { openRandomAccess } from "../random_access.ts";
import { type OpenRecording, type ReadContext, type RecordingFormat, UnreadableInput } from "../recording_format.ts";
import { CpuStream } from "./cpu_stream.ts";
import { type FileHead, MAGIC } from "./file_head.ts";
import { readFileHead } from "./head_reader.ts";
import { parseSymbols } from "./kernel_symbols.ts";
import { pageLayout } from "./page_layout.ts";
import { adoptStrays } from "./stray_events.ts";
import { BufferReading, TraceDat } from "./trace_dat.ts";

/** Clocks that do not count nanoseconds. */
const COUNTING_CLOCKS = new Set(["counter", "x86-tsc", "ppc-tb"]);

function kernelOf(uname: string | null): string | null {
  return uname === null ? null : uname.trim().split(/\s+/)[2] ?? uname;
}

/** Everything that the head itself says of trouble. */
function reportHead(dat: TraceDat): void {
  const { head } = dat;
  for (const { severity, code, message, position, count } of head.troubles) {
    dat.report(severity, code, message, position, count);
  }
  for (const option of head.unapplied) {
    dat.report("warning", "option_not_applied", `the file's ${option} option is not applied to the times`, 0);
  }
  for (const id of head.unknownOptions) {
    const what = `an option of kind ${id} is not known and left out, with whatever it describes`;
    dat.report("warning", "option_unknown", what, 0);
  }
  for (const { name, clock } of head.buffers) {
    if (clock === null || !COUNTING_CLOCKS.has(clock) || dat.convertsCycles(clock)) continue;
    dat.context.diagnostics.add("warning", "clock_not_time", {
      message:
        `${name === "" ? "the trace" : `buffer ${shown(name)}`} was recorded with clock ${clock}: its times are ` +
        "counts, not nanoseconds",
      position: dat.context.path,
      key: name,
    });
  }
}

/** Counters of the kernel's per-CPU statistics that mean lost events. */
function reportCpuStats(dat: TraceDat): void {
  let counted = 0;
  for (const stats of dat.head.cpuStats) {
    const cpu = /CPU:\s*(\d+)/.exec(stats)?.[1] ?? "?";
    for (const counter of ["overrun", "commit overrun", "dropped events"]) {
      const count = Number(new RegExp(`^${counter}:\\s*(\\d{1,15})\\s*$`, "m").exec(stats)?.[1] ?? 0);
      if (count === 0) continue;
      counted += count;
      dat.context.diagnostics.add("data_loss", counter.replaceAll(" ", "_"), {
        message: `CPU ${cpu}: the kernel counted ${counter} events that the buffer could not keep`,
        position: dat.context.path,
        count,
        key: cpu,
      });
    }
  }
  // Gaps in the pages and the kernel's counters tell of the same events; the larger figure is the one to go by.
  dat.lost += Math.max(0, counted - dat.lost);
}

export const traceDat: RecordingFormat = {
  id: "trace.dat",

  sniff(head) {
    return MAGIC.every((byte, i) => head[i] === byte);
  },

  async open(context: ReadContext): Promise<OpenRecording> {
    const file = await openRandomAccess(context.files[0]);
    let head: FileHead;
    try {
      head = readFileHead(file);
    } catch (error) {
      file.close();
      if (!(error instanceof UnreadableInput)) throw error;
      const unpacked = file.damage === null ? "" : `; ${file.damage}`;
      throw new UnreadableInput(`${context.path}: ${error.message}${unpacked}`);
    }
    const layout = pageLayout(head);
    adoptStrays(head, file, layout);
    const dat = new TraceDat(file, head, layout, context);
    const { damage } = file;
    if (damage !== null) dat.report("error", "truncated", damage, file.size);
    reportHead(dat);
    const cpus = head.buffers.reduce((sum, buffer) => sum + buffer.cpus.length, 0);
    const streams = head.buffers.flatMap((buffer) => {
      const reading = new BufferReading(dat, buffer, layout, cpus);
      return buffer.cpus.map((data) => new CpuStream(reading, data));
    });
    return {
      facts: {
        format: `trace.dat v${head.version}`,
        kernel: kernelOf(head.uname),
        clock: head.clock,
        page_size: head.pageBytes,
        cpus: head.buffers.reduce(
          (most, { cpus }) => cpus.reduce((m, c) => Math.max(m, c.cpu + 1), most),
          head.cpuCount,
        ),
      },
      streams,
      finish() {
        if (file.damage !== damage) dat.report("error", "read_error", file.damage!, file.size);
        reportCpuStats(dat);
      },
      close: () => file.close(),
      lostEvents: () => dat.lost,
      skippedRecords: () => dat.skipped,
      symbols: () => parseSymbols(head.kallsyms),
    };
  },
};
