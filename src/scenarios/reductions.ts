/**
 * Smaller scenarios, for the minimiser: a task less, an operation less, fewer pages, fewer sectors.
 *
 * Only what still is a scenario is offered: nothing that an expectation refers to is taken away. So aim at one
 * expectation first.
 *
 * @module
 */

import { defaultIocbName, defaultOperationName } from "./defaults.ts";
import { lengthSectors, pageRange, type Place, type Range, rangeOf, sectorsOf } from "./place.ts";
import { ScenarioError } from "./problems.ts";
import { mapsOf } from "./read_operations.ts";
import { readScenario } from "./read_scenario.ts";
import type {
  BufferSegment,
  Expectation,
  Iocb,
  Kernel,
  Operation,
  Scenario,
  ScenarioFile,
  ScenarioTask,
  Transfer,
} from "./scenario.ts";
import { scenarioText } from "./scenario_text.ts";
import { type KnownSystems, mergeSelections } from "./selection.ts";

/** The scenario with one of its expectations only, and with what that selects as its selection. */
export function aimedAt(scenario: Scenario, expectation: Expectation): Scenario {
  return {
    ...scenario,
    long: null,
    selection: mergeSelections(scenario.selection, expectation.on),
    expectations: [{ ...expectation, kept: [] }],
  };
}

/**
 * Scenarios that are a little smaller, the most promising first: each lacks a task, then a kernel task, an operation, a
 * page of an operation, a page of a file, a sector.
 */
export function* reductions(scenario: Scenario): Iterable<Scenario> {
  const offered = new Set([scenarioText(scenario)]);
  for (const candidate of candidates(scenario)) {
    const smaller = settled(candidate);
    if (smaller === null) continue;
    const text = scenarioText(smaller);
    if (offered.has(text)) continue;
    offered.add(text);
    yield smaller;
  }
}

function* candidates(scenario: Scenario): Iterable<Scenario> {
  const tasks = Object.entries(scenario.tasks);
  if (tasks.length > 1) {
    for (const [name] of tasks.toReversed()) {
      yield { ...scenario, tasks: Object.fromEntries(tasks.filter(([other]) => other !== name)) };
    }
  }
  for (const kernel of smallerKernels(scenario.kernel)) yield { ...scenario, kernel };
  yield* withOperations(scenario, fewer);
  if (scenario.afterRecovery.length > 0) {
    for (const operations of fewer(scenario.afterRecovery)) yield { ...scenario, afterRecovery: operations };
  }
  yield* withOperations(scenario, (operations) => changed(operations, withFewerPages));
  for (const [name, file] of Object.entries(scenario.files)) {
    for (const smaller of smallerFiles(file, scenario)) {
      yield { ...scenario, files: { ...scenario.files, [name]: smaller } };
    }
  }
  yield* withOperations(
    scenario,
    (operations) => changed(operations, (operation) => withOneSector(operation, scenario.bounds.SECTORS_PER_PAGE)),
  );
}

function* smallerKernels(kernel: Kernel): Iterable<Kernel> {
  if (kernel.flusher !== null) yield { ...kernel, flusher: null };
  if (kernel.reclaim !== null) yield { ...kernel, reclaim: null };
  if (kernel.journalCommit !== null) yield { ...kernel, journalCommit: null };
  if (kernel.readahead > 0) yield { ...kernel, readahead: 0 };
}

function* withOperations(
  scenario: Scenario,
  change: (operations: readonly Operation[]) => Iterable<readonly Operation[]>,
): Iterable<Scenario> {
  for (const [name, task] of Object.entries(scenario.tasks)) {
    for (const operations of change(task.operations)) {
      if (operations.length > 0) yield { ...scenario, tasks: { ...scenario.tasks, [name]: { ...task, operations } } };
    }
  }
}

/** One operation less, the last first; one I/O less of those that are submitted together. */
function* fewer(operations: readonly Operation[]): Iterable<readonly Operation[]> {
  for (let nth = operations.length - 1; nth >= 0; nth--) yield withoutIdleWaits(operations.toSpliced(nth, 1));
  yield* changed(operations, function* (operation) {
    if (!("iocbs" in operation) || operation.iocbs.length < 2) return;
    for (let nth = operation.iocbs.length - 1; nth >= 0; nth--) {
      yield { ...operation, iocbs: operation.iocbs.toSpliced(nth, 1) };
    }
  });
}

/** Leaves out the waits of a task that submits nothing. */
function withoutIdleWaits(operations: readonly Operation[]): readonly Operation[] {
  const does = (kind: Operation["kind"]) => operations.some((operation) => operation.kind === kind);
  return operations.filter(({ kind }) =>
    (kind !== "io_getevents" || does("io_submit")) && (kind !== "uring_wait" || does("uring_submit"))
  );
}

function* changed(
  operations: readonly Operation[],
  change: (operation: Operation) => Iterable<Operation>,
): Iterable<readonly Operation[]> {
  for (const [nth, operation] of operations.entries()) {
    for (const smaller of change(operation)) yield operations.with(nth, smaller);
  }
}

/** The range without its last page, and without its first one. */
function* shorterRanges(range: Range): Iterable<{ range: Range; cut: "front" | "back" }> {
  if (range.lastPage === range.firstPage) return;
  yield { range: { ...range, lastPage: range.lastPage - 1, lastSector: null }, cut: "back" };
  yield { range: { ...range, firstPage: range.firstPage + 1, firstSector: 0 }, cut: "front" };
}

function* withFewerPages(operation: Operation): Iterable<Operation> {
  if ("iocbs" in operation) {
    for (const [nth, iocb] of operation.iocbs.entries()) {
      for (const smaller of withFewerPages(iocb)) {
        yield { ...operation, iocbs: operation.iocbs.with(nth, smaller as Iocb) };
      }
    }
  } else if ("buffer" in operation) yield* shorterTransfers(operation);
  else if ("place" in operation && operation.place.range !== null) {
    for (const { range } of shorterRanges(operation.place.range)) {
      yield { ...operation, place: { ...operation.place, range } };
    }
  }
}

function* shorterTransfers(transfer: Transfer): Iterable<Transfer> {
  for (const { range, cut } of shorterRanges(transfer.place.range!)) {
    const buffer = cut === "back"
      ? withoutLastPage(transfer.buffer)
      : withoutLastPage(transfer.buffer.toReversed(), "front").toReversed();
    yield {
      ...transfer,
      place: { ...transfer.place, range },
      buffer,
      bytes: null,
      skip: cut === "front" ? 0 : transfer.skip,
    };
  }
}

/** Takes a page off the segment at the end of the list, or the segment when it has no other. */
function withoutLastPage(segments: readonly BufferSegment[], from: "front" | "back" = "back"): BufferSegment[] {
  const last = segments.at(-1)!;
  const rest = segments.slice(0, -1);
  if ("pages" in last) return last.pages > 1 ? [...rest, { ...last, pages: last.pages - 1 }] : rest;
  const { range } = last.place;
  if (range === null) return [...segments];
  if (range.firstPage === range.lastPage) return rest;
  const shorter = from === "back"
    ? pageRange(range.firstPage, range.lastPage - 1)
    : pageRange(range.firstPage + 1, range.lastPage);
  return [...rest, { ...last, place: { ...last.place, range: shorter } }];
}

/** The first sector of a range within one page. */
function* withOneSector(operation: Operation, sectorsPerPage: number): Iterable<Operation> {
  if (!("place" in operation) || operation.place.range === null) return;
  if (!["pread", "pwrite", "load", "store"].includes(operation.kind)) return;
  const { from, to } = sectorsOf(operation.place.range, sectorsPerPage);
  if (to - from < 2 || to - from > sectorsPerPage) return;
  const place: Place = { ...operation.place, range: rangeOf({ from, to: from + 1 }, sectorsPerPage) };
  yield { ...operation, place, ...("bytes" in operation ? { bytes: null, skip: 0 } : {}) } as Operation;
}

/** Files with nothing cached, and with a page less. */
function* smallerFiles(file: ScenarioFile, { bounds }: Scenario): Iterable<ScenarioFile> {
  for (let nth = file.cache.length - 1; nth >= 0; nth--) yield { ...file, cache: file.cache.toSpliced(nth, 1) };
  const { pages } = file.size;
  if (pages < 1 || file.size.sectors > 0 || lengthSectors(file.disksize, 1) !== pages) return;
  const beyond = [...file.blocks, ...file.cache, ...file.disk].some(({ range }) => range.lastPage >= pages);
  if (beyond || pages > bounds.pages) return;
  const size = { pages: pages - 1, sectors: 0 };
  yield {
    ...file,
    size,
    disksize: size,
    blocks: clipped(file.blocks, pages - 1),
    cache: clipped(file.cache, pages - 1),
    disk: clipped(file.disk, pages - 1),
  };
}

/** What begins before a page, as far as it does. */
function clipped<T extends { readonly range: Range; readonly sharedWith?: Place | null }>(
  runs: readonly T[],
  page: number,
): T[] {
  return runs.filter(({ range, sharedWith }) => range.firstPage < page && !sharedWith).map((run) =>
    run.range.lastPage < page ? run : { ...run, range: { ...run.range, lastPage: page - 1, lastSector: null } }
  );
}

/** The scenario with default names as they are now, and complete; null when something that it needs has gone. */
function settled(scenario: Scenario): Scenario | null {
  const renamed = new Map<string, string>();
  const tasks: Record<string, ScenarioTask> = {};
  for (const [task, { mm, operations }] of Object.entries(scenario.tasks)) {
    tasks[task] = { mm, operations: operations.map((operation, nth) => renumbered(operation, task, nth, renamed)) };
  }
  const to = (name: string) => renamed.get(name) ?? name;
  for (const [task, { mm, operations }] of Object.entries(tasks)) {
    tasks[task] = {
      mm,
      operations: operations.map((operation) => ({
        ...operation,
        after: operation.after.filter((name) => renamed.has(name)).map(to),
      })),
    };
  }
  const isMap = (name: string) => name in scenario.maps;
  const used = Object.values(tasks).flatMap(({ operations }) => operations.flatMap((op) => mapsOf(op, { isMap })));
  const maps = Object.fromEntries(Object.entries(scenario.maps).filter(([name]) => used.includes(name)));
  const candidate: Scenario = {
    ...scenario,
    tasks,
    maps,
    crash: typeof scenario.crash === "string" ? scenario.crash : { after: scenario.crash.after.map(to) },
    expectations: scenario.expectations.map((expectation) => withNames(expectation, to)),
  };
  if (
    scenario.expectations.some((expectation) => namesIn(expectation).some((name) => isGone(name, scenario, renamed)))
  ) {
    return null;
  }
  try {
    return readScenario(`${scenario.name}.yaml`, scenarioText(candidate), { systems: systemsIn(scenario) });
  } catch (error) {
    if (error instanceof ScenarioError) return null;
    throw error;
  }
}

/** All systems that the scenario names, outside ones too. */
function systemsIn({ selection, expectations }: Scenario): KnownSystems {
  const selections = [selection, ...expectations.flatMap(({ on, again }) => [on, ...again])];
  return Object.fromEntries(selections.flatMap(({ systems }) => systems.map((name) => [name, null])));
}

/** True for an operation's default name that no operation had before it was given away anew. */
function isGone(name: string, scenario: Scenario, renamed: ReadonlyMap<string, string>): boolean {
  const [task] = name.split("#");
  return name.includes("#") && task in scenario.tasks && !renamed.has(name);
}

function renumbered(operation: Operation, task: string, nth: number, renamed: Map<string, string>): Operation {
  const name = operation.name.includes("#") ? defaultOperationName(task, nth) : operation.name;
  renamed.set(operation.name, name);
  if (!("iocbs" in operation)) return { ...operation, name };
  const iocbs = operation.iocbs.map((iocb, at): Iocb => {
    const own = iocb.name === operation.name ? name : iocb.name.includes("#") ? defaultIocbName(name, at) : iocb.name;
    renamed.set(iocb.name, own);
    return { ...iocb, name: own };
  });
  return { ...operation, name, iocbs };
}

/** Names of operations and tasks in an expectation. */
function namesIn(expectation: Expectation): string[] {
  const names: string[] = [];
  withNames(expectation, (name) => {
    names.push(name);
    return name;
  });
  return names;
}

/** The expectation with every name of an operation replaced. */
function withNames(expectation: Expectation, to: (name: string) => string): Expectation {
  const orNull = (name: string | null) => name === null ? null : to(name);
  switch (expectation.kind) {
    case "reachable":
    case "absent":
      return { ...expectation, op: orNull(expectation.op) };
    case "result": {
      const contents = (list: typeof expectation.reads) =>
        list.map(({ range, origins }) => ({ range, origins: origins.map(to) }));
      return {
        ...expectation,
        op: to(expectation.op),
        reads: contents(expectation.reads),
        neverReads: contents(expectation.neverReads),
      };
    }
    case "final":
      return {
        ...expectation,
        files: Object.fromEntries(
          Object.entries(expectation.files).map(([name, file]) => [name, {
            ...file,
            content: file.content.map(({ range, origins }) => ({ range, origins: origins.map(to) })),
          }]),
        ),
      };
    case "cost":
      return {
        ...expectation,
        of: orNull(expectation.of),
        to: typeof expectation.to === "number" ? expectation.to : { ...expectation.to, of: orNull(expectation.to.of) },
      };
    case "order":
      return {
        ...expectation,
        party: to(expectation.party),
        waitsFor: orNull(expectation.waitsFor),
        neverWaitsFor: orNull(expectation.neverWaitsFor),
      };
    case "not_executable":
      return expectation;
  }
}
