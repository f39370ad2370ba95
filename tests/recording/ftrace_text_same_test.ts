/**
 * Every text of one scenario has to give the same events: the same time at the text's resolution, CPU, pid, name and
 * typed columns, in the same order.
 */
import { assert, assertEquals } from "@std/assert";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { collect, type Row } from "./collect.ts";
import { scenariosWith, typed } from "./ftrace_text_helpers.ts";

const same = (row: Row) => ({ ts: row.ts, comm: row.comm, ...typed(row) });

/** Compares long lists without printing all of them. */
function assertSame<T>(actual: T[], expected: T[], what: string): void {
  for (let i = 0; i < Math.min(actual.length, expected.length); i++) {
    assertEquals(actual[i], expected[i], `${what}, ${i}`);
  }
  assertEquals(actual.length, expected.length, what);
}

Deno.test("the kernel's text and trace-cmd's are the same events", async () => {
  for (const scenario of scenariosWith("trace.txt", "report.txt")) {
    const trace = await collect(ftraceText, [scenario.file("trace.txt")!]);
    const report = await collect(traceCmdReport, [scenario.file("report.txt")!]);
    assertSame(trace.rows.map(same), report.rows.map(same), scenario.name);
    assertEquals([trace.diagnostics, report.diagnostics], [[], []], scenario.name);
    assertEquals([trace.lostEvents, trace.skippedRecords, trace.facts.cpus, report.facts.cpus], [0, 0, 2, 2]);
  }
});

Deno.test("trace-cmd's formatted and raw texts are the same events", async () => {
  for (const scenario of scenariosWith("report.txt", "report-raw.txt")) {
    const report = await collect(traceCmdReport, [scenario.file("report.txt")!]);
    const raw = await collect(traceCmdReport, [scenario.file("report-raw.txt")!]);
    assertSame(raw.rows.map(same), report.rows.map(same), scenario.name);
    assertEquals([raw.diagnostics, report.diagnostics], [[], []], scenario.name);
  }
});

const hello = scenariosWith("trace.fields.txt")[0];
const ignore = hello === undefined;

Deno.test({
  name: "options of the trace file change what is printed, not what is read",
  ignore,
  async fn() {
    const read = (name: string) => collect(ftraceText, [hello.file(name)!]);
    const plain = await read("trace.txt");
    const tgid = await read("trace.tgid.txt");
    assertSame(
      tgid.rows.map((r) => [same(r), r.flags, r.raw]),
      plain.rows.map((r) => [same(r), r.flags, r.raw]),
      "tgid",
    );
    assert(tgid.rows.some((row) => row.tgid !== null));
    const noIrq = await read("trace.no-irq-info.txt");
    assertSame(noIrq.rows.map((r) => [same(r), r.raw]), plain.rows.map((r) => [same(r), r.raw]), "no-irq-info");
    assert(noIrq.rows.every((row) => row.flags === null));
    const fields = await read("trace.fields.txt");
    assertSame(fields.rows.map(same), plain.rows.map(same), "fields");
    assertEquals(fields.diagnostics, []);
    const raw = await read("trace.raw.txt");
    assertSame(
      raw.rows.map((r) => [(r.ts + 500n) / 1000n * 1000n, r.cpu, r.pid]),
      plain.rows.map((r) => [r.ts, r.cpu, r.pid]),
      "raw",
    );
  },
});

Deno.test({
  name: "latency format differs in the beginning of time and the length of names",
  ignore,
  async fn() {
    const plain = await collect(ftraceText, [hello.file("trace.txt")!]);
    const latency = await collect(ftraceText, [hello.file("trace.latency-format.txt")!]);
    // Where the head's name is cut, the one in the event's own text tells more, and is kept.
    const known = (row: Row) => {
      const { comm_field: _, ...raw } = row.raw;
      return [typed(row), row.flags, raw];
    };
    assertSame(
      latency.rows.map(known),
      plain.rows.map(known),
      "latency",
    );
    assertEquals(
      new Set(plain.rows.map((row) => row.comm?.slice(0, 8) ?? null)),
      new Set(latency.rows.map((row) => row.comm)),
    );
    const begin = plain.rows[0].ts - latency.rows[0].ts;
    for (const [i, row] of latency.rows.entries()) {
      const difference = plain.rows[i].ts - row.ts - begin;
      assert(difference >= -1000n && difference <= 1000n, `${i}: ${difference}`);
    }
  },
});

Deno.test({
  name: "options of trace-cmd report change what is printed, not what is read",
  ignore,
  async fn() {
    const read = (name: string) => collect(traceCmdReport, [hello.file(name)!]);
    const plain = await read("report.txt");
    const full = await read("report.ts.txt");
    const rounded = (row: Row) => ({ ...same(row), ts: (row.ts + 500n) / 1000n * 1000n });
    assertSame(full.rows.map(rounded), plain.rows.map(same), "-t");
    assert(full.rows.some((row) => row.ts % 1000n !== 0n));
    assertSame((await read("report.raw.txt")).rows.map(same), plain.rows.map(same), "-R");
    const latency = await read("report.latency.txt");
    assertSame(
      latency.rows.map((r) => [r.ts, typed(r)]),
      plain.rows.map((r) => [r.ts, typed(r)]),
      "-l",
    );
    assert(latency.rows.every((row) => row.flags?.length === 5));
  },
});
