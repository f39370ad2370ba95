/**
 * Seeded mutations of bytes that know a little of what they are: words of binary records, lines, fields and numbers of
 * text, and blind ones.
 *
 * @module
 */

import type { RandomSource } from "../../src/exploring/random_source.ts";
import { type Splice, spliced } from "./damage.ts";

/** What a mutation may know of its input. */
export interface Nature {
  kind: "binary" | "text";
  /** Words that are put into it: names, marks, numbers with a meaning. */
  words: readonly string[];
}

/** A mutated input. */
export interface Mutated {
  bytes: Uint8Array;
  /** The first byte that may differ from what it was. */
  first: number;
  /** Every byte stands where it stood: some have another value. */
  inPlace: boolean;
  /** Names of the mutations, in order. */
  how: string[];
}

type Mutation = (random: RandomSource, bytes: Uint8Array, nature: Nature) => Splice;

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const LINE_FEED = 0x0a;

/** Values at which numbers change their nature. */
const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** The same for text: also what is no number, or not of this kind. */
const EDGE_TEXTS = [
  ...EDGES.map(String),
  ...EDGES.map((edge) => `-${edge}`),
  ...EDGES.map((edge) => `0x${edge.toString(16)}`),
  "18446744073709551616",
  "1e999",
  "NaN",
  "-0",
  "00000000000000000000000001",
  "0.0000000001",
  "99999999999999999999.999999999",
  "",
  "(null)",
];

const STRANGE = [
  "\0",
  "\r",
  "\n\n",
  "\t",
  "\ufeff",
  "\u2028",
  "\u202e",
  "\ud83d\ude00",
  "'",
  '"',
  "\\",
  "`",
  "<script>alert(1)</script>",
  "</script>",
  "'; DROP TABLE event; --",
  "../../../etc/passwd",
  "__proto__",
  "constructor",
  "%s%n",
  "${x}",
  " ".repeat(300),
  "A".repeat(5000),
  "[".repeat(2000),
];

const pick = <T>(random: RandomSource, list: readonly T[]): T => list[random.below(list.length)];
const placeIn = (random: RandomSource, bytes: Uint8Array) => random.below(bytes.length);
/** Mostly short. */
const lengthOf = (random: RandomSource) => 1 + random.below(random.below(4) === 0 ? 400 : 12);

function randomBytes(random: RandomSource, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

const BLIND: Readonly<Record<string, Mutation>> = {
  flip(random, bytes) {
    const at = placeIn(random, bytes);
    return { at, length: 1, bytes: Uint8Array.of(bytes[at] ^ (1 << random.below(8))) };
  },
  set(random, bytes) {
    return { at: placeIn(random, bytes), length: 1, bytes: Uint8Array.of(random.below(256)) };
  },
  noise(random, bytes) {
    const at = placeIn(random, bytes);
    const length = Math.min(lengthOf(random), bytes.length - at);
    return { at, length, bytes: randomBytes(random, length) };
  },
  cut(random, bytes) {
    const at = placeIn(random, bytes);
    return { at, length: bytes.length - at, bytes: NOTHING };
  },
  remove(random, bytes) {
    const at = placeIn(random, bytes);
    return { at, length: Math.min(lengthOf(random), bytes.length - at), bytes: NOTHING };
  },
  insert(random, bytes) {
    return { at: placeIn(random, bytes), length: 0, bytes: randomBytes(random, lengthOf(random)) };
  },
  repeat(random, bytes) {
    const at = placeIn(random, bytes);
    const piece = bytes.slice(at, at + lengthOf(random));
    const times = 1 + random.below(4);
    return { at, length: 0, bytes: new Uint8Array(Array.from({ length: times }, () => [...piece]).flat()) };
  },
  move(random, bytes) {
    const from = placeIn(random, bytes);
    const piece = bytes.slice(from, from + lengthOf(random));
    return { at: placeIn(random, bytes), length: 0, bytes: piece };
  },
};

const BINARY: Readonly<Record<string, Mutation>> = {
  /** A word of 2, 4 or 8 bytes, where such a word may begin, gets a value at the edge. */
  edge(random, bytes) {
    const width = pick(random, [2, 4, 8]);
    const slots = Math.floor(bytes.length / width);
    if (slots === 0) return BLIND.set(random, bytes, { kind: "binary", words: [] });
    const word = new Uint8Array(8);
    const little = random.below(2) === 0;
    const value = pick(random, EDGES);
    const view = new DataView(word.buffer);
    if (little) view.setBigUint64(0, value, true);
    else view.setBigUint64(0, BigInt.asUintN(64, value << BigInt(64 - 8 * width)), false);
    return { at: random.below(slots) * width, length: width, bytes: word.slice(0, width) };
  },
  /** A word a little more or less than it was. */
  near(random, bytes) {
    const at = placeIn(random, bytes) & ~3;
    const width = Math.min(4, bytes.length - at);
    const word = bytes.slice(at, at + width);
    word[random.below(width)] += pick(random, [1, 255, 2, 254, 8, 248]);
    return { at, length: width, bytes: word };
  },
  word(random, bytes, { words }) {
    return { at: placeIn(random, bytes), length: 0, bytes: encoder.encode(pick(random, words)) };
  },
};

/** Where the line at `at` begins and ends, its end of line with it. */
function lineAt(bytes: Uint8Array, at: number): [start: number, end: number] {
  const start = at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
  const end = bytes.indexOf(LINE_FEED, at);
  return [start, end < 0 ? bytes.length : end + 1];
}

/** A run of bytes of a kind around or behind a place. */
function runAt(bytes: Uint8Array, from: number, isOf: (byte: number) => boolean): [start: number, end: number] {
  let start = from;
  while (start < bytes.length && !isOf(bytes[start])) start++;
  while (start > 0 && isOf(bytes[start - 1])) start--;
  let end = start;
  while (end < bytes.length && isOf(bytes[end])) end++;
  return [start, end];
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isWord = (byte: number) => isDigit(byte) || byte === 0x5f || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

const TEXT: Readonly<Record<string, Mutation>> = {
  "number at the edge"(random, bytes) {
    const [at, end] = runAt(bytes, placeIn(random, bytes), isDigit);
    return { at, length: end - at, bytes: encoder.encode(pick(random, EDGE_TEXTS)) };
  },
  "another word"(random, bytes, { words }) {
    const [at, end] = runAt(bytes, placeIn(random, bytes), isWord);
    return { at, length: end - at, bytes: encoder.encode(pick(random, words)) };
  },
  "strange text"(random, bytes) {
    return { at: placeIn(random, bytes), length: 0, bytes: encoder.encode(pick(random, STRANGE)) };
  },
  "line gone"(random, bytes) {
    const [at, end] = lineAt(bytes, placeIn(random, bytes));
    return { at, length: end - at, bytes: NOTHING };
  },
  "line again"(random, bytes) {
    const [at, end] = lineAt(bytes, placeIn(random, bytes));
    return { at: end, length: 0, bytes: bytes.slice(at, end) };
  },
  "line elsewhere"(random, bytes) {
    const [from, to] = lineAt(bytes, placeIn(random, bytes));
    const [at] = lineAt(bytes, placeIn(random, bytes));
    return { at, length: 0, bytes: bytes.slice(from, to) };
  },
  "line of rubbish"(random, bytes) {
    const [at] = lineAt(bytes, placeIn(random, bytes));
    return { at, length: 0, bytes: Uint8Array.of(...randomBytes(random, lengthOf(random)), LINE_FEED) };
  },
  "gap changed"(random, bytes) {
    const [at, end] = runAt(bytes, placeIn(random, bytes), (byte) => !isWord(byte) && byte !== LINE_FEED);
    const put = pick(random, [
      "",
      " ",
      ": ",
      "=",
      ",",
      "|",
      "\t",
      "  ",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "- ",
      "&a ",
      "*a",
    ]);
    return { at, length: end - at, bytes: encoder.encode(put) };
  },
};

const KINDS: Readonly<Record<Nature["kind"], readonly [string, Mutation][]>> = {
  binary: [...Object.entries(BLIND), ...Object.entries(BINARY), ...Object.entries(BINARY)],
  text: [...Object.entries(BLIND), ...Object.entries(TEXT), ...Object.entries(TEXT)],
};

/** Mutates in one to four places, mostly one. */
export function mutate(random: RandomSource, original: Uint8Array, nature: Nature): Mutated {
  let bytes = original;
  let first = original.length;
  let inPlace = true;
  const how: string[] = [];
  const times = pick(random, [1, 1, 1, 1, 2, 2, 3, 4]);
  for (let n = 0; n < times && bytes.length > 0; n++) {
    const [name, mutation] = pick(random, KINDS[nature.kind]);
    const splice = mutation(random, bytes, nature);
    how.push(`${name} at ${splice.at}`);
    first = Math.min(first, splice.at);
    inPlace &&= splice.length === splice.bytes.length;
    bytes = spliced(bytes, splice);
  }
  return { bytes, first, inPlace, how };
}

/** The same on text. Bytes that are no UTF-8 become U+FFFD, as in a file that is read as text. */
export function mutateText(random: RandomSource, original: string, words: readonly string[]): string {
  return new TextDecoder().decode(mutate(random, encoder.encode(original), { kind: "text", words }).bytes);
}
