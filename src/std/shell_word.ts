/**
 * Words of commands that are printed for a shell.
 *
 * @module
 */

/** A word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
