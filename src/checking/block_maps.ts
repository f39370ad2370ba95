/**
 * Block maps when nothing is going on any more, or after recovery: BEYOND_EOF, UNCONVERTED, and blocks that two have.
 *
 * @module
 */

import type { BlockRecord, FileRecord, Judgement, OperationRecord, RunRecord } from "../systems/run_record.ts";

type Finding = Judgement["findings"][number];

/**
 * Findings about the block maps of a complete run, or of what recovery left.
 *
 * @param isShared true for blocks that may have two owners: what the scenario or a clone has shared
 */
export function checkBlockMaps(record: RunRecord, isShared: (file: string, lblk: number) => boolean): Finding[] {
  return [
    ...record.files.flatMap((file) => [...beyondEof(file, record), ...unconverted(file, record)]),
    ...twoOwners(record.files, isShared),
  ];
}

function whenAttribute({ end }: RunRecord): string {
  return end === "crash" ? "after_crash" : "permanent";
}

function sectorsOf({ lblk }: BlockRecord, sectorsPerBlock: number): number[] {
  return Array.from({ length: sectorsPerBlock }, (_, at) => lblk * sectorsPerBlock + at);
}

/** Who has written behind the end, or tried to. */
function writersOf(operations: readonly OperationRecord[], name: string, from: number): string[] {
  return operations.filter(({ file, kind, pos, len }) =>
    file === name && (kind === "pwrite" || kind === "fallocate") && pos + len > from
  ).map((operation) => operation.name);
}

/** Blocks that are preallocated on purpose are no anomaly unless somebody has written them. */
function beyondEof(file: FileRecord, record: RunRecord): Finding[] {
  const { name, size, blocks, onOrphanList } = file;
  const { sectorsPerBlock, operations, end } = record;
  if (end === "crash" && onOrphanList) return [];
  const first = Math.ceil(size / sectorsPerBlock);
  const beyond = blocks.filter(({ lblk, preallocated, state }) =>
    lblk >= first && state !== "delalloc" && !preallocated
  );
  const findings: Finding[] = [];
  for (const written of ["written", "unwritten"] as const) {
    const own = beyond.filter(({ state }) => state === written);
    if (own.length === 0) continue;
    const when = end === "crash" ? "after recovery" : "when all is done";
    const blocksText = own.length === 1 ? `block ${own[0].lblk}` : `blocks ${own.map(({ lblk }) => lblk).join(", ")}`;
    const off = onOrphanList ? "" : ", and it is not on the orphan list";
    findings.push({
      anomaly: "BEYOND_EOF",
      text: `${blocksText} of ${name} ${
        own.length === 1 ? "is" : "are"
      } ${written} behind its end at sector ${size} ${when}${off}`,
      subject: {
        attributes: [...(written === "written" ? ["written_state"] : []), whenAttribute(record)],
        file: name,
        sectors: own.flatMap((block) => sectorsOf(block, sectorsPerBlock)),
        operations: writersOf(operations, name, first * sectorsPerBlock),
      },
    });
  }
  return findings;
}

/** True when what it does makes zeros of a sector legal: it cuts off, punches or zeroes. */
function makesZeros({ kind, pos, len, flags, result, file }: OperationRecord, name: string, sector: number): boolean {
  if (file !== name || result !== null && result < 0) return false;
  if (kind === "ftruncate") return sector >= pos;
  if (kind !== "fallocate") return false;
  if (flags.includes("FALLOC_FL_COLLAPSE_RANGE") || flags.includes("FALLOC_FL_INSERT_RANGE")) return true;
  const zeroes = flags.includes("FALLOC_FL_PUNCH_HOLE") || flags.includes("FALLOC_FL_ZERO_RANGE");
  return zeroes && sector >= pos && sector < pos + len;
}

/** Unwritten blocks whose write has returned: what is in a dirty page is still on its way. */
function unconverted(file: FileRecord, { operations, sectorsPerBlock, sectorsPerPage, end }: RunRecord): Finding[] {
  if (end === "crash") return [];
  const { name, size, blocks, folios } = file;
  const findings: Finding[] = [];
  for (const block of blocks.filter(({ state }) => state === "unwritten")) {
    for (const sector of sectorsOf(block, sectorsPerBlock)) {
      const folio = folios.find(({ index }) => index === Math.floor(sector / sectorsPerPage));
      if (sector >= size || folio !== undefined && (folio.dirty || folio.dirtyPte || folio.writeback)) continue;
      const write = operations.findLast(({ file: of, kind, pos, result }) =>
        of === name && kind === "pwrite" && result !== null && sector >= pos && sector < pos + result
      );
      if (write === undefined) continue;
      const isExcused = operations.some((other) =>
        makesZeros(other, name, sector) && !(other.returned !== null && other.returned < write.begun)
      );
      if (isExcused) continue;
      findings.push({
        anomaly: "UNCONVERTED",
        text: `block ${block.lblk} of ${name} is unwritten when all is done, although ${write.name} (${write.what}) ` +
          `has written it and returned${block.conversionQueued ? ": its conversion is still queued" : ""}`,
        subject: {
          attributes: [block.conversionQueued ? "window" : "permanent"],
          file: name,
          sectors: sectorsOf(block, sectorsPerBlock),
          operations: [write.name],
          tasks: [write.task],
        },
      });
      break;
    }
  }
  return findings;
}

function twoOwners(files: readonly FileRecord[], isShared: (file: string, lblk: number) => boolean): Finding[] {
  const owners = new Map<number, { file: string; lblk: number }>();
  const findings: Finding[] = [];
  for (const { name, blocks } of files) {
    for (const { lblk, pblk } of blocks) {
      if (pblk === null || isShared(name, lblk)) continue;
      const other = owners.get(pblk);
      if (other === undefined) {
        owners.set(pblk, { file: name, lblk });
        continue;
      }
      findings.push({
        anomaly: "USE_AFTER_FREE_BLOCK",
        text:
          `block ${pblk} of the device is block ${other.lblk} of ${other.file} and block ${lblk} of ${name} at once`,
        subject: { attributes: other.file === name ? [] : ["other_file"], file: name },
      });
    }
  }
  return findings;
}
