/**
 * What went wrong when a read returned older content than it may (catalogue, section 3).
 *
 * The catalogue asks for the block at the moment at which the read returned. That moment is not the same in all runs of a
 * class where the read and what changes the block do not depend on each other; so of a run of the machine it is decided by
 * what the read's own steps looked at, by the end state, and by later direct reads, which are. What these leave open is
 * said to be open.
 *
 * @module
 */

import type { PlainHistory } from "./plain_history.ts";
import type { Read, SectorHistory, Write } from "./sector_history.ts";
import type { LegalWrites } from "./legal_writes.ts";

/** What lies under a file when all is done. */
export interface FileView {
  /** The block of a sector and what it holds: zeros where nothing is written. */
  block(sector: number): {
    readonly state: "hole" | "delalloc" | "unwritten" | "written";
    readonly conversionQueued: boolean;
    readonly value: string;
  };
  /** A dirty folio's, which will be written; null: there is none. */
  dirty(sector: number): string | null;
  /** What a task maps for a sector although the file has something else there; null: nothing. */
  staleMapping(task: string, sector: number): string | null;
}

export interface OlderRead {
  readonly anomaly: "UNCONVERTED" | "STALE_MAPPING" | "STALE_CACHE" | "LOST_UPDATE" | "STALE_CACHE|LOST_UPDATE";
  readonly attributes: readonly string[];
  /** A sentence. */
  readonly because: string;
}

/** @param newest the newest write that the read may return */
export function classifyOlderRead(
  read: Read,
  newest: Write,
  history: SectorHistory,
  legal: LegalWrites,
  view: FileView | null,
  zero: PlainHistory["zero"],
): OlderRead {
  const { sector, writes } = history;
  const wanted = newest.value;
  const block = view?.block(sector) ?? null;
  const zeroFrom = read.access?.zeroFrom;
  if (zeroFrom === "zero_page") {
    return {
      anomaly: "STALE_MAPPING",
      attributes: [],
      because: "The zero page is still mapped there although the block has been allocated since.",
    };
  }
  const throughDevice = newest.way === "direct";
  // A store through a mapping of persistent memory is in the block, whatever the state of the extent says.
  const storedIntoBlock = newest.way === "mapped" && zeroFrom === "unwritten" && block?.state === "unwritten" &&
    view?.dirty(sector) === null;
  if (zeroFrom !== undefined && (throughDevice || storedIntoBlock) && newest.data) {
    const permanent = block !== null && isUnconverted(block.state) && !block.conversionQueued;
    return {
      anomaly: "UNCONVERTED",
      attributes: [permanent ? "permanent" : "window"],
      because: `It found the extent ${inState(zeroFrom)}: ${
        permanent ? "nobody converts it any more" : "the conversion was still to come when the write had been reported"
      }.`,
    };
  }
  if (zeroFrom !== undefined && read.kind === "direct" && !throughDevice) return missedFlush(wanted);
  const mapped = read.way === "mapped" && read.operation !== null
    ? view?.staleMapping(read.operation.task, sector) ?? null
    : null;
  if (mapped !== null) {
    return {
      anomaly: "STALE_MAPPING",
      attributes: [],
      because: `Its page table still maps ${mapped}, which is not what the file has there.`,
    };
  }
  if (view !== null && block !== null) {
    const dirty = view.dirty(sector);
    if (dirty === null && isUnconverted(block.state) && throughDevice && newest.data && read.value === zero) {
      return {
        anomaly: "UNCONVERTED",
        attributes: [block.conversionQueued ? "window" : "permanent"],
        because: `The extent is ${inState(block.state)} in the end although the write of it has been reported.`,
      };
    }
    const held = dirty ?? block.value;
    const age = ageOf(held, read, newest, writes, legal);
    if (age === "older") return lostUpdate(held, dirty === null ? "block" : "dirty folio", wanted);
    if (age === "as_new") {
      return read.kind === "direct" ? missedFlush(wanted) : staleCache(held, dirty === null ? "block" : "dirty folio");
    }
  }
  return byDirectRead(read, newest, history, legal);
}

function isUnconverted(state: "hole" | "delalloc" | "unwritten" | "written"): boolean {
  return state === "unwritten" || state === "hole";
}

function inState(state: string): string {
  return state === "hole" ? "a hole" : state;
}

/** Without the end state: a direct read behind it shows what the block holds. */
function byDirectRead(read: Read, newest: Write, { writes, reads }: SectorHistory, legal: LegalWrites): OlderRead {
  let next: Read | null = null;
  for (const each of reads) {
    if (each.kind !== "direct" || each.operation === null || !(each.inv > read.res)) continue;
    if (next === null || each.inv < next.inv) next = each;
  }
  const age = next === null ? "later" : ageOf(next.value, read, newest, writes, legal);
  if (next !== null && age === "as_new") {
    return read.kind === "direct" ? missedFlush(newest.value) : staleCache(next.value, "block");
  }
  if (next !== null && age === "older") return lostUpdate(next.value, "block", newest.value);
  return {
    anomaly: "STALE_CACHE|LOST_UPDATE",
    attributes: [],
    because:
      "What the block held then is not known: the cache was stale, or the write was overwritten with older data.",
  };
}

/** Whether a value is as new as the write that a read should have returned, older, or of a write behind the read. */
function ageOf(
  value: string,
  read: Read,
  newest: Write,
  writes: readonly Write[],
  legal: LegalWrites,
): "as_new" | "older" | "later" {
  let age: "as_new" | "older" | "later" = "older";
  for (const nth of legal.ofValue(value)) {
    const write = writes[nth];
    if (write === newest || (!(write.done < newest.inv) && write.inv <= read.res && write.value !== read.value)) {
      return "as_new";
    }
    if (write.inv > read.res) age = "later";
  }
  return age;
}

function staleCache(held: string, where: string): OlderRead {
  return {
    anomaly: "STALE_CACHE",
    attributes: [],
    because: `The ${where} holds ${held}: what served the read was neither updated nor invalidated.`,
  };
}

function missedFlush(wanted: string): OlderRead {
  return {
    anomaly: "STALE_CACHE",
    attributes: [],
    because: `The page cache had ${wanted} and was not written back before the device was read.`,
  };
}

function lostUpdate(held: string, where: string, wanted: string): OlderRead {
  return {
    anomaly: "LOST_UPDATE",
    attributes: [],
    because: `The ${where} holds ${held} and nothing holds ${wanted} any more: older data was written over it.`,
  };
}
