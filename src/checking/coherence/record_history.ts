/**
 * Runs of the machine as plain histories.
 *
 * @module
 */

import { writeToken, ZERO } from "../../machine/tokens.ts";
import type { FileRecord, OperationRecord, RunRecord, SectorAccess } from "../../systems/run_record.ts";
import type { FileView } from "./older_reads.ts";
import type {
  Certainty,
  FinalContent,
  PlainHistory,
  PlainOperation,
  SectorRead,
  SectorWrite,
  SizeStep,
  ZeroedRange,
} from "./plain_history.ts";

const NOTHING: readonly never[] = [];

/** The operations of a run on each of its files, by the files' names. */
export function historiesOf(record: RunRecord): PlainHistory[] {
  const names = [...new Set([...Object.keys(record.initial), ...record.files.map(({ name }) => name)])].sort();
  return names.map((name) => historyOf(record, name));
}

/** The operations of a run on one file. */
export function historyOf(record: RunRecord, file: string): PlainHistory {
  const initial = record.initial[file];
  const last = record.end === "complete" ? record.files.find(({ name }) => name === file) : undefined;
  const operations: PlainOperation[] = [];
  const torn = tornWrites(record);
  for (const each of record.operations) {
    if (each.file !== file) continue;
    const operation = plainOperation(each, torn);
    if (operation !== null) operations.push(operation);
  }
  return {
    file,
    initial: (sector) => initial?.tokens[sector] ?? ZERO,
    initialSize: initial?.size ?? null,
    operations,
    final: last === undefined ? null : finalContent(last, record.sectorsPerPage, torn),
    zero: ZERO,
    sectorsPerPage: record.sectorsPerPage,
  };
}

/** Operations after which it is not known what a file holds, because they are not modelled. */
export function unjudged(record: RunRecord): OperationRecord[] {
  return record.operations.filter(({ kind, flags, result }) =>
    result !== null && result >= 0 &&
    (kind === "ficlone" ||
      kind === "fallocate" &&
        (flags.includes("FALLOC_FL_COLLAPSE_RANGE") || flags.includes("FALLOC_FL_INSERT_RANGE")))
  );
}

/** Null: it neither reads nor writes nor changes the size. */
function plainOperation(record: OperationRecord, torn: ReadonlySet<string>): PlainOperation | null {
  const common = {
    name: record.name,
    task: record.task,
    what: record.what,
    inv: record.begun,
    res: record.returned,
    reads: NOTHING,
    writes: NOTHING,
    zeroes: NOTHING,
    sizes: NOTHING,
  };
  switch (record.kind) {
    case "pread":
      return { ...common, reads: readsOf(record, torn), sizes: sizeShownBy(record) };
    case "load":
      return { ...common, reads: readsOf(record, torn) };
    case "pwrite":
      return { ...common, ...writesOf(record) };
    case "store":
      return { ...common, writes: storesOf(record) };
    case "ftruncate": {
      const certainty = certaintyOf(record);
      return {
        ...common,
        zeroes: [{ first: record.pos, end: null, certainty }],
        sizes: [{ kind: "sets", to: record.pos, certainty }],
      };
    }
    case "fallocate":
      return { ...common, ...fallocated(record) };
    default:
      return null;
  }
}

/** Contents that are torn and were written as they are. */
function tornWrites({ operations }: RunRecord): ReadonlySet<string> {
  const torn = new Set<string>();
  for (const { writes } of operations) for (const { token } of writes) if (token.startsWith("TORN(")) torn.add(token);
  return torn;
}

function certaintyOf({ result }: OperationRecord): Certainty {
  return result !== null && result >= 0 ? "definite" : "possible";
}

/**
 * What a token says that parts of a sector hold, which only persistent memory tells apart: `TORN(a|b)`. What has been
 * written as it is, torn or not, is one content.
 */
export function tokenParts(token: string, written: Iterable<string>): string[] {
  if (!token.startsWith("TORN(")) return [token];
  for (const value of written) if (value === token) return [token];
  return [...new Set(token.slice("TORN(".length, -1).split("|"))];
}

/** A sector that was given twice is what it was given last. */
function lastOfEach(accesses: readonly SectorAccess[]): Map<number, SectorAccess> {
  const last = new Map<number, SectorAccess>();
  for (const access of accesses) last.set(access.sector, access);
  return last;
}

function readsOf({ kind, reads, result, pos }: OperationRecord, torn: ReadonlySet<string>): SectorRead[] {
  if (result === null || result < 0) return [];
  const returned: SectorRead[] = [];
  for (const { sector, token, way, zeroFrom } of lastOfEach(reads).values()) {
    if (kind === "pread" && (sector < pos || sector >= pos + result)) continue;
    const [value, ...mixedWith] = tokenParts(token, torn);
    returned.push({
      sector,
      value,
      way,
      ...(mixedWith.length > 0 ? { mixedWith } : {}),
      ...(zeroFrom === undefined ? {} : { zeroFrom }),
    });
  }
  return returned;
}

function sizeShownBy({ result, pos, len, stoppedBy }: OperationRecord): SizeStep[] {
  if (result === null || result < 0 || len === 0) return [];
  if (result === len) return [{ kind: "shows", atLeast: pos + len, atMost: null }];
  if (stoppedBy !== undefined) return result === 0 ? [] : [{ kind: "shows", atLeast: pos + result, atMost: null }];
  return [{ kind: "shows", atLeast: result === 0 ? 0 : pos + result, atMost: pos + result }];
}

function writesOf(record: OperationRecord): Pick<PlainOperation, "writes" | "sizes"> {
  const { writes, result, len } = record;
  // Where an appending write went to is known only from what it wrote.
  const pos = record.flags.includes("O_APPEND") || record.flags.includes("RWF_APPEND")
    ? writes.reduce((least, { sector }) => Math.min(least, sector), Infinity)
    : record.pos;
  if (pos === Infinity) return { writes: [], sizes: [] };
  const returned = result === null || result < 0 ? 0 : result;
  const done: SectorWrite[] = [];
  const last = lastOfEach(writes);
  for (const { sector, token, way } of writes) {
    // What is zeroed around it is no content of the file's.
    if (sector < pos || sector >= pos + len) continue;
    const isLast = last.get(sector)!.token === token;
    const certainty: Certainty = isLast && sector < pos + returned ? "definite" : "possible";
    if (done.some((write) => write.sector === sector && write.value === token)) continue;
    done.push({ sector, value: token, way, certainty });
  }
  // It says that it wrote what nobody saw it write: then what was there before is no longer right.
  for (let sector = pos; sector < pos + returned; sector++) {
    if (last.has(sector)) continue;
    const way = record.direct ? "direct" : "cached";
    done.push({ sector, value: writeToken(record.name, sector), way, certainty: "definite" });
  }
  const sizes: SizeStep[] = [];
  if (returned > 0) sizes.push({ kind: "extends", from: pos, to: pos + returned, certainty: "definite" });
  if (returned < len) sizes.push({ kind: "extends", from: pos + returned, to: pos + len, certainty: "possible" });
  return { writes: done, sizes };
}

function storesOf(record: OperationRecord): SectorWrite[] {
  const certainty = certaintyOf(record);
  return [...lastOfEach(record.writes).values()].map(({ sector, token, way }) => ({
    sector,
    value: token,
    way,
    certainty,
  }));
}

function fallocated(record: OperationRecord): Pick<PlainOperation, "zeroes" | "sizes"> {
  const { flags, pos, len } = record;
  const certainty = certaintyOf(record);
  const zeroing = flags.includes("FALLOC_FL_PUNCH_HOLE") || flags.includes("FALLOC_FL_ZERO_RANGE");
  const zeroes: ZeroedRange[] = zeroing ? [{ first: pos, end: pos + len, certainty }] : [];
  const extending = !flags.includes("FALLOC_FL_KEEP_SIZE") && !flags.includes("FALLOC_FL_PUNCH_HOLE");
  return { zeroes, sizes: extending ? [{ kind: "extends", from: pos, to: pos + len, certainty }] : [] };
}

/** What a read of a file inside its size must give: of a dirty folio, or of the block. */
function finalContent(file: FileRecord, sectorsPerPage: number, torn: ReadonlySet<string>): FinalContent {
  const dirty = dirtyFolios(file, sectorsPerPage);
  return {
    sectors: file.size,
    content(sector) {
      const ofFolio = dirty(sector);
      const [value, ...mixedWith] = tokenParts(ofFolio ?? file.media[sector] ?? ZERO, torn);
      return { value, mixedWith, way: ofFolio === null ? "direct" : "cached" };
    },
  };
}

function dirtyFolios({ folios }: FileRecord, sectorsPerPage: number): (sector: number) => string | null {
  const byIndex = new Map(folios.map((folio) => [folio.index, folio]));
  return (sector) => {
    const folio = byIndex.get(Math.floor(sector / sectorsPerPage));
    if (folio === undefined || !folio.uptodate || !(folio.dirty || folio.dirtyPte)) return null;
    return folio.tokens[sector % sectorsPerPage] ?? null;
  };
}

/** What lies under a file when all is done. */
export function viewOf(record: RunRecord, file: FileRecord): FileView {
  const { sectorsPerPage, sectorsPerBlock } = record;
  const blocks = new Map(file.blocks.map((block) => [block.lblk, block]));
  return {
    block(sector) {
      const block = blocks.get(Math.floor(sector / sectorsPerBlock));
      const value = file.media[sector] ?? ZERO;
      return block === undefined
        ? { state: "hole", conversionQueued: false, value }
        : { state: block.state, conversionQueued: block.conversionQueued, value };
    },
    dirty: dirtyFolios(file, sectorsPerPage),
    staleMapping(task, sector) {
      const index = Math.floor(sector / sectorsPerPage);
      return file.ptes.find((pte) => pte.task === task && pte.index === index && !pte.current && !pte.private)?.maps ??
        null;
    },
  };
}
