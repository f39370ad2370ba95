/**
 * Events to operations: each event that lifting knows is given to what it is about, in the order of time.
 *
 * One pass, in memory that does not grow with the recording but with what is open at a time. What an event is to lifting
 * is looked up once for each kind of event, so that those it does not know cost a look at an array.
 *
 * The rules are in the files beside this one: `calls.ts` system calls, `open_files.ts` descriptors, `memory_areas.ts`
 * mappings and faults, `transfers.ts` direct and buffered I/O, `async_requests.ts` and `ring_requests.ts` asynchronous
 * requests, `extent_events.ts` and `extents.ts` where data is, `bio_owners.ts` and `page_causes.ts` whose bios and page
 * events are, `ambiguities.ts` what stays in doubt.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import type { Diagnostics } from "../recording/diagnostics.ts";
import type { EventObserver, EventSink } from "../recording/event_sink.ts";
import { type Doubts, type Missing, missingEvents } from "./ambiguities.ts";
import { finishRequests } from "./async_requests.ts";
import { BioOwners } from "./bio_owners.ts";
import type { BioPairing } from "./bio_pairing.ts";
import type { BlockSizeEvidence } from "./block_size.ts";
import { type CallRule, callRule } from "./call_table.ts";
import { endFault, enterCall, exitCall } from "./calls.ts";
import { ext4Frees, ext4Maps, ioendGrows, iomapMaps } from "./extent_events.ts";
import { settle } from "./settle_operation.ts";
import { LiftingState, type Thread } from "./lifting_state.ts";
import { pageFault } from "./memory_areas.ts";
import { NO, STRONG } from "./operation.ts";
import { ATTRIBUTION, ATTRIBUTIONS, KINDS } from "./operation_kinds.ts";
import { pageEvent } from "./page_causes.ts";
import { finishRing, ringCompletes, ringFile, ringSubmits, ringWaits } from "./ring_requests.ts";
import {
  bufferedReadStep,
  bufferedWriteStep,
  directBegins,
  directCompletes,
  directQueued,
  directWriteEnds,
  fileEvidence,
  fileTransfer,
  invalidationFails,
  iomapIterates,
  weakEvidence,
} from "./transfers.ts";

/** What to do with an event; `thread` is null where it comes in an interrupt or from the idle task. */
type Step = (thread: Thread | null) => void;

/** What lifting has found. */
export interface LiftingEnd {
  /** Operations by kind, most frequent first. */
  operations: { kind: string; count: number }[];
  /** Operations by how surely their file is known. */
  attributions: Record<string, number>;
  /** Bios and page events with an operation, a file or a cause. */
  bios: number;
  pages: number;
  missing: Missing;
  files: { file_id: number; recording_id: number; dev: string; ino: number }[];
  openFiles: {
    open_id: number;
    recording_id: number;
    file_id: number | null;
    flags: number | null;
    path: string | null;
    opened_by: number | null;
  }[];
}

export class Lifter implements EventObserver {
  readonly #state: LiftingState;
  readonly #bios: BioOwners;
  readonly #blockSizes: BlockSizeEvidence;
  /** By kind of the sink. */
  readonly #steps: (Step | null | undefined)[] = [];
  /** Inodes that were freed: their numbers may be given out again. */
  readonly #freed = new Set<number>();
  /** Nothing but block events so far: bios then belong to nothing. */
  #isActive = false;

  /** @param onBatch must be done with the batch's buffers when it returns */
  constructor(onBatch: (batch: TableBatch) => void, blockSizes: BlockSizeEvidence) {
    this.#blockSizes = blockSizes;
    this.#state = new LiftingState(onBatch);
    this.#bios = new BioOwners(this.#state, blockSizes);
  }

  event(sink: EventSink): void {
    let step = this.#steps[sink.kind];
    if (step === undefined) {
      this.#state.sink = sink;
      step = this.#steps[sink.kind] = this.#stepOf(sink);
    }
    if (step === null) return;
    this.#state.sink = sink;
    step(this.#state.thread());
  }

  /** A bio begins with the current event. To be called before {@linkcode event}. */
  bioBegins(sink: EventSink, bio: number, pairing: BioPairing): void {
    if (!this.#isActive) return;
    this.#state.sink = sink;
    const { sector, bytes } = pairing.placeOf(bio);
    this.#bios.begins(bio, this.#state.thread(), sector, bytes);
  }

  /** What an event of this kind is to lifting; null: nothing. */
  #stepOf(sink: EventSink): Step | null {
    const { name } = sink.type.key;
    const step = name.startsWith("block_") || name.startsWith("blk_") ? this.#blockStep(sink) : this.#fileStep(sink);
    if (step !== null && sink.type.action === null) this.#isActive = true;
    return step;
  }

  #blockStep(sink: EventSink): Step | null {
    const { action } = sink.type;
    if (action === "A") return (thread) => thread !== null && this.#isActive && this.#bios.remapped(thread);
    if (action === "M") return () => this.#isActive && this.#bios.merged();
    return null;
  }

  #fileStep(sink: EventSink): Step | null {
    const state = this.#state;
    const { name } = sink.type.key;
    const inThread = (step: (thread: Thread) => void): Step => (thread) => thread !== null && step(thread);
    if (name.startsWith("sys_")) return this.#callStep(name);
    switch (name) {
      case "iomap_dio_rw_begin":
        return inThread((thread) => directBegins(state, thread));
      case "iomap_dio_rw_queued":
        return inThread((thread) => directQueued(state, thread));
      case "iomap_dio_complete":
        return (thread) => directCompletes(state, thread);
      case "iomap_dio_invalidate_fail":
        return inThread((thread) => invalidationFails(state, thread));
      case "iomap_iter":
        return inThread((thread) => iomapIterates(state, thread));
      case "iomap_iter_dstmap":
      case "iomap_writepage_map":
        return (thread) => iomapMaps(state, thread, { offset: state.offset, bytes: state.bytes });
      case "iomap_add_to_ioend":
        return (thread) => {
          ioendGrows(state, thread);
          pageEvent(state, thread);
        };
      case "ext4_da_write_begin":
      case "ext4_write_begin":
        return inThread((thread) => bufferedWriteStep(state, thread));
      case "mm_filemap_get_pages":
        return inThread((thread) => bufferedReadStep(state, thread));
      case "xfs_end_io_direct_write":
        return () => directWriteEnds(state);
      case "page_fault_user":
      case "page_fault_kernel":
        return inThread((thread) => {
          endFault(state, thread);
          pageFault(state, thread, name === "page_fault_user" ? "user" : "kernel");
        });
      case "ext4_ext_map_blocks_exit":
      case "ext4_es_lookup_extent_exit":
      case "ext4_es_insert_extent":
      case "ext4_es_cache_extent":
        return () => ext4Maps(state);
      case "ext4_free_blocks":
        return () => ext4Frees(state, this.#blockSizes.sizeOf(state.recordingId, state.sink.dev, 1));
      case "writeback_single_inode_start":
      case "ext4_writepages":
      case "jbd2_submit_inode_data":
        return inThread((thread) => {
          thread.writebackFile = state.file;
          thread.writebackSeq = state.sink.seq;
          thread.mapping.file = NO;
          if (name === "ext4_writepages") weakEvidence(state, thread);
        });
      case "writeback_single_inode":
      case "ext4_writepages_result":
        return inThread((thread) => {
          thread.writebackFile = NO;
          thread.mapping.file = NO;
        });
      case "io_uring_submit_req":
      case "io_uring_submit_sqe":
        return inThread((thread) => ringSubmits(state, thread));
      case "io_uring_file_get":
        return inThread((thread) => ringFile(state, thread));
      case "io_uring_queue_async_work":
        return inThread((thread) => ringWaits(state, thread));
      case "io_uring_complete":
        return (thread) => ringCompletes(state, thread);
      case "sched_process_fork":
      case "task_newtask":
        return inThread((thread) => this.#begins(thread));
      case "sched_process_exit":
        return inThread((thread) => this.#exits(thread));
      case "mm_filemap_fault":
      case "xfs_read_fault":
      case "xfs_write_fault":
      case "xfs_filemap_fault":
      case "dax_pte_fault":
      case "dax_pte_fault_done":
      case "dax_pmd_fault":
      case "dax_pmd_fault_done":
      case "dax_insert_mapping":
      case "dax_load_hole":
        return inThread((thread) => this.#faultGoesOn(thread));
      case "ext4_free_inode":
        return () => {
          if (state.file !== NO) this.#freed.add(state.file);
        };
      case "ext4_allocate_inode":
        return () => {
          if (this.#freed.delete(state.file)) state.doubt().ambiguity("A9", state.sink);
        };
      default:
    }
    const transfer = /^xfs_file_(buffered|direct|dax)_(read|write)$/.exec(name);
    if (transfer !== null) {
      return inThread((thread) => fileTransfer(state, thread, transfer[1], transfer[2] as "read" | "write"));
    }
    if (sink.type.meaning.page !== null) return (thread) => pageEvent(state, thread);
    if (
      /^(ext4_sync_file_enter|xfs_file_fsync|ext4_truncate_enter|ext4_(fallocate_enter|punch_hole|zero_range|insert_range|collapse_range)|xfs_(alloc|free|zero|collapse|insert)_file(_space)?|dax_writeback_range)$/
        .test(name)
    ) return inThread((thread) => fileEvidence(state, thread));
    if (
      /^(ext4_journal_start_inode|ext4_journal_start|xfs_(ilock|setattr|update_time)|writeback_mark_inode_dirty)$/.test(
        name,
      )
    ) {
      return inThread((thread) => {
        weakEvidence(state, thread);
        if (name === "xfs_ilock" && thread.call !== null) thread.call.lockedLast = state.file;
      });
    }
    return null;
  }

  #callStep(name: string): Step | null {
    const state = this.#state;
    const isExit = name.startsWith("sys_exit_");
    const call = name.replace(/^sys_(enter|exit)_/, "");
    const rule: CallRule | undefined = callRule(call);
    if (rule === undefined) {
      return isExit ? null : () =>
        state.doubt().trouble(
          `call_not_lifted_${call.replace(/[^a-z0-9_]/g, "_")}`,
          `system calls ${call} are no operations on files that lifting knows`,
          state.sink,
        );
    }
    if (isExit) return (thread) => thread !== null && exitCall(state, thread, rule.kind);
    return (thread) => thread !== null && enterCall(state, thread, rule);
  }

  /** A fault's events show its file, and that it still goes on. */
  #faultGoesOn(thread: Thread): void {
    const { fault } = thread;
    const state = this.#state;
    if (fault === null || state.file === NO) return;
    if (fault.evidenceFile === NO || fault.evidenceFile === state.file) {
      fault.evidence(state.file, STRONG);
      fault.endNow(state.sink);
    }
  }

  /** A task begins: its descriptors are those of its parent, or a copy of them. */
  #begins(parent: Thread): void {
    const state = this.#state;
    const pid = state.number("thread");
    if (pid <= 0) return;
    const space = parent.recordingId * 0x100000000 + pid;
    if (state.threadOf(parent.recordingId, pid) !== undefined || state.descriptorTables.has(space)) return;
    state.descriptorTable(parent.recordingId, space, parent.descriptors);
  }

  #exits(thread: Thread): void {
    endFault(this.#state, thread);
    if (thread.unplaced.length > 0) this.#state.dropUnplaced(thread);
    if (thread.call !== null) settle(this.#state, thread.call);
    thread.call = thread.request = null;
  }

  /** Hands on what is still under way, and says what was found. */
  finish(sink: EventSink, diagnostics: (recordingId: number) => Diagnostics): LiftingEnd {
    const state = this.#state;
    const names = new Set(sink.types.filter(({ count }) => count > 0).map(({ key }) => key.name));
    const missing = this.#isActive ? missingEvents(names) : { of: [], events: [] };
    if (sink.type !== undefined) {
      state.sink = sink;
      for (const thread of state.threads()) this.#exits(thread);
      finishRing(state);
      finishRequests(state);
      if (missing.of.length > 0) state.doubt().ambiguity("A12", sink, missing.of.length);
    }
    state.operations.flush();
    state.bioOwners.flush();
    state.pageOwners.flush();
    state.doubts.forEach((doubts: Doubts, recordingId) => doubts.finish(diagnostics(recordingId), names));
    const text = (code: number) => code < 0 ? null : sink.pool.texts[code];
    const orNull = (value: number) => value < 0 ? null : value;
    for (const { file, unsettled } of state.openFiles.all) {
      const isKnown = file !== NO;
      state.attributions[isKnown ? ATTRIBUTION["by-interval"] : ATTRIBUTION.unknown] += unsettled.own;
      state.attributions[isKnown ? ATTRIBUTION["by-time"] : ATTRIBUTION.unknown] += unsettled.guessed;
    }
    return {
      operations: state.counts.flatMap((count, kind) => count > 0 ? [{ kind: KINDS[kind], count }] : [])
        .sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1)),
      attributions: Object.fromEntries(ATTRIBUTIONS.map((name, code) => [name, state.attributions[code]])),
      bios: state.bios,
      pages: state.pages,
      missing,
      files: state.files.rows.map(({ recordingId, dev, ino }, file_id) => ({
        file_id,
        recording_id: recordingId,
        dev: text(dev)!,
        ino,
      })),
      openFiles: state.openFiles.all.map((open) => ({
        open_id: open.id,
        recording_id: open.recordingId,
        file_id: orNull(open.file),
        flags: orNull(open.flags),
        path: text(open.path),
        opened_by: orNull(open.openedBy),
      })),
    };
  }
}
