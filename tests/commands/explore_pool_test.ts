import { assertEquals } from "@std/assert";
import { RunnerPool } from "../../src/commands/explore_pool.ts";
import { programsWith } from "../../src/commands/program_module.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";

const system = systemNamed("legacy-dio");

function jobOf(pages: number) {
  const text = `title: reads\nsystem: all\nfiles: { F: { size: 2 } }\n` +
    `tasks: { T1: [ { pread: "F[0..${pages - 1}]" } ], T2: [ { pread: "F[0]" } ] }\n`;
  const run = { scenario: readScenario("reads.yaml", text), system: system.name, flags: flagValues(system) };
  const settings = { stepsMax: 1000, budget: { runs: 1 }, witnesses: [] };
  return { kind: "explore", run, settings } as const;
}

/** Result of the one operation of T1, by job, as one call of the pool is told it. */
async function explored(pool: RunnerPool, sizes: readonly number[]): Promise<string[]> {
  const left = [...sizes];
  const found: string[] = [];
  await pool.run(() => {
    const pages = left.shift();
    return pages === undefined ? null : { key: pages, job: jobOf(pages) };
  }, (pages, result) => {
    if (result.kind !== "explored") throw new Error(result.kind);
    const [{ finalState }] = result.explored.report.outcomes;
    found.push(`${pages} ${finalState.split(" ")[0]}`);
  });
  return found;
}

Deno.test("a worker that is asked for two things at once does both, and tells each who asked", async () => {
  const pool = new RunnerPool(programsWith([]), 1);
  try {
    pool.start();
    const both = await Promise.all([explored(pool, [1, 2, 1]), explored(pool, [2, 1])]);
    assertEquals(both, [["1 T1#0=2", "2 T1#0=4", "1 T1#0=2"], ["2 T1#0=4", "1 T1#0=2"]]);
  } finally {
    pool.close();
  }
});
