/**
 * Dates, times and intervals as DuckDB prints them, from whole numbers.
 *
 * @module
 */

/** Nanoseconds of Arrow's time units: second, milli-, micro-, nanosecond. */
export const NANOSECONDS = [1_000_000_000n, 1_000_000n, 1000n, 1n];
const DAY_NS = 86_400_000_000_000n;
/** Dates that DuckDB calls infinity and -infinity. */
const INFINITE_DAYS = 2n ** 31n - 1n;
const INFINITE_TIME = 2n ** 63n - 1n;

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function pad(value: bigint | number, length: number): string {
  return String(value).padStart(length, "0");
}

/** Days since 1970 as a date of the proleptic Gregorian calendar; years before 1 as DuckDB prints them. */
export function dateText(days: bigint): string {
  if (days === INFINITE_DAYS) return "infinity";
  if (days === -INFINITE_DAYS) return "-infinity";
  // Civil date from a day number: eras of 400 years, years that begin in March.
  const shifted = days + 719_468n;
  const era = floorDivide(shifted, 146_097n);
  const dayOfEra = shifted - era * 146_097n;
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const monthFromMarch = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * monthFromMarch + 2n) / 5n + 1n;
  const month = monthFromMarch < 10n ? monthFromMarch + 3n : monthFromMarch - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  const text = `${pad(year > 0n ? year : 1n - year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return year > 0n ? text : `${text} (BC)`;
}

/** A time of day, or a longer time, with as many digits of the second as it needs. */
export function clockText(ns: bigint): string {
  const sign = ns < 0n ? "-" : "";
  const positive = ns < 0n ? -ns : ns;
  const seconds = positive / NANOSECONDS[0];
  const text = `${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}`;
  const fraction = pad(positive % NANOSECONDS[0], 9).replace(/0+$/, "");
  return sign + (fraction === "" ? text : `${text}.${fraction}`);
}

/**
 * @param unit index into {@linkcode NANOSECONDS}
 * @param timezone any for times that are in UTC and say so
 */
export function timestampText(value: bigint, unit: number, timezone: string | null | undefined): string {
  if (value === INFINITE_TIME) return "infinity";
  if (value === -INFINITE_TIME) return "-infinity";
  const ns = value * NANOSECONDS[unit];
  const days = floorDivide(ns, DAY_NS);
  return `${dateText(days)} ${clockText(ns - days * DAY_NS)}${timezone ? "+00" : ""}`;
}

/** An interval as DuckDB prints it. */
export function intervalText(months: number, days: number, ns: bigint): string {
  const counted = (count: number, unit: string) => `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
  const parts = [];
  if (Math.trunc(months / 12) !== 0) parts.push(counted(Math.trunc(months / 12), "year"));
  if (months % 12 !== 0) parts.push(counted(months % 12, "month"));
  if (days !== 0) parts.push(counted(days, "day"));
  if (ns !== 0n || parts.length === 0) parts.push(clockText(ns));
  return parts.join(" ");
}
