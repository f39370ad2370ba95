/**
 * What the kernel does of its own accord in a scenario: writeback, reclaim, commits of the journal.
 *
 * Each pass may begin at any time; there are as many as the scenario says, so that runs come to an end.
 *
 * @module
 */

import { filemapFdatawriteRange } from "../machine/page_cache_flush.ts";
import type { Steps, Task } from "../machine/task.ts";
import type { World } from "../machine/world.ts";
import type { KernelTask, Scenario } from "../scenarios/scenario.ts";
import { reclaimPages } from "./common/reclaim.ts";
import type { ModelledFile, MountedSystem } from "./system.ts";

/** Pages of a file. */
interface Part {
  readonly file: ModelledFile;
  readonly first: number;
  readonly end: number;
}

interface Passes {
  readonly passes: number;
  readonly parts: readonly Part[];
}

export function startKernelTasks(world: World, { kernel, files }: Scenario, mounted: MountedSystem): void {
  const names = Object.keys(files);
  if (kernel.flusher !== null) {
    const argument = passesOf(kernel.flusher, names, mounted);
    world.spawn("flusher", flush, { argument, context: "flusher" });
  }
  if (kernel.reclaim !== null) {
    world.spawn("reclaim", reclaim, { argument: passesOf(kernel.reclaim, names, mounted) });
  }
  if (kernel.journalCommit !== null && mounted.commitJournal !== undefined) {
    world.spawn("journal_commit", commit, { argument: { mounted, passes: kernel.journalCommit.passes } });
  }
}

function passesOf({ of, passes }: KernelTask, names: readonly string[], mounted: MountedSystem): Passes {
  if (of === null) return { passes, parts: names.map((name) => part(mounted.file(name), 0, null)) };
  const { name, range } = of;
  return { passes, parts: [part(mounted.file(name), range?.firstPage ?? 0, range?.lastPage ?? null)] };
}

function part(file: ModelledFile, first: number, last: number | null): Part {
  return { file, first, end: last === null ? file.inode.bounds.pagesMax : last + 1 };
}

function* flush(_task: Task, { passes, parts }: Passes): Steps {
  for (let pass = 0; pass < passes; pass++) {
    for (const { file: { inode: { mapping, bounds } }, first, end } of parts) {
      const last = end * bounds.sectorsPerPage - 1;
      yield* filemapFdatawriteRange(mapping, first * bounds.sectorsPerPage, last, "background");
    }
  }
}

function* reclaim(_task: Task, { passes, parts }: Passes): Steps {
  for (let pass = 0; pass < passes; pass++) {
    for (const { file, first, end } of parts) yield* reclaimPages(file.inode.mapping, first, end);
  }
}

function* commit(_task: Task, { mounted, passes }: { mounted: MountedSystem; passes: number }): Steps {
  for (let pass = 0; pass < passes; pass++) yield* mounted.commitJournal!();
}
