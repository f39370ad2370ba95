/**
 * Persistent memory: lines that CPUs load from and store to, durable once they have reached the ADR domain.
 *
 * What loads see is sequentially consistent. What a crash leaves follows the rules of x86 (Intel SDM vol. 2, SFENCE,
 * CLWB, CLFLUSHOPT, CLFLUSH; Px86, Raad, Wickerson, Neiger, Vafeiadis, POPL 2020):
 *
 * | instruction | effect |
 * |---|---|
 * | store | may become durable at any time (eviction), after the earlier stores to its line |
 * | ntstore | may become durable at any time; is so after the next sfence of its CPU |
 * | clwb, clflushopt | what stores of any CPU the line has got is durable after the next sfence of the CPU that flushes |
 * | clflush | likewise, and also after the CPU's next store, ntstore or clflush: it is ordered with writes |
 * | sfence | waits for the CPU's own ntstores and flushes; so do mfence and locked instructions |
 *
 * A flush does not reach what is in another CPU's write-combining buffers. With eADR caches belong to what is durable:
 * stores are so at once, ntstores as above.
 *
 * Eviction is no step. What may have been evicted is decided when there is a crash: see `persistent_memory_image.ts`.
 *
 * A CPU stands for a task: the kernel drains a CPU's buffers when it switches tasks, and so, seen from the task, nothing
 * is lost by moving.
 *
 * @module
 */

import { Access } from "./access.ts";
import { CacheLine, type PendingWrite, type WriteWay } from "./cache_line.ts";
import type { CrashOrder } from "./crash_order.ts";
import { type Token, ZERO } from "./tokens.ts";
import type { World } from "./world.ts";

/** What a power failure leaves: what the memory controller has accepted, or the caches too. */
export type PersistenceDomain = "adr" | "eadr";

/** How a copy stores: through the cache, or as `copy_from_user_nocache` does. */
export type CopyWay = "cached" | "nocache";

export const SECTOR_BYTES = 512;

export interface PersistentMemoryOptions {
  /** Name for reports. Default `pmem`. */
  name?: string;
  sectors: number;
  /** Default 1; 8 in truth. */
  linesPerSector?: number;
  /** Default 2; 8 in truth. */
  wordsPerLine?: number;
  /** Default `adr`. */
  domain?: PersistenceDomain;
  /** What a sector holds at the beginning. Default: zeros. */
  content?: (sector: number) => Token;
  /** Given where crashes are explored. */
  crashOrder?: CrashOrder;
}

/** What of a line's writes is not durable for certain. */
export interface LineProgress {
  readonly cached: boolean;
  readonly inFlight: boolean;
}

/** A flush that has been started and not waited for. */
interface Flush {
  readonly line: CacheLine;
  /** Writes that the line had got by then. */
  readonly writes: number;
  readonly ordering: "fences" | "fences and writes";
}

/** What a CPU has under way. */
interface CpuBuffers {
  flushes: Flush[];
  /** Lines with words in write-combining buffers. */
  combining: CacheLine[];
}

export class PersistentMemory {
  readonly name: string;
  readonly domain: PersistenceDomain;
  readonly linesPerSector: number;
  readonly wordsPerLine: number;
  /** Bytes that a word of the model stands for: 8 when lines have their true size. */
  readonly wordBytes: number;
  readonly #world: World;
  readonly #content: ((sector: number) => Token) | null;
  /** By line: numbers of the shared objects. */
  readonly #objects: number[] = [];
  /** Made when first looked at. */
  readonly #lines: (CacheLine | undefined)[] = [];
  readonly #cpus: (CpuBuffers | undefined)[] = [];
  readonly #crashOrder: CrashOrder | null;
  #version = 0;

  constructor(world: World, options: PersistentMemoryOptions) {
    this.#world = world;
    this.name = options.name ?? "pmem";
    this.domain = options.domain ?? "adr";
    this.linesPerSector = options.linesPerSector ?? 1;
    this.wordsPerLine = options.wordsPerLine ?? 2;
    this.wordBytes = SECTOR_BYTES / (this.linesPerSector * this.wordsPerLine);
    this.#crashOrder = options.crashOrder ?? null;
    this.#content = options.content ?? null;
    const lines = options.sectors * this.linesPerSector;
    for (let line = 0; line < lines; line++) this.#objects.push(world.newObject());
  }

  /** Lines; they are numbered from 0, those of a sector in a row. */
  get lineCount(): number {
    return this.#objects.length;
  }

  /** Changes with everything that changes what may be found after a crash. */
  get version(): number {
    return this.#version;
  }

  /** A line, not looked at by any step: for crashes and reports. */
  peekLine(line: number): CacheLine {
    return this.#lines[line] ??= this.#newLine(line);
  }

  #newLine(line: number): CacheLine {
    const object = this.#objects[line];
    if (object === undefined) throw new RangeError(`${this.name} has no line ${line}, only ${this.lineCount}`);
    const sector = Math.floor(line / this.linesPerSector);
    return new CacheLine(object, this.wordsPerLine, this.#content === null ? ZERO : this.#content(sector));
  }

  /** What loads of a sector would see, not looked at by any step. */
  peekSector(sector: number): Token {
    const words: Token[] = [];
    for (let i = 0; i < this.linesPerSector; i++) {
      words.push(...this.peekLine(sector * this.linesPerSector + i).visible);
    }
    return contentToken(words);
  }

  /** Loads a word, as part of the current step. */
  load(line: number, word: number): Token {
    return this.loadLine(line)[word];
  }

  /** Loads a whole line, as part of the current step. */
  loadLine(line: number): readonly Token[] {
    const { object, visible } = this.peekLine(line);
    this.#world.touch(object, Access.Read, 0);
    return visible;
  }

  /** Stores a word, as part of the current step. */
  store(line: number, word: number, value: Token, cpu = this.#cpu): void {
    this.#write(line, word, value, "cached", cpu);
  }

  /** Stores a word past the cache, as part of the current step. */
  ntstore(line: number, word: number, value: Token, cpu = this.#cpu): void {
    this.#write(line, word, value, "combined", cpu);
  }

  #write(number: number, word: number, value: Token, way: WriteWay, cpu: number): void {
    const line = this.peekLine(number);
    this.#completeFlushes(cpu, "fences and writes");
    this.#world.touch(line.object, Access.Write, 0);
    line.write(word, value, way, cpu);
    this.#version++;
    this.#crashOrder?.moreMayBeFound();
    if (way === "combined") {
      const { combining } = this.#buffers(cpu);
      if (!combining.includes(line)) combining.push(line);
    } else if (this.domain === "eadr") {
      line.writtenBack(line.writes);
      this.#crashOrder?.lessMayBeFound();
    }
    this.#world.note(way === "combined" ? "ntstore" : "store", `${this.name} line ${number}`, value);
  }

  /**
   * How far the writes to a line have come, not looked at by any step: some wait in the CPU's cache, some are on their way
   * (write-combining buffers, a flush that nobody has waited for), or all are durable.
   */
  peekProgress(number: number): LineProgress {
    const line = this.peekLine(number);
    let flushed = 0;
    for (const cpu of this.#cpus) {
      for (const flush of cpu?.flushes ?? []) if (flush.line === line) flushed = Math.max(flushed, flush.writes);
    }
    const isOnItsWay = ({ way, nth }: PendingWrite) => way === "combined" || nth <= flushed;
    const { pending } = line;
    return { cached: pending.some((write) => !isOnItsWay(write)), inFlight: pending.some(isOnItsWay) };
  }

  /** Starts to write a line back, as part of the current step. */
  clwb(line: number, cpu = this.#cpu): void {
    this.#flush(line, "fences", cpu);
    this.#world.note("clwb", `${this.name} line ${line}`);
  }

  /** As {@linkcode clwb}: that the line leaves the cache makes no difference to what it holds. */
  clflushopt(line: number, cpu = this.#cpu): void {
    this.#flush(line, "fences", cpu);
    this.#world.note("clflushopt", `${this.name} line ${line}`);
  }

  clflush(line: number, cpu = this.#cpu): void {
    this.#completeFlushes(cpu, "fences and writes");
    this.#flush(line, "fences and writes", cpu);
    this.#world.note("clflush", `${this.name} line ${line}`);
  }

  /** What stores a flush finds depends on the order of both, as for a load. */
  #flush(number: number, ordering: Flush["ordering"], cpu: number): void {
    const line = this.peekLine(number);
    this.#world.touch(line.object, Access.Read, 0);
    this.#buffers(cpu).flushes.push({ line, writes: line.writes, ordering });
  }

  /**
   * Waits for the CPU's flushes and ntstores, as part of the current step.
   *
   * It touches no line: what it makes durable was settled when it was flushed or stored, and whatever others do to the
   * line meanwhile comes to the same before or after it. Only to a crash does the order matter.
   */
  sfence(cpu = this.#cpu): void {
    this.#completeFlushes(cpu, "fences");
    const { combining } = this.#buffers(cpu);
    for (const line of combining) line.combinedWritten(cpu);
    if (combining.length > 0) this.#madeDurable();
    combining.length = 0;
    this.#world.note("sfence", this.name);
  }

  /** Completes the flushes that are waited for by what `by` says: a fence waits for all of them. */
  #completeFlushes(cpu: number, by: Flush["ordering"]): void {
    const buffers = this.#cpus[cpu + 1];
    if (buffers === undefined || buffers.flushes.length === 0) return;
    const left: Flush[] = [];
    for (const flush of buffers.flushes) {
      if (by !== "fences" && flush.ordering === "fences") left.push(flush);
      else flush.line.writtenBack(flush.writes);
    }
    if (left.length < buffers.flushes.length) this.#madeDurable();
    buffers.flushes = left;
  }

  /** Told by what the CPU had under way, not by what came of it: that may depend on steps that this one commutes with. */
  #madeDurable(): void {
    this.#version++;
    this.#crashOrder?.lessMayBeFound();
  }

  get #cpu(): number {
    return this.#world.current?.index ?? -1;
  }

  #buffers(cpu: number): CpuBuffers {
    return this.#cpus[cpu + 1] ??= { flushes: [], combining: [] };
  }
}

/** What several words hold, as one token: theirs when it is the same in all, else all of them, as `TORN(a|b)`. */
export function contentToken(words: readonly Token[]): Token {
  return words.every((word) => word === words[0]) ? words[0] : `TORN(${words.join("|")})`;
}
