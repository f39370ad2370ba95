import { assertEquals } from "@std/assert";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { diagnosticOf, plain, readLine, readText } from "./ftrace_text_helpers.ts";

const HEAD = "         wl-main-31262 [000]  3021.953249: ";

Deno.test("a line of trace-cmd report has task, CPU and time, in micro- or nanoseconds", async () => {
  const micro = await readLine(traceCmdReport, `${HEAD}block_bio_queue:      7,0 RM 80 + 8 [wl-main]`);
  assertEquals([micro.comm, micro.pid, micro.cpu, micro.flags, micro.ts], ["wl-main", 31262, 0, null, 3021953249000n]);
  assertEquals([micro.dev, micro.rwbs, micro.sector, micro.bytes], ["7:0", "RM", 80n, 4096n]);
  const nano = await readLine(
    traceCmdReport,
    " qemu-system-x86-21358 [001]  3021.958604891: block_rq_complete:    7,0 RM () 80 + 8 0x2,0,4 [0]",
  );
  assertEquals([nano.comm, nano.ts, nano.ret, plain(nano.raw)], ["qemu-system-x86", 3021958604891n, 0n, {
    cmd: "",
    ioprio: 16388,
  }]);
});

Deno.test("system calls, markers and functions are printed in trace-cmd's own way", async () => {
  const call = await readLine(
    traceCmdReport,
    `${HEAD}sys_enter_pwrite64:   fd: 0x00000003, buf: 0x7f53eb400000, count: 0x00002000, pos: 0x00001000`,
  );
  assertEquals([call.name, call.file_offset, call.bytes, plain(call.raw)], ["sys_enter_pwrite64", 4096n, 8192n, {
    fd: 3,
    buf: 0x7f53eb400000,
  }]);
  const left = await readLine(traceCmdReport, `${HEAD}sys_exit_pwrite64:    0xfffffffffffffff5`);
  assertEquals([left.name, left.ret], ["sys_exit_pwrite64", -11n]);
  const marker = await readLine(traceCmdReport, `${HEAD}print:                0xffffffff81498b1a: hello: begin`);
  assertEquals(marker.raw, { ip: 0xffffffff81498b1an, buf: "hello: begin" });
  const named = await readLine(traceCmdReport, `${HEAD}print:                tracing_mark_write: hello`);
  assertEquals(named.raw, { ip_text: "tracing_mark_write", buf: "hello" });
  const call2 = await readLine(traceCmdReport, `${HEAD}function:             vfs_read <-- ksys_read`);
  assertEquals(call2.raw, { ip_text: "vfs_read", parent_ip_text: "ksys_read" });
});

Deno.test("option -R prints the fields themselves, in any of trace-cmd's bases", async () => {
  const folio = await readLine(
    traceCmdReport,
    `${HEAD}mm_filemap_add_to_page_cache:  pfn=0x46e70f i_ino=c index=0x2 s_dev=7340032 order=1`,
  );
  assertEquals([folio.dev, folio.ino, folio.file_offset, folio.bytes], ["7:0", 12n, 8192n, 8192n]);
  assertEquals(plain(folio.raw), { pfn: 0x46e70f, order: 1 });
  const marker = await readLine(traceCmdReport, `${HEAD}print:                 ip=0xffffffff81498b1a buf=a=b c: d`);
  assertEquals(marker.raw, { ip: 0xffffffff81498b1an, buf: "a=b c: d" });
  const inode = await readLine(traceCmdReport, `${HEAD}ext4_allocate_inode:   dev=271581184 ino=12 dir=2 mode=100644`);
  assertEquals([inode.dev, plain(inode.raw)], ["259:0", { dir: 2, mode: 0o100644 }]);
  const blocks = await readLine(
    traceCmdReport,
    `${HEAD}ext4_forget:           dev=7340032 ino=12 mode=33188 is_metadata=1 block=7`,
  );
  assertEquals(plain(blocks.raw), { mode: 0o100644, is_metadata: 1, block: 7 });
});

Deno.test("what trace-cmd cannot format it prints as bare fields", async () => {
  const all = await readText(traceCmdReport, `cpus=2\n${HEAD}my_event:             [FAILED TO PARSE] a=1 b=two\n`);
  assertEquals([plain(all.rows[0].raw), diagnosticOf(all, "print_format_failed")], [
    { a: 1, b: "two" },
    { severity: "info", count: 1 },
  ]);
});

Deno.test("names of VM_FAULT bits become the number that they stand for", async () => {
  const fault = (result: string) =>
    readLine(
      traceCmdReport,
      `${HEAD}dax_pte_fault_done:   dev 259:0 ino 0xd shared 0xa54 address 0x7fa750500000 pgoff 0x40 ${result}`,
    );
  const [row, nothing] = [await fault("0x100"), await fault("OOM")];
  assertEquals([row.dev, row.ino, row.file_offset, row.ret], ["259:0", 13n, 0x40000n, 0x100n]);
  // trace-cmd does not know the values and prints the first name for none.
  assertEquals(nothing.ret, 0n);
});

Deno.test("the sched_switch plugin's spelling is known", async () => {
  const change = await readLine(
    traceCmdReport,
    `${HEAD}sched_switch:         swapper/0:0 [120] R ==> kworker/1:0H:4 [100]`,
  );
  assertEquals(plain(change.raw), {
    prev_comm: "swapper/0",
    prev_pid: 0,
    prev_prio: 120,
    prev_state_text: "R",
    next_comm: "kworker/1:0H",
    next_pid: 4,
    next_prio: 100,
  });
  const wake = await readLine(traceCmdReport, `${HEAD}sched_wakeup:         bash:7 [120] success=1 CPU:002`);
  assertEquals(plain(wake.raw), { comm_field: "bash", pid_field: 7, prio: 120, success: 1, target_cpu: 2 });
});

Deno.test("a trace instance before the task's column is the event's buffer", async () => {
  const text = [
    "cpus=2",
    "rec:          wl-main-31997 [000]  3026.012612: sys_exit_close:       0x0",
    "              wl-main-31997 [000]  3026.012613: sys_exit_close:       0x0",
    "other:      my: task-1-31997 [000]  3026.012614: sys_exit_close:       0x0",
    "",
  ].join("\n");
  const { rows } = await readText(traceCmdReport, text);
  assertEquals(rows.map((row) => [row.buffer, row.comm]), [["rec", "wl-main"], ["", "wl-main"], [
    "other",
    "my: task-1",
  ]]);
});

Deno.test("latency format has flags and cut names", async () => {
  const row = await readLine(
    traceCmdReport,
    "qemu-sys-21358   1..s..  3021.958605: block_rq_complete:    7,0 RM () 80 + 8 0x2,0,4 [0]",
  );
  assertEquals([row.comm, row.pid, row.cpu, row.flags, row.ts], ["qemu-sys", 21358, 1, "..s..", 3021958605000n]);
});

Deno.test("both heads of a report are recognised, and dropped events counted", async () => {
  const text =
    `version = 6\nCPU:7 [204600 EVENTS DROPPED]\ncpus=8\n${HEAD}sys_exit_close:       0x0\nCPU:1 [EVENTS DROPPED]\n`;
  const all = await readText(traceCmdReport, text);
  assertEquals([all.rows.length, all.facts.cpus, all.lostEvents, all.skippedRecords], [1, 8, 204600, 0]);
  assertEquals(diagnosticOf(all, "events_lost"), { severity: "data_loss", count: 204600 });
  assertEquals(diagnosticOf(all, "events_lost_uncounted"), { severity: "data_loss", count: 1 });
});

Deno.test("stacks are rows after their event", async () => {
  const text = [
    `${HEAD}sched_process_exec:   filename=/bin/true pid=1 old_pid=1`,
    `${HEAD}kernel_stack:         <stack trace >`,
    "=> bprm_execve (ffffffff816c3245)",
    "=> do_syscall_64 (ffffffff821ecc51)",
    `${HEAD}sys_exit_close:       0x0`,
    "",
  ].join("\n");
  const { rows, skippedRecords } = await readText(traceCmdReport, text);
  assertEquals(rows.map((row) => [row.name, row.pid, row.comm, row.raw.caller_text ?? null]), [
    ["sched_process_exec", 31262, "wl-main", null],
    ["kernel_stack", 31262, "wl-main", "bprm_execve (ffffffff816c3245)\ndo_syscall_64 (ffffffff821ecc51)"],
    ["sys_exit_close", 31262, "wl-main", null],
  ]);
  assertEquals(skippedRecords, 0);
});

Deno.test("ever new instance names do not fill the memory", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `i${i}: ${HEAD}sys_exit_close:       0x0`);
  const all = await readText(traceCmdReport, lines.join("\n"));
  assertEquals([all.rows.length, new Set(all.rows.map((row) => row.buffer)).size], [400, 256]);
  assertEquals(diagnosticOf(all, "too_many_buffers")?.severity, "warning");
});
