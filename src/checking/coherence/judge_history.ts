/**
 * Judges a plain history of one file by the rules of coherence (catalogue, sections 0, 1 and 3).
 *
 * Sectors are judged each for itself, in time near-linear in what was done to them, and so is the size; operations of
 * several sectors as wholes in the groups that run at once. A finding is only made where nothing else explains what was
 * seen: possible writes may have been done or not, and a value that several writes left may be any of theirs.
 *
 * @module
 */

import {
  type AtomicityVerdict,
  type CachedAtomicity,
  DEFAULT_ATOMICITY,
  judgeAtomicity,
  promisedPieces,
  type Torn,
  WHOLE,
} from "./atomicity.ts";
import { andSoOn, named, nameOf, returned, sectorsText } from "./explain.ts";
import { classifyOlderRead, type FileView } from "./older_reads.ts";
import { findMixedRaces, findOverlapMixes, type MixedRace, type OverlapMix } from "./overlap.ts";
import type { PlainHistory, PlainOperation } from "./plain_history.ts";
import type { Breach } from "./register_order.ts";
import { type Read, sectorHistories, type SectorHistory, type Write } from "./sector_history.ts";
import { judgeSector, type SectorVerdict, type Seen } from "./sector_verdict.ts";
import { AT_THE_END, judgeSizes } from "./size_register.ts";

export interface CoherenceFinding {
  readonly anomaly: string;
  readonly attributes: readonly string[];
  /** The one that suffers first. */
  readonly operations: readonly string[];
  readonly tasks: readonly string[];
  readonly file: string;
  readonly sectors: readonly number[];
  /** Two sentences. */
  readonly text: string;
  /** True: what the mode of atomicity allows, told all the same. */
  readonly allowed: boolean;
}

export interface CoherenceVerdict {
  readonly findings: readonly CoherenceFinding[];
  /** What was not decided, and why; a line each. */
  readonly notes: readonly string[];
}

export interface CoherenceOptions {
  /** What reads and writes through the page cache promise. */
  readonly cached: CachedAtomicity;
  /** What lies under the file when all is done; null: not known. */
  readonly view: FileView | null;
  /** Size when all is done; null: not known, or judged elsewhere. */
  readonly finalSize: number | null;
}

const DEFAULT_OPTIONS: CoherenceOptions = { cached: DEFAULT_ATOMICITY, view: null, finalSize: null };

export function judgeHistory(history: PlainHistory, options: CoherenceOptions = DEFAULT_OPTIONS): CoherenceVerdict {
  const judge = new HistoryJudge(history, options);
  judge.judge();
  return { findings: judge.findings(), notes: judge.notes };
}

/** A finding before sectors that show the same are put together. */
interface Draft {
  readonly anomaly: string;
  readonly attributes: readonly string[];
  readonly operations: readonly (PlainOperation | null)[];
  readonly sectors: number[];
  readonly allowed: boolean;
  text(sectors: readonly number[]): string;
}

class HistoryJudge {
  readonly notes: string[] = [];
  readonly #drafts = new Map<string, Draft>();
  readonly #history: PlainHistory;
  readonly #options: CoherenceOptions;
  readonly #races: MixedRace[];

  constructor(history: PlainHistory, options: CoherenceOptions) {
    this.#history = history;
    this.#options = options;
    this.#races = findMixedRaces(history);
  }

  judge(): void {
    const sectors = sectorHistories(this.#history);
    let undecided = 0;
    // What is needed of one sector only is not kept.
    const seen = sectors.map((sector): Seen => {
      const verdict = judgeSector(sector);
      this.#judgeSector(sector, verdict);
      undecided += verdict.undecided;
      return { readsFrom: verdict.readsFrom, ambiguous: verdict.ambiguous };
    });
    if (undecided > 0) this.#note(`${undecided} reads of values that several writes left were not decided`);
    this.#judgeAtomicity(sectors, seen);
    for (const mix of findOverlapMixes(sectors, seen)) this.#addOverlapMix(mix);
    for (const race of this.#races) this.#addMixedRace(race);
    this.#judgeSizes();
  }

  findings(): CoherenceFinding[] {
    return [...this.#drafts.values()].map(({ anomaly, attributes, operations, sectors, allowed, text }) => {
      const ascending = [...new Set(sectors)].sort((a, b) => a - b);
      const some = operations.filter((operation) => operation !== null);
      return {
        anomaly,
        attributes,
        operations: [...new Set(some.map(({ name }) => name))],
        tasks: [...new Set(some.map(({ task }) => task))],
        file: this.#history.file,
        sectors: ascending,
        text: text(ascending),
        allowed,
      };
    });
  }

  #note(text: string): void {
    this.notes.push(`${this.#history.file}: ${text}`);
  }

  #add(draft: Draft): void {
    const key = [draft.anomaly, draft.attributes.join(), ...draft.operations.map((each) => each?.name ?? "")].join(" ");
    const known = this.#drafts.get(key);
    if (known === undefined) this.#drafts.set(key, draft);
    else known.sectors.push(...draft.sectors);
  }

  #judgeSector(sector: SectorHistory, verdict: SectorVerdict): void {
    const { file } = this.#history;
    for (const nth of verdict.illegal) {
      const read = sector.reads[nth];
      const newest = sector.writes[verdict.legal.newestBefore(read)];
      const values = verdict.legal.ofValue(read.value);
      const begun = values.some((write) => sector.writes[write].inv <= read.res);
      if (!begun && read.value !== this.#history.zero) this.#addStaleData(sector.sector, read);
      else {
        this.#addOlder(sector, verdict, read, newest, newest.operation, (sectors) => {
          if (newest.operation === null) {
            return `${returned(read, sectors, file)} where it had been ${andSoOn(newest.value, sectors)}.`;
          }
          const left = newest.data ? `written ${andSoOn(newest.value, sectors)}` : "made it zeros";
          const then = read.operation === null ? " there" : " and returned";
          return `${returned(read, sectors, file)} after ${nameOf(newest)} had ${left}${then}.`;
        });
      }
    }
    for (const breach of verdict.breaches) this.#addBreach(sector, verdict, breach);
    for (const breach of verdict.windows) this.#addWindow(sector, breach);
    if (verdict.more) this.#note(`sector ${sector.sector} has more reads that contradict others than were told`);
    const torn = new Map<PlainOperation | null, Read[]>();
    for (const read of sector.reads) {
      if (!read.partial) continue;
      const parts = torn.get(read.operation);
      if (parts === undefined) torn.set(read.operation, [read]);
      else parts.push(read);
    }
    for (const parts of torn.values()) this.#addTornSector(sector, parts);
  }

  #addStaleData(sector: number, read: Read): void {
    const { file } = this.#history;
    this.#add({
      anomaly: "STALE_DATA",
      attributes: this.#mixed(sector),
      operations: [read.operation],
      sectors: [sector],
      allowed: false,
      text: (sectors) =>
        `${returned(read, sectors, file)}, which no write ever put there. ` +
        "It is what a former owner left in the block, or content of another sector or file.",
    });
  }

  #addOlder(
    sector: SectorHistory,
    verdict: SectorVerdict,
    read: Read,
    newest: Write,
    witness: PlainOperation | null,
    first: (sectors: readonly number[]) => string,
  ): void {
    const { view } = this.#options;
    const { anomaly, attributes, because } = classifyOlderRead(
      read,
      newest,
      sector,
      verdict.legal,
      view,
      this.#history.zero,
    );
    // The end state of blocks is judged with the block map, not with what reads saw.
    if (read.operation === null && anomaly === "UNCONVERTED") return;
    this.#add({
      anomaly: read.operation === null && anomaly !== "STALE_MAPPING" ? "LOST_UPDATE" : anomaly,
      attributes: [...attributes, ...this.#mixed(sector.sector)],
      operations: read.operation === null ? [newest.operation] : [read.operation, newest.operation, witness],
      sectors: [sector.sector],
      allowed: false,
      text: (sectors) =>
        `${first(sectors)} ${
          read.operation === null ? "Older data was written over it, or it never reached the block." : because
        }`,
    });
  }

  #addBreach(sector: SectorHistory, verdict: SectorVerdict, breach: Breach): void {
    const { file } = this.#history;
    const read = sector.reads[breach.read];
    const newer = sector.writes[breach.newer];
    const witness = breach.witness === null ? null : sector.reads[breach.witness];
    this.#addOlder(sector, verdict, read, newer, witness?.operation ?? newer.operation, (sectors) => {
      const before = breach.ofSeveral
        ? `each write that left it contradicts what others read, one of them for ${newer.value}`
        : witness?.operation == null
        ? `${nameOf(newer)} had returned`
        : `${named(witness.operation)} had returned the newer ${andSoOn(newer.value, sectors)} before it began`;
      return `${returned(read, sectors, file)} although ${before}.`;
    });
  }

  #addWindow(sector: SectorHistory, breach: Breach): void {
    const { file } = this.#history;
    const read = sector.reads[breach.read];
    const newer = sector.writes[breach.newer];
    const witness = breach.witness === null ? null : sector.reads[breach.witness];
    if (witness === null || witness.operation === null || newer.operation === null) return;
    const seenBy = witness.operation;
    this.#add({
      anomaly: "STALE_WINDOW",
      attributes: ["window"],
      operations: [read.operation, newer.operation, seenBy],
      sectors: [sector.sector],
      allowed: true,
      text: (sectors) =>
        `${returned(read, sectors, file)} although ${named(seenBy)} had returned the newer ${newer.value} before, ` +
        `${witness.kind === "direct" ? "from the device" : "from the page cache"}. ` +
        `${nameOf(newer)} had not returned then: until it does, the two may differ.`,
    });
  }

  #addTornSector(sector: SectorHistory, parts: readonly Read[]): void {
    const { file } = this.#history;
    const [{ operation }] = parts;
    const values = parts.map(({ value }) => value);
    const writers = sector.writes.filter((write) => write.operation !== null && values.includes(write.value));
    const byStore = writers.some(({ way }) => way === "mapped");
    this.#add({
      anomaly: "TORN_SECTOR",
      attributes: this.#mixed(sector.sector),
      operations: [operation, ...writers.map((write) => write.operation)],
      sectors: [sector.sector],
      allowed: byStore,
      text: (sectors) =>
        (operation === null
          ? `When all is done ${sectorsText(sectors, file)} holds parts of ${values.join(" and ")}. `
          : `${named(operation)} returned parts of ${values.join(" and ")} for ${sectorsText(sectors, file)}. `) +
        (byStore
          ? "Stores through a mapping are atomic by words only."
          : "A sector is written as a whole or not at all."),
    });
  }

  /** `mixed`: another store than one of this sector raced with a direct write of its page. */
  #mixed(sector: number): string[] {
    const page = Math.floor(sector / this.#history.sectorsPerPage);
    return this.#races.some((race) => race.page === page && !race.stored.includes(sector)) ? ["mixed"] : [];
  }

  #judgeAtomicity(sectors: readonly SectorHistory[], seen: readonly Seen[]): void {
    const whole = judgeAtomicity(sectors, seen, WHOLE);
    this.#notePairs(whole, "whole operations");
    if (whole.torn.length === 0) return;
    const promised = promisedPieces(this.#options.cached, this.#history.sectorsPerPage);
    const broken = judgeAtomicity(sectors, seen, promised);
    this.#notePairs(broken, "the pieces that are promised whole");
    const isBroken = new Set(broken.torn.map(({ operation }) => operation));
    for (const torn of whole.torn) this.#addTorn(torn, !isBroken.has(torn.operation));
  }

  #notePairs({ pairsOnly }: AtomicityVerdict, what: string): void {
    if (pairsOnly > 0) {
      this.#note(`${pairsOnly} groups of operations at once were too large to try all orders of ${what}`);
    }
  }

  #addTorn({ operation, partOf, seen, notSeen }: Torn, allowed: boolean): void {
    const { file } = this.#history;
    this.#add({
      anomaly: "TORN_READ",
      attributes: [],
      operations: [operation, partOf],
      sectors: [...seen, ...notSeen],
      allowed,
      text: () =>
        (partOf === null || notSeen.length === 0
          ? `${named(operation)} saw ${sectorsText(ascending(seen), file)} as no order of whole operations explains. `
          : `${named(operation)} saw what ${named(partOf)} wrote in ${sectorsText(ascending(seen), file)} but not in ${
            sectorsText(ascending(notSeen), file)
          }. `) +
        (allowed ? "The two only exclude each other sector by sector." : "They should exclude each other as wholes."),
    });
  }

  #addOverlapMix({ one, other, ofOne, ofOther, seenBy }: OverlapMix): void {
    const { file, sectorsPerPage } = this.#history;
    const pageOf = (sector: number) => Math.floor(sector / sectorsPerPage);
    const pages = new Set(ofOne.map(pageOf));
    const within = ofOther.some((sector) => pages.has(pageOf(sector)));
    const cached = [one, other].every(({ writes }) => writes.every(({ way }) => way === "cached"));
    const allowed = !cached || (this.#options.cached === "page" && !within);
    const where = seenBy === null ? "When all is done" : `As ${named(seenBy)} sees it,`;
    this.#add({
      anomaly: "OVERLAP_MIX",
      attributes: [],
      operations: [one, other],
      sectors: [...ofOne, ...ofOther],
      allowed,
      text: () =>
        `${where} ${sectorsText(ascending(ofOne), file)} ${ofOne.length === 1 ? "has" : "have"} what ${
          named(one)
        } wrote and ${sectorsText(ascending(ofOther), file)} what ${
          named(other)
        } wrote. Both wrote all of them at the same time and nothing put one behind the other${
          within ? ", not even within a page" : ""
        }.`,
    });
  }

  #addMixedRace({ direct, store, page, stored }: MixedRace): void {
    const { file } = this.#history;
    this.#add({
      anomaly: "MIXED_RACE",
      attributes: [],
      operations: [direct, store],
      sectors: [...stored],
      allowed: true,
      text: () =>
        `${named(direct)} and ${named(store)} were at work on page ${page} of ${file} at the same time. ` +
        "What a direct write and a store through a mapping leave of each other is undefined by contract.",
    });
  }

  #judgeSizes(): void {
    const { file, initialSize, operations } = this.#history;
    if (initialSize === null) return;
    const { breaches, undecidedFrom } = judgeSizes(operations, initialSize, this.#options.finalSize);
    if (undecidedFrom !== null) {
      this.#note(`sizes were not judged from time ${undecidedFrom} on: too many changes of the size at once`);
    }
    for (const { operation, shows: { atLeast, atMost } } of breaches) {
      const range = atMost === null ? `at least ${atLeast}` : atLeast === atMost ? `${atLeast}` : `at most ${atMost}`;
      const atEnd = operation === AT_THE_END;
      this.#add({
        anomaly: "WRONG_SIZE",
        attributes: [],
        operations: atEnd ? [] : [operation],
        sectors: [],
        allowed: false,
        text: () =>
          atEnd
            ? `When all is done the size of ${file} is ${range}. No order of the writes and truncates gives that.`
            : `${named(operation)} returned what only a size of ${range} gives. ` +
              `No order of the writes and truncates of ${file} gives that size at that time.`,
      });
    }
  }
}

function ascending(sectors: readonly number[]): number[] {
  return sectors.toSorted((a, b) => a - b);
}
