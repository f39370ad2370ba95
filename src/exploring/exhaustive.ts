/**
 * Every interleaving, each class of equivalent ones once: optimal dynamic partial order reduction with source sets,
 * wakeup trees and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, J. ACM 64(4), 2017, section 7).
 *
 * Runs are explored depth first. When an event races with an earlier one, the moves that lead to the other order are put
 * into the wakeup tree of the node before the earlier one, unless a run that has been or will be explored there covers
 * them. A sleep set keeps from starting again with a move whose runs have been explored.
 *
 * The other order of a race is taken with all of the run that does not come after the earlier event, also what is behind
 * the later one: whether it is covered may depend on that. A race that is covered as far as one run goes is looked at
 * again in the next run that has it.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import type { Task } from "../machine/task.ts";
import { Execution, type Race } from "./execution.ts";
import { type ExplorationCounts, NOTHING_COUNTED } from "./exploration_counts.ts";
import { type Footprints, NOTHING } from "./footprints.ts";
import type { ScheduledStep } from "./run.ts";
import { type Scouting, SCOUTING_DEFAULT, walkAtRandom } from "./scouting.ts";
import type { ExplorationState, Insertion, Subtree } from "./subtree.ts";
import {
  insert,
  isCovered,
  isCoveredForGood,
  type Move,
  triedMove,
  triedNode,
  UntriedMove,
  type WakeupNode,
} from "./wakeup_tree.ts";

export interface ExhaustiveOptions {
  /** Tasks that have done so many steps do no more, and their run is cut off. Default 10,000. */
  stepsMax?: number;
  /** Default {@linkcode SCOUTING_DEFAULT}; none where all steps are taken to vary. */
  scouting?: Scouting;
}

/** How a class's run ended; the execution is there to be looked at until the call returns. */
export type ClassEnd = "complete" | "deadlock" | "cut_off";

export const STEPS_MAX_DEFAULT = 10_000;

/** A node on the path being explored: what is done there, and what is to come. */
interface Node {
  sleep: readonly Move[];
  branches: WakeupNode[];
}

/** A race whose other order may not have been explored. */
interface OpenRace {
  /** The earlier event, or the earliest of several: the node before it is where the other order begins. */
  readonly first: number;
  /** All of them, where there are several; null: `first` alone. */
  readonly several: readonly number[] | null;
  /** The later event, or where it would be. */
  readonly event: number;
  /** The later event as it was seen. */
  readonly seen: Move;
  /** As it is in the other order, as far as that is known. */
  move: Move;
  /** The moves with which that is tried. */
  tried: readonly Move[];
}

function isAsleep(sleep: readonly Move[], task: number, outcome: number): boolean {
  for (const move of sleep) if (move.task === task && move.outcome === outcome) return true;
  return false;
}

/** True when a step of `task` wakes the move: nothing sleeps behind its own task's step, or behind one it depends on. */
function isWoken(move: Move, task: number, footprint: number, footprints: Footprints): boolean {
  return move.task === task || footprints.conflict(move.footprint, footprint);
}

function isSameSchedule(a: readonly Move[], b: readonly Move[]): boolean {
  return a.length === b.length && a.every(({ task, outcome }, at) => task === b[at].task && outcome === b[at].outcome);
}

const NOT_TRIED: readonly Move[] = [];

/** An exploration that can be stopped after any run and gone on with. */
export class Exhaustive {
  readonly execution: Execution;
  readonly counts: ExplorationCounts = { ...NOTHING_COUNTED };
  /** Where races with events above the root go. */
  readonly insertions: Insertion[] = [];
  done = false;
  /**
   * A part in which a step was seen to touch something else than before: what has been explored on the assumption that it
   * is steady has to be explored anew, from the beginning of the program.
   */
  isUnsteady = false;
  /** Called when the exploration of a whole program begins anew for that reason: classes told of so far come again. */
  onRestart: () => void = () => {
    throw new Error("the exploration begins anew, and nobody is prepared for that");
  };
  /** Of a part: runs that turned out to be in a class that another part explores. */
  elsewhere = 0;
  readonly #stepsMax: number;
  /** Of a part: what slept at its beginning. */
  readonly #othersExplore: readonly Move[];
  readonly #nodes: Node[] = [];
  /** Where this is a part: nodes above it, with what has been handed on to them as branches. */
  readonly #above: Node[];
  readonly #base: number;
  readonly #isWhole: boolean;
  #version = 0;
  /** The races that have still to be looked at when a run ends, by their later event. */
  readonly #open: OpenRace[] = [];
  #openCount = 0;
  readonly #stepsBefore: number;
  #started = false;

  /**
   * @param from a branch to explore alone; default: the beginning of the program
   * @param execution of the same program, to go on with; default: a new one
   */
  constructor(
    program: Program,
    options: ExhaustiveOptions = {},
    from: Subtree | null = null,
    execution = new Execution(program),
  ) {
    this.execution = execution;
    this.#stepsMax = options.stepsMax ?? STEPS_MAX_DEFAULT;
    this.#stepsBefore = execution.stepsDone;
    this.#isWhole = from === null;
    this.#othersExplore = from?.sleep ?? [];
    this.#above = from === null ? [] : from.elsewhere.map((sleep) => ({ sleep, branches: [] }));
    execution.truncate(0);
    execution.restart();
    this.#version = execution.variable.version;
    if (from === null) {
      this.#base = 0;
      if (execution.variable.assumption === "variable") this.#beginAnew();
      else this.#scout(options.scouting ?? SCOUTING_DEFAULT);
    } else {
      this.#base = from.prefix.length + 1;
      for (const step of from.prefix) this.#redo(step);
      const node = { sleep: from.sleep, branches: [from.branch] };
      this.#nodes.push(node);
      if (!this.#follow(node)) {
        this.counts.blocked++;
        this.done = true;
      }
    }
  }

  /** Explores for a while without telling anybody, to see which steps do not always touch the same. */
  #scout({ runs, walks }: Scouting): void {
    walkAtRandom(this.execution, walks, (task) => this.#canGoOn(task));
    for (let quiet = 0; quiet < runs;) {
      this.#beginAnew();
      const { version } = this.execution.variable;
      while (quiet < runs) {
        if (this.#started && !this.#backtrack()) break;
        this.#started = true;
        const before = this.execution.variable.version;
        this.#descend(() => {});
        quiet = this.execution.variable.version === before ? quiet + 1 : 0;
      }
      if (this.execution.variable.version === version) break;
    }
    this.#beginAnew();
  }

  #beginAnew(): void {
    const { execution } = this;
    execution.truncate(0);
    execution.restart();
    this.#nodes.length = 0;
    this.#openCount = 0;
    this.#nodes.push({ sleep: [], branches: [] });
    this.#started = false;
    this.#version = execution.variable.version;
    Object.assign(this.counts, NOTHING_COUNTED);
  }

  #redo({ task, outcome }: ScheduledStep): void {
    this.execution.extend(this.execution.world.task(task), outcome);
    // A race of the way here may look otherwise with what comes behind it in this part.
    this.#openRaces();
    this.#nodes.push({ sleep: [], branches: [] });
  }

  /** Where it stands; only between runs. */
  state(): ExplorationState {
    const { execution } = this;
    const steps: ScheduledStep[] = [];
    for (let i = 0; i < execution.length; i++) {
      steps.push({ task: execution.task[i], outcome: execution.outcome[i] });
    }
    const nodes = this.#nodes.slice(0, execution.length).map(({ sleep, branches }) => ({
      sleep,
      branches: branches.map(triedNode),
    }));
    return { steps, nodes, base: this.#base };
  }

  /**
   * Explores until all is done or `pause` says so.
   *
   * @param onClass called at the end of every class's run
   * @param pause asked after every run
   */
  run(onClass: (end: ClassEnd, execution: Execution) => void, pause: () => boolean): void {
    while (!this.done) {
      if (this.#started) {
        if (!this.#backtrack()) {
          this.done = true;
          break;
        }
      }
      this.#started = true;
      this.#descend(onClass);
      if (this.execution.variable.version !== this.#version) {
        if (!this.#isWhole) {
          this.isUnsteady = true;
          break;
        }
        this.#beginAnew();
        this.onRestart();
      }
      this.counts.steps = this.execution.stepsDone - this.#stepsBefore;
      if (pause()) break;
    }
  }

  /**
   * Estimate of what part of the runs has been done: at every node on the path, the branches taken and those known to be
   * left count alike. New branches turn up, so that it may fall.
   */
  partDone(): number {
    if (this.done) return 1;
    let part = 0;
    let share = 1;
    for (let at = this.#base; at < this.execution.length; at++) {
      const { sleep, branches } = this.#nodes[at];
      const all = sleep.length + 1 + branches.length;
      part += share * sleep.length / all;
      share /= all;
    }
    return part;
  }

  /** Goes on from the current node to the end of a run. */
  #descend(onClass: (end: ClassEnd, execution: Execution) => void): void {
    const { execution, counts } = this;
    for (;;) {
      const node = this.#nodes[execution.length];
      if (node.branches.length === 0) {
        if (this.#goOnFreely(node)) continue;
        this.#takeOpenRaces();
        const waiting = execution.waiting();
        const { world } = execution;
        if (this.#canAnybodyGoOn()) {
          if (node.sleep.some((move) => this.#isOthers(move))) {
            // The rest of the run is another part's, but not what those that wait could have done before.
            this.#takeRacesOfWaiting(waiting);
            this.elsewhere++;
          } else counts.blocked++;
          return;
        }
        counts.runSteps += execution.length;
        this.#takeRacesOfWaiting(waiting);
        if (world.tasks.some((task) => world.isEnabled(task))) {
          counts.cutOff++;
          onClass("cut_off", execution);
        } else if (waiting.some(({ task }) => !task.daemon)) {
          counts.deadlocked++;
          onClass("deadlock", execution);
        } else {
          counts.complete++;
          onClass("complete", execution);
        }
        return;
      }
      if (!this.#follow(node)) {
        this.#takeOpenRaces();
        counts.blocked++;
        return;
      }
    }
  }

  #takeRacesOfWaiting(waiting: ReturnType<Execution["waiting"]>): void {
    const { execution } = this;
    for (const { task, wait } of waiting) {
      execution.lookAtWaiting(task, wait);
      const footprint = execution.footprints.single(wait.level.object, wait.access);
      const move = { task: task.index, outcome: 0, outcomes: 1, footprint };
      for (const race of execution.races.slice(0, execution.raceCount)) {
        this.#takeRace(this.#openRace(race, move, execution.length));
      }
    }
  }

  /** True for a move that another part begins with, of which no word comes here. */
  #isOthers(move: Move): boolean {
    return this.#othersExplore.includes(move);
  }

  /** A task at the bound is left where it is, so that the others can still show what they would do to it. */
  #canGoOn(task: Task): boolean {
    return task.steps < this.#stepsMax && this.execution.world.isEnabled(task);
  }

  #canAnybodyGoOn(): boolean {
    for (const task of this.execution.world.tasks) if (this.#canGoOn(task)) return true;
    return false;
  }

  /** Without orders, goes on with the first task that does not sleep; false when there is none. */
  #goOnFreely(node: Node): boolean {
    const { world } = this.execution;
    for (const task of world.tasks) {
      if (!this.#canGoOn(task)) continue;
      const outcomes = world.outcomes(task);
      if (outcomes === 1) {
        if (isAsleep(node.sleep, task.index, 0)) continue;
        this.#step(node, task, 0, []);
        return true;
      }
      for (let outcome = 0; outcome < outcomes; outcome++) {
        if (isAsleep(node.sleep, task.index, outcome)) continue;
        node.branches.push({ task: task.index, outcome, outcomes, footprint: NOTHING, children: [] });
      }
      if (node.branches.length > 0) return this.#follow(node);
    }
    return false;
  }

  /** Takes the first branch of a node; false when that would be to explore a class again. */
  #follow(node: Node): boolean {
    const branch = node.branches.shift()!;
    const task: Task | undefined = this.execution.world.task(branch.task);
    // Else the branch was made for a step that touched something else when it was seen.
    if (task === undefined || !this.#canGoOn(task) || isAsleep(node.sleep, branch.task, branch.outcome)) return false;
    this.#step(node, task, branch.outcome, branch.children);
    return true;
  }

  /** @param branches of the node behind the step */
  #step({ sleep }: Node, task: Task, outcome: number, branches: WakeupNode[]): void {
    const { execution } = this;
    const at = execution.length;
    execution.extend(task, outcome);
    this.#openRaces();
    this.#nodes[at + 1] = { sleep: this.#stillAsleep(sleep, task.index, execution.footprint[at]), branches };
  }

  /** Those of `sleep` that a step of another task does not wake. */
  #stillAsleep(sleep: readonly Move[], task: number, footprint: number): readonly Move[] {
    const { footprints } = this.execution;
    for (let at = 0; at < sleep.length; at++) {
      if (!isWoken(sleep[at], task, footprint, footprints)) continue;
      const left = sleep.slice(0, at);
      while (++at < sleep.length) if (!isWoken(sleep[at], task, footprint, footprints)) left.push(sleep[at]);
      return left;
    }
    return sleep;
  }

  /** Takes note of the races of the last event, but for those whose other order is known to be covered. */
  #openRaces(): void {
    const { execution } = this;
    const event = execution.length - 1;
    for (let i = 0; i < execution.raceCount; i++) {
      const race = execution.races[i];
      if (typeof race === "number" && this.#isCoveredWithout(race, event)) continue;
      this.#open[this.#openCount++] = this.#openRace(race, execution.move(event), event);
    }
  }

  /**
   * True when something that sleeps before event `first` is done between there and `event`, which is included, and could
   * have come right away: whatever comes behind, the order without `first` is covered. What {@linkcode #takeRace} would
   * find out as well, only later and with more to look at.
   */
  #isCoveredWithout(first: number, event: number): boolean {
    const { execution } = this;
    const { sleep } = (first < this.#base ? this.#above : this.#nodes)[first];
    for (const { task, outcome, footprint } of sleep) {
      const own = execution.nextOf(task, first + 1, event + 1);
      if (own < 0 || execution.outcome[own] !== outcome || execution.footprint[own] !== footprint) continue;
      if ((own === event || !execution.happensBefore(first, own)) && execution.couldComeAt(first, own)) return true;
    }
    return false;
  }

  /** @param event the later step's place: it comes after the event before that */
  #openRace(race: Race, seen: Move, event: number): OpenRace {
    const several = typeof race === "number" ? null : race;
    const first = typeof race === "number" ? race : Math.min(...race);
    return { first, several, event, seen, move: seen, tried: NOT_TRIED };
  }

  /**
   * The other order of a race as moves: events from the one behind the earlier one on that do not come after those left
   * out, and then the later one. Of those behind that, choices are left out, with what comes after them: the other order
   * is to be explored with all of their outcomes.
   */
  #otherOrder({ first, several, event, move }: OpenRace): Move[] {
    const { execution } = this;
    const moves: Move[] = [];
    for (let before = first + 1; before < event; before++) {
      if (!this.#isLeftOut(before, first, several)) moves.push(execution.move(before));
    }
    let out = several;
    for (let behind = event + 1; behind < execution.length; behind++) {
      if (this.#isLeftOut(behind, first, out)) continue;
      if (execution.outcomes[behind] > 1) out = [...out ?? [first], behind];
      else moves.push(execution.move(behind));
    }
    moves.push(move);
    return moves;
  }

  #isLeftOut(event: number, first: number, several: readonly number[] | null): boolean {
    const { execution } = this;
    return several === null ? execution.happensBefore(first, event) : execution.comesAfterOne(event, several);
  }

  /** At the end of a run: puts the other order of the races into the trees, where it is not settled. */
  #takeOpenRaces(): void {
    const open = this.#open;
    let left = 0;
    for (let i = 0; i < this.#openCount; i++) if (this.#takeRace(open[i]) === "open") open[left++] = open[i];
    this.#openCount = left;
  }

  /**
   * Puts the other order of a race into the tree of the node before its earlier event: what does not come after that event,
   * to the end of the run, and the later event.
   *
   * @returns `open` when the order is covered only as far as this run goes: another that shares the race may show more
   */
  #takeRace(race: OpenRace): "open" | "settled" {
    const { execution } = this;
    const { footprints } = execution;
    const { first, event } = race;
    const moves = this.#otherOrder(race);
    const isAbove = first < this.#base;
    const node = (isAbove ? this.#above : this.#nodes)[first];
    // Told without what the last move touches: finding that out may take a run.
    if (isCoveredForGood(node.sleep, moves, footprints)) return "settled";
    const place = event === execution.length ? execution.placeOf(race.seen.task) : execution.place[event];
    if (execution.variable.isVariable(place)) {
      if (!isSameSchedule(race.tried, moves)) {
        const { seen } = race;
        const tried = race.tried = [...moves];
        race.move = new UntriedMove(seen, () => execution.footprintAfter(first, tried, seen));
      }
      moves[moves.length - 1] = race.move;
    }
    // What is apart from a move may wake it later, and that would have been told by whoever has explored the move.
    const own = this.#othersExplore.length === 0 ? node.sleep : node.sleep.filter((move) => !this.#isOthers(move));
    if (isCovered(own, moves, footprints)) return "open";
    if (!insert(node.branches, isAbove ? [...moves] : moves, footprints, own)) return "open";
    if (isAbove) this.insertions.push({ depth: first, moves: moves.map(triedMove) });
    return "settled";
  }

  /** Goes back to the last node with a branch left; false when there is none. */
  #backtrack(): boolean {
    const { execution } = this;
    let at = execution.length;
    while (at > this.#base) {
      at--;
      const node = this.#nodes[at];
      if (node.branches.length === 0) continue;
      node.sleep = [...node.sleep, execution.move(at)];
      while (this.#openCount > 0 && this.#open[this.#openCount - 1].event >= at) this.#openCount--;
      execution.truncate(at);
      execution.restart();
      return true;
    }
    return false;
  }
}
