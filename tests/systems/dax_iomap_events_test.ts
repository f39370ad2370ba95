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

const RECORDINGS = new URL("../../../shared/recordings-dax/", import.meta.url);

function areThere(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}

/** Events of `fs_dax` of a recording, as {@linkcode eventsOf} gives them, without their pages. */
async function recorded(name: string): Promise<string> {
  const packed = await Deno.open(new URL(`${name}/report-raw.txt.gz`, RECORDINGS));
  const text = await new Response(packed.readable.pipeThrough(new DecompressionStream("gzip"))).text();
  const lines = text.split("\n").flatMap((line) => {
    const match = /: (dax_(?!pmd)[a-z_]+): .*?(?: flags=(\d+) result=(\d+))?$/.exec(line.trimEnd());
    if (match === null) return [];
    const bits = Number(match[2] ?? 0);
    const flags = [...(bits & 1) !== 0 ? ["WRITE"] : [], ...(bits & 2) !== 0 ? ["MKWRITE"] : []].join("|");
    const result = match[3] === undefined ? "" : ` 0x${Number(match[3]).toString(16)}`;
    return [`${match[1]}${flags === "" ? "" : ` ${flags}`}${result}`];
  });
  return lines.join("\n");
}

const FIRST_STORE = "{ store: 'F[0:0]' }, { msync: 'F[0] MS_SYNC' }";

/** Calls whose events stand in a row in a recording: what was called, what the recording is, and the calls here. */
const RECORDED: readonly [calls: string, recording: string, body: string][] = [
  [
    "a load of a hole",
    "mmaphole-ext4-dax",
    "files: { F: { size: 1, blocks: hole } }\ntasks: { T1: [{ load: 'F[0:0]' }] }",
  ],
  [
    "a load and a store of a hole",
    "mmaphole-xfs-dax",
    "files: { F: { size: 1, blocks: hole } }\ntasks: { T1: [{ load: 'F[0:0]' }, { store: 'F[0:0]' }] }",
  ],
  [
    "a store into a hole through MAP_SYNC that has been loaded",
    "sync-ext4-dax",
    `files: { F: { size: 1, blocks: hole } }
maps: { m: F MAP_SHARED|MAP_SYNC }
tasks: { T1: [{ load: 'm[0:0]' }, { store: 'm[0:0]' }] }`,
  ],
  ["a store and its msync", "sync-ext4-dax", `files: { F: { size: 1 } }\ntasks: { T1: [${FIRST_STORE}] }`],
  [
    "a store into a hole and its msync",
    "sync-xfs-dax",
    `files: { F: { size: 1, blocks: hole } }\ntasks: { T1: [${FIRST_STORE}] }`,
  ],
  [
    "a store that never ends to a page that write(2) has copied",
    "reflink-xfs-dax",
    `files: { G: { size: 1 }, F: { size: 1, blocks: { 0: "shared G[0]" } } }
tasks: { T1: [{ load: "F[0:0]" }, { pwrite: "F[0]" }, { store: "F[0:0]" }] }`,
  ],
  [
    "a load, and a store when there is no space",
    "enospc-ext4-dax",
    `device: { free: 0 }
files: { F: { size: 1, blocks: hole } }
tasks: { T1: [{ load: 'F[0:0]' }, { store: 'F[0:0]' }] }`,
  ],
];

Deno.test({
  name: "what runs fire stands in a row in recordings of 6.1.192, name, flags and result",
  ignore: !areThere(RECORDINGS),
  async fn() {
    for (const [calls, recording, body] of RECORDED) {
      const own = eventsOf(body, { fs: recording.includes("xfs") ? "xfs" : "ext4" })
        .map((event) => event.replace(/ page \d+/, "")).join("\n");
      // Of a store that never ends, its faults: the load before it has been long ago.
      const last = calls.includes("never ends") ? own.split("\n").slice(2).join("\n") : own;
      assertEquals([calls, (await recorded(recording)).includes(last) ? last : "not there"], [calls, last]);
    }
  },
});
