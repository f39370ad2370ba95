/**
 * Records of runs made by hand: what operations on F read and wrote, and what it holds in the end.
 *
 * @module
 */

import type {
  BlockRecord,
  FileRecord,
  FolioRecord,
  OperationRecord,
  RunRecord,
  SectorAccess,
  Way,
} from "../../../src/systems/run_record.ts";
import { operation } from "../records.ts";

export const SECTORS_PER_PAGE = 2;

export function accesses(way: Way, first: number, tokens: readonly string[]): SectorAccess[] {
  return tokens.map((token, at) => ({ sector: first + at, token, way }));
}

/** An operation on F that takes from step `begun` to step `returned`. */
export function call(
  name: string,
  kind: OperationRecord["kind"],
  [begun, returned]: readonly [number, number | null],
  more: Partial<OperationRecord> = {},
): OperationRecord {
  const pos = more.pos ?? 0;
  const len = more.len ?? Math.max(more.reads?.length ?? 0, more.writes?.length ?? 0);
  return operation({
    name,
    task: name.split("#")[0],
    kind,
    what: `${kind}${more.direct ? " dio" : ""} F[${pos}..${pos + len - 1}]`,
    begun,
    returned,
    result: returned === null ? null : kind === "pread" || kind === "pwrite" ? len : 0,
    ...more,
    pos,
    len,
  });
}

/** `W(T1#0,2)` and so on: what a write of `count` sectors leaves. */
export function tokensOf(name: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `W(${name},${first + at})`);
}

export function write(
  name: string,
  when: readonly [number, number | null],
  way: Way,
  first: number,
  count: number,
  more: Partial<OperationRecord> = {},
): OperationRecord {
  return call(name, way === "mapped" ? "store" : "pwrite", when, {
    pos: first,
    len: count,
    direct: way === "direct",
    writes: accesses(way, first, tokensOf(name, first, count)),
    ...more,
  });
}

export function read(
  name: string,
  when: readonly [number, number | null],
  way: Way,
  first: number,
  tokens: readonly string[],
  more: Partial<OperationRecord> = {},
): OperationRecord {
  return call(name, way === "mapped" ? "load" : "pread", when, {
    pos: first,
    direct: way === "direct",
    reads: accesses(way, first, tokens),
    ...more,
  });
}

export const INITIAL = ["I(F,0)", "I(F,1)", "I(F,2)", "I(F,3)"];

/** F as it is in the end: blocks of one page each, all written. */
export function file(media: readonly string[], more: Partial<FileRecord> = {}): FileRecord {
  const blocks = Array.from({ length: Math.ceil(media.length / SECTORS_PER_PAGE) }, (_, lblk) => block(lblk));
  return {
    name: "F",
    size: media.length,
    diskSize: media.length,
    onOrphanList: false,
    blocks,
    folios: [],
    ptes: [],
    media,
    ...more,
  };
}

export function block(lblk: number, more: Partial<BlockRecord> = {}): BlockRecord {
  return { lblk, pblk: lblk, state: "written", preallocated: false, conversionQueued: false, ...more };
}

export function folio(index: number, tokens: readonly string[], more: Partial<FolioRecord> = {}): FolioRecord {
  return { index, uptodate: true, dirty: false, dirtyPte: false, locked: false, writeback: false, tokens, ...more };
}

/** A run of F with 4 sectors that is complete and whose blocks hold `media`. */
export function run(
  operations: readonly OperationRecord[],
  files: readonly FileRecord[],
  more: Partial<RunRecord> = {},
): RunRecord {
  return {
    scenario: "by hand",
    system: "none",
    end: "complete",
    operations,
    files,
    sectorsPerPage: SECTORS_PER_PAGE,
    sectorsPerBlock: SECTORS_PER_PAGE,
    initial: { F: { size: 4, tokens: INITIAL } },
    incidents: [],
    costs: {},
    crash: null,
    ...more,
  };
}
