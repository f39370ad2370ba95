/**
 * What a file is when nothing goes on any more, not looked at by any step.
 *
 * @module
 */

import type { Folio } from "../machine/folio.ts";
import { AnonymousPage } from "../machine/page_memory.ts";
import type { Mm, Vma } from "../machine/page_table.ts";
import { type Token, ZERO } from "../machine/tokens.ts";
import type { FileRecord, FolioRecord, PteRecord } from "./run_record.ts";
import type { ScenarioMemory } from "./scenario_memory.ts";
import type { ModelledFile, MountedSystem } from "./system.ts";

export function fileRecord(name: string, mounted: MountedSystem, memory: ScenarioMemory): FileRecord {
  const file = mounted.file(name);
  const { inode } = file;
  const { mapping, bounds } = inode;
  const folios: FolioRecord[] = [];
  for (let index = 0; index < bounds.pagesMax; index++) {
    const folio = mapping.peekFolio(index);
    if (folio !== null) folios.push(folioRecord(folio));
  }
  return {
    name,
    size: inode.peekSize,
    diskSize: inode.diskSize.peek,
    onOrphanList: inode.onOrphanList.peek,
    blocks: file.blocks(),
    folios,
    ptes: memory.mms.flatMap((mm) => ptesOf(file, mm)),
    media: file.media(),
  };
}

function folioRecord(folio: Folio): FolioRecord {
  return {
    index: folio.index,
    uptodate: folio.uptodate.peek,
    dirty: folio.dirty.peek,
    dirtyPte: folio.home.peekVmas().some((vma) => vma.sharing === "shared" && showsDirty(vma, folio)),
    locked: folio.lock.peek,
    writeback: folio.writeback.peek,
    tokens: folio.tokens,
  };
}

function showsDirty(vma: Vma, folio: Folio): boolean {
  const at = folio.index - vma.pgoff;
  if (at < 0 || at >= vma.npages) return false;
  const pte = vma.mm.pte(vma.vpn + at);
  return pte.peek === folio && pte.peekMode === "writable_dirty";
}

/** What the pages of an address space show of a file. */
export function ptesOf(file: ModelledFile, mm: Mm): PteRecord[] {
  const { mapping } = file.inode;
  const records: PteRecord[] = [];
  const vmas = mapping.peekVmas().filter((vma) => vma.mm === mm).toSorted((a, b) => a.vpn - b.vpn);
  for (const vma of vmas) {
    for (let vpn = vma.vpn; vpn < vma.vpn + vma.npages; vpn++) {
      const target = mm.pte(vpn).peek;
      if (target === null || mm.peekVma(vpn) !== vma) continue;
      const index = vma.indexOf(vpn);
      records.push({
        task: mm.name,
        vpn,
        index,
        maps: target.name,
        current: file.shows === undefined ? mapping.peekFolio(index) === target : file.shows(index, target),
        tokens: target.sectors.slice(0, file.inode.bounds.sectorsPerPage).map(({ peek }) => peek),
        private: target instanceof AnonymousPage,
      });
    }
  }
  return records;
}

/** What a buffered read of all of the file would give now. */
export function finalContent(file: ModelledFile): Token[] {
  const { inode } = file;
  const { sectorsPerPage } = inode.bounds;
  const media = file.media();
  return Array.from({ length: inode.peekSize }, (_, sector) => {
    const folio = inode.mapping.peekFolio(Math.floor(sector / sectorsPerPage));
    if (folio !== null && folio.uptodate.peek) return folio.sectors[sector % sectorsPerPage].peek;
    return media[sector] ?? ZERO;
  });
}
