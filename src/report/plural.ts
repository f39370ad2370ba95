/**
 * Counts with what is counted.
 *
 * @module
 */

/** `1 bio`, `2,000 bios`. */
export function plural(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}
