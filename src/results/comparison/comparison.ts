/**
 * Two results files laid beside each other: before and after a patch, two kernels, two seeds.
 *
 * @module
 */
import type { QueryConnection } from "../query/result_rows.ts";
import {
  biosAnOperation,
  cacheTraffic,
  changedNumbers,
  changedVerdicts,
  findingsOf,
  type Found,
  isSevere,
  type Judged,
  missingIn,
  type NumberChange,
  type Numbers,
  type VerdictChange,
  verdictsOf,
} from "./counted.ts";
import {
  compareLatencies,
  type LatencyChange,
  type LatencyGroup,
  latencyGroups,
  type LatencyLimits,
} from "./latency_groups.ts";
import { isWorse, matchOperations, type OperationMatch, type Place, placesOf } from "./operation_match.ts";

/** What a comparison needs of one file. */
export interface Facts {
  readonly places: readonly Place[];
  readonly latencies: readonly LatencyGroup[];
  readonly findings: readonly Found[];
  readonly traffic: Numbers;
  readonly bios: Numbers;
  readonly verdicts: ReadonlyMap<string, Judged>;
}

/** Reads a results file's part of a comparison. */
export async function factsOf(connection: QueryConnection): Promise<Facts> {
  return {
    places: await placesOf(connection),
    latencies: await latencyGroups(connection),
    findings: await findingsOf(connection),
    traffic: await cacheTraffic(connection),
    bios: await biosAnOperation(connection),
    verdicts: await verdictsOf(connection),
  };
}

export interface Comparison {
  readonly limits: LatencyLimits;
  readonly operations: OperationMatch;
  readonly latencies: readonly LatencyChange[];
  readonly newFindings: readonly Found[];
  readonly vanishedFindings: readonly Found[];
  readonly traffic: readonly NumberChange[];
  readonly bios: readonly NumberChange[];
  readonly verdicts: readonly VerdictChange[];
  /** What is worse in B, one line each. */
  readonly regressions: readonly string[];
}

/** Compares; nothing in it depends on which of equal rows came first. */
export function compare(a: Facts, b: Facts, limits: LatencyLimits): Comparison {
  const found = {
    limits,
    operations: matchOperations(a.places, b.places),
    latencies: compareLatencies(a.latencies, b.latencies, limits),
    newFindings: missingIn(a.findings, b.findings),
    vanishedFindings: missingIn(b.findings, a.findings),
    traffic: changedNumbers(a.traffic, b.traffic),
    bios: changedNumbers(a.bios, b.bios),
    verdicts: changedVerdicts(a.verdicts, b.verdicts),
  };
  return { ...found, regressions: regressionsOf(found) };
}

/** Slower groups, new findings that are errors, operations that fail now, expectations that no longer agree. */
function regressionsOf(found: Omit<Comparison, "regressions">): string[] {
  const slower = found.latencies.filter(({ verdict }) => verdict === "slower");
  const broken = found.verdicts.filter(({ a, b }) => a?.verdict === "agrees" && b?.verdict === "disagrees");
  return [
    ...slower.map(({ what, name, ratio }) => `${what} ${name}: the median is ${ratio!.toFixed(2)} times as long`),
    ...found.newFindings.filter(isSevere).map(({ anomaly, place }) => `${anomaly} at ${place} is new`),
    ...found.operations.changes.filter(isWorse).map(({ a, b, count, place }) =>
      `${a} became ${b}: ${count} operations, first ${place}`
    ),
    ...broken.map(({ question }) => `no longer agrees: ${question}`),
  ];
}
