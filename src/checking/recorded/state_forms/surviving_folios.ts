/**
 * Folios that were in the page cache before a direct write stored its data, and still there when the write was over:
 * STALE_CACHE as long as they stay, LOST_UPDATE once they are written back.
 *
 * Without stamps nobody knows what a folio holds. One that is read from the device after the data was stored is new, and
 * none such is told here; one that was read while the data was in flight may hold either, and is told as possible; one
 * that a store or a buffered write has changed since is new in the bytes of that one only. What a buffered write wrote
 * that was under way together with the direct one may be what is left: either of the two may be the last.
 *
 * @module
 */

import { type DirectWrite, pagesOf } from "../direct_writes.ts";
import type { EvidenceFinder, Survival } from "../evidence.ts";
import type { PageHistory } from "../page_history.ts";
import type { RecordedFinding, RecordedOperation, RecordedRun } from "../recorded_run.ts";
import { operationText, timeText } from "../recorded_run.ts";
import { SpansOfTime } from "../spans_of_time.ts";
import { rangesText, SECTOR, sectorsOf } from "../sector_ranges.ts";

/** A page that survived a write. */
export interface Survivor extends Survival {
  readonly write: DirectWrite;
  readonly page: number;
  /** Sectors of the page that the write wrote whole. */
  readonly sectors: readonly number[];
}

/** All pages that survived a direct write of them, as far as no other write at the same time explains what they hold. */
export function survivors(run: RecordedRun, writes: readonly DirectWrite[], finder: EvidenceFinder): Survivor[] {
  const { pageSize } = run;
  const cached = new Map(
    [...Map.groupBy(run.operations.filter(isCachedWrite), ({ file }) => file)]
      .map(([file, own]) => [file, new SpansOfTime(own)]),
  );
  const found: Survivor[] = [];
  for (const write of writes) {
    const together = cached.get(write.file)?.within(write.operation.start, write.over) ?? [];
    for (const page of pagesOf(write.offset, write.bytes, pageSize)) {
      const survival = finder.survivorOf(write, page);
      if (survival === null) continue;
      const start = Math.max(write.offset, page * pageSize);
      const end = Math.min(write.offset + write.bytes, (page + 1) * pageSize);
      const sectors = sectorsOf(start, end).filter((sector) => !together.some((other) => covers(other, sector)));
      if (sectors.length > 0) found.push({ write, page, sectors, ...survival });
    }
  }
  return found;
}

/** Whether data of the operation went into the page cache, and where is known. */
function isCachedWrite({ kind, execution, offset, result }: RecordedOperation): boolean {
  return /pwrite$/.test(kind) && execution === "buffered" && offset !== null && (result ?? 0) > 0;
}

function covers({ offset, result }: RecordedOperation, sector: number): boolean {
  return offset! <= sector * SECTOR && (sector + 1) * SECTOR <= offset! + result!;
}

/** Reads through the page cache, and faults of mappings, that a surviving folio served. */
function servedReads(
  { write, page, stay }: Survivor,
  reads: readonly RecordedOperation[],
  pageSize: number,
): RecordedOperation[] {
  const [start, end] = [page * pageSize, (page + 1) * pageSize];
  return reads.filter((read) =>
    read.file === write.file && read.start > write.over && read.start < (stay.removed?.time ?? Infinity) &&
    read.offset! < end && read.offset! + (read.bytes ?? 1) > start
  );
}

/** Operations that read what the page cache has. */
function cachedReads({ operations }: RecordedRun): RecordedOperation[] {
  return operations.filter(({ kind, execution, file, offset, result }) =>
    file !== null && offset !== null &&
    (kind === "load" || (/pread$/.test(kind) && execution === "buffered" && (result ?? 1) > 0))
  );
}

export function survivingFolios(
  run: RecordedRun,
  writes: readonly DirectWrite[],
  pages: PageHistory,
  finder: EvidenceFinder,
): RecordedFinding[] {
  const reads = cachedReads(run);
  const findings: RecordedFinding[] = [];
  for (const [write, all] of Map.groupBy(survivors(run, writes, finder), (each) => each.write)) {
    for (const alike of [all.filter(isOlder), all.filter((survivor) => !isOlder(survivor))]) {
      const withBack = alike.map((survivor) => ({
        survivor,
        bios: pages.writebacks(write.file, survivor.page, write.stored, survivor.stay.removed?.time ?? Infinity),
      }));
      const stale = withBack.filter(({ bios }) => bios.length === 0).map(({ survivor }) => survivor);
      const lost = withBack.filter(({ bios }) => bios.length > 0);
      if (stale.length > 0) findings.push(staleFinding(run, write, stale, reads, finder));
      if (lost.length > 0) findings.push(lostFinding(run, write, lost, finder));
    }
  }
  return findings;
}

function isOlder({ age }: Survivor): boolean {
  return age === "older";
}

/** What is said of how sure a finding is. */
function surenessOf(survivor: Survivor): Pick<RecordedFinding, "severity" | "attributes"> {
  return isOlder(survivor)
    ? { severity: "data_loss", attributes: ["state"] }
    : { severity: "warning", attributes: ["state", "possible"] };
}

function staleFinding(
  run: RecordedRun,
  write: DirectWrite,
  stale: readonly Survivor[],
  reads: readonly RecordedOperation[],
  finder: EvidenceFinder,
): RecordedFinding {
  const [first] = stale;
  const served = stale.flatMap((survivor) => servedReads(survivor, reads, run.pageSize));
  const reader = served[0] ?? null;
  const text = evidenceText(run, write, stale.map(({ page }) => page), first, finder);
  return {
    anomaly: "STALE_CACHE",
    ...surenessOf(first),
    ...reader === null ? { severity: "warning" } : {},
    operations: [...reader === null ? [] : [`operation ${reader.id}`], `operation ${write.operation.id}`],
    file: write.file,
    fileName: null,
    sectors: stale.flatMap(({ sectors }) => sectors),
    time: reader?.start ?? write.over,
    seqs: seqsOf(write, stale, reader),
    text: `${text} ${
      reader === null
        ? "No read of it is in the recording."
        : `Operation ${reader.id} (${operationText(reader, run.originNs)}) was served from it${
          served.length > 1 ? `, and ${served.length - 1} other reads` : ""
        }.`
    }`,
  };
}

function lostFinding(
  run: RecordedRun,
  write: DirectWrite,
  lost: readonly { survivor: Survivor; bios: ReturnType<PageHistory["writebacks"]> }[],
  finder: EvidenceFinder,
): RecordedFinding {
  const [{ survivor, bios: [bio] }] = lost;
  return {
    anomaly: "LOST_UPDATE",
    ...surenessOf(survivor),
    operations: [`operation ${write.operation.id}`],
    file: write.file,
    fileName: null,
    sectors: lost.flatMap((each) => each.survivor.sectors),
    time: bio.queued,
    seqs: [...seqsOf(write, lost.map((each) => each.survivor), null), ...lost.map(({ bios }) => bios[0].firstSeq)],
    text: `${evidenceText(run, write, lost.map((each) => each.survivor.page), survivor, finder)} ` +
      `Bio ${bio.id} wrote it back${isOlder(survivor) ? " over the newer data" : ""} at ${
        timeText(bio.queued!, run.originNs)
      } (event ${bio.firstSeq}).`,
  };
}

function evidenceText(
  run: RecordedRun,
  write: DirectWrite,
  pages: readonly number[],
  survivor: Survivor,
  finder: EvidenceFinder,
): string {
  const { stay } = survivor;
  const { operation } = write;
  const error = finder.errorAfter(write.file, write.over);
  const reported = error === null
    ? ""
    : ` (${error.kind} returned EIO afterwards: operation ${error.id}, event ${error.lastSeq})`;
  return `Page${pages.length === 1 ? "" : "s"} ${rangesText(pages)} ${finder.cameHow(stay, write)} and ${
    pages.length === 1 ? "was" : "were"
  } still there when operation ${operation.id} (${operationText(operation, run.originNs)}) was over${reported}${
    isOlder(survivor)
      ? ""
      : `; ${pages.length === 1 ? "it" : "each"} was read while the data was in flight, and may hold it`
  }.`;
}

function seqsOf(write: DirectWrite, stale: readonly Survivor[], reader: RecordedOperation | null): number[] {
  return [
    write.operation.firstSeq,
    write.operation.lastSeq,
    ...stale.flatMap(({ stay }) => stay.added === null ? [] : [stay.added.seq]),
    ...reader === null ? [] : [reader.firstSeq],
  ];
}
