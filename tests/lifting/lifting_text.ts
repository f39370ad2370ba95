/**
 * Small recordings written by hand as ftrace text, lifted.
 *
 * @module
 */

import { lift, type Lifted } from "./lifted.ts";

const HEAD = `# tracer: nop
#
# entries-in-buffer/entries-written: 9/9   #P:2
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;

/**
 * Lifts events, one a microsecond.
 *
 * @param lines `TASK-PID EVENT: ...`
 */
export async function liftText(lines: readonly string[]): Promise<Lifted> {
  const text = lines.map((line, i) => {
    const at = line.indexOf(" ");
    return `${line.slice(0, at).padStart(23)} [000] ..... ${(1 + i / 1e6).toFixed(6)}: ${line.slice(at + 1)}`;
  });
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/trace.txt`, `${HEAD}${text.join("\n")}\n`);
    return await lift(`${folder}/trace.txt`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const hex = (value: number) => value < 10 ? String(value) : `0x${value.toString(16)}`;

/** `sys_NAME(a: 1, b: 0x10)`. */
export function enter(task: string, name: string, fields: Record<string, number>): string {
  const shown = Object.entries(fields).map(([key, value]) => `${key}: ${hex(value)}`);
  return `${task} sys_${name}(${shown.join(", ")})`;
}

export function exit(task: string, name: string, result: number): string {
  const shown = result < 0 ? `0x${BigInt.asUintN(64, BigInt(result)).toString(16)}` : hex(result);
  return `${task} sys_${name} -> ${shown}`;
}

export function call(task: string, name: string, fields: Record<string, number>, result: number): string[] {
  return [enter(task, name, fields), exit(task, name, result)];
}

/** Opening a file for direct I/O (`direct`) or not. */
export function open(task: string, fd: number, way: "direct" | "buffered"): string[] {
  return call(task, "openat", { dfd: 0xffffff9c, filename: 0x1000, flags: way === "direct" ? 0x4002 : 2, mode: 0 }, fd);
}

/** Events of direct I/O of Linux 6.18 on one file. */
export const direct = {
  begin: (
    task: string,
    ino: number,
    offset: number,
    length: number,
    way: "sync" | "aio",
    flags = "DIRECT",
    size = 0x100000,
  ) =>
    `${task} iomap_dio_rw_begin: dev 7:0 ino ${hex16(ino)} size ${hex16(size)} offset ${hex16(offset)} length ${
      hex16(length)
    } done_before 0x0 flags ${flags} dio_flags  aio ${way === "aio" ? 1 : 0}`,
  iterate: (task: string, ino: number, offset: number, length: number, flags: string, bits: number) =>
    `${task} iomap_iter: dev 7:0 ino ${hex16(ino)} pos ${hex16(offset)} length ${
      hex16(length)
    } status 0 flags ${flags} (${hex16(bits)}) ops 0xffffffff8245a7a0 caller __iomap_dio_rw+0x1fb/0x8d0`,
  map: (task: string, ino: number, offset: number, length: number, address: number) =>
    `${task} iomap_iter_dstmap: dev 7:0 ino ${hex16(ino)} bdev 7:0 addr ${hex16(address)} offset ${
      hex16(offset)
    } length ${hex16(length)} type MAPPED (0x2) flags  (0x0)`,
  queued: (task: string, ino: number, offset: number) =>
    `${task} iomap_dio_rw_queued: dev 7:0 ino ${hex16(ino)} size 0x100000 offset ${hex16(offset)} length 0x0`,
  complete: (task: string, ino: number, offset: number, way: "sync" | "aio", error: number, result: number) =>
    `${task} iomap_dio_complete: dev 7:0 ino ${hex16(ino)} size 0x100000 offset ${hex16(offset)} flags DIRECT aio ${
      way === "aio" ? 1 : 0
    } error ${error} ret ${result}`,
  invalidateFail: (task: string, ino: number, offset: number, length: number) =>
    `${task} iomap_dio_invalidate_fail: dev 7:0 ino ${hex16(ino)} size 0x100000 offset ${hex16(offset)} length ${
      hex16(length)
    }`,
};

/** A step of a buffered write of ext4. */
export function writeBegin(task: string, ino: number, offset: number, length: number): string {
  return `${task} ext4_da_write_begin: dev 7,0 ino ${ino} pos ${offset} len ${length}`;
}

function hex16(value: number): string {
  return `0x${value.toString(16)}`;
}
