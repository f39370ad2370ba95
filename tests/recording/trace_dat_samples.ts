/**
 * Recordings to damage: one made up, one real and cut down to what its events need.
 *
 * @module
 */

import { openRandomAccess } from "../../src/recording/random_access.ts";
import { CpuPages } from "../../src/recording/trace_dat/cpu_pages.ts";
import { readFileHead } from "../../src/recording/trace_dat/head_reader.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collect } from "./collect.ts";
import { buildTraceDat, type BuiltTraceDat, OPTION, type TraceDatSpec } from "./trace_dat_builder.ts";
import { entry, event, formatsOf } from "./trace_dat_helpers.ts";

/** The kinds of files that a recording is damaged in. */
export const KINDS = [
  { version: 6, compression: "none" },
  { version: 7, compression: "none" },
  { version: 7, compression: "zstd" },
] as const;

export type Kind = typeof KINDS[number];

export const describeKind = ({ version, compression }: Kind) => `version ${version}, ${compression}`;

/** Bytes that an event of {@linkcode regularSpec} takes in its page. */
export const REGULAR_ENTRY_BYTES = 4 + 8 + 24;

/** Two CPUs with events of one size, so that their places in the file are known. */
export function regularSpec(kind: Kind, eventsPerCpu: number): Partial<TraceDatSpec> {
  const spec = event([
    { type: "dev_t", name: "dev", size: 4 },
    { type: "u32", name: "n", size: 4 },
    { type: "u64", name: "wide", size: 8 },
    { type: "char[8]", name: "rwbs", size: 8 },
  ], { system: "block", name: "block_probe" });
  const at = (cpu: number) => (_: unknown, i: number) =>
    entry(spec, BigInt(i * 10 + cpu), { dev: 7 << 20, n: i, wide: BigInt(i) << 33n, rwbs: "WS" });
  return {
    ...kind,
    formats: formatsOf(spec),
    cmdlines: "42 my task\n",
    options: [{ id: OPTION.TRACECLOCK, body: "local [mono]" }, { id: OPTION.CPUCOUNT, body: (w) => w.u32(2) }],
    buffers: [{
      name: "",
      cpus: [0, 1].map((cpu) => ({ cpu, entries: Array.from({ length: eventsPerCpu }, at(cpu)) })),
    }],
    chunkBytes: 8192,
  };
}

/** Events of every kind of field, a second buffer, time extends, lost events. */
export function mixedRecording(kind: Kind): BuiltTraceDat {
  const block = event([
    { type: "dev_t", name: "dev", size: 4 },
    { type: "sector_t", name: "sector", size: 8 },
    { type: "unsigned int", name: "nr_sector", size: 4 },
    { type: "char[8]", name: "rwbs", size: 8 },
    { type: "__data_loc char[]", name: "cmd", size: 4 },
  ], { system: "block", name: "block_rq_issue", id: 1 });
  const folio = event([
    { type: "unsigned long", name: "i_ino", size: 8 },
    { type: "unsigned long", name: "index", size: 8 },
    { type: "dev_t", name: "s_dev", size: 4 },
    { type: "unsigned char", name: "order", size: 1 },
  ], { system: "filemap", name: "mm_filemap_add_to_page_cache", id: 2 });
  const odd = event([
    { type: "bool", name: "yes", size: 1 },
    { type: "short[3]", name: "shorts", size: 6, element: 2, signed: true },
    { type: "__rel_loc u32[]", name: "words", size: 4, element: 4 },
    { type: "__data_loc cpumask_t", name: "mask", size: 4 },
    { type: "char[]", name: "rest", size: 0 },
  ], { name: "odd", id: 3 });
  const bprint = event([
    { type: "unsigned long", name: "ip", size: 8 },
    { type: "const char *", name: "fmt", size: 8 },
    { type: "u32[]", name: "buf", size: 0, element: 4 },
  ], { system: "ftrace", name: "bprint", id: 6 });
  const stack = event([
    { type: "int", name: "size", size: 4, signed: true },
    { type: "int", name: "pad", size: 4 },
    { type: "unsigned long[8]", name: "caller", size: 0, element: 8 },
  ], { system: "ftrace", name: "kernel_stack", id: 4 });
  const events = (cpu: number) =>
    Array.from({ length: 200 }, (_, i) => {
      const ts = BigInt(i) * (i % 50 === 0 ? 1n << 30n : 1000n) + (BigInt(i) << 31n) + BigInt(cpu);
      const n = BigInt(i);
      switch (i % 5) {
        case 0:
          return entry(block, ts, { dev: 7 << 20, sector: n * 8n, nr_sector: 8, rwbs: "WS", cmd: `cmd ${i}` });
        case 1:
          return entry(folio, ts, { i_ino: 12, index: n, s_dev: 7 << 20, order: 2 });
        case 2:
          return entry(odd, ts, { yes: 1, shorts: [-1n, 2n, n], words: [n, n], mask: new Uint8Array([1, 2]) });
        case 3:
          return entry(bprint, ts, {
            ip: 0x80000010n,
            fmt: 0x1000n,
            buf: new Uint8Array([i, 0, 0, 0, 104, 105, 0, 0]),
          });
        default:
          return entry(stack, ts, { size: 2, caller: [n, n] });
      }
    });
  return buildTraceDat({
    ...kind,
    formats: formatsOf(block, folio, odd, bprint, stack),
    cmdlines: "42 my task\n",
    kallsyms: "80000010 T some_function\n",
    printk: '0x1000 : "%d says %s\\n"\n',
    options: [
      { id: OPTION.TRACECLOCK, body: "local [mono]" },
      { id: OPTION.CPUSTAT, body: "CPU: 0\nentries: 1\noverrun: 5\n" },
      { id: OPTION.OFFSET, body: "100" },
      { id: OPTION.UNAME, body: "Linux box 6.18.0 x86_64" },
    ],
    buffers: [
      { name: "", cpus: [{ cpu: 0, entries: events(0) }, { cpu: 1, entries: events(1) }] },
      { name: "rec", cpus: [{ cpu: 0, pages: [{ ts: 5n, missed: 3n, entries: events(0).slice(0, 3) }] }] },
    ],
    chunkBytes: 8192,
  });
}

/** A real recording with the descriptions of its own events only; null where it is not there. */
export async function realSpec(): Promise<Partial<TraceDatSpec> | null> {
  const path = "traces/hello-ext4/trace.dat";
  try {
    Deno.statSync(path);
  } catch {
    return null;
  }
  const { rows } = await collect(traceDat, [path]);
  const seen = new Set(rows.map(({ system, name }) => `${system}/${name}`));
  const file = await openRandomAccess(path);
  try {
    const head = readFileHead(file);
    const cpus = head.buffers[0].cpus.map((data) => {
      const shape = { pageBytes: 4096, compression: head.compression, littleEndian: true, streams: 1 };
      const pages = new CpuPages(file, data, shape, (_, message) => {
        throw new Error(message);
      });
      const pieces: Uint8Array[] = [];
      for (let piece = pages.next(); piece !== null; piece = pages.next()) pieces.push(piece);
      return { cpu: data.cpu, bytes: new Uint8Array(pieces.flatMap((piece) => [...piece])) };
    });
    const nameOf = (text: string) => /^name: (\S+)/m.exec(text)![1];
    return {
      formats: head.formats.filter(({ system, text }) => seen.has(`${system}/${nameOf(text)}`)),
      cmdlines: head.cmdlines,
      kallsyms: head.kallsyms,
      options: [{ id: OPTION.TRACECLOCK, body: "[mono]" }],
      buffers: [{ name: "", clock: "mono", cpus }],
    };
  } finally {
    file.close();
  }
}
