/**
 * Reads a history file, plain or packed with gzip or zstd.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import type { z } from "zod";
import { ownEntry } from "../../std/own_entry.ts";
import { readBounded } from "../../std/bounded_file.ts";
import { failureReason } from "../../std/file_failure.ts";
import { shown } from "../inputs.ts";
import { UnreadableInput } from "../recording_format.ts";
import { zstdDecompressSync } from "../zstd.ts";
import {
  type Family,
  FAMILY_OF,
  FINAL_LINE,
  type HistoryOperation,
  SAW_LINE,
  SEEN_LINE,
  type Stretch,
} from "./history_line.ts";

const SECTOR = 512;
/** Stamp that stands for zeros. */
export const ZERO_STAMP = "0";
/** Ids of the spelling with `saw`: what no operation wrote. */
const NOT_FILLED = -1;
const OLD_DEVICE = -3;

/**
 * The operations of a history, in the order of the lines.
 *
 * @throws {UnreadableInput} when it cannot be read, or a line is none of a history
 */
export function readHistory(path: string): HistoryOperation[] {
  let text: string;
  try {
    text = new TextDecoder().decode(unpacked(readBounded(path, HISTORY_BYTES_MAX)));
  } catch (error) {
    throw new UnreadableInput(`${shown(path)}: the history cannot be read (${failureReason(error)}): check the path`);
  }
  const operations: HistoryOperation[] = [];
  const inodes = new Map<string, number>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `${shown(path)}, line ${at + 1}`;
    const operation = parseLine(line, at + 1, where);
    // The other lines of a file do not repeat the inode that its opening told.
    if (operation.ino !== null) inodes.set(operation.file, operation.ino);
    operations.push(operation.ino === null ? { ...operation, ino: inodes.get(operation.file) ?? null } : operation);
  }
  if (operations.length === 0) throw new UnreadableInput(`${shown(path)}: no line of a history in it`);
  return operations;
}

/** What a history may come to, also a packed one: it is in memory as a whole. */
const HISTORY_BYTES_MAX = 256 << 20;
const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

function unpacked(bytes: Uint8Array): Uint8Array {
  const begins = (magic: readonly number[]) => magic.every((byte, at) => bytes[at] === byte);
  const limits = { maxOutputLength: HISTORY_BYTES_MAX };
  try {
    if (begins(GZIP_MAGIC)) return gunzipSync(bytes, limits);
    return begins(ZSTD_MAGIC) ? zstdDecompressSync(bytes, limits) : bytes;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") throw error;
    throw new Error(`it unpacks to more than ${HISTORY_BYTES_MAX >> 20} MB`);
  }
}

/** Word of what a file holds in the end. */
export const FINAL = "final content";

function parseLine(line: string, number: number, where: string): HistoryOperation {
  let json: unknown;
  try {
    json = JSON.parse(line.replace(/"(start_ns|end_ns)"\s*:\s*(\d+)/g, '"$1":"$2"'));
  } catch {
    throw new UnreadableInput(`${where}: no JSON: a history has one object a line`);
  }
  const keys = typeof json === "object" && json !== null ? Object.keys(json) : [];
  if (!keys.includes("op")) return ofFinal(checked(FINAL_LINE, json, where), number);
  return keys.includes("ret")
    ? ofSaw(checked(SAW_LINE, json, where), number)
    : ofSeen(checked(SEEN_LINE, json, where), number);
}

function checked<T extends z.ZodType>(schema: T, json: unknown, where: string): z.infer<T> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UnreadableInput(`${where}: ${issue.path.join(".") || "the line"}: ${issue.message}`);
}

const familyOf = (op: string): Family => ownEntry(FAMILY_OF, op) ?? "unknown";

function ofSaw(row: z.infer<typeof SAW_LINE>, line: number): HistoryOperation {
  const buffer = /^map:(.+)@(\d+)$/.exec(row.src ?? row.dst ?? "");
  return {
    line,
    id: row.id,
    tid: row.tid,
    op: row.op,
    family: familyOf(row.op),
    file: row.file ?? "",
    ino: row.ino ?? null,
    direct: row.direct === undefined ? null : row.direct === 1,
    offset: row.off ?? null,
    length: row.len ?? null,
    startNs: BigInt(row.start_ns),
    endNs: BigInt(row.end_ns),
    result: row.ret,
    error: row.errno === 0 ? null : `errno ${row.errno}`,
    truncates: /\bTRUNC\b/.test(row.o ?? ""),
    seen: row.saw === undefined ? [] : sectorsSeen(row.saw, row.off ?? 0),
    buffer: buffer === null ? null : { file: buffer[1], offset: Number(buffer[2]) },
    fromFile: null,
  };
}

function sectorsSeen(
  saw: NonNullable<z.infer<typeof SAW_LINE>["saw"]>,
  from: number,
): Stretch[] {
  let offset = from;
  return saw.map((run): Stretch => {
    const [sectors, what] = run;
    const stretch = {
      offset,
      bytes: sectors * SECTOR,
      values: typeof what === "number"
        ? stampOf(what, run.length === 3 ? run[2] as number : 0)
        : [...new Set(what.mix.flatMap(([, id, delta]) => stampOf(id, delta ?? 0) ?? []))],
    };
    offset += stretch.bytes;
    return stretch;
  });
}

function stampOf(id: number, delta: number): string[] | null {
  if (id === NOT_FILLED) return null;
  if (id === OLD_DEVICE) return ["old device content"];
  return [delta === 0 ? String(id) : `${id} of ${delta} sectors on`];
}

function ofSeen(row: z.infer<typeof SEEN_LINE>, line: number): HistoryOperation {
  const mode = row.op === "fallocate" ? row.mode_name ?? "" : "";
  const family: Family = /PUNCH/.test(mode)
    ? "punch"
    : /ZERO/.test(mode)
    ? "zero"
    : /COLLAPSE|INSERT/.test(mode)
    ? "shift"
    : /KEEP/.test(mode)
    ? "allocate_keep"
    : familyOf(row.op);
  const isAccess = family === "load" || family === "store";
  const isPrivate = isAccess && /PRIVATE/.test(row.map_type ?? "");
  return {
    line,
    id: row.id,
    tid: row.tid,
    op: row.op,
    family: isPrivate ? "other" : family,
    file: row.file ?? "",
    ino: row.ino ?? null,
    direct: row.open_flags === undefined ? null : /O_DIRECT/.test(row.open_flags),
    offset: row.offset ?? null,
    length: row.length ?? null,
    startNs: BigInt(row.start_ns),
    endNs: BigInt(row.end_ns),
    result: isAccess && row.done !== undefined ? row.done : row.result,
    error: row.errno,
    truncates: /O_TRUNC/.test(row.open_flags ?? ""),
    seen: stretchesOf(row.seen ?? []),
    buffer: row.buf_file === undefined || row.buf_offset === undefined
      ? null
      : { file: row.buf_file, offset: row.buf_offset },
    fromFile: row.from_file ?? null,
  };
}

function stretchesOf(seen: NonNullable<z.infer<typeof SEEN_LINE>["seen"]>): Stretch[] {
  return seen.map((stretch): Stretch => {
    const [offset, bytes, what] = stretch;
    const values = typeof what === "string" ? null : stampOf(what, stretch.length === 4 ? stretch[3] : 0);
    return { offset, bytes, values };
  });
}

/** What a file holds in the end is as good as a read of the device behind everything. */
function ofFinal(row: z.infer<typeof FINAL_LINE>, line: number): HistoryOperation {
  return {
    line,
    id: -line,
    tid: 0,
    op: FINAL,
    family: "read",
    file: row.file,
    ino: row.ino,
    direct: true,
    offset: row.offset,
    length: row.length,
    startNs: FINAL_NS,
    endNs: FINAL_NS + 1n,
    result: Math.min(row.length, Math.max(0, row.size - row.offset)),
    error: null,
    truncates: false,
    seen: stretchesOf(row.seen),
    buffer: null,
    fromFile: null,
  };
}

/** Behind all times. */
const FINAL_NS = (1n << 62n) - 1n;
