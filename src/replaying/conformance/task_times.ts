/**
 * When tasks of the modelled run go on: as the recording's were seen to, and bios and workers as they did there.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import { rwbsOf } from "../../machine/block_tracepoints.ts";
import { AT_ONCE, isWait, type Pause, SPINS, type Task } from "../../machine/task.ts";
import type { MainlineVolume } from "../../systems/mainline/index.ts";
import type { CallsAtWork } from "./calls_at_work.ts";
import type { EnvironmentFacts } from "./environment.ts";
import { fileName, inoOf } from "./file_names.ts";
import type { PredictedLog } from "./predicted_log.ts";
import type { RecordedCall } from "./recorded_events.ts";

/** Pages [first, end) of a file. */
interface FileRange {
  readonly file: string;
  readonly first: number;
  readonly end: number;
}

const SECTOR = 512;

/** A worker's bio is queued within this time, nanoseconds, of when the recording's was. */
const WORKER_BIO_WITHIN = 10_000_000;

/** Calls that keep the page cache from being filled meanwhile. */
const TAKES_PAGES = /^(ftruncate|fallocate)$/;

const RING_WORKER = "iou-wrk";

/**
 * A writer spins for so long, nanoseconds, on a semaphore that readers hold: 11 us with two of them
 * (`rwsem_rspin_threshold`), from a microsecond behind the last that was seen of it.
 */
const SPIN_TIME = 12_000;

/** What the times are told from. */
export interface TimesBasis {
  readonly environment: EnvironmentFacts;
  readonly volume: MainlineVolume;
  readonly sectorsPerPage: number;
  readonly log: PredictedLog;
  readonly calls: CallsAtWork;
  /** Tasks that have not ended. */
  readonly active: readonly Task[];
  /** When the last step was done, nanoseconds, and when calls returned. */
  readonly run: { readonly now: number; readonly ended: ReadonlyMap<number, number> };
}

export class TaskTimes {
  readonly #environment: EnvironmentFacts;
  readonly #volume: MainlineVolume;
  readonly #device: BlockDevice;
  readonly #log: PredictedLog;
  readonly #calls: CallsAtWork;
  readonly #active: readonly Task[];
  readonly #run: TimesBasis["run"];
  readonly #sectorsPerPage: number;
  readonly #dues = new Map<Task, number>();
  /** Events that tasks had fired when they last had to wait. */
  readonly #hasWaited = new Map<Task, number>();
  /** Workers of rings that have had to wait, and not gone on since. */
  readonly #asleep = new Set<Task>();
  readonly #ranges = new Map<number, FileRange>();
  /** Sector of the file up to which buffered reads have come. */
  readonly #readsAt = new Map<number, number>();
  /** Calls that wait for no I/O: fadvise leaves out what is under way. */
  readonly #waitForNothing = new Set<number>();
  /** Calls that read into the page cache what is missing there. */
  readonly #fills = new Set<number>();
  /** Loads and stores: there is no telling what their tasks did before the fault. */
  readonly #faults = new Set<number>();
  /** Bios of writeback, and how long each of their pages takes to end, nanoseconds. */
  readonly #endings = new Map<Task, { readonly bio: Bio; readonly each: number }>();
  /** Calls that make a file durable. */
  readonly #syncs = new Set<number>();
  readonly #directEndsTaken = new Set<number>();
  /** Conversions of the recording that workers of the model have begun. */
  #conversion = 0;

  constructor({ environment, volume, sectorsPerPage, log, calls, active, run }: TimesBasis) {
    this.#environment = environment;
    this.#volume = volume;
    this.#device = volume.disk.device;
    this.#log = log;
    this.#calls = calls;
    this.#active = active;
    this.#run = run;
    this.#sectorsPerPage = sectorsPerPage;
  }

  /** Takes note of what a call does that begins. @param isKnown whether its file is one of the run's */
  begins({ id, ino, kind, direct, offset, bytes }: RecordedCall, isKnown: boolean): void {
    if (isKnown && ino !== null && offset !== null && bytes !== null) {
      const pageBytes = this.#sectorsPerPage * SECTOR;
      const [first, end] = [Math.floor(offset / pageBytes), Math.ceil((offset + bytes) / pageBytes)];
      this.#ranges.set(id, { file: fileName(ino), first, end });
      if (kind === "pread" && !direct) this.#readsAt.set(id, Math.floor(offset / SECTOR));
    }
    if (/^(fsync|fdatasync|msync)$/.test(kind)) this.#syncs.add(id);
    if (/^(pread|load|store)$/.test(kind) && !direct) this.#fills.add(id);
    if (/^(load|store)$/.test(kind)) this.#faults.add(id);
    if (kind === "fadvise") this.#waitForNothing.add(id);
  }

  /** Takes note of how far a read has come. */
  readTo(call: number, sector: number): void {
    if (this.#readsAt.has(call)) this.#readsAt.set(call, sector);
  }

  /** A task has begun or done a step: its next one is another matter. */
  goesOn(task: Task): void {
    this.#dues.delete(task);
    this.#asleep.delete(task);
  }

  /** Of what is due at a time interrupts come first; a call whose times nobody tells lets workers go first. */
  rank(task: Task): number {
    if (task.context === "irq") return 0;
    const call = Number(task.account?.operation ?? -1);
    return task.name === `call ${call}` && this.#environment.around(call).times.length === 0 ? 2 : 1;
  }

  /** Takes note that a task has to wait now. */
  waits(task: Task): void {
    if (task.name.startsWith(RING_WORKER)) this.#asleep.add(task);
    const call = Number(task.account?.operation ?? -1);
    if (task.name !== `call ${call}`) return;
    this.#hasWaited.set(task, this.#log.fired.get(call) ?? 0);
    this.#dues.delete(task);
  }

  /** When a task does its next step. */
  dueOf(task: Task): number {
    const known = this.#dues.get(task);
    // Others may have taken the lock since.
    if (known !== undefined && (known <= this.#run.now || !this.#isKeptOut(task, known))) return known;
    const due = this.#dueNow(task);
    this.#dues.set(task, due);
    return due;
  }

  #dueNow(task: Task): number {
    const call = Number(task.account?.operation ?? -1);
    if (task.name === `call ${call}`) {
      const { times } = this.#environment.around(call);
      if (times.length === 0) return this.#run.now;
      // A system call that begins asks for its first lock before anything is to be seen of it.
      if (isAtOnce(task.pause) || (task.steps <= 1 && !this.#faults.has(call))) return this.#run.now;
      const fired = this.#log.fired.get(call) ?? 0;
      const next = times[Math.min(fired, times.length - 1)];
      if (task.pause === SPINS) return Math.min(next, this.#run.now + SPIN_TIME);
      // What is left of an fsync is to wait for the journal, whose commit it has asked for at once.
      const isLast = fired > 0 && times.length - fired <= 2 && this.#syncs.has(call);
      if (isLast && !this.#active.some(({ context }) => context !== "process")) return this.#run.now;
      // Before a wait that is near there is nothing to be seen: it is done at once.
      if (this.#isKeptOut(task, next)) return this.#run.now;
      return this.#hasWaited.get(task) !== fired && this.#waitIsNear(call, next) ? this.#run.now : next;
    }
    if (task.context === "workqueue" && task.steps === 0) {
      if (task.name.startsWith("end_io(dio(") && this.#environment.directEnds.length > 0) {
        return this.#takeDirectEnd(call);
      }
      if (task.name.startsWith("end_io(")) return this.#takeConversion(call);
    }
    // A worker of a ring begins, and goes on when it has been woken, when one is next seen.
    const isRingWorker = task.name.startsWith(RING_WORKER);
    if (isRingWorker && (task.steps === 0 || this.#asleep.has(task))) return this.#environment.ringWork(this.#run.now);
    const bio = this.#bioOf(task);
    if (bio === null) return this.#nextFolioEnd(task);
    const isOfCall = bio.maker !== null && bio.maker.name === `call ${call}`;
    const last = isOfCall ? this.#environment.around(call).times.at(-1) : undefined;
    const until = Math.max(this.#run.now, last ?? this.#run.now + WORKER_BIO_WITHIN);
    const rwbs = rwbsOf(bio);
    const end = this.#environment.bioEnd(bio.sector, rwbs, this.#run.now, until);
    const pages = bio.sectors / this.#sectorsPerPage;
    if (bio.op === "write" && !isDirect(bio) && pages > 1) {
      this.#endings.set(task, { bio, each: (this.#environment.foliosEnd(bio.sector, rwbs, end) - end) / (pages - 1) });
    }
    return end;
  }

  /** When the next folio of a bio that is ending does: one after another, as evenly as nothing else is told. */
  #nextFolioEnd(task: Task): number {
    const ending = this.#endings.get(task);
    if (ending === undefined || this.#device.inFlight.includes(ending.bio)) return this.#run.now;
    return Math.round(this.#run.now + ending.each);
  }

  /**
   * When the next worker of the recording dealt with an end of I/O from `time` on; the same: nothing tells, or only behind
   * the time up to which a call has waited that may wait for it.
   */
  #conversionFrom(time: number, call: number): number {
    const { conversions } = this.#environment;
    let at = this.#conversion;
    while (at < conversions.length && conversions[at] < time) at++;
    const next = conversions[at] ?? time;
    const until = this.#run.ended.has(call) ? Infinity : this.#environment.around(call).times.at(-1) ?? Infinity;
    return next > until ? time : next;
  }

  /** {@linkcode #conversionFrom} now; whoever comes next gets a later one. */
  #takeConversion(call: number): number {
    const { conversions } = this.#environment;
    const time = this.#conversionFrom(this.#run.now, call);
    while (this.#conversion < conversions.length && conversions[this.#conversion] < time) this.#conversion++;
    if (conversions[this.#conversion] === time) this.#conversion++;
    return time;
  }

  /** When a worker of the recording began with the end of a direct write, the next that no other one is for. */
  #takeDirectEnd(call: number): number {
    const { directEnds } = this.#environment;
    const files = this.#calls.filesOf.get(call);
    const until = this.#run.ended.has(call) ? Infinity : this.#environment.around(call).times.at(-1) ?? Infinity;
    const at = directEnds.findIndex((end, nth) =>
      !this.#directEndsTaken.has(nth) && end.time >= this.#run.now && (files === undefined || files.has(end.ino))
    );
    if (at < 0 || directEnds[at].time > until) return this.#run.now;
    this.#directEndsTaken.add(at);
    return directEnds[at].time;
  }

  /** Whether I/O that the call may have to wait for ends before it is seen again. */
  #waitIsNear(call: number, next: number): boolean {
    if (this.#waitForNothing.has(call)) return false;
    if (this.#readsAt.has(call) && !this.#meetsRead(call)) return false;
    const ends = (bio: Bio) => {
      if (bio.task === null || bio.task.generator === null) return false;
      const due = this.dueOf(bio.task);
      return this.#run.now < due && due < next;
    };
    const own = this.#device.inFlight.filter((bio) => Number(bio.task?.account?.operation ?? -1) === call);
    // A wait for writeback is seen as it begins: then it is near when all of that has ended before.
    const seesWaits = this.#environment.names.has("folio_wait_writeback");
    const isVisible = (bio: Bio) => seesWaits && bio.op === "write" && !isDirect(bio);
    if (own.some((bio) => !isVisible(bio) && ends(bio))) return true;
    const written = own.filter(isVisible);
    if (written.some(ends) && written.every((bio) => this.#writtenBy(bio, call) < next)) return true;
    return this.#isBusy(call) && this.#device.inFlight.some(ends);
  }

  /**
   * Whether a call that fills the page cache has to wait for one that takes away of it, which may be in the queue behind
   * others that fill it: it has looked at the size before that. Not from when it has come to the lock.
   */
  #isKeptOut(task: Task, next: number): boolean {
    const call = Number(task.account?.operation ?? -1);
    const range = this.#fills.has(call) ? this.#ranges.get(call) : undefined;
    const lock = range === undefined ? null : this.#volume.file(range.file).inode.mapping.invalidateLock;
    if (lock === null || lock.heldAs === "free") return false;
    if (isWait(task.pause) && task.pause.resource === lock) return false;
    if (this.#hasWaited.get(task) === (this.#log.fired.get(call) ?? 0)) return false;
    return this.#calls.of(inoOf(range!.file)).some(({ call: { id, kind } }) =>
      TAKES_PAGES.test(kind) && this.#calls.underWay.has(id) &&
      (this.#environment.around(id).times.at(-1) ?? Infinity) < next
    );
  }

  /** When writeback by a bio is over, with what a worker may do at its end. */
  #writtenBy({ task }: Bio, call: number): number {
    const ended = task === null || task.generator === null ? this.#run.now : this.dueOf(task);
    return this.#conversionFrom(ended, call);
  }

  /** Whether I/O of a page that a call is about is under way. */
  #isBusy(call: number): boolean {
    const range = this.#ranges.get(call);
    if (range === undefined) return false;
    const { mapping } = this.#volume.file(range.file).inode;
    for (let page = range.first; page < range.end && page < mapping.bounds.pagesMax; page++) {
      const folio = mapping.peekFolio(page);
      if (folio !== null && (folio.writeback.peek || (folio.lock.peek && !folio.uptodate.peek))) return true;
    }
    return false;
  }

  /** Whether what a buffered read looks up next ends with a page that is being read: before it waits nothing is to be seen. */
  #meetsRead(call: number): boolean {
    const { file, end } = this.#ranges.get(call)!;
    const { mapping } = this.#volume.file(file).inode;
    const { sectorsPerPage, pagesMax } = mapping.bounds;
    for (let page = Math.floor(this.#readsAt.get(call)! / sectorsPerPage); page < Math.min(end, pagesMax); page++) {
      const folio = mapping.peekFolio(page);
      if (folio === null) return false;
      if (!folio.uptodate.peek) return folio.lock.peek;
    }
    return false;
  }

  /** The bio that a task carries out and that has not moved anything yet. */
  #bioOf(task: Task): Bio | null {
    if (task.context !== "irq" || task.steps > 0) return null;
    return this.#device.inFlight.findLast((bio) => bio.task === task) ?? null;
  }
}

function isAtOnce(pause: Pause): boolean {
  return typeof pause === "object" && "pace" in pause && pause.pace === AT_ONCE.pace;
}

/** Whether a bio is one of direct I/O. */
function isDirect({ private: own }: Bio): boolean {
  return typeof own === "object" && own !== null && "dio" in own;
}
