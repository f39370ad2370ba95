/**
 * Where numbers of fields go, as statements of generated code.
 *
 * @module
 */

import { OP_BYTES, OP_CAPTURED, OP_DEV, OP_INO, OP_OFFSET, OP_RET, OP_SECTOR } from "./field_binding.ts";

/**
 * A statement that puts a number of a field that is a column of `event`, or that is looked at beside its own column.
 *
 * @param op, detail as the sink's `numberOperation` says
 * @param lo, hi expressions of the number's halves, without side effects
 * @returns null where there is none for this operation
 */
export function putHalves(op: number, detail: number, lo: string, hi: string): string | null {
  const halves = detail === 0 || op === OP_CAPTURED
    ? `${lo}, ${hi}`
    : `${lo} << ${detail}, ${hi} << ${detail} | ${lo} >>> ${32 - detail}`;
  switch (op) {
    case OP_CAPTURED:
      return `sink.capture(${detail}, ${halves});`;
    case OP_DEV:
      return `sink.setDevice(${lo} >>> 20, ${lo} & 0xfffff);`;
    case OP_INO:
      return `sink.setIno(${halves});`;
    case OP_OFFSET:
      return `sink.setOffset(${halves});`;
    case OP_SECTOR:
      return `sink.setSector(${halves});`;
    case OP_BYTES:
      return `sink.setBytes(${halves});`;
    case OP_RET:
      return `sink.setWideRet(${halves});`;
    default:
      return null;
  }
}
