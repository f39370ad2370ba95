/**
 * The `raw_full.NAME` view of an event type: all its fields again, whatever table each is stored in.
 *
 * @module
 */
import {
  RAW_FULL_LEADING,
  rawColumnNames,
  type RawEventDescription,
  type RawField,
} from "../recording/raw_registry.ts";
import type { StoredType } from "./column_types.ts";
import { literal, quote } from "./sql_text.ts";

/**
 * The columns that `raw.NAME` has when every field of the description was seen at least once.
 *
 * @returns recording_id, seq, and each field that `event` does not hold, in order
 */
export function storedRawFields(description: RawEventDescription): { name: string; type: StoredType }[] {
  const names = rawColumnNames(description.fields.map((field) => field.name));
  const own = description.fields
    .map(({ type, held }, index) => ({ name: names[index], type, held }))
    .filter(({ held }) => held.kind !== "event")
    .map(({ name, type }) => ({ name, type }));
  return [{ name: "recording_id", type: "SMALLINT" }, { name: "seq", type: "UINTEGER" }, ...own];
}

/** Suffix of the column with a field's value in words. */
const TEXT_SUFFIX = "_text";

/** Where `event.COLUMN` is stored: in the event's row, or with its kind. */
const HOLDERS = {
  dev: "kind",
  rwbs: "kind",
  ino: "event",
  file_offset: "event",
  sector: "event",
  bytes: "event",
  ret: "event",
};

/**
 * @param description an event type whose table `raw.NAME` exists
 * @returns the CREATE VIEW statement
 */
export function createRawFullView(description: RawEventDescription): string {
  const { name, fields } = description;
  const columnNames = rawColumnNames(fields.map((field) => field.name));
  const taken = new Set([...RAW_FULL_LEADING, ...columnNames.map((column) => column.toLowerCase())]);
  const selected = [
    "raw.recording_id",
    "raw.seq",
    "event.ts_ns",
    "context.cpu",
    "context.pid",
    "context.comm",
  ];
  fields.forEach((field, index) => {
    const columnName = columnNames[index];
    const value = fieldValue(field, columnName);
    selected.push(`${shownValue(field, value)} AS ${quote(columnName)}`);
    if (field.symbols) {
      let textName = columnName + TEXT_SUFFIX;
      while (taken.has(textName.toLowerCase())) textName += TEXT_SUFFIX;
      taken.add(textName.toLowerCase());
      selected.push(`${symbolText(field.symbols, value)} AS ${quote(textName)}`);
    }
  });
  return `CREATE VIEW raw_full.${quote(name)} AS SELECT ${selected.join(", ")}
FROM raw.${quote(name)} AS raw
JOIN store.event AS event ON event.seq = raw.seq
JOIN store.kind AS kind ON kind.kind_id = event.kind_id
JOIN store.context AS context ON context.context_id = event.context_id`;
}

function fieldValue(field: RawField, columnName: string): string {
  const { held } = field;
  if (held.kind === "raw") return `raw.${quote(columnName)}`;
  if (held.kind === "comm") return `coalesce(raw.${quote(columnName)}, context.comm)`;
  if (held.kind === "bdi") return `coalesce(raw.${quote(columnName)}, kind.dev)`;
  const column = `${HOLDERS[held.column]}.${quote(held.column)}`;
  return held.divisor === 1 ? column : `(${column} // ${held.divisor})`;
}

function shownValue(field: RawField, value: string): string {
  // Where `event` holds a device it is text already.
  if (field.shown === "plain" || field.held.kind === "event") return value;
  return `((${value})::UBIGINT >> 20)::VARCHAR || ':' || ((${value})::UBIGINT & 1048575)::VARCHAR`;
}

/**
 * Enumerations print what stands for the value, or its number. Flags print, in order, the name of each entry whose
 * bits are all set, then what bits are left as a hexadecimal number, as the kernel's print format does.
 */
function symbolText(symbols: NonNullable<RawField["symbols"]>, value: string): string {
  const { kind, delimiter, entries } = symbols;
  if (entries.length === 0) return `(${value})::VARCHAR`;
  if (kind === "enum") {
    const cases = entries.map((entry) => `WHEN ${entry.value} THEN ${literal(entry.text)}`);
    return `CASE ${value} ${cases.join(" ")} ELSE (${value})::VARCHAR END`;
  }
  const bits = `(${value})::HUGEINT`;
  const names = entries
    .filter((entry) => entry.value !== 0n)
    .map((entry) => `CASE WHEN ${bits} & ${entry.value} = ${entry.value} THEN ${literal(entry.text)} END`);
  const known = entries.reduce((all, entry) => all | entry.value, 0n);
  const rest = `CASE WHEN ${bits} & ~(${known}::HUGEINT) <> 0 THEN ` +
    `printf('0x%x', (${bits} & ~(${known}::HUGEINT))::UBIGINT) END`;
  const zero = entries.find((entry) => entry.value === 0n);
  const text = `concat_ws(${literal(delimiter)}, ${[...names, rest].join(", ")})`;
  return `CASE WHEN ${value} IS NULL THEN NULL WHEN ${bits} = 0 THEN ${literal(zero?.text ?? "")} ELSE ${text} END`;
}
