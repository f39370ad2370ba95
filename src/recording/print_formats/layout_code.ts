/**
 * Layouts as straight-line code, which finds the values of a text and puts them where they go in one pass.
 *
 * The code knows the usual spellings only and gives up on all else before it has put anything: a text that it refuses may
 * still fit, which {@linkcode LayoutMatcher} then finds out. What it takes it puts as the matcher would have it put.
 *
 * @module
 */

import type { EventSink } from "../event_sink.ts";
import { type FieldBinding, OP_DEV, OP_RAW } from "../field_binding.ts";
import { putHalves } from "../number_code.ts";
import type { RawTable } from "../raw_table.ts";
import type { FieldSlot } from "./field_slot.ts";
import { HEX_VALUE, IntegerText } from "./integer_text.ts";
import { FieldKind, type Layout } from "./layout.ts";
import type { Printer } from "./symbols.ts";
import { readSymbol, readValue } from "./value_text.ts";

/**
 * Puts the fields of the text `bytes[at, end)` into the sink's open event.
 *
 * @param table the event's own
 * @param view of the same bytes
 * @returns false when it leaves the text to the matcher; nothing has been put then
 */
export type PutText = (
  sink: EventSink,
  table: RawTable,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
) => boolean;

/** Digits whose value 32 bits hold. */
const SHORT_DECIMAL = 9;
const SHORT_HEX = 8;

/** How values are put; what of it depends on the binding is settled when the code is made. */
interface Target {
  /** Name of the slot in the code. */
  slot: string;
  /** Where numbers go, and its name in the code; null: not known yet. */
  number: FieldBinding | null;
  text: FieldBinding | null;
  bindings: string;
}

/**
 * Compiles a layout. The slots should have had a value each: where it goes is part of the code.
 *
 * @param slots by field number; null for a value that is not kept
 */
export function compileLayout(layout: Layout, slots: readonly (FieldSlot | null)[], printer: Printer): PutText {
  const { literals, fields } = layout;
  const find: string[] = [expectLiteral(literals[0])];
  const put: string[] = [];
  fields.forEach(({ kind }, i) => {
    const slot = slots[i];
    const target = slot === null ? null : {
      slot: `slots[${i}]`,
      number: slot.numberBinding,
      text: slot.textBinding,
      bindings: `${i}`,
    };
    if (kind >= FieldKind.Text) {
      find.push(i === fields.length - 1 ? lastText(i, literals[i + 1]) : textBefore(i, literals[i + 1]));
      if (kind !== FieldKind.Text) find.push(symbol(kind, i));
    } else {
      find.push(kind === FieldKind.Device ? device(i) : number(kind, i), expectLiteral(literals[i + 1]));
    }
    if (target !== null) put.push(putValue(kind, i, target));
  });
  const code = `
    return function putText(sink, table, bytes, view, at, end) {
      let d = 0, first = 0;
      ${find.join("\n")}
      while (at < end && bytes[at] === 32) at++;
      if (at !== end) return false;
      ${put.join("\n")}
      return true;
    };`;
  const names = ["integer", "HEX_VALUE", "readValue", "readSymbol", "printer", "slots", "numbers", "texts"];
  const numbers = slots.map((slot) => slot?.numberBinding ?? null);
  const texts = slots.map((slot) => slot?.textBinding ?? null);
  const integer = new IntegerText();
  return new Function(...names, code)(integer, HEX_VALUE, readValue, readSymbol, printer, slots, numbers, texts);
}

/** A condition that is true where the literal is not at `at`; four bytes are compared at a time. */
function differs(literal: Uint8Array, at: string): string {
  const view = new DataView(literal.buffer, literal.byteOffset, literal.byteLength);
  const parts: string[] = [];
  let i = 0;
  for (; i + 4 <= literal.length; i += 4) parts.push(`view.getInt32(${at} + ${i}, true) !== ${view.getInt32(i, true)}`);
  for (; i < literal.length; i++) parts.push(`bytes[${at} + ${i}] !== ${literal[i]}`);
  return parts.join(" || ");
}

function expectLiteral(literal: Uint8Array): string {
  if (literal.length === 0) return "";
  return `if (at + ${literal.length} > end || ${differs(literal, "at")}) return false;
    at += ${literal.length};`;
}

/**
 * Reads a number into `lo`, `hi` and `sign`. A loop over digits may run over the end of the text, into what was read
 * there earlier; then what follows in the layout does not fit.
 */
function number(kind: FieldKind, i: number): string {
  const slow = `at = readValue(${kind}, integer, bytes, first, end);
      if (at < 0) return false;
      lo${i} = integer.lo; hi${i} = integer.hi; sign${i} = integer.sign;`;
  const declared = `let lo${i} = 0, hi${i} = 0, sign${i} = "unsigned"; first = at;`;
  const page = kind === FieldKind.Page ? `else lo${i} >>>= 12;` : "";
  switch (kind) {
    case FieldKind.Number:
    case FieldKind.Page:
      return `${declared}
        while ((d = bytes[at] - 48) >= 0 && d <= 9) { lo${i} = Math.imul(lo${i}, 10) + d | 0; at++; }
        if (at === first || at - first > ${SHORT_DECIMAL} || bytes[at] === 120) { ${slow} } ${page}`;
    case FieldKind.Hex:
      return `${declared}
        if (bytes[at] === 48 && bytes[at + 1] === 120) at += 2;
        d = at;
        while (HEX_VALUE[bytes[at]] < 16) { lo${i} = lo${i} << 4 | HEX_VALUE[bytes[at]]; at++; }
        if (at === d || at - d > ${SHORT_HEX}) { ${slow} }`;
    default:
      return `${declared} ${slow}`;
  }
}

function device(i: number): string {
  const digits = (name: string) =>
    `first = at;
      while ((d = bytes[at] - 48) >= 0 && d <= 9) { ${name} = Math.imul(${name}, 10) + d | 0; at++; }
      if (at === first || at - first > ${SHORT_DECIMAL}) return false;`;
  return `let major${i} = 0, minor${i} = 0;
    ${digits(`major${i}`)}
    if (bytes[at] !== 58 && bytes[at] !== 44) return false;
    at++;
    ${digits(`minor${i}`)}`;
}

/** Text up to where the literal first stands: if the rest does not fit there, the matcher tries further on. */
function textBefore(i: number, literal: Uint8Array): string {
  return `const start${i} = at;
    for (;; at++) {
      if (at + ${literal.length} > end) return false;
      if (!(${differs(literal, "at")})) break;
    }
    let end${i} = at;
    at += ${literal.length};`;
}

function lastText(i: number, literal: Uint8Array): string {
  const cut = literal.length === 0 ? "" : `
    while (end${i} > at && bytes[end${i} - 1] === 32) end${i}--;
    end${i} -= ${literal.length};
    if (end${i} < at || ${differs(literal, `end${i}`)}) return false;`;
  return `const start${i} = at;
    let end${i} = end; ${cut}
    if (at <= end) at = end;`;
}

/** Most symbols are names, which begin with a letter. */
function symbol(kind: FieldKind, i: number): string {
  const may = kind === FieldKind.Fault ? "true" : `(start${i} === end${i} || bytes[start${i}] <= 57)`;
  return `while (end${i} > start${i} && bytes[end${i} - 1] === 32) end${i}--;
    let isNumber${i} = ${may}, lo${i} = 0, hi${i} = 0, sign${i} = "unsigned";
    if (isNumber${i}) {
      isNumber${i} = readSymbol(${kind}, integer, bytes, start${i}, end${i}, printer);
      lo${i} = integer.lo; hi${i} = integer.hi; sign${i} = integer.sign;
    }`;
}

function putValue(kind: FieldKind, i: number, target: Target): string {
  if (kind === FieldKind.Device) {
    return target.number?.op === OP_DEV
      ? `sink.setDevice(major${i}, minor${i});`
      : `${target.slot}.putDevice(major${i}, minor${i});`;
  }
  if (kind < FieldKind.Text) return putNumber(i, target);
  const text = putCharacters(i, target);
  return kind === FieldKind.Text ? text : `if (isNumber${i}) { ${putNumber(i, target)} } else { ${text} }`;
}

function putCharacters(i: number, { slot, text }: Target): string {
  return text?.op === OP_RAW && text.capture < 0
    ? `texts[${i}].slot.column.setBytes(table.rows, bytes, start${i}, end${i});`
    : `${slot}.putText(bytes, start${i}, end${i});`;
}

function putNumber(i: number, { slot, number }: Target): string {
  if (number?.op === OP_RAW && number.capture < 0) {
    return `numbers[${i}].slot.column.setInteger(table.rows, lo${i}, hi${i}, sign${i});`;
  }
  // A device as one number is for the sink to take apart: it may be none.
  const put = number === null || number.op === OP_DEV ? null : putHalves(number.op, number.shift, `lo${i}`, `hi${i}`);
  return put ?? `${slot}.putInteger(lo${i}, hi${i}, sign${i});`;
}
