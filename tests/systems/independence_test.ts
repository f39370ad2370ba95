/**
 * Scenarios at random on every system: what their steps share is touched where it is looked at, which is what lets one
 * order of independent steps stand for all.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { stringify } from "yaml";
import { checkIndependence } from "../../src/exploring/independence.ts";
import type { Program } from "../../src/machine/program.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { SYSTEMS } from "../../src/systems/index.ts";
import { NotModelled } from "../../src/systems/not_modelled.ts";
import type { System } from "../../src/systems/system.ts";
import { programOf, scenarioOf } from "./explored.ts";

const PAGES = 4;

const file = fc.constantFrom("F", "F", "G");
const range = fc.constantFrom("0", "1", "2", "0..1", "1..2", "2..3", "0:0", "1:1", "4");
const place = fc.tuple(file, range).map(([name, at]) => `${name}[${at}]`);

function operation(key: string, ...flags: readonly string[]): fc.Arbitrary<Record<string, string>> {
  return fc.tuple(place, fc.constantFrom(...flags, "")).map(([at, flag]) => ({ [key]: `${at} ${flag}`.trim() }));
}

const SYNCHRONOUS: readonly fc.WeightedArbitrary<Record<string, unknown>>[] = [
  { weight: 2, arbitrary: operation("pread", "O_DIRECT") },
  { weight: 3, arbitrary: operation("pwrite", "O_DIRECT", "O_DSYNC") },
  { weight: 1, arbitrary: operation("load", "MAP_PRIVATE") },
  { weight: 1, arbitrary: operation("store", "MAP_PRIVATE") },
  {
    weight: 1,
    arbitrary: operation("fallocate", "FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE", "FALLOC_FL_ZERO_RANGE"),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, file).map(([at, name]) => ({ pwrite: `${at} O_DIRECT`, from: `map ${name}` })),
  },
  { weight: 1, arbitrary: fc.constantFrom("fsync", "fstat").chain((key) => file.map((name) => ({ [key]: name }))) },
  { weight: 1, arbitrary: fc.tuple(file, fc.nat(PAGES)).map(([ftruncate, size]) => ({ ftruncate, size })) },
  { weight: 1, arbitrary: file.map((name) => ({ msync: `${name}[0..3] MS_SYNC` })) },
];

/** What systems without a page cache do not have, or do nothing for. */
const OTHERS: readonly fc.WeightedArbitrary<Record<string, unknown>>[] = [
  { weight: 1, arbitrary: operation("pread", "O_DIRECT RWF_NOWAIT") },
  { weight: 1, arbitrary: operation("sync_file_range", "SYNC_FILE_RANGE_WRITE") },
  {
    weight: 1,
    arbitrary: fc.tuple(place, fc.constantFrom("POSIX_FADV_DONTNEED", "POSIX_FADV_WILLNEED")).map(([at, advice]) => ({
      fadvise: `${at} ${advice}`,
    })),
  },
  { weight: 1, arbitrary: fc.constant({ drop_caches: 1 }) },
  { weight: 2, arbitrary: operation("uring_pwrite", "O_DIRECT") },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("aio_pread", "aio_pwrite"), place).map(([key, at]) => ({
      [key]: `${at} O_DIRECT`,
    })),
  },
];

function byPage(...states: readonly string[]): fc.Arbitrary<Record<string, string>> {
  return fc.array(fc.constantFrom(...states), { minLength: PAGES, maxLength: PAGES }).map((list) =>
    Object.fromEntries(list.map((state, page) => [`${page}`, state]))
  );
}

/** A scenario of few pages and operations, as far as a system has what it asks for. */
function scenarios({ name, flags }: System): fc.Arbitrary<{ body: string; set: Record<string, FlagValue> }> {
  const chosen = fc.subarray(flags.filter(({ values }) => values !== null), { maxLength: 2 });
  const set = chosen.chain((some) =>
    fc.record(Object.fromEntries(some.map((flag) => [flag.name, fc.constantFrom(...flag.values!)])))
  );
  const hasPages = !["xip-io", "dax", "dax-iomap"].includes(name);
  const operations = fc.oneof(...SYNCHRONOUS, ...(hasPages ? OTHERS : []));
  const states = fc.record({
    blocks: byPage("hole", "written", "unwritten", "written"),
    ...(hasPages ? { cache: byPage("absent", "clean", "dirty") } : {}),
  }, { requiredKeys: [] });
  const body = fc.record({
    mount: fc.record({ blocks_per_page: fc.constantFrom(1, 1, 2) }),
    files: states.map((state) => ({ F: { size: PAGES, ...state }, G: { size: PAGES } })),
    tasks: fc.array(fc.array(operations, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 }).map((all) =>
      Object.fromEntries(all.map((own, nth) => [`T${nth + 1}`, own]))
    ),
    kernel: fc.record({
      flusher: fc.constant("on"),
      reclaim: fc.constant("on"),
      journal_commit: fc.constant("on"),
    }, { requiredKeys: [] }),
  });
  return fc.record({ body: body.map((parts) => stringify(parts)), set });
}

for (const system of SYSTEMS) {
  Deno.test(`${system.name}: orders of independent steps of scenarios at random come to the same`, () => {
    fc.assert(
      fc.property(scenarios(system), ({ body, set }) => {
        const program = modelled(system, body, set);
        fc.pre(program !== null);
        assertEquals(checkIndependence(program, { runs: 2, variants: 2 }), null);
      }),
      { seed: 1, numRuns: 80 },
    );
  });
}

Deno.test("page-cache-dio: where a marker covers a range, who looks up one of its pages looks at those behind it", () => {
  const body = `
files: { F: { size: 4 } }
tasks:
  T1: [{ aio_pwrite: "F[1..2] O_DIRECT" }]
  T2: [{ pread: "F[1]" }]
  T3: [{ pwrite: "F[0..3] O_DIRECT" }]
`;
  for (const scheme of ["record_in_tree", "lutomirski"]) {
    const program = programOf(scenarioOf(body, "page-cache-dio"), { scheme, marker_scope: "range" });
    assertEquals(checkIndependence(program, { runs: 60 }), null, scheme);
  }
});

/** Null where flags do not go together, or the system does not have what the scenario asks for. */
function modelled(system: System, body: string, set: Readonly<Record<string, FlagValue>>): Program | null {
  try {
    return programOf(scenarioOf(body, system.name), set);
  } catch (error) {
    if (error instanceof NotModelled) return null;
    throw error;
  }
}
