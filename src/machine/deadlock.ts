/**
 * What a deadlock report says: who waits for ever, for what, and who has it.
 *
 * Edges go from a task to what it waits for, and from there to whoever has it: tasks, or something that finishes by
 * itself, such as a direct I/O in flight. The latter stand in the graph like tasks when it is known what they in turn wait
 * for. A cycle may have one edge: a task that waits for what it has itself.
 *
 * @module
 */

import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import { Rwsem } from "./rwsem.ts";
import { isWait, Task } from "./task.ts";
import { resourceName } from "./resource_log.ts";
import type { FindingSubject, World } from "./world.ts";

/** Something that is no task, has resources, and has to wait for others before it lets go of them. */
export interface PseudoHolder {
  /** As `Resource.holders` names it, e.g. `dio(3)`. */
  readonly name: string;
  /** What it waits for now; nothing, if it will finish by itself. */
  waitsFor(): readonly Resource[];
}

/** What such things are to be asked of, when somebody wants to know. */
export interface HasPseudoHolders {
  readonly pseudoHolders: readonly PseudoHolder[];
}

export interface DeadlockOptions {
  /** What a task is doing, printed behind its name: `pwrite dio F[0..3]`. Default: nothing. */
  operation?: (task: Task) => string;
  /** Default: those of the world. */
  pseudoHolders?: readonly PseudoHolder[];
}

/** Who waits for whom at the end of a run. */
export interface DeadlockReport {
  /** Each cycle as one line for each that waits in it, beginning with the task that was started first. */
  readonly cycles: readonly (readonly string[])[];
  /** Lines of the tasks that wait without being in a cycle: behind one, or for something that never comes. */
  readonly others: readonly string[];
  /** All lines, each once, cycles first. */
  readonly text: string;
  /** Of each cycle, what takes part in it. */
  readonly cycleSubjects: readonly FindingSubject[];
  /** Of the others: who waits, and for what. */
  readonly otherSubject: FindingSubject;
}

/** One that waits, in the graph. */
interface Node {
  readonly holder: Holder;
  readonly waits: readonly Resource[];
}

/** Beyond this a report has said enough. */
const CYCLES_MAX = 16;
const SEARCH_STEPS_MAX = 10_000;

/**
 * Describes what keeps tasks waiting, usually at the end of a run.
 *
 * @returns null when only kernel threads wait, and none of them in a cycle
 */
export function describeDeadlock(world: World, options: DeadlockOptions = {}): DeadlockReport | null {
  const nodes = waitingNodes(world, options.pseudoHolders ?? world.mounted.pseudoHolders);
  const cycles = findCycles(nodes);
  const inCycles = new Set(cycles.flat());
  const others = nodes.filter((node) => node.holder instanceof Task && !node.holder.daemon && !inCycles.has(node));
  if (cycles.length === 0 && others.length === 0) return null;
  const line = (node: Node) => lineOf(world, node, options);
  const report = {
    cycles: cycles.map((cycle) => cycle.map(line)),
    others: others.map(line),
    cycleSubjects: cycles.map(cycleSubject),
    otherSubject: subjectOf(others),
  };
  return { ...report, text: [...new Set([...report.cycles.flat(), ...report.others])].join("\n") };
}

/** What the holder has: of the things that the world knows, and in the order in which they were made. */
export function heldBy(world: World, holder: Holder): readonly Resource[] {
  return world.resources.filter((resource) => resource.holders().includes(holder));
}

/** A resource as its holder has it: `mmap_sem(mm1,r)`. */
export function heldName(resource: Resource): string {
  if (!(resource instanceof Rwsem)) return resource.name;
  const mode = resource.heldAs === "exclusive" ? "w" : "r";
  return resource.name.endsWith(")") ? `${resource.name.slice(0, -1)},${mode})` : `${resource.name}(${mode})`;
}

/** Tasks and others that wait, the tasks first and in the order in which they were started. */
function waitingNodes(world: World, pseudoHolders: readonly PseudoHolder[]): Node[] {
  const nodes: Node[] = [];
  for (const task of world.tasks) {
    const { pause } = task;
    if (task.generator !== null && isWait(pause) && !Level.isOpen(pause)) {
      nodes.push({ holder: task, waits: [waitedFor(task, pause)] });
    }
  }
  for (const pseudo of pseudoHolders) {
    const waits = pseudo.waitsFor();
    if (waits.length > 0) nodes.push({ holder: pseudo.name, waits });
  }
  return nodes;
}

/** Who upgrades a shared hold waits for the other holders, not for itself. */
function waitedFor(task: Task, { resource, min }: Wait): Resource {
  if (!(resource instanceof Rwsem) || min === 0) return resource;
  return { name: resource.name, holders: () => resource.holders().filter((holder) => holder !== task) };
}

/** Cycles, each once: as found from its first node, going through later ones only. */
function findCycles(nodes: readonly Node[]): Node[][] {
  const numbers = new Map<Holder, number>(nodes.map(({ holder }, number) => [holder, number]));
  const next = nodes.map(({ waits }) => {
    const numbersOfHolders = waits.flatMap((resource) => resource.holders()).map((holder) => numbers.get(holder));
    return [...new Set(numbersOfHolders)].filter((number) => number !== undefined);
  });
  const cycles: Node[][] = [];
  let steps = 0;
  const search = (first: number, path: number[]): void => {
    for (const number of next[path[path.length - 1]]) {
      if (cycles.length >= CYCLES_MAX || ++steps > SEARCH_STEPS_MAX) return;
      if (number === first) cycles.push(path.map((each) => nodes[each]));
      else if (number > first && !path.includes(number)) search(first, [...path, number]);
    }
  };
  for (let first = 0; first < nodes.length; first++) search(first, [first]);
  return cycles;
}

/** Tasks, operations and what is waited for. */
function subjectOf(nodes: readonly Node[]): FindingSubject {
  const tasks = nodes.flatMap(({ holder }) => holder instanceof Task ? [holder] : []);
  return {
    tasks: tasks.map(({ name }) => name),
    operations: [...new Set(tasks.flatMap(({ account }) => account === null ? [] : [account.operation]))],
    resources: [...new Set(nodes.flatMap(({ waits }) => waits.map(resourceName)))],
  };
}

/** `self`: only one task takes part; `AB-BA`: two do, and wait for the same kind of thing. */
function cycleSubject(cycle: readonly Node[]): FindingSubject {
  const subject = subjectOf(cycle);
  const { tasks = [], resources = [] } = subject;
  const kinds = new Set(resources.map(resourceKind));
  const attributes = tasks.length === 1 ? ["self"] : tasks.length === 2 && kinds.size === 1 ? ["AB-BA"] : [];
  return { attributes, ...subject };
}

/** Placeholders and locked entries are of the kind of pages. */
function resourceKind(name: string): string {
  const kind = name.includes("(") ? name.slice(0, name.indexOf("(")) : name;
  return kind === "placeholder" || kind === "xa_lock_entry" ? "page" : kind;
}

/** `T1(pwrite dio F[0..3]) holds A, B waits C (owner T2)`. */
function lineOf(world: World, { holder, waits }: Node, { operation }: DeadlockOptions): string {
  const what = holder instanceof Task ? operation?.(holder) ?? "" : "";
  const who = what === "" ? String(holder) : `${holder}(${what})`;
  const held = heldBy(world, holder).map(heldName);
  const holds = held.length === 0 ? "" : ` holds ${held.join(", ")}`;
  return `${who}${holds} waits ${waits.map((resource) => waitOf(resource, holder)).join(" and ")}`;
}

function waitOf(resource: Resource, waiting: Holder): string {
  const name = resource instanceof Task ? `end(${resource.name})` : resource.name;
  const owners = [...new Set(resource.holders())].map((holder) => {
    if (holder === waiting) return "self";
    return holder instanceof Task && holder.generator === null ? `${holder}, which has ended` : String(holder);
  });
  if (owners.length === 0) return `${name} (no owner)`;
  return `${name} (${owners.length === 1 ? "owner" : "owners"} ${owners.join(", ")})`;
}
