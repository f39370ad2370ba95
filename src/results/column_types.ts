/**
 * The type a stored column needs when batches disagree about it.
 *
 * @module
 */
import type { ColumnType, ListType, ScalarType } from "../recording/batch.ts";

/** A column's type in a results file; HUGEINT holds what is UBIGINT in one batch and negative in another. */
export type StoredType = ColumnType | "HUGEINT" | "HUGEINT[]";

interface IntegerRange {
  bits: number;
  signed: boolean;
}

const INTEGERS: Partial<Record<StoredType, IntegerRange>> = {
  TINYINT: { bits: 8, signed: true },
  SMALLINT: { bits: 16, signed: true },
  INTEGER: { bits: 32, signed: true },
  BIGINT: { bits: 64, signed: true },
  HUGEINT: { bits: 128, signed: true },
  UTINYINT: { bits: 8, signed: false },
  USMALLINT: { bits: 16, signed: false },
  UINTEGER: { bits: 32, signed: false },
  UBIGINT: { bits: 64, signed: false },
};

/** Signed integer types by width; the first that is wide enough is taken. */
const SIGNED: [number, StoredType][] = [[8, "TINYINT"], [16, "SMALLINT"], [32, "INTEGER"], [64, "BIGINT"]];

/** Doubles hold every integer of up to this many bits. */
const EXACT_DOUBLE_BITS = 53;

/**
 * @returns the narrowest type that holds every value of both types exactly; VARCHAR where only text does
 */
export function commonType(a: StoredType, b: StoredType): StoredType {
  if (a === b) return a;
  if (isList(a) && isList(b)) {
    const element = commonType(elementType(a), elementType(b));
    return element === "VARCHAR" ? "VARCHAR" : `${element}[]` as StoredType;
  }
  if (isList(a) || isList(b)) return "VARCHAR";
  const x = rangeOf(a);
  const y = rangeOf(b);
  if (x && y) return commonInteger(a, x, b, y);
  if (isFloating(a) && isFloating(b)) return "DOUBLE";
  const integer = x ?? y;
  if (integer && (isFloating(a) || isFloating(b)) && integer.bits <= EXACT_DOUBLE_BITS) return "DOUBLE";
  return "VARCHAR";
}

/** Booleans count as the smallest integers. */
function rangeOf(type: StoredType): IntegerRange | undefined {
  return type === "BOOLEAN" ? { bits: 1, signed: false } : INTEGERS[type];
}

function commonInteger(a: StoredType, x: IntegerRange, b: StoredType, y: IntegerRange): StoredType {
  if (x.signed === y.signed) return x.bits >= y.bits ? a : b;
  const [signed, unsigned] = x.signed ? [x, y] : [y, x];
  const bits = Math.max(signed.bits, unsigned.bits + 1);
  return SIGNED.find(([width]) => width >= bits)?.[1] ?? "HUGEINT";
}

function isFloating(type: StoredType): boolean {
  return type === "FLOAT" || type === "DOUBLE";
}

/** Whether a column holds several numbers a row. */
export function isList(type: StoredType): type is ListType {
  return type.endsWith("[]");
}

/** The type of one element of a list. */
export function elementType(type: ListType): ScalarType {
  return type.slice(0, -2) as ScalarType;
}
