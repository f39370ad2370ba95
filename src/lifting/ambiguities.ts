/**
 * What lifting could not know for sure, counted by the kind of doubt; and which events would have told.
 *
 * @module
 */

import type { Diagnostics, Severity } from "../recording/diagnostics.ts";
import type { EventSink } from "../recording/event_sink.ts";

/** Kinds of doubt by their number in the lifting rules, with what each means for the results. */
const AMBIGUITIES = {
  A1: "cached buffered reads without an event that names the file: their inode is that of the open file, if known",
  A2: "asynchronous requests without an event of their completion: result or time of completion is not known",
  A3: "asynchronous requests that were in flight together with the same file and start: which one completed is open",
  A4: "mappings of files: loads and stores that fault no more leave no event",
  A5: "bios of file data that no event of the same writeback mapped: attributed by the latest known mapping",
  A6: "requests merged from bios of several files",
  A7: "bios outside the range of a direct write that is aligned to blocks",
  A8: "writes that fell back to the page cache where no event shows whether a direct part came first",
  A9: "inode numbers given out again after an inode was freed: operations before and after may be on different files",
  A10: "direct writes complete without a flush or FUA: complete does not mean durable on a device with a cache",
  A11: "pages read ahead of what was asked for: they belong to no range of an operation",
  A12: "kinds of events that lifting uses and that are not in the recording: disabled, or nothing happened",
  A13: "delayed allocations: data has no place on the device until writeback",
  A14: "shared extents: data is written elsewhere and the mapping changes when the write ends",
} as const;
export type Ambiguity = keyof typeof AMBIGUITIES;

const POSITION_TRACKED = "position_tracked";

interface Tally {
  severity: Severity;
  count: number;
  message: string;
  seq: number;
  ns: [number, number];
}

/** Doubts and troubles of one recording, counted until its end. */
export class Doubts {
  readonly #tallies = new Map<string, Tally>();

  #count(severity: Severity, code: string, message: string, sink: EventSink, count: number): void {
    const known = this.#tallies.get(code);
    if (known !== undefined) known.count += count;
    else this.#tallies.set(code, { severity, count, message, seq: sink.seq, ns: [sink.tsLo, sink.tsHi] });
  }

  ambiguity(id: Ambiguity, sink: EventSink, count = 1): void {
    this.#count("info", `ambiguity_${id}`, AMBIGUITIES[id], sink, count);
  }

  /** Something that contradicts itself or is not complete. */
  trouble(code: string, message: string, sink: EventSink, severity: Severity = "info"): void {
    this.#count(severity, code, message, sink, 1);
  }

  /** A position that was counted on from what was read and written before. */
  trackedPosition(sink: EventSink): void {
    this.trouble(
      POSITION_TRACKED,
      "reads and writes at a position that no event shows, counted on from the ones before: lseek is not recorded",
      sink,
    );
  }

  /** @param names events of the recording */
  finish(diagnostics: Diagnostics, names: ReadonlySet<string>): void {
    if (names.has("sys_enter_lseek")) this.#tallies.delete(POSITION_TRACKED);
    for (const [code, { severity, count, message, seq, ns }] of this.#tallies) {
      diagnostics.add(severity, code, { message, position: `event ${seq}`, count, firstNs: ns });
    }
  }
}

/** Events that lifting uses, by what they tell; each is enough in itself where alternatives are given. */
const WANTED: { of: string; any: RegExp; record: string[]; when: (names: ReadonlySet<string>) => boolean }[] = [
  {
    of: "system calls",
    any: /^sys_enter_/,
    record: ["syscalls"],
    when: (names) => has(names, /^(ext4|xfs|iomap|mm_filemap)_/),
  },
  { of: "ends of system calls", any: /^sys_exit_/, record: ["syscalls"], when: (names) => has(names, /^sys_enter_/) },
  {
    of: "openings of files",
    any: /^sys_enter_open/,
    record: ["syscalls:sys_enter_openat", "syscalls:sys_exit_openat"],
    when: calls,
  },
  { of: "direct I/O", any: /^iomap_iter$/, record: ["iomap"], when: calls },
  { of: "the page cache", any: /^mm_filemap_add_to_page_cache$/, record: ["filemap"], when: calls },
  {
    of: "dirtied folios",
    any: /^writeback_dirty_(folio|page)$/,
    record: ["writeback:writeback_dirty_folio"],
    when: calls,
  },
  { of: "bios", any: /^block_bio_queue$/, record: ["block:block_bio_queue"], when: calls },
  {
    of: "completed requests",
    any: /^block_(rq|bio)_complete$/,
    record: ["block:block_rq_complete", "block:block_bio_complete"],
    when: (names) => names.has("block_bio_queue"),
  },
  {
    of: "mappings of ext4 files",
    any: /^ext4_es_lookup_extent_exit$/,
    record: ["ext4:ext4_es_lookup_extent_exit", "ext4:ext4_ext_map_blocks_exit", "ext4:ext4_es_insert_extent"],
    when: (names) => has(names, /^ext4_/),
  },
  {
    of: "writeback of inodes",
    any: /^writeback_single_inode_start$/,
    record: ["writeback:writeback_single_inode_start"],
    when: calls,
  },
  {
    of: "locks of XFS",
    any: /^xfs_ilock$/,
    record: ["xfs:xfs_ilock*", "xfs:xfs_iunlock"],
    when: (names) => has(names, /^xfs_/),
  },
  {
    of: "page faults",
    any: /^page_fault_user$/,
    record: ["exceptions:page_fault_user"],
    when: (names) => names.has("sys_enter_mmap"),
  },
  { of: "commits of the journal", any: /^jbd2_start_commit$/, record: ["jbd2"], when: (names) => has(names, /^ext4_/) },
  {
    of: "moves of a file's position",
    any: /^sys_enter_lseek$/,
    record: ["syscalls:sys_enter_lseek", "syscalls:sys_exit_lseek"],
    when: (names) => names.has("sys_enter_read") || names.has("sys_enter_write"),
  },
  {
    of: "processes that begin",
    any: /^(sched_process_fork|task_newtask)$/,
    record: ["sched:sched_process_fork", "task:task_newtask"],
    when: calls,
  },
  {
    of: "requests of io_uring",
    any: /^io_uring_submit_(req|sqe)$/,
    record: ["io_uring"],
    when: (names) => names.has("sys_enter_io_uring_enter"),
  },
];

function has(names: ReadonlySet<string>, pattern: RegExp): boolean {
  for (const name of names) if (pattern.test(name)) return true;
  return false;
}

function calls(names: ReadonlySet<string>): boolean {
  return has(names, /^sys_enter_/);
}

/** What a recording does not have. */
export interface Missing {
  /** What is not told, in words. */
  of: string[];
  /** Events to record beside those that were, as `trace-cmd record -e` takes them. */
  events: string[];
}

/** What events of these names leave untold; nothing for a recording that has no events of files or calls at all. */
export function missingEvents(names: ReadonlySet<string>): Missing {
  const missing = WANTED.filter(({ any, when }) => when(names) && !has(names, any));
  return { of: missing.map(({ of }) => of), events: [...new Set(missing.flatMap(({ record }) => record))] };
}
