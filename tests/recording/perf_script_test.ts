import { assert, assertEquals } from "@std/assert";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { collect, type Row } from "./collect.ts";
import { diagnosticOf, plain, readLine, readText, scenariosWith, typed } from "./ftrace_text_helpers.ts";

Deno.test("a line of perf script has task, thread, CPU, time, system and event", async () => {
  const row = await readLine(
    perfScript,
    "           wl-t2   935 [000]  3033.132204998:                     block:block_bio_queue: 7,0 RM 144 + 8 [wl-t2]",
  );
  assertEquals([row.source, row.system, row.name], ["perf", "block", "block_bio_queue"]);
  assertEquals([row.comm, row.pid, row.tgid, row.cpu, row.ts], ["wl-t2", 935, null, 0, 3033132204998n]);
  assertEquals([row.dev, row.sector, row.bytes, row.raw], ["7:0", 144n, 4096n, {}]);
});

Deno.test("process, period and CPU may be there or not", async () => {
  const full = await readLine(
    perfScript,
    "            true 11350/11351 [001]  2753.038606593:          1  sched:sched_process_exec: filename=/bin/true pid=1 old_pid=1",
  );
  assertEquals([full.pid, full.tgid, full.cpu, full.ts], [11351, 11350, 1, 2753038606593n]);
  const bare = await readLine(
    perfScript,
    "true 11350  2753.038606:  sched:sched_process_exec: filename=/bin/true pid=1 old_pid=1",
  );
  assertEquals([bare.comm, bare.pid, bare.cpu, bare.ts], ["true", 11350, -1, 2753038606000n]);
});

Deno.test("a task's name may look like a head", async () => {
  for (const name of ["V8 DefaultWorke", "a 1 [000]", "9 9/9", "kworker/1:0H"]) {
    const row = await readLine(
      perfScript,
      `${name.padStart(16)}   935 [000]  3.132204998: syscalls:sys_exit_close: 0x0`,
    );
    assertEquals([row.comm, row.pid, row.ret], [name, 935, 0n]);
  }
});

Deno.test("call chains are rows after their event", async () => {
  const text = [
    "# ========",
    "# os release : 6.18.44",
    "# nrcpus online : 2",
    "#",
    "true 11350 [000]  2753.038606:  sched:sched_process_exec: filename=/bin/true pid=11350 old_pid=11350",
    "\tffffffff816c3245 bprm_execve+0x4a5 ([kernel.kallsyms])",
    "\t           1ab70 _start+0x0 (/usr/lib/ld.so)",
    "",
    "true 11350 [001]  2753.038812: syscalls:sys_enter_close: fd: 0x00000003",
    "\t               0 [unknown] ([unknown])",
    "",
  ].join("\n");
  const { rows, facts, skippedRecords } = await readText(perfScript, text);
  assertEquals(rows.map((row) => [row.name, row.cpu, row.comm, row.ts, row.raw.caller_text ?? null]), [
    ["sched_process_exec", 0, "true", 2753038606000n, null],
    [
      "callchain",
      0,
      "true",
      2753038606000n,
      "bprm_execve+0x4a5 ([kernel.kallsyms])\n_start+0x0 (/usr/lib/ld.so)",
    ],
    ["sys_enter_close", 1, "true", 2753038812000n, null],
    ["callchain", 1, "true", 2753038812000n, "[unknown] ([unknown])"],
  ]);
  assertEquals([facts.kernel, facts.cpus, skippedRecords], ["6.18.44", 2, 0]);
});

Deno.test("lost records are counted", async () => {
  const all = await readText(
    perfScript,
    "a 1 [000] 1.000001: PERF_RECORD_LOST lost 12\na 1 [000]  1.000002: s:e: a=1\n",
  );
  assertEquals([all.rows.length, plain(all.rows[0].raw), all.lostEvents], [1, { a: 1 }, 12]);
  assertEquals(diagnosticOf(all, "events_lost"), { severity: "data_loss", count: 12 });
});

Deno.test("perf's text of a run has the events that the ring buffer of the same run has", async () => {
  const scenarios = scenariosWith("perf-script.txt", "report.txt");
  for (const scenario of scenarios) {
    const perf = await collect(perfScript, [scenario.file("perf-script.txt")!]);
    const report = await collect(traceCmdReport, [scenario.file("report.txt")!]);
    assertEquals(perf.diagnostics, []);
    // perf reads a clock of its own for each event: all but the time is equal.
    const key = (row: Row) => Object.values(typed(row)).join(" ");
    const byKey = new Map<string, bigint[]>();
    for (const row of report.rows) byKey.set(key(row), [...byKey.get(key(row)) ?? [], row.ts]);
    let far = 0;
    for (const row of perf.rows) {
      const times = byKey.get(key(row));
      assert(times !== undefined && times.length > 0, key(row));
      const near = times.findIndex((ts) => (ts > row.ts ? ts - row.ts : row.ts - ts) <= 20_000n);
      if (near < 0) far++;
      times.splice(Math.max(near, 0), 1);
    }
    assertEquals(far, 0);
  }
});
