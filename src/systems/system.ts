/**
 * What a modelled generation of the kernel is to the rest of the program.
 *
 * A system is asked to mount itself in a new world, and then for one path a system call. The scenario program
 * (`scenario_program.ts`) makes the tasks, their memory and buffers, calls the paths and keeps the record; a system knows
 * its own locks, page cache, block map, journal, and how an I/O goes.
 *
 * **Events.** A system whose kernel has tracepoints says which in {@linkcode MountedSystem.tracepoints}. Its paths then
 * fire them where the kernel does, with `world.tracepoints?.emit(name, fields)`: names and fields are typed in
 * `machine/tracepoints.ts`, and a name that is missing there is added. The call costs nothing in a run that nobody
 * wants events of, and nothing of it is a step. What the machine does by itself fires its own: pages that enter and leave the
 * cache, bios and requests, system calls. Events of a run made with `traced(program)` are in `RunRecord.events`,
 * and in table `run_event` for the runs that a results file keeps.
 *
 * @module
 */

import type { Folio } from "../machine/folio.ts";
import type { Kiocb } from "../machine/kiocb.ts";
import type { SectorMemory } from "../machine/page_memory.ts";
import type { Inode } from "../machine/inode.ts";
import type { PteTarget } from "../machine/page_table.ts";
import type { CrashPick, PersistentLine } from "../machine/program.ts";
import type { Accountable } from "../machine/quiescence.ts";
import type { PseudoHolder } from "../machine/deadlock.ts";
import type { Steps, Task } from "../machine/task.ts";
import type { KernelTracepoints } from "../machine/tracepoint_log.ts";
import type { UserBuffer } from "../machine/user_buffer.ts";
import type { World } from "../machine/world.ts";
import type { FlagValue, Scenario } from "../scenarios/scenario.ts";
import type { BlockRecord, FileRecord, Incident, SectorAccess, Way, Zeroing } from "./run_record.ts";

/** A flag of a system, as its spec file lists it. */
export interface SystemFlag {
  /** As scenarios and `--set` write it. */
  readonly name: string;
  /** Values it may have, as scenarios write them; null: any number. */
  readonly values: readonly FlagValue[] | null;
  /** What the kernel or patch of that system did. */
  readonly default: FlagValue;
  /**
   * `variant`: kernel, file system, version, path: what "any" ranges over; `repair`: a counter-factual; `injection`: a
   * state that is brought about; `bound`: a size.
   */
  readonly kind: "variant" | "repair" | "injection" | "bound";
  /** What it decides, in a line. */
  readonly meaning: string;
}

/** Values of all flags of a run. */
export type FlagValues = Readonly<Record<string, FlagValue>>;

/** Values that go together, such as a set of patches of a series that applies: what a bisection goes through. */
export interface LegalSet {
  /** `none`, `p1 p2 p8`. */
  readonly name: string;
  /** The flags that tell the sets apart; all sets of a system have the same ones. */
  readonly flags: FlagValues;
}

/** What a system promises to its callers beyond what every system does. */
export interface Contract {
  /** `all_or_nothing`: a write that does not fail is not short. */
  readonly transfers: "all_or_nothing" | "may_be_short";
  /**
   * Reads and writes through the page cache: `posix` as a whole, `page` writes page by page and reads sector by sector.
   * Default `page`.
   */
  readonly cached?: "posix" | "page";
}

/** A modelled generation of the kernel. */
export interface System {
  /** As scenarios name it: `legacy-dio`. */
  readonly name: string;
  /** A line: `Linux 2.6.20`. */
  readonly title: string;
  /** What it was made from: messages, files and versions, in a sentence. */
  readonly sources?: string;
  /** System that it is a patch of. Missing: it is none. */
  readonly patchOf?: string;
  /** Paths that a patch puts its own in the place of, for the flags of a run. Missing: it is no patch. */
  overrides?(flags: FlagValues): readonly string[];
  /** All that it has. */
  readonly flags: readonly SystemFlag[];
  /** Words that stand for values of several flags, or for several such sets: every legal one that has a patch in it. */
  readonly presets: Readonly<Record<string, FlagValues | readonly FlagValues[]>>;
  /**
   * Sets of flags that a bisection goes through, the one without any patch first. Missing: the defaults, and each single
   * flag with each other value.
   */
  readonly legalSets?: readonly LegalSet[];
  /** Where its files are when that is not a block device with a page cache before it. */
  readonly filesOn?: "persistent_memory";
  /** Named steps, in the order of the spec file, with what each does: `A9` → `pin, map and pack`. */
  readonly steps: Readonly<Record<string, string>>;
  /** Lock order that its kernel documents, as pairs of classes: `["i_mutex", "mmap_sem"]`. */
  readonly lockOrder: readonly (readonly [string, string])[];
  /** Tells of flag values that exclude each other; null: they go together. */
  refuses?(flags: FlagValues): string | null;
  /** What a scenario asks for that this system does not have, as text; null: nothing. */
  lacks?(scenario: Scenario, flags: FlagValues): string | null;
  /** Missing: transfers may be short, and what goes through the page cache is atomic by page. */
  contract?(flags: FlagValues): Contract;
  /** Mounts it for one run, with the files and the device of the scenario. */
  mount(world: World, scenario: Scenario, flags: FlagValues): MountedSystem;
}

/** What gave a read zeros that are no data. */
export type ZeroFrom = NonNullable<SectorAccess["zeroFrom"]>;

/** Keeps the record of one operation for the paths that it goes through. */
export interface Call {
  /** Whose call it is. */
  readonly task: Task;
  /** As the scenario names the operation. */
  readonly name: string;
  /** Notes, as part of the current step, that a named step has been reached: for readers, and for `through`. */
  at(step: string): void;
  /** Counts something that an operation costs. */
  cost(metric: string, count?: number): void;
  /** Notes why a transfer ends before its length, with what it has. */
  stopped(by: "fault" | "error"): void;
  /** Notes where an appending write begins, which the path finds out. */
  positioned(pos: number): void;
  /** Notes that the current step gives a sector of the file to the caller. */
  saw(sector: number, token: string, way: Way, zeroFrom?: ZeroFrom): void;
  /** Notes that the current step writes a sector of the file on the caller's behalf, or hands it to a device for that. */
  wrote(sector: number, token: string, way: Way): void;
  /** Memory that notes what a device stores into it (a direct read) or takes from it (a direct write) for a sector. */
  observed(memory: SectorMemory, sector: number, op: "read" | "write"): SectorMemory;
}

/** A read or write of a file as a system call. */
export interface Transfer {
  /** Sector of the file; O_APPEND is looked at by the path itself. */
  readonly pos: number;
  /** Sectors. */
  readonly len: number;
  /** Set where sectors are meant in part only: bytes left out of the first one, and bytes in all. */
  readonly part?: { readonly skip: number; readonly bytes: number };
  /** Where its data goes or comes from. */
  readonly buffer: UserBuffer;
  /** O_DIRECT. */
  readonly direct: boolean;
  /** False: it begins or ends within a sector. The cache takes it as whole sectors, direct I/O refuses it. */
  readonly aligned: boolean;
  /** O_APPEND or RWF_APPEND. */
  readonly append: boolean;
  /** RWF_NOWAIT. */
  readonly nowait: boolean;
  /** What O_SYNC, O_DSYNC and their RWF forms ask for. */
  readonly sync: "none" | "dsync" | "sync";
  /** Who hands it in: a task that calls for it, or what an asynchronous one is submitted with. */
  readonly submitter: "task" | "io_submit" | "io_uring";
  /** Set: asynchronous; the path returns `-EIOCBQUEUED` and completes it later, or its result. */
  readonly kiocb: Kiocb | null;
  /** All words of open(2) and RWF that it has. */
  readonly flags: readonly string[];
  /** Keeps its record. */
  readonly call: Call;
}

/** A file of a mounted system: one path a system call. All return sectors or 0, or a negative error number. */
export interface ModelledFile {
  /** In memory. */
  readonly inode: Inode;
  /** read(2) and its kin. */
  read(transfer: Transfer): Steps<number>;
  /** write(2) and its kin. */
  write(transfer: Transfer): Steps<number>;
  /** ftruncate(2), to `size` sectors. */
  truncate(size: number, call: Call): Steps<number>;
  /** fsync(2), or fdatasync(2) for `data`. */
  fsync(scope: "data" | "all", call: Call): Steps<number>;
  /** Missing: -EOPNOTSUPP. */
  fallocate?(pos: number, len: number, flags: readonly string[], call: Call): Steps<number>;
  /** posix_fadvise(2). `ignored`: `get_xip_page`, `IS_DAX`, there is no page cache to be advised of. Missing: taken. */
  readonly advice?: "ignored";
  /** POSIX_FADV_WILLNEED of sectors [first, end). Missing: as the page cache does it by itself. */
  willNeed?(first: number, end: number): Steps;
  /** The inode leaves memory; `gone`: it has no name any more, and its blocks go with it. Missing: nothing is done. */
  evict?(names: "left" | "gone"): Steps;
  /** The inode comes into memory; `new`: it has just been made. Missing: nothing is done. */
  comesIntoMemory?(age: "new" | "known"): void;
  /** Looks at the extents of the file from its beginning to the last block that any file can have. Missing: nothing is done. */
  fiemap?(): Steps;
  /** What was reserved or preallocated behind the end is given back. Missing: nothing is done. */
  trimBehindEnd?(): Steps;
  /** A pass of the flusher over the file. Missing: nothing is done. */
  writeback?(sync: "for_integrity" | "background"): Steps<number>;
  /** Blocks as they are now, not looked at by any step. */
  blocks(): readonly BlockRecord[];
  /** What the blocks hold now, by sector, not looked at by any step. */
  media(): readonly string[];
  /**
   * True when `target` is what a mapping of page `index` should show now, private copies aside; not looked at by any step.
   * Missing: it is the folio that the page cache has there.
   */
  shows?(index: number, target: PteTarget): boolean;
}

/** A system in one run. */
export interface MountedSystem {
  /** A file of the scenario, by its name there. */
  file(name: string): ModelledFile;
  /** Told of each page that is cached at the beginning, with what else the scenario says of it. Missing: nothing to do. */
  cached?(folio: Folio, also: readonly string[]): void;
  /** What else a reader of one run wants to see change, not looked at by any step: see `Prepared.look`. */
  look?(): Iterable<readonly [thing: string, state: string]>;
  /** Lines of persistent memory that have been written. Missing: there is no such memory. */
  persistentLines?(): Iterable<PersistentLine>;
  /** What must have been given back when all is done. */
  readonly accountables: readonly Accountable[];
  /** Zeros that its paths have put into files. Missing: they do not tell. */
  readonly zeroings?: readonly Zeroing[];
  /** The events that its kernel has. Missing: its runs have none. */
  readonly tracepoints?: KernelTracepoints;
  /** What only it sees, as it is at the end of a run. Missing: nothing. */
  incidents?(): readonly Incident[];
  /** What holds resources without being a task. */
  readonly pseudoHolders: readonly PseudoHolder[];
  /** A kernel task's own pass: commits the running transaction. Missing: there is no journal. */
  commitJournal?(): Steps;
  /** After a crash. Missing: crashes are not modelled. */
  readonly recovery?: Recovery;
}

/** What a crash leaves, and what recovery makes of it. */
export interface Recovery {
  /** Changes when what a crash may leave changes: see `CrashModel`. */
  durableVersion(): number;
  /** Images that a crash now may leave: see `CrashModel`. Missing: they are not counted. */
  imagesPossible?(): number;
  /** Recovers, without changing the world, and says what every file is then. */
  recover(pick: CrashPick): readonly FileRecord[];
}
