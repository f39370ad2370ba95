/**
 * The plain numbers of a record as straight-line code, which puts each where it goes.
 *
 * @module
 */

import type { EventSink } from "../event_sink.ts";
import { putHalves } from "../number_code.ts";
import { FieldCode } from "./field_plan.ts";
import type { RingBufferPage } from "./ring_buffer.ts";

/** A number of fixed place in its record, and what the sink is told of it. */
export interface PlainNumber {
  code: FieldCode;
  /** Bytes from the start of the record. */
  offset: number;
  /** As the sink's `numberOperation` says. */
  op: number;
  detail: number;
}

/** Puts the numbers of the page's current record, which has all of them, into the sink's open event. */
export type PutNumbers = (sink: EventSink, page: RingBufferPage) => void;

/** Compiles the numbers of an event type; null: there are none. */
export function compileNumbers(numbers: readonly PlainNumber[], littleEndian: boolean): PutNumbers | null {
  if (numbers.length === 0) return null;
  const put = numbers.map(({ code, offset, op, detail }, i) => {
    const [lo, hi] = halves(code, offset, littleEndian, `lo${i}`);
    const statement = putHalves(op, detail, `lo${i}`, `hi${i}`);
    if (statement === null) throw new Error(`no code for operation ${op}`);
    return `const lo${i} = ${lo}, hi${i} = ${hi}; ${statement}`;
  });
  const code = `
    return function putNumbers(sink, page) {
      const view = page.view, words = page.words, start = page.dataStart, first = start >> 2;
      ${put.join("\n")}
    };`;
  return new Function(code)();
}

/** Expressions of a number's lower and upper 32 bits. A record begins at a whole word, in the file's order. */
function halves(code: FieldCode, offset: number, littleEndian: boolean, lo: string): [lo: string, hi: string] {
  const at = `start + ${offset}`;
  const word = (bytes: number) =>
    littleEndian && (offset & 3) === 0
      ? `words[first + ${(offset + bytes) >> 2}]`
      : `view.getInt32(${at} + ${bytes}, ${littleEndian})`;
  switch (code) {
    case FieldCode.U8:
      return [`view.getUint8(${at})`, "0"];
    case FieldCode.S8:
      return [`view.getInt8(${at})`, `${lo} >> 31`];
    case FieldCode.U16:
      return [`view.getUint16(${at}, ${littleEndian})`, "0"];
    case FieldCode.S16:
      return [`view.getInt16(${at}, ${littleEndian})`, `${lo} >> 31`];
    case FieldCode.U32:
      return [word(0), "0"];
    case FieldCode.S32:
      return [word(0), `${lo} >> 31`];
    case FieldCode.W64:
      return littleEndian ? [word(0), word(4)] : [word(4), word(0)];
    default:
      throw new Error(`field code ${code} is no plain number`);
  }
}
