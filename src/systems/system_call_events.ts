/**
 * Events at the beginning and the end of system calls, for runs that are traced.
 *
 * @module
 */

import type { World } from "../machine/world.ts";
import type { OperationRecord } from "./run_record.ts";

/** Names of the x86-64 table where they are not the scenario's. */
const NAMES: Readonly<Record<string, string>> = {
  pread: "pread64",
  pwrite: "pwrite64",
  preadv: "preadv2",
  pwritev: "pwritev2",
  fadvise: "fadvise64",
  fstat: "newfstat",
  aio_submit: "io_submit",
  aio_reap: "io_getevents",
  uring_submit: "io_uring_enter",
  uring_reap: "io_uring_enter",
};

/** Operations that are no system calls. */
const NO_CALLS = new Set(["load", "store", "drop_caches"]);

type CallRecord = Pick<OperationRecord, "kind" | "call" | "file" | "pos" | "len">;

const SECTOR = 512;

/** Name of the call that an operation is; null: none. */
function systemCallOf({ kind, call }: Pick<CallRecord, "kind" | "call">): string | null {
  if (NO_CALLS.has(kind)) return null;
  const ring = call.startsWith("uring");
  if (kind === "io_submit" || (call.startsWith("aio_") && kind !== "io_getevents")) {
    return ring ? "io_uring_enter" : "io_submit";
  }
  if (ring) return "io_uring_enter";
  return NAMES[call] ?? call;
}

export function callBegins(world: World, record: CallRecord): void {
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const name = systemCallOf(record);
  if (name === null) return;
  const { file, pos, len } = record;
  tracepoints.emit(`sys_enter_${name}`, { file, file_offset: pos * SECTOR, bytes: len * SECTOR });
}

/** @param result sectors for reads and writes, how many were submitted or reaped, or a negative error number */
export function callEnds(world: World, record: CallRecord, result: number): void {
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const name = systemCallOf(record);
  if (name === null) return;
  const moves = record.kind === "pread" || record.kind === "pwrite" || record.kind === "fstat";
  const counts = name === "io_submit" || name === "io_uring_enter";
  const ret = moves && !counts && result > 0 ? result * SECTOR : result;
  tracepoints.emit(`sys_exit_${name}`, { file: record.file, ret });
}
