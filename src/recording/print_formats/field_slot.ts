/**
 * A field of an event type in text recordings, bound to where its values go when the first one comes.
 *
 * @module
 */

import type { Sign } from "../columns.ts";
import type { EventSink } from "../event_sink.ts";
import type { EventType } from "../event_type.ts";
import type { FieldBinding } from "../field_binding.ts";
import { isDigit } from "./byte_text.ts";
import { IntegerText } from "./integer_text.ts";
import { FieldKind } from "./layout.ts";

const integer = new IntegerText();

export class FieldSlot {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** How layouts print the field; null for a field that is in no layout. */
  readonly kind: FieldKind | null;
  /** The row that the field was last written for, by the owner's count. */
  row = -1;
  readonly #sink: EventSink;
  readonly #type: EventType;
  #binding: FieldBinding | null = null;
  #textBinding: FieldBinding | null = null;
  /** Where text goes that stands after a number. */
  #comment: FieldBinding | null = null;

  constructor(sink: EventSink, type: EventType, name: string, kind: FieldKind | null) {
    this.#sink = sink;
    this.#type = type;
    this.name = name;
    this.nameBytes = new TextEncoder().encode(name);
    this.kind = kind;
  }

  /** Where numbers go, if one has come. */
  get numberBinding(): FieldBinding | null {
    return this.#binding;
  }

  /** Where text goes, if some has come. */
  get textBinding(): FieldBinding | null {
    return this.#textBinding;
  }

  #bind(): FieldBinding {
    const type = this.kind === FieldKind.Text ? "VARCHAR" : "inferred";
    const shown = this.kind === FieldKind.Device ? "dev" : "plain";
    return this.#binding = this.#sink.field(this.#type, this.name, type, null, shown);
  }

  /** Where text goes: names of a number's values get a field of their own, and so does text where a number is due. */
  #bindText(): FieldBinding {
    if (this.kind !== FieldKind.Symbol && this.kind !== FieldKind.Fault) {
      const own = this.#binding ?? this.#bind();
      if (this.#sink.takesText(own)) return this.#textBinding = own;
    }
    return this.#textBinding = this.#bindNamed();
  }

  #bindNamed(): FieldBinding {
    return this.#sink.field(this.#type, `${this.name}_text`, "VARCHAR");
  }

  putInteger(lo: number, hi: number, sign: Sign): void {
    this.#sink.putInteger(this.#binding ?? this.#bind(), lo, hi, sign);
  }

  putDevice(major: number, minor: number): void {
    this.#sink.putDevice(this.#binding ?? this.#bind(), major, minor);
  }

  putText(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.putBytes(this.#textBinding ?? this.#bindText(), bytes, start, end);
  }

  /**
   * Writes a value that stands by its key: a number in any of the spellings of `trace-cmd report -R` and of the trace
   * option `fields` (`0x1f (31)`, `(31)`), a device, or else text.
   */
  putValue(bytes: Uint8Array, start: number, end: number): void {
    if (this.kind === FieldKind.Text) {
      this.putText(bytes, start, end);
      return;
    }
    if (end - start > 2 && bytes[start] === 0x28 && bytes[end - 1] === 0x29) {
      start++;
      end--;
    }
    const numberEnd = this.#number(bytes, start, end);
    if (numberEnd === end) {
      this.putInteger(integer.lo, integer.hi, integer.sign);
      return;
    }
    if (numberEnd > 0 && isDecimalInBrackets(bytes, numberEnd, end)) {
      // The decimal in brackets shows a negative number of 32 bits.
      const negative = bytes[numberEnd + 2] === 0x2d && integer.lo < 0 && integer.hi === 0;
      if (negative) this.putInteger(integer.lo, -1, "signed");
      else this.putInteger(integer.lo, integer.hi, integer.sign);
      return;
    }
    if (numberEnd > 0 && isTextAfter(bytes, numberEnd, end)) {
      // A pointer, and what it points to.
      this.putInteger(integer.lo, integer.hi, integer.sign);
      this.#sink.putBytes(this.#comment ??= this.#bindNamed(), bytes, numberEnd + 1, end);
      return;
    }
    if (this.#isDevice() && this.#putDeviceText(bytes, start, end)) return;
    let textEnd = end;
    while (textEnd > start && bytes[textEnd - 1] !== 0x20) textEnd--;
    if (textEnd > start && isDecimalInBrackets(bytes, textEnd - 1, end)) end = textEnd - 1;
    this.putText(bytes, start, end);
  }

  /** Reads a number in the field's own base where it has no prefix. */
  #number(bytes: Uint8Array, start: number, end: number): number {
    const prefixed = end - start > 2 && bytes[start] === 0x30 && (bytes[start + 1] | 0x20) === 0x78;
    if (!prefixed && this.kind === FieldKind.Octal) return fileMode(bytes, start, end);
    if (!prefixed && this.kind === FieldKind.Hex) return integer.hexDigits(bytes, start, end);
    // A long number with a leading zero is an octal one (a file mode), not a padded decimal one.
    if (end - start > 4 && bytes[start] === 0x30 && isDigit(bytes[start + 1])) return -1;
    return integer.number(bytes, start, end);
  }

  #isDevice(): boolean {
    return (this.#binding ?? this.#bind()).device;
  }

  #putDeviceText(bytes: Uint8Array, start: number, end: number): boolean {
    const at = integer.number(bytes, start, end);
    if (at < 0 || at >= end || (bytes[at] !== 0x3a && bytes[at] !== 0x2c)) return false;
    const major = integer.lo;
    if (integer.number(bytes, at + 1, end) !== end) return false;
    this.putDevice(major, integer.lo);
    return true;
  }
}

/** Types of files, the upper bits of a mode: fifo, character device, directory, block device, file, link, socket. */
const FILE_TYPES = new Set([1, 2, 4, 6, 8, 10, 12]);

/** Reads a file mode, which trace-cmd prints in octal for some events and in decimal for others. */
function fileMode(bytes: Uint8Array, start: number, end: number): number {
  const decimalEnd = bytes[start] === 0x30 ? -1 : integer.decimal(bytes, start, end);
  return decimalEnd === end && FILE_TYPES.has(integer.lo >> 12) ? end : integer.octal(bytes, start, end);
}

/** True for ` "text"` and ` (61:62) "ab"`, which newer kernels print after the address of an argument. */
function isTextAfter(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at > 2 && bytes[at] === 0x20 && (bytes[at + 1] === 0x22 || bytes[at + 1] === 0x28);
}

/** True for ` (123)` or ` (-123)` from `at` to `end`. */
function isDecimalInBrackets(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 4 || bytes[at] !== 0x20 || bytes[at + 1] !== 0x28 || bytes[end - 1] !== 0x29) return false;
  for (let i = at + 2 + (bytes[at + 2] === 0x2d ? 1 : 0); i < end - 1; i++) if (!isDigit(bytes[i])) return false;
  return true;
}
