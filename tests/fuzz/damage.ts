/**
 * Ways to damage bytes: as fast-check draws them for tests of single readers, and as splices, which everything else is
 * made of.
 *
 * @module
 */

import fc from "fast-check";

/** `length` bytes at `at` are replaced. */
export interface Splice {
  at: number;
  length: number;
  bytes: Uint8Array;
}

/** The bytes with a stretch of them replaced. */
export function spliced(bytes: Uint8Array, { at, length, bytes: put }: Splice): Uint8Array {
  const rest = bytes.subarray(at + length);
  const result = new Uint8Array(at + put.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(put, at);
  result.set(rest, at + put.length);
  return result;
}

/** One way to damage bytes; places are taken modulo their number. */
export type Damage =
  | { kind: "flip"; at: number; bit: number }
  | { kind: "set"; at: number; byte: number }
  | { kind: "cut"; at: number }
  | { kind: "remove"; at: number; length: number }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "repeat"; at: number; length: number };

const NOTHING = new Uint8Array(0);

function spliceOf(bytes: Uint8Array, damage: Damage): Splice {
  const at = damage.at % bytes.length;
  switch (damage.kind) {
    case "flip":
      return { at, length: 1, bytes: Uint8Array.of(bytes[at] ^ (1 << damage.bit)) };
    case "set":
      return { at, length: 1, bytes: Uint8Array.of(damage.byte) };
    case "cut":
      return { at, length: bytes.length - at, bytes: NOTHING };
    case "remove":
      return { at, length: damage.length, bytes: NOTHING };
    case "insert":
      return { at, length: 0, bytes: damage.bytes };
    case "repeat":
      return { at, length: 0, bytes: bytes.slice(at, at + damage.length) };
  }
}

/** The bytes with the damage done, and the first byte that may differ from what it was. */
export function damaged(bytes: Uint8Array, list: readonly Damage[]): { bytes: Uint8Array; first: number } {
  let first = bytes.length;
  for (const damage of list) {
    if (bytes.length === 0) break;
    const splice = spliceOf(bytes, damage);
    first = Math.min(first, splice.at);
    bytes = spliced(bytes, splice);
  }
  return { bytes, first };
}

const place = fc.nat(1_000_000);
const length = fc.integer({ min: 1, max: 300 });

/** Up to `most` pieces of damage. */
export function damages(most: number): fc.Arbitrary<Damage[]> {
  return fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
      fc.record({ kind: fc.constant("set" as const), at: place, byte: fc.nat(255) }),
      fc.record({ kind: fc.constant("cut" as const), at: place }),
      fc.record({ kind: fc.constant("remove" as const), at: place, length }),
      fc.record({
        kind: fc.constant("insert" as const),
        at: place,
        bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
      }),
      fc.record({ kind: fc.constant("repeat" as const), at: place, length }),
    ),
    { minLength: 1, maxLength: most },
  );
}
