/**
 * Mappings as they go into a YAML file: what has its usual value is left out.
 *
 * @module
 */

/** A mapping as it goes into the file; what is undefined is left out. */
export type Entries = Record<string, unknown>;

export function unless<T>(value: T, usual: T): T | undefined {
  return value === usual ? undefined : value;
}

/** Undefined when there is nothing in it. */
export function some<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

export function withoutUndefined(entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

export function differing<T extends object>(values: T, usual: T): Entries | undefined {
  return some(Object.fromEntries(
    Object.entries(values).filter(([key, value]) => value !== (usual as Record<string, unknown>)[key]),
  ));
}

export function mapValues<T, U>(
  values: Readonly<Record<string, T>>,
  to: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value, key)]));
}

/** One value as such, several as a list, none not at all. */
export function oneOrMore<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
}
