/**
 * A journal (jbd, jbd2; with handles that join at their end, the log of XFS): changes of metadata become durable in
 * transactions, in order, each with all the handles that have joined it.
 *
 * A thread of its own commits: it is asked for a transaction, locks it against new handles (j1), waits for those that are
 * open (j2), has ordered data written (j3), writes the transaction's blocks to the log (j4) and then the commit block (j5),
 * with which the transaction is durable.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { BlockAllocator } from "./block_allocator.ts";
import type { BlockDevice } from "./block_device.ts";
import type { CrashOrder } from "./crash_order.ts";
import { applyRecord, type DiskMetadata, type FileFormat, formatted } from "./disk_metadata.ts";
import type { DiskImage } from "./disk_image.ts";
import { EIO } from "./errno.ts";
import { Flag } from "./flag.ts";
import { type FreedBlocks, Handle } from "./journal_handle.ts";
import { type Barrier, JournalLog } from "./journal_log.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import { LogSpace, type LogUsers } from "./log_space.ts";
import type { Steps, Task } from "./task.ts";
import { type Committer, Transaction } from "./transaction.ts";
import type { World } from "./world.ts";

export interface JournalOptions {
  /** Files that the disk was formatted with. */
  readonly files: readonly FileFormat[];
  /** Where the log is; without one the two steps of the log write are steps, and the second makes durable. */
  readonly device: BlockDevice | null;
  readonly allocator: BlockAllocator;
  /**
   * `start`: a handle joins the running transaction when it starts, and keeps it from committing until it stops (jbd).
   * `stop`: it joins with all its changes when it stops, and a commit waits for nobody (XFS). Default `start`.
   */
  readonly handlesJoinAt?: "start" | "stop";
  /** Whether the commit block goes out with PREFLUSH and FUA. Default `barrier`. */
  readonly barrier?: Barrier;
  /**
   * What a commit does to the device's cache where there is no log: `flushes_it`, as one with a log and a barrier does;
   * then whoever waits for it need not. Default `leaves_it`.
   */
  readonly unloggedCommit?: "flushes_it" | "leaves_it";
  /** When freed blocks may be had again. Default `after_commit`; `at_once` is what no journal may do. */
  readonly reuse?: "after_commit" | "at_once";
  /** Writes data of these files that must be on the disk before the transaction commits, and waits for it. */
  readonly writeOrdered?: (files: readonly string[], transaction: Transaction) => Steps;
  /** Log space in credits. Default: it never gets full. */
  readonly logCredits?: number;
  /** When a transaction's log space is given back. Default `after_commit`; `on_demand`: by {@linkcode Journal.checkpoint}. */
  readonly checkpoints?: "after_commit" | "on_demand";
  /** Transactions that the log has room for: a bound of the scenario. Default 8. */
  readonly transactionsMax?: number;
  /** Name of the thread. Default `jbd2`. */
  readonly thread?: string;
  /** For a log without a device, where crashes are explored. */
  readonly crashOrder?: CrashOrder;
}

const NOBODY: readonly Holder[] = [];
const TID_MAX = 1 << 30;
const TRANSACTIONS_MAX_DEFAULT = 8;

/** The commit that keeps handles from starting. */
class Locked implements Resource {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get name(): string {
    return this.#journal.running.name;
  }

  holders(): readonly Holder[] {
    return this.#journal.running.holders();
  }
}

const COMMIT_EVENTS = [
  "jbd2_start_commit",
  "jbd2_commit_locking",
  "jbd2_commit_flushing",
  "jbd2_commit_logging",
] as const;

/** What the thread waits for: nobody keeps it from going on, somebody has to ask. */
const COMMIT_REQUEST: Resource = { name: "commit_request", holders: () => NOBODY };

export class Journal implements Committer, FreedBlocks, LogUsers {
  readonly #world: World;
  readonly #options: JournalOptions;
  readonly #log: JournalLog | null;
  /** By tid, from 1. */
  readonly #transactions: Transaction[] = [];
  /** 1 while the running transaction lets no handle in; changes with what is the running transaction. */
  readonly #locked: Level;
  readonly #whenUnlocked: Wait;
  /** Last transaction whose commit somebody has asked for. */
  readonly #requested: Level;
  readonly #space: LogSpace | null;
  readonly #handles = new Map<Task, Handle>();
  #thread: Task | null = null;
  #running: Transaction;
  /** A commit has failed: no later one will succeed. */
  readonly #aborted: Flag;
  #version = 0;

  constructor(world: World, options: JournalOptions) {
    this.#world = world;
    this.#options = options;
    const room = options.transactionsMax ?? TRANSACTIONS_MAX_DEFAULT;
    this.#log = options.device === null ? null : new JournalLog(options.device, options.barrier ?? "barrier", room);
    this.#locked = new Level(world);
    this.#whenUnlocked = { level: this.#locked, min: 0, max: 0, access: Access.Read, resource: new Locked(this) };
    this.#requested = new Level(world);
    this.#aborted = new Flag(world);
    this.#space = options.logCredits === undefined ? null : new LogSpace(world, options.logCredits, this);
    this.#running = this.#begin();
    this.#thread = world.spawn(options.thread ?? "jbd2", Journal.#commitThread, { argument: this, daemon: "daemon" });
  }

  /** The transaction that handles join now, not looked at by any step. */
  get running(): Transaction {
    return this.#running;
  }

  /** Who commits. */
  get thread(): Task | null {
    return this.#thread;
  }

  /** Transactions, by tid from 1, not looked at by any step. */
  get transactions(): readonly Transaction[] {
    return this.#transactions;
  }

  /** The handle that the current task has (`current->journal_info`); nobody else can change that. */
  get currentHandle(): Handle | null {
    return this.#handles.get(this.#world.current!) ?? null;
  }

  /**
   * Starts a handle: waits while the running transaction is locked or the log is full.
   *
   * A task that has a handle gets that one, at once.
   *
   * @param credits log space to reserve
   */
  *start(credits = 1): Steps<Handle> {
    const own = this.currentHandle;
    if (own !== null) {
      own.references++;
      return own;
    }
    this.#world.mightSleep("journal_start");
    const handle = new Handle(this, this.#world.current!, credits);
    yield* this.#join(handle);
    this.#handles.set(handle.task, handle);
    return handle;
  }

  *#join(handle: Handle): Steps {
    for (;;) {
      yield this.#joinsAtStart ? this.#whenUnlocked : undefined;
      if (this.#space === null || this.#space.tryTake(handle.credits)) break;
      const whenChanged = this.#space.whenChanged();
      this.#locked.read();
      if (this.#running.credits > 0) this.requestCommit(this.#running.tid);
      this.#world.note("wait", "log_space");
      yield whenChanged;
    }
    if (!this.#joinsAtStart) return;
    const transaction = handle.transaction = this.#running;
    transaction.credits += handle.credits;
    transaction.handles.increment(handle.task, "waited");
    this.#world.note("start", "txn", `transaction ${transaction.tid}`);
  }

  get #joinsAtStart(): boolean {
    return this.#options.handlesJoinAt !== "stop";
  }

  /** {@linkcode stopNow} in a step of its own. */
  *stop(handle: Handle): Steps<number> {
    yield;
    return this.stopNow(handle);
  }

  /**
   * Stops a handle, as part of the current step; the last of several nested stops ends it.
   *
   * @returns the tid with which its changes are committed
   */
  stopNow(handle: Handle): number {
    if (--handle.references > 0) {
      this.#locked.read();
      return (handle.transaction ?? this.#running).tid;
    }
    const tid = this.#leave(handle);
    this.#handles.delete(handle.task);
    return tid;
  }

  #leave(handle: Handle): number {
    const { transaction } = handle;
    if (transaction !== null) {
      transaction.handles.decrement(handle.task);
      this.#world.note("stop", "txn", `transaction ${transaction.tid}`);
      handle.transaction = null;
      return transaction.tid;
    }
    this.#locked.read();
    const running = this.#running;
    running.records.push(...handle.records);
    running.freed.push(...handle.freed);
    for (const file of handle.ordered) running.ordered.add(file);
    running.credits += handle.credits;
    // Whether a transaction has anything is asked by those who force the log.
    running.handles.increment(handle.task);
    running.handles.decrement(handle.task);
    this.#space?.noteChange();
    handle.records = [];
    handle.freed = [];
    handle.ordered = [];
    this.#world.note("stop", "txn", `transaction ${running.tid}`);
    return running.tid;
  }

  /**
   * Gives a handle new log space (`journal_restart`): it leaves its transaction, asks for its commit and joins the running
   * one. What it has changed before may be durable without what comes after.
   */
  *restart(handle: Handle): Steps {
    this.#world.mightSleep("journal_restart");
    yield;
    this.requestCommit(this.#leave(handle));
    yield* this.#join(handle);
  }

  /** True when a commit waits for the handle: a long operation should restart it. Looked at in the current step. */
  isLocked(handle: Handle): boolean {
    return this.#locked.read() === 1 && handle.transaction === this.#running;
  }

  /** Asks the thread to commit a transaction and those before it, as part of the current step. */
  requestCommit(tid: number): void {
    if (this.#requested.read() >= tid) return;
    this.#requested.set(tid);
    this.#world.note("request", `commit(${tid})`);
  }

  /** Asks for the commit of a transaction and waits for it. Returns 0 or a negative error number. */
  *commit(tid: number): Steps<number> {
    yield;
    this.requestCommit(tid);
    return yield* this.wait(tid);
  }

  /** Waits until a transaction has committed. Returns 0 or a negative error number. */
  *wait(tid: number): Steps<number> {
    const transaction = this.#transactions[tid - 1];
    this.#world.mightSleep("wait for", transaction.name);
    yield transaction.whenCommitted;
    return transaction.error;
  }

  /**
   * True when the commit of the transaction has still to flush the device's cache, so that whoever waits for it need not:
   * `jbd2_trans_will_send_data_barrier`. Looked at in the current step.
   */
  willSendBarrier(tid: number): boolean {
    if (this.#log === null && this.#options.unloggedCommit === "flushes_it") {
      const { state } = this.#transactions[tid - 1];
      return state !== "commit" && state !== "committed";
    }
    return this.#log?.barrier === "barrier" && this.#transactions[tid - 1].commitSubmitted.read() === 0;
  }

  /** Commits whatever there is, and waits (`journal_force_commit`, a force of the whole log of XFS). */
  *forceCommit(): Steps<number> {
    yield;
    this.#locked.read();
    const running = this.#running;
    const hasHandles = running.handles.read() > 0;
    const tid = hasHandles || running.records.length > 0 ? running.tid : running.tid - 1;
    if (tid === 0) return 0;
    this.requestCommit(tid);
    return yield* this.wait(tid);
  }

  /** Gives the log space of a transaction back that has committed: its blocks are in their places then (j6). */
  *checkpoint(tid: number): Steps {
    const transaction = this.#transactions[tid - 1];
    yield* this.wait(tid);
    if (this.#log !== null) yield* this.#log.flush();
    else yield;
    this.#space?.giveBack(transaction.credits);
    transaction.credits = 0;
    this.#world.note("checkpoint", transaction.name);
  }

  /** Takes blocks that a handle has freed; `pending` are those that have to wait for its commit. */
  free(pblks: readonly number[], pending: number[]): void {
    const { allocator } = this.#options;
    if (this.#options.reuse === "at_once") {
      allocator.release(pblks);
      return;
    }
    for (const pblk of pblks) allocator.keepPending(pblk);
    pending.push(...pblks);
  }

  /** Who has log space, not looked at by any step. */
  logHolders(): readonly Holder[] {
    const holders: Holder[] = [];
    for (const transaction of this.#transactions) {
      if (transaction.credits === 0) continue;
      if (transaction.state === "running" || transaction.state === "locked") {
        holders.push(...transaction.handles.holders());
      } else if (transaction.state === "committed") holders.push(`checkpoint(${transaction.tid})`);
      else if (this.#thread !== null) holders.push(this.#thread);
    }
    if (!this.#joinsAtStart) { for (const { task } of this.#handles.values()) holders.push(task); }
    return holders;
  }

  /** Changes when what a crash may leave changes; what the log has is up to the device. */
  durableVersion(): number {
    return this.#version;
  }

  /** What replaying the log after a crash makes of the files. */
  recover(image: DiskImage | null): DiskMetadata {
    const metadata = formatted(this.#options.files);
    for (const transaction of this.#transactions) {
      if (!this.#hasSurvived(transaction, image)) break;
      for (const record of transaction.records) applyRecord(metadata, record);
    }
    return metadata;
  }

  #hasSurvived(transaction: Transaction, image: DiskImage | null): boolean {
    if (transaction.state !== "commit" && transaction.state !== "committed" || transaction.error !== 0) return false;
    return image === null || this.#log === null
      ? transaction.state === "committed"
      : this.#log.hasSurvived(transaction, image);
  }

  #begin(): Transaction {
    const tid = this.#transactions.length + 1;
    return this.#transactions[tid - 1] = new Transaction(this.#world, tid, this);
  }

  static *#commitThread(_task: Task, journal: Journal): Steps {
    for (;;) {
      const tid = journal.#running.tid;
      yield { level: journal.#requested, min: tid, max: TID_MAX, access: Access.Read, resource: COMMIT_REQUEST };
      yield* journal.#commitRunning();
    }
  }

  /** Begins in the step in which the thread was woken. */
  *#commitRunning(): Steps {
    const transaction = this.#running;
    if (this.#joinsAtStart) {
      // j1
      transaction.state = "locked";
      this.#world.resourceLog?.acquired(transaction, this.#thread!, "exclusive", "tried");
      this.#locked.set(1);
      this.#world.note("lock", transaction.name);
      const { tracepoints } = this.#world;
      for (const event of COMMIT_EVENTS) tracepoints?.emit(event, { transaction: transaction.tid });
      // j2
      yield transaction.handles.whenZero;
      this.#locked.set(0);
    } else this.#locked.add(0, Access.Write);
    transaction.state = "flush";
    this.#running = this.#begin();
    // j3
    if (this.#options.writeOrdered !== undefined && transaction.ordered.size > 0) {
      // In an order that does not tell in which one handles came that have nothing to do with each other.
      yield* this.#options.writeOrdered([...transaction.ordered].sort(), transaction);
    }
    const error = this.#aborted.test() ? -EIO : yield* this.#writeLog(transaction);
    if (error !== 0) {
      this.#aborted.testAndSet();
      transaction.error = error;
    } else if (transaction.freed.length > 0) this.#options.allocator.release(transaction.freed);
    if (this.#log === null) {
      this.#version++;
      this.#options.crashOrder?.moreMayBeFound();
      this.#options.crashOrder?.lessMayBeFound();
    }
    this.#world.resourceLog?.released(transaction, this.#thread!);
    transaction.end();
    if (this.#joinsAtStart) this.#world.tracepoints?.emit("jbd2_end_commit", { transaction: transaction.tid });
    this.#world.note("end", transaction.name);
    // j6
    if (this.#space !== null && this.#options.checkpoints !== "on_demand") yield* this.checkpoint(transaction.tid);
  }

  /** The caller goes on in the step that sees the end of the commit block. */
  *#writeLog(transaction: Transaction): Steps<number> {
    yield;
    transaction.state = "commit";
    if (this.#log !== null) return yield* this.#log.write(transaction); // j4, j5
    yield;
    return 0;
  }
}
