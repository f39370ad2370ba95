/**
 * What `analyse` comes to, as data: the document that `--format json` prints, and what its text is made of.
 *
 * @module
 */

import type { ReadingEnd, RecordingSummary } from "../lifting/read_recordings.ts";
import type { SystemBesideHistory } from "./beside_history_lines.ts";
import type { ConformanceSummary } from "./conformance_summary.ts";

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
