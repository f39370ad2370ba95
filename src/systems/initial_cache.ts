/**
 * The page cache at the beginning of a run: pages, what wrote the dirty ones, and I/O of the kernel's that is under way.
 *
 * @module
 */

import type { Folio } from "../machine/folio.ts";
import type { Steps, Task } from "../machine/task.ts";
import { type Token, writeToken } from "../machine/tokens.ts";
import type { World } from "../machine/world.ts";
import { lengthSectors, sectorsOf } from "../scenarios/place.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { OperationRecord, RunRecord } from "./run_record.ts";
import type { MountedSystem } from "./system.ts";

/** Task of what was written before the beginning. */
const BEFORE = "before";

/** Name of the write whose data the dirty pages of a run hold at the beginning. */
function nameBefore(file: string, firstPage: number): string {
  return `${BEFORE}_${file}_${firstPage}`;
}

/** What dirty pages hold, as a buffered write that nobody has synced. */
export function writesBefore(scenario: Scenario, name: string): OperationRecord[] {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const { cache, size } = scenario.files[name];
  const end = lengthSectors(size, SECTORS_PER_PAGE);
  return cache.filter(({ state }) => state === "dirty").map(({ range }): OperationRecord => {
    const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
    const last = Math.min(to, end);
    const sectors = Array.from({ length: Math.max(0, last - from) }, (_, nth) => from + nth);
    const own = nameBefore(name, range.firstPage);
    return {
      name: own,
      task: BEFORE,
      kind: "pwrite",
      call: "pwrite",
      what: `pwrite ${name} before the beginning`,
      file: name,
      pos: from,
      len: sectors.length,
      direct: false,
      flags: [],
      begun: -2,
      returned: -1,
      result: sectors.length,
      submitted: null,
      reads: [],
      writes: sectors.map((sector) => ({ sector, token: writeToken(own, sector), way: "cached" })),
      steps: [],
      costs: {},
    };
  });
}

/** Puts the pages into the cache that the scenario says are there. */
export function fillCache(
  world: World,
  scenario: Scenario,
  name: string,
  mounted: MountedSystem,
  initial: RunRecord["initial"],
): void {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const { mapping } = mounted.file(name).inode;
  const { tokens } = initial[name];
  for (const { range, state, also } of scenario.files[name].cache) {
    for (let page = range.firstPage; page <= range.lastPage; page++) {
      const first = page * SECTORS_PER_PAGE;
      const content = Array.from({ length: SECTORS_PER_PAGE }, (_, at): Token => {
        const sector = first + at;
        if (sector >= tokens.length) return "0";
        return state === "dirty" ? writeToken(nameBefore(name, range.firstPage), sector) : tokens[sector];
      });
      const folio = mapping.addCached(page, content);
      if (state === "dirty") folio.setDirty();
      if (also.includes("not_uptodate")) folio.uptodate.testAndClear();
      mounted.cached?.(folio, also);
      for (const bit of ["locked", "writeback"] as const) {
        if (also.includes(bit)) {
          world.spawn(`${bit} ${folio.name}`, endEarlierIo, { argument: { folio, bit }, context: "irq" });
        }
      }
    }
  }
}

/** I/O of the kernel's that a page is found under; it ends at any time. */
function* endEarlierIo(task: Task, { folio, bit }: { folio: Folio; bit: "locked" | "writeback" }): Steps {
  if (bit === "locked") folio.lock.set(task);
  else folio.startWriteback(task.name);
  yield;
  if (bit === "writeback") folio.endWriteback();
  else {
    folio.uptodate.testAndSet();
    folio.lock.clear();
  }
}
