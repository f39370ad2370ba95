/**
 * The `raw_full.NAME` view of an event type: all its fields again, whatever table each is stored in.
 *
 * @module
 */
import {
  type FieldSymbols,
  RAW_FULL_LEADING,
  rawColumnNames,
  type RawEventDescription,
  type RawField,
} from "../recording/raw_registry.ts";
import { isList, type StoredType } from "./column_types.ts";
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

/** Suffix of a number inside the view. */
const NUMBER_SUFFIX = "_number";

/** Where `event.COLUMN` is stored: in the event's row, or with its kind. */
const HOLDERS = {
  dev: "kind.dev",
  rwbs: "kind.rwbs",
  ino: "coalesce(event.ino, kind.ino)",
  file_offset: "event.position",
  sector: "event.position",
  bytes: "event.bytes",
  ret: "event.ret",
};

/** A column of a `raw_full` view. */
interface ShownColumn {
  name: string;
  /** SQL of its value over the joined tables; of words null. */
  value: string | null;
  /** Of words: SQL of them, over the columns of `row` and {@linkcode number}. */
  words: string | null;
  /** Of words: the number that they are of, computed once a row. */
  number: { name: string; value: string } | null;
}

/** Every field, and beside fields whose values have names a column of them in words. */
function shownColumns({ fields }: RawEventDescription): ShownColumn[] {
  const columnNames = rawColumnNames(fields.map((field) => field.name));
  const taken = new Set([...RAW_FULL_LEADING, ...columnNames.map((column) => column.toLowerCase())]);
  return fields.flatMap((field, index) => {
    const name = columnNames[index];
    const value = fieldValue(field, name);
    const shown: ShownColumn = { name, value: shownValue(field, value), words: null, number: null };
    if (!field.symbols || isList(field.type) || field.type === "BLOB") return [shown];
    const [textName, number] = [free(name, TEXT_SUFFIX, taken), free(name, NUMBER_SUFFIX, taken)];
    return [shown, wordsColumn(field.symbols, { name, textName, number, value })];
  });
}

/** A name that is not taken, and is now. */
function free(name: string, suffix: string, taken: Set<string>): string {
  let longer = name + suffix;
  while (taken.has(longer.toLowerCase())) longer += suffix;
  taken.add(longer.toLowerCase());
  return longer;
}

/** @param names of the field's column, of the one in words, and of the number in the rows that it is made of */
function wordsColumn(
  symbols: FieldSymbols,
  { name, textName, number, value }: { name: string; textName: string; number: string; value: string },
): ShownColumn {
  const column = quote(number);
  const text = symbols.kind === "enum" ? enumText(symbols, column) : flagsText(symbols, column);
  return {
    name: textName,
    value: null,
    words: `CASE WHEN ${column} IS NULL THEN ${quote(name)}::VARCHAR ELSE ${text} END`,
    number: { name: number, value: symbols.kind === "enum" ? numeric(value) : unsigned(numeric(value)) },
  };
}

/** Names of the columns of the `raw_full` view, in order. */
export function rawFullColumns(description: RawEventDescription): string[] {
  return [...RAW_FULL_LEADING, ...shownColumns(description).map(({ name }) => name)];
}

/**
 * @param description an event type whose table `raw.NAME` exists
 * @returns the CREATE VIEW statement
 */
export function createRawFullView(description: RawEventDescription): string {
  const { name } = description;
  const columns = shownColumns(description);
  const values = columns.flatMap(({ name, value, number }) => [
    ...value === null ? [] : [`${value} AS ${quote(name)}`],
    ...number === null ? [] : [`${number.value} AS ${quote(number.name)}`],
  ]);
  const joined = `SELECT raw.recording_id, raw.seq, event.ts_ns, context.cpu, context.pid, context.comm, ${
    values.join(", ")
  }
FROM raw.${quote(name)} AS raw
JOIN store.event_rows AS event ON event.seq = raw.seq
JOIN store.tag AS tag ON tag.tag_id = event.tag_id
JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
JOIN store.context AS context ON context.context_id = tag.context_id`;
  const create = `CREATE VIEW raw_full.${quote(name)} AS `;
  if (columns.every(({ words }) => words === null)) return create + joined;
  const shown = [
    ...RAW_FULL_LEADING,
    ...columns.map(({ name, words }) => words === null ? quote(name) : `${words} AS ${quote(name)}`),
  ];
  return `${create}SELECT ${shown.join(", ")} FROM (${joined}) AS row`;
}

function fieldValue(field: RawField, columnName: string): string {
  const { held } = field;
  if (held.kind === "raw") return `raw.${quote(columnName)}`;
  if (held.kind === "comm") return `coalesce(raw.${quote(columnName)}, context.comm)`;
  if (held.kind === "bdi") return `coalesce(raw.${quote(columnName)}, kind.dev)`;
  const column = HOLDERS[held.column];
  if (held.divisor !== 1) return `(${column} // ${held.divisor})`;
  // `event` has signed columns: what passes 2^63 is negative there.
  return field.type === "UBIGINT" ? `${unsigned(column)}::UBIGINT` : column;
}

/** 64 bits as an unsigned number, of type HUGEINT. */
function unsigned(value: string): string {
  return `(CASE WHEN ${value} < 0 THEN ${value}::HUGEINT + 18446744073709551616 ELSE ${value}::HUGEINT END)`;
}

/** A field's number; NULL where a text recording has made text of it. */
function numeric(value: string): string {
  return `TRY_CAST(${value} AS HUGEINT)`;
}

function shownValue(field: RawField, value: string): string {
  // Where `event` holds a device it is text already.
  if (field.shown === "plain" || field.held.kind === "event") return value;
  const number = numeric(value);
  return `coalesce((${number} >> 20)::VARCHAR || ':' || (${number} & 1048575)::VARCHAR, ${value}::VARCHAR)`;
}

/** The name of the value, or the value as a hexadecimal number, as the kernel's print format does. */
function enumText({ entries }: FieldSymbols, number: string): string {
  const other = hexadecimal(unsigned(number));
  if (entries.length === 0) return other;
  const cases = entries.map((entry) => `WHEN ${entry.value} THEN ${literal(entry.text)}`);
  return `CASE ${number} ${cases.join(" ")} ELSE ${other} END`;
}

/**
 * The names of the entries whose bits are all set, in order, then the bits left as a hexadecimal number. As in the
 * kernel's print format an entry takes its bits away, so that of `GFP_KERNEL` and the flags it is made of only the
 * first one found is printed.
 */
function flagsText({ entries, delimiter }: FieldSymbols, bits: string): string {
  const set = entries.map((entry) => ({ ...entry, value: BigInt.asUintN(64, entry.value) }))
    .filter((entry) => entry.value !== 0n);
  const none = entries.find((entry) => entry.value === 0n)?.text ?? "";
  const text = overlap(set) ? overlappingFlags(set, delimiter, bits) : separateFlags(set, delimiter, bits);
  return `CASE WHEN ${bits} = 0 THEN ${literal(none)} ELSE ${text} END`;
}

type Entries = FieldSymbols["entries"];

const BITS_64 = (1n << 64n) - 1n;

function overlap(entries: Entries): boolean {
  let seen = 0n;
  for (const { value } of entries) {
    if (seen & value) return true;
    seen |= value;
  }
  return false;
}

function separateFlags(entries: Entries, delimiter: string, bits: string): string {
  const names = entries.map(({ value, text }) => `CASE WHEN ${bits} & ${value} = ${value} THEN ${literal(text)} END`);
  // What single bits leave is one number; an entry of several bits takes all of them or none.
  const isSingle = ({ value }: Entries[number]) => (value & (value - 1n)) === 0n;
  const kept = entries.filter(isSingle).reduce((mask, { value }) => mask & ~value, BITS_64);
  const taken = entries.filter((entry) => !isSingle(entry))
    .map(({ value }) => `CASE WHEN ${bits} & ${value} = ${value} THEN ${value}::HUGEINT ELSE 0 END`);
  const rest = `(${[`(${bits} & ${kept})`, ...taken].join(" - ")})`;
  return `concat_ws(${literal(delimiter)}, ${
    [...names, `CASE WHEN ${rest} <> 0 THEN ${hexadecimal(rest)} END`].join(", ")
  })`;
}

/** Goes through the entries with what bits are left and what text there is. */
function overlappingFlags(entries: Entries, delimiter: string, bits: string): string {
  const list = entries.map(({ value, text }) => `{'bits': ${value}::HUGEINT, 'text': ${literal(delimiter + text)}}`);
  const step = "CASE WHEN done.bits & entry.bits = entry.bits " +
    "THEN {'bits': done.bits - entry.bits, 'text': done.text || entry.text} ELSE done END";
  const done = `list_reduce([${list.join(", ")}], lambda done, entry: ${step}, {'bits': ${bits}, 'text': ''})`;
  const rest = `CASE WHEN ${done}.bits = 0 THEN '' ELSE ${literal(delimiter)} || ${hexadecimal(`${done}.bits`)} END`;
  return `substr(${done}.text || ${rest}, ${delimiter.length + 1})`;
}

function hexadecimal(number: string): string {
  return `printf('0x%x', (${number})::UBIGINT)`;
}
