/**
 * What a crash leaves of persistent memory.
 *
 * Each line holds one of the contents that its writes permit, whatever the other lines hold. Which one is settled word by
 * word, when somebody looks: lines that recovery and later reads do not look at make no images of their own.
 *
 * @module
 */

import { contentToken, type PersistentMemory } from "./persistent_memory.ts";
import type { CrashPick } from "./program.ts";
import type { Token } from "./tokens.ts";

/** The memory as it is found after a crash. The world's own is not changed by looking. */
export class PersistentMemoryImage {
  readonly #memory: PersistentMemory;
  readonly #pick: CrashPick;
  /** By line: what it may still turn out to hold. */
  readonly #open: (readonly (readonly Token[])[] | undefined)[] = [];

  constructor(memory: PersistentMemory, pick: CrashPick) {
    this.#memory = memory;
    this.#pick = pick;
  }

  word(line: number, word: number): Token {
    const contents = this.#open[line] ??= this.#memory.peekLine(line).crashContents();
    const values = [...new Set(contents.map((content) => content[word]))];
    if (values.length === 1) return values[0];
    const value = values[this.#pick(values.length, `${this.#memory.name} line ${line} word ${word}`)];
    this.#open[line] = contents.filter((content) => content[word] === value);
    return value;
  }

  /** What has turned out of a line; null where nobody has looked at all that is open of it. */
  peekLine(line: number): readonly Token[] | null {
    const contents = this.#open[line] ?? this.#memory.peekLine(line).crashContents();
    return contents.length === 1 ? contents[0] : null;
  }

  line(line: number): readonly Token[] {
    const words: Token[] = [];
    for (let word = 0; word < this.#memory.wordsPerLine; word++) words.push(this.word(line, word));
    return words;
  }

  sector(sector: number): Token {
    const { linesPerSector } = this.#memory;
    const words: Token[] = [];
    for (let i = 0; i < linesPerSector; i++) words.push(...this.line(sector * linesPerSector + i));
    return contentToken(words);
  }
}

/** How many distinct images a crash now may leave of the whole memory. */
export function imageCount(memory: PersistentMemory): number {
  let count = 1;
  for (let line = 0; line < memory.lineCount; line++) count *= memory.peekLine(line).crashContents().length;
  return count;
}
