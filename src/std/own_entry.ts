/**
 * Looking up names that come from elsewhere.
 *
 * @module
 */

/**
 * What a table has under a name from a recording or a file. Every object also answers to the names that all objects
 * have, such as `constructor` and `__proto__`, and an event or a field may be called so.
 *
 * @returns undefined where the table itself has no such name
 */
export function ownEntry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
