/**
 * Durations, with the unit that suits each.
 *
 * @module
 */

/** A duration in ns with the unit that suits it. */
export function duration(ns: number): string {
  const [unit, factor] = ns >= 1e9 ? ["s", 1e9] : ns >= 1e6 ? ["ms", 1e6] : ns >= 1e3 ? ["µs", 1e3] : ["ns", 1];
  return `${Number((ns / Number(factor)).toPrecision(4))} ${unit}`;
}
