import { assert, assertEquals } from "@std/assert";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { diagnosticOf, plain, readLine, readText } from "./ftrace_text_helpers.ts";

const HEAD = "         wl-main-31262   [000] .....  3021.953249: ";

Deno.test("a line's head gives task, CPU, flags and time", async () => {
  const row = await readLine(ftraceText, `${HEAD}block_bio_queue: 7,0 RM 80 + 8 [wl-main]`);
  assertEquals(
    [row.comm, row.pid, row.tgid, row.cpu, row.flags, row.ts, row.source, row.buffer],
    ["wl-main", 31262, null, 0, ".....", 3021953249000n, "ftrace", ""],
  );
  assertEquals([row.name, row.dev, row.rwbs, row.sector, row.bytes], ["block_bio_queue", "7:0", "RM", 80n, 4096n]);
  assertEquals(row.raw, {});
});

Deno.test("a TGID column is read, and one that the kernel did not know is null", async () => {
  const known = await readLine(
    ftraceText,
    "   a-12      (     11) [001] d..1.  1.000001: sched_wake_idle_without_ipi: cpu=1",
  );
  assertEquals([known.pid, known.tgid, known.cpu], [12, 11, 1]);
  const unknown = await readLine(
    ftraceText,
    "     a-12      (-------) [001]   1.000001: sched_wake_idle_without_ipi: cpu=1",
  );
  assertEquals([unknown.pid, unknown.tgid, unknown.flags], [12, null, null]);
  const old = await readLine(
    ftraceText,
    "     a-12    (-----) [001] d..1  1.000001: sched_wake_idle_without_ipi: cpu=1",
  );
  assertEquals([old.pid, old.tgid, old.flags], [12, null, "d..1"]);
});

Deno.test("times are nanoseconds beyond what a double holds", async () => {
  const tai = await readLine(ftraceText, "     a-12      [001] .....  1795219946.499326: x: y=1");
  assertEquals(tai.ts, 1795219946499326000n);
  const far = await readLine(ftraceText, "     a-12      [001] .....  9223372035.999999999: x: y=1");
  assertEquals(far.ts, 9223372035999999999n);
});

Deno.test("a clock that counts is taken as it counts", async () => {
  const { rows, facts } = await readText(ftraceText, "     a-12      [001] ..... 6670824288812: x: y=1\n");
  assertEquals([rows[0].ts, facts.clock], [6670824288812n, "counter"]);
});

Deno.test("a task's name may hold blanks, dashes, brackets, colons and heads of its own", async () => {
  for (
    const [column, name] of [
      ["V8 DefaultWorke", "V8 DefaultWorke"],
      ["jbd2/loop0-8", "jbd2/loop0-8"],
      ["kworker/1:0H", "kworker/1:0H"],
      ["t-5-6", "t-5-6"],
      ["dash-", "dash-"],
      ["[k] (x) : y", "[k] (x) : y"],
      ["x-1 [000] d: 1:", "x-1 [000] d: 1:"],
    ]
  ) {
    const row = await readLine(ftraceText, `${column.padStart(16)}-4794    [000] .....  3.000001: x: y=1`);
    assertEquals([row.comm, row.pid, row.name], [name, 4794, "x"], name);
  }
});

Deno.test("a task's name that is not UTF-8 is kept as well as text can", async () => {
  const line = new TextEncoder().encode("            ???z-12      [001] .....  1.000001: x: y=1\n");
  line.set([0xff, 0xfe, 0x80], 12);
  const { rows } = await readText(ftraceText, line);
  assertEquals([rows[0].comm, rows[0].pid], ["\ufffd\ufffd\ufffdz", 12]);
});

Deno.test("a task that the kernel did not know has no name", async () => {
  const row = await readLine(ftraceText, "           <...>-12      [001] .....  1.000001: x: y=1");
  assertEquals([row.comm, row.pid], [null, 12]);
});

Deno.test("lines that have lost their indentation are read all the same", async () => {
  const row = await readLine(ftraceText, "my task-12 [001] ..... 1.000001: x: y=1");
  assertEquals([row.comm, row.pid, row.name], ["my task", 12, "x"]);
});

Deno.test("latency format: short names, microseconds since the first event, delay marks", async () => {
  const text = [
    "# tracer: nop",
    "#",
    "# nop latency trace v1.1.5 on 6.18.44-fc",
    "# latency: 0 us, #3/3, CPU#0 | (M:PREEMPT(none) VP:0, KP:0, SP:0 HP:0 #P:2)",
    "01234567-10677     1dNh5. 509707us*: x: y=1",
    "V8 Defau-10658     1dNh3. 324696us : x: y=1",
    "    bash-10859     1.....    1: x: y=1",
    "",
  ].join("\n");
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map((r) => [r.comm, r.pid, r.cpu, r.flags, r.ts]), [
    ["01234567", 10677, 1, "dNh5.", 509707000n],
    ["V8 Defau", 10658, 1, "dNh3.", 324696000n],
    ["bash", 10859, 1, ".....", 1n],
  ]);
  assertEquals([all.facts.kernel, all.facts.cpus], ["6.18.44-fc", 2]);
  assertEquals(diagnosticOf(all, "relative_time"), { severity: "info", count: 1 });
});

Deno.test("latency format with option verbose has whole names and times", async () => {
  const row = await readLine(
    ftraceText,
    " V8 DefaultWorke   10658   1 45 00000003 0000000a [9c0f80b9] 324.696ms (+0.005ms): sched_wakeup: comm=a pid=6188 prio=120 target_cpu=001",
  );
  assertEquals([row.comm, row.pid, row.cpu, row.ts], ["V8 DefaultWorke", 10658, 1, 0x9c0f80b9n * 1000n]);
  assertEquals(plain(row.raw), { comm_field: "a", pid_field: 6188, prio: 120, target_cpu: 1 });
});

Deno.test("system calls have names of their own, entered and left", async () => {
  const call = await readLine(ftraceText, `${HEAD}sys_pwrite64(fd: 3, buf: 0x7f53eb400000, count: 0x2000, pos: 0)`);
  assertEquals([call.name, call.file_offset, call.bytes], ["sys_enter_pwrite64", 0n, 8192n]);
  assertEquals(plain(call.raw), { fd: 3, buf: 0x7f53eb400000 });
  const left = await readLine(ftraceText, `${HEAD}sys_pwrite64 -> 0xffffffffffffffe4`);
  assertEquals([left.name, left.ret], ["sys_exit_pwrite64", -28n]);
  const none = await readLine(ftraceText, `${HEAD}sys_sync()`);
  assertEquals([none.name, none.raw], ["sys_enter_sync", {}]);
});

Deno.test("option verbose puts the types before the arguments' names", async () => {
  const row = await readLine(
    ftraceText,
    `${HEAD}sys_write(unsigned int fd: 2, const char * buf: 0x55daf7c031d0, size_t count: 0xed)`,
  );
  assertEquals([row.name, row.bytes, plain(row.raw)], ["sys_enter_write", 237n, { fd: 2, buf: 0x55daf7c031d0 }]);
});

Deno.test("arguments with text beside the pointer stay apart", async () => {
  const row = await readLine(
    ftraceText,
    `${HEAD}sys_openat(dfd: 0xffffff9c, filename: 0x55d3 "/tmp/a, b: c", flags: 0x80000)`,
  );
  assertEquals(plain(row.raw), { dfd: 0xffffff9c, filename: 0x55d3, filename_text: '"/tmp/a, b: c"', flags: 0x80000 });
});

Deno.test("markers and prints are print events, whatever they say", async () => {
  const marker = await readLine(ftraceText, `${HEAD}tracing_mark_write: hello: begin a=b `);
  assertEquals([marker.name, marker.raw], ["print", { ip_text: "tracing_mark_write", buf: "hello: begin a=b " }]);
  const empty = await readLine(ftraceText, `${HEAD}tracing_mark_write: `);
  assertEquals(empty.raw, { ip_text: "tracing_mark_write", buf: "" });
  const offset = await readLine(ftraceText, `${HEAD}tracing_mark_write+0x8a/0x170: hi`);
  assertEquals(offset.raw, { ip_text: "tracing_mark_write+0x8a/0x170", buf: "hi" });
  const address = await readLine(ftraceText, `${HEAD}tracing_mark_write <ffffffff8149895a>: hi`);
  assertEquals(address.raw, { ip_text: "tracing_mark_write", buf: "hi" });
  const inlined = await readLine(ftraceText, `${HEAD}do_it.isra.0: x`);
  assertEquals([inlined.name, inlined.raw], ["print", { ip_text: "do_it.isra.0", buf: "x" }]);
});

Deno.test("function lines have function, caller and arguments", async () => {
  const call = await readLine(ftraceText, `${HEAD}vfs_read <-ksys_read`);
  assertEquals([call.name, call.raw], ["function", { ip_text: "vfs_read", parent_ip_text: "ksys_read" }]);
  const offsets = await readLine(ftraceText, `${HEAD}vfs_read+0x0/0x1d0 <-ksys_read+0x5f/0xe0`);
  assertEquals(offsets.raw, { ip_text: "vfs_read+0x0/0x1d0", parent_ip_text: "ksys_read+0x5f/0xe0" });
  const args = await readLine(ftraceText, `${HEAD}vfs_read(file=0xffff888, count=0x10) <-ksys_read`);
  assertEquals(args.raw, { ip_text: "vfs_read", args: "file=0xffff888, count=0x10", parent_ip_text: "ksys_read" });
  const alone = await readText(ftraceText, `# tracer: function\n${HEAD}vfs_read\n`);
  assertEquals([alone.rows[0].name, alone.rows[0].raw], ["function", { ip_text: "vfs_read" }]);
});

Deno.test("stack traces are rows of their own after their event", async () => {
  const text = [
    `${HEAD}sched_process_exec: filename=/bin/true pid=11102 old_pid=11102`,
    "         wl-main-31262   [000] d....  3021.953280: <stack trace>",
    " => bprm_execve",
    " => do_syscall_64 <ffffffff821ecc51>",
    "         wl-main-31262   [000] .....  3021.953281: <user stack trace>",
    " =>  <00007fa55e69cb70>",
    "              to-9       [001] .....  3021.953282: x: y=1",
    "              to-9       [001] .....  3021.953283: <stack trace>",
    " => last",
  ].join("\n");
  const { rows, diagnostics } = await readText(ftraceText, text);
  assertEquals(rows.map((r) => [r.name, r.pid, r.comm, r.flags, r.ts, r.raw.caller_text ?? null]), [
    ["sched_process_exec", 31262, "wl-main", ".....", 3021953249000n, null],
    ["kernel_stack", 31262, "wl-main", "d....", 3021953280000n, "bprm_execve\ndo_syscall_64 <ffffffff821ecc51>"],
    ["user_stack", 31262, "wl-main", ".....", 3021953281000n, "<00007fa55e69cb70>"],
    ["x", 9, "to", ".....", 3021953282000n, null],
    ["kernel_stack", 9, "to", ".....", 3021953283000n, "last"],
  ]);
  assertEquals(diagnostics, []);
});

Deno.test("lost events are counted, with a number and without", async () => {
  const text = `CPU:1 [LOST 123 EVENTS]\n${HEAD}x: y=1\nCPU:0 [LOST EVENTS]\nCPU:1 [LOST 7 EVENTS]\n${HEAD}x: y=1\n`;
  const all = await readText(ftraceText, text);
  assertEquals([all.rows.length, all.lostEvents, all.skippedRecords], [2, 130, 0]);
  assertEquals(diagnosticOf(all, "events_lost"), { severity: "data_loss", count: 130 });
  assertEquals(diagnosticOf(all, "events_lost_uncounted"), { severity: "data_loss", count: 1 });
  assertEquals(all.diagnostics[0].position.replace(/.*\//, ""), "trace.txt, line 1");
});

Deno.test("the header tells what was overwritten and how many CPUs there are", async () => {
  const text = `# tracer: nop\n#\n# entries-in-buffer/entries-written: 1/1001   #P:16\n#\n${HEAD}x: y=1\n`;
  const all = await readText(ftraceText, text);
  assertEquals([all.lostEvents, all.facts.cpus], [1000, 16]);
  assertEquals(diagnosticOf(all, "events_overwritten"), { severity: "data_loss", count: 1000 });
});

Deno.test("a text with fewer entries than its header counts is reported", async () => {
  const text = `# tracer: nop\n#\n# entries-in-buffer/entries-written: 5/5   #P:1\n#\n${HEAD}x: y=1\n`;
  assertEquals(diagnosticOf(await readText(ftraceText, text), "entries_missing"), { severity: "warning", count: 4 });
});

Deno.test("a CPU's buffer that starts late is told", async () => {
  const all = await readText(ftraceText, `##### CPU 1 buffer started ####\n${HEAD}x: y=1\n`);
  assertEquals([all.rows.length, diagnosticOf(all, "buffer_started")], [1, { severity: "info", count: 1 }]);
});

Deno.test("lines of nothing known are counted with the first one's place, and the others are kept", async () => {
  const all = await readText(ftraceText, `${HEAD}x: y=1\nwhat is this?\n\n${HEAD}x: y=2\nand "this"\n`);
  assertEquals([all.rows.length, all.skippedRecords], [2, 2]);
  const bad = all.diagnostics.find((d) => d.code === "bad_line")!;
  assertEquals([bad.severity, bad.count, bad.firstSeq], ["error", 2, 1]);
  assert(bad.position.endsWith("trace.txt, line 2"));
  assert(bad.message.includes('"what is this?"'));
});

Deno.test("events without a name are kept under their number or as text", async () => {
  const fields = await readLine(ftraceText, `${HEAD}UNKNOWN TYPE 5`);
  assertEquals(fields.name, "print");
  const module = await readLine(ftraceText, `${HEAD}Unknown type 1874`);
  assertEquals(module.name, "type_1874");
  const text = await readText(ftraceText, `# tracer: hwlat\n${HEAD}#1     inner/outer(us):   11/17    ts:1\n`);
  assertEquals([text.rows[0].name, text.rows[0].raw], ["hwlat", { text: "#1     inner/outer(us):   11/17    ts:1" }]);
  assertEquals(diagnosticOf(text, "text_not_split"), { severity: "info", count: 1 });
});

Deno.test("option raw keeps times, numbers of events and markers, and says what is missing", async () => {
  const text =
    "31262 0 3021953249334 type: 174\n31262 1 3021958371758 # ffffffff81498b1a hello: begin\n0 0 5 type: 5\n";
  const all = await readText(ftraceText, text);
  assertEquals(all.rows.map((r) => [r.ts, r.pid, r.cpu, r.name, plain(r.raw)]), [
    [3021953249334n, 31262, 0, "type_174", {}],
    [3021958371758n, 31262, 1, "print", { ip: 0xffffffff81498b1an, buf: "hello: begin" }],
    [5n, 0, 0, "print", {}],
  ]);
  assertEquals(diagnosticOf(all, "raw_output"), { severity: "warning", count: 3 });
});

Deno.test("an event that nobody knows is split into its fields", async () => {
  const equals = await readLine(ftraceText, `${HEAD}my_event: a=1 name=two words b=0x10 c=-5, d=18446744073709551615`);
  assertEquals(plain(equals.raw), { a: 1, name: "two words", b: 16, c: -5, d: 18446744073709551615n });
  const colons = await readLine(ftraceText, `${HEAD}my_event: a: 1, b: x y, c: 0x7`);
  assertEquals(plain(colons.raw), { a: 1, b: "x y", c: 7 });
  const words = await readLine(ftraceText, `${HEAD}my_event: dev 8,1 ino 77 len=12 pos 0x1000`);
  assertEquals([words.dev, words.ino, plain(words.raw)], ["8:1", 77n, { len: 12, pos: 4096 }]);
});

Deno.test("a text that is no list of fields is kept whole and counted", async () => {
  const all = await readText(ftraceText, `${HEAD}my_event: something happened here\n${HEAD}my_event: and again\n`);
  assertEquals(all.rows.map((r) => r.raw), [{ text: "something happened here" }, { text: "and again" }]);
  assertEquals(diagnosticOf(all, "text_not_split"), { severity: "info", count: 2 });
});

Deno.test("a known event that is printed in a new way is split and counted", async () => {
  const all = await readText(ftraceText, `${HEAD}ext4_write_begin: dev 7,0 ino 12 pos 4096 len 512 folio 7\n`);
  const [row] = all.rows;
  assertEquals([row.dev, row.ino, row.file_offset, row.bytes], ["7:0", 12n, 4096n, 512n]);
  assertEquals(plain(row.raw), { folio: 7 });
  assertEquals(diagnosticOf(all, "layout_unknown"), { severity: "warning", count: 1 });
});

Deno.test("a field that comes twice is kept twice", async () => {
  const row = await readLine(ftraceText, `${HEAD}my_event: a=1 a=2`);
  assertEquals(plain(row.raw), { a: 1, a_1: 2 });
});

Deno.test("ever new event names do not make ever new tables", async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${HEAD}name_${i}: a=${i}`);
  const all = await readText(ftraceText, lines.join("\n"));
  assertEquals(all.rows.length, 5000);
  assert(new Set(all.rows.map((r) => r.name)).size <= 4097);
  assertEquals(diagnosticOf(all, "too_many_names")?.severity, "warning");
  assertEquals(all.rows.at(-1)!.name, "other_events");
});

Deno.test("a line longer than a mebibyte is cut and said to be", async () => {
  const all = await readText(ftraceText, `${HEAD}tracing_mark_write: ${"x".repeat(1 << 20)}\n${HEAD}x: y=1\n`);
  assertEquals(all.rows.map((r) => r.name), ["print", "x"]);
  assertEquals(diagnosticOf(all, "line_cut"), { severity: "error", count: 1 });
});

Deno.test("a last line without a line feed counts, and CR before the line feed does not", async () => {
  const { rows } = await readText(ftraceText, `${HEAD}x: y=1\r\n${HEAD}x: y=2`);
  assertEquals(rows.map((r) => plain(r.raw)), [{ y: 1 }, { y: 2 }]);
});

Deno.test("a folio of more pages than there are in any has no length, and its order is kept", async () => {
  for (const [order, pages] of [[0, 1n], [9, 512n], [19, 1n << 19n], [20, null], [63, null], [255, null]] as const) {
    const event = `mm_filemap_add_to_page_cache: dev 7:0 ino c pfn=0x46e70f ofs=8192 order=${order}`;
    const { bytes, raw } = await readLine(ftraceText, `  wl-7  [000] .....     1.000000: ${event}`);
    assertEquals([bytes, plain(raw).order], [pages === null ? null : pages * 4096n, order]);
  }
});

Deno.test("numbers that are none of a device are no other device's", async () => {
  const devices = ["7,1048576", "8,0", "4095,1048575", "4096,0", "0,4294967295"];
  const lines = devices.map((dev, nth) =>
    `  wl-7  [000] .....     1.00000${nth}: block_bio_queue: ${dev} W 8 + 8 [wl]\n`
  );
  const { rows } = await readText(ftraceText, lines.join(""));
  assertEquals(rows.map(({ dev }) => dev), ["7:1048576", "8:0", "4095:1048575", "4096:0", "0:-1"]);
});
