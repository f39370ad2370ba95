/**
 * The kernel's description of an event type: `name:`, `ID:`, `format:` with one `field:` a line, `print fmt:`.
 *
 * Source: Documentation/trace/events.rst and the descriptions in recorded files.
 *
 * @module
 */

/** A field of an event, as its description gives it. */
export interface FormatField {
  name: string;
  /** The C type without name and array part, as written (`__data_loc char[]`, `unsigned long`, `dev_t`). */
  type: string;
  /** Bytes from the start of the event. */
  offset: number;
  /** Bytes; 0 for a field that takes the rest of the event. */
  size: number;
  signed: boolean;
  /** Where the value is: at the offset, or at an offset and length that the field holds. */
  location: "fixed" | "data_loc" | "rel_loc";
  /** Fixed and dynamic arrays. */
  array: boolean;
  /** Elements of a fixed array, where the description gives a number; else null. */
  count: number | null;
}

export interface EventFormat {
  system: string;
  name: string;
  id: number;
  /** `common_*` fields. */
  common: FormatField[];
  fields: FormatField[];
  printFormat: string;
  /** False where the file has no description and one was made up. */
  described: boolean;
}

/** `field:unsigned char foo[4];` without `field:` and `;`: type, name, array part. */
function parseDeclaration(
  declaration: string,
): { type: string; name: string; array: boolean; count: number | null } | null {
  const match = /^(.*?)([A-Za-z_]\w{0,199})\s*((?:\[[^\]]*\])*)$/.exec(declaration.trim());
  if (match === null) return null;
  const type = match[1].trim();
  const count = /^\[(\d+)\]$/.exec(match[3])?.[1];
  return {
    type,
    name: match[2],
    array: match[3] !== "" || type.endsWith("[]"),
    count: count === undefined ? null : Number(count),
  };
}

function parseField(line: string): FormatField | null {
  const match = /^\s*field:(.*);\s*offset:\s*(\d+);\s*size:\s*(\d+);(?:\s*signed:\s*(\d+);)?/.exec(line);
  if (match === null) return null;
  const declared = parseDeclaration(match[1]);
  if (declared === null) return null;
  const location = declared.type.startsWith("__data_loc")
    ? "data_loc"
    : declared.type.startsWith("__rel_loc")
    ? "rel_loc"
    : "fixed";
  return {
    name: declared.name,
    type: declared.type.replace(/^__(data|rel)_loc\s+/, ""),
    offset: Number(match[2]),
    size: Number(match[3]),
    signed: match[4] === "1",
    location,
    array: declared.array,
    count: declared.count,
  };
}

/** Name and number stand at the very beginning. */
const HEAD_CHARACTERS_MAX = 1000;

/** No event has nearly as many; a description that does is damaged. */
const FIELDS_MAX = 1000;

/** What a description says of the event type itself; null when it does not, or not in a way that any kernel does. */
export function parseEventHead(text: string): { name: string; id: number } | null {
  const match = /^name:[ \t]*([\w.:$-]{1,200})[ \t]*$[^]*?^ID:[ \t]*(\d{1,5})[ \t]*$/m.exec(
    text.slice(0, HEAD_CHARACTERS_MAX),
  );
  return match === null ? null : { name: match[1], id: Number(match[2]) };
}

/**
 * Parses a description.
 *
 * @returns null when the text has no name or id, or fields without end: then events of this type cannot be told
 */
export function parseEventFormat(system: string, text: string): EventFormat | null {
  const head = parseEventHead(text);
  if (head === null) return null;
  const format: EventFormat = { system, ...head, common: [], fields: [], printFormat: "", described: true };
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    const print = /^print fmt:\s*(.*)$/.exec(line);
    if (print !== null) format.printFormat = print[1];
    const field = parseField(line);
    if (field === null) continue;
    // Two fields of one name would share a column.
    while (names.has(field.name)) field.name += "_again";
    names.add(field.name);
    if (names.size > FIELDS_MAX) return null;
    (field.name.startsWith("common_") ? format.common : format.fields).push(field);
  }
  return format;
}

/** Text of the fields that all descriptions have in common: up to the first empty line of the `format:` part. */
export function commonPart(text: string): string {
  const start = text.indexOf("\nformat:");
  const end = text.indexOf("\n\n", start);
  return start < 0 || end < 0 ? "" : text.slice(start, end);
}

/**
 * Fields by name of a text that has nothing else to say: `header_page` (where a ring buffer page keeps its time, its
 * length and its data), and what descriptions have in common.
 */
export function parseFields(text: string): Map<string, FormatField> {
  const fields = new Map<string, FormatField>();
  for (const line of text.split("\n")) {
    const field = parseField(line);
    if (field !== null) fields.set(field.name, field);
  }
  return fields;
}
