/**
 * Lines of stack traces.
 *
 * @module
 */

import { isAt, skipBlanks } from "../print_formats/byte_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";

/** How a frame is printed. */
export enum StackFrame {
  None,
  /** ` => do_syscall_64` (tracefs), `=> do_syscall_64 (ffffffff821ecc51)` (trace-cmd) */
  Arrow,
  /** `	ffffffff821ecc51 do_syscall_64+0x71 ([kernel.kallsyms])` (perf) */
  Address,
}

const integer = new IntegerText();

/** Tells whether a line is a frame. */
export function stackFrame(bytes: Uint8Array, start: number, end: number): StackFrame {
  const at = skipBlanks(bytes, start, end);
  if (isAt(bytes, at, end, "=>")) return StackFrame.Arrow;
  if (at >= end || bytes[start] !== 0x09) return StackFrame.None;
  const address = skipBlanks(bytes, start + 1, end);
  const addressEnd = integer.hexDigits(bytes, address, end);
  return addressEnd > 0 && (addressEnd === end || bytes[addressEnd] === 0x20) ? StackFrame.Address : StackFrame.None;
}
