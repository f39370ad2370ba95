/**
 * Makes large recordings out of small ones: the same records again and again, each time later.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { openRandomAccess } from "../../src/recording/random_access.ts";
import { CpuPages } from "../../src/recording/trace_dat/cpu_pages.ts";
import { type FileHead, MAGIC } from "../../src/recording/trace_dat/file_head.ts";
import { readFileHead } from "../../src/recording/trace_dat/head_reader.ts";

function unpacked(path: string): Uint8Array {
  const bytes = Deno.readFileSync(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Offsets of the records in a little-endian version 7 file. */
function recordOffsets(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets: number[] = [];
  for (let at = 0; at + 48 <= bytes.length; at += 48 + view.getUint16(at + 46, true)) offsets.push(at);
  return offsets;
}

/**
 * blktrace per-CPU files, the run repeated.
 *
 * @param files little-endian files of version 7, one a CPU, plain or gzip
 * @param base path and base name of what is written: `base.blktrace.N`
 * @returns records written
 */
export function replicateBlktrace(files: string[], base: string, times: number): number {
  let records = 0;
  const all = files.map(unpacked);
  let first: bigint | null = null;
  let last = 0n;
  for (const bytes of all) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const at of recordOffsets(bytes)) {
      const time = view.getBigUint64(at + 8, true);
      if (first === null || time < first) first = time;
      if (time > last) last = time;
    }
  }
  const period = last - (first ?? 0n) + 1_000_000n;
  all.forEach((bytes, cpu) => {
    using out = Deno.openSync(`${base}.blktrace.${cpu}`, { write: true, create: true, truncate: true });
    const copy = bytes.slice();
    const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const to = new DataView(copy.buffer);
    const offsets = recordOffsets(bytes);
    for (let round = 0n; round < BigInt(times); round++) {
      for (const at of offsets) to.setBigUint64(at + 8, from.getBigUint64(at + 8, true) + round * period, true);
      writeAll(out, copy);
    }
    records += offsets.length * times;
  });
  return records;
}

/** A version 6 head with these descriptions and names, up to and with the count of CPUs. */
function headOfVersion6(head: FileHead): Uint8Array {
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const number = (value: number, bytes: 4 | 8) => {
    const part = new Uint8Array(bytes);
    const view = new DataView(part.buffer);
    if (bytes === 4) view.setUint32(0, value, true);
    else view.setBigUint64(0, BigInt(value), true);
    parts.push(part);
  };
  const sized = (text: string, bytes: 4 | 8) => {
    const body = encoder.encode(text);
    number(body.length, bytes);
    parts.push(body);
  };
  parts.push(MAGIC, encoder.encode("6\0"), new Uint8Array([0, head.longBytes]));
  number(head.pageBytes, 4);
  parts.push(encoder.encode("header_page\0"));
  sized(head.headerPage, 8);
  parts.push(encoder.encode("header_event\0"));
  sized("", 8);
  const own = head.formats.filter(({ system }) => system === "ftrace");
  number(own.length, 4);
  for (const { text } of own) sized(text, 8);
  const systems = [...new Set(head.formats.map(({ system }) => system))].filter((system) => system !== "ftrace");
  number(systems.length, 4);
  for (const system of systems) {
    parts.push(encoder.encode(`${system}\0`));
    const formats = head.formats.filter((format) => format.system === system);
    number(formats.length, 4);
    for (const { text } of formats) sized(text, 8);
  }
  sized(head.kallsyms, 4);
  sized(head.printk, 4);
  sized(head.cmdlines, 8);
  number(head.cpuCount, 4);
  parts.push(encoder.encode("options  \0"), new Uint8Array(2), encoder.encode("flyrecord\0"));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A trace.dat, its pages repeated with later times; version 6, not compressed.
 *
 * @param source a little-endian trace.dat with one buffer
 */
export async function replicateTraceDat(source: string, target: string, times: number): Promise<void> {
  const file = await openRandomAccess(source);
  const head = readFileHead(file);
  const buffer = head.buffers[0];
  const pageBytes = buffer.pageBytes ?? head.pageBytes;
  const cpus = buffer.cpus.map((data) => {
    const shape = {
      pageBytes,
      compression: buffer.compressed ? head.compression : "none" as const,
      littleEndian: head.littleEndian,
      streams: buffer.cpus.length,
    };
    const pages = new CpuPages(file, data, shape, (_code, what) => {
      throw new Error(what);
    });
    const pieces: Uint8Array[] = [];
    for (let piece = pages.next(); piece !== null; piece = pages.next()) pieces.push(piece.slice());
    return { cpu: data.cpu, pieces };
  });
  file.close();
  let first: bigint | null = null;
  let last = 0n;
  for (const { pieces } of cpus) {
    for (const piece of pieces) {
      const view = new DataView(piece.buffer);
      for (let at = 0; at < piece.length; at += pageBytes) {
        const time = view.getBigUint64(at, true);
        if (first === null || time < first) first = time;
        if (time > last) last = time;
      }
    }
  }
  // A page begins at its time and lasts for less than a second in recordings as dense as these.
  const period = last - (first ?? 0n) + 1_000_000_000n;
  using out = Deno.openSync(target, { write: true, create: true, truncate: true });
  const start = headOfVersion6({ ...head, cpuCount: Math.max(...cpus.map(({ cpu }) => cpu)) + 1 });
  writeAll(out, start);
  const table = new Uint8Array((Math.max(...cpus.map(({ cpu }) => cpu)) + 1) * 16);
  const tableView = new DataView(table.buffer);
  let offset = Math.ceil((start.length + table.length) / pageBytes) * pageBytes;
  for (const { cpu, pieces } of cpus) {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0) * times;
    tableView.setBigUint64(cpu * 16, BigInt(offset), true);
    tableView.setBigUint64(cpu * 16 + 8, BigInt(size), true);
    offset += size;
  }
  writeAll(out, table);
  writeAll(out, new Uint8Array(-(start.length + table.length) & (pageBytes - 1)));
  for (const { pieces } of cpus) {
    for (let round = 0n; round < BigInt(times); round++) {
      for (const piece of pieces) {
        const copy = piece.slice();
        const view = new DataView(copy.buffer);
        for (let at = 0; at < copy.length; at += pageBytes) {
          view.setBigUint64(at, view.getBigUint64(at, true) + round * period, true);
        }
        writeAll(out, copy);
      }
    }
  }
}

/**
 * A tracefs trace file, its lines repeated with later times.
 *
 * @returns lines written
 */
export function replicateTraceText(source: string, target: string, times: number): number {
  const lines = new TextDecoder().decode(unpacked(source)).split("\n");
  const header = lines.filter((line) => line.startsWith("#"));
  const body = lines.filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => /^(.*\s)(\d+)\.(\d{6}: .*)$/.exec(line)!);
  const period = Number(body.at(-1)![2]) - Number(body[0][2]) + 1;
  using out = Deno.openSync(target, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  const heads = header.map((line) => line.replace(/\d+\/\d+/, `${body.length * times}/${body.length * times}`));
  writeAll(out, encoder.encode(heads.join("\n") + "\n"));
  for (let round = 0; round < times; round++) {
    const moved = body.map((match) => `${match[1]}${Number(match[2]) + round * period}.${match[3]}`);
    writeAll(out, encoder.encode(moved.join("\n") + "\n"));
  }
  return body.length * times;
}
