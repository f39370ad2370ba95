/**
 * How a step touches a shared object.
 *
 * Two steps of different tasks depend on each other when they touch one object and their ways of touching it do not
 * commute. Ways commute with themselves only, and writing not even with itself.
 *
 * @module
 */

export enum Access {
  Read = 0,
  Write = 1,
  /** An increment or decrement: those commute with each other, not with a test of the value. */
  Add = 2,
  /** Shared acquisition or release of a lock that lets no waiter in. */
  Share = 3,
}

/** True when steps that touch one object in these ways can change places. */
export function commute(a: Access, b: Access): boolean {
  return a === b && a !== Access.Write;
}
