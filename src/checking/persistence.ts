/**
 * What must be there after a crash (catalogue, section 4): PERSIST_LOST, STALE_DATA, WRONG_DISKSIZE.
 *
 * A sector may hold what any write left that had begun before the crash, unless a promised write came after it in real
 * time. Promised is what an O_SYNC or O_DSYNC write wrote before it returned, what had returned before an fsync or fdatasync
 * began that returned 0, and what was stored before an msync with MS_SYNC that covers it. A failed fsync promises nothing
 * and takes no promise back; a plain O_DIRECT write promises nothing. A write of several sectors may be there in part.
 *
 * What operations do after recovery is done without a crash: their reads see what recovery left, and their writes stay.
 *
 * @module
 */

import { ZERO } from "../machine/tokens.ts";
import type { FileRecord, Judgement, OperationRecord, RunRecord } from "../systems/run_record.ts";
import { sectorsText } from "./coherence/explain.ts";
import type { Certainty, PlainHistory, PlainOperation } from "./coherence/plain_history.ts";
import { historyOf, tokenParts, unjudged } from "./coherence/record_history.ts";

type FindingLike = Judgement["findings"][number];

/** A change of a sector or of the size, as far as crashes go. */
interface Change {
  /** Null: it was there before. */
  readonly operation: PlainOperation | null;
  readonly inv: number;
  readonly done: number;
  /** When it was promised; Infinity: never. */
  readonly promised: number;
}

interface Content extends Change {
  readonly value: string;
}

const BEFORE_ALL: Change = { operation: null, inv: -Infinity, done: -Infinity, promised: Infinity };

/** What a crash has lost that it must not lose; nothing for runs that end otherwise. */
export function checkPersistence(record: RunRecord): FindingLike[] {
  if (record.end !== "crash" || record.crash === null) return [];
  const skipped = new Set(unjudged(record).map(({ file }) => file));
  return record.files.filter(({ name }) => !skipped.has(name)).flatMap((file) =>
    new CrashJudge(record, file, record.crash!.step).judge()
  );
}

class CrashJudge {
  readonly #file: FileRecord;
  readonly #history: PlainHistory;
  readonly #crash: number;
  /** Syncs of the file that returned 0 before the crash. */
  readonly #syncs: readonly OperationRecord[];
  readonly #records: ReadonlyMap<string, OperationRecord>;
  readonly #findings = new Map<
    string,
    { anomaly: string; change: Change | null; reader: string | null; sectors: number[]; value: string }
  >();

  constructor(record: RunRecord, file: FileRecord, crash: number) {
    this.#file = file;
    this.#crash = crash;
    this.#history = historyOf(record, file.name);
    this.#records = new Map(record.operations.map((operation) => [operation.name, operation]));
    this.#syncs = record.operations.filter(({ kind, file: of, result, returned, flags }) =>
      of === file.name && result === 0 && returned !== null && returned < crash &&
      (kind === "fsync" || kind === "fdatasync" || kind === "msync" && flags.includes("MS_SYNC"))
    );
  }

  judge(): FindingLike[] {
    for (let sector = 0; sector < this.#file.size; sector++) {
      this.#judgeContent(sector, this.#file.media[sector] ?? ZERO, Infinity, null);
    }
    for (const operation of this.#history.operations) {
      if (operation.inv < this.#crash) continue;
      for (const { sector, value } of operation.reads) this.#judgeContent(sector, value, operation.inv, operation.name);
    }
    return [...this.#told(), ...this.#judgeSize()];
  }

  /** @param at only what was done by then counts of what came after recovery */
  #judgeContent(sector: number, token: string, at: number, reader: string | null): void {
    const contents = this.#contents(sector, at);
    for (const value of tokenParts(token, contents.map(({ value }) => value))) {
      const same = contents.filter((content) => content.value === value);
      const lost = (content: Content): Content | null =>
        contents.find((later) => later.promised !== Infinity && later.inv > content.done) ?? null;
      if (same.some((content) => lost(content) === null)) continue;
      if (same.length === 0 && value !== ZERO) this.#tell("STALE_DATA", null, reader, sector, value);
      else {
        const newest = contents.filter(({ promised }) => promised !== Infinity).sort((a, b) => b.inv - a.inv)[0];
        this.#tell("PERSIST_LOST", newest ?? contents[0], reader, sector, value);
      }
    }
  }

  /** All that the sector may have held; what was there before first. */
  #contents(sector: number, at: number): Content[] {
    const before = this.#initialPromise();
    const contents: Content[] = [{ ...BEFORE_ALL, promised: before, value: this.#history.initial(sector) }];
    for (const operation of this.#history.operations) {
      if (operation.inv > at) continue;
      for (const write of operation.writes) {
        if (write.sector !== sector) continue;
        const { certainty, way, value } = write;
        contents.push({ ...this.#change(operation, certainty, way === "mapped" ? "store" : "write", sector), value });
      }
      for (const { first, end, certainty } of operation.zeroes) {
        if (sector < first || (end !== null && sector >= end)) continue;
        const what = end === null ? "truncate" : "write";
        contents.push({ ...this.#change(operation, certainty, what, sector), value: ZERO });
      }
    }
    return contents;
  }

  #initialPromise(): number {
    return Math.min(Infinity, ...this.#syncs.filter(({ kind }) => kind !== "msync").map(({ returned }) => returned!));
  }

  #change(
    operation: PlainOperation,
    certainty: Certainty,
    what: "write" | "store" | "truncate",
    sector: number | null,
  ): Change {
    const done = certainty === "definite" && operation.res !== null ? operation.res : Infinity;
    return { operation, inv: operation.inv, done, promised: this.#promise(operation, done, what, sector) };
  }

  /** When a change was promised to survive. */
  #promise(
    { name, inv }: PlainOperation,
    done: number,
    what: "write" | "store" | "truncate",
    sector: number | null,
  ): number {
    if (done === Infinity) return Infinity;
    // Behind the crash nothing is lost any more.
    if (inv >= this.#crash) return done;
    const { flags, kind } = this.#records.get(name)!;
    const synchronous = kind === "pwrite" && flags.some((flag) => SYNCHRONOUS.includes(flag));
    let promised = synchronous && done < this.#crash ? done : Infinity;
    for (const sync of this.#syncs) {
      if (!(done < sync.begun) || sync.returned! >= promised) continue;
      // What fdatasync need not keep is a size that became less: nothing that can be read back needs it.
      if (sync.kind === "fdatasync" && what === "truncate") continue;
      if (sync.kind === "msync") {
        const covers = sector !== null && sector >= sync.pos && sector < sync.pos + sync.len;
        if (what !== "store" || !covers) continue;
      }
      promised = sync.returned!;
    }
    return promised;
  }

  #tell(anomaly: string, change: Change | null, reader: string | null, sector: number, value: string): void {
    const key = `${anomaly} ${change?.operation?.name ?? ""} ${reader ?? ""}`;
    const known = this.#findings.get(key);
    if (known === undefined) this.#findings.set(key, { anomaly, change, reader, sectors: [sector], value });
    else if (!known.sectors.includes(sector)) known.sectors.push(sector);
  }

  #told(): FindingLike[] {
    const file = this.#file.name;
    return [...this.#findings.values()].map(({ anomaly, change, reader, sectors, value }) => {
      const holds = `${value}${sectors.length === 1 ? "" : " and so on"}`;
      const where = sectorsText(sectors, file);
      const seen = reader === null
        ? `After the crash ${where} hold ${holds}`
        : `After the crash ${reader} read ${holds} in ${where}`;
      const operation = change?.operation ?? null;
      const why = anomaly === "STALE_DATA"
        ? ", which no write ever put there. It is inside the size, so a former owner's data or another file's shows."
        : operation === null
        ? `, although nothing but older data can have been there. What the file held before all operations is gone.`
        : `, older than what ${operation.name} (${operation.what}) wrote. ${this.#promiseText(operation)}`;
      return {
        anomaly,
        text: seen + why,
        subject: {
          attributes: ["after_crash"],
          operations: [...(reader === null ? [] : [reader]), ...(operation === null ? [] : [operation.name])],
          tasks: operation === null ? [] : [operation.task],
          file,
          sectors,
        },
      };
    });
  }

  /** What had promised that the operation's write survives. */
  #promiseText({ name, inv, res }: PlainOperation): string {
    if (inv >= this.#crash) return "It was done after recovery.";
    const { flags } = this.#records.get(name)!;
    const flag = flags.find((each) => SYNCHRONOUS.includes(each));
    if (flag !== undefined) return `${flag} promised it before the crash.`;
    const sync = this.#syncs.find(({ begun }) => res !== null && res < begun);
    return `${sync === undefined ? "It" : `${sync.name} (${sync.what})`} promised it before the crash.`;
  }

  /** Promised growth must be there, unless a truncate that may have come later takes it away. */
  #judgeSize(): FindingLike[] {
    const { name: file, size } = this.#file;
    const { initialSize, operations } = this.#history;
    const growths: { change: Change; to: number }[] = [];
    const cuts: { change: Change; to: number }[] = [];
    if (initialSize !== null) {
      growths.push({ change: { ...BEFORE_ALL, promised: this.#initialPromise() }, to: initialSize });
    }
    for (const operation of operations) {
      for (const step of operation.sizes) {
        if (step.kind === "shows") continue;
        const change = this.#change(operation, step.certainty, step.kind === "sets" ? "truncate" : "write", null);
        if (step.kind === "extends") growths.push({ change, to: step.to });
        else {
          // A truncate that makes a file longer lets it grow, one that makes it shorter does not.
          cuts.push({ change, to: step.to });
          growths.push({ change: { ...change, promised: this.#promiseOfGrowth(operation, change) }, to: step.to });
        }
      }
    }
    const lost = growths.filter(({ change, to }) =>
      change.promised !== Infinity && size < to &&
      !cuts.some((cut) => cut.to < to && cut.change.operation !== change.operation && !(cut.change.done < change.inv))
    ).sort((a, b) => b.to - a.to)[0];
    if (lost === undefined) return [];
    const { operation } = lost.change;
    return [{
      anomaly: "WRONG_DISKSIZE",
      text: `After the crash ${file} has ${size} sectors, but ${
        operation === null
          ? `it had ${lost.to} before all operations`
          : `${operation.name} (${operation.what}) made it ${lost.to}`
      }. ${operation === null ? "A sync promised it before the crash." : this.#promiseText(operation)}`,
      subject: {
        attributes: ["after_crash"],
        operations: operation === null ? [] : [operation.name],
        tasks: operation === null ? [] : [operation.task],
        file,
        sectors: Array.from({ length: lost.to - size }, (_, nth) => size + nth),
      },
    }];
  }

  #promiseOfGrowth(operation: PlainOperation, change: Change): number {
    return this.#promise(operation, change.done, "write", null);
  }
}

const SYNCHRONOUS: readonly string[] = ["O_SYNC", "O_DSYNC", "RWF_SYNC", "RWF_DSYNC"];
