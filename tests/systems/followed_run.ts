/**
 * Mainline as it is where a recording is followed, with surroundings that leave everything to the model: writeback of several
 * pages at a time and the like are there only then.
 *
 * @module
 */

import type { FlagValue } from "../../src/scenarios/scenario.ts";
import type { Surroundings } from "../../src/systems/common/surroundings.ts";
import { mainline, mountAmong } from "../../src/systems/mainline/index.ts";
import type { System } from "../../src/systems/system.ts";
import { eventLine, eventsOfRun } from "./traced_run.ts";

/** Bytes of a page, of two sectors here. */
export const PAGE = 1024;

/** A disk with room, a cache of single pages, nothing read ahead, nothing that fails. */
const AROUND: Surroundings = {
  placeOf: () => null,
  isFirst: () => false,
  groupsLoaded: () => [],
  canReserve: () => true,
  hasRoom: () => true,
  commits: "do_not_flush",
  leastAheadBelow: 0,
  lowSpaceShift: () => 0,
  isFresh: () => false,
  outcomeOf: () => 0,
  readaheadWindow: (_file, index, wanted) => [{ first: index, pages: wanted === "fault" ? 1 : wanted }],
  readaheadMarked: () => null,
  readaheadMark: () => null,
  endsWithinSector: () => false,
  folioOf: () => null,
  endMovesWithinSector: () => false,
  timestamps: () => "unmoved",
};

/** Mainline with something else around it. */
function following(around: Partial<Surroundings> = {}): System {
  return { ...mainline, mount: (...given) => mountAmong({ ...AROUND, ...around }, ...given) };
}

interface Asked {
  readonly pages?: number;
  readonly blocksPerPage?: number;
  readonly around?: Partial<Surroundings>;
  readonly kver?: FlagValue;
  /** Fields that a line shows. */
  readonly fields?: readonly string[];
}

const FIELDS = ["file_offset", "bytes", "type", "rwbs", "lock_flags"];

/** Events of one task's operations on F, of the names that are asked for, as lines. */
export function followedLines(
  fs: "ext4" | "xfs",
  file: string,
  operations: readonly string[],
  names: RegExp,
  asked: Asked = {},
): string[] {
  const { pages = 16, blocksPerPage = 1, around = {}, kver = "6.18", fields = FIELDS } = asked;
  const text = [
    "title: one task",
    "system: mainline",
    `bounds: { pages: ${pages} }`,
    `device: { free: ${pages} }`,
    `mount: { blocks_per_page: ${blocksPerPage} }`,
    `files: { F: ${file} }`,
    "tasks:",
    "  T1:",
    ...operations.map((operation) => `    - ${operation}`),
    "expect: []",
    "",
  ].join("\n");
  return eventsOfRun(text, following(around), { fs, kver }, "calls_first")
    .filter(({ name }) => names.test(name))
    .map((event) => eventLine(event, fields));
}
