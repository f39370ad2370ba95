/**
 * What one run of a scenario shows to those who judge it: plain data, the same for every run of a class.
 *
 * Positions and lengths are in sectors of 512 bytes. Results are lengths in sectors, or negative error numbers.
 *
 * @module
 */

import type { HappensBefore, Outcome } from "../machine/program.ts";
import type { ResourceEvent } from "../machine/resource_log.ts";
import type { Token } from "../machine/tokens.ts";
import type { EmittedEvent } from "../machine/tracepoint_log.ts";
import type { FindingSubject } from "../machine/world.ts";

/** How a sector was reached: by a device, through the page cache, or through a mapping. */
export type Way = "direct" | "cached" | "mapped";

/** A sector that an operation saw or wrote, as often as it did so. */
export interface SectorAccess {
  /** Sector of the file. */
  readonly sector: number;
  readonly token: Token;
  readonly way: Way;
  /**
   * Of a read: what gave it its zeros, where that was no data: the block map had an extent of this state, or the page
   * table the zero page. Only what the operation's own steps looked at, so that it is the same in every run of a class.
   * Missing: data of a block or of a page.
   */
  readonly zeroFrom?: "hole" | "unwritten" | "delalloc" | "zero_page";
}

/** The families of design: a vectored or asynchronous form is told by `call`. */
export type OperationKind =
  | "pread"
  | "pwrite"
  | "load"
  | "store"
  | "fsync"
  | "fdatasync"
  | "msync"
  | "sync_file_range"
  | "syncfs"
  | "ftruncate"
  | "fallocate"
  | "mmap"
  | "munmap"
  | "ficlone"
  | "close"
  | "fstat"
  | "fadvise"
  | "drop_caches"
  | "io_submit"
  | "io_getevents";

export interface OperationRecord {
  /** As the scenario names it. */
  readonly name: string;
  /** Task that called it, `T1`. */
  readonly task: string;
  readonly kind: OperationKind;
  /** What was called: `pwritev`, `aio_pwrite`, `uring_submit`. */
  readonly call: string;
  /** As a report prints it: `pwrite dio F[0..1]`. */
  readonly what: string;
  /** Null: not about one file. */
  readonly file: string | null;
  /** Of an appending write: where the file ended. */
  pos: number;
  readonly len: number;
  readonly direct: boolean;
  /** O_*, RWF_*, MS_*, FALLOC_FL_*. */
  readonly flags: readonly string[];
  /** Step of the run at which it began, and at which its result came: of an asynchronous one, when it was completed. */
  readonly begun: number;
  returned: number | null;
  /** Null: it has not ended. */
  result: number | null;
  /** Of an asynchronous one: step at which it was submitted and what that returned. */
  submitted: { step: number; result: number } | null;
  /** A read or write that returned less because of a fault of its buffer or an error: its length says nothing of the size. */
  stoppedBy?: "fault" | "error";
  /**
   * Sectors of its file that it gave to its caller, in the order in which it did; a sector that was not returned is no
   * read, nor is a private copy of a page.
   */
  readonly reads: SectorAccess[];
  /** Sectors of its file that it wrote or was about to write when it ended, in order; never a private copy's. */
  readonly writes: SectorAccess[];
  /** Named steps of the system that it went through, in order, each as often as it did. */
  readonly steps: string[];
  /** What it cost: of METRICS those that can be told of one operation; `Account.costs` of its task, see `costs.ts`. */
  readonly costs: Record<string, number>;
}

export interface BlockRecord {
  readonly lblk: number;
  /** Null: delalloc. */
  readonly pblk: number | null;
  readonly state: "delalloc" | "unwritten" | "written";
  /** Allocated beyond the size on purpose (KEEP_SIZE, speculative preallocation). */
  readonly preallocated: boolean;
  /** Will be converted by somebody who has not run yet. */
  readonly conversionQueued: boolean;
}

export interface FolioRecord {
  readonly index: number;
  readonly uptodate: boolean;
  readonly dirty: boolean;
  /** Some PTE that maps it has been stored through since it was cleaned. */
  readonly dirtyPte: boolean;
  readonly locked: boolean;
  readonly writeback: boolean;
  readonly tokens: readonly Token[];
}

/** What a page of a mapping shows although the file has something else there. */
export interface PteRecord {
  readonly task: string;
  readonly vpn: number;
  /** Page of the file that it should show. */
  readonly index: number;
  /** What it maps: `page(F,3)`, `zero page`, `pmem block 7`. */
  readonly maps: string;
  /** What it maps is what the page cache or the block map gives for that page now. */
  readonly current: boolean;
  readonly tokens: readonly Token[];
  /** A private copy: not compared with the file. */
  readonly private: boolean;
}

/** A file when nothing is going on any more, or as recovery has made it. */
export interface FileRecord {
  readonly name: string;
  readonly size: number;
  readonly diskSize: number;
  readonly onOrphanList: boolean;
  readonly blocks: readonly BlockRecord[];
  readonly folios: readonly FolioRecord[];
  readonly ptes: readonly PteRecord[];
  /** What the blocks hold, by sector, up to the end of the last block or of the size: zeros in holes and unwritten ones. */
  readonly media: readonly Token[];
}

/** Zeros that were put into a sector of a file: by a copy, a store, or as a device moved it. */
export interface Zeroing {
  readonly step: number;
  /** Operation that had it done. */
  readonly operation: string;
  readonly file: string;
  /** Sector of the file. */
  readonly sector: number;
  /** What the sector held just before. */
  readonly over: Token;
  /**
   * `new_block`: all of a block or page that was new or unwritten when the operation looked; `sub_block`: the rest of a
   * block that it wrote a part of; `truncate`, `punch`: what was asked for, which is never an anomaly.
   */
  readonly reason: "new_block" | "sub_block" | "truncate" | "punch";
}

/** One run. */
export interface RunRecord {
  readonly scenario: string;
  readonly system: string;
  readonly end: Outcome | "crash";
  /** In the order in which they began. */
  readonly operations: readonly OperationRecord[];
  /** By name; empty unless the run is complete or a crash. */
  readonly files: readonly FileRecord[];
  readonly sectorsPerPage: number;
  readonly sectorsPerBlock: number;
  /** What a file held at the beginning. */
  readonly initial: Readonly<Record<string, { readonly size: number; readonly tokens: readonly Token[] }>>;
  /** Dropped private copies, device stores into pages that had left the cache: what only the machine sees. */
  readonly incidents: readonly Incident[];
  /** METRICS of the whole run. */
  readonly costs: Readonly<Record<string, number>>;
  /**
   * What its tasks took, gave back and waited for: `ResourceLog.events()`, of a log that was given to the world before
   * anything was made. Missing: it was not kept, and lock order, waits and `order` expectations cannot be judged.
   */
  readonly resources?: readonly ResourceEvent[];
  /** Events of tracepoints that it fired, in order. Missing: nobody asked for them (`traced`), or the system has none. */
  readonly events?: readonly EmittedEvent[];
  /** Paths whose overrides it has gone. Missing: none. */
  readonly overridesReached?: readonly string[];
  /** Missing: no path of the system tells of zeros. */
  readonly zeroings?: readonly Zeroing[];
  /** Step before which the crash came; null: none. */
  readonly crash: { readonly step: number } | null;
}

/** Something that only the machine sees, and that no record of operations shows. */
export interface Incident {
  readonly anomaly: string;
  readonly text: string;
  readonly task: string;
  readonly file: string | null;
  readonly sectors: readonly number[];
}

/** What is thought of a run. */
export interface Judgement {
  readonly findings: readonly {
    readonly anomaly: string;
    readonly text: string;
    readonly subject: FindingSubject;
  }[];
  /** What else it shows, see `Prepared.facts`. */
  readonly facts: readonly string[];
}

/**
 * Judges a run by its record; handed to the scenario program, so that systems know nothing of checks.
 *
 * @param happensBefore of steps of the run, see `Prepared.judge`; null for what comes after a crash
 */
export type Judge = (record: RunRecord, happensBefore: HappensBefore | null) => Judgement;
