/**
 * Names of bits that a typed column needs as a number.
 *
 * @module
 */

import { IntegerText } from "./integer_text.ts";

/**
 * Who printed a text: the kernel itself (tracefs), or libtraceevent (trace-cmd, perf), which has the format description
 * but not the values of the kernel's enumerations.
 */
export type Printer = "kernel" | "libtraceevent";

const encoder = new TextEncoder();

/** include/linux/mm_types.h, enum vm_fault_reason (Linux 6.1 to 6.18). */
const VM_FAULT = Object.entries({
  OOM: 0x1,
  SIGBUS: 0x2,
  MAJOR: 0x4,
  HWPOISON: 0x10,
  HWPOISON_LARGE: 0x20,
  SIGSEGV: 0x40,
  NOPAGE: 0x100,
  LOCKED: 0x200,
  RETRY: 0x400,
  FALLBACK: 0x800,
  DONE_COW: 0x1000,
  NEEDDSYNC: 0x2000,
  COMPLETED: 0x4000,
}).map(([name, value]) => ({ name: encoder.encode(name), value }));

const integer = new IntegerText();

/**
 * VM_FAULT bits of names joined by `|`, and of a hexadecimal rest; -1 when a name is not known.
 *
 * libtraceevent knows none of the values: it prints the first name (`OOM`) for 0, and a number for all else.
 */
export function faultBits(bytes: Uint8Array, start: number, end: number, printer: Printer): number {
  if (printer === "libtraceevent" && isName(bytes, start, end, VM_FAULT[0].name)) return 0;
  let all = 0;
  while (start < end) {
    let partEnd = start;
    while (partEnd < end && bytes[partEnd] !== 0x7c) partEnd++;
    const bits = bitsOf(bytes, start, partEnd);
    if (bits < 0) return -1;
    all |= bits;
    start = partEnd + 1;
  }
  return all;
}

function bitsOf(bytes: Uint8Array, start: number, end: number): number {
  for (const { name, value } of VM_FAULT) if (isName(bytes, start, end, name)) return value;
  return integer.number(bytes, start, end) === end && integer.hi === 0 ? integer.lo : -1;
}

function isName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
