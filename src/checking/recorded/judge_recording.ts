/**
 * All that is judged of a recording: with stamps, what was read against what was written; without them, states that
 * must not be.
 *
 * @module
 */

import type { HistoryOperation } from "../../recording/history/history_line.ts";
import { directWrites } from "./direct_writes.ts";
import { EvidenceFinder } from "./evidence.ts";
import { type HistoryShare, judgeStamps } from "./judge_stamps.ts";
import { PageHistory } from "./page_history.ts";
import type { RecordedFinding, RecordedRun } from "./recorded_run.ts";
import { faultLoops } from "./state_forms/fault_loops.ts";
import { flushesOfSyncs } from "./state_forms/flushes.ts";
import { overlappingWrites } from "./state_forms/overlapping_writes.ts";
import { sizesBehindWrites } from "./state_forms/size_updates.ts";
import { survivingFolios } from "./state_forms/surviving_folios.ts";

export interface RecordingVerdict {
  /** By time. */
  readonly findings: readonly RecordedFinding[];
  /** What was not judged, and why; a line each. */
  readonly notes: readonly string[];
  /** Null: there is no history. */
  readonly history: HistoryShare | null;
}

/**
 * Judges step by step, for those who have something else to look after: a large recording takes seconds.
 *
 * @param history what the workload wrote down; null: nothing is known of it
 */
export function* judgeRecording(
  run: RecordedRun,
  history: readonly HistoryOperation[] | null,
): Generator<void, RecordingVerdict, void> {
  const writes = directWrites(run);
  const pages = new PageHistory(run);
  yield;
  const finder = new EvidenceFinder(pages, run.operations, run.originNs);
  yield;
  const flushes = flushesOfSyncs(run);
  yield;
  const found: (readonly RecordedFinding[])[] = [survivingFolios(run, writes, pages, finder)];
  yield;
  const overlaps = overlappingWrites(run);
  found.push(overlaps.findings);
  yield;
  found.push(flushes.findings, faultLoops(run));
  yield;
  found.push(sizesBehindWrites(run, writes));
  yield;
  const notes = [...overlaps.notes, ...flushes.notes];
  let share: HistoryShare | null = null;
  if (history !== null) {
    const stamps = judgeStamps(run, history, writes, finder);
    found.push(stamps.findings);
    notes.push(...stamps.notes);
    share = stamps.history;
  }
  const findings = found.flat();
  findings.sort((a, b) => (a.time ?? Infinity) - (b.time ?? Infinity) || compare(a.text, b.text));
  return { findings, notes, history: share };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
