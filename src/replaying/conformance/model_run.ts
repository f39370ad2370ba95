/**
 * The calls of a recording on the modelled kernel, one world for all of them: what a call leaves behind is what the next
 * one finds.
 *
 * There is no strategy: a task goes on when the recording's came to its next visible step, and a bio ends when it did
 * there. Of the recording nothing else is known than {@linkcode EnvironmentFacts} and the calls.
 *
 * @module
 */

import type { BlockOwner } from "../../machine/block_allocator.ts";
import { rwbsOf } from "../../machine/block_tracepoints.ts";
import { Account } from "../../machine/costs.ts";
import { Identities } from "../../machine/identities.ts";
import type { Steps, Task } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { Surroundings } from "../../systems/common/surroundings.ts";
import { type MainlineVolume, mountAmong } from "../../systems/mainline/index.ts";
import type { FlagValues } from "../../systems/system.ts";
import { adoptState, type FollowedFile } from "./adopt_state.ts";
import { type AskedCall, CallsAtWork } from "./calls_at_work.ts";
import { fileName, inoOf } from "./file_names.ts";
import { heldBy } from "./held_state.ts";
import type { EnvironmentFacts, InitialFile, LeftBehind, OtherWork, RecordedPast } from "./environment.ts";
import { familyOf } from "./event_keys.ts";
import { performCall } from "./model_calls.ts";
import { ModelMemory } from "./model_memory.ts";
import { ReadaheadWindows } from "./readahead_windows.ts";
import { PredictedLog } from "./predicted_log.ts";
import { TaskTimes } from "./task_times.ts";

/** A file that a call has left otherwise than predicted. */
interface LeftFile extends Omit<LeftBehind, "ino"> {
  /** When the last such call was over. */
  readonly until: number;
}

const SECTOR = 512;

/** The transaction that is running when the recording begins. */
const FIRST_TID = 1;

/** Steps of one call before it is given up. */
const STEPS_MAX = 2_000_000;

export class ModelRun {
  readonly world: World;
  readonly log: PredictedLog;
  readonly memory: ModelMemory;
  /** What calls returned, bytes or negative error numbers; missing: it has not returned. */
  readonly results = new Map<number, number>();
  /** Calls that the model did not get through, with why. */
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
  /** Bytes that reads and writes are about. */
  readonly #requests = new Map<number, { readonly offset: number; readonly bytes: number }>();
  readonly #volume: MainlineVolume;
  readonly #calls = new CallsAtWork();
  readonly #times: TaskTimes;
  readonly #past: RecordedPast | null;
  /** Files that a call has left otherwise than the model has them. */
  readonly #differing = new Map<number, LeftFile>();
  /** Calls that are over, and stay in the log until they are so in the recording. */
  readonly #logged: { readonly call: number; readonly until: number }[] = [];
  #known = 0;
  readonly #movesWithinSector = new Set<number>();
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
    const sectorsPerPage = scenario.bounds.SECTORS_PER_PAGE;
    const log = this.log = new PredictedLog(world, sectorsPerPage * SECTOR, {
      isDirty: (file, page) => this.file(inoOf(file))?.inode.mapping.peekFolio(page)?.dirty.peek ?? false,
    }, (name) => environment.names.has(name) && familyOf(name) !== null);
    world.tracepoints = log;
    log.rangeOf = (call) => this.#requests.get(call) ?? null;
    log.foliosOf = (call) => environment.around(call).folios;
    const volume = mountAmong(this.#surroundings(), world, scenario, flags);
    this.#volume = volume;
    this.#times = new TaskTimes({
      environment,
      volume,
      sectorsPerPage,
      log,
      calls: this.#calls,
      active: this.#active,
      run: this,
    });
    world.mounted = volume;
    this.memory = new ModelMemory(world, sectorsPerPage, (ino) => this.file(ino)?.inode.mapping ?? null);
    for (const file of environment.files) this.#addFile(file);
    log.kernel = volume.tracepoints ?? null;
  }

  /** What the recording decides around the file system. */
  #surroundings(): Surroundings {
    const environment = this.#environment;
    const readahead = this.#readahead;
    const { log } = this;
    return {
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
      readaheadWindow: (_file, index, wanted) => readahead.forMissing(this.#callAtWork(), index, wanted),
      readaheadMarked: (_file, index, end, mark) => readahead.forMark(this.#callAtWork(), index, end, mark),
      readaheadMark: (file, index, end) =>
        readahead.mark(this.#callAtWork(), index, end) ?? this.#marked(file, index, end),
      folioOf: (file, index) => log.folioOf(file, index),
      endMovesWithinSector: () => this.#movesWithinSector.has(this.#callAtWork()),
      endsWithinSector: (file, sectors) => log.exactEnd(file, sectors * SECTOR) < sectors * SECTOR,
      timestamps: () => this.#clock(),
    };
  }

  /** A file is as it was when the recording began. */
  #addFile({ ino, cached, nosec, log: logged }: InitialFile): void {
    const file = this.#volume.file(fileName(ino));
    this.#files.set(ino, file);
    if (nosec === "unknown") file.inode.nosec.testAndClear();
    if (logged === "pinned") file.syncTid.set(FIRST_TID);
    const { mapping, bounds } = file.inode;
    for (const folio of cached) {
      for (let page = folio.first; page < folio.first + folio.pages; page++) {
        if (page >= bounds.pagesMax || mapping.peekFolio(page) !== null) continue;
        const added = mapping.addCached(page, Array(bounds.sectorsPerPage).fill(ZERO));
        if (folio.isDirty) added.setDirty();
      }
      if (folio.pages > 1) this.log.addFolio(fileName(ino), folio);
    }
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
    this.#times.readTo(call, sector);
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
      const due = task === null ? Infinity : Math.max(this.#now, this.#times.dueOf(task));
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
      this.#times.goesOn(task);
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
        !this.#calls.underWay.has(call) && (this.#environment.around(call).times.at(-1) ?? 0) <= time;
      const seen = this.#past!.at(time, ino, isOver);
      const file = this.file(ino);
      if (seen === null || file === null) continue;
      this.#now = time;
      const { log } = this;
      const { kernel } = log;
      const atWork = this.#calls.of(ino).filter(({ call }) => !isOver(call.id));
      for (const request of this.#calls.inFlight) if ((request.end ?? 0) <= time) this.#calls.inFlight.delete(request);
      const size = Math.min(seen.size ?? Infinity, this.sizeOf(ino));
      const held = heldBy({ atWork, inFlight: this.#calls.inFlight, ino, size }, this);
      log.kernel = null;
      adoptState({ ino, file, memory: this.memory, places: this.#environment.places, held }, seen);
      log.kernel = kernel;
      log.setFolios(fileName(ino), seen.cached.values(), held.pages);
      if (seen.size !== null && held.size === "free") log.endsAt(fileName(ino), seen.size);
      const { running } = file.journal;
      if (inode === "changed" && running.credits > 0) file.syncTid.set(running.tid);
      if (writes) file.inode.nosec.testAndSet();
      this.#calls.keep(ino, atWork);
      // Blocks that were left to requests in flight are taken over when these are done.
      const ends = [...this.#calls.inFlight].filter((request) => request.ino === ino).map(({ end }) => end ?? 0);
      if (ends.length > 0) this.#isLeft({ ino, inode: "unchanged", writes: false }, Math.max(...ends));
      return true;
    }
    return false;
  }

  /** A call has been done. */
  over(asked: AskedCall): void {
    const { id } = asked.call;
    this.ended.set(id, this.log.timeOf());
    this.#calls.underWay.delete(id);
    if (this.#past === null) return;
    const until = this.#environment.around(id).times.at(-1) ?? 0;
    const went = this.#past.take(id, this.log.byCall.get(id) ?? [], this.failures.get(id));
    this.#forget(id, until);
    if (went === "as predicted") return;
    for (const left of this.#past.filesOf(id)) this.#isLeft(left, until);
  }

  /** Lets the log go of calls that are over in the recording, too: until then they hold pages of their files. */
  #forget(call: number, until: number): void {
    this.#logged.push({ call, until });
    let kept = 0;
    for (const each of this.#logged) {
      if (each.until <= this.#now) this.log.forget(each.call);
      else this.#logged[kept++] = each;
    }
    this.#logged.length = kept;
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
    this.#calls.begin(asked);
    const { id, ino, kind, offset, bytes } = asked.call;
    if (ino !== null && this.#files.has(ino) && offset !== null && bytes !== null) {
      if (/^(pread|pwrite|fallocate)$/.test(kind)) this.#requests.set(id, { offset, bytes });
    }
    this.#times.begins(asked.call, ino !== null && this.#files.has(ino));
    this.#times.goesOn(this.world.spawn(`call ${id}`, perform, { argument: { run: this, asked } }));
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
        this.#times.waits(task);
        continue;
      }
      // What is late is done now.
      const own = Math.max(this.#now, this.#times.dueOf(task));
      if (own < due || (own === due && found !== null && this.#times.rank(task) < this.#times.rank(found))) {
        found = task;
        due = own;
      }
    }
    return found;
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
