/**
 * Mappings of files into memory over time, and the page faults in them.
 *
 * Loads and stores leave no event but their faults, and these only where the recording has them. A fault becomes an
 * operation of one page; it lasts until the task's last event before it does something else.
 *
 * @module
 */

import type { LiftingState, MemoryArea, Thread } from "./lifting_state.ts";
import { NO, Operation } from "./operation.ts";
import { KIND } from "./operation_kinds.ts";

/** Bits of the error code of a page fault, on x86. */
const FAULT_WRITE = 2;
/** Areas of one address space at most; the oldest goes. */
const AREAS_MAX = 16_384;
/** Address spaces that are searched for an area that the task's own does not have, at most. */
const SPACES_SEARCHED_MAX = 256;

/** The call has mapped memory: a file's, or other memory over what was there. */
export function mapFile(state: LiftingState, thread: Thread, call: Operation): void {
  const start = call.result;
  const end = start + Math.max(0, call.bytes);
  call.address = start;
  clear(state, thread.space, start, end);
  if (call.open === null) return;
  state.doubt().ambiguity("A4", state.sink);
  let areas = state.areas.get(thread.space);
  if (areas === undefined) state.areas.set(thread.space, areas = []);
  areas.push({ start, end, offset: Math.max(0, call.offset), operation: call });
  if (areas.length > AREAS_MAX) areas.shift();
}

export function unmap(state: LiftingState, thread: Thread, call: Operation): void {
  if (call.address < 0 || call.bytes < 0) return;
  if (clear(state, thread.space, call.address, call.address + call.bytes)) return;
  // A thread of the same process may have mapped it.
  if (state.areas.size > SPACES_SEARCHED_MAX) return;
  for (const space of state.areas.keys()) {
    if (Math.floor(space / 0x100000000) === thread.recordingId) {
      clear(state, space, call.address, call.address + call.bytes);
    }
  }
}

/** Takes `[start, end)` out of the areas of a space. @returns whether something was there */
function clear(state: LiftingState, space: number, start: number, end: number): boolean {
  const areas = state.areas.get(space);
  if (areas === undefined) return false;
  const kept: MemoryArea[] = [];
  let isChanged = false;
  for (const area of areas) {
    if (area.end <= start || area.start >= end) {
      kept.push(area);
      continue;
    }
    isChanged = true;
    if (area.start < start) kept.push({ ...area, end: start });
    if (area.end > end) kept.push({ ...area, start: end, offset: area.offset + end - area.start });
  }
  if (isChanged) state.areas.set(space, kept);
  return isChanged;
}

/** The area that an address is in: of the task's own space first, else the only one of the recording that has it. */
function findArea(state: LiftingState, thread: Thread, address: number): { area: MemoryArea; isOwn: boolean } | null {
  const holds = (area: MemoryArea) => area.start <= address && address < area.end;
  const own = state.areas.get(thread.space)?.find(holds);
  if (own !== undefined) return { area: own, isOwn: true };
  let found: MemoryArea | null = null;
  if (state.areas.size > SPACES_SEARCHED_MAX) return null;
  for (const [space, areas] of state.areas) {
    if (Math.floor(space / 0x100000000) !== thread.recordingId) continue;
    const area = areas.find(holds);
    if (area === undefined) continue;
    if (found !== null) return null;
    found = area;
  }
  return found === null ? null : { area: found, isOwn: false };
}

/** msync and the like name memory: the file and range behind it. */
export function wholeArea(state: LiftingState, thread: Thread, call: Operation): void {
  const found = call.address < 0 ? null : findArea(state, thread, call.address);
  if (found === null) return;
  call.open = found.area.operation.open;
  call.isGuess = !found.isOwn || found.area.operation.isGuess;
  call.offset = found.area.offset + call.address - found.area.start;
}

/** A page fault of a task; `within`: in the kernel, while it copies from or to user memory. */
export function pageFault(state: LiftingState, thread: Thread, within: "user" | "kernel"): void {
  const address = state.number("address");
  const found = address < 0 ? null : findArea(state, thread, address);
  if (found === null) return;
  const isWrite = (state.number("error") & FAULT_WRITE) !== 0;
  const fault = new Operation(state.newOperationId(), isWrite ? KIND.store : KIND.load, "none", state.sink);
  const page = 2 ** state.sink.type.key.pageShift;
  const at = found.area.offset + address - found.area.start;
  fault.open = found.area.operation.open;
  fault.isGuess = !found.isOwn || found.area.operation.isGuess;
  fault.offset = at - at % page;
  fault.bytes = page;
  fault.address = address;
  fault.partOf = within === "kernel" ? thread.call?.id ?? NO : NO;
  fault.endNow(state.sink);
  thread.fault = fault;
}
