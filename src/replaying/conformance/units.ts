/**
 * The events of a recording, put together by what they belong to: a call or fault in its own task, or something else.
 *
 * @module
 */

import { recordedKey, words } from "./event_keys.ts";
import type { RecordedCall, RecordedEvent, RecordedTrace } from "./recorded_events.ts";

/** A call or a fault with what its task fired meanwhile. */
export interface Unit {
  /** Of its call. */
  readonly id: number;
  readonly call: RecordedCall;
  /** Requests that it submitted, in order. */
  readonly requests: readonly RecordedCall[];
  /** File that it is about; null: none, or not known. */
  readonly ino: number | null;
  /** All of them, by seq. */
  readonly events: readonly RecordedEvent[];
  /** Those that are compared: what the model may fire. */
  readonly compared: readonly RecordedEvent[];
  readonly times: readonly number[];
}

/** Why an event belongs to no call. */
export type Elsewhere = "writeback" | "journal" | "readahead" | "completion" | "timestamps" | "unexplained";

export interface SortedEvents {
  readonly units: readonly Unit[];
  /** Events of no unit, and those of units that are about timestamps. */
  readonly others: readonly { readonly event: RecordedEvent; readonly to: Elsewhere }[];
  /** Events that end requests, of whatever task the interrupt met. */
  readonly ends: readonly RecordedEvent[];
}

interface Open {
  readonly call: RecordedCall;
  readonly events: RecordedEvent[];
}

const FAULTS: ReadonlySet<string> = new Set(["load", "store"]);

const ENDS: ReadonlySet<string> = new Set(["block_rq_complete", "block_io_done"]);

/** Sorts the events of a recording by its calls. */
export function sortEvents({ events, calls }: RecordedTrace): SortedEvents {
  const requests = new Map<number, RecordedCall[]>();
  for (const call of calls) {
    if (call.partOf === null) continue;
    const own = requests.get(call.partOf);
    if (own === undefined) requests.set(call.partOf, [call]);
    else own.push(call);
  }
  const beginning = new Map<number, RecordedCall[]>();
  for (const call of calls) {
    if (call.partOf !== null) continue;
    const own = beginning.get(call.firstSeq);
    if (own === undefined) beginning.set(call.firstSeq, [call]);
    else own.push(call);
  }
  const open = new Map<number, Open>();
  const done: Open[] = [];
  const others: { event: RecordedEvent; to: Elsewhere }[] = [];
  const ends: RecordedEvent[] = [];
  for (const event of events) {
    const begun = beginning.get(event.seq)?.find(({ pid }) => pid === event.pid);
    const current = open.get(event.pid);
    // Where a fault ends nothing tells: it goes on until its task does something else.
    const isFault = current !== undefined && FAULTS.has(current.call.kind);
    const isOver = current !== undefined &&
      (isFault
        ? begun !== undefined || event.name.startsWith("sys_enter_") || beginsReport(event)
        : current.call.lastSeq < event.seq);
    if (isOver) open.delete(event.pid);
    if (begun !== undefined && (current === undefined || isOver)) {
      const own: Open = { call: begun, events: [] };
      open.set(event.pid, own);
      done.push(own);
    }
    if (ENDS.has(event.name)) {
      ends.push(event);
      continue;
    }
    const unit = open.get(event.pid);
    if (unit === undefined) others.push({ event, to: elsewhere(event) });
    else unit.events.push(event);
  }
  const showsUnlocks = events.some(({ name }) => name === ENDS_XFS_UPDATE);
  const units = done.map(({ call, events: own }): Unit => {
    const { kept, clock } = withoutTimestamps(own, showsUnlocks);
    for (const event of clock) if (recordedKey(event) !== null) others.push({ event, to: "timestamps" });
    const compared = kept.filter((event) => recordedKey(event) !== null);
    const asked = requests.get(call.id) ?? [];
    return {
      id: call.id,
      call,
      requests: asked,
      ino: call.ino ?? asked.find(({ ino }) => ino !== null)?.ino ?? null,
      events: own,
      compared,
      times: [...compared.map(({ time }) => time), call.end ?? own.at(-1)?.time ?? call.start],
    };
  });
  return { units, others, ends };
}

/** Whether somebody begins to look at the extents of a file, by a call that no event tells of. */
export function beginsReport({ name, bytes, detail }: RecordedEvent): boolean {
  return name === "iomap_iter" && bytes === 0 && words(detail).split("|").includes("REPORT");
}

function elsewhere({ name, comm }: RecordedEvent): Elsewhere {
  if (comm.startsWith("jbd2/") || name.startsWith("jbd2_") || comm.startsWith("xfsaild")) return "journal";
  if (comm.startsWith("kworker") && /conv|dio\//.test(comm)) return "completion";
  if (comm.startsWith("kworker") || name.startsWith("writeback_")) return "writeback";
  return "unexplained";
}

/** What `xfs_vn_update_time` does last. */
const ENDS_XFS_UPDATE = "xfs_iunlock";

/**
 * Takes away updates of timestamps, which come where the coarse clock has moved: its matter, not the file system's.
 *
 * @param showsUnlocks where no event tells of unlocking, nothing tells of the end of an update of XFS, and nothing that is
 * compared is part of it
 */
function withoutTimestamps(
  events: readonly RecordedEvent[],
  showsUnlocks: boolean,
): { kept: RecordedEvent[]; clock: RecordedEvent[] } {
  const kept: RecordedEvent[] = [];
  const clock: RecordedEvent[] = [];
  let inUpdate: "no" | "ext4" | "xfs" = "no";
  let inHandle = false;
  for (const event of events) {
    const { name } = event;
    if (inUpdate === "no") {
      if (name === "xfs_update_time") inUpdate = "xfs";
      else if (name === "writeback_dirty_inode_start" && !inHandle) inUpdate = "ext4";
      else {
        if (name === "jbd2_handle_start") inHandle = true;
        if (name === "jbd2_handle_stats") inHandle = false;
        kept.push(event);
        continue;
      }
    }
    clock.push(event);
    if (inUpdate === "ext4" && name === "writeback_dirty_inode") inUpdate = "no";
    if (inUpdate === "xfs" && (!showsUnlocks || name === ENDS_XFS_UPDATE)) inUpdate = "no";
  }
  return { kept, clock };
}
