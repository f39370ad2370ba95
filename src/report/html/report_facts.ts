/**
 * What the head of a report says: what was recorded, what was lost, what was found.
 *
 * @module
 */
import { ownEntry } from "../../std/own_entry.ts";
import type { Cell } from "../../results/query/cells.ts";
import type { EngineConnection } from "../../results/wasm_engine.ts";
import { exploredWord } from "../consequences.ts";
import { plural } from "../plural.ts";
import { hasRelation, objects, SEVERITY } from "./report_queries.ts";

export type Row = Record<string, Cell>;

export interface ReportFacts {
  readonly meta: ReadonlyMap<string, string>;
  readonly recordings: readonly Row[];
  /** Systems of events that are filesystems: ext4, xfs. */
  readonly filesystems: readonly string[];
  readonly diagnostics: readonly Row[];
  /** Types of events without special knowledge, which are kept all the same; null: the results do not tell. */
  readonly unknownEvents: readonly string[] | null;
  readonly devices: readonly Row[];
  readonly findings: readonly Row[];
  readonly verdicts: readonly Row[];
  /** Explorations. */
  readonly runs: readonly Row[];
  readonly conformance: readonly Row[];
  /** How far each call goes as the model has it; `differs` says whether it goes another way anywhere. */
  readonly conformanceCalls: readonly Row[];
  /** Pairs of operations of the recording as scenarios, and the explorations of them. */
  readonly shapes: readonly Row[];
  readonly shapeRuns: readonly Row[];
  readonly counts: { readonly operations: number; readonly bios: number; readonly pageEvents: number };
}

const FILESYSTEMS = ["ext2", "ext4", "xfs", "btrfs", "f2fs", "gfs2", "ocfs2", "nilfs2", "erofs", "fuse", "nfs"];

export function reportFacts(
  connection: EngineConnection,
  meta: ReadonlyMap<string, string>,
  counts: ReportFacts["counts"],
): ReportFacts {
  const rows = (sql: string) => objects(connection, sql);
  const hasShapes = hasRelation(connection, "window_shape") && hasRelation(connection, "run");
  return {
    meta,
    recordings: rows("SELECT * FROM main.recording ORDER BY recording_id"),
    // Text formats do not say which system an event is of; its name begins with it.
    filesystems: rows(
      "SELECT DISTINCT coalesce(system, split_part(name, '_', 1)) AS system FROM store.kind ORDER BY ALL",
    )
      .map(({ system }) => String(system)).filter((system) => FILESYSTEMS.includes(system)),
    diagnostics: rows(
      `SELECT * FROM main.diagnostic ORDER BY ${SEVERITY}, recording_id, count DESC, code`,
    ),
    unknownEvents: hasRelation(connection, "unknown_events")
      ? rows("SELECT DISTINCT name FROM main.unknown_events ORDER BY name").map(({ name }) => String(name))
      : null,
    devices: rows(
      `SELECT dev FROM main.device
       UNION SELECT kind.dev FROM (SELECT DISTINCT tag_id FROM store.bio_rows) JOIN store.tag USING (tag_id)
         JOIN store.kind USING (kind_id) WHERE kind.dev IS NOT NULL
       ORDER BY dev`,
    ),
    findings: hasRelation(connection, "finding")
      ? rows(
        `SELECT finding.* EXCLUDE (event_seqs), array_to_string(event_seqs, ' ') AS event_seqs,
           run.scenario, run.system, run.scenario_text
         FROM main.finding LEFT JOIN main.run ON run.run_id = finding.run_id
         ORDER BY ${SEVERITY}, anomaly, ts_ns, finding_id`,
      )
      : [],
    verdicts: hasRelation(connection, "verdict")
      ? rows("SELECT rowid::INTEGER AS place, * FROM main.verdict ORDER BY rowid")
      : [],
    runs: hasRelation(connection, "run")
      ? rows("SELECT * EXCLUDE (scenario_text) FROM main.run WHERE kind = 'exploration' ORDER BY run_id")
      : [],
    conformance: hasRelation(connection, "conformance") ? rows("SELECT * FROM main.conformance ORDER BY ALL") : [],
    conformanceCalls: hasRelation(connection, "conformance_call")
      ? rows(
        `SELECT *, expected IS NOT NULL OR recorded IS NOT NULL AS differs FROM main.conformance_call
         ORDER BY recording_id, op_id`,
      )
      : [],
    shapes: hasShapes
      ? rows(
        "SELECT shape, title, windows, op_ids::VARCHAR AS op_ids FROM main.window_shape ORDER BY windows DESC, shape",
      )
      : [],
    shapeRuns: hasShapes
      ? rows(
        `SELECT run_id, scenario, system, claim FROM main.run
         WHERE kind = 'exploration' AND scenario IN (SELECT shape FROM main.window_shape) ORDER BY run_id`,
      )
      : [],
    counts,
  };
}

/** The tone of the verdict: how it is coloured and marked. */
export type VerdictTone = "good" | "plain" | "open" | "bad";

/** The verdict in one sentence. */
export function verdictOf(facts: ReportFacts): { readonly tone: VerdictTone; readonly sentence: string } {
  const parts: string[] = [];
  let tone: VerdictTone = facts.verdicts.length > 0 ? "good" : "plain";
  const worse = (than: VerdictTone) => tone = tone === "bad" || than === "bad" ? "bad" : than;
  const recorded = facts.findings.filter(({ recording_id }) => recording_id !== null);
  if (facts.recordings.length > 0) {
    const [bad, mild] = [["data_loss", "error"], ["warning", "info"]].map((severities) =>
      recorded.filter(({ severity }) => severities.includes(String(severity)))
    );
    if (bad.length > 0) {
      worse("bad");
      const anomalies = [...new Set(bad.map(({ anomaly }) => String(anomaly)))];
      const named = anomalies.slice(0, 4).join(", ") + (anomalies.length > 4 ? " and more" : "");
      parts.push(`the recording shows ${plural(bad.length, "anomaly", "anomalies")}: ${named}`);
    }
    if (mild.length > 0) {
      if (bad.length === 0) worse("open");
      parts.push(`the recording has ${plural(mild.length, "finding")} that may be nothing`);
    }
    const lost = sum(facts.recordings, "lost_events") + sum(facts.recordings, "skipped_records");
    const isEmpty = facts.recordings.every(({ events }) => Number(events ?? NaN) === 0);
    if (isEmpty) {
      worse("open");
      parts.push("the recording holds no event");
    } else if (recorded.length === 0) parts.push("this file holds no finding about the recording");
    if (lost > 0) {
      worse("open");
      parts.push(`${plural(lost, "event")} ${lost === 1 ? "was" : "were"} lost or not readable`);
    } else if (!isEmpty) parts.push("nothing of it was lost");
  }
  if (facts.verdicts.length > 0) {
    const count = (agrees: boolean | null) => facts.verdicts.filter((each) => each.agrees === agrees).length;
    const disagreeing = count(false);
    const open = count(null);
    const all = facts.verdicts.length;
    if (disagreeing > 0) worse("bad");
    else if (open > 0) worse("open");
    parts.push(
      `${all - disagreeing - open} of ${plural(all, "expectation")} of the model ${all === 1 ? "agrees" : "agree"}` +
        (disagreeing > 0 ? `, ${disagreeing} ${disagreeing === 1 ? "disagrees" : "disagree"}` : "") +
        (open > 0 ? `, ${open} ${open === 1 ? "is" : "are"} open` : ""),
    );
  } else if (facts.runs.length > 0) {
    const words = outcomesOf(facts);
    if ([...words.keys()].some((word) => word !== "coherent")) worse("open");
    const counts = [...words].map(([word, count]) =>
      `${ownEntry(OUTCOMES, word) ?? word} in ${count.toLocaleString("en")}`
    );
    parts.push(`${plural(facts.runs.length, "exploration")} of the model: ${counts.join(", ")}`);
  }
  const modelled = facts.conformance.filter(isModelled);
  if (!modelled.every(conforms)) {
    worse("open");
    const observed = sum(modelled, "observed");
    const share = floorPercent(sum(modelled, "matched"), observed);
    parts.push(`the model of the kernel predicts ${share} of ${plural(observed, "recorded event")}`);
  }
  if (parts.length === 0) parts.push("this file holds neither a recording nor an exploration");
  const text = parts.join("; ");
  return { tone, sentence: `${text[0].toUpperCase()}${text.slice(1)}.` };
}

/** What a word of an outcome is called in a sentence. */
const OUTCOMES: Readonly<Record<string, string>> = {
  "coherent": "nothing wrong",
  "none seen": "nothing seen before they were cut off",
  "hangs": "a hang",
  "loses data": "lost data",
  "stale cache": "a stale cache",
  "mixes": "data of two operations mixed",
  "wrong size": "a wrong size",
  "starves": "starving",
  "wrong result": "a wrong result",
  "defect": "another defect",
};

/** How many explorations come to what at the worst, in a word; the most frequent first. */
function outcomesOf({ runs, findings }: ReportFacts): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  const findingsOf = Map.groupBy(findings, ({ run_id }) => run_id);
  for (const run of runs) {
    const { worst } = outcomeOf(run, findingsOf.get(run.run_id) ?? []);
    words.set(worst, (words.get(worst) ?? 0) + 1);
  }
  return new Map([...words].sort(([, a], [, b]) => b - a));
}

/** What an exploration comes to, in a word. */
export function outcomeOf(run: Row, findings: readonly Row[]): ReturnType<typeof exploredWord> {
  const found = findings.map(({ anomaly }) => ({ anomaly: String(anomaly) }));
  return exploredWord(found, isStopped(run) ? "stopped before" : "to its end");
}

export function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column] ?? 0), 0);
}

/** A share, never rounded up to a hundred. */
export function floorPercent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.floor((10_000 * part) / whole) / 100} %`;
}

/** Whether all that was predicted of a kind of event was observed, and nothing else. */
export function conforms({ matched, predicted, observed }: Row): boolean {
  if (typeof matched === "boolean") return matched;
  return Number(matched) === Number(predicted) && Number(matched) === Number(observed);
}

/** Whether the model fires events of this kind at all. */
export function isModelled({ modelled }: Row): boolean {
  return modelled !== false;
}

/** Whether an exploration ended before everything was explored. */
export function isStopped({ claim }: Row): boolean {
  return /^stopped/.test(String(claim ?? ""));
}
