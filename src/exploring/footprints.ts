/**
 * Footprints as small numbers: what a step touched, and whether two steps that touched this and that can change places.
 *
 * @module
 */

import { type Access, commute } from "../machine/access.ts";

/** Footprint of a step that touched nothing that is shared. */
export const NOTHING = 0;

const KIND_BITS = 2;
const KIND_MASK = 3;

/** One access as a number; those of one object are neighbours. */
function packed(object: number, kind: Access): number {
  return (object << KIND_BITS) | kind;
}

/** All footprints seen so far. One of one access is told by its number alone: even; the others are odd. */
export class Footprints {
  readonly #several: Int32Array[] = [];
  /** By hash of their accesses. */
  readonly #byHash = new Map<number, number[]>();
  /** By object: footprints without it. */
  readonly #without: Map<number, number>[] = [];
  #sorting = new Int32Array(64);

  /** Footprint of the accesses `objects[0, count)`, each object once. */
  of(objects: Int32Array, kinds: Uint8Array, count: number): number {
    if (count === 0) return NOTHING;
    if (count === 1) return (packed(objects[0], kinds[0]) + 1) * 2;
    if (this.#sorting.length < count) this.#sorting = new Int32Array(count * 2);
    const sorting = this.#sorting;
    for (let i = 0; i < count; i++) {
      const value = packed(objects[i], kinds[i]);
      let at = i;
      while (at > 0 && sorting[at - 1] > value) {
        sorting[at] = sorting[at - 1];
        at--;
      }
      sorting[at] = value;
    }
    let hash = count;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ sorting[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let alike = this.#byHash.get(hash);
    if (alike === undefined) this.#byHash.set(hash, alike = []);
    for (const footprint of alike) {
      if (isBeginningOf(sorting, count, this.#several[footprint >> 1])) return footprint;
    }
    const footprint = this.#several.length * 2 + 1;
    this.#several.push(sorting.slice(0, count));
    alike.push(footprint);
    return footprint;
  }

  /** Footprint of one access. */
  single(object: number, kind: Access): number {
    return (packed(object, kind) + 1) * 2;
  }

  /** A footprint but for what it has of one object. */
  without(footprint: number, object: number): number {
    let known = this.#without[object];
    if (known === undefined) known = this.#without[object] = new Map();
    let rest = known.get(footprint);
    if (rest === undefined) {
      const left = [...this.accesses(footprint)].filter((access) => access.object !== object);
      rest = this.of(
        Int32Array.from(left, (access) => access.object),
        Uint8Array.from(left, ({ kind }) => kind),
        left.length,
      );
      known.set(footprint, rest);
    }
    return rest;
  }

  /** The accesses of a footprint, by object. */
  *accesses(footprint: number): Iterable<{ object: number; kind: Access }> {
    if (footprint === NOTHING) return;
    const list = (footprint & 1) === 1 ? this.#several[footprint >> 1] : [(footprint >> 1) - 1];
    for (const value of list) yield { object: value >> KIND_BITS, kind: value & KIND_MASK };
  }

  /** True when steps with these footprints cannot change places. */
  conflict(a: number, b: number): boolean {
    if (a === NOTHING || b === NOTHING) return false;
    if ((a & 1) === 0) return (b & 1) === 0 ? conflictOfTwo((a >> 1) - 1, (b >> 1) - 1) : this.#conflictWithOne(b, a);
    if ((b & 1) === 0) return this.#conflictWithOne(a, b);
    const left = this.#several[a >> 1];
    const right = this.#several[b >> 1];
    let i = 0;
    let j = 0;
    while (i < left.length && j < right.length) {
      const [x, y] = [left[i] >> KIND_BITS, right[j] >> KIND_BITS];
      if (x === y) {
        if (!commute(left[i] & KIND_MASK, right[j] & KIND_MASK)) return true;
        i++;
        j++;
      } else if (x < y) i++;
      else j++;
    }
    return false;
  }

  #conflictWithOne(several: number, single: number): boolean {
    const value = (single >> 1) - 1;
    for (const each of this.#several[several >> 1]) if (conflictOfTwo(each, value)) return true;
    return false;
  }
}

function conflictOfTwo(x: number, y: number): boolean {
  return x >> KIND_BITS === y >> KIND_BITS && !commute(x & KIND_MASK, y & KIND_MASK);
}

/** True when the first `count` of `values` are all of `list`. */
function isBeginningOf(values: Int32Array, count: number, list: Int32Array): boolean {
  if (list.length !== count) return false;
  for (let i = 0; i < count; i++) if (values[i] !== list[i]) return false;
  return true;
}
