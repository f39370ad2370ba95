/**
 * Judges the coherence of one run of a scenario.
 *
 * @module
 */

import type { Judgement, RunRecord } from "../../systems/run_record.ts";
import { type CachedAtomicity, DEFAULT_ATOMICITY } from "./atomicity.ts";
import { type CoherenceFinding, type CoherenceVerdict, judgeHistory } from "./judge_history.ts";
import { historiesOf, unjudged, viewOf } from "./record_history.ts";
import { stateForms } from "./state_forms.ts";

/** A finding as judges give it. */
export type FindingLike = Judgement["findings"][number];

/**
 * All that is incoherent in a run, with what was not decided.
 *
 * Of a crash nothing is said here: what operations saw before it they see in the run without the crash as well.
 *
 * @param cached what the system promises for reads and writes through its page cache
 */
export function judgeCoherence(record: RunRecord, cached: CachedAtomicity = DEFAULT_ATOMICITY): CoherenceVerdict {
  if (record.end === "crash") return { findings: [], notes: [] };
  const beyond = unjudged(record);
  const skipped = new Set(beyond.map(({ file }) => file));
  const findings: CoherenceFinding[] = [];
  const notes = beyond.map(({ name, what, file }) =>
    `${file} is not judged: what ${name} (${what}) does is not modelled`
  );
  for (const history of historiesOf(record)) {
    if (skipped.has(history.file)) continue;
    const last = record.end === "complete" ? record.files.find(({ name }) => name === history.file) : undefined;
    const view = last === undefined ? null : viewOf(record, last);
    const verdict = judgeHistory(history, { cached, view, finalSize: null });
    findings.push(...verdict.findings);
    notes.push(...verdict.notes);
    if (last !== undefined) findings.push(...stateForms(record, last));
  }
  return { findings, notes };
}

/** What {@linkcode judgeCoherence} found, for a judge. */
export function asJudged(
  { anomaly, attributes, operations, tasks, file, sectors, text }: CoherenceFinding,
): FindingLike {
  return { anomaly, text, subject: { attributes, operations, tasks, file, sectors } };
}
