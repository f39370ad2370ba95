/**
 * What a trace.dat file says ahead of its events: where they are, how they are laid out, names, clocks, options.
 *
 * @module
 */

import type { Severity } from "../diagnostics.ts";
import { NONE } from "../event_type.ts";
import type { Compression } from "./compression.ts";

/** `17 08 44 "tracing"`: the first bytes of every trace.dat file. */
export const MAGIC = new Uint8Array([0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67]);

/** More CPUs than any kernel can have; a count beyond it is damage. */
export const CPUS_MAX = 32_767;

/** One CPU's events: where they are in the file. */
export interface CpuData {
  /** Number of the CPU; {@linkcode NONE} where the file does not tell it. */
  cpu: number;
  offset: number;
  /** Bytes in the file. For compressed data the heads of the chunks are not always counted. */
  size: number;
}

/** A ring buffer: the top-level one (name "") or an instance. */
export interface BufferData {
  name: string;
  clock: string | null;
  /** Bytes of a ring buffer page where the file gives them for this buffer. */
  pageBytes: number | null;
  compressed: boolean;
  cpus: CpuData[];
}

/** How a message names a CPU. */
export function cpuText({ cpu }: { cpu: number }): string {
  return cpu === NONE ? "a CPU that is not known" : `CPU ${cpu}`;
}

/** A section of events that no option describes: file positions of its head, its body and its end. */
export interface StraySection {
  at: number;
  body: number;
  /** Beyond the end of a file that is cut. */
  end: number;
  compressed: boolean;
}

/** What could not be read, for a diagnostic. */
export interface HeadTrouble {
  severity: Severity;
  code: string;
  message: string;
  /** File position. */
  position: number;
  /** How many things it is about. */
  count: number;
}

export interface FileHead {
  version: number;
  littleEndian: boolean;
  /** Bytes of a `long` of the recorded machine's programs; the kernel's own is in {@linkcode headerPage}. */
  longBytes: number;
  /** Page size of the recorded machine. */
  pageBytes: number;
  compression: Compression;
  headerPage: string;
  /** Descriptions: system and text. */
  formats: { system: string; text: string }[];
  kallsyms: string;
  printk: string;
  cmdlines: string;
  cpuCount: number;
  clock: string | null;
  uname: string | null;
  tracecmdVersion: string | null;
  /** Nanoseconds to add to every time (options OFFSET and DATE). */
  tsOffset: bigint;
  /** Clock cycles to nanoseconds, when the clock counts cycles: (cycles * multiplier) >> shift. */
  tsc: { multiplier: number; shift: number } | null;
  /** Per-CPU statistics as the kernel printed them, in CPU order. */
  cpuStats: string[];
  buffers: BufferData[];
  /** Version 7: events of which only the place is known. */
  strays: StraySection[];
  /** Options that change the meaning of times or data and are not applied. */
  unapplied: string[];
  /** Ids of options that are in neither manual page. */
  unknownOptions: number[];
  troubles: HeadTrouble[];
}

/** Why a file of a latency tracer is refused, and what to do. */
export const LATENCY_TEXT =
  "the trace.dat file holds a latency tracer's text: give the output of trace-cmd report instead";

/** True for a power of two that the kernel can have as the size of a ring buffer page (a subbuffer of up to 1 MiB). */
export function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 1 << 20 && (bytes & (bytes - 1)) === 0;
}

/** Takes note of something that could not be read. */
export function headTrouble(head: FileHead, code: string, message: string, position: number): void {
  head.troubles.push({ severity: "error", code, message, position, count: 1 });
}

/** Takes note of something that is not known of `count` things that were read. */
export function headDoubt(head: FileHead, code: string, message: string, position: number, count = 1): void {
  head.troubles.push({ severity: "warning", code, message, position, count });
}

/** A head of which nothing is known yet. */
export function emptyHead(): FileHead {
  return {
    version: 0,
    littleEndian: true,
    longBytes: 8,
    pageBytes: 4096,
    compression: "none",
    headerPage: "",
    formats: [],
    kallsyms: "",
    printk: "",
    cmdlines: "",
    cpuCount: 0,
    clock: null,
    uname: null,
    tracecmdVersion: null,
    tsOffset: 0n,
    tsc: null,
    cpuStats: [],
    buffers: [],
    strays: [],
    unapplied: [],
    unknownOptions: [],
    troubles: [],
  };
}
