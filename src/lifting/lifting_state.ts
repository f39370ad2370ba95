/**
 * What lifting has in hand: the threads and what each is doing, open files, extents, and where rows go.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import type { EventSink } from "../recording/event_sink.ts";
import { OBSERVED_NUMBERS, OBSERVED_TEXTS, type ObservedNumber, type ObservedText } from "../recording/vocabulary.ts";
import { Doubts } from "./ambiguities.ts";
import { ExtentMap } from "./extents.ts";
import { BioOwnerTable, OperationTable, PageOwnerTable } from "./lifted_tables.ts";
import { DescriptorTable, Files, OpenFiles } from "./open_files.ts";
import { NO, type Operation } from "./operation.ts";
import { ATTRIBUTION, ROLE } from "./operation_kinds.ts";

/** Place of each observed number and text in the sink's arrays. */
const NUMBER_AT = Object.fromEntries(OBSERVED_NUMBERS.map((name, at) => [name, at])) as Record<ObservedNumber, number>;
const TEXT_AT = Object.fromEntries(OBSERVED_TEXTS.map((name, at) => [name, at])) as Record<ObservedText, number>;

/** The last mapping of file to device that a task was told. */
export interface Mapping {
  file: number;
  dev: number;
  /** Bytes on the device. */
  start: number;
  end: number;
  /** Position in the file of what is at `start`. */
  offset: number;
  /** Whether it was told to direct I/O. */
  isDirect: boolean;
}

/** A mapping of a file into memory. */
export interface MemoryArea {
  start: number;
  end: number;
  /** Position in the file of what is at `start`. */
  offset: number;
  operation: Operation;
}

/** What a task is doing. */
export interface Thread {
  recordingId: number;
  pid: number;
  /** Key of the address space: the process where known, else the thread. */
  space: number;
  descriptors: DescriptorTable;
  /** The system call under way. */
  call: Operation | null;
  /** The asynchronous request that it is carrying out just now. */
  request: Operation | null;
  /** The page fault that it took last, while nothing else has begun. */
  fault: Operation | null;
  readonly mapping: Mapping;
  /** File of its last iteration of iomap, where that is of direct I/O; -1 = none. */
  directFile: number;
  /** File that it writes back, and the event with which that began; -1 = none. */
  writebackFile: number;
  writebackSeq: number;
  isReclaiming: boolean;
  isJournal: boolean;
  /** Thread id of the submitter that this worker of io_uring works for; -1 = it is none. */
  ringOwner: number;
  /** Writes of the operation to places that no mapping has told yet: blocks that are zeroed when they are allocated. */
  readonly unplaced: { bio: number; operation: Operation; dev: number; start: number; end: number }[];
  /** Last remap of a bio: where it was, where it goes. */
  remap: { dev: number; sector: number; lowerDev: number; lowerSector: number };
}

/** Requests of one context of io_submit. */
export interface RequestQueue {
  /** Submitted and not complete, in order. */
  pending: Operation[];
  /** Complete and not delivered, in order of completion. */
  completed: Operation[];
  /** Submitted requests that left no trace: later deliveries may be theirs. */
  unseen: number;
}

/** Extents of one device, in bytes and in blocks of the filesystem. */
interface DeviceExtents {
  bytes: ExtentMap;
  blocks: ExtentMap;
}

export class LiftingState {
  sink!: EventSink;
  readonly files = new Files();
  readonly openFiles = new OpenFiles();
  readonly operations: OperationTable;
  readonly bioOwners: BioOwnerTable;
  readonly pageOwners: PageOwnerTable;
  readonly extents = new Map<number, DeviceExtents>();
  /** By recording id. */
  readonly doubts: Doubts[] = [];
  /** Memory areas by address space. */
  readonly areas = new Map<number, MemoryArea[]>();
  /** Contexts of io_submit, by their address. */
  readonly queues = new Map<number, RequestQueue>();
  /** Requests whose direct I/O is in flight, by file. */
  readonly inFlight = new Map<number, Operation[]>();
  /** Requests of io_uring under way, by the address of the kernel's structure. */
  readonly ringRequests = new Map<number, Operation>();
  /** Those that wait for a worker, by the thread that submitted them. */
  readonly ringWaiting = new Map<number, Operation[]>();
  readonly descriptorTables = new Map<number, DescriptorTable>();
  readonly #threadsByPid = new Map<number, Thread>();
  /** By context of the sink; null: an interrupt, or the idle task. */
  readonly #threads: (Thread | null | undefined)[] = [];
  #nextOperation = 0;
  /** Rows by kind. */
  readonly counts: number[] = [];
  /** Operations about files, by attribution; those whose open file may become known later are with it. */
  readonly attributions = [0, 0, 0, 0];
  bios = 0;
  pages = 0;
  /** Recordings whose direct I/O events tell of the beginning of each request. */
  readonly hasBegin: boolean[] = [];

  constructor(onBatch: (batch: TableBatch) => void) {
    this.operations = new OperationTable(onBatch);
    this.bioOwners = new BioOwnerTable(onBatch);
    this.pageOwners = new PageOwnerTable(onBatch);
  }

  newOperationId(): number {
    return this.#nextOperation++;
  }

  get recordingId(): number {
    return this.sink.type.key.recordingId;
  }

  doubt(): Doubts {
    return this.doubts[this.recordingId] ??= new Doubts();
  }

  /** An observed number of the current event; -1 where it has none. Exact to 2^53; of more, the upper bits go. */
  number(name: ObservedNumber): number {
    const at = NUMBER_AT[name];
    if ((this.sink.has & (1 << at)) === 0) return NO;
    return (this.sink.observed[2 * at + 1] & 0x1fffff) * 4294967296 + (this.sink.observed[2 * at] >>> 0);
  }

  /** The same as a signed number of 32 bits, `otherwise` where the event has none. */
  signed(name: ObservedNumber, otherwise: number): number {
    const at = NUMBER_AT[name];
    return (this.sink.has & (1 << at)) === 0 ? otherwise : this.sink.observed[2 * at];
  }

  /** Code of an observed text, -1 where the event has none. */
  textCode(name: ObservedText): number {
    const at = TEXT_AT[name];
    return (this.sink.has & (1 << (OBSERVED_NUMBERS.length + at))) === 0 ? NO : this.sink.observedTexts[at];
  }

  text(name: ObservedText): string | null {
    const code = this.textCode(name);
    return code < 0 ? null : this.sink.pool.texts[code];
  }

  /** Position in the file, in the unit of the event; -1 = none or negative. */
  get offset(): number {
    const { captured, hasOffset } = this.sink;
    return !hasOffset || captured[3] < 0 ? NO : captured[3] * 4294967296 + (captured[2] >>> 0);
  }

  get bytes(): number {
    const { sink } = this;
    return !sink.hasBytes || sink.bytesHi < 0 ? NO : sink.bytesHi * 4294967296 + (sink.bytesLo >>> 0);
  }

  /** File that the current event names; -1 = none. */
  get file(): number {
    const { sink } = this;
    if (!sink.hasIno || sink.dev < 0) return NO;
    return this.files.id(this.recordingId, sink.dev, (sink.inoHi >>> 0) * 4294967296 + (sink.inoLo >>> 0));
  }

  /** The task of the current event; null in interrupts, which have nothing to do with it. */
  thread(): Thread | null {
    const { context } = this.sink;
    const known = this.#threads[context];
    return known === undefined ? this.#threads[context] = this.#makeThread() : known;
  }

  #makeThread(): Thread | null {
    const { sink } = this;
    const { recordingId, pid, tgid, comm, flags } = sink.contexts[sink.context];
    // The third letter of ftrace's flags: in a hard or soft interrupt, or in an NMI.
    if (pid <= 0 || (flags >= 0 && /^..[hHsSzZ]/.test(sink.pool.texts[flags]))) return null;
    const key = recordingId * 0x100000000 + pid;
    let thread = this.#threadsByPid.get(key);
    const name = comm < 0 ? "" : sink.pool.texts[comm];
    if (thread === undefined) {
      const space = recordingId * 0x100000000 + (tgid > 0 ? tgid : pid);
      thread = {
        recordingId,
        pid,
        space,
        descriptors: this.descriptorTable(recordingId, space, null),
        call: null,
        request: null,
        fault: null,
        mapping: { file: NO, dev: NO, start: 0, end: 0, offset: 0, isDirect: false },
        directFile: NO,
        writebackFile: NO,
        writebackSeq: 0,
        isReclaiming: false,
        isJournal: false,
        ringOwner: NO,
        unplaced: [],
        remap: { dev: NO, sector: 0, lowerDev: NO, lowerSector: 0 },
      };
      this.#threadsByPid.set(key, thread);
    }
    // A task may change its name; what it is stays.
    if (/^kswapd/.test(name)) thread.isReclaiming = true;
    if (/^jbd2\//.test(name)) thread.isJournal = true;
    const worker = /^iou-wrk-(\d+)/.exec(name);
    if (worker !== null) thread.ringOwner = Number(worker[1]);
    return thread;
  }

  descriptorTable(recordingId: number, space: number, parent: DescriptorTable | null): DescriptorTable {
    let table = this.descriptorTables.get(space);
    if (table === undefined) {
      table = new DescriptorTable(recordingId, parent);
      this.descriptorTables.set(space, table);
    }
    return table;
  }

  threadOf(recordingId: number, pid: number): Thread | undefined {
    return this.#threadsByPid.get(recordingId * 0x100000000 + pid);
  }

  /** All threads, in the order in which they came up. */
  threads(): Iterable<Thread> {
    return this.#threadsByPid.values();
  }

  /** Extents of a device, by code of the sink's pool. */
  deviceExtents(dev: number): DeviceExtents {
    const key = this.recordingId * 0x100000000 + dev;
    let extents = this.extents.get(key);
    if (extents === undefined) {
      extents = { bytes: new ExtentMap(), blocks: new ExtentMap() };
      this.extents.set(key, extents);
    }
    return extents;
  }

  /** What is known of a device; undefined where no file was ever mapped to it. */
  knownExtents(dev: number): DeviceExtents | undefined {
    return this.extents.get(this.recordingId * 0x100000000 + dev);
  }

  /** Writes that no mapping has told the place of are their operation's by time alone. */
  dropUnplaced(thread: Thread): void {
    for (const { bio, operation } of thread.unplaced) {
      this.bioOwners.add(bio, operation.id, NO, NO, ATTRIBUTION["by-time"], ROLE.unknown);
    }
    thread.unplaced.length = 0;
  }

  /** Hands on an operation that is over. */
  emit(operation: Operation): void {
    this.counts[operation.kind] = (this.counts[operation.kind] ?? 0) + 1;
    // Calls that are about no file need none.
    if (operation.file !== NO) this.attributions[operation.attribution]++;
    else if (operation.open !== null) operation.open.unsettled[operation.isGuess ? "guessed" : "own"]++;
    else if (operation.data !== "none") this.attributions[ATTRIBUTION.unknown]++;
    this.operations.add(operation);
  }
}
