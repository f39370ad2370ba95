/**
 * The calls of a recording on the modelled kernel, one world for all of them: what a call leaves behind is what the next
 * one finds.
 *
 * There is no strategy: a task goes on when the recording's came to its next visible step, and a bio ends when it did
 * there. Of the recording nothing else is known than {@linkcode EnvironmentFacts} and the calls.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import type { BlockOwner } from "../../machine/block_allocator.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import { rwbsOf } from "../../machine/block_tracepoints.ts";
import { Account } from "../../machine/costs.ts";
import { Identities } from "../../machine/identities.ts";
import { AT_ONCE, isWait, type Pause, SPINS, type Steps, type Task } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { mountAmong } from "../../systems/mainline/index.ts";
import type { FlagValues } from "../../systems/system.ts";
import { adoptState, type FollowedFile } from "./adopt_state.ts";
import { fileName, inoOf } from "./file_names.ts";
import { heldBy } from "./held_state.ts";
import type { EnvironmentFacts, LeftBehind, OtherWork, RecordedPast } from "./environment.ts";
import { familyOf } from "./event_keys.ts";
import { performCall } from "./model_calls.ts";
import { ModelMemory } from "./model_memory.ts";
import { ReadaheadWindows } from "./readahead_windows.ts";
import { PredictedLog } from "./predicted_log.ts";
import type { RecordedCall } from "./recorded_events.ts";

/** A call as it is handed to the model. */
export interface AskedCall {
  readonly call: RecordedCall;
  readonly requests: readonly RecordedCall[];
  /** Flags of the call itself (RWF_*, FALLOC_FL_*, MS_*, advice), and its address, as its registers had them. */
  readonly registers: ReadonlyMap<string, number>;
}

export interface ModelledRun {
  readonly log: PredictedLog;
  /** What calls returned, bytes or negative error numbers; missing: it has not returned. */
  readonly results: ReadonlyMap<number, number>;
  /** Calls that the model did not get through, with why. */
  readonly failures: ReadonlyMap<number, string>;
}

/** A file that a call has left otherwise than predicted. */
interface LeftFile extends Omit<LeftBehind, "ino"> {
  /** When the last such call was over. */
  readonly until: number;
}

/** Pages [first, end) of a file. */
interface FileRange {
  readonly file: string;
  readonly first: number;
  readonly end: number;
}

const SECTOR = 512;

/** The transaction that is running when the recording begins. */
const FIRST_TID = 1;

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

/** Steps of one call before it is given up. */
const STEPS_MAX = 2_000_000;

export class ModelRun implements ModelledRun {
  readonly world: World;
  readonly log: PredictedLog;
  readonly memory: ModelMemory;
  readonly results = new Map<number, number>();
  readonly failures = new Map<number, string>();
  /** When calls returned, as the log has times. */
  readonly ended = new Map<number, number>();
  readonly scenario: Scenario;
  readonly #environment: EnvironmentFacts;
  readonly #files = new Map<number, FollowedFile>();
  readonly #readahead: ReadaheadWindows;
  /** Allocations and releases that calls have made. */
  readonly #allocations = new Map<number, number>();
  readonly #active: Task[] = [];
  readonly #dues = new Map<Task, number>();
  /** Events that tasks had fired when they last had to wait. */
  readonly #hasWaited = new Map<Task, number>();
  /** Workers of rings that have had to wait, and not gone on since. */
  readonly #asleep = new Set<Task>();
  /** Bytes that reads and writes are about. */
  readonly #requests = new Map<number, { readonly offset: number; readonly bytes: number }>();
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
  readonly #volume: ReturnType<typeof mountAmong>;
  readonly #device: BlockDevice;
  readonly #past: RecordedPast | null;
  /** Files that a call has left otherwise than the model has them. */
  readonly #differing = new Map<number, LeftFile>();
  /** Calls that have begun and not been seen to be over, by file. */
  readonly #atWork = new Map<number, Set<AskedCall>>();
  /** Requests that have been submitted and not been seen to be over. */
  readonly #inFlight = new Set<RecordedCall>();
  /** Calls that the model has not come through. */
  readonly #underWay = new Set<number>();
  #known = 0;
  readonly #movesWithinSector = new Set<number>();
  readonly #filesOfCall = new Map<number, ReadonlySet<number>>();
  readonly #directEndsTaken = new Set<number>();
  /** Conversions of the recording that workers of the model have begun. */
  #conversion = 0;
  #now = 0;

  /** @param past missing: the model goes on from its own state whatever it has predicted */
  constructor(
    environment: EnvironmentFacts,
    scenario: Scenario,
    flags: FlagValues,
    past: RecordedPast | null = null,
  ) {
    this.#environment = environment;
    this.#past = past;
    this.#readahead = new ReadaheadWindows(environment);
    this.scenario = scenario;
    const world = this.world = new World(new Identities());
    // Who of those that may take a lock gets it first is told by when tasks were seen behind it.
    world.lockFairness = "stealing";
    const pageBytes = scenario.bounds.SECTORS_PER_PAGE * 512;
    const log = this.log = new PredictedLog(world, pageBytes, {
      isDirty: (file, page) => this.file(inoOf(file))?.inode.mapping.peekFolio(page)?.dirty.peek ?? false,
    }, (name) => environment.names.has(name) && familyOf(name) !== null);
    world.tracepoints = log;
    log.rangeOf = (call) => this.#requests.get(call) ?? null;
    log.foliosOf = (call) => environment.around(call).folios;
    const volume = mountAmong(
      {
        placeOf: (file, lblk) => environment.placeOf(inoOf(file), lblk, this.#now),
        groupsLoaded: () => this.#groupsLoaded(),
        canReserve: (file, lblk) => environment.canReserve(inoOf(file), lblk, this.#now),
        hasRoom: (file, lblk) => environment.hasRoom(inoOf(file), lblk, this.#now),
        isFirst: (file, lblk) => environment.beginsAllocation(inoOf(file), lblk, this.#now),
        commits: environment.device.commits,
        lowSpaceShift: () => environment.lowSpaceShift(this.#now),
        leastAheadBelow: environment.device.leastAheadBelow / SECTOR,
        isFresh: (file) => environment.files.some(({ ino, nosec }) => ino === inoOf(file) && nosec === "unknown"),
        outcomeOf: (bio) => environment.bioError(bio.sector, rwbsOf(bio), this.#now),
        readaheadWindow: (_file, index, wanted) => this.#readahead.forMissing(this.#callAtWork(), index, wanted),
        readaheadMarked: (_file, index, end, mark) => this.#readahead.forMark(this.#callAtWork(), index, end, mark),
        readaheadMark: (file, index, end) =>
          this.#readahead.mark(this.#callAtWork(), index, end) ?? this.#marked(file, index, end),
        folioOf: (file, index) => log.folioOf(file, index),
        endMovesWithinSector: () => this.#movesWithinSector.has(this.#callAtWork()),
        endsWithinSector: (file, sectors) => log.exactEnd(file, sectors * SECTOR) < sectors * SECTOR,
        timestamps: () => this.#clock(),
      },
      world,
      scenario,
      flags,
    );
    this.#volume = volume;
    this.#device = volume.disk.device;
    world.mounted = volume;
    this.memory = new ModelMemory(
      world,
      scenario.bounds.SECTORS_PER_PAGE,
      (ino) => this.file(ino)?.inode.mapping ?? null,
    );
    for (const { ino, cached, nosec, log: logged } of environment.files) {
      const file = volume.file(fileName(ino));
      this.#files.set(ino, file);
      if (nosec === "unknown") file.inode.nosec.testAndClear();
      if (logged === "pinned") file.syncTid.set(FIRST_TID);
      for (const folio of cached) {
        const { mapping, bounds } = file.inode;
        for (let page = folio.first; page < folio.first + folio.pages; page++) {
          if (page >= bounds.pagesMax || mapping.peekFolio(page) !== null) continue;
          const added = mapping.addCached(page, Array(bounds.sectorsPerPage).fill(ZERO));
          if (folio.isDirty) added.setDirty();
        }
        if (folio.pages > 1) log.addFolio(fileName(ino), folio);
      }
    }
    log.kernel = volume.tracepoints ?? null;
  }

  file(ino: number): FollowedFile | null {
    return this.#files.get(ino) ?? null;
  }

  /** Takes note of the end that a call gives a file, bytes. */
  sized(call: number, ino: number, bytes: number): void {
    const size = this.sizeOf(ino);
    if (bytes !== size && Math.ceil(bytes / SECTOR) === Math.ceil(size / SECTOR)) this.#movesWithinSector.add(call);
    this.log.endsAt(fileName(ino), bytes);
  }

  /** Takes note that a write goes up to a byte: the end, where the file ends before. */
  writtenTo(call: number, ino: number, bytes: number): void {
    if (bytes > this.sizeOf(ino)) this.sized(call, ino, bytes);
  }

  /** Bytes, now. */
  sizeOf(ino: number): number {
    const name = fileName(ino);
    return this.log.exactEnd(name, this.#volume.file(name).inode.peekSize * SECTOR);
  }

  /** Takes note of how far a read has come. */
  readTo(call: number, sector: number): void {
    if (this.#readsAt.has(call)) this.#readsAt.set(call, sector);
  }

  /** Takes note where a write begins that appends: at the end, wherever it was asked for. */
  appendsAt(call: number, offset: number, bytes: number): void {
    if (this.#requests.has(call)) this.#requests.set(call, { offset, bytes });
  }

  /** Makes sectors [first, last] of a file durable, as msync does. */
  *syncRange(ino: number, first: number, last: number): Steps<number> {
    return yield* this.#volume.file(fileName(ino)).syncRange(first, last, "data");
  }

  /** Nanoseconds: when the last step was done. */
  get now(): number {
    return this.#now;
  }

  /** Whose a block of the small device is. */
  ownerOf(pblk: number): BlockOwner {
    return this.#volume.disk.allocator.ownerOf(pblk);
  }

  /** The first page in [index, end) that is marked, as somebody will come upon it; null: none. */
  #marked(file: string, index: number, end: number): number | null {
    for (let page = index; page < end; page++) {
      if (this.#environment.isMarked(inoOf(file), page, this.#now)) return page;
    }
    return null;
  }

  /** A handle of the journal about something else than the files: it joins the running transaction. */
  *joinTransaction(): Steps {
    const { journal } = this.#volume.disk;
    const handle = yield* journal.start();
    journal.stopNow(handle);
  }

  #callAtWork(): number {
    return Number(this.world.current?.account?.operation ?? -1);
  }

  /** Of allocations and releases in the task of a call. */
  #groupsLoaded(): readonly number[] {
    const call = this.#callAtWork();
    if (this.world.current?.name !== `call ${call}`) return [];
    const nth = this.#allocations.get(call) ?? 0;
    this.#allocations.set(call, nth + 1);
    return this.#environment.around(call).groups[nth] ?? [];
  }

  /** Of calls whose attempts with NOWAIT fail at it: what workers do of them later is not told apart. */
  #clock(): "moved" | "unmoved" {
    const call = this.#callAtWork();
    const isOld = this.#now < this.#environment.around(call).timesOldUntil;
    return isOld && this.world.current?.name === `call ${call}` ? "moved" : "unmoved";
  }

  /** Runs calls in the order in which they began. */
  run(calls: readonly AskedCall[]): void {
    const works = this.#works();
    let next = 0;
    let work = 0;
    let stray = 0;
    let steps = 0;
    for (;;) {
      this.#meetNew();
      const task = this.#nextTask();
      const start = next < calls.length ? calls[next].call.start : Infinity;
      const due = task === null ? Infinity : Math.max(this.#now, this.#dueOf(task));
      const strays = this.#past?.strays ?? [];
      for (; stray < strays.length && strays[stray].time <= Math.min(start, due); stray++) {
        this.#isLeft(strays[stray], strays[stray].time);
      }
      if (this.#differing.size > 0 && this.#adopts(Math.min(start, due, works[work]?.time ?? Infinity))) continue;
      if (work < works.length && works[work].time <= Math.min(start, due)) {
        const { time, body } = works[work];
        this.#now = Math.max(this.#now, time);
        this.world.spawn(`outside ${work++}`, outside, { argument: body });
        continue;
      }
      if (task === null && next >= calls.length) return;
      if (task === null || start <= due) {
        this.#now = Math.max(this.#now, start);
        this.#begin(calls[next++]);
        continue;
      }
      this.#now = Math.max(this.#now, due);
      this.world.step(task, 0);
      this.#dues.delete(task);
      this.#asleep.delete(task);
      if (++steps > STEPS_MAX * (calls.length + 1)) throw new Error("the model does not come to an end");
    }
  }

  /** What is done outside of calls, in the order of time. */
  #works(): Work[] {
    const { passes, otherWork } = this.#environment;
    const works = [
      ...passes.map(({ ino, time, sync }): Work => ({ time, body: () => this.file(ino)?.writeback?.(sync) })),
      ...otherWork.map(({ ino, time, what }): Work => ({
        time,
        body: () => this.#doesOtherWork(ino, what),
      })),
    ];
    return works.sort((a, b) => a.time - b.time);
  }

  #doesOtherWork(ino: number, what: OtherWork["what"]): Steps<unknown> | undefined {
    const file = this.file(ino);
    if (what === "fiemap") return file?.fiemap?.();
    return what === "trim" ? file?.trimBehindEnd?.() : file?.evict?.("gone");
  }

  /** Takes files over that were left otherwise than predicted. @param until when it goes on */
  #adopts(until: number): boolean {
    for (const [ino, { inode, writes, until: over }] of this.#differing) {
      const time = Math.max(this.#now, over);
      if (time > until) continue;
      this.#differing.delete(ino);
      const isOver = (call: number) =>
        !this.#underWay.has(call) && (this.#environment.around(call).times.at(-1) ?? 0) <= time;
      const seen = this.#past!.at(time, ino, isOver);
      const file = this.file(ino);
      if (seen === null || file === null) continue;
      this.#now = time;
      const { log } = this;
      const { kernel } = log;
      const atWork = [...this.#atWork.get(ino) ?? []].filter(({ call }) => !isOver(call.id));
      for (const request of this.#inFlight) if ((request.end ?? 0) <= time) this.#inFlight.delete(request);
      const size = Math.min(seen.size ?? Infinity, this.sizeOf(ino));
      const held = heldBy({ atWork, inFlight: this.#inFlight, ino, size }, this);
      log.kernel = null;
      adoptState({ ino, file, memory: this.memory, places: this.#environment.places, held }, seen);
      log.kernel = kernel;
      log.setFolios(fileName(ino), seen.cached.values(), held.pages);
      if (seen.size !== null && held.size === "free") log.endsAt(fileName(ino), seen.size);
      const { running } = file.journal;
      if (inode === "changed" && running.credits > 0) file.syncTid.set(running.tid);
      if (writes) file.inode.nosec.testAndSet();
      this.#atWork.set(ino, new Set(atWork));
      // Blocks that were left to requests in flight are taken over when these are done.
      const ends = [...this.#inFlight].filter((request) => request.ino === ino).map(({ end }) => end ?? 0);
      if (ends.length > 0) this.#isLeft({ ino, inode: "unchanged", writes: false }, Math.max(...ends));
      return true;
    }
    return false;
  }

  #worksOn(asked: AskedCall): void {
    const { call, requests } = asked;
    this.#underWay.add(call.id);
    for (const request of requests) this.#inFlight.add(request);
    const files = new Set([call.ino, ...requests.map(({ ino }) => ino)].filter((ino) => ino !== null));
    this.#filesOfCall.set(call.id, files);
    for (const ino of files) {
      const own = this.#atWork.get(ino);
      if (own === undefined) this.#atWork.set(ino, new Set([asked]));
      else own.add(asked);
    }
  }

  /** A call has been done. */
  over(asked: AskedCall): void {
    const { id } = asked.call;
    this.ended.set(id, this.log.timeOf());
    this.#underWay.delete(id);
    if (this.#past === null) return;
    if (!this.#past.hasDiffered(id, this.log.byCall.get(id) ?? [])) return;
    const until = this.#environment.around(id).times.at(-1) ?? 0;
    for (const left of this.#past.filesOf(id)) this.#isLeft(left, until);
  }

  #isLeft({ ino, inode, writes }: LeftBehind, until: number): void {
    if (!this.#files.has(ino)) return;
    const before = this.#differing.get(ino);
    this.#differing.set(ino, {
      inode: before?.inode === "changed" ? "changed" : inode,
      writes: writes || (before?.writes ?? false),
      until: Math.max(before?.until ?? 0, until),
    });
  }

  #begin(asked: AskedCall): void {
    this.#worksOn(asked);
    const { id, ino, offset, bytes } = asked.call;
    if (ino !== null && this.#files.has(ino) && offset !== null && bytes !== null) {
      if (/^(pread|pwrite|fallocate)$/.test(asked.call.kind)) this.#requests.set(id, { offset, bytes });
      const pageBytes = this.scenario.bounds.SECTORS_PER_PAGE * 512;
      const [first, end] = [Math.floor(offset / pageBytes), Math.ceil((offset + bytes) / pageBytes)];
      this.#ranges.set(id, { file: fileName(ino), first, end });
      if (asked.call.kind === "pread" && !asked.call.direct) this.#readsAt.set(id, Math.floor(offset / SECTOR));
    }
    if (/^(fsync|fdatasync|msync)$/.test(asked.call.kind)) this.#syncs.add(id);
    if (/^(pread|load|store)$/.test(asked.call.kind) && !asked.call.direct) this.#fills.add(id);
    if (/^(load|store)$/.test(asked.call.kind)) this.#faults.add(id);
    if (asked.call.kind === "fadvise") this.#waitForNothing.add(id);
    const task = this.world.spawn(`call ${id}`, perform, { argument: { run: this, asked } });
    this.#dues.delete(task);
  }

  /** Tasks that have begun since the last look, and those that have ended. */
  #meetNew(): void {
    const { tasks } = this.world;
    while (this.#known < tasks.length) this.#active.push(tasks[this.#known++]);
    for (let at = this.#active.length - 1; at >= 0; at--) {
      if (this.#active[at].generator === null) this.#active.splice(at, 1);
    }
  }

  #nextTask(): Task | null {
    let found: Task | null = null;
    let due = Infinity;
    for (const task of this.#active) {
      if (!this.world.isEnabled(task)) {
        this.#waits(task);
        continue;
      }
      // What is late is done now.
      const own = Math.max(this.#now, this.#dueOf(task));
      if (own < due || (own === due && found !== null && this.#rank(task) < this.#rank(found))) {
        found = task;
        due = own;
      }
    }
    return found;
  }

  /** Of what is due at a time interrupts come first; a call whose times nobody tells lets workers go first. */
  #rank(task: Task): number {
    if (task.context === "irq") return 0;
    const call = Number(task.account?.operation ?? -1);
    return task.name === `call ${call}` && this.#environment.around(call).times.length === 0 ? 2 : 1;
  }

  /** Takes note that a task has to wait now. */
  #waits(task: Task): void {
    if (task.name.startsWith(RING_WORKER)) this.#asleep.add(task);
    const call = Number(task.account?.operation ?? -1);
    if (task.name !== `call ${call}`) return;
    this.#hasWaited.set(task, this.log.fired.get(call) ?? 0);
    this.#dues.delete(task);
  }

  /** When a task does its next step. */
  #dueOf(task: Task): number {
    const known = this.#dues.get(task);
    // Others may have taken the lock since.
    if (known !== undefined && (known <= this.#now || !this.#isKeptOut(task, known))) return known;
    const due = this.#dueNow(task);
    this.#dues.set(task, due);
    return due;
  }

  #dueNow(task: Task): number {
    const call = Number(task.account?.operation ?? -1);
    if (task.name === `call ${call}`) {
      const { times } = this.#environment.around(call);
      if (times.length === 0) return this.#now;
      // A system call that begins asks for its first lock before anything is to be seen of it.
      if (isAtOnce(task.pause) || (task.steps <= 1 && !this.#faults.has(call))) return this.#now;
      const fired = this.log.fired.get(call) ?? 0;
      const next = times[Math.min(fired, times.length - 1)];
      if (task.pause === SPINS) return Math.min(next, this.#now + SPIN_TIME);
      // What is left of an fsync is to wait for the journal, whose commit it has asked for at once.
      const isLast = fired > 0 && times.length - fired <= 2 && this.#syncs.has(call);
      if (isLast && !this.#active.some(({ context }) => context !== "process")) return this.#now;
      // Before a wait that is near there is nothing to be seen: it is done at once.
      if (this.#isKeptOut(task, next)) return this.#now;
      return this.#hasWaited.get(task) !== fired && this.#waitIsNear(call, next) ? this.#now : next;
    }
    if (task.context === "workqueue" && task.steps === 0) {
      if (task.name.startsWith("end_io(dio(") && this.#environment.directEnds.length > 0) {
        return this.#takeDirectEnd(call);
      }
      if (task.name.startsWith("end_io(")) return this.#takeConversion(call);
    }
    // A worker of a ring begins, and goes on when it has been woken, when one is next seen.
    const isRingWorker = task.name.startsWith(RING_WORKER);
    if (isRingWorker && (task.steps === 0 || this.#asleep.has(task))) return this.#environment.ringWork(this.#now);
    const bio = this.#bioOf(task);
    if (bio === null) return this.#nextFolioEnd(task);
    const isOfCall = bio.maker !== null && bio.maker.name === `call ${call}`;
    const last = isOfCall ? this.#environment.around(call).times.at(-1) : undefined;
    const until = Math.max(this.#now, last ?? this.#now + WORKER_BIO_WITHIN);
    const rwbs = rwbsOf(bio);
    const end = this.#environment.bioEnd(bio.sector, rwbs, this.#now, until);
    const pages = bio.sectors / this.scenario.bounds.SECTORS_PER_PAGE;
    if (bio.op === "write" && !isDirect(bio) && pages > 1) {
      this.#endings.set(task, { bio, each: (this.#environment.foliosEnd(bio.sector, rwbs, end) - end) / (pages - 1) });
    }
    return end;
  }

  /** When the next folio of a bio that is ending does: one after another, as evenly as nothing else is told. */
  #nextFolioEnd(task: Task): number {
    const ending = this.#endings.get(task);
    if (ending === undefined || this.#device.inFlight.includes(ending.bio)) return this.#now;
    return Math.round(this.#now + ending.each);
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
    const until = this.ended.has(call) ? Infinity : this.#environment.around(call).times.at(-1) ?? Infinity;
    return next > until ? time : next;
  }

  /** {@linkcode #conversionFrom} now; whoever comes next gets a later one. */
  #takeConversion(call: number): number {
    const { conversions } = this.#environment;
    const time = this.#conversionFrom(this.#now, call);
    while (this.#conversion < conversions.length && conversions[this.#conversion] < time) this.#conversion++;
    if (conversions[this.#conversion] === time) this.#conversion++;
    return time;
  }

  /** When a worker of the recording began with the end of a direct write, the next that no other one is for. */
  #takeDirectEnd(call: number): number {
    const { directEnds } = this.#environment;
    const files = this.#filesOfCall.get(call);
    const until = this.ended.has(call) ? Infinity : this.#environment.around(call).times.at(-1) ?? Infinity;
    const at = directEnds.findIndex((end, nth) =>
      !this.#directEndsTaken.has(nth) && end.time >= this.#now && (files === undefined || files.has(end.ino))
    );
    if (at < 0 || directEnds[at].time > until) return this.#now;
    this.#directEndsTaken.add(at);
    return directEnds[at].time;
  }

  /** Whether I/O that the call may have to wait for ends before it is seen again. */
  #waitIsNear(call: number, next: number): boolean {
    if (this.#waitForNothing.has(call)) return false;
    if (this.#readsAt.has(call) && !this.#meetsRead(call)) return false;
    const ends = (bio: Bio) => {
      if (bio.task === null || bio.task.generator === null) return false;
      const due = this.#dueOf(bio.task);
      return this.#now < due && due < next;
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
    if (this.#hasWaited.get(task) === (this.log.fired.get(call) ?? 0)) return false;
    return [...this.#atWork.get(inoOf(range!.file)) ?? []].some(({ call: { id, kind } }) =>
      TAKES_PAGES.test(kind) && this.#underWay.has(id) && (this.#environment.around(id).times.at(-1) ?? Infinity) < next
    );
  }

  /** When writeback by a bio is over, with what a worker may do at its end. */
  #writtenBy({ task }: Bio, call: number): number {
    const ended = task === null || task.generator === null ? this.#now : this.#dueOf(task);
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

/** Something that no call does. */
interface Work {
  readonly time: number;
  /** Undefined: the model does nothing of the kind. */
  body(): Steps<unknown> | undefined;
}

function* outside(_task: Task, body: Work["body"]): Steps {
  yield;
  const steps = body();
  if (steps !== undefined) yield* steps;
}

function isAtOnce(pause: Pause): boolean {
  return typeof pause === "object" && "pace" in pause && pause.pace === AT_ONCE.pace;
}

/** Whether a bio is one of direct I/O. */
function isDirect({ private: own }: Bio): boolean {
  return typeof own === "object" && own !== null && "dio" in own;
}

function* perform(task: Task, { run, asked }: { run: ModelRun; asked: AskedCall }): Steps {
  const { id } = asked.call;
  task.account = new Account(String(id));
  yield;
  try {
    const result = yield* performCall(run, task, asked);
    if (result !== null) run.results.set(id, result);
  } catch (error) {
    run.failures.set(id, error instanceof Error ? error.message : String(error));
  }
  run.over(asked);
}
