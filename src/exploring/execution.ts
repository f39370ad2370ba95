/**
 * A run as the explorer sees it: its events, which of them happen before which, and where two of them race.
 *
 * An event is a step of a task. It happens after the event before it in its task, after the one that started its task, and
 * after every earlier event that it conflicts with. Clocks say so: event `a` of task `p` happens before `b` when `b`'s
 * clock counts it among `p`'s events.
 *
 * Events are taken back from the end only, and what they left in the tables is undone then. Going back to an earlier point
 * runs the program again up to there, without any bookkeeping.
 *
 * | operation | cost |
 * |---|---|
 * | extend | the step itself + tasks x accesses of it |
 * | truncate | accesses of the events taken back |
 * | restart | steps that are left |
 *
 * @module
 */

import { Access, commute } from "../machine/access.ts";
import { AccessLog } from "../machine/access_log.ts";
import { Identities } from "../machine/identities.ts";
import { Level, type Wait } from "../machine/level.ts";
import type { Prepared, Program } from "../machine/program.ts";
import { isWait, type Task } from "../machine/task.ts";
import { World } from "../machine/world.ts";
import { Footprints, NOTHING } from "./footprints.ts";
import { type Assumption, OwnPasts, VariableSteps } from "./variable_steps.ts";
import { type Move, UNKNOWN } from "./wakeup_tree.ts";

const EVENTS_FIRST = 256;
const ACCESSES_FIRST = 1024;
const TASKS_FIRST = 16;
const NONE = -1;
const NO_TIMES = new Int32Array(0);

/** Subsets of events that are tried to let a waiting task through; beyond that, one at a time has to do. */
const REMOVALS_TRIED_MAX = 4096;

/**
 * Two events in conflict with nothing between them, the later of which could have come first: told by what to leave out
 * for that, with all that happens after it. That is the earlier event, or several that only together are in the way.
 */
export type Race = number | readonly number[];

function grown<T extends Int32Array | Float64Array | Uint8Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

export class Execution {
  readonly program: Program;
  readonly identities: Identities;
  readonly footprints: Footprints;
  readonly variable: VariableSteps;
  /** Where tasks are in their own past. */
  readonly pasts: OwnPasts;
  readonly #watches: boolean;
  readonly #log = new AccessLog();
  /** Of a step that is tried in another order. */
  readonly #tried = new AccessLog();
  world!: World;
  prepared: Prepared = {};
  /** Events so far. */
  length = 0;
  /** The first {@linkcode raceCount} are the races of the last step that was done or looked at. */
  readonly races: Race[] = [];
  raceCount = 0;
  /** Steps done in all runs, for statistics. */
  stepsDone = 0;

  /** By event. */
  task = new Int32Array(EVENTS_FIRST);
  outcome = new Int32Array(EVENTS_FIRST);
  /** How many outcomes there were to choose from; 1 where there was no choice. */
  outcomes = new Int32Array(EVENTS_FIRST);
  footprint = new Int32Array(EVENTS_FIRST);
  /** How many-th event of its task it is, from 1. */
  nth = new Int32Array(EVENTS_FIRST);
  /** The place of its task before it: see {@linkcode OwnPasts}. */
  place = new Int32Array(EVENTS_FIRST);
  #previousOfTask = new Int32Array(EVENTS_FIRST);
  /** Of a program that can crash: the version of what may be found after one behind the event. */
  #durable = new Float64Array(EVENTS_FIRST);
  #durableAtStart = 0;
  /** The last event before it that it comes right after; {@linkcode NONE} where it comes after none. */
  #comesBehind = new Int32Array(EVENTS_FIRST);
  #firstAccess = new Int32Array(EVENTS_FIRST + 1);
  /** Clocks: by event and task. */
  #clocks = new Int32Array(EVENTS_FIRST * TASKS_FIRST);
  #stride = TASKS_FIRST;
  /** Tasks known: what clocks say of others is 0. */
  #tasks = 0;

  // By access. Accesses of one object that commute with each other form a group; a group is a list, and begins where the
  // group before it ends.
  #accesses = 0;
  #object = new Int32Array(ACCESSES_FIRST);
  #kind = new Uint8Array(ACCESSES_FIRST);
  #delta = new Int32Array(ACCESSES_FIRST);
  #event = new Int32Array(ACCESSES_FIRST);
  #sameGroup = new Int32Array(ACCESSES_FIRST);
  #groupBefore = new Int32Array(ACCESSES_FIRST);

  /** By object: the last access. */
  #last = new Int32Array(EVENTS_FIRST).fill(NONE);
  /** By task: its last event, and the event that started it. */
  #lastOfTask = new Int32Array(TASKS_FIRST).fill(NONE);
  #startedBy = new Int32Array(TASKS_FIRST).fill(NONE);

  /** Clock of the task whose step is looked at, before that step. */
  #before = new Int32Array(TASKS_FIRST);
  #merged = new Int32Array(TASKS_FIRST);
  /** By task and footprint: how often the task has touched just that. */
  readonly #times: Int32Array[] = [];
  /** By event: the same, of its task and what it has touched, itself included. */
  #nthAlike = new Int32Array(EVENTS_FIRST);
  /** Events that the step looked at may race with, the latest first. */
  #candidates = new Int32Array(EVENTS_FIRST);
  #candidateCount = 0;
  /** By event, as it was asked for. */
  readonly #moves: (Move | null)[] = [];

  /** @param names of tasks, objects and footprints, to share with another execution of the program */
  constructor(
    program: Program,
    names?: { identities: Identities; footprints: Footprints; variable: VariableSteps },
    assumption: Assumption = "steady",
  ) {
    this.program = program;
    this.identities = names?.identities ?? new Identities();
    this.footprints = names?.footprints ?? new Footprints();
    this.variable = names?.variable ?? new VariableSteps(assumption);
    this.#watches = this.variable.assumption === "steady";
    this.pasts = new OwnPasts(this.identities, this.footprints);
    this.restart();
  }

  /** Runs the program again from its beginning up to the last event. */
  restart(): void {
    const world = new World(this.identities);
    this.world = world;
    this.prepared = this.program.setUp(world) ?? {};
    this.#durableAtStart = this.prepared.crash?.durableVersion() ?? 0;
    const { task, outcome, length } = this;
    for (let i = 0; i < length; i++) world.step(world.task(task[i]), outcome[i]);
    this.stepsDone += length;
    world.log = this.#log;
  }

  /** Takes back the events from `length` on; {@linkcode restart} before the next step. */
  truncate(length: number): void {
    let access = this.#accesses;
    const firstAccess = this.#firstAccess[length];
    while (access > firstAccess) {
      access--;
      const same = this.#sameGroup[access];
      this.#last[this.#object[access]] = same !== NONE ? same : this.#groupBefore[access];
    }
    this.#accesses = access;
    for (let i = this.length - 1; i >= length; i--) {
      this.#lastOfTask[this.task[i]] = this.#previousOfTask[i];
      if (!this.#watches) continue;
      this.#times[this.task[i]][this.footprint[i]]--;
    }
    this.length = length;
  }

  /** True when event `a` happens before event `b`, or is it. */
  happensBefore(a: number, b: number): boolean {
    return this.#clocks[b * this.#stride + this.task[a]] >= this.nth[a];
  }

  /** True when an event happens after one of these, or is one of them. */
  comesAfterOne(event: number, earlier: readonly number[]): boolean {
    for (const each of earlier) if (this.happensBefore(each, event)) return true;
    return false;
  }

  /**
   * True when an event would come behind the first `length` events and do the same there, if what happens after event
   * `length` were left out: nothing else between depends on it.
   */
  couldComeAt(length: number, event: number): boolean {
    if (this.#comesBehind[event] <= length) return true;
    for (let between = length + 1; between < event; between++) {
      if (this.happensBefore(between, event) && !this.happensBefore(length, between)) return false;
    }
    return true;
  }

  /** The first event of a task in [from, to); {@linkcode NONE} where there is none. */
  nextOf(task: number, from: number, to: number): number {
    const tasks = this.task;
    for (let event = from; event < to; event++) if (tasks[event] === task) return event;
    return NONE;
  }

  /** Lets a task do its next step. */
  extend(task: Task, outcome: number): void {
    const { world } = this;
    const log = this.#log;
    const tasksBefore = world.tasks.length;
    const wait = isWait(task.pause) ? task.pause : null;
    const level = wait === null ? 0 : wait.level.peek;
    const outcomes = world.outcomes(task);
    world.step(task, outcome);
    this.stepsDone++;
    this.#makeRoom();
    const event = this.length;
    const index = task.index;
    this.task[event] = index;
    this.outcome[event] = outcome;
    this.outcomes[event] = outcomes;
    this.footprint[event] = this.footprints.of(log.objects, log.kinds, log.count);
    this.#moves[event] = null;
    const { crash } = this.prepared;
    if (crash !== undefined) this.#durable[event] = crash.durableVersion();
    this.#setBefore(index);
    this.#collectRaces(index, log.count, wait, level, wait === null ? Access.Read : this.#accessOf(wait));

    const at = event * this.#stride;
    const clocks = this.#clocks;
    const before = this.#before;
    for (let i = 0; i < this.#tasks; i++) clocks[at + i] = before[i];
    const previous = this.#lastOfTask[index];
    this.#comesBehind[event] = previous === NONE ? this.#startedBy[index] : previous;
    for (let i = 0; i < log.count; i++) this.#mergeConflicting(log.objects[i], log.kinds[i], event);
    const nth = previous === NONE ? 1 : this.nth[previous] + 1;
    clocks[at + index] = nth;
    this.nth[event] = nth;
    if (this.#watches) this.#watch(task, event);
    this.#previousOfTask[event] = previous;
    this.#lastOfTask[index] = event;
    for (let i = tasksBefore; i < world.tasks.length; i++) this.#startedBy[world.tasks[i].index] = event;

    this.#firstAccess[event] = this.#accesses;
    for (let i = 0; i < log.count; i++) {
      this.#addAccess(log.objects[i], log.kinds[i], log.deltas[i], event);
    }
    this.#firstAccess[event + 1] = this.#accesses;
    this.length++;
  }

  /** Takes note of what a step touches, and of the place that it has in its task's past. */
  #watch(task: Task, event: number): void {
    const { index } = task;
    const place = this.place[event] = this.placeOf(index);
    const footprint = this.footprint[event];
    // Whether a step is the task's last makes no difference to anybody who could come before it.
    this.variable.note(
      place,
      task.generator === null ? this.footprints.without(footprint, task.endObject) : footprint,
    );
    let times = this.#times[index];
    if (times === undefined || times.length <= footprint) {
      times = this.#times[index] = grown(times ?? NO_TIMES, Math.max(footprint + 1, 2 * (times?.length ?? 0)));
    }
    this.#nthAlike[event] = ++times[footprint];
  }

  /** The place of a task behind all events; where steps are not watched it is not known, and nothing depends on it. */
  placeOf(task: number): number {
    if (!this.#watches) return 0;
    const last = this.#lastOfTask[task];
    if (last === NONE) return this.pasts.behind(task, NOTHING, 0, 0);
    return this.pasts.behind(task, this.footprint[last], this.outcome[last], this.#nthAlike[last]);
  }

  /** What the last of these moves touches when they are done after the first `length` events; `seen`: what it did here. */
  footprintAfter(length: number, moves: readonly Move[], seen: Move): number {
    const footprint = this.#try(length, moves);
    return footprint === UNKNOWN ? seen.footprint : footprint;
  }

  #try(length: number, moves: readonly Move[]): number {
    const run = new World(this.identities);
    this.program.setUp(run);
    const log = this.#tried;
    for (let i = 0; i < length; i++) run.step(run.task(this.task[i]), this.outcome[i]);
    const last = moves[moves.length - 1];
    for (const move of moves) {
      const task = run.task(move.task);
      if (task === undefined || !run.isEnabled(task)) return UNKNOWN;
      if (move === last) run.log = log;
      run.step(task, move.outcome);
    }
    this.stepsDone += length + moves.length;
    return this.footprints.of(log.objects, log.kinds, log.count);
  }

  /** Looks at the step that a task is waiting to do for its races, as if it came now. */
  lookAtWaiting(task: Task, wait: Wait): void {
    this.#makeRoom();
    this.#setBefore(task.index);
    this.#collectRaces(task.index, 0, wait, wait.level.peek, wait.access);
  }

  #makeRoom(): void {
    const log = this.#log;
    if (this.length + 1 >= this.task.length) {
      const length = this.task.length * 2;
      this.task = grown(this.task, length);
      this.outcome = grown(this.outcome, length);
      this.outcomes = grown(this.outcomes, length);
      this.footprint = grown(this.footprint, length);
      this.nth = grown(this.nth, length);
      this.place = grown(this.place, length);
      this.#nthAlike = grown(this.#nthAlike, length);
      this.#previousOfTask = grown(this.#previousOfTask, length);
      this.#durable = grown(this.#durable, length);
      this.#comesBehind = grown(this.#comesBehind, length);
      this.#candidates = grown(this.#candidates, length);
      this.#firstAccess = grown(this.#firstAccess, length + 1);
      this.#clocks = grown(this.#clocks, length * this.#stride);
    }
    const tasks = this.#tasks = this.identities.taskCount;
    if (tasks > this.#stride) this.#widen(Math.max(tasks, this.#stride * 2));
    const objects = this.identities.objectCount;
    if (objects > this.#last.length) {
      const from = this.#last.length;
      this.#last = grown(this.#last, Math.max(objects, from * 2));
      this.#last.fill(NONE, from);
    }
    const accesses = this.#accesses + log.count;
    if (accesses > this.#object.length) {
      const length = Math.max(accesses, this.#object.length * 2);
      this.#object = grown(this.#object, length);
      this.#kind = grown(this.#kind, length);
      this.#delta = grown(this.#delta, length);
      this.#event = grown(this.#event, length);
      this.#sameGroup = grown(this.#sameGroup, length);
      this.#groupBefore = grown(this.#groupBefore, length);
    }
  }

  #widen(stride: number): void {
    const clocks = new Int32Array(this.task.length * stride);
    for (let i = 0; i < this.length; i++) {
      clocks.set(this.#clocks.subarray(i * this.#stride, (i + 1) * this.#stride), i * stride);
    }
    this.#clocks = clocks;
    const from = this.#stride;
    this.#stride = stride;
    this.#before = new Int32Array(stride);
    this.#merged = new Int32Array(stride);
    this.#lastOfTask = grown(this.#lastOfTask, stride);
    this.#lastOfTask.fill(NONE, from);
    this.#startedBy = grown(this.#startedBy, stride);
    this.#startedBy.fill(NONE, from);
  }

  /** Sets the clock with which a task comes to its next step. */
  #setBefore(task: number): void {
    const previous = this.#lastOfTask[task] !== NONE ? this.#lastOfTask[task] : this.#startedBy[task];
    const before = this.#before;
    const clocks = this.#clocks;
    const at = previous * this.#stride;
    for (let i = 0; i < this.#tasks; i++) before[i] = previous === NONE ? 0 : clocks[at + i];
  }

  /** The last access in the group that an access of this kind comes after. */
  #conflicting(object: number, kind: Access): number {
    const last = this.#last[object];
    if (last !== NONE && kind !== Access.Write && this.#kind[last] === kind) return this.#groupBefore[last];
    return last;
  }

  #mergeConflicting(object: number, kind: Access, event: number): void {
    const clocks = this.#clocks;
    const stride = this.#stride;
    const at = event * stride;
    const tasks = this.#tasks;
    for (let access = this.#conflicting(object, kind); access !== NONE; access = this.#sameGroup[access]) {
      const earlier = this.#event[access];
      if (earlier > this.#comesBehind[event]) this.#comesBehind[event] = earlier;
      // Whoever knows of an event knows all that the event knows.
      if (this.nth[earlier] <= clocks[at + this.task[earlier]]) continue;
      const from = earlier * stride;
      for (let i = 0; i < tasks; i++) if (clocks[from + i] > clocks[at + i]) clocks[at + i] = clocks[from + i];
    }
  }

  #addAccess(object: number, kind: Access, delta: number, event: number): void {
    const access = this.#accesses++;
    const last = this.#last[object];
    const joins = last !== NONE && kind !== Access.Write && this.#kind[last] === kind;
    this.#object[access] = object;
    this.#kind[access] = kind;
    this.#delta[access] = delta;
    this.#event[access] = event;
    this.#sameGroup[access] = joins ? last : NONE;
    this.#groupBefore[access] = joins ? this.#groupBefore[last] : last;
    this.#last[object] = access;
  }

  /** Notes an event that the step may race with, unless the step's task knew of it before. */
  #addCandidate(event: number): void {
    const task = this.task[event];
    if (this.nth[event] <= this.#before[task]) return;
    const candidates = this.#candidates;
    let at = this.#candidateCount;
    while (at > 0 && candidates[at - 1] < event) at--;
    if (at > 0 && candidates[at - 1] === event) return;
    for (let i = this.#candidateCount++; i > at; i--) candidates[i] = candidates[i - 1];
    candidates[at] = event;
  }

  /**
   * Finds the races of a step of `task` that comes after all events so far.
   *
   * An earlier event races with the step when they conflict, the task did not know of the event before, and no event lies
   * between them. A step that waits may have been impossible before the event that let it through; then the race is with
   * the event that closed the way: every access of the level is looked at, and whether the step could have been done
   * without it is told by the sum of what is left.
   *
   * @param accesses how many accesses of the log are the step's own
   * @param level of what is waited for, before the step
   * @param access how the step touches that level
   */
  #collectRaces(
    task: number,
    accesses: number,
    wait: Wait | null,
    level: number,
    access: Access,
  ): void {
    const log = this.#log;
    this.raceCount = 0;
    this.#candidateCount = 0;
    const waited = wait === null ? NONE : wait.level.object;
    for (let i = 0; i < accesses; i++) {
      if (log.objects[i] === waited) continue;
      for (let at = this.#conflicting(log.objects[i], log.kinds[i]); at !== NONE; at = this.#sameGroup[at]) {
        if (this.task[this.#event[at]] !== task) this.#addCandidate(this.#event[at]);
      }
    }
    if (wait !== null) this.#addWaitCandidates(wait.level.object, access);
    const candidates = this.#candidateCount;
    if (candidates === 0) return;
    const merged = this.#merged;
    for (let i = 0; i < this.#tasks; i++) merged[i] = this.#before[i];
    for (let candidate = 0; candidate < candidates; candidate++) {
      const event = this.#candidates[candidate];
      if (this.nth[event] <= merged[this.task[event]]) continue;
      if (wait !== null && !this.#isOpenWithoutOne(event, wait, level)) {
        this.#raceWithSeveral(event, wait, level);
        continue;
      }
      this.races[this.raceCount++] = event;
      if (candidate === candidates - 1) return;
      const at = event * this.#stride;
      for (let i = 0; i < this.#tasks; i++) if (this.#clocks[at + i] > merged[i]) merged[i] = this.#clocks[at + i];
    }
  }

  #accessOf(wait: Wait): Access {
    const log = this.#log;
    for (let i = 0; i < log.count; i++) if (log.objects[i] === wait.level.object) return log.kinds[i];
    return wait.access;
  }

  #addWaitCandidates(object: number, kind: Access): void {
    let isKnown = false;
    for (let access = this.#last[object]; access !== NONE;) {
      const event = this.#event[access];
      if (this.nth[event] <= this.#before[this.task[event]]) isKnown = true;
      else if (!commute(kind, this.#kind[access])) this.#addCandidate(event);
      const same = this.#sameGroup[access];
      // Each of a group comes after all of the groups before it: who knows of one knows of those.
      if (same === NONE && isKnown) return;
      access = same !== NONE ? same : this.#groupBefore[access];
    }
  }

  /** Would the wait be open had an event, and what comes after it, not happened? */
  #isOpenWithoutOne(removed: number, wait: Wait, level: number): boolean {
    let left = level;
    for (let access = this.#last[wait.level.object]; access !== NONE;) {
      const event = this.#event[access];
      if (event < removed) break;
      if (this.happensBefore(removed, event)) left -= this.#delta[access];
      access = this.#sameGroup[access] !== NONE ? this.#sameGroup[access] : this.#groupBefore[access];
    }
    return left >= wait.min && left <= wait.max;
  }

  /** Would the wait be open had the events `removed`, and what comes after them, not happened? */
  #isOpenWithout(removed: readonly number[], wait: Wait, level: number): boolean {
    let first = removed[0];
    for (const event of removed) if (event < first) first = event;
    let left = level;
    for (let access = this.#last[wait.level.object]; access !== NONE;) {
      const event = this.#event[access];
      if (event < first) break;
      for (const each of removed) {
        if (!this.happensBefore(each, event)) continue;
        left -= this.#delta[access];
        break;
      }
      access = this.#sameGroup[access] !== NONE ? this.#sameGroup[access] : this.#groupBefore[access];
    }
    return left >= wait.min && left <= wait.max;
  }

  /**
   * Events that only together kept the step back: two readers that each wait for the other before they let a writer in.
   * With exclusive accesses alone there is no such case, since leaving one out leaves out all that follow.
   */
  #raceWithSeveral(event: number, wait: Wait, level: number): void {
    const others: number[] = [];
    for (let candidate = 0; candidate < this.#candidateCount; candidate++) {
      const other = this.#candidates[candidate];
      if (other < event && !this.happensBefore(other, event)) others.push(other);
    }
    if (others.length === 0) return;
    let tried = 0;
    const found: number[][] = [];
    const extend = (removed: number[], from: number): void => {
      for (let i = from; i < others.length && tried < REMOVALS_TRIED_MAX; i++) {
        const next = [...removed, others[i]];
        if (next.slice(0, -1).some((each) => this.happensBefore(others[i], each))) continue;
        tried++;
        if (this.#isOpenWithout(next, wait, level)) found.push(next);
        else extend(next, i + 1);
      }
    };
    extend([event], 0);
    for (const removed of found) this.races[this.raceCount++] = removed;
  }

  /** The event as a move. */
  move(event: number): Move {
    return this.#moves[event] ??= {
      task: this.task[event],
      outcome: this.outcome[event],
      outcomes: this.outcomes[event],
      footprint: this.footprint[event],
    };
  }

  /** Events after which something else may be found after a crash than before them, in order. */
  durableEvents(): number[] {
    const events: number[] = [];
    let version = this.#durableAtStart;
    for (let event = 0; event < this.length; event++) {
      if (this.#durable[event] !== version) events.push(event);
      version = this.#durable[event];
    }
    return events;
  }

  /** How many events of a task the clock of an event counts. */
  clock(event: number, task: number): number {
    return this.#clocks[event * this.#stride + task];
  }

  /** Tasks that have not ended, with what they wait for. */
  waiting(): { task: Task; wait: Wait }[] {
    const list: { task: Task; wait: Wait }[] = [];
    for (const task of this.world.tasks) {
      if (task.generator !== null && isWait(task.pause) && !Level.isOpen(task.pause)) {
        list.push({ task, wait: task.pause });
      }
    }
    return list;
  }
}
