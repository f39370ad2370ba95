/**
 * Numbers as texts have them, and counts with what is counted.
 *
 * @module
 */

/** `2,000`. */
export function grouped(value: number): string {
  return value.toLocaleString("en");
}

/** `1 bio`, `2,000 bios`. */
export function plural(count: number, one: string, several = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}
