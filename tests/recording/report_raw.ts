/**
 * Compares decoded events with what `trace-cmd report -R -t` printed of the same file: an independent decoder.
 *
 * @module
 */

import type { Row } from "./collect.ts";
import type { RawEventDescription, RawField } from "../../src/recording/raw_registry.ts";

/** A line of the report. */
export interface RawLine {
  comm: string;
  pid: number;
  cpu: number;
  ts: bigint;
  name: string;
  text: string;
}

const LINE = /^\s*(?:\w+:\s+)?(.+)-(\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{6,9}): (\S+?):\s?(.*)$/;

export function parseReport(text: string): RawLine[] {
  const lines: RawLine[] = [];
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (match === null) continue;
    lines.push({
      comm: match[1].trim(),
      pid: Number(match[2]),
      cpu: Number(match[3]),
      ts: BigInt(match[4]) * 1_000_000_000n + BigInt(match[5].padEnd(9, "0")),
      name: match[6],
      text: match[7].trimStart(),
    });
  }
  return lines;
}

/** Values of the fields in the order of the description, which is the order of the report. */
function splitFields(text: string, names: string[]): Map<string, string> {
  const values = new Map<string, string>();
  let at = 0;
  names.forEach((name, i) => {
    if (!text.startsWith(`${name}=`, at)) return;
    const start = at + name.length + 1;
    const next = names.slice(i + 1).map((n) => text.indexOf(` ${n}=`, start)).find((n) => n >= 0) ?? text.length;
    values.set(name, text.slice(start, next));
    at = next + 1;
  });
  return values;
}

/** The value of a field wherever it is held. */
function valueOf(row: Row, field: RawField): unknown {
  const raw = row.raw[field.name] ?? row.raw[`${field.name}_field`] ?? null;
  switch (field.held.kind) {
    case "raw":
      return raw;
    case "comm":
      return raw ?? row.comm;
    case "bdi":
      return raw ?? row.dev;
    case "event": {
      const { column, divisor } = field.held;
      if (column === "dev" || column === "rwbs") return row[column];
      const value = row[column];
      return value === null ? null : value / BigInt(divisor);
    }
  }
}

function widthOf(field: RawField): number {
  const bytes = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 }[field.type.replace(/^U/, "") as "BIGINT"];
  return bytes ?? 64;
}

/** True when the report's text can stand for the value: decimal, octal, hexadecimal with or without 0x, device numbers. */
function same(value: unknown, text: string, field: RawField): boolean {
  if (value === null || value === undefined) return text === "";
  if (typeof value === "string") {
    const device = /^(\d+):(\d+)$/.exec(value);
    if (device !== null && /^\d+$/.test(text)) {
      return BigInt(text) === (BigInt(device[1]) << 20n | BigInt(device[2]));
    }
    return value.trimEnd() === text.trimEnd();
  }
  if (typeof value === "boolean") return text === String(Number(value)) || text === String(value);
  if (typeof value === "number" || typeof value === "bigint") {
    const signed = BigInt(value);
    const unsigned = BigInt.asUintN(widthOf(field), signed);
    const long = BigInt.asUintN(64, signed);
    return [
      signed.toString(),
      unsigned.toString(),
      ...[unsigned, long].flatMap((v) => [`0x${v.toString(16)}`, v.toString(16), v.toString(8)]),
    ]
      .some((form) => form === text || form.replace(/^0x/, "").padStart(8, "0") === text.replace(/^0x/, ""));
  }
  return false;
}

/** What differs between a decoded event and its report line; "" when nothing does. */
export function difference(
  row: Row,
  line: RawLine,
  description: RawEventDescription,
  resolve: (text: string) => boolean,
): string {
  if (row.name !== line.name) return `name ${row.name}, reported ${line.name}`;
  if (row.ts !== line.ts || row.cpu !== line.cpu || row.pid !== line.pid) {
    return `${row.name} at ${row.ts} cpu ${row.cpu} pid ${row.pid}, reported ${line.ts} ${line.cpu} ${line.pid}`;
  }
  const values = splitFields(line.text, description.fields.map((field) => field.name));
  for (const field of description.fields) {
    const text = values.get(field.name);
    if (text === undefined) continue;
    const value = valueOf(row, field);
    if (same(value, text, field) || resolve(text)) continue;
    return `${row.name}.${field.name}: ${value}, reported ${JSON.stringify(text)}`;
  }
  return "";
}

/** How many fields a line has that can be compared. */
export function fieldsIn(line: RawLine, description: RawEventDescription): number {
  return splitFields(line.text, description.fields.map((field) => field.name)).size;
}
