/**
 * C1: which writes of a sector a read may return.
 *
 * A read may return the value of any write that had not begun only after the read ended, and that was not overwritten, in
 * real time, before the read began: no definite write came after it and before the read.
 *
 * | work | cost for n writes |
 * |---|---|
 * | making it | O(n log n) |
 * | a read | O(log n) and the writes of its value |
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";
import type { Read, Write } from "./sector_history.ts";

const NONE: readonly number[] = [];
/** Fewer writes than these are looked through. */
const FEW = 8;

export class LegalWrites {
  readonly #writes: readonly Write[];
  /** Null: there are few. */
  readonly #byValue: Map<string, number[]> | null;
  /** Definite writes by when they were done. */
  readonly #done: number[];
  /** For each of them: the one that began last among those done by then. */
  readonly #lastBegun: number[];

  constructor(writes: readonly Write[]) {
    this.#writes = writes;
    const definite: number[] = [];
    const byValue = writes.length < FEW ? null : new Map<string, number[]>();
    this.#byValue = byValue;
    for (let at = 0; at < writes.length; at++) {
      const { value, certainty, done } = writes[at];
      const known = byValue?.get(value);
      if (known === undefined) byValue?.set(value, [at]);
      else known.push(at);
      if (certainty === "definite" && done !== Infinity) definite.push(at);
    }
    definite.sort((a, b) => {
      const order = writes[a].done - writes[b].done;
      // Infinities subtract to no number.
      return order === order && order !== 0 ? order : a - b;
    });
    this.#done = definite;
    this.#lastBegun = [];
    let last = definite[0];
    for (const at of definite) {
      if (writes[at].inv > writes[last].inv) last = at;
      this.#lastBegun.push(last);
    }
  }

  /** The definite write that began last among those that were done when `read` began; what was there before is one. */
  newestBefore(read: Read): number {
    const begun = partitionPoint(this.#done, (write) => this.#writes[write].done < read.inv);
    return begun === 0 ? 0 : this.#lastBegun[begun - 1];
  }

  /** Writes of a value, whenever they were. */
  ofValue(value: string): readonly number[] {
    if (this.#byValue !== null) return this.#byValue.get(value) ?? NONE;
    const found: number[] = [];
    for (let at = 0; at < this.#writes.length; at++) if (this.#writes[at].value === value) found.push(at);
    return found;
  }

  /** Whether `write` is one that `read` may return. */
  isLegal(write: number, read: Read, newest = this.newestBefore(read)): boolean {
    const { inv, done } = this.#writes[write];
    return inv <= read.res && !(done < this.#writes[newest].inv);
  }

  /** Writes of the value that `read` returned which it may have returned. */
  candidates(read: Read): number[] {
    const newest = this.newestBefore(read);
    return this.ofValue(read.value).filter((write) => this.isLegal(write, read, newest));
  }
}
