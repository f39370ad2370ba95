/**
 * What one run says of a scenario's expectations: results, contents at the end, order, costs. Each is a fact of the run, which exploring
 * counts and keeps a token for; {@linkcode evaluate} (expectations.ts) reads them when the exploration is over.
 *
 * | fact | is |
 * |---|---|
 * | `expectation 3 holds: w returned 4 sectors` | the fourth expectation of the scenario holds in this run |
 * | `expectation 3 fails: w returned -EIO` | it does not |
 * | `cost bios of r = 3` | what an operation, a task or (`of run`) the run has cost |
 *
 * @module
 */

import { ZERO } from "../machine/tokens.ts";
import { EIOCBQUEUED } from "../machine/kiocb.ts";
import { lengthSectors, rangeText, sectorsOf } from "../scenarios/place.ts";
import type {
  Contents,
  Expectation,
  FinalExpectation,
  FinalFile,
  ResultExpectation,
  Returned,
  Scenario,
} from "../scenarios/scenario.ts";
import type { FileRecord, OperationRecord, RunRecord } from "../systems/run_record.ts";
import { errnoName } from "./errno_names.ts";
import { originOf } from "./origins.ts";

/** What a run says of an expectation; null: nothing. */
export interface RunVerdict {
  readonly holds: "holds" | "fails";
  readonly text: string;
}

export function verdictFact(nth: number, { holds, text }: RunVerdict): string {
  return `expectation ${nth} ${holds}: ${text}`;
}

/** Judges the results and final contents that are expected of a run; null where this run is not meant. */
export function judgeExpectation(expectation: Expectation, record: RunRecord, scenario: Scenario): RunVerdict | null {
  if (expectation.kind === "result") {
    const end = scenario.afterRecovery.some(({ name }) => name === expectation.op) ? "crash" : "complete";
    return record.end === end ? judgeResult(expectation, record, scenario) : null;
  }
  if (expectation.kind === "final") {
    const end = expectation.when === "done" ? "complete" : "crash";
    return record.end === end ? judgeFinal(expectation, record, scenario) : null;
  }
  return null;
}

const holds = (text: string): RunVerdict => ({ holds: "holds", text });
const fails = (text: string): RunVerdict => ({ holds: "fails", text });

/** As people read it: `all`, `-EIO`, `3 of 4 sectors`. */
export function returnedText(result: number, length: number): string {
  if (result < 0) return result === -EIOCBQUEUED ? "-EIOCBQUEUED" : errnoName(result);
  if (length > 0 && result === length) return "all";
  return length > 0 ? `${result} of ${length} sectors` : String(result);
}

function isReturned(want: Returned, result: number, { len }: OperationRecord, sectorsPerPage: number): boolean {
  if (typeof want !== "string") return result === lengthSectors(want, sectorsPerPage);
  if (want === "all") return result >= 0 && result === len;
  if (want === "short") return result > 0 && result < len;
  return result < 0 && (want === "-EIOCBQUEUED" ? result === -EIOCBQUEUED : errnoName(result) === want);
}

function judgeResult(expectation: ResultExpectation, record: RunRecord, scenario: Scenario): RunVerdict {
  const { op, returns, neverReturns, submitReturns, reads, neverReads, through, notThrough } = expectation;
  const operation = record.operations.find(({ name }) => name === op);
  if (operation === undefined) return fails(`${op} was never called`);
  const { result, len, submitted } = operation;
  if (result === null) return fails(`${op} has not returned`);
  const { sectorsPerPage } = record;
  const told: string[] = [];
  const saysReturned = returns.length + neverReturns.length > 0;
  const text = `${op} returned ${returnedText(result, len)}`;
  if (saysReturned) told.push(text);
  if (returns.length > 0 && !returns.some((want) => isReturned(want, result, operation, sectorsPerPage))) {
    return fails(text);
  }
  if (neverReturns.some((want) => isReturned(want, result, operation, sectorsPerPage))) return fails(text);
  if (submitReturns.length > 0) {
    if (submitted === null) return fails(`${op} was not submitted`);
    const said = `io_submit of ${op} returned ${returnedText(submitted.result, len)}`;
    if (!submitReturns.some((want) => isReturned(want, submitted.result, operation, sectorsPerPage))) {
      return fails(said);
    }
    told.push(said);
  }
  const wrong = judgeReads(operation, reads, neverReads, record, scenario);
  if (wrong !== null) return fails(wrong);
  if (reads.length > 0) told.push(...readText(operation, reads, record, scenario));
  const missed = through.find((step) => !operation.steps.includes(step));
  if (missed !== undefined) return fails(`${op} did not go through ${missed}`);
  const met = notThrough.find((step) => operation.steps.includes(step));
  if (met !== undefined) return fails(`${op} went through ${met}`);
  if (through.length > 0) told.push(`${op} went through ${through.join(", ")}`);
  if (notThrough.length > 0) told.push(`${op} did not go through ${notThrough.join(", ")}`);
  if (neverReads.length > 0) told.push(`${op} read nothing of that`);
  return holds(told.join("; "));
}

/** The last thing that each sector was given to the caller as. */
function lastReads({ reads }: OperationRecord): Map<number, string> {
  return new Map(reads.map(({ sector, token }) => [sector, token]));
}

function judgeReads(
  operation: OperationRecord,
  reads: readonly Contents[],
  neverReads: readonly Contents[],
  record: RunRecord,
  scenario: Scenario,
): string | null {
  const given = lastReads(operation);
  for (const { range, origins } of reads) {
    const { from, to } = sectorsOf(range, record.sectorsPerPage);
    for (let sector = from; sector < to; sector++) {
      const token = given.get(sector);
      if (token === undefined) return `${operation.name} was given nothing for sector ${sector}`;
      const origin = originOf(token, operation.file!, sector, scenario);
      if (!origins.includes(origin)) return `${operation.name} read ${origin} in sector ${sector}`;
    }
  }
  for (const { range, origins } of neverReads) {
    const { from, to } = sectorsOf(range, record.sectorsPerPage);
    for (let sector = from; sector < to; sector++) {
      const token = given.get(sector);
      if (token === undefined) continue;
      const origin = originOf(token, operation.file!, sector, scenario);
      if (origins.includes(origin)) return `${operation.name} read ${origin} in sector ${sector}`;
    }
  }
  return null;
}

function readText(
  operation: OperationRecord,
  reads: readonly Contents[],
  record: RunRecord,
  scenario: Scenario,
): string[] {
  const given = lastReads(operation);
  return reads.map(({ range }) => {
    const { from, to } = sectorsOf(range, record.sectorsPerPage);
    const origins = new Set<string>();
    for (let sector = from; sector < to; sector++) {
      origins.add(originOf(given.get(sector)!, operation.file!, sector, scenario));
    }
    return `${operation.name} read ${[...origins].join(", ")} in ${rangeText(range)}`;
  });
}

function judgeFinal(expectation: FinalExpectation, record: RunRecord, scenario: Scenario): RunVerdict {
  const told: string[] = [];
  for (const [name, state] of Object.entries(expectation.files)) {
    const file = record.files.find((each) => each.name === name);
    if (file === undefined) return fails(`nothing is known of ${name}`);
    const verdict = judgeFile(file, state, record, scenario);
    if (verdict.holds === "fails") return verdict;
    told.push(verdict.text);
  }
  return holds(told.join("; "));
}

function judgeFile(file: FileRecord, want: FinalFile, record: RunRecord, scenario: Scenario): RunVerdict {
  const { sectorsPerPage } = record;
  const { name } = file;
  const told: string[] = [];
  const sizes: [string, number, FinalFile["size"]][] = [
    ["size", file.size, want.size],
    ["disk size", file.diskSize, want.disksize],
  ];
  for (const [what, size, legal] of sizes) {
    if (legal.length === 0) continue;
    const text = `${what} of ${name} is ${size} sectors`;
    if (!legal.some((length) => lengthSectors(length, sectorsPerPage) === size)) return fails(text);
    told.push(text);
  }
  for (const { range, states } of want.blocks) {
    const { from, to } = sectorsOf(range, sectorsPerPage);
    const has = new Set<string>();
    for (let sector = from; sector < to; sector++) {
      const lblk = Math.floor(sector / record.sectorsPerBlock);
      const state = file.blocks.find((block) => block.lblk === lblk)?.state ?? "hole";
      if (!states.includes(state)) return fails(`block ${lblk} of ${name} is ${state}`);
      has.add(state);
    }
    told.push(`blocks ${rangeText(range)} of ${name} are ${[...has].join(", ")}`);
  }
  for (const { range, states } of want.cache) {
    const has = new Set<string>();
    for (let index = range.firstPage; index <= range.lastPage; index++) {
      const state = cacheState(file, index);
      if (!states.includes(state)) return fails(`page ${index} of ${name} is ${state}`);
      has.add(state);
    }
    told.push(`pages ${rangeText(range)} of ${name} are ${[...has].join(", ")}`);
  }
  for (const { range, origins } of want.content) {
    const { from, to } = sectorsOf(range, sectorsPerPage);
    const has = new Set<string>();
    for (let sector = from; sector < to; sector++) {
      const origin = originOf(contentOf(file, sector, sectorsPerPage), name, sector, scenario);
      if (!origins.includes(origin)) return fails(`sector ${sector} of ${name} is ${origin}`);
      has.add(origin);
    }
    told.push(`${name}[${rangeText(range)}] is ${[...has].join(", ")}`);
  }
  if (want.orphan !== null) {
    const text = `${name} is ${file.onOrphanList ? "" : "not "}on the orphan list`;
    if (file.onOrphanList !== (want.orphan === "on")) return fails(text);
    told.push(text);
  }
  return holds(told.join(", "));
}

function cacheState(file: FileRecord, index: number): "absent" | "clean" | "dirty" {
  const folio = file.folios.find((each) => each.index === index);
  if (folio === undefined) return "absent";
  return folio.dirty || folio.dirtyPte ? "dirty" : "clean";
}

/** What a read through the page cache would give. */
export function contentOf(file: FileRecord, sector: number, sectorsPerPage: number): string {
  const folio = file.folios.find((each) => each.index === Math.floor(sector / sectorsPerPage));
  if (folio !== undefined && folio.uptodate) return folio.tokens[sector % sectorsPerPage];
  return file.media[sector] ?? ZERO;
}
