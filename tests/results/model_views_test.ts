import { assert, assertEquals } from "@std/assert";
import { groups, lines, madeBy, type Row } from "./analysed.ts";
import { rowsOf, withResults } from "./results_files.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const FIXTURES = [
  "10-12-page-with-busy-buffers",
  "10-24-reads-map-one-after-the-other",
  "10-39-buffered-write-from-its-own-page",
].map((name) => `${ROOT}fixtures/legacy-dio/${name}.yaml`);

Deno.test("views of the model agree with plain computations over its tables", async () => {
  await madeBy("explore", FIXTURES, async (rows) => {
    const runs = await rows("SELECT * FROM run");
    const steps = await rows("SELECT run_id, step, task FROM step");
    const findings = await rows("SELECT * FROM finding");

    // A wait ends with the step that wakes, whoever does it.
    const woken = await rows("SELECT * FROM step WHERE action = 'woken'");
    assert(woken.length > 0);
    for (const { run_id, task, step, resource } of woken) {
      const [last] = await rows(
        `SELECT resource, action FROM step WHERE run_id = ${run_id} AND task = '${task}' AND step < ${step}
           AND action IN ('waits', 'woken') ORDER BY step DESC LIMIT 1`,
      );
      assertEquals([last.action, last.resource], ["waits", resource]);
    }
    assertEquals(
      await rows(
        `SELECT * FROM step JOIN run_lock_intervals AS held USING (run_id, task)
         WHERE action = 'woken' AND state = 'waits' AND first_step < step.step AND last_step >= step.step`,
      ),
      [],
    );
    const verdicts = await rows("SELECT * FROM verdict");
    const runOf = new Map(runs.map((run) => [run.run_id, run]));
    assert(findings.length >= 5);

    const explored = new Set(runs.filter(({ kind }) => kind === "exploration").map(({ scenario }) => scenario)).size;
    const byAnomaly = [...groups(findings, ({ run_id, anomaly }) => `${runOf.get(run_id)!.system} ${anomaly}`)];
    assertEquals(
      lines(await rows("FROM anomaly_by_system"), "system", "anomaly", "scenarios", "explored", "occurrences"),
      byAnomaly.map(([key, own]) => {
        const scenarios = new Set(own.map(({ run_id }) => runOf.get(run_id)!.scenario)).size;
        return [key, scenarios, explored, own.reduce((sum, { count }) => sum + (count as bigint), 0n)].join(" ");
      }).sort(),
    );

    const single = runs.filter(({ kind }) => kind === "counterexample");
    const found = await rows("FROM counterexamples");
    assertEquals(
      lines(found, "run_id", "steps", "tasks", "kept_for", "token"),
      single.map((run) => {
        const own = steps.filter(({ run_id }) => run_id === run.run_id);
        const last = Math.max(...own.map(({ step }) => Number(step)));
        return [run.run_id, last + 1, new Set(own.map(({ task }) => task)).size, run.claim, run.token].join(" ");
      }).sort(),
    );
    assert(found.every(({ steps }, at) => at === 0 || (found[at - 1].steps as bigint) <= (steps as bigint)));

    const stale = findings.filter(({ anomaly }) => String(anomaly).startsWith("STALE_"));
    assert(stale.length > 0);
    const bytes = (sectors: Row[string]) => (sectors === null ? null : (sectors as bigint) * 512n);
    assertEquals(
      lines(await rows("FROM stale_reads"), "finding_id", "anomaly", "reader", "file_offset", "bytes"),
      stale.map((row) =>
        [row.finding_id, row.anomaly, row.op_a, bytes(row.first_sector), bytes(row.sectors)].map(String).join(" ")
      ).sort(),
    );

    const costs = verdicts.filter(({ kind }) => kind === "cost");
    assert(costs.length > 0);
    assertEquals(
      lines(await rows("FROM cost_by_system"), "scenario", "metric", "system", "cost", "steps_a_class"),
      costs.map(({ scenario, subject, system, actual, run_id }) => {
        const { steps, classes } = runOf.get(run_id)!;
        return [scenario, subject, system, actual, Number(steps) / Number(classes)].join(" ");
      }).sort(),
    );
  });
});

Deno.test("locks of a run are held from the step that takes them, and their order is that of the steps", async () => {
  const step = (step: number, task: string, action: string, resource = "") => ({
    run_id: 1,
    step,
    task,
    action,
    resource,
  });
  const model = {
    run: [],
    run_event: [],
    finding: [],
    verdict: [],
    step: [
      step(0, "T1", "begin", "T1#0"),
      step(1, "T1", "lock", "a(F)"),
      step(1, "T1", "holds", "a(F)"),
      step(2, "T2", "lock", "b(F)"),
      step(2, "T2", "holds", "b(F)"),
      step(3, "T1", "lock shared", "m(T1)"),
      step(3, "T1", "holds", "a(F)"),
      step(3, "T1", "holds", "m(T1,r)"),
      step(4, "T1", "unlock shared", "m(T1)"),
      step(4, "T1", "holds", "a(F)"),
      step(5, "T1", "holds", "a(F)"),
      step(5, "T1", "waits", "b(F) (owner T2)"),
      step(6, "T2", "holds", "b(F)"),
      step(6, "T2", "waits", "a(F) (owner T1)"),
    ],
  };
  await withResults({ batches: [], end: { model } }, async (path) => {
    assertEquals(
      await rowsOf(
        path,
        "SELECT task, state, resource, mode, first_step, last_step, until_end FROM run_lock_intervals",
      ),
      [
        ["T1", "holds", "a(F)", "EXCL", "1", "5", "true"],
        ["T2", "holds", "b(F)", "EXCL", "2", "6", "true"],
        ["T1", "holds", "m(T1)", "SHARED", "3", "3", "false"],
        ["T1", "waits", "b(F)", "EXCL", "5", "5", "true"],
        ["T2", "waits", "a(F)", "EXCL", "6", "6", "true"],
      ],
    );
    assertEquals(
      await rowsOf(path, "SELECT run_id, held, taken, taken_mode, times, first_seq, reversed FROM lock_order_edges"),
      [
        ["1", "a(F)", "b(F)", "EXCL", "1", "5", "true"],
        ["1", "a(F)", "m(T1)", "SHARED", "1", "3", "false"],
        ["1", "b(F)", "a(F)", "EXCL", "1", "6", "true"],
      ],
    );
  });
});
