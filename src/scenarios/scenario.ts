/**
 * A scenario as the rest of the program sees it: checked, and complete with all defaults.
 *
 * @module
 */

import type { Length, Place, Range } from "./place.ts";
import type {
  ANOMALIES,
  ATTRIBUTES,
  BLOCK_STATES,
  FADVISE_ADVICE,
  FALLOCATE_FLAGS,
  METRICS,
  MSYNC_FLAGS,
  OPEN_FLAGS,
  RWF_FLAGS,
  SYNC_RANGE_FLAGS,
} from "./words.ts";

export type OnOff = "on" | "off";
export type OpenFlag = (typeof OPEN_FLAGS)[number];
export type RwfFlag = (typeof RWF_FLAGS)[number];
export type BlockState = (typeof BLOCK_STATES)[number];
export type Metric = (typeof METRICS)[number];
export type Attribute = (typeof ATTRIBUTES)[number];
/** Of the catalogue, or the name of an invariant such as `I1`. */
export type AnomalyName = (typeof ANOMALIES)[number] | (string & Record<never, never>);

export type FlagValue = string | number;

/** Which runs are meant. What is empty says nothing. */
export interface Selection {
  readonly systems: readonly string[];
  readonly presets: readonly string[];
  /** Values to be taken, each with each value of the other flags; `any`: all that the flag has. */
  readonly flags: Readonly<Record<string, readonly FlagValue[]>>;
}

/** Sizes that keep the state space closed. Where a system has a flag of the same name, the flag wins. */
export interface Bounds {
  readonly tasks: number;
  /** Pages of a file are below this; the last one stands for index ~0. */
  readonly pages: number;
  readonly SECTORS_PER_PAGE: number;
  /** Pages that get_user_pages takes at once, and that a placeholder spans at most. */
  readonly DIO_PAGES: number;
  readonly PAGEVEC: number;
  readonly GANG: number;
  /** Pages of one bio. */
  readonly BIO_MAX_VECS: number;
  /** Pages that a read fault maps, the one asked for included. */
  readonly fault_around: number;
  /** Rounds of one loop without progress before LIVELOCK. */
  readonly retries: number;
  readonly crashes: number;
  /** Steps of one task before its run is cut off. */
  readonly steps: number;
}

export interface Mount {
  readonly blocksPerPage: number;
  readonly readonly: OnOff;
  /** Null: the log never gets full. */
  readonly logCredits: number | null;
}

export interface FreeRun {
  readonly blocks: number;
  /** Whose content is left in them; null: nobody's. */
  readonly was: Place | null;
  /** Pending: freed by a transaction that has not committed. */
  readonly state: "free" | "pending";
}

export interface DeviceError {
  readonly at: Place;
  readonly op: "read" | "write";
  readonly error: string;
  /** Null: always. */
  readonly times: number | null;
}

export interface Device {
  readonly volatileCache: OnOff;
  readonly fua: OnOff;
  /** In the order in which they are given away; a freed block is the next. */
  readonly free: readonly FreeRun[];
  readonly enospcAt: readonly Place[];
  readonly errors: readonly DeviceError[];
  /** Null: what the system has: none, or with DAX `adr`. */
  readonly pmem: "none" | "adr" | "eadr" | null;
  readonly linesPerSector: number;
  readonly wordsPerLine: number;
}

/** Blocks in one state. */
export interface BlockRun {
  readonly range: Range;
  readonly state: Exclude<BlockState, "hole">;
  /** Whose blocks they are as well, from this place on; else null. */
  readonly sharedWith: Place | null;
}

/** Cached pages in one state. */
export interface CacheRun {
  readonly range: Range;
  readonly state: "clean" | "dirty";
  readonly also: readonly ("locked" | "writeback" | "busy_buffers" | "not_uptodate")[];
}

export interface DiskRun {
  readonly range: Range;
  /** First physical block. */
  readonly pblk: number;
}

export interface ScenarioFile {
  readonly size: Length;
  readonly disksize: Length;
  /** Everything that is no hole, ascending. */
  readonly blocks: readonly BlockRun[];
  /** Everything that is cached, ascending. */
  readonly cache: readonly CacheRun[];
  /** Where blocks are; what is not named follows the allocator. */
  readonly disk: readonly DiskRun[];
  readonly boundaryAfter: readonly number[];
}

/** What an area of memory maps. */
export type Mapped =
  | { readonly kind: "anon"; readonly pages: number }
  | {
    readonly kind: "file";
    readonly place: Place;
    readonly mode: "shared" | "private";
    readonly flags: readonly string[];
  };

/** An area of memory that is there from the beginning. */
export interface ScenarioMap {
  readonly mapped: Mapped;
  readonly mm: string;
  /** Pages of it that are mapped already. */
  readonly present: Range | null;
}

/** Part of a user buffer. `efault` cannot be faulted in. */
export type BufferSegment =
  | { readonly kind: "anon" | "efault"; readonly pages: number }
  | { readonly kind: "shared" | "private" | "map"; readonly place: Place };

interface Common {
  /** As given, else `T1#0`. */
  readonly name: string;
  /** Operations that have returned before it begins. */
  readonly after: readonly string[];
}

/** pread, pwrite and their vectored forms. */
export interface Transfer extends Common {
  readonly kind: "pread" | "preadv" | "pwrite" | "pwritev";
  readonly place: Place;
  readonly open: readonly OpenFlag[];
  readonly rwf: readonly RwfFlag[];
  readonly buffer: readonly BufferSegment[];
  /** Bytes left out at the beginning of the range. */
  readonly skip: number;
  /** Null: all the rest of the range. */
  readonly bytes: number | null;
}

export interface Sync extends Common {
  readonly kind: "fsync" | "fdatasync";
  readonly file: string;
}

export type Iocb = Transfer | Sync;

export type Operation =
  | Iocb
  | (Common & { readonly kind: "io_submit" | "uring_submit"; readonly iocbs: readonly Iocb[] })
  /** Null: all that are under way. */
  | (Common & { readonly kind: "io_getevents" | "uring_wait"; readonly count: number | null })
  /** In a mapping of the file that the task has for it, or in a named area (`mode` null). */
  | (Common & { readonly kind: "load" | "store"; readonly place: Place; readonly mode: "shared" | "private" | null })
  | (Common & {
    readonly kind: "mmap";
    readonly mapped: Mapped;
    readonly as: string | null;
    readonly over: string | null;
  })
  | (Common & { readonly kind: "munmap"; readonly place: Place })
  | (Common & {
    readonly kind: "msync";
    readonly place: Place;
    readonly flags: readonly (typeof MSYNC_FLAGS)[number][];
  })
  | (Common & {
    readonly kind: "sync_file_range";
    readonly place: Place;
    readonly flags: readonly (typeof SYNC_RANGE_FLAGS)[number][];
  })
  | (Common & { readonly kind: "syncfs" | "close" | "fstat"; readonly file: string })
  | (Common & { readonly kind: "ftruncate"; readonly file: string; readonly size: Length })
  | (Common & {
    readonly kind: "fallocate";
    readonly place: Place;
    readonly flags: readonly (typeof FALLOCATE_FLAGS)[number][];
  })
  | (Common & { readonly kind: "fadvise"; readonly place: Place; readonly advice: (typeof FADVISE_ADVICE)[number] })
  | (Common & { readonly kind: "ficlone"; readonly from: Place; readonly to: Place })
  | (Common & { readonly kind: "drop_caches"; readonly what: number });

export interface ScenarioTask {
  readonly mm: string;
  readonly operations: readonly Operation[];
}

export interface KernelTask {
  /** Null: all files. */
  readonly of: Place | null;
  readonly passes: number;
}

export interface Kernel {
  readonly flusher: KernelTask | null;
  readonly reclaim: KernelTask | null;
  readonly journalCommit: { readonly passes: number } | null;
  /** Pages that a buffered read looks ahead; 0: only what is asked for. */
  readonly readahead: number;
}

/** `after`: once all of these operations have returned. */
export type Crash = "never" | "anywhere" | { readonly after: readonly string[] };

/** What the last exploration showed, for one run of an expectation; runs that go as an earlier one does are left out. */
export interface Kept {
  /** System, and flags that do not have their defaults: `legacy-dio (fs=xfs)`. */
  readonly run: string;
  /** Of a witness, with as few switches from task to task as were found; null: the expectation is one of all runs. */
  readonly token: string | null;
  /** Classes of the closed search; null: it was not closed, which a witness does not need. */
  readonly classes: number | null;
  /** What was shown, in a line. */
  readonly shown: string | null;
}

interface ExpectationCommon {
  readonly why: string;
  readonly source: Source;
  /** In place of or beside the scenario's selection: see {@linkcode selectionsOf}. */
  readonly on: Selection;
  /** It must hold with each of these in place of or beside that, too. */
  readonly again: readonly Selection[];
  readonly kept: readonly Kept[];
}

export interface Source {
  /** As it stands there. */
  readonly text: string;
  /** `20-17`; null when it does not begin with a row. */
  readonly row: string | null;
  /** `["S"]`, `["K", "D"]`. */
  readonly tags: readonly string[];
}

interface Narrowing {
  readonly attributes: readonly Attribute[];
  readonly tasks: readonly string[];
  readonly resources: readonly string[];
  readonly at: Place | null;
  readonly op: string | null;
}

/** What a call returned: a length, an error such as `-EFAULT`, all that was asked for, or less than that but more than 0. */
export type Returned = Length | "all" | "short" | (string & Record<never, never>);

/** Where sectors may come from: names of writes, `initial`, `zeros`, `stale`, `other_file`, `torn` (of several). */
export interface Contents {
  readonly range: Range;
  readonly origins: readonly string[];
}

export interface FinalFile {
  /** One of these; empty: any. */
  readonly size: readonly Length[];
  readonly disksize: readonly Length[];
  readonly blocks: readonly { readonly range: Range; readonly states: readonly BlockState[] }[];
  readonly cache: readonly { readonly range: Range; readonly states: readonly ("absent" | "clean" | "dirty")[] }[];
  readonly content: readonly Contents[];
  readonly orphan: OnOff | null;
}

export type Relation = "equals" | "less_than" | "at_most" | "more_than" | "at_least";

export interface OrderStep {
  readonly step: string;
  readonly holds: readonly string[];
  readonly notHolds: readonly string[];
}

export type InRuns = "every" | "some";

export interface ReachableExpectation extends ExpectationCommon, Narrowing {
  readonly kind: "reachable";
  readonly anomaly: AnomalyName;
}

export interface AbsentExpectation extends ExpectationCommon, Narrowing {
  readonly kind: "absent";
  readonly anomalies: readonly AnomalyName[];
  readonly siblings: readonly string[];
}

export interface ResultExpectation extends ExpectationCommon {
  readonly kind: "result";
  readonly op: string;
  readonly in: InRuns;
  readonly returns: readonly Returned[];
  readonly neverReturns: readonly Returned[];
  /** What an asynchronous one returned to io_submit; empty: anything. */
  readonly submitReturns: readonly Returned[];
  readonly reads: readonly Contents[];
  readonly neverReads: readonly Contents[];
  readonly through: readonly string[];
  readonly notThrough: readonly string[];
}

export interface FinalExpectation extends ExpectationCommon {
  readonly kind: "final";
  readonly when: "done" | "recovered";
  readonly in: InRuns;
  readonly files: Readonly<Record<string, FinalFile>>;
}

export interface CostExpectation extends ExpectationCommon {
  readonly kind: "cost";
  readonly metric: Metric;
  /** Null: the whole run. */
  readonly of: string | null;
  readonly resource: string | null;
  readonly over: "every" | "most" | "least";
  readonly relation: Relation;
  readonly to: number | { readonly of: string | null; readonly on: Selection };
}

export interface OrderExpectation extends ExpectationCommon {
  readonly kind: "order";
  readonly party: string;
  readonly in: InRuns;
  readonly waitsFor: string | null;
  readonly neverWaitsFor: string | null;
  /** Resource that it waits on. */
  readonly resource: string | null;
  readonly until: string | null;
  readonly holds: readonly string[];
  readonly notHolds: readonly string[];
  /** Step at which it holds them; null: as long as it waits. */
  readonly at: string | null;
  readonly sequence: readonly OrderStep[];
}

export interface NotExecutable extends ExpectationCommon {
  readonly kind: "not_executable";
  readonly reason: string;
}

export type Expectation =
  | ReachableExpectation
  | AbsentExpectation
  | ResultExpectation
  | FinalExpectation
  | CostExpectation
  | OrderExpectation
  | NotExecutable;

export interface Scenario {
  /** The file's name without `.yaml`. */
  readonly name: string;
  readonly title: string;
  readonly selection: Selection;
  /** Steps of the system that the search must have reached. */
  readonly steps: readonly string[];
  /** Seconds that its exploration takes, where that is long; null: it does not. */
  readonly long: number | null;
  readonly bounds: Bounds;
  readonly mount: Mount;
  readonly device: Device;
  /** All that are given, and F and G where something names them. */
  readonly files: Readonly<Record<string, ScenarioFile>>;
  readonly maps: Readonly<Record<string, ScenarioMap>>;
  readonly tasks: Readonly<Record<string, ScenarioTask>>;
  readonly kernel: Kernel;
  readonly crash: Crash;
  readonly afterRecovery: readonly Operation[];
  readonly recorded: {
    readonly recording: string;
    readonly operations: readonly string[];
    readonly windows: number | null;
  } | null;
  readonly expectations: readonly Expectation[];
}
