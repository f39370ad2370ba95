/**
 * What a strategy explores: something that can be set up again and again, each time from the same beginning.
 *
 * @module
 */

import type { FindingSubject, World } from "./world.ts";

/** How a run ended. */
export type Outcome = "complete" | "deadlock" | "cut_off";

export type HappensBefore = (earlier: number, later: number) => boolean;

/** What the set-up gives back, for those who look at the end of a run. */
export interface Prepared {
  /** The state that is worth telling apart at the end, as text; called when no task is left to run. */
  finalState?(): string;
  /** Called at the end of every complete run; may report findings. */
  atEnd?(): void;
  /**
   * Called at the end of every run, behind {@linkcode atEnd}; may report findings.
   *
   * @param happensBefore of steps of the run, by their numbers from 0: whether one came before the other in every run of
   *   the same class
   */
  judge?(end: Outcome, happensBefore: HappensBefore): void;
  /**
   * What else this run shows, in a few words each: a named step that was reached, a cost, an expectation that held. Called
   * at the end of every run; exploring keeps each different one, with how many classes showed it and the token of one.
   */
  facts?(): Iterable<string>;
  /**
   * What a reader of a single run wants to see change, not looked at by any step: `page(F,0)` with `dirty W(T1#0,0) I(F,1)`,
   * `size(F)` with `2`. Asked for after each step when a run is shown; what is not there any more is left out.
   */
  look?(): Iterable<readonly [thing: string, state: string]>;
  /** Lines of persistent memory that have been written, not looked at by any step. Missing: there is no such memory. */
  persistentLines?(): Iterable<PersistentLine>;
  /** Set when the program can crash: see {@linkcode CrashModel}. */
  crash?: CrashModel;
}

/** A cache line of persistent memory as a reader of a run sees it; contents as tokens. */
export interface PersistentLine {
  /** `pmem line 3`, as notes and picks call it. */
  readonly name: string;
  /** What it belongs to: `F[1:0]`, `free block 4`. */
  readonly of: string;
  /** What loads see. */
  readonly visible: string;
  /** Some of its writes are in the CPU's cache and nothing has begun to write them back. */
  readonly cached: boolean;
  /** Some are on their way, and nobody has waited for them. */
  readonly inFlight: boolean;
  /** What is there after every crash, unless something newer is. */
  readonly durable: string;
  /** What the image of the last recovery has there; null: none yet, or it did not look at all that is open of the line. */
  readonly survived: string | null;
}

/**
 * Chooses one of `count` possibilities that differ after a crash, such as what a cache line holds. The answers make the
 * image; only what is asked for tells images apart.
 */
export type CrashPick = (count: number, what: string) => number;

/** Notes something wrong that recovery found. */
export type CrashReport = (anomaly: string, text: string, subject?: FindingSubject) => void;

/**
 * The part of a program that goes on after a crash.
 *
 * Whatever of the program is durable should share one `CrashOrder`: without it a crash between two steps that have nothing
 * else in common is looked at in one of their orders only.
 */
export interface CrashModel {
  /**
   * Changes with every change of what may be found after a crash. A step that leaves it as it was needs no crash point
   * of its own.
   */
  durableVersion(): number;
  /**
   * How many images of all that is durable a crash now may leave, whether or not recovery looks at where they differ.
   * Missing: they are not counted.
   */
  imagesPossible?(): number;
  /**
   * Recovers from a crash in the state the world is in now, looks at what is there, and reports findings.
   *
   * It must not change the world, and it is called again for every image.
   *
   * @returns what was found, as text: what recovery made of it
   */
  recover(pick: CrashPick, report: CrashReport, fact: (text: string) => void): string;
}

/** A program to explore. The same set-up must give the same program every time: no clock, no random numbers. */
export interface Program {
  /** As reports and checkpoints tell it by. */
  readonly name: string;
  /** Makes shared objects and starts tasks in a new world. */
  setUp(world: World): Prepared | void;
}
