/**
 * Lines of the trace option `raw`: pid, CPU and nanoseconds, then the event's number in place of its name and fields.
 *
 *     31262 0 3021953249334 type: 174
 *     31262 0 3021958371758 # ffffffff81498b1a hello: begin
 *
 * @module
 */

import { digitsEnd, isAt, isDigit } from "../print_formats/byte_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";
import { smallNumber } from "./line_head.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

export class RawLine {
  pid = 0;
  cpu = 0;
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  bodyStart = 0;
  readonly #integer = new IntegerText();

  /** Reads `PID CPU NANOSECONDS `; false when the line does not begin so. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (start >= end || !isDigit(bytes[start])) return false;
    const pidEnd = digitsEnd(bytes, start, end);
    if (pidEnd - start > 10 || bytes[pidEnd] !== 0x20) return false;
    const cpuEnd = digitsEnd(bytes, pidEnd + 1, end);
    if (cpuEnd === pidEnd + 1 || cpuEnd - pidEnd > 6 || bytes[cpuEnd] !== 0x20) return false;
    const timeEnd = digitsEnd(bytes, cpuEnd + 1, end);
    if (timeEnd === cpuEnd + 1 || timeEnd >= end || bytes[timeEnd] !== 0x20) return false;
    if (this.#integer.decimal(bytes, cpuEnd + 1, timeEnd) !== timeEnd) return false;
    this.pid = smallNumber(bytes, start, pidEnd);
    this.cpu = smallNumber(bytes, pidEnd + 1, cpuEnd);
    this.tsLo = this.#integer.lo;
    this.tsHi = this.#integer.hi;
    this.bodyStart = timeEnd + 1;
    return true;
  }
}

/** Number of `type: 174`; -1 for another body. */
export function typeNumber(bytes: Uint8Array, start: number, end: number): number {
  if (!isAt(bytes, start, end, "type: ")) return -1;
  const at = digitsEnd(bytes, start + 6, end);
  return at > start + 6 && at - start < 16 ? smallNumber(bytes, start + 6, at) : -1;
}
