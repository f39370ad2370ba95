/**
 * One run of a program: its tasks, its shared objects, and what each step touched.
 *
 * A world does nothing by itself. A strategy asks which tasks are enabled and lets one of them do one step, until none is
 * left. Shared objects report every access to {@linkcode World.touch}; nothing is declared by hand, so that no dependence
 * can be forgotten.
 *
 * @module
 */

import type { Fairness } from "./rwsem.ts";
import type { Access } from "./access.ts";
import type { AccessLog } from "./access_log.ts";
import { addCost, Costs, type CountedMetric } from "./costs.ts";
import { History } from "./history.ts";
import type { Identities } from "./identities.ts";
import { SETUP } from "./identities.ts";
import { Level, type Resource } from "./level.ts";
import type { ResourceLog } from "./resource_log.ts";
import type { HasPseudoHolders } from "./deadlock.ts";
import { isChoice, isWait, Task, type TaskBody, type TaskOptions } from "./task.ts";
import type { TracepointLog } from "./tracepoint_log.ts";

/** What a finding is about, for those who look for it; positions in sectors. */
export interface FindingSubject {
  /** What kind of its anomaly it is: `self`, `window`, `written_state`. */
  readonly attributes?: readonly string[];
  /** Tasks that have a part in it. */
  readonly tasks?: readonly string[];
  /** Resources that have a part in it, as they print themselves: `page(F,3)`. */
  readonly resources?: readonly string[];
  /** Operations, the first of them the one that suffers: `T1#0`. */
  readonly operations?: readonly string[];
  readonly file?: string;
  /** Sectors of the file that it is about. */
  readonly sectors?: readonly number[];
}

/** Something wrong that a step noticed: an assertion, a sleeping lock taken in an interrupt, a lock that is left over. */
export interface Finding {
  /** Id in the anomaly catalogue, e.g. `BUG_CONTEXT`; `ASSERTION` for a program's own. */
  readonly anomaly: string;
  /** What is wrong, in words. */
  readonly text: string;
  /** Name of the task whose step it was; empty in the set-up and at the end. */
  readonly task: string;
  /** Number of the step in the run, from 0. */
  readonly step: number;
  /** What it is about: tasks, operations, resources, sectors. */
  readonly subject: FindingSubject;
}

/** Thrown by {@linkcode World.assert}; ends the task that it happens in. */
export class AssertionFailed extends Error {
  /** Tells it from other errors. */
  override name = "AssertionFailed";
}

/** What is asked of the model does not exist: no run says anything, and whoever runs the world is told. */
export class NoSuchThing extends Error {
  override name = "NoSuchThing";
}

/** Sees what is worth telling about a step; the run is slower while there is one. */
export interface StepObserver {
  /** Told of what a step does, while it does it. */
  note(task: Task | null, action: string, resource: string, detail: string): void;
}

/** The task that does a step, and the operation that it does it for. */
function ownSubject({ name, account }: Task): FindingSubject {
  return account === null ? { tasks: [name] } : { tasks: [name], operations: [account.operation] };
}

const NO_OPTIONS = {};
const NOBODY: HasPseudoHolders = { pseudoHolders: [] };
const NO_SUBJECT: FindingSubject = {};

/** One run: what tasks share is made in it, and tasks are started in it. It is set up anew for every run. */
export class World {
  /** Numbers of objects and tasks, which all runs of a program share. */
  readonly identities: Identities;
  /** Tasks of this run, in the order in which they were started. */
  readonly tasks: Task[] = [];
  /** All that tasks can hold, in the order in which it was made: for reports of deadlocks and of what is left over. */
  readonly resources: Resource[] = [];
  /** What steps have noticed that is wrong, in their order. */
  readonly findings: Finding[] = [];
  /**
   * How reader-writer semaphores go that nobody says otherwise of. Those of the kernel are taken by whoever comes upon them
   * free, until somebody has waited for 4 ms (RWSEM_WAIT_TIMEOUT): where a recording tells who came when, they are stealing
   * ones. To be set before anything is made.
   */
  lockFairness: Fairness = "fair";
  /** Steps done. */
  steps = 0;
  /** The task whose step is being done; null during set-up. */
  current: Task | null = null;
  /** Told of what steps do, when somebody wants to read it. */
  observer: StepObserver | null = null;
  /** Where the accesses of the current step go; null while nobody needs them. */
  log: AccessLog | null = null;
  /** Where events of tracepoints go; null while nobody wants them. To be set before anything is made. */
  tracepoints: TracepointLog | null = null;
  /** Where takings, givings back and waits go; null while nobody needs them. To be set before anything is made. */
  resourceLog: ResourceLog | null = null;
  /** What is mounted, where that has resources without being a task: for reports of deadlocks. */
  mounted: HasPseudoHolders = NOBODY;
  /** What the whole run costs, but for its steps: see {@linkcode World.steps}. */
  readonly costs: Costs = new Costs();

  #objectsMade = 0;
  #tasksMade = 0;
  readonly #byIndex: Task[] = [];
  #history: History | null = null;

  /**
   * Makes a world with no tasks in it.
   *
   * @param identities those of the other runs of the same program, or new ones
   */
  constructor(identities: Identities) {
    this.identities = identities;
  }

  /** Number for a new shared object, made by the current task. */
  newObject(): number {
    const maker = this.current;
    return maker === null
      ? this.identities.object(SETUP, this.#objectsMade++)
      : this.identities.object(maker.index, maker.objectsMade++);
  }

  /** Notes that the current step touches an object, and by how much it changes the object's level. */
  touch(object: number, access: Access, delta: number): void {
    if (this.log !== null) this.log.add(object, access, delta);
  }

  /**
   * Starts a task. What it does before its first `yield` belongs to the step that starts it.
   *
   * @param body called at once, with `options.argument`
   */
  spawn<A = undefined>(name: string, body: TaskBody<A>, options: TaskOptions<A> = NO_OPTIONS): Task {
    const parent = this.current;
    const index = parent === null
      ? this.identities.task(SETUP, this.#tasksMade++)
      : this.identities.task(parent.index, parent.tasksMade++);
    const task = new Task(this, index, name, options);
    if (parent !== null) task.account = parent.account;
    this.tasks.push(task);
    this.#byIndex[index] = task;
    task.generator = body(task, options.argument as A);
    const { resourceLog } = this;
    if (resourceLog !== null) resourceLog.current = task;
    this.current = task;
    this.#advance(task, 0);
    this.current = parent;
    if (resourceLog !== null) resourceLog.current = parent;
    return task;
  }

  /** The task of this number; it must have been started in this run. */
  task(index: number): Task {
    return this.#byIndex[index];
  }

  /** True when the task can do a step now. */
  isEnabled(task: Task): boolean {
    if (task.generator === null) return false;
    const { pause } = task;
    return !isWait(pause) || Level.isOpen(pause);
  }

  /** Outcomes of the task's next step: 1 where there is nothing to choose. */
  outcomes(task: Task): number {
    return isChoice(task.pause) ? task.pause.count : 1;
  }

  /**
   * Lets an enabled task do one step; `outcome` is what is chosen at a {@linkcode Choice}.
   *
   * Choosing does nothing else, so that all outcomes are alike to everybody but the task: were what comes of it part of
   * the step, one outcome might commute with the steps of others where another one does not.
   */
  step(task: Task, outcome: number): void {
    if (this.log !== null) this.log.count = 0;
    this.current = task;
    const { pause } = task;
    if (this.resourceLog !== null) this.#logStep(this.resourceLog, task);
    if (task.account !== null) task.account.costs.steps++;
    if (isChoice(pause)) {
      task.chosen = outcome;
      task.pause = undefined;
    } else {
      if (isWait(pause)) this.touch(pause.level.object, pause.access, 0);
      const { chosen } = task;
      task.chosen = 0;
      this.#advance(task, chosen);
    }
    this.current = null;
    task.steps++;
    this.steps++;
  }

  #logStep(log: ResourceLog, task: Task): void {
    log.step = this.steps;
    log.current = task;
    if (isWait(task.pause)) log.passed(task, task.pause);
  }

  #advance(task: Task, outcome: number): void {
    try {
      const { done, value } = task.generator!.next(outcome);
      if (done !== true) {
        task.pause = value;
        if (this.resourceLog !== null && isWait(value)) this.resourceLog.arrived(task, value);
        return;
      }
      task.result = value;
    } catch (error) {
      if (error instanceof NoSuchThing) throw error;
      task.failure = error;
      if (!(error instanceof AssertionFailed)) {
        this.report("EXCEPTION", error instanceof Error ? error.message : String(error));
      }
    }
    task.end();
  }

  /**
   * Notes something wrong that the current step shows.
   *
   * @param subject what it is about; where it names no task or operation, the current ones
   */
  report(anomaly: string, text: string, subject: FindingSubject = NO_SUBJECT): void {
    const task = this.current;
    const about = task === null ? subject : { ...ownSubject(task), ...subject };
    this.findings.push({ anomaly, text, task: task?.name ?? "", step: this.steps, subject: about });
  }

  /** Counts something that the current step costs, for the run and for the operation that the step is done for. */
  count(metric: CountedMetric, times = 1): void {
    addCost(this.costs, metric, times);
    const account = this.current?.account ?? null;
    if (account !== null) addCost(account.costs, metric, times);
  }

  /**
   * What kernel code states: where it does not hold, that is reported as ASSERTION.
   *
   * @throws {AssertionFailed} which ends the task, when `condition` does not hold
   */
  assert(condition: boolean, text: string): void {
    if (condition) return;
    this.report("ASSERTION", text);
    throw new AssertionFailed(text);
  }

  /**
   * What kernel code says before it may sleep: in an interrupt that is a defect.
   *
   * @param name of what is waited for, where that is to be told; it is put behind `what` only where it is
   */
  mightSleep(what: string, name: string | null = null): void {
    const task = this.current;
    if (task !== null && !task.maySleep) {
      const subject = name === null ? what : `${what} ${name}`;
      this.report("BUG_CONTEXT", `${subject} may sleep, in ${task.context} context`);
    }
  }

  /** Tells the reader of a trace what the current step does. */
  note(action: string, resource = "", detail = ""): void {
    if (this.observer !== null) this.observer.note(this.current, action, resource, detail);
  }

  /** The operations of this run. */
  get history(): History {
    return this.#history ??= new History(this);
  }
}
