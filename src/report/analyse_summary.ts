/**
 * What `analyse` says at its end: what was recorded, what is missing, where the results are.
 *
 * @module
 */

import type { ReadingEnd, RecordingSummary } from "../lifting/read_recordings.ts";
import { shown } from "../recording/inputs.ts";
import { conformanceLines, type ConformanceSummary } from "./conformance_summary.ts";
import { besideHistoryLines, type SystemBesideHistory } from "./beside_history_lines.ts";
import { LINE_WIDTH, wrap, wrapItems } from "./text_wrap.ts";

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

/** Findings of one anomaly and one way of finding it. */
export interface FindingGroup {
  anomaly: string;
  severity: string;
  /** `stamps`: what reads returned contradicts the history; `state`: found without it. */
  by: string;
  count: number;
  sectors: number;
  /** The first one, in sentences. */
  first: string;
}

/** What was judged of the recordings. */
export interface JudgingSummary {
  findings: FindingGroup[];
  /** Lines of the histories given: found in the recording, over before it, of mappings; null: none was given. */
  history: { operations: number; matched: number; before: number; unseen: number } | null;
  /** What was not judged, and why. */
  notes: string[];
}

/** What the chosen systems could have done to the recorded operations. */
export interface WindowsSummary {
  /** Pairs of operations that were under way together and touch the same pages or the size; those that differ. */
  windows: number;
  distinct: number;
  /** Groups of more operations, which were looked at pair by pair. */
  in_pairs: number;
  /** Operations that were not looked at, by why. */
  left_out: Record<string, number>;
  /** Distinct windows by how their exploration ended. */
  systems: { system: string; closed: number; cut: number; not_modelled: number; not_explored: number }[];
  /** What each exploration might take: `400 schedules`. */
  budget: string;
  /** Windows by whether a system allows what the history has of them; null: there is no history. */
  beside_history: SystemBesideHistory[] | null;
  /** The user ended exploring before all was done. */
  stopped: boolean;
  risks: {
    system: string;
    anomaly: string;
    severity: string;
    standing: string;
    /** Distinct windows that can show it, and the windows of the recording that they stand for. */
    shapes: number;
    windows: number;
    /** The first of them, its operations, and a run that shows it. */
    example: string;
    operations: number[];
    token: string;
    text: string;
  }[];
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
  operations: {
    count: number;
    by_kind: { kind: string; count: number }[];
    /** Operations by how surely their file is known. */
    by_attribution: Record<string, number>;
    /** Bios, and page events, whose operation, file or cause is known. */
    attributed_bios: number;
    attributed_page_events: number;
  };
  /** Doubts of lifting by kind, with what each means. */
  ambiguities: { id: string; count: number; message: string }[];
  /** What the recording does not tell, and the command that records it; null where nothing of use is missing. */
  not_recorded: { what: string[]; command: string } | null;
  /** Null: nothing was asked for. */
  judged: JudgingSummary | null;
  /** Null: no system was asked for. */
  windows: WindowsSummary | null;
  /** Null: no model was asked for. */
  conformance: ConformanceSummary[] | null;
  /** Why nothing is laid beside the model that could be; else null. */
  not_compared: string | null;
  most_frequent: { name: string; count: number }[];
  /** Occurrences by severity. */
  diagnostics_sum: Record<"data_loss" | "error" | "warning" | "info", number>;
  diagnostics: DiagnosticSummary[];
}

const SEVERITY_ORDER = ["data_loss", "error", "warning", "info"] as const;
const MOST_FREQUENT = 3;
/** Codes of diagnostics that are doubts of lifting begin with this. */
const AMBIGUITY = "ambiguity_";

export function analyseSummary(
  end: ReadingEnd,
  bios: number,
  { judged, windows, conformance = null, notCompared = null }: {
    judged: JudgingSummary | null;
    windows: WindowsSummary | null;
    conformance?: ConformanceSummary[] | null;
    notCompared?: string | null;
  },
  results: string,
): AnalyseSummary {
  const sum = { data_loss: 0, error: 0, warning: 0, info: 0 };
  const gathered = new Map<string, DiagnosticSummary>();
  const ambiguities = new Map<string, { id: string; count: number; message: string }>();
  for (const row of end.diagnostics) {
    if (row.code.startsWith(AMBIGUITY)) {
      const id = row.code.slice(AMBIGUITY.length);
      const sum = ambiguities.get(id) ?? { id, count: 0, message: row.message };
      sum.count += row.count;
      ambiguities.set(id, sum);
      continue;
    }
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
    operations: {
      count: end.lifting.operations.reduce((sum, { count }) => sum + count, 0),
      by_kind: end.lifting.operations,
      by_attribution: end.lifting.attributions,
      attributed_bios: end.lifting.bios,
      attributed_page_events: end.lifting.pages,
    },
    ambiguities: [...ambiguities.values()].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1))),
    not_recorded: end.lifting.missing.of.length === 0 ? null : {
      what: end.lifting.missing.of,
      command: `trace-cmd record -C mono ${end.lifting.missing.events.map((event) => `-e ${event}`).join(" ")} COMMAND`,
    },
    judged,
    windows,
    conformance,
    not_compared: notCompared,
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

/** What lifting made of the events; nothing where there are no operations. */
function operationLines({ operations, ambiguities, not_recorded }: AnalyseSummary): string[] {
  if (operations.count === 0 && not_recorded === null) return [];
  const sure = Object.entries(operations.by_attribution).filter(([, count]) => count > 0).reverse()
    .map(([name, count]) => `${name} ${grouped(count)}`).join(", ");
  const lines = operations.count === 0 ? [] : [
    ...wrapItems(
      `${grouped(operations.count)} operations: `,
      operations.by_kind.map(({ kind, count }) => `${kind} ${grouped(count)}`),
    ),
    `  their files: ${sure}; operations or files known of ${grouped(operations.attributed_bios)} bios and ` +
    `${grouped(operations.attributed_page_events)} page events`,
  ];
  if (ambiguities.length > 0) {
    lines.push(
      `  in doubt: ${ambiguities.map(({ id, count }) => `${id} ${grouped(count)}`).join(", ")} (table diagnostic)`,
    );
  }
  if (not_recorded !== null) {
    lines.push(...wrapItems("  not recorded: ", not_recorded.what), `  to have it: ${not_recorded.command}`);
  }
  return lines;
}

/** Findings of these severities are told one by one. */
const WORTH_TELLING: ReadonlySet<string> = new Set(["data_loss", "error", "warning"]);

/** What was judged; nothing where nothing was asked for. */
function judgedLines({ judged }: AnalyseSummary): string[] {
  if (judged === null) return [];
  const { findings, history, notes } = judged;
  const told = findings.filter(({ severity }) => WORTH_TELLING.has(severity));
  const others = findings.filter(({ severity }) => !WORTH_TELLING.has(severity));
  const lines: string[] = [];
  if (history !== null) {
    const { operations, matched, before, unseen } = history;
    const others = [
      ...before === 0 ? [] : [`${grouped(before)} from before it`],
      ...unseen === 0 ? [] : [`${grouped(unseen)} accesses of mappings without a fault, which nothing shows`],
    ];
    lines.push(
      ...wrap(
        [`history: ${grouped(operations)} lines: ${grouped(matched)} found in the recording`, ...others].join(", "),
        LINE_WIDTH,
        2,
      ),
    );
  }
  if (findings.length === 0 && notes.length === 0) return [...lines, "judged: nothing wrong was found"];
  if (findings.length > 0) lines.push("judged: (table finding)");
  for (const { anomaly, severity, by, count, sectors, first } of told) {
    lines.push(
      `  ${severity} ${anomaly} by ${by}: ${grouped(count)}${sectors === 0 ? "" : `, ${grouped(sectors)} sectors`}`,
      ...wrap(`    ${count === 1 ? first : `first: ${first}`}`, LINE_WIDTH, 4),
    );
  }
  if (others.length > 0) {
    lines.push(...wrapItems(
      "  allowed by contract: ",
      others.map(({ anomaly, count }) => `${anomaly} ${grouped(count)}`),
    ));
  }
  return [...lines, ...notes.map((note) => `  not judged: ${note}`)];
}

/** What could have happened; nothing where no system was asked for. */
function windowLines({ windows }: AnalyseSummary): string[] {
  if (windows === null) return [];
  const { distinct, in_pairs, left_out, budget, risks } = windows;
  const lines = [
    `windows: ${grouped(windows.windows)} pairs of operations at the same place at the same time, ` +
    `${grouped(distinct)} distinct${in_pairs === 0 ? "" : ` (${grouped(in_pairs)} groups of more, pair by pair)`}`,
  ];
  const reasons = Object.entries(left_out);
  if (reasons.length > 0) {
    lines.push(...wrapItems("  left out: ", reasons.map(([why, count]) => `${grouped(count)} ${why}`)));
  }
  if (distinct === 0) return lines;
  const alike = Map.groupBy(windows.systems, (ends) => {
    const own = risks.filter(({ system }) => system === ends.system);
    return JSON.stringify([endsText(ends), ...riskTexts(own)]);
  });
  lines.push("  pairs at risk, and the first window that shows it, by system (table finding):");
  for (const systems of alike.values()) {
    const names = systems.map(({ system }) => system).join(", ");
    const texts = riskTexts(risks.filter(({ system }) => system === systems[0].system));
    const items = texts.length === 0 ? ["nothing found"] : texts;
    lines.push(...wrapItems(`  ${names} (${endsText(systems[0])}): `, items, "      "));
  }
  if (windows.systems.some(({ cut }) => cut > 0)) lines.push(`  cut: by each exploration's budget, ${budget}`);
  lines.push(...besideHistoryLines(windows.beside_history ?? [], windows.windows));
  if (windows.stopped) lines.push("  stopped: what was not explored, or cut, is not known of");
  return lines;
}

function endsText({ closed, cut, not_modelled, not_explored }: WindowsSummary["systems"][number]): string {
  return [
    `${grouped(closed)} closed`,
    ...cut === 0 ? [] : [`${grouped(cut)} cut`],
    ...not_modelled === 0 ? [] : [`${grouped(not_modelled)} not modelled`],
    ...not_explored === 0 ? [] : [`${grouped(not_explored)} not explored`],
  ].join(", ");
}

/** What loses data or hangs first, what the contract allows last. */
function riskTexts(risks: WindowsSummary["risks"]): string[] {
  const isAnomaly = ({ standing }: typeof risks[number]) => standing === "anomaly";
  const grave = risks.filter((risk) => isAnomaly(risk) && (risk.severity === "data_loss" || risk.severity === "error"));
  const others = risks.filter((risk) => isAnomaly(risk) && !grave.includes(risk));
  const allowed = risks.filter((risk) => !isAnomaly(risk));
  const textOf = ({ anomaly, windows, example }: typeof risks[number]) => `${anomaly} ${grouped(windows)} (${example})`;
  return [
    ...grave.map((risk) => `${risk.severity} ${textOf(risk)}`),
    ...others.map(textOf),
    ...allowed.map((risk, nth) => `${nth === 0 ? "allowed by contract: " : ""}${textOf(risk)}`),
  ];
}

/** The summary for a person. */
export function summaryText(summary: AnalyseSummary): string {
  const { data_loss, error, warning, info } = summary.diagnostics_sum;
  const lines = summary.recordings.flatMap(recordingLines);
  lines.push(
    `${grouped(summary.events)} events of ${summary.event_types} types, ${grouped(summary.bios)} bios`,
    ...wrapItems("  most frequent: ", summary.most_frequent.map(({ name, count }) => `${name} ${grouped(count)}`)),
    ...operationLines(summary),
    ...judgedLines(summary),
    ...windowLines(summary),
    ...conformanceLines(summary.conformance),
    ...summary.not_compared === null ? [] : [summary.not_compared],
    `diagnostics: ${grouped(data_loss)} data_loss, ${grouped(error)} error, ${grouped(warning)} warning, ` +
      `${grouped(info)} info`,
  );
  for (const row of summary.diagnostics) {
    const times = row.rows > 1 ? `${grouped(row.count)} in ${row.rows} rows, first` : grouped(row.count);
    const recording = summary.recordings.length > 1 ? ` recording ${row.recording_id}` : "";
    lines.push(`  ${row.severity} ${row.code}${recording} (${times}): ${row.message} [${row.position}]`);
  }
  lines.push(`results: ${summary.results}   (deno task query ${summary.results})`);
  // Names come out of recordings: none of them moves the cursor of a terminal.
  return lines.flatMap((line) => line.split("\n")).map(shown).join("\n");
}
