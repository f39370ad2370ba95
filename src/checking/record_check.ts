/**
 * Refuses records that no run can have: a checker that has nothing to look at must not find nothing.
 *
 * @module
 */

import type { OperationRecord, RunRecord } from "../systems/run_record.ts";

/** A record that no run can have. */
export class ImpossibleRecord extends Error {
  /** Tells it from other errors. */
  override name = "ImpossibleRecord";
}

/** @throws {ImpossibleRecord} with what is wrong */
export function checkRecord(record: RunRecord): void {
  const { scenario, operations, end, files, crash } = record;
  const refuse = (text: string): never => {
    throw new ImpossibleRecord(`the record of a run of ${scenario} is impossible: ${text}`);
  };
  if (operations.length === 0 && end !== "crash") refuse("it has no operations");
  if ((end === "crash") !== (crash !== null)) refuse(`it ends with ${end} and ${crash === null ? "no" : "a"} crash`);
  if ((end === "complete" || end === "crash") && files.length === 0) refuse("nothing is said of any file");
  if (record.sectorsPerPage < 1 || record.sectorsPerBlock < 1) refuse("pages or blocks have no sectors");
  const names = new Set<string>();
  for (const operation of operations) {
    if (names.has(operation.name)) refuse(`${operation.name} stands in it twice`);
    names.add(operation.name);
    const wrong = wrongWith(operation);
    if (wrong !== null) refuse(`${operation.name} ${wrong}`);
  }
}

function wrongWith(
  { begun, returned, result, pos, len, file, reads, kind }: OperationRecord,
): string | null {
  if (begun < 0 && (returned === null || returned >= 0)) return "began before the run and did not return before it";
  if (returned !== null && returned < begun) return "returned before it began";
  if ((returned === null) !== (result === null)) {
    return "has returned without a result, or has one and has not returned";
  }
  if (pos < 0 || len < 0) return "is about less than nothing";
  if (file === null && reads.length > 0) return "has read sectors of no file";
  if ((kind === "pread" || kind === "pwrite") && result !== null && result > len) {
    return "moved more than it was asked for";
  }
  return null;
}
