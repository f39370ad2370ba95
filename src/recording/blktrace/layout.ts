/**
 * Where the fields of a blktrace record's head are: version 7 (`struct blk_io_trace`, 48 bytes) and version 8
 * (`struct blk_io_trace2`, 64 bytes, from Linux 6.19), in either byte order.
 *
 * Source: include/uapi/linux/blktrace_api.h.
 *
 * @module
 */

export type BlkVersion = 7 | 8;
export type ByteOrder = "little" | "big";

/** Offsets in bytes from the start of a record. */
export interface RecordLayout {
  version: BlkVersion;
  order: ByteOrder;
  /** `order === "little"`, as DataView wants it. */
  little: boolean;
  /** The first four bytes read as a little-endian number, whatever the record's byte order. */
  magicWord: number;
  headBytes: number;
  sequence: number;
  time: number;
  sector: number;
  bytes: number;
  pid: number;
  /** Low half of the action word. */
  action: number;
  /** High half of it; -1 where the word has 32 bits. */
  actionHigh: number;
  device: number;
  cpu: number;
  error: number;
  payloadLength: number;
}

/** The magic without the version in its lowest byte: `eat` and a zero. */
export const MAGIC = 0x65617400;

const OFFSETS = {
  7: { headBytes: 48, pid: 32, action: 28, device: 36, cpu: 40, error: 44, payloadLength: 46 },
  8: { headBytes: 64, pid: 28, action: 32, device: 40, cpu: 44, error: 48, payloadLength: 50 },
} as const;

function layout(version: BlkVersion, order: ByteOrder): RecordLayout {
  const little = order === "little";
  const offsets = OFFSETS[version];
  const magic = MAGIC | version;
  return {
    version,
    order,
    little,
    magicWord: little
      ? magic
      : ((magic & 0xff) << 24 | (magic & 0xff00) << 8 | (magic >>> 8) & 0xff00 | magic >>> 24) >>> 0,
    sequence: 4,
    time: 8,
    sector: 16,
    bytes: 24,
    ...offsets,
    action: offsets.action + (version === 8 && !little ? 4 : 0),
    actionHigh: version === 7 ? -1 : offsets.action + (little ? 4 : 0),
  };
}

export const LAYOUTS: readonly RecordLayout[] = [
  layout(7, "little"),
  layout(8, "little"),
  layout(7, "big"),
  layout(8, "big"),
];

/** Longest head of any version. */
export const HEAD_BYTES_MAX = Math.max(...LAYOUTS.map((l) => l.headBytes));

/** Layout of the record that begins with these four bytes, read as a little-endian number; null when none does. */
export function layoutOf(magicWord: number): RecordLayout | null {
  for (const candidate of LAYOUTS) if (candidate.magicWord === magicWord) return candidate;
  return null;
}

/** Layout of a version in a byte order. */
export function layoutFor(version: BlkVersion, order: ByteOrder): RecordLayout {
  return LAYOUTS.find((l) => l.version === version && l.order === order)!;
}

/** Version of a record that begins with a blktrace magic of any version and byte order; null when it does not. */
export function versionOf(magicWord: number): number | null {
  if ((magicWord & 0xffffff00) === MAGIC) return magicWord & 0xff;
  const swapped = (magicWord & 0xff) << 24 | (magicWord & 0xff00) << 8 | (magicWord >>> 8) & 0xff00 | magicWord >>> 24;
  return (swapped & 0xffffff00) === MAGIC ? swapped & 0xff : null;
}
