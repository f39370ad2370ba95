/**
 * All checks of one run, put together.
 *
 * @module
 */

import type { Scenario } from "../scenarios/scenario.ts";
import type { Judge, Judgement, RunRecord } from "../systems/run_record.ts";
import type { Contract } from "../systems/system.ts";
import { checkBlockMaps } from "./block_maps.ts";
import { asJudged, judgeCoherence } from "./coherence/check_coherence.ts";
import { costFacts, type CostsTold } from "./costs.ts";
import { checkFalseSerial } from "./false_serial.ts";
import { checkSizes } from "./file_sizes.ts";
import { lockEdges } from "./lock_order.ts";
import type { LoggedRun } from "./logged_run.ts";
import { OperationNames } from "./narrowing.ts";
import { checkResults } from "./operation_results.ts";
import { judgeOrder } from "./order_expectations.ts";
import { checkOverwait } from "./overwait.ts";
import { checkRecord } from "./record_check.ts";
import { checkPersistence } from "./persistence.ts";
import { judgeExpectation, verdictFact } from "./run_expectations.ts";
import { SeenRecords } from "./seen_records.ts";
import { checkStarvation } from "./starvation.ts";
import { readRunLog, withSetup } from "./waits.ts";
import { checkZeroings } from "./zeroings.ts";

type Finding = Judgement["findings"][number];

/** A check of one run that needs nothing but its record. */
export type RecordCheck = (record: RunRecord) => readonly Finding[];

/** What a run is judged by. */
export interface JudgeOptions {
  /** That is run. */
  readonly scenario: Scenario;
  /** What the system promises with the flags of this run. Default: short transfers, atomicity by page. */
  readonly contract?: Contract;
  /** Default: those that the scenario's expectations ask for. */
  readonly costs?: CostsTold;
}

/** That a run has gone what a patch puts in the place of a path. */
export function overrideFact(path: string): string {
  return `override ${path}`;
}

const NO_PROMISE: Contract = { transfers: "may_be_short" };
const NOT_RECORDED = "not judged: what is held and waited for was not recorded";

/**
 * Judges runs of a scenario: findings of every checker, and as facts what the run says of the scenario's expectations, its
 * lock order, its costs and the named steps that it has reached (`step A9`).
 *
 * @throws {ImpossibleRecord} for a record that no run can have, or that has nothing to judge
 */
export function judge(options: JudgeOptions): Judge {
  const { scenario, contract = NO_PROMISE, costs } = options;
  const names = OperationNames.of(scenario);
  const checks = recordChecks(scenario, contract, names);
  const stepFacts = new Map<string, string>();
  const stepFact = (step: string): string => {
    let fact = stepFacts.get(step);
    if (fact === undefined) stepFacts.set(step, fact = `step ${step}`);
    return fact;
  };
  const seen = new SeenRecords((record) => {
    const findings = checks.flatMap((check) => check(record));
    const coherence = judgeCoherence(record, contract.cached);
    return { findings: [...findings, ...coherence.findings.map(asJudged)], notes: coherence.notes };
  });
  return (record, happensBefore) => {
    checkRecord(record);
    const { findings: known, notes } = seen.judged(record);
    const findings = [...known];
    const facts = new Set(notes.map((note) => `not judged: ${note}`));
    for (const { steps } of record.operations) for (const step of steps) facts.add(stepFact(step));
    for (const path of record.overridesReached ?? []) facts.add(overrideFact(path));
    scenario.expectations.forEach((expectation, nth) => {
      const verdict = judgeExpectation(expectation, record, scenario);
      if (verdict !== null) facts.add(verdictFact(nth, verdict));
    });
    if (happensBefore !== null && record.end !== "crash") {
      if (record.resources === undefined) facts.add(NOT_RECORDED);
      else {
        const log = readRunLog(record.resources);
        const run: LoggedRun = { record, scenario, log, before: withSetup(happensBefore), names };
        findings.push(...checkOverwait(run), ...checkFalseSerial(run), ...checkStarvation(run));
        for (const fact of waitFacts(run, costs)) facts.add(fact);
      }
    }
    return { findings: unique(findings), facts: [...facts] };
  };
}

function recordChecks(scenario: Scenario, contract: Contract, names: OperationNames): RecordCheck[] {
  const isShared = sharedBlocks(scenario);
  return [
    incidents,
    (record) => checkResults(record, scenario, contract),
    (record) => checkZeroings(record, names),
    checkPersistence,
    (record) => record.end === "complete" ? checkSizes(record) : [],
    (record) => record.end === "complete" || record.end === "crash" ? checkBlockMaps(record, isShared) : [],
  ];
}

function incidents(record: RunRecord): Finding[] {
  return record.incidents.map(({ anomaly, text, task, file, sectors }) => ({
    anomaly,
    text,
    subject: { ...(task === "" ? {} : { tasks: [task] }), ...(file === null ? {} : { file }), sectors },
  }));
}

function waitFacts(run: LoggedRun, costs: CostsTold | undefined): string[] {
  const facts = [...lockEdges(run.log, run.before), ...costFacts(run, costs)];
  run.scenario.expectations.forEach((expectation, nth) => {
    if (expectation.kind !== "order") return;
    const verdict = judgeOrder(expectation, run);
    if (verdict !== null) facts.push(verdictFact(nth, verdict));
  });
  return facts;
}

/** Which blocks of the scenario may have two owners. */
function sharedBlocks(scenario: Scenario): (file: string, lblk: number) => boolean {
  const { blocksPerPage } = scenario.mount;
  const clones = Object.values(scenario.tasks).some(({ operations }) =>
    operations.some(({ kind }) => kind === "ficlone")
  );
  if (clones) return () => true;
  const shared = new Set<string>();
  for (const [file, { blocks }] of Object.entries(scenario.files)) {
    for (const { range: { firstPage, lastPage }, sharedWith } of blocks) {
      if (sharedWith === null) continue;
      for (let nth = 0; nth < (lastPage - firstPage + 1) * blocksPerPage; nth++) {
        shared.add(`${file} ${firstPage * blocksPerPage + nth}`);
        const other = (sharedWith.range?.firstPage ?? 0) * blocksPerPage + nth;
        shared.add(`${sharedWith.name} ${other}`);
      }
    }
  }
  return (file, lblk) => shared.has(`${file} ${lblk}`);
}

/** Checkers may come upon one and the same thing. */
function unique(findings: Finding[]): Finding[] {
  if (findings.length < 2) return findings;
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.anomaly, finding.text]);
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}
