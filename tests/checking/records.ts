/**
 * Records of runs made by hand, with pages and blocks of one sector and one file, F.
 *
 * @module
 */

import { initialToken } from "../../src/machine/tokens.ts";
import type { FileRecord, OperationRecord, RunRecord } from "../../src/systems/run_record.ts";
import { untouchedFile } from "./planted/runner.ts";

/** A write of F[0] from step 0 to 1 that has returned all. */
export function operation(more: Partial<OperationRecord> = {}): OperationRecord {
  const { pos = 0, len = 1, kind = "pwrite", begun = 0 } = more;
  return {
    name: "w",
    task: "T1",
    kind,
    call: kind,
    what: `${kind} F[${pos}..${pos + len - 1}]`,
    file: "F",
    pos,
    len,
    direct: false,
    flags: [],
    begun,
    returned: begun + 1,
    result: len,
    submitted: null,
    reads: [],
    writes: [],
    steps: [],
    costs: {},
    ...more,
  };
}

/** A complete run in which F had `size` sectors. */
export function record(
  operations: readonly OperationRecord[],
  file: FileRecord = untouchedFile(4),
  more: Partial<RunRecord> = {},
  size = 4,
): RunRecord {
  return {
    scenario: "s",
    system: "toy",
    end: "complete",
    operations,
    files: [file],
    sectorsPerPage: 1,
    sectorsPerBlock: 1,
    initial: { F: { size, tokens: Array.from({ length: size }, (_, at) => initialToken("F", at)) } },
    incidents: [],
    costs: { steps: 10 },
    crash: null,
    ...more,
  };
}
