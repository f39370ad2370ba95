/** What fuzzing has found, each by itself. */
import { gunzipSync } from "node:zlib";
import { assertEquals, assertThrows } from "@std/assert";
import { parseToken, TokenError } from "../../src/exploring/token.ts";
import { parseSpec, SpecError } from "../../src/generating/spec.ts";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { EventFormats } from "../../src/recording/trace_dat/event_formats.ts";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { Parameters } from "../../src/results/query/parameters.ts";
import { splitStatements } from "../../src/results/query/statements.ts";
import { collect, collectBytes } from "../recording/collect.ts";
import { trace } from "../commands/run_cli.ts";
import { buildTraceDat } from "../recording/trace_dat_builder.ts";
import { entry, event, formatsOf, oneCpu, readSpec } from "../recording/trace_dat_helpers.ts";
import { REGULAR_ENTRY_BYTES, regularSpec } from "../recording/trace_dat_samples.ts";
import { ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";

Deno.test("a token that begins with anything is refused in one line", () => {
  const { message } = assertThrows(() => parseToken("\u0007x\nd1~0~A~complete"), TokenError);
  assertEquals(message, 'token begins with "\\u0007x\\nd1": d1 is the version known here');
  for (const text of ["d1~\n~~complete", "d1~0~A~\nend", "d1~\ud83d~~complete"]) {
    assertEquals(assertThrows(() => parseToken(text), TokenError).message.split("\n").length, 1);
  }
});

Deno.test("a workload spec with an alias that stands for nothing is refused", () => {
  const { message } = assertThrows(() => parseSpec("operations: *a\n", "spec.yaml"), SpecError);
  assertEquals(message.startsWith("spec.yaml:1: Unresolved alias"), true, message);
});

Deno.test("a workload spec whose aliases stand for more and more is refused", () => {
  const level = (n: number) => `l${n}: &l${n} [${Array(20).fill(`*l${n - 1}`).join(", ")}]\n`;
  const text = `l0: &l0 [x]\n${Array.from({ length: 9 }, (_, n) => level(n + 1)).join("")}`;
  assertThrows(() => parseSpec(text, "spec.yaml"), SpecError, "spec.yaml:1: ");
});

Deno.test("an unknown key of a workload spec is told in one line, also where it goes over several", () => {
  const { message } = assertThrows(() => parseSpec('{"seed": 1, "a\n\nb": 2}', "spec.yaml"), SpecError);
  assertEquals(message, 'spec.yaml:1: Unrecognized key: "a b"');
});

Deno.test("a scenario's file of more pages than there can be is refused before anything is set aside for it", () => {
  const problemsOf = (files: string, bounds = "{}") => {
    const text =
      `title: t\nsystem: legacy-dio\nbounds: ${bounds}\nfiles:\n  F: ${files}\ntasks:\n  T1:\n    - pread: F[0]\n`;
    return assertThrows(() => readScenario("s.yaml", text), ScenarioError).message.split("\n");
  };
  const most = "a file has at most 8: bounds: { pages: ... }";
  assertEquals(problemsOf("{ size: 4294967295 }"), [`s.yaml:5:14: files.F.size: 4294967295 pages, ${most}`]);
  assertEquals(problemsOf("{ disksize: 99999999999 }"), [`s.yaml:5:18: files.F.disksize: 99999999999 pages, ${most}`]);
  assertEquals(
    problemsOf("{ size: 4000000000 }", "{ pages: 4294967295 }")[0].startsWith("s.yaml:3:18: bounds.pages: "),
    true,
  );
});

Deno.test("a trace.dat whose options have lost their buffers says so", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "none" }, 20));
  assertEquals((await collectBytes(traceDat, { "trace.dat": bytes })).rows.length, 40);
  const view = new DataView(bytes.buffer);
  // Behind the head's texts stands where the options are, and they begin with a head of 16 bytes.
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  const link = text.indexOf("none\0") + "none\0".length +
    text.slice(text.indexOf("none\0") + "none\0".length).indexOf("\0") + 1;
  const done = bytes.slice();
  new DataView(done.buffer).setBigUint64(link, 0n, true);
  assertEquals(view.getBigUint64(link, true) < BigInt(bytes.length), true);
  const read = await collectBytes(traceDat, { "trace.dat": done });
  // Both sections of options are found without the chain, and all else by them.
  assertEquals(read.rows.length, 40);
  assertEquals(read.diagnostics.map(({ severity, code, count }) => `${severity} ${code} ${count}`), [
    "error options_cut 2",
  ]);
});

Deno.test("lines of blkparse that lost the line feed between them are no event of a task with a long name", async () => {
  const line = (time: string) => `  7,0    0        0     0.000${time} 31262  Q  RA 16520 + 32 [fio]`;
  const text = `${line("280839")}\u0007\u000b ${line("283683")}\n${line("300000")}\n`;
  const read = await collectBytes(blkparseFormat, { "blkparse.txt": new TextEncoder().encode(text) });
  assertEquals([read.rows.length, read.skippedRecords, read.rows[0].comm], [1, 1, "fio"]);
});

Deno.test("a trace.dat record whose length was damaged, so that it swallows the next one, is told of", async () => {
  const numbers = event([{ type: "u32", name: "n", size: 4 }], { id: 1000 });
  const text = event([{ type: "char[]", name: "rest", size: 0 }], { name: "line", id: 1001 });
  const pointed = event([{ type: "__data_loc char[]", name: "where", size: 4 }], { name: "pointed", id: 1002 });
  const next = entry(numbers, 2n, { n: 2n }).data;
  /** The record, and behind it the head and the data of another one that ought to be its own. */
  const swallowing = (data: Uint8Array) => {
    const padded = (data.length + 3) & ~3;
    const all = new Uint8Array(padded + 4 + next.length);
    all.set(data);
    all.set([next.length / 4, 0, 0, 0], padded);
    all.set(next, padded + 4);
    return all;
  };
  const entries = [
    entry(numbers, 1n, { n: 1n }),
    entry(text, 1n, { rest: "said" }),
    entry(pointed, 1n, { where: "there" }),
  ];
  const formats = formatsOf(numbers, text, pointed);
  const whole = await readSpec({ formats, buffers: oneCpu(entries) });
  assertEquals(whole.diagnostics, []);
  const damaged = entries.map((each) => ({ ...each, data: swallowing(each.data) }));
  const read = await readSpec({ formats, buffers: oneCpu(damaged) });
  assertEquals(read.rows.map(({ raw }) => raw), whole.rows.map(({ raw }) => raw));
  assertEquals(read.diagnostics.map(({ severity, code, message }) => `${severity} ${code} ${message.split(":")[0]}`), [
    "error long_record probe",
    "error long_record line",
    "error long_record pointed",
  ]);
  // What a program has padded with zeros is no more than that.
  const padded = { ...entries[1], data: new Uint8Array([...entries[1].data, ...new Uint8Array(64)]) };
  assertEquals((await readSpec({ formats, buffers: oneCpu([padded]) })).diagnostics, []);
});

Deno.test("a trace.dat that says a CPU with events has none of them says so", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "none" }, 20));
  const whole = await collectBytes(traceDat, { "trace.dat": bytes });
  assertEquals(whole.diagnostics, []);
  // The option of the top-level buffer ends with CPU, offset and size of its last CPU, 20 bytes.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let told = 0;
  for (let at = 0; at + 20 <= bytes.length; at++) {
    if (view.getUint32(at, true) !== 1) continue;
    const [offset, size] = [view.getBigUint64(at + 4, true), view.getBigUint64(at + 12, true)];
    if (size === 0n || size % 4096n !== 0n || offset + size > BigInt(bytes.length) || offset < 4096n) continue;
    const damaged = bytes.slice();
    damaged.fill(0, at + 12, at + 20);
    const read = await collectBytes(traceDat, { "trace.dat": damaged });
    if (read.rows.length === whole.rows.length) continue;
    assertEquals(read.diagnostics.map(({ severity, code }) => `${severity} ${code}`), ["error events_unclaimed"]);
    told++;
  }
  assertEquals(told, 1);
});

Deno.test("the name of a system with a line feed in it stays in the line of its diagnostic", () => {
  const damaged: string[] = [];
  new EventFormats([{ system: "\nfilema", text: "rubbish" }], (message) => damaged.push(message));
  assertEquals(damaged.length, 1);
  assertEquals(damaged[0].includes("\n"), false, damaged[0]);
});

Deno.test("memory of more pages than can be is refused before anything is set aside for it", () => {
  const text =
    "title: t\nsystem: legacy-dio\nfiles:\n  F: { size: 4 }\ntasks:\n  T1:\n    - pwrite: F[0]\n      from: anon 9007199254740992\n";
  const { message } = assertThrows(() => readScenario("s.yaml", text), ScenarioError);
  assertEquals(message.startsWith("s.yaml:8:13: tasks.T1[0].from: "), true, message);
});

Deno.test("a name with a dollar behind it is no parameter: its value would begin quotes with that", () => {
  const parameters = new Parameters();
  parameters.set("t0", "'; DROP TABLE x; --");
  for (const sql of ["SELECT :t0$tag$; FROM b", "SELECT x > :t0$tag$ ; F$tag$"]) {
    assertEquals(parameters.bind(sql), sql);
  }
  assertEquals(splitStatements(parameters.bind("SELECT :t0; SELECT $t0")).complete.length, 1);
});

Deno.test("a trace.dat page that says it is empty, and is not, is told of", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "none" }, 20));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const whole = await collectBytes(traceDat, { "trace.dat": bytes });
  const missing = [];
  for (let page = 4096; page + 4096 <= bytes.length; page += 4096) {
    // Behind the page's time is the length of its data: 20 events.
    if (view.getUint32(page + 8, true) !== 20 * REGULAR_ENTRY_BYTES) continue;
    const damaged = bytes.slice();
    damaged.fill(0, page + 8, page + 16);
    const { rows, diagnostics } = await collectBytes(traceDat, { "trace.dat": damaged });
    missing.push(whole.rows.length - rows.length);
    assertEquals(diagnostics.map(({ severity, code, count }) => `${severity} ${code} ${count}`), [
      "error damaged_page 1",
    ]);
  }
  assertEquals(missing, [20, 20]);
});

Deno.test("a packed trace.dat whose chunks of events are not all counted says so", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "zstd" }, 20));
  const whole = await collectBytes(traceDat, { "trace.dat": bytes });
  assertEquals(whole.diagnostics, []);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const missing = [];
  for (let at = 0; at + 16 <= bytes.length; at++) {
    // One chunk of whole pages, which begins as frames of zstd do.
    const [chunks, size] = [view.getUint32(at, true), view.getUint32(at + 8, true)];
    if (chunks !== 1 || size === 0 || size % 4096 !== 0 || view.getUint32(at + 12, true) !== 0xfd2fb528) continue;
    const damaged = bytes.slice();
    damaged[at] = 0;
    const { rows, diagnostics } = await collectBytes(traceDat, { "trace.dat": damaged });
    missing.push(whole.rows.length - rows.length);
    assertEquals(diagnostics.map(({ severity, code }) => `${severity} ${code}`), ["error damaged_chunk"]);
  }
  assertEquals(missing, [20, 20]);
});

Deno.test("a packed trace.dat that says a CPU with less than a page of events has none of them says so", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "zstd" }, 20));
  const whole = await collectBytes(traceDat, { "trace.dat": bytes });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const missing = [];
  for (let at = 0; at + 20 <= bytes.length; at++) {
    const [offset, size] = [Number(view.getBigUint64(at + 4, true)), Number(view.getBigUint64(at + 12, true))];
    if (view.getUint32(at, true) > 1 || size === 0 || size > 4096 || offset === 0 || offset + size > bytes.length) {
      continue;
    }
    const damaged = bytes.slice();
    damaged.fill(0, at + 12, at + 20);
    const { rows, diagnostics } = await collectBytes(traceDat, { "trace.dat": damaged });
    if (rows.length === whole.rows.length) continue;
    missing.push(whole.rows.length - rows.length);
    assertEquals(diagnostics.map(({ severity, code }) => `${severity} ${code}`), ["error events_unclaimed"]);
  }
  assertEquals(missing, [20, 20]);
});

Deno.test("a trace.dat whose chain of options ends too soon says so", async () => {
  const { bytes } = buildTraceDat(regularSpec({ version: 7, compression: "none" }, 20));
  const whole = await collectBytes(traceDat, { "trace.dat": bytes });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const codes = new Set<string>();
  for (let at = 0; at + 16 <= bytes.length; at++) {
    // The option that ends a section: its number 0, the length of what it says, and where the next section is.
    const next = view.getBigUint64(at + 6, true);
    if (view.getUint16(at, true) !== 0 || view.getUint32(at + 2, true) !== 8 || next > BigInt(bytes.length)) continue;
    for (const [from, to] of [[at + 6, at + 14], [at + 2, at + 6]]) {
      const damaged = bytes.slice();
      damaged.fill(0, from, to);
      const { rows, diagnostics } = await collectBytes(traceDat, { "trace.dat": damaged });
      for (const { code } of diagnostics) codes.add(code);
      if (rows.length === whole.rows.length) continue;
      assertEquals(diagnostics.filter(({ severity }) => severity === "error").length > 0, true, `byte ${from}`);
    }
  }
  assertEquals(codes.has("options_cut"), true, [...codes].join());
});

Deno.test("the name of a buffer with a line feed in it stays in the line of its diagnostic", async () => {
  const spec = regularSpec({ version: 7, compression: "none" }, 20);
  const { bytes } = buildTraceDat({ ...spec, buffers: spec.buffers!.map((buffer) => ({ ...buffer, name: "r\nec" })) });
  const name = new TextEncoder().encode("r\nec\0");
  let told = 0;
  for (let at = 0; at + name.length + 16 <= bytes.length; at++) {
    if (!name.every((byte, nth) => bytes[at + nth] === byte)) continue;
    // Behind the names of the buffer and its clock, and the bytes of a page, is the number of its CPUs.
    const clock = bytes.indexOf(0, at + name.length);
    const damaged = bytes.slice();
    damaged[clock + 5] += 1;
    for (const { message } of (await collectBytes(traceDat, { "trace.dat": damaged })).diagnostics) {
      assertEquals(message.includes("\n"), false, message);
      if (message.includes("r\\x0aec")) told++;
    }
  }
  assertEquals(told > 0, true);
});

Deno.test("an event that another one differs from in the case of its name alone keeps its fields, and so does that one", async () => {
  const line = (name: string, nth: number, fields: string) =>
    `     ksoftirqd/1-22    [001]  3021.95936${nth}: ${name}:     ${fields}\n`;
  const known = "dev=7340032 sector=120 nr_sector=8 error=0 ioprio=16387 rwbs=WSM cmd=";
  const text = "cpus=2\n" + ["block_rq_complete", "bLock_rq_complete", "block_rq_complete"]
    .map((name, nth) => line(name, nth, known)).join("");
  const { rows } = await collectBytes(traceCmdReport, { "report.txt": new TextEncoder().encode(text) });
  const [first, other, last] = rows.map(({ raw }) => raw);
  assertEquals([first, last], [{ ioprio: 16387n, cmd: "" }, { ioprio: 16387n, cmd: "" }]);
  assertEquals(other, { ioprio: 16387n, cmd: "", sector: 120n, nr_sector: 8n, error: 0n, rwbs: "WSM" });
});

Deno.test("a line whose first byte became that of a comment is told of, and comments are none the less", async () => {
  const texts: [format: typeof ftraceText, name: string, comment: string][] = [
    [blkparseFormat, "hello-ext4/blktrace/blkparse.txt", "# a remark\tof somebody"],
    [ftraceText, "hello-ext4/trace.txt", "# a remark\tof somebody"],
    [perfScript, "coherence-bw-ext4/perf-script.txt.gz", "# a remark\tof somebody"],
  ];
  for (const [format, name, comment] of texts) {
    const path = trace(name);
    const whole = await collect(format, [path]);
    const bytes = path.endsWith(".gz") ? gunzipSync(Deno.readFileSync(path)) : Deno.readFileSync(path);
    const lines = new TextDecoder().decode(bytes).split("\n");
    const at = lines.findIndex((line) => !line.startsWith("#") && line !== "");
    const read = async (line: string, where: number) => {
      const changed = lines.toSpliced(where, where === at ? 0 : 1, line).join("\n");
      return await collectBytes(format, { trace: new TextEncoder().encode(changed) });
    };
    const remarked = await read(comment, at);
    assertEquals([remarked.rows.length, remarked.skippedRecords], [whole.rows.length, whole.skippedRecords], name);
    const event = lines.findLastIndex((line) => /\d\.\d{6}/.test(line));
    const damaged = await read("#\u0001\u0002 noise", event);
    assertEquals(damaged.rows.length, whole.rows.length - 1, name);
    assertEquals(damaged.skippedRecords, whole.skippedRecords + 1, name);
  }
});

Deno.test("a file that the scenario says nothing of has to be within its bounds as well", () => {
  const text = "title: t\nsystem: dax\nbounds: { pages: 1 }\ntasks:\n  T1:\n    - pread: F[0]\n";
  const { message } = assertThrows(() => readScenario("s.yaml", text), ScenarioError);
  assertEquals(message, "s.yaml:1:1: files.F.size: 4 pages, a file has at most 1: bounds: { pages: ... }");
});
