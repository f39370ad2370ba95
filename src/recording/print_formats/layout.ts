/**
 * The notation in which we write down how the kernel prints an event, and its compiled form.
 *
 * A layout is the text as printed, with `{field:kind}` where a value stands; fields are named as in the event's format
 * description. What the text shows in words goes to a field of its own, with `_text` after its name, so that the field
 * itself is a number in every source. A name that is left out (`{:symbol}`) is read over: it stands in the text twice.
 *
 * | kind | text |
 * |---|---|
 * | (none) | decimal, or hexadecimal with 0x |
 * | `hex` | hexadecimal, with or without 0x |
 * | `octal` | octal |
 * | `dev` | a device, `major:minor` or `major,minor` |
 * | `page` | a position in bytes, of which the field is the page index |
 * | `text` | any text |
 * | `symbol` | names of a number's value or bits; a number where it has no name; empty for no bits |
 * | `fault` | names of VM_FAULT bits |
 * | `ioprio` | class, hint and level |
 * | `lsn` | cycle and block of a log position, `cycle/block` |
 *
 * @module
 */

/** How a value is printed. */
export enum FieldKind {
  Number,
  Hex,
  Octal,
  Device,
  Page,
  Ioprio,
  Lsn,
  /** From here on: text up to what follows it. */
  Text,
  Symbol,
  Fault,
}

const KINDS: Record<string, FieldKind> = {
  "": FieldKind.Number,
  hex: FieldKind.Hex,
  octal: FieldKind.Octal,
  dev: FieldKind.Device,
  page: FieldKind.Page,
  ioprio: FieldKind.Ioprio,
  lsn: FieldKind.Lsn,
  text: FieldKind.Text,
  symbol: FieldKind.Symbol,
  fault: FieldKind.Fault,
};

/** A value in a layout; `name` is "" for one that is not kept. */
export interface LayoutField {
  name: string;
  kind: FieldKind;
}

/** A compiled layout: `literals[0] fields[0] literals[1] fields[1] ... literals[fields.length]`. */
export interface Layout {
  literals: Uint8Array[];
  fields: LayoutField[];
}

/** Most values that one layout may have. */
export const LAYOUT_FIELDS_MAX = 48;

/** Compiles a layout. A layout that does not follow the notation is a mistake of ours, not of the input. */
export function parseLayout(text: string): Layout {
  const literals: string[] = [];
  const fields: LayoutField[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{(\w*)(?::(\w+))?\}/g)) {
    const kind = KINDS[match[2] ?? ""];
    if (kind === undefined) throw new Error(`layout "${text}": no such kind: ${match[2]}`);
    literals.push(text.slice(at, match.index));
    fields.push({ name: match[1], kind });
    at = match.index + match[0].length;
  }
  // A line may have lost the blanks at its end; the matcher passes over those that are there.
  literals.push(text.slice(at).trimEnd());
  if (fields.length > LAYOUT_FIELDS_MAX) throw new Error(`layout "${text}": too many fields`);
  for (let i = 0; i < fields.length - 1; i++) {
    if (fields[i].kind >= FieldKind.Text && literals[i + 1] === "") {
      throw new Error(`layout "${text}": nothing after the text of ${fields[i].name}`);
    }
  }
  const encoder = new TextEncoder();
  return { literals: literals.map((literal) => encoder.encode(literal)), fields };
}
