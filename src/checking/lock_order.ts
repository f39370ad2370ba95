/**
 * Lock order: which lock was taken while which was held, and whether all of that together goes round in a circle.
 *
 * A circle need not have hung any run. Edges are collected over all runs of an exploration, as facts, and the order that
 * the system's kernel documents is put beside them. Resources are of one class when their names are the same before the
 * parenthesis. Within a class it depends on the objects: pages go up, by file and index, with placeholders and locked
 * entries among them; of other classes two objects must always be taken in the same order. A handle and the commit that
 * waits for it are one class.
 *
 * A try-lock that succeeds is held like any other, but nobody waits for it, so that it is the end of no edge. What an I/O
 * answers for is no task's any more.
 *
 * @module
 */

import type { Fact } from "../exploring/outcomes.ts";
import type { HappensBefore } from "../machine/program.ts";
import type { FindingSubject } from "../machine/world.ts";
import { isHeldAt, resourceClass, type RunLog } from "./waits.ts";

/** B was taken, or waited for in vain, while A was held. */
export interface LockEdge {
  readonly from: string;
  readonly to: string;
  readonly task: string;
  /** "" for none. */
  readonly operation: string;
}

const FACT = /^lock (\S+) -> (\S+) by (\S+)(?: in (\S+))?$/;

/** Edges of one run, each once, sorted. */
export function lockEdges({ holds, waits }: RunLog, before: HappensBefore): string[] {
  const edges = new Set<string>();
  const add = (to: string, task: string, operation: string, at: number, when: number) => {
    for (const held of holds) {
      if (held.task !== task || held.acquiredAt >= at) continue;
      if (held.handedOverAt !== null && held.handedOverAt < at) continue;
      if (!isHeldAt(held, at, when, before)) continue;
      edges.add(edgeFact({ from: held.resource, to, task, operation }));
    }
  };
  for (const hold of holds) {
    if (hold.acquisition === "waited" && hold.task !== "") {
      add(hold.resource, hold.task, hold.operation, hold.acquiredAt, hold.acquired);
    }
  }
  const locks = new Set(holds.filter(({ acquisition }) => acquisition === "waited").map(({ resource }) => resource));
  for (const { passed, resource, task, operation, arrivedAt, arrived } of waits) {
    if (passed === null && locks.has(resource)) add(resource, task, operation, arrivedAt, arrived);
  }
  return [...edges].sort();
}

function edgeFact({ from, to, task, operation }: LockEdge): string {
  return `lock ${from} -> ${to} by ${task}${operation === "" ? "" : ` in ${operation}`}`;
}

/** The edge that a fact tells of; null where it tells of something else. */
export function parseLockEdge(text: string): LockEdge | null {
  const match = FACT.exec(text);
  return match === null ? null : { from: match[1], to: match[2], task: match[3], operation: match[4] ?? "" };
}

/** A circle in the lock order. */
export interface LockInversion {
  /** Always the same. */
  readonly anomaly: "LOCK_INVERSION";
  /** The circle, in a line. */
  readonly text: string;
  /** Locks and tasks that have a part in it. */
  readonly subject: FindingSubject;
  /** Replays a run that has taken two locks of the circle: the two that fewest runs have taken so. */
  readonly token: string;
  /** Classes that did. */
  readonly count: number;
}

/** One arrow of the graph that is searched. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Null: only documented. */
  readonly seen: { readonly edge: LockEdge; readonly fact: Fact } | null;
}

const PAGE_CLASS = "page";
const TRANSACTION_CLASS = "txn";
const CLASS_OF: Readonly<Record<string, string>> = {
  placeholder: PAGE_CLASS,
  xa_lock_entry: PAGE_CLASS,
  commit: TRANSACTION_CLASS,
};

function lockClass(resource: string): string {
  const name = resourceClass(resource);
  return CLASS_OF[name] ?? name;
}

/**
 * Circles in the lock order of an exploration, shortest ways round, each set of classes once.
 *
 * @param facts of the exploration; those of one run will do for what that run shows
 * @param documented pairs of classes
 */
export function lockInversions(
  facts: readonly Fact[],
  documented: readonly (readonly [string, string])[],
): LockInversion[] {
  const classes: Arrow[] = [];
  const objects: Arrow[] = [];
  const found: LockInversion[] = [];
  const seen = new Set<string>();
  const report = (key: string, arrows: readonly Arrow[]) => {
    if (seen.has(key)) return;
    seen.add(key);
    found.push(inversionOf(arrows));
  };
  for (const fact of facts) {
    const edge = parseLockEdge(fact.text);
    if (edge === null) continue;
    const from = lockClass(edge.from);
    const to = lockClass(edge.to);
    const arrow = { from, to, seen: { edge, fact } };
    if (from !== to) classes.push(arrow);
    else if (from !== PAGE_CLASS) objects.push({ from: edge.from, to: edge.to, seen: { edge, fact } });
    else if (!ascends(edge.from, edge.to)) report(`${edge.from} ${edge.to}`, [arrow]);
  }
  const known: Arrow[] = documented.map(([from, to]) => ({ from: lockClass(from), to: lockClass(to), seen: null }));
  for (const graph of [[...classes, ...known], objects]) {
    for (const arrow of graph) {
      if (arrow.seen === null) continue;
      const back = arrow.from === arrow.to ? [] : shortestWay(graph, arrow.to, arrow.from);
      if (back === null) continue;
      const circle = [arrow, ...back];
      report(circle.map(({ from }) => from).sort().join(" "), circle);
    }
  }
  return found;
}

/** Ways that were seen come before documented ones of the same length. */
function shortestWay(graph: readonly Arrow[], from: string, to: string): Arrow[] | null {
  const came = new Map<string, Arrow | null>([[from, null]]);
  const sorted = graph.toSorted((a, b) => Number(a.seen === null) - Number(b.seen === null));
  for (const place of came.keys()) {
    if (place === to) break;
    for (const arrow of sorted) {
      if (arrow.from === place && arrow.to !== place && !came.has(arrow.to)) came.set(arrow.to, arrow);
    }
  }
  if (!came.has(to)) return null;
  const way: Arrow[] = [];
  for (let arrow = came.get(to) ?? null; arrow !== null; arrow = came.get(arrow.from) ?? null) way.unshift(arrow);
  return way;
}

/** File, first and last page of a resource of the page class. */
function pages(resource: string): { file: string; first: number; last: number } {
  const [, file, rest] = /\(([^,]*),(.*)\)$/.exec(resource) ?? ["", "", "0"];
  const numbers = rest.match(/\d+/g)?.map(Number) ?? [0];
  return { file, first: numbers[0], last: numbers[numbers.length - 1] };
}

function ascends(from: string, to: string): boolean {
  const held = pages(from);
  const taken = pages(to);
  return held.file === taken.file ? held.last < taken.first : held.file < taken.file;
}

function inversionOf(arrows: readonly Arrow[]): LockInversion {
  const all = arrows.flatMap(({ seen }) => seen === null ? [] : [seen]);
  const says = arrows.map(({ from, to, seen }) => {
    if (seen === null) return `${from} -> ${to} as documented`;
    const { edge } = seen;
    return `${edge.from} -> ${edge.to} by ${edge.task}${edge.operation === "" ? "" : ` in ${edge.operation}`}`;
  });
  const unique = (names: readonly string[]) => [...new Set(names)];
  // Of runs that show one of the arrows, those of the rarest most likely show the others, too.
  const { fact } = all.reduce((rarest, each) => each.fact.count < rarest.fact.count ? each : rarest);
  return {
    anomaly: "LOCK_INVERSION",
    text: arrows.length === 1 && lockClass(all[0].edge.from) === PAGE_CLASS
      ? `${says[0]}, against the order of pages`
      : says.join(", "),
    subject: {
      attributes: ["edges_only"],
      tasks: unique(all.map(({ edge }) => edge.task)),
      resources: unique(all.flatMap(({ edge }) => [edge.from, edge.to])),
      operations: unique(all.flatMap(({ edge }) => edge.operation === "" ? [] : [edge.operation])),
    },
    token: fact.token,
    count: fact.count,
  };
}
