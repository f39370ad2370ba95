/**
 * Sizes of files when nothing is going on any more: WRONG_SIZE, and WRONG_DISKSIZE without a crash.
 *
 * The size is a register: writes that extend raise it to their end, truncates set it. It is legal when some order of them,
 * in which what had returned comes before what began later, leaves it. What has failed may have done its part or not.
 *
 * @module
 */

import type { FileRecord, Judgement, OperationRecord, RunRecord } from "../systems/run_record.ts";

type Finding = Judgement["findings"][number];

/** What an operation may do to a size, one of these. */
type SizeEffect = (size: number) => readonly number[];

interface SizeOperation {
  readonly operation: OperationRecord;
  readonly effect: SizeEffect;
}

/** Orders are searched for as many operations as scenarios have. */
const OPERATIONS_MAX = 16;

/** Findings about sizes in a complete run. */
export function checkSizes(record: RunRecord): Finding[] {
  return record.files.flatMap((file) => [...checkSize(file, record), ...checkDiskSize(file, record)]);
}

function checkSize(file: FileRecord, { initial, operations }: RunRecord): Finding[] {
  const findings: Finding[] = [];
  const { name, size, diskSize } = file;
  const own = operations.filter((operation) => operation.file === name);
  const changes = own.flatMap((operation) => {
    const effect = effectOf(operation);
    return effect === null ? [] : [{ operation, effect }];
  });
  const subject = { file: name, operations: changes.map(({ operation }) => operation.name) };
  const before = initial[name]?.size;
  if (before !== undefined && changes.length <= OPERATIONS_MAX) {
    const legal = legalSizes(before, changes);
    if (!legal.has(size)) {
      const sizes = [...legal].sort((a, b) => a - b).join(" or ");
      const short = Math.max(...legal) > size;
      findings.push({
        anomaly: "WRONG_SIZE",
        text: `${name} is ${size} sectors long when all is done, and ${sizes} by every order of what was done to it` +
          (short && changes.some(({ operation }) => operation.kind === "pwrite")
            ? ": an extending write is cut off"
            : ""),
        subject: { ...subject, attributes: ["permanent"] },
      });
    }
  }
  if (diskSize > size) {
    findings.push({
      anomaly: "WRONG_SIZE",
      text: `${name} is ${diskSize} sectors long on disk and ${size} in core when all is done`,
      subject: { ...subject, attributes: ["permanent"] },
    });
  }
  return findings;
}

/** What an operation may do to the size of its file; null: nothing. */
function effectOf({ kind, pos, len, result, flags }: OperationRecord): SizeEffect | null {
  const failed = result === null || result < 0;
  switch (kind) {
    case "pwrite": {
      const appends = flags.includes("O_APPEND") || flags.includes("RWF_APPEND");
      const least = failed ? 0 : result;
      // What is behind the part that was returned may have got there or not; so may all of what has failed.
      const most = failed ? len : Math.max(result, 0);
      return (size) => {
        const found = new Set<number>();
        for (let moved = least; moved <= most; moved++) {
          found.add(moved === 0 ? size : Math.max(size, (appends && failed ? size : pos) + moved));
        }
        return [...found];
      };
    }
    case "ftruncate":
      return failed ? (size) => [size, pos] : () => [pos];
    case "fallocate": {
      if (flags.includes("FALLOC_FL_KEEP_SIZE") || flags.includes("FALLOC_FL_PUNCH_HOLE")) return null;
      const change = flags.includes("FALLOC_FL_COLLAPSE_RANGE")
        ? (size: number) => size - len
        : flags.includes("FALLOC_FL_INSERT_RANGE")
        ? (size: number) => size + len
        : (size: number) => Math.max(size, pos + len);
      return failed ? (size) => [size, change(size)] : (size) => [change(size)];
    }
    default:
      return null;
  }
}

/** Sizes that some order leaves. */
function legalSizes(before: number, changes: readonly SizeOperation[]): ReadonlySet<number> {
  const all = (1 << changes.length) - 1;
  const after = changes.map(({ operation: own }) =>
    changes.reduce(
      (bits, { operation: { returned } }, at) => returned !== null && returned < own.begun ? bits | (1 << at) : bits,
      0,
    )
  );
  const seen = new Set<string>();
  const legal = new Set<number>();
  const search = (done: number, size: number): void => {
    const key = `${done} ${size}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (done === all) legal.add(size);
    changes.forEach(({ effect }, at) => {
      if ((done & (1 << at)) !== 0 || (after[at] & ~done) !== 0) return;
      for (const next of effect(size)) search(done | (1 << at), next);
    });
  };
  search(0, before);
  return legal;
}

/**
 * The size on disk must have come up to the size in core unless something is left that will raise it: a dirty page or a
 * block that is still to be allocated or converted.
 */
function checkDiskSize(file: FileRecord, { sectorsPerPage, sectorsPerBlock, operations }: RunRecord): Finding[] {
  const { name, size, diskSize, folios, blocks } = file;
  if (diskSize >= size) return [];
  const willBeWritten = folios.some(({ index, dirty, dirtyPte, writeback }) =>
    (dirty || dirtyPte || writeback) && (index + 1) * sectorsPerPage > diskSize
  );
  const willBeAllocated = blocks.some(({ lblk, state, conversionQueued }) =>
    (state === "delalloc" || conversionQueued) && (lblk + 1) * sectorsPerBlock > diskSize
  );
  if (willBeWritten || willBeAllocated) return [];
  const extending = operations.filter(({ file: of, kind, pos, result }) =>
    of === name && kind === "pwrite" && result !== null && result > 0 && pos + result > diskSize
  );
  return [{
    anomaly: "WRONG_DISKSIZE",
    text: `${name} is ${size} sectors long, but ${diskSize} on disk, and nothing is left that would raise that`,
    subject: {
      attributes: ["permanent"],
      file: name,
      operations: extending.map((operation) => operation.name),
      sectors: Array.from({ length: size - diskSize }, (_, at) => diskSize + at),
    },
  }];
}
