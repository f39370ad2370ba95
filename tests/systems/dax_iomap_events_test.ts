/**
 * Events of `fs_dax` that runs of DAX of 6.1 fire, beside those that a kernel 6.1.192 has recorded for the same calls
 * (recordings sync-ext4-dax, mmaphole-ext4-dax, enospc-ext4-dax): names, the page, the write flag, the result.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Run } from "../../src/exploring/run.ts";
import { traced } from "../../src/machine/tracepoint_log.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { programOf, scenarioOf } from "./explored.ts";

const HEAD = "bounds: { SECTORS_PER_PAGE: 1, pages: 1 }\n";

/** `dax_pte_fault_done page 0 WRITE 0x104`, of the one run of a scenario of one task. */
function eventsOf(body: string, flags: Record<string, FlagValue> = {}): string[] {
  const scenario = scenarioOf(HEAD + body);
  const program = programOf(
    { ...scenario, selection: { ...scenario.selection, systems: ["dax-iomap"], flags: {} } },
    flags,
  );
  const run = new Run(traced(program));
  for (;;) {
    const [task] = run.enabled();
    if (task === undefined) break;
    run.step(task, 0);
  }
  return run.world.tracepoints!.events.filter(({ name }) => name.startsWith("dax_")).map(({ name, fields }) => {
    const page = Number(fields.file_offset) / 4096;
    const result = fields.result === undefined ? "" : ` 0x${Number(fields.result).toString(16)}`;
    return `${name} page ${page}${fields.flags ? ` ${fields.flags}` : ""}${result}`;
  });
}

Deno.test("a load of a hole, and then a store through the same mapping", () => {
  assertEquals(
    eventsOf("files: { F: { size: 1, blocks: hole } }\ntasks: { T1: [{ load: 'F[0:0]' }, { store: 'F[0:0]' }] }"),
    [
      "dax_pte_fault page 0 0x0",
      "dax_load_hole page 0 0x100",
      "dax_pte_fault_done page 0 0x100",
      "dax_pte_fault page 0 WRITE|MKWRITE 0x0",
      "dax_pte_fault_done page 0 WRITE|MKWRITE 0x104",
    ],
  );
});

Deno.test("a store through MAP_SYNC into a hole that has been loaded: write-back of the zero entry, commit, then the PTE", () => {
  const body = `files: { F: { size: 1, blocks: hole } }
maps: { m: F MAP_SHARED|MAP_SYNC }
tasks: { T1: [{ load: 'm[0:0]' }, { store: 'm[0:0]' }] }`;
  assertEquals(eventsOf(body), [
    "dax_pte_fault page 0 0x0",
    "dax_load_hole page 0 0x100",
    "dax_pte_fault_done page 0 0x100",
    "dax_pte_fault page 0 WRITE|MKWRITE 0x0",
    "dax_pte_fault_done page 0 WRITE|MKWRITE 0x2004",
    "dax_writeback_range page 0",
    "dax_writeback_one page 0",
    "dax_writeback_range_done page 0",
    "dax_insert_pfn_mkwrite page 0 WRITE|MKWRITE 0x100",
  ]);
});

Deno.test("msync behind a store, and behind nothing: a page that is clean is not asked about", () => {
  const store = "{ store: 'F[0:0]' }, { msync: 'F[0] MS_SYNC' }";
  assertEquals(eventsOf(`files: { F: { size: 1 } }\ntasks: { T1: [${store}, { msync: 'F[0] MS_SYNC' }, ${store}] }`), [
    "dax_pte_fault page 0 WRITE 0x0",
    "dax_pte_fault_done page 0 WRITE 0x100",
    "dax_writeback_range page 0",
    "dax_writeback_one page 0",
    "dax_writeback_range_done page 0",
    "dax_pte_fault page 0 WRITE|MKWRITE 0x0",
    "dax_pte_fault_done page 0 WRITE|MKWRITE 0x100",
    "dax_writeback_range page 0",
    "dax_writeback_one page 0",
    "dax_writeback_range_done page 0",
  ]);
});

Deno.test("a store into a hole when there is no space ends in SIGBUS", () => {
  const body = "device: { free: 0 }\nfiles: { F: { size: 1, blocks: hole } }\ntasks: { T1: [{ store: 'F[0:0]' }] }";
  for (const fs of ["ext4", "xfs"]) {
    assertEquals(eventsOf(body, { fs }), ["dax_pte_fault page 0 WRITE 0x0", "dax_pte_fault_done page 0 WRITE 0x2"]);
  }
});
