/**
 * Options of a trace.dat file that stand alike in versions 6 and 7.
 *
 * Source: trace-cmd.dat.v6.5 and trace-cmd.dat.v7.5; what DATE counts in, and what is done with the numbers of
 * TSC2NSEC, by what trace-cmd 3.1 reports of files made for the purpose.
 *
 * @module
 */

import type { ByteCursor } from "./byte_cursor.ts";
import { CPUS_MAX, type FileHead } from "./file_head.ts";
import { CutShort } from "./byte_cursor.ts";

export const OPTION = {
  DONE: 0,
  DATE: 1,
  CPUSTAT: 2,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  HOOK: 6,
  OFFSET: 7,
  CPUCOUNT: 8,
  VERSION: 9,
  PROCMAPS: 10,
  TRACEID: 11,
  TIME_SHIFT: 12,
  GUEST: 13,
  TSC2NSEC: 14,
  STRINGS: 15,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  KALLSYMS: 19,
  PRINTK: 20,
  CMDLINES: 21,
  BUFFER_TEXT: 22,
} as const;

/** Options that say nothing about events or their times: hooks of a report, memory maps, guests, an identifier. */
const NOT_ABOUT_EVENTS = new Set<number>([OPTION.HOOK, OPTION.PROCMAPS, OPTION.TRACEID, OPTION.GUEST, OPTION.STRINGS]);

/** A number as C's strtoll takes it: decimal or hexadecimal, with a sign. */
function parseInteger(option: string): bigint {
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]{1,16}|\d{1,19})\s*$/.exec(option);
  if (match === null) throw new CutShort(`a number expected, ${JSON.stringify(option.slice(0, 20))} found`);
  return match[1] === "-" ? -BigInt(match[2]) : BigInt(match[2]);
}

/**
 * Takes an option's meaning into the head.
 *
 * @throws {CutShort} when the option is damaged
 */
export function readOption(head: FileHead, id: number, body: ByteCursor): void {
  switch (id) {
    case OPTION.DATE:
      // Microseconds, whatever the unit of the times.
      head.tsOffset += parseInteger(body.rest()) * 1000n;
      break;
    case OPTION.OFFSET:
      head.tsOffset += parseInteger(body.rest());
      break;
    case OPTION.CPUSTAT:
      head.cpuStats.push(body.rest());
      break;
    case OPTION.TRACECLOCK: {
      const clocks = body.rest();
      head.clock = /\[([^\]]+)\]/.exec(clocks)?.[1] ?? (clocks.trim() || null);
      break;
    }
    case OPTION.UNAME:
      head.uname = body.rest();
      break;
    case OPTION.VERSION:
      head.tracecmdVersion = body.rest();
      break;
    case OPTION.CPUCOUNT: {
      const count = body.u32();
      if (count > CPUS_MAX) throw new CutShort(`${count} CPUs`);
      head.cpuCount = count;
      break;
    }
    case OPTION.TIME_SHIFT:
      head.unapplied.push("TIME_SHIFT (guest and host clocks)");
      break;
    case OPTION.TSC2NSEC:
      // The third number, an offset in cycles, is for guests; the conversion does without it.
      head.tsc = { multiplier: body.u32(), shift: body.u32() };
      if (head.tsc.shift > 63) {
        const { shift } = head.tsc;
        head.tsc = null;
        throw new CutShort(`a shift by ${shift} bits`);
      }
      break;
    default:
      if (!NOT_ABOUT_EVENTS.has(id)) head.unknownOptions.push(id);
  }
}
