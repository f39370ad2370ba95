/**
 * The comment lines that a tracefs file begins with: the tracer, how much is in the buffer, the columns.
 *
 * @module
 */

import type { RecordingFacts } from "../recording_format.ts";
import type { GraphColumns } from "./graph_line.ts";

/** Longest comment line that is looked at. */
const LINE_MAX = 512;

export class HeaderLines {
  /** Name of the tracer; "" when no line says. */
  tracer = "";
  /** Entries in the file and entries written to the buffer, as the header counts them; -1: it does not. */
  inBuffer = -1;
  written = -1;
  graphColumns: GraphColumns | null = null;

  /** Takes what a comment line says. */
  read(line: string, facts: RecordingFacts): void {
    if (line.length > LINE_MAX) return;
    const tracer = /^# tracer: (\S+)/.exec(line);
    if (tracer !== null) this.tracer = tracer[1];
    const entries = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15})/.exec(line) ??
      /^# latency: .*#(\d{1,15})\/(\d{1,15}),/.exec(line);
    if (entries !== null) {
      this.inBuffer = Number(entries[1]);
      this.written = Number(entries[2]);
    }
    const cpus = /#P:(\d{1,5})\b/.exec(line);
    if (cpus !== null) facts.cpus = Number(cpus[1]);
    const kernel = / latency trace v\S+ on (\S+)/.exec(line);
    if (kernel !== null) facts.kernel = kernel[1];
    if (/FUNCTION CALLS$/.test(line)) {
      this.graphColumns = {
        time: /\bTIME\b/.test(line.replace("REL TIME", "")),
        relativeTime: line.includes("REL TIME"),
        cpu: /\bCPU\b/.test(line),
        task: line.includes("TASK/PID"),
      };
    }
  }
}
