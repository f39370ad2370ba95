/**
 * What operations returned and should not have: SPURIOUS_ERROR and SHORT_ON_SUCCESS.
 *
 * @module
 */

import { lengthSectors, type Place, sectorsOf } from "../scenarios/place.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { initialBlockState } from "../systems/common/disk_layout.ts";
import type { Judgement, OperationRecord, RunRecord } from "../systems/run_record.ts";
import type { Contract } from "../systems/system.ts";
import { errnoName } from "./errno_names.ts";

type Finding = Judgement["findings"][number];

/** Errors that no system call has to give unless a device or the allocator does. */
const DEVICE_ERRORS: readonly string[] = ["-EIO", "-ENOTBLK"];

/** A read has nothing to write; a file system that is mounted read-only has no reason to refuse it. */
const READ_ERRORS: readonly string[] = [...DEVICE_ERRORS, "-EROFS"];

const READS: readonly string[] = ["pread", "load"];

const RANGED: readonly string[] = ["pread", "pwrite", "sync_file_range", "msync", "fallocate"];

/** Findings about what operations returned. */
export function checkResults(record: RunRecord, scenario: Scenario, contract: Contract): Finding[] {
  return record.operations.flatMap((operation) => {
    const { result } = operation;
    if (result === null) return [];
    if (result < 0) return spuriousError(operation, result, record, scenario);
    return contract.transfers === "all_or_nothing" ? shortOnSuccess(operation, result) : [];
  });
}

function spuriousError(operation: OperationRecord, result: number, record: RunRecord, scenario: Scenario): Finding[] {
  const { name, task, what, file, kind, pos, len } = operation;
  const error = errnoName(result);
  const errors = READS.includes(kind) ? READ_ERRORS : DEVICE_ERRORS;
  if (!errors.includes(error) || file === null || mayFail(operation, record, scenario)) return [];
  return [{
    anomaly: "SPURIOUS_ERROR",
    text: `${name} (${what}) returned ${error}, and nothing has failed in its range`,
    subject: {
      file,
      tasks: [task],
      operations: [name],
      ...(RANGED.includes(kind) ? { sectors: Array.from({ length: len }, (_, at) => pos + at) } : {}),
    },
  }];
}

/** A device or space error is injected where the operation's own range is; blocks and pages count as a whole. */
function mayFail({ file, kind, pos, len }: OperationRecord, record: RunRecord, scenario: Scenario): boolean {
  const { sectorsPerPage, sectorsPerBlock } = record;
  // Without a range it is about the whole file; a load or store that cannot have its page is told by a signal.
  const isRanged = RANGED.includes(kind) || kind === "load" || kind === "store";
  const unit = Math.max(kind === "load" || kind === "store" ? sectorsPerPage : 1, sectorsPerBlock);
  const from = isRanged ? Math.floor(pos / unit) * unit : 0;
  const to = isRanged ? Math.ceil((pos + Math.max(len, 1)) / unit) * unit : Infinity;
  const meets = (place: Place) => {
    if (place.name !== file) return false;
    if (place.range === null) return true;
    const range = sectorsOf(place.range, sectorsPerPage);
    return range.from < to && range.to > from;
  };
  if (kind === "load" || kind === "store") {
    // SIGBUS, which is told as an error, is what an access behind the end of the file gets.
    const size = Math.min(...record.files.filter(({ name }) => name === file).map((each) => each.size));
    const beyond = Math.ceil(Math.min(size, record.initial[file!]?.size ?? 0) / sectorsPerPage) * sectorsPerPage;
    if (pos >= beyond || hasTruncate(record, file!)) return true;
    if (kind === "store" && spaceMayRunOut(scenario) && isHole(scenario, file!, pos)) return true;
  }
  return scenario.device.errors.some(({ at }) => meets(at)) || scenario.device.enospcAt.some(meets);
}

/** Whether the holes of all files are more than the blocks that are free when the program begins. */
function spaceMayRunOut({ files, device, bounds: { SECTORS_PER_PAGE } }: Scenario): boolean {
  const free = device.free.reduce((count, { blocks }) => count + blocks, 0);
  const holes = Object.entries(files).reduce((count, [, file]) => {
    const end = lengthSectors(file.size, SECTORS_PER_PAGE);
    for (let sector = 0; sector < end; sector += SECTORS_PER_PAGE) {
      if (initialBlockState(file, sector, SECTORS_PER_PAGE) === "hole") count++;
    }
    return count;
  }, 0);
  return holes > free;
}

function isHole({ files, bounds: { SECTORS_PER_PAGE } }: Scenario, file: string, sector: number): boolean {
  return initialBlockState(files[file], sector, SECTORS_PER_PAGE) === "hole";
}

function hasTruncate({ operations }: RunRecord, name: string): boolean {
  return operations.some(({ kind, file }) => kind === "ftruncate" && file === name);
}

function shortOnSuccess({ name, task, what, file, kind, pos, len }: OperationRecord, result: number): Finding[] {
  if (kind !== "pwrite" || result === 0 || result >= len || file === null) return [];
  return [{
    anomaly: "SHORT_ON_SUCCESS",
    text: `${name} (${what}) wrote ${result} of ${len} sectors without an error, where all or nothing is promised`,
    subject: {
      file,
      tasks: [task],
      operations: [name],
      sectors: Array.from({ length: len - result }, (_, at) => pos + result + at),
    },
  }];
}
