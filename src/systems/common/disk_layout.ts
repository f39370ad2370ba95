/**
 * Where a scenario's files lie on its device: made once, the same for every run and every system on blocks.
 *
 * Blocks follow each other in the order of the files unless the scenario gives them a place; free blocks come behind.
 *
 * @module
 */

import type { FileFormat } from "../../machine/disk_metadata.ts";
import { initialToken, type Token, ZERO } from "../../machine/tokens.ts";
import { lengthSectors, type Place, sectorsOf } from "../../scenarios/place.ts";
import type { Scenario, ScenarioFile } from "../../scenarios/scenario.ts";

export interface DiskLayout {
  readonly sectorsPerPage: number;
  readonly sectorsPerBlock: number;
  /** Blocks that a file may have. */
  readonly blocksMax: number;
  readonly formats: readonly FileFormat[];
  /** In the order in which they are given away. */
  readonly free: readonly number[];
  /** Freed by a transaction that has not committed. */
  readonly pending: readonly number[];
  /** Of the device, for blocks of files. */
  readonly sectors: number;
  /** What a sector of the device holds at the beginning; undefined: what nobody knows any more. */
  readonly initial: (sector: number) => Token | undefined;
}

const layouts = new WeakMap<Scenario, DiskLayout>();

/** The layout of a scenario. */
export function diskLayout(scenario: Scenario): DiskLayout {
  let layout = layouts.get(scenario);
  if (layout === undefined) layouts.set(scenario, layout = lay(scenario));
  return layout;
}

function lay(scenario: Scenario): DiskLayout {
  const sectorsPerPage = scenario.bounds.SECTORS_PER_PAGE;
  const sectorsPerBlock = sectorsPerPage / scenario.mount.blocksPerPage;
  const contents: (Token | undefined)[] = [];
  const taken = new Set<number>();
  const wanted = new Map<string, Map<number, number>>();
  for (const [name, file] of Object.entries(scenario.files)) {
    const places = placesGiven(file, sectorsPerPage, sectorsPerBlock);
    wanted.set(name, places);
    for (const pblk of places.values()) taken.add(pblk);
  }
  let next = 0;
  const nextFree = () => {
    while (taken.has(next)) next++;
    taken.add(next);
    return next;
  };
  const formats = Object.entries(scenario.files).map(([name, file]): FileFormat => {
    const size = lengthSectors(file.size, sectorsPerPage);
    const blocks: { lblk: number; pblk: number; state: "written" | "unwritten" }[] = [];
    for (const { range, state, sharedWith } of file.blocks) {
      if (state === "delalloc" || sharedWith !== null) continue;
      const { from, to } = sectorsOf(range, sectorsPerPage);
      for (let lblk = from / sectorsPerBlock; lblk < to / sectorsPerBlock; lblk++) {
        const pblk = wanted.get(name)!.get(lblk) ?? nextFree();
        blocks.push({ lblk, pblk, state });
        if (state === "written") fill(contents, name, lblk, pblk, size, sectorsPerBlock);
      }
    }
    return { file: name, size: lengthSectors(file.disksize, sectorsPerPage), blocks };
  });
  shareBlocks(scenario, formats, sectorsPerPage, sectorsPerBlock);
  const free: number[] = [];
  const pending: number[] = [];
  for (const { blocks, was, state } of scenario.device.free) {
    for (let i = 0; i < blocks; i++) {
      const pblk = nextFree();
      (state === "free" ? free : pending).push(pblk);
      if (was === null) continue;
      const from = was.range === null ? 0 : sectorsOf(was.range, sectorsPerPage).from;
      for (let sector = 0; sector < sectorsPerBlock; sector++) {
        contents[pblk * sectorsPerBlock + sector] = initialToken(was.name, from + i * sectorsPerBlock + sector);
      }
    }
  }
  return {
    sectorsPerPage,
    sectorsPerBlock,
    blocksMax: scenario.bounds.pages * scenario.mount.blocksPerPage,
    formats,
    free,
    pending,
    sectors: (Math.max(-1, ...taken) + 1) * sectorsPerBlock,
    initial: (sector) => contents[sector],
  };
}

/** Gives files the blocks that they share with another one, which has them already. */
function shareBlocks(
  { files }: Scenario,
  formats: FileFormat[],
  sectorsPerPage: number,
  sectorsPerBlock: number,
): void {
  for (const [nth, format] of formats.entries()) {
    const blocks = files[format.file].blocks.flatMap(({ range, sharedWith }) => {
      if (sharedWith === null) return [];
      const other = formats.find(({ file }) => file === sharedWith.name)!;
      const { from, to } = sectorsOf(range, sectorsPerPage);
      return Array.from({ length: (to - from) / sectorsPerBlock }, (_, at) => {
        const theirs = sharedSector(sharedWith, at * sectorsPerBlock, sectorsPerPage) / sectorsPerBlock;
        const block = other.blocks.find(({ lblk }) => lblk === theirs);
        if (block === undefined) throw new Error(`${format.file} shares block ${theirs} of ${other.file}, a hole`);
        return { ...block, lblk: from / sectorsPerBlock + at };
      });
    });
    if (blocks.length === 0) continue;
    formats[nth] = { ...format, blocks: [...format.blocks, ...blocks].toSorted((a, b) => a.lblk - b.lblk) };
  }
}

/** What a file shares of another one that has no block there, as text; null: nothing. */
export function sharedHole({ files, bounds: { SECTORS_PER_PAGE } }: Scenario): string | null {
  for (const [name, { blocks }] of Object.entries(files)) {
    for (const { range, sharedWith } of blocks) {
      if (sharedWith === null) continue;
      const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
      for (let nth = 0; nth < to - from; nth++) {
        const sector = sharedSector(sharedWith, nth, SECTORS_PER_PAGE);
        const state = initialBlockState(files[sharedWith.name], sector, SECTORS_PER_PAGE);
        if (state !== "written") {
          return `${name} shares sector ${sector} of ${sharedWith.name}, which has no block there`;
        }
      }
    }
  }
  return null;
}

/** Sector of the other file that the nth sector of a shared run is. */
function sharedSector({ range }: Place, nth: number, sectorsPerPage: number): number {
  return (range === null ? 0 : sectorsOf(range, sectorsPerPage).from) + nth;
}

function placesGiven(file: ScenarioFile, sectorsPerPage: number, sectorsPerBlock: number): Map<number, number> {
  const places = new Map<number, number>();
  for (const { range, pblk } of file.disk) {
    const { from, to } = sectorsOf(range, sectorsPerPage);
    const first = Math.floor(from / sectorsPerBlock);
    for (let lblk = first; lblk * sectorsPerBlock < to; lblk++) places.set(lblk, pblk + lblk - first);
  }
  return places;
}

/** A written block holds the file's data; behind the size zeros in its last block, and what nobody knows in later ones. */
function fill(
  contents: (Token | undefined)[],
  file: string,
  lblk: number,
  pblk: number,
  size: number,
  sectorsPerBlock: number,
): void {
  if (lblk * sectorsPerBlock >= size) return;
  for (let i = 0; i < sectorsPerBlock; i++) {
    const sector = lblk * sectorsPerBlock + i;
    contents[pblk * sectorsPerBlock + i] = sector < size ? initialToken(file, sector) : ZERO;
  }
}

/** State of a sector's block when the program begins. */
export function initialBlockState(
  file: ScenarioFile,
  sector: number,
  sectorsPerPage: number,
): "hole" | "delalloc" | "written" | "unwritten" {
  for (const { range, state } of file.blocks) {
    const { from, to } = sectorsOf(range, sectorsPerPage);
    if (from <= sector && sector < to) return state;
  }
  return "hole";
}

/** What a read of a file gives when the program begins and nothing dirty is cached. */
export function initialContent(scenario: Scenario, name: string): Token[] {
  const file = scenario.files[name];
  const { SECTORS_PER_PAGE } = scenario.bounds;
  return Array.from(
    { length: lengthSectors(file.size, SECTORS_PER_PAGE) },
    (_, sector) => {
      if (initialBlockState(file, sector, SECTORS_PER_PAGE) !== "written") return ZERO;
      for (const { range, sharedWith } of file.blocks) {
        const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
        if (sharedWith === null || sector < from || sector >= to) continue;
        return initialToken(sharedWith.name, sharedSector(sharedWith, sector - from, SECTORS_PER_PAGE));
      }
      return initialToken(name, sector);
    },
  );
}
