/**
 * Takes names that only loadable extensions need out of a WebAssembly module's export section.
 *
 * DuckDB's module exports 75,000 C++ symbols (`_Z...`, and `orig$...` beside them) so that extensions can link against
 * it. Ours never loads an extension, but the glue code walks over all of them several times and makes a table entry of
 * each at every start: 1.1 of the 1.9 seconds a start takes, and 120 MB. Without them a start takes 0.8 s.
 *
 * Format: WebAssembly Core Specification 1.0, section 5.5 (modules); numbers are unsigned LEB128.
 *
 * @module
 */

const HEADER_LENGTH = 8;
const EXPORT_SECTION = 7;
/** Lengths are written as five bytes, the longest LEB128 of a 32-bit number, so that nothing has to be moved later. */
const PADDED_LEB_LENGTH = 5;

/**
 * @param module a WebAssembly binary
 * @returns the same module whose export section lacks every mangled C++ name; `module` itself when it has no such
 * section
 */
export function withoutLinkerExports(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = { bytes: module, at: HEADER_LENGTH };
  while (reader.at < module.length) {
    const sectionStart = reader.at;
    const id = module[reader.at++];
    const length = readLeb(reader);
    const bodyStart = reader.at;
    if (id === EXPORT_SECTION) {
      const section = filteredExports(reader, length);
      const bodyEnd = bodyStart + length;
      const result = new Uint8Array(sectionStart + section.length + module.length - bodyEnd);
      result.set(module.subarray(0, sectionStart));
      result.set(section, sectionStart);
      result.set(module.subarray(bodyEnd), sectionStart + section.length);
      return result;
    }
    reader.at = bodyStart + length;
  }
  return new Uint8Array(module);
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readLeb(reader: Reader): number {
  let value = 0;
  for (let shift = 0;; shift += 7) {
    const byte = reader.bytes[reader.at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

function writePaddedLeb(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < PADDED_LEB_LENGTH; i++) {
    bytes[at + i] = (value & 0x7f) | (i < PADDED_LEB_LENGTH - 1 ? 0x80 : 0);
    value >>>= 7;
  }
}

function filteredExports(reader: Reader, length: number): Uint8Array {
  const { bytes } = reader;
  const headLength = 1 + 2 * PADDED_LEB_LENGTH;
  const out = new Uint8Array(headLength + length);
  let end = headLength;
  let kept = 0;
  for (let left = readLeb(reader); left > 0; left--) {
    const entryStart = reader.at;
    const nameLength = readLeb(reader);
    const nameStart = reader.at;
    reader.at += nameLength + 1; // the kind of thing exported is one byte
    readLeb(reader); // its index
    if (isLinkerName(bytes, nameStart)) continue;
    out.set(bytes.subarray(entryStart, reader.at), end);
    end += reader.at - entryStart;
    kept++;
  }
  out[0] = EXPORT_SECTION;
  writePaddedLeb(out, 1, end - 1 - PADDED_LEB_LENGTH);
  writePaddedLeb(out, 1 + PADDED_LEB_LENGTH, kept);
  return out.subarray(0, end);
}

const MANGLED = [...new TextEncoder().encode("_Z")];
const ORIGINAL = [...new TextEncoder().encode("orig$")];

function isLinkerName(bytes: Uint8Array, at: number): boolean {
  return MANGLED.every((byte, i) => bytes[at + i] === byte) || ORIGINAL.every((byte, i) => bytes[at + i] === byte);
}
