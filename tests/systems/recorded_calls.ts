/**
 * System calls of recordings as the events of the task that made them, in the words of the model, so that both can be laid
 * side by side.
 *
 * What is compared is an event's name and its key fields, with positions counted from where the call begins.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import type { EmittedEvent } from "../../src/machine/tracepoint_log.ts";

/** Events of both that are not compared, and why. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  block_touch_buffer: "buffers of metadata are not modelled",
  block_dirty_buffer: "buffers of metadata are not modelled",
  block_rq_complete: "fired in whatever task the interrupt meets",
  block_io_done: "fired in whatever task the interrupt meets",
  block_rq_insert: "of an I/O scheduler",
  ext4_da_update_reserve_space: "the reservation is not counted",
  ext4_discard_preallocations: "preallocation of the allocator is not modelled",
  ext4_es_cache_extent: "the status tree is taken to know the file",
  ext4_es_find_extent_range_enter: "the status tree is taken to know the file",
  ext4_es_find_extent_range_exit: "the status tree is taken to know the file",
  ext4_ext_convert_to_initialized_enter: "splitting of extents is not modelled",
  ext4_ext_convert_to_initialized_fastpath: "splitting of extents is not modelled",
  ext4_ext_load_extent: "blocks of the extent tree are not modelled",
  ext4_ext_rm_leaf: "the extent tree is not modelled",
  ext4_ext_show_extent: "the extent tree is not modelled",
  ext4_free_blocks: "bitmaps are not modelled",
  ext4_releasepage: "folios have no buffers that are released",
  ext4_release_folio: "folios have no buffers that are released",
  ext4_invalidate_folio: "folios have no buffers that are forgotten",
  ext4_remove_blocks: "the extent tree is not modelled",
  page_cache_ra_order: "the window of readahead is the scenario's",
  page_cache_ra_unbounded: "the window of readahead is the scenario's",
  page_fault_user: "faults of the call's own arguments",
  page_fault_kernel: "faults of the call's own arguments",
  sb_mark_inode_writeback: "lists of inodes are not modelled",
  writeback_dirty_inode: "lists of inodes are not modelled",
  writeback_dirty_inode_enqueue: "lists of inodes are not modelled",
  writeback_dirty_inode_start: "lists of inodes are not modelled",
  writeback_mark_inode_dirty: "lists of inodes are not modelled",
};

/** What XFS tells of its B-trees, its log and its transactions, none of which is modelled. */
const XFS_INNER =
  /^(xlog_|xfs_(trans_|log_|inode_|iext_|write_extent|read_extent|bmap|bunmap|free|rmap|alloc|extent|defer|agfl|buf|perag|group|ag_|btree|refcount|cui|rui|bui|irec|resv|reset|map_|setattr_time|dir2|attr|get_acl|refcount|can_free|update_vtag))/;

/** What the allocator of ext4 tells of its bitmaps and preallocations, which are not modelled. */
const ALLOCATOR = /^ext4_(mb|mballoc|read_block_bitmap)_/;

function isCompared(name: string): boolean {
  if (name in NOT_COMPARED || ALLOCATOR.test(name)) return false;
  return !XFS_INNER.test(name) || name === "xfs_map_blocks_found" || name === "xfs_map_blocks_alloc";
}

interface Line {
  readonly name: string;
  readonly rest: string;
}

export interface RecordedCall {
  readonly name: string;
  readonly lines: readonly Line[];
}

/** What a call hands in to a ring, each request a call `io_uring_submit_req` of its own. */
function ringRequests(lines: readonly Line[]): RecordedCall[] {
  const starts = lines.flatMap(({ name }, nth) => name === "io_uring_submit_req" ? [nth] : []);
  return starts.map((start, nth) => ({ name: "io_uring_submit_req", lines: lines.slice(start, starts[nth + 1]) }));
}

const texts = new Map<string, string | null>();

/** Text of a recording in the form of tracefs or of `trace-cmd report`; null where it is not there. */
export function recordingText(path: string): string | null {
  let text = texts.get(path);
  if (text === undefined) texts.set(path, text = readText(path));
  return text;
}

function readText(path: string): string | null {
  const url = new URL(`../../${path}`, import.meta.url);
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(url);
  } catch {
    return null;
  }
  return new TextDecoder().decode(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

const EVENT = /^\s*(.+)-(\d+)\s+(?:\(.{7}\)\s*)?\[\d+\]\s*(?:[^\s:]+\s+)?[\d.]+:\s+(.*)$/;

/** The calls of a recording, in the order in which they end; a fault of the program itself is a call `page_fault`. */
export function* recordedCalls(text: string): Iterable<RecordedCall> {
  const open = new Map<string, Line[]>();
  const faults = new Map<string, Line[]>();
  for (const line of text.split("\n")) {
    const found = EVENT.exec(line);
    if (found === null) continue;
    const [, , pid, body] = found;
    const enter = /^sys_(?:enter_)?(\w+)(?:\(|:)(.*)$/.exec(body);
    const exit = /^sys_(\w+) -> (\S+)/.exec(body) ?? /^sys_exit_(\w+):\s*(\S+)/.exec(body);
    const isFault = body.startsWith("page_fault_user") && !open.has(pid);
    const fault = faults.get(pid);
    if (fault !== undefined && (isFault || enter !== null)) {
      faults.delete(pid);
      yield { name: "page_fault", lines: fault };
    }
    if (isFault) faults.set(pid, [{ name: "page_fault_user", rest: body }]);
    if (exit !== null) {
      const lines = open.get(pid);
      open.delete(pid);
      if (lines === undefined) continue;
      yield* ringRequests(lines);
      lines.push({ name: `sys_exit_${exit[1]}`, rest: `ret: ${exit[2]}` });
      yield { name: exit[1], lines };
    } else if (enter !== null) {
      open.set(pid, [{ name: `sys_enter_${enter[1]}`, rest: enter[2] }]);
    } else {
      const [, name, rest] = /^(\w+):?\s*(.*)$/.exec(body) ?? [];
      if (name !== undefined) (open.get(pid) ?? faults.get(pid))?.push({ name, rest });
    }
  }
}

/** Bytes at which a call begins, as the recording has it; where none of its arguments is that, what its first I/O says. */
function beginOf({ lines }: RecordedCall): number {
  const [{ rest: given }] = lines;
  const first = lines.find(({ name }) => name === "iomap_dio_rw_begin");
  return field(given, "pos") ?? field(given, "pos_l") ?? field(given, "offset") ??
    (first === undefined ? 0 : field(first.rest, "offset")!);
}

function field(rest: string, name: string): number | null {
  const found = new RegExp(`(?:^|[ (,])${name}[:=]? ?(-?(?:0x[0-9a-f]+|\\d+))`).exec(rest);
  return found === null ? null : Number(found[1]);
}

function text(rest: string, name: string): string {
  return new RegExp(`${name} ([A-Z_0-9|x]*)`).exec(rest)?.[1] ?? "";
}

const PAGE = 4096;

/** Key fields of a recorded event. */
function recordedLine({ name, rest }: Line, begin: number): string {
  const at = (position: number | null) => position === null ? "?" : `@${position - begin}`;
  if (name.startsWith("sys_enter_")) return `${name} ${field(rest, "count") ?? 0}`;
  if (name.startsWith("sys_exit_")) return `${name} ${Number(BigInt.asIntN(64, BigInt(/0x[0-9a-f]+/.exec(rest)![0])))}`;
  if (name === "block_plug") return name;
  if (name === "block_unplug") return `${name} ${/\d+$/.exec(rest)![0]}`;
  if (name.startsWith("block_")) {
    const [, rwbs, sectors] = /^\d+,\d+ (\w+) .*?\d+ \+ (\d+)/.exec(rest)!;
    return `${name} ${rwbs} ${Number(sectors) * 512}`;
  }
  if (name === "iomap_dio_rw_begin") {
    return `${name} ${at(field(rest, "offset"))}+${field(rest, "length")} ${text(rest, " flags")} ${
      text(rest, "dio_flags")
    }`
      .trim();
  }
  if (name === "iomap_dio_complete") {
    return `${name} ${at(field(rest, "offset"))} ${text(rest, " flags")} ${field(rest, "ret")}`;
  }
  if (name === "iomap_dio_rw_queued") return `${name} ${at(field(rest, "offset"))}+${field(rest, "length")}`;
  if (name === "iomap_iter") return `${name} ${text(rest, " flags").replace("0x40", "OVERWRITE_ONLY")}`.trim();
  if (name === "iomap_iter_dstmap") {
    return `${name} ${at(field(rest, "offset"))}+${field(rest, "length")} ${text(rest, "type")} ${text(rest, " flags")}`
      .trim();
  }
  if (name.startsWith("mm_filemap_") || name === "writeback_dirty_folio" || name === "folio_wait_writeback") {
    const offset = field(rest, "ofs") ?? (field(rest, "index") ?? 0) * PAGE;
    return name === "mm_filemap_get_pages" ? name : `${name} ${at(offset)}`;
  }
  if (name.startsWith("xfs_i") && name.includes("lock")) return `${name} ${text(rest, "flags")}`;
  if (name === "ext4_es_lookup_extent_exit") {
    return `${name} ${/\) \d+ ([WUDH])/.exec(rest)?.[1] ?? ""}`;
  }
  if (name === "ext4_es_lookup_extent_enter") return `${name} ${at(field(rest, "lblk")! * PAGE)}`;
  if (name.startsWith("ext4_ext_map_blocks")) return `${name} ${text(rest, "flags")}`;
  if (name === "ext4_es_insert_extent") return `${name} ${/status ([WUDH])/.exec(rest)?.[1] ?? ""}`;
  return name;
}

/** Drops the updates of timestamps, which are only made when the coarse clock has moved, and looks at attributes. */
function withoutTimestamps(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  let inUpdate = false;
  let handleOpen = false;
  for (let nth = 0; nth < lines.length; nth++) {
    const { name, rest } = lines[nth];
    if (name === "xfs_update_time") inUpdate = true;
    if (inUpdate) {
      if (name === "xfs_iunlock") inUpdate = false;
      continue;
    }
    if (/caller xfs_(ilock_attr|attr_get)/.test(rest)) continue;
    const isDirtyInode = /caller (ext4_dirty_inode|0x\w+\b.*dirty_inode)/.test(rest);
    if (isDirtyInode) {
      if (name.startsWith("ext4_journal_start") && lines[nth + 1]?.name === "jbd2_handle_start") {
        handleOpen = true;
        nth++;
      }
      continue;
    }
    if (handleOpen && name === "jbd2_handle_stats") {
      handleOpen = false;
      continue;
    }
    kept.push(lines[nth]);
  }
  return kept;
}

/** A recorded call as lines of names and key fields. */
export function linesOfCall(call: RecordedCall): string[] {
  const begin = beginOf(call);
  return withoutTimestamps(call.lines).filter(({ name }) => isCompared(name)).map((line) => recordedLine(line, begin));
}

/** What the model fires for an operation of its first task, as the same lines. */
export function linesOfModel(events: readonly EmittedEvent[], operation: string, begin: number): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.operation === operation && event.task === "T1" && isCompared(event.name)) {
      lines.push(modelLine(event, begin));
    }
  }
  return lines;
}

function modelLine({ name, fields }: EmittedEvent, begin: number): string {
  const { file_offset, bytes, rwbs, flags, ki_flags, dio_flags, type, lock_flags, lblk, status, ret, nr_rq } = fields;
  const at = (position: unknown) => `@${Number(position) - begin}`;
  const joined = (...parts: unknown[]) => parts.join(" ").trim();
  if (name.startsWith("sys_enter_")) return joined(name, bytes ?? 0);
  if (name.startsWith("sys_exit_")) return joined(name, ret);
  if (name === "block_plug") return name;
  if (name === "block_unplug") return joined(name, nr_rq);
  if (name.startsWith("block_")) return joined(name, rwbs, bytes);
  if (name === "iomap_dio_rw_begin") return joined(name, `${at(file_offset)}+${bytes}`, ki_flags, dio_flags);
  if (name === "iomap_dio_complete") return joined(name, at(file_offset), ki_flags, ret);
  if (name === "iomap_dio_rw_queued") return `${name} ${at(file_offset)}+${bytes}`;
  if (name === "iomap_iter") return joined(name, flags);
  if (name === "iomap_iter_dstmap") return joined(name, `${at(file_offset)}+${bytes}`, type, flags);
  if (name === "mm_filemap_get_pages") return name;
  if (name.startsWith("mm_filemap_") || name === "writeback_dirty_folio" || name === "folio_wait_writeback") {
    return `${name} ${at(file_offset)}`;
  }
  if (name.startsWith("xfs_i") && name.includes("lock")) return `${name} ${lock_flags}`;
  if (name === "ext4_es_lookup_extent_exit" || name === "ext4_es_insert_extent") return `${name} ${status}`;
  if (name === "ext4_es_lookup_extent_enter") return `${name} ${at(Number(lblk) * PAGE)}`;
  if (name.startsWith("ext4_ext_map_blocks")) return joined(name, flags);
  return name;
}

/** Which of a recording's calls is meant. */
export interface Which {
  /** Each of these matches a line. */
  readonly has?: readonly RegExp[];
  /** None of these does. */
  readonly lacks?: readonly RegExp[];
  /** Each of these matches one line only. */
  readonly once?: readonly RegExp[];
  /** How many such calls come before it. */
  readonly nth?: number;
}

/** The call of a recording that is meant. */
export function callWith(
  text: string,
  name: string,
  { has = [], lacks = [], once = [], nth = 0 }: Which,
): RecordedCall {
  let left = nth;
  for (const call of recordedCalls(text)) {
    if (call.name !== name) continue;
    const lines = linesOfCall(call);
    const matches = (each: RegExp) => lines.filter((line) => each.test(line)).length;
    if (has.some((each) => matches(each) === 0) || once.some((each) => matches(each) !== 1)) continue;
    if (lacks.some((each) => matches(each) > 0)) continue;
    if (left-- === 0) return call;
  }
  throw new Error(`the recording has no ${name} with ${[...has, ...once].join(" ")}`);
}
