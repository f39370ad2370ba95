import { assert, assertEquals } from "@std/assert";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import type { RecordingFormat } from "../../src/recording/recording_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collect, type Collected, type Row } from "./collect.ts";

/** Folders with recordings: those shipped, and all shared ones where they are and it is asked for. */
function folders(): string[] {
  const list = (root: string) => {
    try {
      return [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory).map(({ name }) => `${root}/${name}`)
        .sort();
    } catch {
      return [];
    }
  };
  const shared = Deno.env.get("DIOSCOPE_ALL") === "1"
    ? [...list("../shared/recordings"), ...list("../shared/recordings-dax")]
    : [];
  return [...list("traces"), ...shared];
}

/** The file of a folder, plain or gzip; null when it has none. */
function fileIn(folder: string, name: string): string | null {
  for (const path of [`${folder}/${name}`, `${folder}/${name}.gz`]) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not there.
    }
  }
  return null;
}

async function read(format: RecordingFormat, folder: string, name: string): Promise<Collected | null> {
  const file = fileIn(folder, name);
  return file === null ? null : await collect(format, [file]);
}

/** An event as every format must show it; time rounded to what text prints. */
function key(row: Row, nsDigit: bigint): string {
  const ts = (row.ts + nsDigit / 2n) / nsDigit;
  return [ts, row.cpu, row.pid, row.name, row.dev, row.ino, row.file_offset, row.sector, row.bytes, row.rwbs, row.ret]
    .join(" ");
}

function assertSameEvents(got: Row[], want: Row[], nsDigit: bigint, what: string): void {
  assertEquals(got.length, want.length, what);
  const wanted = want.map((row) => key(row, nsDigit)).sort();
  const found = got.map((row) => key(row, nsDigit)).sort();
  const wrong = found.findIndex((text, i) => text !== wanted[i]);
  if (wrong >= 0) assertEquals(found[wrong], wanted[wrong], `${what}, first difference`);
}

Deno.test("trace.dat, the report's text and the trace file's text of one buffer give the same events", async () => {
  let compared = 0;
  for (const folder of folders()) {
    const dat = await read(traceDat, folder, "trace.dat");
    if (dat === null) continue;
    for (
      const [format, name, nsDigit] of [
        [traceCmdReport, "report.txt", folder.includes("dax") ? 1n : 1000n],
        [traceCmdReport, "report.ts.txt", 1n],
        [traceCmdReport, "report.raw.txt", 1000n],
        [traceCmdReport, "report-raw.txt", 1n],
        [traceCmdReport, "report.latency.txt", 1000n],
        [ftraceText, "trace.txt", 1000n],
        [ftraceText, "trace.tgid.txt", 1000n],
        [ftraceText, "trace.no-irq-info.txt", 1000n],
      ] as const
    ) {
      const text = await read(format, folder, name);
      if (text === null) continue;
      assertSameEvents(text.rows, dat.rows, nsDigit, `${folder}/${name}`);
      compared++;
    }
  }
  assert(compared > 0);
});

Deno.test("the text of perf script holds events of the same run, by clock readings of its own", async () => {
  let compared = 0;
  for (const folder of folders()) {
    const perf = await read(perfScript, folder, "perf-script.txt");
    const dat = await read(traceDat, folder, "trace.dat");
    if (perf === null || dat === null) continue;
    const rest = new Map<string, bigint[]>();
    const identity = (row: Row) => key({ ...row, ts: 0n }, 1n);
    for (const row of dat.rows) {
      const id = identity(row);
      rest.set(id, [...rest.get(id) ?? [], row.ts]);
    }
    for (const row of perf.rows) {
      const times = rest.get(identity(row)) ?? [];
      const at = times.findIndex((ts) => (ts > row.ts ? ts - row.ts : row.ts - ts) <= 20_000n);
      assert(at >= 0, `${folder}: ${identity(row)} at ${row.ts} is not in the trace.dat`);
      times.splice(at, 1);
      compared++;
    }
  }
  assert(compared > 0);
});

Deno.test("blktrace's records, blkparse's text of them and the blk tracer's text agree", async () => {
  let compared = 0;
  for (const folder of folders()) {
    const files = [0, 1].map((cpu) => fileIn(`${folder}/blktrace`, `dev.blktrace.${cpu}`)).filter((f) => f !== null);
    if (files.length === 0) continue;
    const collected = await collect(blktraceFormat, files);
    // The text of a split shows where, not how long the whole was.
    const records = {
      rows: collected.rows.map((row) => row.name === "blk_ta_split" ? { ...row, bytes: null } : row),
    };
    const parsed = await read(blkparseFormat, `${folder}/blktrace`, "blkparse.txt");
    if (parsed !== null) {
      const first = records.rows[0].ts;
      assertSameEvents(
        parsed.rows,
        records.rows.map((row) => ({ ...row, ts: row.ts - first })),
        1n,
        `${folder}/blktrace/blkparse.txt`,
      );
      compared++;
    }
    const tracer = await read(ftraceText, `${folder}/blktrace`, "blk-tracer.txt");
    if (tracer !== null) {
      assertSameEvents(tracer.rows, records.rows, 1000n, `${folder}/blktrace/blk-tracer.txt`);
      compared++;
    }
  }
  assert(compared > 0);
});
