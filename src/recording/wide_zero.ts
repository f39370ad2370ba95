/**
 * What a number field begins with that will hold more than 31 bits.
 *
 * V8 keeps a field that has held small integers only as one of those. The first larger number changes the shape of the
 * object, and all code compiled for the old shape is thrown away and compiled again; for the fields that every event
 * goes through that is the whole reader. Minus zero is no small integer, and is equal to zero.
 *
 * @module
 */

/** Zero, in a field that has room for any number. */
export const WIDE_ZERO = -0;
