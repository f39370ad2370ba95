/**
 * What the numbers of the tables stand for, and how values are written.
 *
 * @module
 */
import type { ReportedFile } from "../page_data.ts";

/** Values as large as this are as large as the page can say. */
const VALUE_MAX = 2 ** 51;

/** Made once: making one takes longer than a hundred uses of it. */
const FORMAT = new Intl.NumberFormat("en", { maximumFractionDigits: 9 });
const SHORT_FORMAT = new Intl.NumberFormat("en");

const TIME_UNITS: readonly [string, number][] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

/** A time or duration with the unit that suits it. */
export function timeText(ns: number, digits = 4): string {
  if (Number.isNaN(ns)) return "not recorded";
  if (ns === 0) return "0";
  const [unit, factor] = TIME_UNITS.find(([, each]) => Math.abs(ns) >= each) ?? TIME_UNITS[3];
  return `${FORMAT.format(Number((ns / factor).toPrecision(digits)))} ${unit}`;
}

/** A time with all its digits: `1.234 567 890 s`. */
export function exactTimeText(ns: number): string {
  const whole = Math.floor(Math.abs(ns) / 1e9);
  const rest = String(Math.abs(ns) % 1e9).padStart(9, "0").replaceAll(/(\d{3})(?=\d)/g, "$1 ");
  return `${ns < 0 ? "-" : ""}${whole}.${rest} s`;
}

export function numberText(value: number): string {
  if (Number.isNaN(value)) return "not recorded";
  if (Math.abs(value) >= VALUE_MAX) return `beyond ${value < 0 ? "-" : ""}2^51`;
  return SHORT_FORMAT.format(value);
}

const BYTE_UNITS: readonly [string, number][] = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];

export function bytesText(bytes: number): string {
  if (Number.isNaN(bytes)) return "?";
  const [unit, factor] = BYTE_UNITS.find(([, each]) => Math.abs(bytes) >= each) ?? ["B", 1];
  return `${SHORT_FORMAT.format(Number((bytes / factor).toPrecision(4)))} ${unit}`;
}

export function fileText({ recording, dev, ino, path }: ReportedFile, recordings: number): string {
  const name = path === null ? `${dev} inode ${ino}` : `${path} (${dev} inode ${ino})`;
  return recordings > 1 ? `${name}, recording ${recording}` : name;
}

/** A word by its number; NaN stands for one that is not known. */
export function word(words: readonly string[], code: number): string {
  return Number.isNaN(code) ? "unknown" : words[code] ?? "unknown";
}
