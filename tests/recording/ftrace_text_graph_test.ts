import { assertEquals } from "@std/assert";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import type { Row } from "./collect.ts";
import { diagnosticOf, plain, readText } from "./ftrace_text_helpers.ts";

const summary = (row: Row) => [row.name, row.cpu, row.pid, row.comm, plain(row.raw)];

const HEADER =
  "# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n# |     |   |                     |   |   |   |\n";

Deno.test("calls, leaves and returns have function, depth and duration", async () => {
  const text = HEADER + [
    " 0)               |  do_sys_open() {",
    " 0)   0.325 us    |    getname();",
    " 0) ! 352.397 us  |    do_filp_open();",
    " 0) $ 1234567 us |  }",
    " 1) + 13.652 us   |  } /* vfs_read */",
    "",
  ].join("\n");
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map(summary), [
    ["funcgraph_entry", 0, -1, null, { func_text: "do_sys_open", depth: 0 }],
    ["funcgraph_entry", 0, -1, null, { func_text: "getname", depth: 1, duration_ns: 325 }],
    ["funcgraph_entry", 0, -1, null, { func_text: "do_filp_open", depth: 1, duration_ns: 352397 }],
    ["funcgraph_exit", 0, -1, null, { depth: 0, duration_ns: 1234567000 }],
    ["funcgraph_exit", 1, -1, null, { func_text: "vfs_read", depth: 0, duration_ns: 13652 }],
  ]);
  assertEquals(diagnosticOf(all, "no_time"), { severity: "warning", count: 5 });
  assertEquals([all.skippedRecords, diagnosticOf(all, "bad_line")], [0, null]);
});

Deno.test("a CPU's task is known from its change of task on", async () => {
  const text = HEADER + [
    " 0)               |  schedule() {",
    " ------------------------------------------",
    " 0)   bash-4251    =>   cat-4252   ",
    " ------------------------------------------",
    "",
    " 0)   0.1 us      |  } /* schedule */",
    " 1)   0.1 us      |  x();",
    "",
  ].join("\n");
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map((row) => [row.cpu, row.pid, row.comm]), [[0, -1, null], [0, 4252, "cat"], [1, -1, null]]);
  assertEquals(all.skippedRecords, 0);
});

Deno.test("absolute times, tasks, irq flags, return values, callers and arguments", async () => {
  const text = [
    "# tracer: function_graph",
    "#",
    "#     TIME        CPU  TASK/PID       ||||     DURATION                  FUNCTION CALLS",
    "#      |          |     |    |        ||||      |   |                     |   |   |   |",
    " 3021.953249 |   0)    bash-4251   | d..1. |               |  vfs_read(file=0xffff, pos=0x0) { /* <-ksys_read+0x5f/0xe0 */",
    " 3021.953250 |   0)    bash-4251   | d..1. |   0.325 us    |    fsnotify(); /* ret=0x0 */",
    " 3021.953251 |   0)    bash-4251   | d..1. |   1.200 us    |  } /* vfs_read ret=-22 */",
    "",
  ].join("\n");
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map((row) => [row.ts, row.flags, ...summary(row)]), [
    [3021953249000n, "d..1.", "funcgraph_entry", 0, 4251, "bash", {
      func_text: "vfs_read",
      depth: 0,
      args: "file=0xffff, pos=0x0",
      retaddr_text: "ksys_read+0x5f/0xe0",
    }],
    [3021953250000n, "d..1.", "funcgraph_entry", 0, 4251, "bash", {
      func_text: "fsnotify",
      depth: 1,
      duration_ns: 325,
      retval: 0,
    }],
    [3021953251000n, "d..1.", "funcgraph_exit", 0, 4251, "bash", {
      func_text: "vfs_read",
      depth: 0,
      duration_ns: 1200,
      retval: -22,
    }],
  ]);
  assertEquals(all.diagnostics, []);
});

Deno.test("relative times count from the first event", async () => {
  const text = [
    "# tracer: function_graph",
    "#   REL TIME      CPU  DURATION                  FUNCTION CALLS",
    "#      |          |     |   |                     |   |   |   |",
    "       12 us |   0)   0.325 us    |  getname();",
    "",
  ].join("\n");
  const { rows } = await readText(ftraceText, text);
  assertEquals([rows[0].ts, plain(rows[0].raw)], [12000n, { func_text: "getname", depth: 0, duration_ns: 325 }]);
});

Deno.test("events and markers within the graph are events of their own", async () => {
  const text = HEADER + [
    " 0)               |  schedule() {",
    " 0)               |    /* block_bio_queue: 7,0 RM 80 + 8 [wl-main] */",
    " 0)               |    /* hello */",
    " 0)   ==========> |",
    " 0)   0.1 us      |    irq_enter_rcu();",
    " 0)   <========== |",
    "",
  ].join("\n");
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map((row) => [row.name, row.sector, row.raw.buf ?? null]), [
    ["funcgraph_entry", null, null],
    ["block_bio_queue", 80n, null],
    ["print", null, "hello"],
    ["funcgraph_irq_entry", null, null],
    ["funcgraph_entry", null, null],
    ["funcgraph_irq_exit", null, null],
  ]);
  assertEquals(all.skippedRecords, 0);
});

Deno.test("trace_pipe has the graph without a header", async () => {
  const { rows, skippedRecords } = await readText(
    ftraceText,
    " 0)   0.325 us    |  getname();\n 0)               |  a() {\n",
  );
  assertEquals([rows.map((row) => row.raw.func_text), skippedRecords], [["getname", "a"], 0]);
});

Deno.test("trace-cmd report prints the graph after a head of its own", async () => {
  const text = [
    "cpus=2",
    "            bash-4251  [000]  3021.953249: funcgraph_entry:                   |  do_sys_open() {",
    "            bash-4251  [000]  3021.953250: funcgraph_entry:        0.325 us   |    getname();",
    "            bash-4251  [000]  3021.953251: funcgraph_exit:       + 13.652 us  |  }",
    "            bash-4251  [000]  3021.953252: funcgraph_exit:        func=do_sys_open overrun=0 depth=0",
    "",
  ].join("\n");
  const all = await readText(traceCmdReport, text);
  assertEquals(all.rows.map((row) => [row.name, plain(row.raw)]), [
    ["funcgraph_entry", { func_text: "do_sys_open", depth: 0 }],
    ["funcgraph_entry", { func_text: "getname", depth: 1, duration_ns: 325 }],
    ["funcgraph_exit", { depth: 0, duration_ns: 13652 }],
    ["funcgraph_exit", { func_text: "do_sys_open", overrun: 0, depth: 0 }],
  ]);
  assertEquals(all.diagnostics, []);
});
