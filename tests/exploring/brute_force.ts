/**
 * All interleavings of a small program, one after another, grouped by equivalence: the plain definition, with an
 * interpreter of its own. It shares nothing with the explorer but the program as data.
 *
 * @module
 */

import { type Op, type SmallProgram, spawned } from "./small_programs.ts";

type Kind = "R" | "W" | "A" | "S";

interface Event {
  task: number;
  /** What a choice came to, else 0. */
  outcome: number;
  accesses: [object: string, kind: Kind][];
}

interface List {
  op: Op;
  rest: List | null;
}

interface State {
  variables: number[];
  /** Task that has the mutex, -1: nobody. */
  mutexes: number[];
  shared: number[];
  exclusive: number[];
  /** What is left to do; undefined: not started. */
  left: (List | null | undefined)[];
  seen: number[][];
}

function listOf(ops: Op[], rest: List | null): List | null {
  return ops.reduceRight<List | null>((tail, op) => ({ op, rest: tail }), rest);
}

/** Resolves what is no step of its own: conditions, and unlocking what one does not hold. */
function settle(state: State, task: number): void {
  for (;;) {
    const list = state.left[task];
    if (!list) return;
    const { op, rest } = list;
    if (op.op === "if") state.left[task] = state.seen[task].at(-1) === op.value ? listOf(op.then, rest) : rest;
    else if (op.op === "unlock" && state.mutexes[op.on] !== task) state.left[task] = rest;
    else return;
  }
}

function copy(state: State): State {
  return {
    variables: [...state.variables],
    mutexes: [...state.mutexes],
    shared: [...state.shared],
    exclusive: [...state.exclusive],
    left: [...state.left],
    seen: state.seen.map((list) => [...list]),
  };
}

function enabled(state: State, task: number): boolean {
  const list = state.left[task];
  if (!list) return false;
  const { op } = list;
  switch (op.op) {
    case "lock":
      return state.mutexes[op.on] === -1;
    case "lock_shared":
      return state.exclusive[op.on] === 0;
    case "lock_exclusive":
      return state.exclusive[op.on] === 0 && state.shared[op.on] === 0;
    case "join":
      return state.left[op.task] === null;
    default:
      return true;
  }
}

function perform(state: State, task: number, outcome: number, program: SmallProgram): Event {
  const { op, rest } = state.left[task]!;
  state.left[task] = rest;
  const seen = state.seen[task];
  const accesses: [string, Kind][] = [];
  const on = "on" in op ? op.on : 0;
  switch (op.op) {
    case "read":
      accesses.push([`x${on}`, "R"]);
      seen.push(state.variables[on]);
      break;
    case "write":
      accesses.push([`x${on}`, "W"]);
      state.variables[on] = op.value;
      break;
    case "cas": {
      const succeeds = state.variables[on] === op.expected;
      accesses.push([`x${on}`, succeeds ? "W" : "R"]);
      if (succeeds) state.variables[on] = op.value;
      seen.push(succeeds ? 1 : 0);
      break;
    }
    case "fetch_add":
      accesses.push([`x${on}`, "W"]);
      seen.push(state.variables[on]);
      state.variables[on] += op.delta;
      break;
    case "increment":
      accesses.push([`x${on}`, "A"]);
      state.variables[on]++;
      break;
    case "choose":
      seen.push(outcome);
      if (outcome > 0) {
        accesses.push([`x${on}`, "W"]);
        state.variables[on] = outcome;
      }
      break;
    case "lock":
      accesses.push([`m${on}`, "W"]);
      state.mutexes[on] = task;
      break;
    case "unlock":
      accesses.push([`m${on}`, "W"]);
      state.mutexes[on] = -1;
      break;
    case "try_lock":
      if (state.mutexes[on] === -1) {
        accesses.push([`m${on}`, "W"]);
        state.mutexes[on] = task;
        seen.push(1);
        state.left[task] = listOf(op.then, { op: { op: "unlock", on }, rest });
      } else {
        accesses.push([`m${on}`, "R"]);
        seen.push(0);
      }
      break;
    case "lock_shared":
      accesses.push([`s${on}`, "S"]);
      state.shared[on]++;
      break;
    case "unlock_shared":
      accesses.push([`s${on}`, "S"]);
      state.shared[on]--;
      break;
    case "lock_exclusive":
      accesses.push([`s${on}`, "W"]);
      state.exclusive[on]++;
      break;
    case "unlock_exclusive":
      accesses.push([`s${on}`, "W"]);
      state.exclusive[on]--;
      break;
    case "spawn":
      accesses.push([`t${op.task}`, "W"]);
      if (state.left[op.task] === undefined) {
        state.left[op.task] = listOf(program.tasks[op.task], null);
        settle(state, op.task);
      }
      break;
    case "join":
      accesses.push([`t${op.task}`, "W"]);
      break;
    case "if":
      throw new Error("conditions are no steps");
  }
  settle(state, task);
  // A task's steps depend on its start, and its end on its last step.
  accesses.push([`t${task}`, "S"]);
  return { task, outcome, accesses };
}

function dependent(a: Event, b: Event): boolean {
  if (a.task === b.task) return true;
  for (const [object, kind] of a.accesses) {
    for (const [other, otherKind] of b.accesses) {
      if (object === other && (kind !== otherKind || kind === "W")) return true;
    }
  }
  return false;
}

/** The first in lexical order of all runs that are equivalent to this one. */
function classOf(events: Event[]): string {
  const done: boolean[] = events.map(() => false);
  const before = events.map((event, i) => events.flatMap((other, j) => j < i && dependent(other, event) ? [j] : []));
  const order: string[] = [];
  while (order.length < events.length) {
    let next = -1;
    for (let i = 0; i < events.length; i++) {
      if (done[i] || before[i].some((j) => !done[j])) continue;
      if (next < 0 || events[i].task < events[next].task) next = i;
    }
    done[next] = true;
    order.push(`${events[next].task}.${events[next].outcome}`);
  }
  return order.join(" ");
}

export interface BruteForce {
  complete: Map<string, string>;
  deadlocked: Map<string, string>;
  interleavings: number;
}

/** Classes by their name, with the final state; null when there are more interleavings than `most`. */
export function bruteForce(program: SmallProgram, most: number): BruteForce | null {
  const result: BruteForce = { complete: new Map(), deadlocked: new Map(), interleavings: 0 };
  const children = spawned(program);
  const state: State = {
    variables: Array(program.variables).fill(0),
    mutexes: Array(program.mutexes).fill(-1),
    shared: Array(program.rwsems).fill(0),
    exclusive: Array(program.rwsems).fill(0),
    left: program.tasks.map((ops, i) => children.has(i) ? undefined : listOf(ops, null)),
    seen: program.tasks.map(() => []),
  };
  for (let i = 0; i < program.tasks.length; i++) settle(state, i);
  const events: Event[] = [];
  const explore = (at: State): boolean => {
    let any = false;
    for (let task = 0; task < program.tasks.length; task++) {
      if (!enabled(at, task)) continue;
      any = true;
      const { op } = at.left[task]!;
      const outcomes = op.op === "choose" ? op.count : 1;
      for (let outcome = 0; outcome < outcomes; outcome++) {
        const next = copy(at);
        events.push(perform(next, task, outcome, program));
        const goOn = explore(next);
        events.pop();
        if (!goOn) return false;
      }
    }
    if (any) return true;
    if (++result.interleavings > most) return false;
    const end = at.left.some((list) => list) ? result.deadlocked : result.complete;
    end.set(classOf(events), JSON.stringify([at.variables, at.seen]));
    return true;
  };
  return explore(state) ? result : null;
}
