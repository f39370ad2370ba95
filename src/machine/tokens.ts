/**
 * What a sector holds: one token that says which write it came from.
 *
 * A sector (512 bytes) is the smallest thing that is read, written, or lost. Every write of every operation leaves a
 * token that nothing else leaves, so that a read says which write it saw.
 *
 * @module
 */

/** Content of one sector; equal tokens are equal content. */
export type Token = string;

/** Zeros: a hole, an unwritten extent, what is beyond the end of a file. */
export const ZERO: Token = "0";

/** What sector `sector` (counted within the file) of `file` held when the program began: `I(F,3)`. */
export function initialToken(file: string, sector: number): Token {
  return `I(${file},${sector})`;
}

/** What write `operation` leaves in sector `sector` (counted within the file): `W(T1.2,3)`. */
export function writeToken(operation: string | number, sector: number): Token {
  return `W(${operation},${sector})`;
}

/**
 * What a former owner left in a block: no read of a file may ever see it.
 *
 * @param pblk physical block
 * @param generation how often the block had been freed before
 */
export function staleToken(pblk: number, generation: number): Token {
  return `STALE(${pblk},${generation})`;
}

export function isStale(token: Token): boolean {
  return token.startsWith("STALE(");
}
