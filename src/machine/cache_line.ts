/**
 * One line of persistent memory: what loads see, what is durable for certain, and the writes between the two.
 *
 * A crash leaves what is durable and some of the other writes. Which ones:
 *
 * - Cached stores leave the cache with the whole line, so what is left of them is a prefix in the order in which they
 *   became visible (Px86, Raad et al., POPL 2020: writes to one cache line persist in the order of x86-TSO).
 * - Non-temporal stores lie in write-combining buffers. Nothing orders them among each other or with cached stores
 *   (Intel SDM vol. 1, 10.4.6.2, and Optimization Manual, non-temporal stores: weakly ordered): each is left or is not,
 *   word by word. That they push the line out of the cache is how some processors do it, not a promise.
 * - Of the writes to one word that are left the latest counts, whatever its kind (coherence).
 *
 * A word, 8 aligned bytes, is never torn.
 *
 * @module
 */

import type { Token } from "./tokens.ts";

/** How a value gets to memory: through the cache, or past it. */
export type WriteWay = "cached" | "combined";

export interface PendingWrite {
  /** How many-th write to the line. */
  readonly nth: number;
  readonly word: number;
  readonly value: Token;
  readonly way: WriteWay;
  /** Whose write-combining buffer it is in. */
  readonly cpu: number;
}

export class CacheLine {
  /** Number of this shared object. */
  readonly object: number;
  readonly #visible: Token[];
  readonly #durable: Token[];
  #pending: PendingWrite[] = [];
  #writes = 0;

  constructor(object: number, words: number, content: Token) {
    this.object = object;
    this.#visible = new Array(words).fill(content);
    this.#durable = new Array(words).fill(content);
  }

  /** What loads see, by word. */
  get visible(): readonly Token[] {
    return this.#visible;
  }

  /** What is there after every crash, unless something newer is: by word. */
  get durable(): readonly Token[] {
    return this.#durable;
  }

  /** Writes so far, durable or not: names a moment in the life of the line. */
  get writes(): number {
    return this.#writes;
  }

  /** Writes that a crash may still take away, oldest first. */
  get pending(): readonly PendingWrite[] {
    return this.#pending;
  }

  write(word: number, value: Token, way: WriteWay, cpu: number): void {
    this.#visible[word] = value;
    this.#pending.push({ nth: ++this.#writes, word, value, way, cpu });
  }

  /** Makes cached stores durable: those that were among the first `writes` writes. */
  writtenBack(writes: number): void {
    this.#makeDurable(({ way, nth }) => way === "cached" && nth <= writes);
  }

  /** Makes what a CPU's write-combining buffers hold of the line durable. */
  combinedWritten(cpu: number): void {
    this.#makeDurable((write) => write.way === "combined" && write.cpu === cpu);
  }

  #makeDurable(isDurable: (write: PendingWrite) => boolean): void {
    // Latest durable write of each word: earlier ones of that word no longer matter.
    const latest: number[] = [];
    for (const write of this.#pending) {
      if (!isDurable(write)) continue;
      latest[write.word] = write.nth;
      this.#durable[write.word] = write.value;
    }
    if (latest.length === 0) return;
    this.#pending = this.#pending.filter(({ word, nth }) => latest[word] === undefined || nth > latest[word]);
  }

  /** Every content that a crash now may leave, each once, the durable one first. */
  crashContents(): readonly (readonly Token[])[] {
    if (this.#pending.length === 0) return [this.#durable];
    const stores = this.#pending.reduce((count, { way }) => way === "cached" ? count + 1 : count, 0);
    const contents: Token[][] = [];
    const known = new Set<string>();
    for (let prefix = 0; prefix <= stores; prefix++) {
      for (const content of product(this.#wordsAfter(prefix))) {
        const key = content.join("\n");
        if (known.has(key)) continue;
        known.add(key);
        contents.push(content);
      }
    }
    return contents;
  }

  /** For each word what it may hold, when of the cached stores just the first `prefix` have left the cache. */
  #wordsAfter(prefix: number): Token[][] {
    const words = this.#durable.map((value) => [value]);
    let stores = 0;
    for (const { word, value, way } of this.#pending) {
      if (way === "combined") words[word].push(value);
      else if (stores++ < prefix) words[word] = [value];
    }
    return words;
  }
}

/** Every way to take one of each, the last varying fastest. */
function product(choices: readonly (readonly Token[])[]): Token[][] {
  return choices.reduce<Token[][]>(
    (starts, values) => starts.flatMap((start) => values.map((value) => [...start, value])),
    [[]],
  );
}
