/**
 * The judging of recordings in `analyse`: rows of table `finding`, and what the summary says of them.
 *
 * @module
 */

import type { RecordedFinding, RecordedRun } from "../checking/recorded/recorded_run.ts";
import type { FindingGroup, JudgingSummary } from "../report/analyse_summary.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import { recordedRowsFit, recordedRun } from "../results/recorded_rows.ts";
import type { TableRow } from "../results/row_inserts.ts";
import { nextTurn } from "../std/interruption.ts";
import { partitionPoint } from "../std/partition_point.ts";
import type { EngineConnection } from "../results/wasm_engine.ts";

/** When recordings are judged: `auto`: those whose rows fit into memory at once. */
export const CHECKS = ["auto", "all", "none"] as const;
export type Checks = typeof CHECKS[number];

/** Operations, bios and page-cache events that `auto` judges. */
const ROWS_MAX = 400_000;

const SEVERITIES = ["data_loss", "error", "warning", "info"];

/** Judges what has been written to the results; {@linkcode summary} is there afterwards. */
export class Judging {
  summary: JudgingSummary | null = null;
  readonly #checks: Checks;
  readonly #history: readonly HistoryOperation[] | null;

  constructor(checks: Checks, history: readonly HistoryOperation[] | null) {
    this.#checks = checks;
    this.#history = history;
  }

  /** Whether this many operations, bios and runs of page-cache events, at least, leave anything to be judged. */
  mayJudge(rows: number): boolean {
    return this.#checks === "all" || (this.#checks === "auto" && rows <= ROWS_MAX);
  }

  /** What is to be judged; null: nothing is. */
  runOf(connection: EngineConnection): RecordedRun | null {
    if (this.#checks === "none") return null;
    if (this.#checks === "auto" && !recordedRowsFit(connection, ROWS_MAX)) {
      const note = `more than ${ROWS_MAX.toLocaleString("en")} operations, bios and page events, ` +
        "which may not fit into memory: --checks all tries";
      this.summary = { findings: [], history: null, notes: [note] };
      return null;
    }
    return recordedRun(connection);
  }

  async rows(run: RecordedRun): Promise<TableRow[]> {
    const { judgeRecording } = await import("../checking/recorded/judge_recording.ts");
    const steps = judgeRecording(run, this.#history);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) await nextTurn();
    const { findings, notes, history } = step.value;
    this.summary = { findings: grouped(findings), history, notes: [...notes] };
    return findings.map((finding, at) => rowOf(finding, at + 1, run));
  }
}

function grouped(findings: readonly RecordedFinding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const { anomaly, severity, attributes, sectors, text } of findings) {
    const by = attributes.includes("stamps") ? "stamps" : "state";
    const key = `${anomaly} ${severity} ${by}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { anomaly, severity, by, count: 1, sectors: sectors.length, first: text });
    else {
      known.count++;
      known.sectors += sectors.length;
    }
  }
  return [...groups.values()].sort((a, b) =>
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count ||
    (a.anomaly < b.anomaly ? -1 : 1)
  );
}

function rowOf(finding: RecordedFinding, finding_id: number, run: RecordedRun): TableRow {
  const { operations, sectors, seqs, time, file } = finding;
  const suffers = Number(/^operation (\d+)$/.exec(operations[0] ?? "")?.[1]);
  const at = partitionPoint(run.operations, ({ id }) => id < suffers);
  const operation = run.operations[at]?.id === suffers ? run.operations[at] : run.operations[0];
  const [dev, ino] = file === null ? [null, null] : file.split("/");
  return {
    finding_id,
    recording_id: operation?.recordingId ?? 1,
    anomaly: finding.anomaly,
    severity: finding.severity,
    op_a: operations[0] ?? null,
    op_b: operations.find((name) => name !== operations[0]) ?? null,
    dev,
    ino: ino === null ? null : BigInt(ino),
    first_sector: sectors.length === 0 ? null : sectors.reduce((a, b) => Math.min(a, b)),
    sectors: new Set(sectors).size,
    ts_ns: time === null ? null : run.originNs + BigInt(Math.round(time)),
    event_seqs: `[${[...new Set(seqs)].sort((a, b) => a - b).join(", ")}]`,
    explanation: finding.text,
    attributes: finding.attributes.join(", "),
    file: finding.fileName,
    count: 1,
  };
}
