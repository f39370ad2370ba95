/**
 * What `analyse` says at its end: what was recorded, what is missing, where the results are.
 *
 * @module
 */

import type { ReadingEnd, RecordingSummary } from "../lifting/read_recordings.ts";

/** A diagnostic as printed; several of one code are gathered. */
interface DiagnosticSummary {
  recording_id: number;
  severity: string;
  code: string;
  /** Occurrences over all rows of the code. */
  count: number;
  /** Rows of the code. */
  rows: number;
  message: string;
  position: string;
}

/** The summary as `--format json` prints it. Integers beyond 2^53 are text. */
export interface AnalyseSummary {
  results: string;
  recordings: (Omit<RecordingSummary, "first_ns" | "last_ns" | "clock_offset_ns"> & {
    first_ns: string | null;
    last_ns: string | null;
    clock_offset_ns: string;
  })[];
  events: number;
  event_types: number;
  bios: number;
  most_frequent: { name: string; count: number }[];
  /** Occurrences by severity. */
  diagnostics_sum: Record<"data_loss" | "error" | "warning" | "info", number>;
  diagnostics: DiagnosticSummary[];
}

const SEVERITY_ORDER = ["data_loss", "error", "warning", "info"] as const;
const MOST_FREQUENT = 8;
const LINE_WIDTH = 100;

export function analyseSummary(end: ReadingEnd, bios: number, results: string): AnalyseSummary {
  const sum = { data_loss: 0, error: 0, warning: 0, info: 0 };
  const gathered = new Map<string, DiagnosticSummary>();
  for (const row of end.diagnostics) {
    sum[row.severity] += row.count;
    const key = `${row.recordingId}/${row.severity}/${row.code}`;
    const known = gathered.get(key);
    if (known === undefined) {
      gathered.set(key, {
        recording_id: row.recordingId,
        severity: row.severity,
        code: row.code,
        count: row.count,
        rows: 1,
        message: row.message,
        position: row.position,
      });
    } else {
      known.count += row.count;
      known.rows++;
    }
  }
  return {
    results,
    recordings: end.recordings.map((recording) => ({
      ...recording,
      first_ns: recording.first_ns?.toString() ?? null,
      last_ns: recording.last_ns?.toString() ?? null,
      clock_offset_ns: recording.clock_offset_ns.toString(),
    })),
    events: end.events,
    event_types: end.eventCounts.length,
    bios,
    most_frequent: end.eventCounts.slice(0, MOST_FREQUENT).map(({ name, count }) => ({ name, count })),
    diagnostics_sum: sum,
    diagnostics: [...gathered.values()].sort((a, b) =>
      SEVERITY_ORDER.indexOf(a.severity as "info") - SEVERITY_ORDER.indexOf(b.severity as "info")
    ),
  };
}

const grouped = (n: number) => n.toLocaleString("en");

/** Nanoseconds as seconds with three decimals. */
function seconds(ns: bigint): string {
  const ms = ns / 1_000_000n;
  return `${ms / 1000n}.${String(ms % 1000n).padStart(3, "0")} s`;
}

function recordingLines(recording: AnalyseSummary["recordings"][number]): string[] {
  const about = [
    recording.kernel === null ? null : `kernel ${recording.kernel}`,
    recording.clock === null ? null : `clock ${recording.clock}`,
    recording.cpus === null ? null : `${recording.cpus} CPU${recording.cpus === 1 ? "" : "s"}`,
    recording.clock_offset_ns === "0" ? null : `times moved by ${recording.clock_offset_ns} ns`,
  ].filter((fact) => fact !== null);
  const span = recording.first_ns === null
    ? ""
    : ` in ${seconds(BigInt(recording.last_ns!) - BigInt(recording.first_ns))}`;
  return [
    `recording ${recording.recording_id}: ${recording.path} (${recording.format})`,
    ...(about.length > 0 ? [`  ${about.join(", ")}`] : []),
    `  ${grouped(recording.events)} events${span}; lost ${grouped(recording.lost_events)}, ` +
    `not readable ${grouped(recording.skipped_records)}`,
  ];
}

/** Items behind a label, as many on a line as fit. */
function wrapped(label: string, items: string[]): string[] {
  const lines = [label];
  items.forEach((item, i) => {
    const text = i < items.length - 1 ? `${item}, ` : item;
    if (lines.at(-1)!.length + text.trimEnd().length > LINE_WIDTH && lines.at(-1) !== label) {
      lines.push(" ".repeat(label.length));
    }
    lines[lines.length - 1] += text;
  });
  return lines.map((line) => line.trimEnd());
}

/** The summary for a person. */
export function summaryText(summary: AnalyseSummary): string {
  const { data_loss, error, warning, info } = summary.diagnostics_sum;
  const lines = summary.recordings.flatMap(recordingLines);
  lines.push(
    `${grouped(summary.events)} events of ${summary.event_types} types, ${grouped(summary.bios)} bios`,
    ...wrapped("  most frequent: ", summary.most_frequent.map(({ name, count }) => `${name} ${grouped(count)}`)),
    `diagnostics: ${grouped(data_loss)} data_loss, ${grouped(error)} error, ${grouped(warning)} warning, ` +
      `${grouped(info)} info`,
  );
  for (const row of summary.diagnostics) {
    const times = row.rows > 1 ? `${grouped(row.count)} in ${row.rows} rows, first` : grouped(row.count);
    const recording = summary.recordings.length > 1 ? ` recording ${row.recording_id}` : "";
    lines.push(`  ${row.severity} ${row.code}${recording} (${times}): ${row.message} [${row.position}]`);
  }
  lines.push(`results: ${summary.results}   (deno task query ${summary.results})`);
  return lines.join("\n");
}
