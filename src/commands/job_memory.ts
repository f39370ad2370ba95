/**
 * What has been found already, by what was asked: a command that remembers what its shards have found does the rest and
 * comes to what it would have come to alone.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { deflateSync, inflateSync } from "node:zlib";

/** No answer is larger; what claims to be is damaged. */
const ANSWER_BYTES_MAX = 1 << 28;

/** Something that was found, as a row of table `shard_part`. */
export interface MemoryRow {
  readonly [column: string]: string;
  /** What kind of work it was: explore, counterexample, witness, slice, conform. */
  readonly kind: string;
  /** Hash of what was asked. */
  readonly question: string;
  readonly answer: string;
}

/** Answers are data that can be sent to a worker. */
export class JobMemory {
  readonly #answers = new Map<string, { kind: string; answer: unknown }>();

  /** Nothing is known. */
  get isEmpty(): boolean {
    return this.#answers.size === 0;
  }

  /** @returns undefined where it is not known */
  recall(kind: string, question: unknown): unknown {
    return this.#answers.get(keyOf(kind, question))?.answer;
  }

  learn(kind: string, question: unknown, answer: unknown): void {
    this.#answers.set(keyOf(kind, question), { kind, answer });
  }

  /** All answers of a kind, in the order in which they were learned. */
  answers(kind: string): unknown[] {
    return [...this.#answers.values()].filter((each) => each.kind === kind).map(({ answer }) => answer);
  }

  /** As rows, in an order of their own. */
  rows(): MemoryRow[] {
    return [...this.#answers].sort(([a], [b]) => a < b ? -1 : 1).map(([question, { kind, answer }]) => ({
      kind,
      question,
      answer: deflateSync(serialize(answer)).toString("base64"),
    }));
  }

  /** @throws {Error} for a row that is damaged */
  add({ kind, question, answer }: MemoryRow): void {
    this.#answers.set(question, {
      kind,
      answer: deserialize(inflateSync(Buffer.from(answer, "base64"), { maxOutputLength: ANSWER_BYTES_MAX })),
    });
  }
}

function keyOf(kind: string, question: unknown): string {
  return createHash("sha256").update(JSON.stringify([kind, question])).digest("hex");
}
