/**
 * Direct writes that were reported before the size of the file held them.
 *
 * The size is what the events of later direct I/O print; a truncation in between explains a smaller one, as do the range
 * that fallocate takes out of a file and an open with O_TRUNC, of this file or of one that is not known.
 *
 * @module
 */

import { COLLAPSE_RANGE } from "../../../recording/fallocate_mode.ts";
import { partitionPoint } from "../../../std/partition_point.ts";
import type { DirectWrite } from "../direct_writes.ts";
import {
  operationText,
  type RecordedFinding,
  type RecordedOperation,
  type RecordedRun,
  timeText,
} from "../recorded_run.ts";

export function sizesBehindWrites(run: RecordedRun, writes: readonly DirectWrite[]): RecordedFinding[] {
  const { operations, sizes, originNs } = run;
  const cuts = operations.filter((operation) => (operation.result ?? 0) >= 0 && makesShorter(operation, run));
  const shown = Map.groupBy(sizes, ({ file }) => file);
  const findings: RecordedFinding[] = [];
  for (const { operation, file, offset, bytes, over } of writes) {
    const end = offset + bytes;
    const own = shown.get(file) ?? [];
    const later = own.at(partitionPoint(own, ({ time }) => time <= over));
    if (later === undefined || later.size >= end) continue;
    const isCut = cuts.some((cut) =>
      (cut.file === file || cut.file === null) && (cut.end ?? Infinity) > operation.start && cut.start < later.time
    );
    if (isCut) continue;
    findings.push({
      anomaly: "WRONG_SIZE",
      severity: "data_loss",
      attributes: ["state"],
      operations: [`operation ${operation.id}`],
      file,
      fileName: null,
      sectors: [],
      time: later.time,
      seqs: [operation.firstSeq, operation.lastSeq, later.seq],
      text:
        `Operation ${operation.id} (${operationText(operation, originNs)}) had reported data up to byte ${end}, but ` +
        `at ${timeText(later.time, originNs)} (event ${later.seq}) the file was ${later.size} bytes long. ` +
        "The completion came before the size was updated.",
    });
  }
  return findings;
}

function makesShorter({ kind, firstSeq }: RecordedOperation, { fallocateModes, cuttingOpens }: RecordedRun): boolean {
  if (kind === "fallocate") return ((fallocateModes.get(firstSeq) ?? COLLAPSE_RANGE) & COLLAPSE_RANGE) !== 0;
  return kind === "ftruncate" || (kind === "open" && cuttingOpens.has(firstSeq));
}
