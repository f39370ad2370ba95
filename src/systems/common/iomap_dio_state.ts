/**
 * One direct I/O of iomap: what `struct iomap_dio` holds, and who waits for what of it.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { Bio } from "../../machine/bio.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import type { PseudoHolder } from "../../machine/deadlock.ts";
import type { Inode } from "../../machine/inode.ts";
import { type Holder, Level, type Resource, type Wait } from "../../machine/level.ts";
import type { Accountable } from "../../machine/quiescence.ts";
import type { Steps, Task } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import type { FaultMode, PinnedPage } from "../../machine/user_buffer.ts";
import type { Workqueue } from "../../machine/workqueue.ts";
import type { Zeroing } from "../run_record.ts";
import type { Transfer } from "../system.ts";
import type { IomapDioCore, IomapDioOps, IomapDioOptions, IomapDioStepNames } from "./iomap_dio.ts";

/** A file as the core sees it. */
export interface IomapDioFile {
  readonly inode: Inode;
  readonly device: BlockDevice;
  /** The device makes a write with FUA durable by itself. */
  readonly deviceFua: "fua" | "no_fua";
  readonly sectorsPerBlock: number;
  /** Pages of one bio: BIO_MAX_VECS. */
  readonly bioPagesMax: number;
  readonly core: IomapDioCore;
  readonly steps: IomapDioStepNames;
  /** `s_dio_done_wq`. */
  readonly dioWorkqueue: Workqueue;
  /** Where bios of writes end that do so by ioends. */
  readonly workqueue: Workqueue;
  /** The tasks of rings, as far as they complete I/O. */
  readonly ringTask: Workqueue;
  /** `generic_write_sync`: makes what a write with O_SYNC or O_DSYNC has written durable. */
  genericWriteSync(transfer: Transfer): Steps<number>;
}

/** The direct I/Os of a mounted file system. */
export class IomapDios implements Accountable {
  /** Zeros that went to the rest of a block. */
  readonly zeroings: Zeroing[] = [];
  /** Those that hold a count and wait for something, for reports of deadlocks. */
  readonly holders: PseudoHolder[] = [];
  readonly #dios: IomapDio[] = [];

  alloc(file: IomapDioFile, transfer: Transfer, pos: number, options: IomapDioOptions): IomapDio {
    const nth = this.#dios.filter((dio) => dio.transfer.call.name === transfer.call.name).length;
    const dio = new IomapDio(this, file, transfer, pos, options, nth);
    this.#dios.push(dio);
    this.holders.push(dio);
    return dio;
  }

  leftOver(): readonly string[] {
    return this.#dios.filter(({ isFreed }) => !isFreed).map(({ name }) => `${name} is never freed`);
  }
}

/**
 * Whether an I/O that nobody waits for is completed where that may sleep, looked at where its last bio ends: writes are, and
 * from 6.18 on whatever has failed.
 */
export function completesInWorkqueue(dio: IomapDio): boolean {
  if (dio.op === "write") return !dio.sparesPageCache;
  return dio.file.core.errorsComplete === "in_workqueue" && dio.readError() !== 0;
}

/** IOMAP_DIO_CALLER_COMP: io_uring's own task completes what has nothing to convert, to grow or to sync. */
export function completesInRing(dio: IomapDio): boolean {
  const { core } = dio.file;
  if (core.ringOverwrites !== "in_ring_task" || dio.transfer.submitter !== "io_uring") return false;
  return dio.isPureOverwrite && !dio.needsSync && dio.readError() === 0;
}

export class IomapDio implements PseudoHolder, Resource {
  /** `dio(w)`, for its operation; `dio(w,1)` for a second attempt. */
  readonly name: string;
  readonly dios: IomapDios;
  readonly file: IomapDioFile;
  readonly transfer: Transfer;
  readonly dioOps: IomapDioOps;
  readonly attempt: "any" | "overwrite_only";
  readonly shortAtPage: number;
  readonly pages: FaultMode | readonly PinnedPage[];
  readonly op: "read" | "write";
  /** Sector of the file at which the request begins. */
  readonly pos: number;
  /** The size as it was when the I/O began. */
  iSize = 0;
  /** Sectors submitted so far. */
  size = 0;
  /** IOMAP_DIO_UNWRITTEN: some of it went to unwritten blocks. */
  toUnwritten = false;
  /** IOMAP_DIO_NEED_SYNC. */
  needsSync: boolean;
  /** IOMAP_DIO_WRITE_FUA: every bio so far made its data durable by itself. */
  mayWriteThrough: boolean;
  /** All of it went to written blocks inside the file. */
  isPureOverwrite: boolean;
  /** IOMAP_DIO_NO_INVALIDATE: the page cache was empty when the last ioend ended. */
  sparesPageCache = false;
  /** `wait_for_completion`. */
  waits: boolean;
  /** Whoever completes it, once that is somebody else than the submitter. */
  completer: Task | null = null;
  isFreed = false;
  readonly #isWaitedFor: boolean;
  readonly #bios: Bio[] = [];
  /** Bios that have not ended, and the submission. */
  readonly #refs: Level;
  readonly #whenAllEnded: Wait;
  /** 0, or the first error. */
  readonly #error: Variable<number>;

  constructor(
    dios: IomapDios,
    file: IomapDioFile,
    transfer: Transfer,
    pos: number,
    options: IomapDioOptions,
    nth: number,
  ) {
    const { world } = file.inode;
    this.name = nth === 0 ? `dio(${transfer.call.name})` : `dio(${transfer.call.name},${nth})`;
    this.dios = dios;
    this.file = file;
    this.transfer = transfer;
    this.dioOps = options.dioOps;
    this.attempt = options.attempt ?? "any";
    this.pages = options.pages ?? "fault";
    this.shortAtPage = options.shortAtPage ?? Infinity;
    this.op = options.op;
    this.pos = pos;
    this.isPureOverwrite = this.op === "write";
    const isSync = this.op === "write" && transfer.sync !== "none";
    this.needsSync = isSync;
    this.mayWriteThrough = isSync && transfer.sync === "dsync";
    this.waits = this.#isWaitedFor = transfer.kiocb === null || options.wait === "always";
    this.#refs = new Level(world, 1);
    this.#whenAllEnded = { level: this.#refs, min: 0, max: 0, access: Access.Read, resource: this };
    this.#error = new Variable(world, `error of ${this.name}`, 0);
  }

  /** Takes note of a bio that is about to be submitted, as part of the current step. */
  addBio(bio: Bio): void {
    this.#bios.push(bio);
    this.#refs.add(1, Access.Add);
  }

  /**
   * Takes note that a bio has ended, as part of the current step. Where it is known from the beginning that the submitter
   * waits, nobody asks which was the last.
   *
   * @returns true when nothing is left and nobody waits: whoever calls completes it
   */
  bioEnded(bio: Bio): boolean {
    if (bio.error !== 0) this.setError(bio.error);
    if (this.#isWaitedFor) {
      this.#refs.add(-1, Access.Add);
      return false;
    }
    this.#refs.add(-1, Access.Write);
    return this.#refs.peek === 0 && !this.waits;
  }

  /**
   * Gives the submission's own reference back, as part of the current step.
   *
   * @returns true when all bios have ended: the caller completes it
   */
  submitted(): boolean {
    if (this.#isWaitedFor) {
      this.#refs.add(-1, Access.Add);
      return false;
    }
    this.#refs.add(-1, Access.Write);
    if (this.#refs.peek === 0) return true;
    if (!this.waits) this.transfer.kiocb!.handOver(this.name);
    return false;
  }

  /** Waits until all bios have ended. */
  *waitForBios(): Steps {
    this.file.inode.world.mightSleep("wait for", this.name);
    yield this.#whenAllEnded;
  }

  /** `iomap_dio_set_error`: the first one stays. As part of the current step. */
  setError(error: number): void {
    if (this.#error.peek === 0) this.#error.set(error);
    else this.#error.get();
  }

  /** The error so far, as part of the current step. */
  readError(): number {
    return this.#error.get();
  }

  free(ret: number): number {
    this.isFreed = true;
    return ret;
  }

  holders(): readonly Holder[] {
    return this.#bios.filter(({ hasEnded }) => !hasEnded).map(({ name }) => name);
  }

  /** What its end waits for. */
  waitsFor(): readonly Resource[] {
    if (this.isFreed) return [];
    const { completer } = this;
    return completer !== null ? [completer] : this.#bios.filter(({ hasEnded }) => !hasEnded);
  }
}
