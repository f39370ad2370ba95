/**
 * Decoding of events by their format descriptions: a description is compiled once into a list of field operations, and
 * each record runs through that list. Numbers that only the event's own table wants are left to the table, which cuts
 * them out of many records at once.
 *
 * @module
 */

import type { EventSink } from "../event_sink.ts";
import type { EventType } from "../event_type.ts";
import type { FieldBinding } from "../field_binding.ts";
import type { StagedField, StagedRecords } from "../staged_records.ts";
import type { EventFormat, FormatField } from "./event_format.ts";
import { FieldCode, planField } from "./field_plan.ts";
import { compileNumbers, type PlainNumber, type PutNumbers } from "./record_code.ts";
import { printSymbols } from "./print_symbols.ts";
import type { PrintkTexts } from "./printk_texts.ts";
import type { RingBufferPage } from "./ring_buffer.ts";

interface FieldOperation {
  code: FieldCode;
  name: string;
  offset: number;
  size: number;
  sign: "signed" | "unsigned";
  /** The bytes are text and end at a NUL. */
  text: boolean;
  /** Element size of a list, whose bytes are turned round on a big-endian file. */
  element: number;
  binding: FieldBinding;
}

/** What the decoders of a recording share. */
export interface DecodingBasis {
  littleEndian: boolean;
  /** Bytes of a `long` in the recorded kernel. */
  longBytes: number;
  printk: PrintkTexts;
}

/** What is wrong with a record whose length is not the one that its description and its own words give. */
export interface RecordTrouble {
  code: "short_record" | "long_record";
  what: string;
}

/**
 * Bytes of a record beyond what is described that no kernel makes: a structure is padded to 8 bytes, and so is a record
 * of a machine that wants its words aligned.
 */
const BEYOND_BYTES = 16;
/** Older kernels set room for so many addresses aside behind those of a stack. */
const STACK_SPARE = 8;

/** Decodes the records of one event type of one recording. */
export class EventDecoder {
  readonly type: EventType;
  readonly format: EventFormat;
  readonly #sink: EventSink;
  readonly #basis: DecodingBasis;
  readonly #operations: FieldOperation[] = [];
  /** Fields that every record is asked for: those that are plain numbers, and the others. */
  #putNumbers: PutNumbers | null = null;
  #eager: FieldOperation[] = [];
  #staged: StagedRecords | null = null;
  #generation = -1;
  /** Bytes that a record of this type needs for its fixed part. */
  readonly #fixedBytes: number;
  /** Whether a record goes as far as the last thing its fields tell of: none of them is whatever numbers are left. */
  readonly #isExact: boolean;
  /** End of what the current record's fields point at, so far. */
  #pointedEnd = 0;
  /** Where the number of addresses in a stack is. */
  readonly #stackSize: FormatField | null;
  readonly #printk: FieldBinding | null;
  /** The text at a record's end is a line as a program wrote it: what ends the line is none of it. */
  readonly #isLine: boolean;
  #turned = new Uint8Array(64);

  constructor(format: EventFormat, type: EventType, sink: EventSink, basis: DecodingBasis) {
    this.format = format;
    this.type = type;
    this.#sink = sink;
    this.#basis = basis;
    const symbols = printSymbols(format.printFormat);
    let fixed = 0;
    for (const field of format.fields) {
      const plan = planField(format, field, basis.longBytes);
      const shown = field.type === "dev_t" && field.size === 4 ? "dev" : "plain";
      const binding = sink.field(type, field.name, plan.type, symbols.get(field.name) ?? null, shown);
      if (plan.code !== FieldCode.Stack) fixed = Math.max(fixed, field.offset + field.size);
      this.#operations.push({
        code: plan.code,
        name: field.name,
        offset: field.offset,
        // A stack is as long as it says, whatever the description.
        size: plan.code === FieldCode.Stack ? 0 : field.size,
        sign: plan.type.startsWith("U") || plan.type === "BOOLEAN" ? "unsigned" : "signed",
        text: plan.text,
        element: plan.element,
        binding,
      });
    }
    this.#fixedBytes = fixed;
    this.#isExact = format.described &&
      this.#operations.every(({ code, size }) => size > 0 || code !== FieldCode.Bytes);
    this.#stackSize = format.fields.find((field) => field.name === "size" && field.size === 4) ?? null;
    this.#isLine = format.system === "ftrace" && format.name === "print";
    this.#printk = basis.printk.takes(format) ? sink.field(type, "text", "VARCHAR") : null;
    this.#stage();
  }

  /** Sets the fields apart that need not be looked at record by record. */
  #stage(): void {
    const fields: StagedField[] = [];
    const numbers: PlainNumber[] = [];
    this.#eager = [];
    let stagedBytes = 0;
    for (const operation of this.#operations) {
      const { code, binding, offset } = operation;
      const isNumber = code <= FieldCode.W64;
      const column = isNumber ? this.#sink.plainColumn(binding) : null;
      if (column !== null) {
        fields.push({ column, offset });
        stagedBytes = Math.max(stagedBytes, offset + operation.size);
      }
      const told = isNumber ? this.#sink.numberOperation(binding) : null;
      if (told !== null) numbers.push({ code, offset, ...told });
      else if (column === null) this.#eager.push(operation);
    }
    const { table } = this.type;
    this.#putNumbers = compileNumbers(numbers, this.#basis.littleEndian);
    this.#staged = fields.length === 0 ? null : table.stage(fields, stagedBytes, this.#basis.littleEndian);
    this.#generation = table.generation;
  }

  /**
   * Puts the fields of the page's current record into the sink's open event.
   *
   * @returns what is wrong with the record when it is shorter or longer than its description says, else null; the fields
   *   that are there have been put in either case
   */
  decode(page: RingBufferPage): RecordTrouble | null {
    const { table } = this.type;
    if (table.generation !== this.#generation) this.#stage();
    let operations = this.#operations;
    if (page.dataStart + this.#fixedBytes <= page.dataEnd) {
      // Whole words are taken; a record's place in its page is rounded up to them.
      if (this.#staged !== null) this.#staged.add(page.words, page.dataStart >> 2, table.rows);
      if (this.#putNumbers !== null) this.#putNumbers(this.#sink, page);
      operations = this.#eager;
    }
    this.#pointedEnd = page.dataStart + this.#fixedBytes;
    const trouble = operations.length === 0 ? null : this.#put(operations, page);
    if (this.#printk !== null) this.#putPrintk(this.#printk, page);
    if (trouble !== null) return { code: "short_record", what: `${trouble}; the fields that are there are kept` };
    return this.#isExact && page.dataEnd - this.#pointedEnd >= BEYOND_BYTES ? this.#tooLong(page) : null;
  }

  /** The length of an entry was damaged, and what stands behind it is taken for a part of it. */
  #tooLong({ dataStart, dataEnd }: RingBufferPage): RecordTrouble {
    const [bytes, told] = [dataEnd - dataStart, this.#pointedEnd - dataStart];
    return {
      code: "long_record",
      what: `a record of ${bytes} bytes whose fields tell of ${told}: the rest is not read, and events may be in it`,
    };
  }

  #put(operations: FieldOperation[], page: RingBufferPage): string | null {
    const sink = this.#sink;
    const { bytes, dataStart: start, dataEnd: end } = page;
    const whole = end - start >= this.#fixedBytes;
    let trouble: string | null = null;
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i];
      const at = start + operation.offset;
      if (!whole && at + operation.size > end) {
        trouble = this.#absent(operation, end - start) ?? trouble;
        continue;
      }
      if (operation.code <= FieldCode.W64) {
        const lo = this.#lowHalf(operation.code, page, at);
        sink.putInteger(operation.binding, lo, this.#highHalf(operation.code, page, at, lo), operation.sign);
      } else if (operation.code === FieldCode.Text) {
        this.#putText(operation.binding, bytes, at, at + operation.size);
      } else {
        trouble = this.#putVariable(operation, page, at) ?? trouble;
      }
    }
    return trouble;
  }

  /** The lower 32 bits of a number at byte `at`. */
  #lowHalf(code: FieldCode, { view, bytes }: RingBufferPage, at: number): number {
    const le = this.#basis.littleEndian;
    switch (code) {
      case FieldCode.U8:
        return bytes[at];
      case FieldCode.S8:
        return view.getInt8(at);
      case FieldCode.U16:
        return view.getUint16(at, le);
      case FieldCode.S16:
        return view.getInt16(at, le);
      case FieldCode.W64:
        return view.getInt32(le ? at : at + 4, le);
      default:
        return view.getInt32(at, le);
    }
  }

  /** The upper 32 bits of a number whose lower ones are `lo`. */
  #highHalf(code: FieldCode, { view }: RingBufferPage, at: number, lo: number): number {
    const le = this.#basis.littleEndian;
    if (code === FieldCode.W64) return view.getInt32(le ? at + 4 : at, le);
    return code === FieldCode.S8 || code === FieldCode.S16 || code === FieldCode.S32 ? lo >> 31 : 0;
  }

  /** What is wrong when a field lies beyond the end of its record; null where that may be. */
  #absent({ size, code }: FieldOperation, recordBytes: number): string | null {
    // A field that takes the rest of the record is not there when there is no rest.
    if (size === 0 || code === FieldCode.Stack) return null;
    return `a record of ${recordBytes} bytes, ${this.#fixedBytes} are described`;
  }

  /** Puts a field whose length the record tells. @returns what is wrong with it, else null */
  #putVariable(operation: FieldOperation, page: RingBufferPage, at: number): string | null {
    const { bytes, view, dataStart: start, dataEnd: end } = page;
    const { code, size, binding } = operation;
    switch (code) {
      case FieldCode.Dynamic:
      case FieldCode.Relative: {
        const word = view.getUint32(at, this.#basis.littleEndian);
        const from = (code === FieldCode.Dynamic ? start : at + size) + (word & 0xffff);
        const to = from + (word >>> 16);
        if (to > end) return `field ${operation.name} points beyond its record`;
        if (to > this.#pointedEnd) this.#pointedEnd = to;
        if (operation.text) this.#putText(binding, bytes, from, to);
        else this.#putBytes(operation, bytes, from, to);
        return null;
      }
      case FieldCode.Rest:
        this.#putText(binding, bytes, at, this.#isLine ? lineEnd(bytes, at, end) : end);
        this.#pointedEnd = textEnd(bytes, at, end);
        return null;
      case FieldCode.Stack:
        return this.#putStack(operation, page);
      default:
        this.#putBytes(operation, bytes, at, size === 0 ? end : at + size);
        return null;
    }
  }

  /** A stack trace: `size` addresses. @returns what is wrong with it, else null */
  #putStack(operation: FieldOperation, page: RingBufferPage): string | null {
    const { element } = operation;
    const at = page.dataStart + operation.offset;
    const sizeAt = this.#stackSize === null ? Infinity : page.dataStart + this.#stackSize.offset;
    const room = Math.max(0, Math.floor((page.dataEnd - at) / element));
    const size = sizeAt + 4 <= page.dataEnd ? page.view.getInt32(sizeAt, this.#basis.littleEndian) : room;
    const count = Math.max(0, Math.min(size, room));
    this.#putBytes(operation, page.bytes, at, at + count * element);
    this.#pointedEnd = at + (count + STACK_SPARE) * element;
    return size === count ? null : `a stack of ${size} addresses, there is room for ${room}`;
  }

  /** The text that a message's format and values make. */
  #putPrintk(binding: FieldBinding, page: RingBufferPage): void {
    const text = this.#basis.printk.render(this.format, page);
    if (text !== null) this.#sink.putText(binding, text);
  }

  #putText(binding: FieldBinding, bytes: Uint8Array, from: number, to: number): void {
    let end = from;
    while (end < to && bytes[end] !== 0) end++;
    this.#sink.putBytes(binding, bytes, from, end);
  }

  #putBytes(operation: FieldOperation, bytes: Uint8Array, from: number, to: number): void {
    const element = operation.element;
    const length = to - from - (to - from) % element;
    if (this.#basis.littleEndian || element === 1) {
      this.#sink.putBytes(operation.binding, bytes, from, from + length);
      return;
    }
    if (this.#turned.length < length) this.#turned = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) {
      const inElement = i % element;
      this.#turned[i - inElement + element - 1 - inElement] = bytes[from + i];
    }
    this.#sink.putBytes(operation.binding, this.#turned, 0, length);
  }
}

/** End of a text, with its NUL and the zeros that a program may have padded it with. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  const nul = bytes.indexOf(0, start);
  if (nul < 0 || end - nul <= BEYOND_BYTES) return end;
  for (let at = nul; at < end; at++) if (bytes[at] !== 0) return nul + 1;
  return end;
}

/** End of the text, without the line feed that it may end with. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const nul = bytes.indexOf(0, start);
  if (nul >= 0 && nul < end) end = nul;
  return end > start && bytes[end - 1] === 0x0a ? end - 1 : end;
}
