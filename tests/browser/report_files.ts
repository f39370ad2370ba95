/**
 * Reports for the tests of pages.
 *
 * @module
 */
import { PartStore } from "../../src/report/html/part_store.ts";
import { reportText } from "../../src/report/html/report_document.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { batchOf } from "../results/batches.ts";
import { dimensionBatches, engine, type FileContent, tagOf, writeResults } from "../results/results_files.ts";

/** Writes the report of a results file beside it; returns its path. */
export async function writeReport(database: string): Promise<string> {
  const reader = ResultsReader.open(await engine(), database);
  using store = new PartStore();
  const stepMeanings = () => ({ A1: "lock" });
  const pieces = await reportText(reader, { name: "results.duckdb", stepMeanings, more: null, store });
  reader.close();
  const path = `${database}.html`;
  await Deno.writeTextFile(path, [...pieces].join(""));
  return path;
}

/** Runs `body` with the paths of a results file and of its report. */
export async function withReport(
  content: FileContent,
  body: (report: string, database: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  try {
    const database = `${folder}/results.duckdb`;
    await writeResults(database, content);
    await body(await writeReport(database), database);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Text that runs a script wherever it is taken for markup. */
export const HOSTILE =
  `</script></title></style>--><img src=x onerror="globalThis.hacked=1">" onfocus=hacked=1 '\u202e\u0007`;

const RECORDING = {
  recording_id: 1,
  path: "trace.dat",
  format: "trace.dat v7",
  kernel: "6.18",
  clock: "mono",
  page_size: 4096,
  cpus: 2,
  first_ns: 1_000_000_000n,
  last_ns: 1_001_000_000n,
  events: 4n,
  lost_events: 0n,
  skipped_records: 0n,
  clock_offset_ns: 0n,
};

const SECOND = 1_000_000_000n;

/** Two operations of two tasks on a file, with a bio, page-cache steps and four events. */
export function smallRecording(): FileContent {
  const tags = [tagOf(0, 0), tagOf(2, 0), tagOf(2, 1), tagOf(1, 1)];
  return {
    batches: [
      ...dimensionBatches(),
      batchOf("store", "event", {
        ts_ns: ["BIGINT", [0n, 100_000n, 600_000n, 1_000_000n].map((ns) => SECOND + ns)],
        tag_id: ["UINTEGER", tags],
        ino: ["BIGINT", [null, 12n, 12n, 12n]],
      }),
    ],
    end: { recordings: [RECORDING] },
  };
}

/** Rows of the model: an exploration, a deadlock of two tasks that is kept of it, findings and verdicts. */
export function modelContent(name = "10-1-two-locks"): FileContent {
  const claim = "all 5 classes";
  const run = { scenario: name, system: "legacy-dio", flags: "fs=ext3", strategy: "exhaustive" };
  const token = "d1~0*2,1*2~2n2N~deadlock";
  const step = (step: number, task: string, action: string, resource: string, detail = "") => {
    return { run_id: 2, step, task, action, resource, detail };
  };
  const verdict = { scenario: name, row: "10-1", system: "legacy-dio", flags: "", run_id: 1, claim, why: "because" };
  return {
    batches: [],
    end: {
      model: {
        run: [
          { ...run, run_id: 1, kind: "exploration", classes: 5, blocked: 0, cut_off: 0, claim },
          {
            ...run,
            run_id: 2,
            kind: "counterexample",
            of_run: 1,
            outcome: "deadlock",
            claim: "DEADLOCK",
            token,
            scenario_text: `title: ${JSON.stringify(name)}\n`,
          },
        ],
        step: [
          step(0, "T1", "begin", "T1#0", "pwrite F[0]"),
          step(1, "T1", "lock", "a(F)"),
          step(1, "T1", "step", "A1", "T1#0"),
          step(1, "T1", "holds", "a(F)"),
          step(2, "T2", "lock", "b(F)"),
          step(2, "T2", "changed", "page(F,0)", "clean → dirty"),
          step(2, "T2", "holds", "b(F)"),
          step(3, "T1", "holds", "a(F)"),
          step(3, "T1", "waits", "b(F) (owner T2)"),
          // It is not T2's own step that keeps it from going on.
          step(3, "T2", "holds", "b(F)", "by T1"),
          step(3, "T2", "waits", "a(F) (owner T1)", "by T1"),
        ],
        run_event: [],
        finding: [{
          finding_id: 1,
          run_id: 1,
          anomaly: "DEADLOCK",
          severity: "error",
          op_a: "T1#0",
          explanation: `T1 and T2 wait for each other\nin ${name}`,
          token,
          attributes: "",
          file: name,
          count: 1,
        }],
        verdict: [
          {
            ...verdict,
            kind: "reachable",
            subject: "DEADLOCK",
            expected: "DEADLOCK is reachable",
            actual: "DEADLOCK reachable",
            agrees: true,
          },
          {
            ...verdict,
            system: "dax",
            kind: "absent",
            subject: "STALE_DATA",
            expected: "STALE_DATA is absent",
            actual: "STALE_DATA reachable",
            agrees: false,
          },
        ],
      },
    },
  };
}
