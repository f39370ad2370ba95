/**
 * Who waited for whom: holds and waits of a run, read from what its resources told.
 *
 * All is said so that it is the same in every run of a class. X waits for Y when Y gives the resource back before X goes
 * on in every run of the class, and does not give it back before X comes to its wait in every one: in some run of the class
 * X is there first and has to wait.
 *
 * @module
 */

import type { HappensBefore } from "../machine/program.ts";
import { type Acquisition, type HoldMode, type ResourceEvent, SETUP_STEP } from "../machine/resource_log.ts";

/** Something that is held, from taking it to giving it back. */
export interface Hold {
  readonly resource: string;
  readonly mode: HoldMode;
  readonly acquisition: Acquisition;
  /** Task that took it, "" in the set-up. */
  readonly task: string;
  /** Operation that it was taken for; "" for none. */
  readonly operation: string;
  /** Step at which it was taken, and position among the events. */
  readonly acquired: number;
  readonly acquiredAt: number;
  /** Position at which the task stopped answering for it; null: it never did. */
  handedOverAt: number | null;
  /** Null: never given back. */
  released: number | null;
  releasedAt: number | null;
  releasedBy: string;
}

/** A task's wait; not each of them was closed when the task came to it. */
export interface Wait {
  readonly resource: string;
  readonly mode: HoldMode;
  readonly task: string;
  readonly operation: string;
  readonly arrived: number;
  readonly arrivedAt: number;
  /** Null: it never went on. */
  passed: number | null;
}

/** An operation was at a named step. */
export interface Reached {
  readonly step: string;
  readonly task: string;
  readonly operation: string;
  /** Step of the run, and position among the events. */
  readonly when: number;
  readonly at: number;
}

export interface RunLog {
  readonly holds: readonly Hold[];
  readonly waits: readonly Wait[];
  readonly reached: readonly Reached[];
}

interface OpenHold extends Hold {
  holder: string;
}

/** Reads the events of a run. */
export function readRunLog(events: readonly ResourceEvent[]): RunLog {
  const holds: OpenHold[] = [];
  // In the order in which who answers for them has got them.
  const open: OpenHold[] = [];
  const waits: Wait[] = [];
  const waiting = new Map<string, Wait>();
  const reached: Reached[] = [];
  const takeOut = (resource: string, holder: string): OpenHold | undefined => {
    const nth = open.findLastIndex((hold) => hold.resource === resource && hold.holder === holder);
    return nth < 0 ? undefined : open.splice(nth, 1)[0];
  };
  events.forEach((event, at) => {
    const { kind, name, who, isTask, by, step, mode, operation } = event;
    switch (kind) {
      case "acquire": {
        const hold: OpenHold = {
          resource: name,
          mode,
          acquisition: event.acquisition,
          task: isTask ? who : by,
          operation,
          acquired: step,
          acquiredAt: at,
          handedOverAt: isTask ? null : at,
          released: null,
          releasedAt: null,
          releasedBy: "",
          holder: who,
        };
        holds.push(hold);
        open.push(hold);
        break;
      }
      case "release": {
        const hold = takeOut(name, who);
        if (hold === undefined) break;
        hold.released = step;
        hold.releasedAt = at;
        hold.releasedBy = by;
        break;
      }
      case "hand_over": {
        const hold = takeOut(name, who);
        if (hold === undefined) break;
        hold.handedOverAt ??= at;
        hold.holder = event.to;
        open.push(hold);
        break;
      }
      case "arrive": {
        const wait: Wait = { resource: name, mode, task: who, operation, arrived: step, arrivedAt: at, passed: null };
        waits.push(wait);
        waiting.set(who, wait);
        break;
      }
      case "pass": {
        const wait = waiting.get(who);
        if (wait !== undefined) wait.passed = step;
        waiting.delete(who);
        break;
      }
      case "reach":
        reached.push({ step: name, task: who, operation, when: step, at });
    }
  });
  return { holds, waits, reached };
}

/** {@linkcode HappensBefore} for steps of which some belong to the set-up, or to what was before it. */
export function withSetup(happensBefore: HappensBefore): HappensBefore {
  return (earlier, later) =>
    earlier <= SETUP_STEP || later > SETUP_STEP && (earlier === later || happensBefore(earlier, later));
}

/** Holds that a wait was for, see the module. */
export function waitedFor(wait: Wait, holds: readonly Hold[], before: HappensBefore): Hold[] {
  const { resource, mode, arrived, passed } = wait;
  return holds.filter((hold) => {
    if (hold.resource !== resource || mode === "shared" && hold.mode === "shared") return false;
    if (hold.released === null) return passed === null;
    return !before(hold.released, arrived) && (passed === null || before(hold.released, passed));
  });
}

/**
 * True when a hold is held at a step.
 *
 * What another task gives back is still held in some run of the class unless that comes before the step in every one.
 *
 * @param at position among the events
 * @param when step of the run
 */
export function isHeldAt(hold: Hold, at: number, when: number, before: HappensBefore): boolean {
  if (hold.acquiredAt > at) return false;
  if (hold.released === null || hold.releasedAt! > at) return true;
  return hold.releasedBy !== hold.task && !before(hold.released, when);
}

/** What comes before the parenthesis: `page` of `page(F,3)`. */
export function resourceClass(resource: string): string {
  const open = resource.indexOf("(");
  return open < 0 ? resource : resource.slice(0, open);
}

/** True when a scenario's word means this resource: its name, or its class. */
export function meansResource(word: string, resource: string): boolean {
  return word === resource || !word.includes("(") && word === resourceClass(resource);
}
