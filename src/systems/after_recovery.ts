/**
 * Operations on what recovery has made of the files, when nobody else is there: plain reads, writes and changes of size.
 *
 * @module
 */

import { type Token, writeToken, ZERO } from "../machine/tokens.ts";
import { RECOVERY_TASK } from "../scenarios/defaults.ts";
import { lengthSectors, placeText, sectorsOf } from "../scenarios/place.ts";
import type { Operation, Scenario, Transfer } from "../scenarios/scenario.ts";
import { diskLayout } from "./common/disk_layout.ts";
import type { BlockRecord, FileRecord, OperationRecord } from "./run_record.ts";

const KINDS: readonly Operation["kind"][] = ["pread", "preadv", "pwrite", "pwritev", "ftruncate", "fstat", "close"];

/** What of `after_recovery` cannot be evaluated; null: nothing. */
export function recoveryLacks({ afterRecovery }: Scenario): string | null {
  const other = afterRecovery.find(({ kind }) => !KINDS.includes(kind));
  return other === undefined
    ? null
    : `after_recovery: ${other.kind} (${other.name}) is not evaluated; there are ${KINDS.join(", ")}`;
}

/** A file on the recovered disk while operations go on. */
interface Recovered {
  readonly record: FileRecord;
  size: number;
  readonly media: Token[];
  readonly blocks: BlockRecord[];
}

/**
 * Does the operations one after the other.
 *
 * @returns their records, behind all that came before the crash, and the files as they are then
 */
export function evaluateAfterRecovery(
  operations: readonly Operation[],
  files: readonly FileRecord[],
  scenario: Scenario,
): { files: readonly FileRecord[]; operations: readonly OperationRecord[] } {
  if (operations.length === 0) return { files, operations: [] };
  const { sectorsPerPage, sectorsPerBlock } = diskLayout(scenario);
  const disk = new Map(files.map((record): [string, Recovered] => [record.name, {
    record,
    size: record.size,
    media: [...record.media],
    blocks: [...record.blocks],
  }]));
  const records = operations.map((operation, nth): OperationRecord => {
    const name = fileOf(operation);
    const record: OperationRecord = {
      name: operation.name,
      task: RECOVERY_TASK,
      kind: operation.kind === "preadv" ? "pread" : operation.kind === "pwritev" ? "pwrite" : operation.kind as "pread",
      call: operation.kind,
      what: "place" in operation ? `${operation.kind} ${placeText(operation.place)}` : `${operation.kind} ${name}`,
      file: name,
      pos: 0,
      len: 0,
      direct: false,
      flags: [],
      // Behind whatever came before the crash.
      begun: STEPS_MAX + 2 * nth,
      returned: STEPS_MAX + 2 * nth + 1,
      result: 0,
      submitted: null,
      reads: [],
      writes: [],
      steps: [],
      costs: {},
    };
    const file = disk.get(name);
    if (file === undefined) return { ...record, result: -ENOENT };
    switch (operation.kind) {
      case "ftruncate":
        return { ...record, pos: resize(file, lengthSectors(operation.size, sectorsPerPage), sectorsPerBlock) };
      case "fstat":
        return { ...record, result: file.size };
      case "pread":
      case "preadv":
        return read(file, operation, record, sectorsPerPage);
      case "pwrite":
      case "pwritev":
        return write(file, operation, record, sectorsPerPage, sectorsPerBlock);
      default:
        return record;
    }
  });
  const after = files.map((record): FileRecord => {
    const { size, media, blocks } = disk.get(record.name)!;
    return { ...record, size, diskSize: size, media, blocks };
  });
  return { files: after, operations: records };
}

const ENOENT = 2;
const STEPS_MAX = 1 << 30;

function fileOf(operation: Operation): string {
  return "file" in operation ? operation.file : "place" in operation ? operation.place.name : "";
}

/** A smaller size frees what is behind it and zeroes the rest of its last block; a larger one shows what is there. */
function resize(file: Recovered, size: number, sectorsPerBlock: number): number {
  if (size < file.size) {
    const end = Math.ceil(size / sectorsPerBlock);
    for (let sector = size; sector < file.media.length; sector++) file.media[sector] = ZERO;
    file.blocks.splice(0, file.blocks.length, ...file.blocks.filter(({ lblk }) => lblk < end));
  }
  file.size = size;
  return size;
}

function read(file: Recovered, { place }: Transfer, record: OperationRecord, sectorsPerPage: number): OperationRecord {
  const { from, to } = sectorsOf(place.range!, sectorsPerPage);
  const result = Math.max(0, Math.min(to, file.size) - from);
  const reads = Array.from({ length: result }, (_, nth) => ({
    sector: from + nth,
    token: file.media[from + nth] ?? ZERO,
    way: "cached" as const,
  }));
  return { ...record, pos: from, len: to - from, result, reads };
}

/** A buffered write, written back at once; new blocks hold nothing but what is written and zeros. */
function write(
  file: Recovered,
  { name, place }: Transfer,
  record: OperationRecord,
  sectorsPerPage: number,
  sectorsPerBlock: number,
): OperationRecord {
  const { from, to } = sectorsOf(place.range!, sectorsPerPage);
  while (file.media.length < to) file.media.push(ZERO);
  const writes = Array.from({ length: to - from }, (_, nth) => ({
    sector: from + nth,
    token: writeToken(name, from + nth),
    way: "cached" as const,
  }));
  for (const { sector, token } of writes) {
    file.media[sector] = token;
    const lblk = Math.floor(sector / sectorsPerBlock);
    if (file.blocks.some((block) => block.lblk === lblk)) continue;
    file.blocks.push({ lblk, pblk: null, state: "written", preallocated: false, conversionQueued: false });
  }
  file.size = Math.max(file.size, to);
  return { ...record, pos: from, len: to - from, result: to - from, writes };
}
