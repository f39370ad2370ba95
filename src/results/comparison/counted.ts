/**
 * Facts of a results file that are counted or named, and what two files differ in: page-cache traffic, bios an operation,
 * findings, verdicts.
 *
 * @module
 */
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";

/** Numbers of a results file by their names, in order. */
export type Numbers = ReadonlyMap<string, number>;

const TRAFFIC = `
SELECT kind || CASE WHEN cause = 'unknown' THEN '' ELSE ' for ' || cause END AS name,
  coalesce(sum(pages), count(*))::DOUBLE AS value
FROM page_event
GROUP BY ALL
ORDER BY name`;

/** Bios, and bytes of them, that an operation of each kind has submitted, on average. */
const BIOS = `
WITH counted AS (
  SELECT kind || CASE WHEN execution = 'unknown' THEN '' ELSE ' ' || execution END AS name, count(*) AS operations, coalesce(sum(bios), 0) AS bios,
    coalesce(sum(operation_bios.bytes), 0) AS bytes
  FROM operation
  LEFT JOIN operation_bios USING (recording_id, op_id)
  WHERE effect_of(kind) IS NOT NULL
  GROUP BY ALL
)
SELECT name || ': bios' AS name, bios / operations AS value FROM counted
UNION ALL SELECT name || ': bytes', bytes / operations FROM counted
ORDER BY name`;

async function numbers(connection: QueryConnection, sql: string): Promise<Numbers> {
  return new Map((await rowObjects(connection, sql)).map(({ name, value }) => [String(name), Number(value)]));
}

export const cacheTraffic = (connection: QueryConnection) => numbers(connection, TRAFFIC);
export const biosAnOperation = (connection: QueryConnection) => numbers(connection, BIOS);

/** A number in both files; 0 where a file has none of it. */
export interface NumberChange {
  readonly name: string;
  readonly a: number;
  readonly b: number;
}

/** All numbers that differ, in order of their names. */
export function changedNumbers(inA: Numbers, inB: Numbers): NumberChange[] {
  const names = [...new Set([...inA.keys(), ...inB.keys()])].sort();
  return names.map((name) => ({ name, a: inA.get(name) ?? 0, b: inB.get(name) ?? 0 })).filter(({ a, b }) => a !== b);
}

const FINDINGS = `
SELECT coalesce(run.scenario || ' on ' || run.system || CASE WHEN run.flags = '' THEN '' ELSE ' (' || run.flags || ')' END,
    coalesce('inode ' || finding.ino || ' of ' || finding.dev, 'the recording')) AS place,
  finding.anomaly || CASE WHEN coalesce(finding.attributes, '') = '' THEN '' ELSE ' (' || finding.attributes || ')' END
    AS anomaly,
  arg_max(finding.severity, list_position(['info', 'warning', 'error', 'data_loss'], finding.severity)) AS severity,
  count(*) AS count, arg_min(finding.explanation, finding.finding_id) AS explanation
FROM finding
LEFT JOIN run ON run.run_id = finding.run_id
GROUP BY ALL
ORDER BY ALL`;

/** What one anomaly at one place looks like. */
export interface Found {
  /** Scenario, system and flags; or device and inode. */
  readonly place: string;
  readonly anomaly: string;
  readonly severity: string;
  readonly count: number;
  readonly explanation: string;
}

export async function findingsOf(connection: QueryConnection): Promise<Found[]> {
  return (await rowObjects(connection, FINDINGS)).map(({ place, anomaly, severity, count, explanation }) => ({
    place: String(place),
    anomaly: String(anomaly),
    severity: String(severity),
    count: Number(count),
    explanation: String(explanation),
  }));
}

/** Findings of one file that the other does not have at that place. */
export function missingIn(other: readonly Found[], own: readonly Found[]): Found[] {
  const there = new Set(other.map(({ place, anomaly }) => `${place}\0${anomaly}`));
  return own.filter(({ place, anomaly }) => !there.has(`${place}\0${anomaly}`));
}

/** Whether a finding is an anomaly that nobody wants, rather than a remark. */
export function isSevere({ severity }: Found): boolean {
  return severity === "error" || severity === "data_loss";
}

const VERDICTS = `
SELECT scenario || CASE WHEN coalesce(row, '') = '' THEN '' ELSE ' (' || row || ')' END || ' on ' || system ||
    CASE WHEN coalesce(flags, '') = '' THEN '' ELSE ' (' || flags || ')' END || ': ' || kind || ' ' || coalesce(subject, '') ||
    ', ' || expected AS question,
  CASE agrees WHEN TRUE THEN 'agrees' WHEN FALSE THEN 'disagrees' ELSE 'open' END AS verdict, coalesce(actual, '') AS actual
FROM verdict
ORDER BY question`;

/** What an expectation came to. */
export interface Judged {
  readonly verdict: string;
  readonly actual: string;
}

export async function verdictsOf(connection: QueryConnection): Promise<Map<string, Judged>> {
  return new Map(
    (await rowObjects(connection, VERDICTS)).map(({ question, verdict, actual }) => [
      String(question),
      { verdict: String(verdict), actual: String(actual) },
    ]),
  );
}

/** An expectation that came to something else in B; null where a file does not have it. */
export interface VerdictChange {
  readonly question: string;
  readonly a: Judged | null;
  readonly b: Judged | null;
}

/** All that differ, in order. */
export function changedVerdicts(
  inA: ReadonlyMap<string, Judged>,
  inB: ReadonlyMap<string, Judged>,
): VerdictChange[] {
  const questions = [...new Set([...inA.keys(), ...inB.keys()])].sort();
  return questions.map((question) => ({ question, a: inA.get(question) ?? null, b: inB.get(question) ?? null }))
    .filter(({ a, b }) => a?.verdict !== b?.verdict || a?.actual !== b?.actual);
}
