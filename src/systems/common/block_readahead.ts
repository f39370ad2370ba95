/**
 * Reading pages in a row with as few bios as there can be: `mpage_readahead`, `iomap_readahead`.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { Bio } from "../../machine/bio.ts";
import type { Mapping } from "../../machine/block_map.ts";
import type { Folio } from "../../machine/folio.ts";
import { Level } from "../../machine/level.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import type { BlockFile } from "./block_file.ts";

/** Told of how it goes on, for runs that are traced. */
export interface ReadaheadEvents {
  begins(pages: number): void;
  /** Blocks from `lblk` on, `left` of them, have been asked for. */
  mapped(mapping: Mapping, left: number): void;
  /** The pages of what was mapped last have been dealt with. */
  goesOn?(): void;
  ends(): void;
}

/** Pages of one readahead that are locked until all bios have ended that read a part of them. */
interface Reading {
  readonly folios: readonly Folio[];
  readonly left: readonly Level[];
  readonly failed: Set<Folio>;
}

/** Sectors [first, first + sectors) of the pages, read from `sector` of the device on. */
interface Run {
  readonly first: number;
  readonly sectors: number;
  readonly sector: number;
}

/** Starts to read new folios that are locked and follow each other. */
export function* blockReadahead(file: BlockFile, folios: readonly Folio[], events: ReadaheadEvents): Steps {
  const { inode, map, device } = file;
  const { sectorsPerPage } = inode.bounds;
  const { sectorsPerBlock } = map;
  const start = folios[0].index * sectorsPerPage;
  const { tracepoints } = inode.world;
  tracepoints?.startPlug();
  events.begins(folios.length);
  yield;
  const wanted = start + folios.length * sectorsPerPage;
  const end = Math.min(wanted, Math.ceil(inode.readSize() / sectorsPerBlock) * sectorsPerBlock);
  let runs: Run[] = [];
  // Pages before this one have been handed to the device.
  let done = 0;
  for (let at = start; at < end;) {
    const left = (end - at) / sectorsPerBlock;
    const mapping = yield* file.getBlock(at / sectorsPerBlock, left, "lookup");
    if (typeof mapping === "number") throw new Error("a lookup of blocks cannot fail");
    events.mapped(mapping, left);
    const sectors = mapping.blocks * sectorsPerBlock;
    if (mapping.pblk !== null && mapping.state === "written") {
      // A bio goes to the device when the next page to be read does not follow.
      if (runs.length > 0 && (at - start) % sectorsPerPage === 0) {
        const page = (at - start) / sectorsPerPage;
        submit(file, folios.slice(done, page), runs);
        [runs, done] = [[], page];
      }
      runs.push({ first: at - start - done * sectorsPerPage, sectors, sector: mapping.pblk * sectorsPerBlock });
    }
    events.goesOn?.();
    at += sectors;
  }
  events.ends();
  yield;
  submit(file, folios.slice(done), runs);
  tracepoints?.finishPlug();

  function submit({ inode: { world } }: BlockFile, pages: readonly Folio[], reads: readonly Run[]): void {
    const touches = (run: Run, nth: number) =>
      run.first < (nth + 1) * sectorsPerPage && run.first + run.sectors > nth * sectorsPerPage;
    const counts = pages.map((_, nth) => reads.filter((run) => touches(run, nth)).length);
    const reading: Reading = { folios: pages, left: counts.map((count) => new Level(world, count)), failed: new Set() };
    pages.forEach((folio, nth) => {
      folio.sectors.forEach((memory, at) => {
        const sector = nth * sectorsPerPage + at;
        if (!reads.some((run) => run.first <= sector && sector < run.first + run.sectors)) memory.store(ZERO);
      });
      if (counts[nth] > 0) return;
      folio.uptodate.testAndSet();
      folio.lock.clear();
    });
    for (const run of reads) {
      const memory = Array.from({ length: run.sectors }, (_, at) => {
        const sector = run.first + at;
        return pages[Math.floor(sector / sectorsPerPage)].sectors[sector % sectorsPerPage];
      });
      const own = pages.flatMap((_, nth) => touches(run, nth) ? [nth] : []);
      const endIo = (bio: Bio) => readEnded(reading, own, bio);
      const bio = device.bio({ op: "read", sector: run.sector, file: inode.ino, memory, flags: ["RAHEAD"], endIo });
      for (const nth of own) if (reads.find((each) => touches(each, nth)) === run) pages[nth].lock.handOver(bio.name);
      device.submit(bio);
    }
  }
}

function readEnded({ folios, left, failed }: Reading, own: readonly number[], { error }: Bio): void {
  for (const nth of own) {
    const folio = folios[nth];
    if (error !== 0) failed.add(folio);
    left[nth].add(-1, Access.Write);
    if (left[nth].peek > 0) continue;
    if (!failed.has(folio)) folio.uptodate.testAndSet();
    folio.lock.clear();
  }
}
