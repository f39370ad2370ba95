/**
 * What a window came to in the recording, put as a run of its small scenario would.
 *
 * @module
 */

import type { Region, SmallOperation, SmallWindow } from "./normalise.ts";
import type { Source, StampedOperation, StampedRun, Unsaid, WindowSpan } from "./stamped_window.ts";
import { inTaskOrder } from "./window_scenario.ts";

/** What was seen of a stretch of the file, sector for sector of the recording; null: not known. */
export interface SeenRegion {
  readonly region: Region;
  readonly sources: readonly (ReadonlySet<Source> | null)[];
}

export interface RecordedResult {
  readonly task: string;
  /** Sectors of the small file that were read or written, or what the call returned; `fails`: an error, a signal. */
  readonly result: number | "fails";
  /** Of the small file, where the operation begins. */
  readonly firstSector: number;
  readonly reads: readonly SeenRegion[];
}

export interface RecordedOutcome {
  readonly results: readonly RecordedResult[];
  /** What the next reads showed. */
  readonly afterwards: readonly SeenRegion[];
  /** Why it says nothing of a model that it does not allow it: the window is not what was recorded. Null: it does. */
  readonly doubt: string | null;
}

const SECTOR = 512;
const READS = /(read|load)$/;
const WRITES = /(write|store)$/;
const TRANSFERS = /(read|write|load|store)$/;

export function recordedOutcome(small: SmallWindow, stamped: StampedRun): RecordedOutcome | Unsaid {
  const operations = inTaskOrder(small.operations).map((operation, at) => ({ task: `T${at + 1}`, operation }));
  const tasks = new Map<string, StampedOperation>();
  for (const { task, operation: { touched } } of operations) {
    const line = stamped.lineOf(touched.operation);
    if (line === null) return { unsaid: "operations without a line of the history" };
    const stamps = stamped.stampsOf(line);
    // What changes and reads nothing has no stamps, and needs none.
    if (stamps !== null) tasks.set(task, { line, plain: stamps.plain });
    else if (TRANSFERS.test(touched.verb)) return { unsaid: "operations whose stamps are not judged" };
  }
  const times = small.operations.map(({ touched: { operation } }) => operation);
  const span: WindowSpan = {
    tasks,
    begun: Math.min(...times.map(({ start }) => start)),
    over: Math.max(...times.map(({ end }) => end!), ...[...tasks.values()].map(({ plain }) => plain.res ?? Infinity)),
  };
  const results: RecordedResult[] = [];
  for (const { task, operation } of operations) {
    const result = resultOf(operation, task, { small, stamped, span });
    if ("unsaid" in result) return result;
    results.push(result);
  }
  const afterwards = afterwardsOf(small, stamped, span);
  const early = operations.filter(({ operation }, nth) => isShort(operation, results[nth], small));
  const doubt = small.sizeTold === null && early.length > 0
    ? "operations that failed or ended early in files whose size nothing told"
    : [...results.flatMap(({ reads }) => reads), ...afterwards].some((each) => isData(each, small))
    ? "windows that take pages for holes of which some had data"
    : stamped.isResizedByOthers(times, small.sizeTold, span)
    ? "windows of files whose size a third operation changed meanwhile"
    : early.some(({ operation: { touched } }) => WRITES.test(touched.verb))
    ? "writes that failed or ended early, as where no block is free, which windows do not hold"
    : null;
  return { results, afterwards, doubt };
}

function isShort({ touched, range }: SmallOperation, { result, firstSector }: RecordedResult, small: SmallWindow) {
  const end = small.regions.find(({ to }) => to === touched.end)?.end;
  return TRANSFERS.test(touched.verb) && range !== null && (result === "fails" || firstSector + result !== end);
}

/** Of what an operation is told about blocks, a window has one word for all of its pages. */
function isData({ region, sources }: SeenRegion, { blocks, sectorsPerPage }: SmallWindow): boolean {
  return blocks.has(Math.floor(region.first / sectorsPerPage)) &&
    sources.some((each) => each?.has("before") === true && !each.has("zero"));
}

interface Told {
  readonly small: SmallWindow;
  readonly stamped: StampedRun;
  readonly span: WindowSpan;
}

function resultOf(operation: SmallOperation, task: string, told: Told): RecordedResult | Unsaid {
  const { touched, range } = operation;
  if (!TRANSFERS.test(touched.verb) || range === null) {
    return { task, result: touched.operation.result ?? 0, firstSector: 0, reads: [] };
  }
  const { regions } = told.small;
  const { line } = told.span.tasks.get(task)!;
  const begin = line.offset ?? touched.operation.offset ?? 0;
  // Where it came to its end: what comes behind the pages of both does not matter. Of a page, loads and stores are taken
  // to touch all of what the window has, if they touched any of it.
  const done = begin + Math.max(0, line.result);
  const isMapped = touched.verb === "load" || touched.verb === "store";
  const stop = isMapped && done > touched.start ? touched.end : Math.min(touched.end, done);
  const firstSector = regions.find(({ from }) => from === touched.start)?.first;
  if (firstSector === undefined) return { unsaid: "operations that begin within a page next to the others'" };
  if (stop <= touched.start) {
    return { task, result: line.error === null ? 0 : "fails", firstSector, reads: [] };
  }
  const last = regions.find(({ to }) => to === stop)?.end;
  if (last === undefined) return { unsaid: "operations that ended where the small window has no border" };
  const reads = READS.test(touched.verb) ? readsOf(told, task, operation, stop) : [];
  return "unsaid" in reads ? reads : { task, result: last - firstSector, firstSector, reads };
}

/**
 * A load is modelled in the first sector of its page, wherever it was: where all others touch the page as a whole, or not
 * at all, its sectors are alike, and what the load saw of any of them is what it saw.
 */
function isAnywhereInPage({ touched }: SmallOperation, { small, stamped }: Told): boolean {
  if (touched.verb !== "load") return false;
  const page = stamped.pageOf(touched.start);
  const isWhole = (byte: number) => byte === Infinity || stamped.pageOf(byte) !== page || stamped.isPageBegin(byte);
  return small.operations.every(({ touched: { operation, start, end } }) =>
    operation === touched.operation || (isWhole(start) && isWhole(end))
  );
}

function readsOf(told: Told, task: string, operation: SmallOperation, stop: number): SeenRegion[] | Unsaid {
  const { small, stamped, span } = told;
  const { start } = operation.touched;
  const { line, plain } = span.tasks.get(task)!;
  const { past } = stamped.stampsOf(line)!;
  const isAnywhere = isAnywhereInPage(operation, told);
  const seen: ReadonlyMap<number, readonly string[]> = isAnywhere
    ? new Map([...stamped.seenInPage(line, stamped.pageOf(start))].map(([sector, values]) => [sector, [...values]]))
    : new Map(plain.reads.map(({ sector, value, mixedWith }) => [sector, [value, ...mixedWith ?? []]]));
  const reads: SeenRegion[] = [];
  let isKnown = false;
  for (const region of small.regions) {
    if (region.from < start || region.to > stop) continue;
    const sources: (ReadonlySet<Source> | null)[] = [];
    for (const sector of isAnywhere ? seen.keys() : sectorsOf(region)) {
      const values = seen.get(sector);
      if (values === undefined) {
        sources.push(null);
        continue;
      }
      const found = past.sourcesOf(sector, values, span, plain.res ?? Infinity);
      if ("unsaid" in found) return found;
      isKnown = true;
      sources.push(modelled(found, sector, small, span));
    }
    if (changes(sources) > region.end - region.first) {
      return { unsaid: "reads that change more often than the small window has sectors" };
    }
    reads.push({ region, sources });
  }
  return isKnown ? reads : { unsaid: "reads of sectors whose stamps are not judged" };
}

/** A store is modelled in the first sector of its page, wherever it was: what is known of it is what both have. */
function modelled(
  sources: ReadonlySet<Source>,
  sector: number,
  { operations }: SmallWindow,
  { tasks }: WindowSpan,
): ReadonlySet<Source> | null {
  for (const [at, { touched }] of inTaskOrder(operations).entries()) {
    const task = `T${at + 1}`;
    if (touched.verb !== "store") continue;
    const isWithin = sector * SECTOR >= touched.start && sector * SECTOR < touched.end;
    const isWritten = tasks.get(task)!.plain.writes.some((write) => write.sector === sector);
    if (isWithin ? !isWritten : sources.has(task)) return null;
  }
  return sources;
}

function afterwardsOf(small: SmallWindow, stamped: StampedRun, span: WindowSpan): SeenRegion[] {
  const [any] = span.tasks.values();
  const past = any === undefined ? null : stamped.stampsOf(any.line)!.past;
  if (past === null) return [];
  const regions: SeenRegion[] = [];
  for (const region of small.regions) {
    const sources = sectorsOf(region).map((sector) => {
      const found = past.afterwards(sector, span);
      return found === null ? null : modelled(found, sector, small, span);
    });
    const isKnown = sources.some((each) => each !== null);
    if (isKnown && changes(sources) <= region.end - region.first) regions.push({ region, sources });
  }
  return regions;
}

/** Sectors of the recorded file that are all within. */
function sectorsOf({ from, to }: Region): number[] {
  const first = Math.ceil(from / SECTOR);
  return Array.from({ length: Math.max(0, Math.floor(to / SECTOR) - first) }, (_, nth) => first + nth);
}

/** The least number of pieces of one source each. */
function changes(sources: SeenRegion["sources"]): number {
  let pieces = 0;
  let possible: ReadonlySet<Source> = new Set();
  for (const each of sources) {
    if (each === null) continue;
    const both = each.intersection(possible);
    if (both.size === 0) pieces++;
    possible = both.size === 0 ? each : both;
  }
  return pieces;
}
