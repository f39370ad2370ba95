/**
 * Stale caches and mappings as a state: what is wrong when nothing is going on any more, though no read has seen it.
 *
 * @module
 */

import { ZERO } from "../../machine/tokens.ts";
import type { FileRecord, OperationRecord, RunRecord } from "../../systems/run_record.ts";
import { sectorsText } from "./explain.ts";
import type { CoherenceFinding } from "./judge_history.ts";

/** Findings about one file of a run that is complete. */
export function stateForms(record: RunRecord, file: FileRecord): CoherenceFinding[] {
  return [...staleFolios(record, file), ...staleMappings(record, file)];
}

function staleFolios(record: RunRecord, file: FileRecord): CoherenceFinding[] {
  const { sectorsPerPage, sectorsPerBlock } = record;
  const blocks = new Map(file.blocks.map((block) => [block.lblk, block]));
  const findings: CoherenceFinding[] = [];
  for (const { index, uptodate, dirty, dirtyPte, locked, writeback, tokens } of file.folios) {
    if (!uptodate || dirty || dirtyPte || locked || writeback) continue;
    const stale: number[] = [];
    for (let within = 0; within < sectorsPerPage; within++) {
      const sector = index * sectorsPerPage + within;
      if (sector >= file.size) break;
      const block = blocks.get(Math.floor(sector / sectorsPerBlock));
      if (block?.state === "delalloc" || block?.conversionQueued) continue;
      if ((file.media[sector] ?? ZERO) !== tokens[within]) stale.push(sector);
    }
    // A direct write that has not returned may still be between its data and its invalidation.
    if (stale.length === 0 || record.operations.some((each) => isUnderWay(each, file.name, stale))) continue;
    const [first] = stale;
    const held = file.media[first] ?? ZERO;
    const writer = lastWriter(record, file.name, first, held);
    findings.push({
      anomaly: "STALE_CACHE",
      attributes: ["state_form"],
      operations: writer === null ? [] : [writer.name],
      tasks: writer === null ? [] : [writer.task],
      file: file.name,
      sectors: stale,
      text:
        `When all is done the clean folio of page ${index} of ${file.name} holds ${
          tokens[first % sectorsPerPage]
        } where the block holds ${held} (${sectorsText(stale, file.name)}). ` +
        (writer === null
          ? "Whatever changed the block left the folio in the page cache."
          : `${writer.name} (${writer.what}) left the folio in the page cache, and the next cached read returns it.`),
      allowed: false,
    });
  }
  return findings;
}

function isUnderWay(operation: OperationRecord, file: string, sectors: readonly number[]): boolean {
  const { kind, pos, len, direct, returned } = operation;
  return operation.file === file && kind === "pwrite" && direct && returned === null &&
    sectors.some((sector) => sector >= pos && sector < pos + len);
}

/** Who wrote a value into a sector last. */
function lastWriter({ operations }: RunRecord, file: string, sector: number, value: string): OperationRecord | null {
  return operations.findLast((each) =>
    each.file === file && each.writes.some((write) => write.sector === sector && write.token === value)
  ) ?? null;
}

function staleMappings(record: RunRecord, file: FileRecord): CoherenceFinding[] {
  const { sectorsPerPage } = record;
  const findings: CoherenceFinding[] = [];
  for (const { task, index, maps, current, private: isPrivate } of file.ptes) {
    const first = index * sectorsPerPage;
    if (current || isPrivate || first >= file.size) continue;
    const sectors = Array.from({ length: Math.min(sectorsPerPage, file.size - first) }, (_, within) => first + within);
    const writer = record.operations.findLast((each) =>
      each.file === file.name && each.writes.some(({ sector, way }) =>
        way === "direct" && sectors.includes(sector)
      )
    ) ?? null;
    findings.push({
      anomaly: "STALE_MAPPING",
      attributes: ["state_form"],
      operations: writer === null ? [] : [writer.name],
      tasks: [...new Set([task, ...(writer === null ? [] : [writer.task])])],
      file: file.name,
      sectors,
      text:
        `When all is done ${task} still maps ${maps} for page ${index} of ${file.name}, which is not what the file ` +
        `has there. Its loads do not see what others write, and what it stores is lost.`,
      allowed: false,
    });
  }
  return findings;
}
