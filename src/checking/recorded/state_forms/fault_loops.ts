/**
 * A thread that faults on one page again and again without getting anywhere: LIVELOCK.
 *
 * @module
 */

import type { RecordedFinding, RecordedOperation, RecordedRun } from "../recorded_run.ts";
import { operationText, timeText } from "../recorded_run.ts";

/** So many faults in a row on one page are no accident. */
const FAULTS_MIN = 50;

export function faultLoops({ operations, originNs, pageSize }: RecordedRun): RecordedFinding[] {
  const findings: RecordedFinding[] = [];
  const running = new Map<string, RecordedOperation[]>();
  const close = (faults: RecordedOperation[]) => {
    if (faults.length >= FAULTS_MIN) findings.push(loop(faults, originNs));
  };
  for (const operation of operations) {
    const key = `${operation.recordingId} ${operation.pid}`;
    const faults = running.get(key);
    const isFault = operation.kind === "load" || operation.kind === "store";
    const goesOn = isFault && faults !== undefined && faults[0].kind === operation.kind &&
      faults[0].file === operation.file && pageOf(faults[0], pageSize) === pageOf(operation, pageSize);
    if (goesOn) faults.push(operation);
    else {
      if (faults !== undefined) close(faults);
      if (isFault && operation.offset !== null) running.set(key, [operation]);
      else running.delete(key);
    }
  }
  for (const faults of running.values()) close(faults);
  return findings;
}

function pageOf({ offset }: RecordedOperation, pageSize: number): number {
  return offset === null ? -1 : Math.floor(offset / pageSize);
}

function loop(faults: readonly RecordedOperation[], originNs: bigint): RecordedFinding {
  const [first, last] = [faults[0], faults.at(-1)!];
  return {
    anomaly: "LIVELOCK",
    severity: "error",
    attributes: ["state", "fault"],
    operations: [`operation ${first.id}`, `operation ${last.id}`],
    file: first.file,
    fileName: null,
    sectors: [],
    time: first.start,
    seqs: [first.firstSeq, last.lastSeq],
    text: `Thread ${first.pid} took ${faults.length} page faults in a row for one ${first.kind}, from operation ` +
      `${first.id} (${operationText(first, originNs)}) to operation ${last.id} (${
        timeText(last.start, originNs)
      }, event ${last.firstSeq}). Each of them said that it had put the page in place, and the access faulted again.`,
  };
}
