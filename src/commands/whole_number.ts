/**
 * Options whose value is a whole number.
 *
 * @module
 */

import { UsageError } from "./command.ts";

/**
 * The number that an option gives; without it, the usual one.
 *
 * @throws {UsageError} for what is no whole number, or below the least
 */
export function wholeNumber(
  option: string,
  text: string | undefined,
  { min, usual }: { min: number; usual: number },
): number {
  if (text === undefined) return usual;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || !Number.isSafeInteger(number)) {
    throw new UsageError(`--${option} ${text}: expected a whole number of at least ${min}`);
  }
  return number;
}
