import { assert, assertEquals, assertThrows } from "@std/assert";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import { type RecordingFormat, UnreadableInput } from "../../src/recording/recording_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { scenariosWith } from "./ftrace_text_helpers.ts";

const TEXTS: readonly RecordingFormat[] = [ftraceText, traceCmdReport, perfScript, blkparseFormat];

/** The formats that take an input. */
const takers = (text: string | Uint8Array): string[] => {
  const head = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return TEXTS.filter((format) => format.sniff(head.subarray(0, 65536))).map((format) => format.id);
};

const TRACE = "         wl-main-31262   [000] .....  3021.953249: sys_close -> 0x0\n";
const REPORT = "         wl-main-31262 [000]  3021.953249: sys_exit_close:       0x0\n";
const PERF =
  "           wl-t2   935 [000]  3033.132204998:                     block:block_getrq: 7,0 RM 144 + 8 [wl-t2]\n";
const BLKPARSE = "  8,0    3        1     0.000000000  697  G   W 223490 + 8 [kjournald]\n";

Deno.test("each text is taken by one format, without a header too", () => {
  const cases: [string, string[]][] = [
    [TRACE, ["ftrace-text"]],
    ["     bash-1 [000]  3021.953249: sys_exit_close:       0x0\n", ["trace-cmd-report"]],
    ["           <...>-12      [001]   1.000001: sys_close(fd: 3)\n", ["ftrace-text"]],
    ["    bash-10667     0..... 318629us : x: y=1\n", ["ftrace-text"]],
    [REPORT, ["trace-cmd-report"]],
    [`cpus=2\n${REPORT}`, ["trace-cmd-report"]],
    [`version = 6\n${REPORT}`, ["trace-cmd-report"]],
    ["cpus=2\n", ["trace-cmd-report"]],
    [`CPU:1 [12 EVENTS DROPPED]\n${REPORT}`, ["trace-cmd-report"]],
    [`CPU:1 [LOST 12 EVENTS]\n${TRACE}`, ["ftrace-text"]],
    [PERF, ["perf-script"]],
    [BLKPARSE, ["blkparse"]],
    ["31262 0 3021953249334 type: 174\n", ["ftrace-text"]],
    [" 0)   0.325 us    |    getname();\n", ["ftrace-text"]],
    ["# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#\n", ["ftrace-text"]],
    ["Dear reader,\nthis is a letter - 12 pages [000] long: see below.\n", []],
    ['{"id":1,"op":"pread","ts":3021.953249}\n', []],
    ["", []],
    ["\n\n\n", []],
  ];
  for (const [text, expected] of cases) assertEquals(takers(text), expected, text);
});

Deno.test("recorded texts are taken by their own format, whole and without their headers", async () => {
  const kinds: [string, string][] = [
    ["trace.txt", "ftrace-text"],
    ["trace.fields.txt", "ftrace-text"],
    ["trace.latency-format.txt", "ftrace-text"],
    ["trace.no-irq-info.txt", "ftrace-text"],
    ["trace.raw.txt", "ftrace-text"],
    ["trace.tgid.txt", "ftrace-text"],
    ["report.txt", "trace-cmd-report"],
    ["report.raw.txt", "trace-cmd-report"],
    ["report-raw.txt", "trace-cmd-report"],
    ["report.ts.txt", "trace-cmd-report"],
    ["report.latency.txt", "trace-cmd-report"],
    ["perf-script.txt", "perf-script"],
  ];
  for (const [file, id] of kinds) {
    for (const scenario of scenariosWith(file)) {
      const path = scenario.file(file)!;
      let stream: ReadableStream<Uint8Array> = (await Deno.open(path)).readable;
      if (path.endsWith(".gz")) stream = stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair);
      const text = await new Response(stream).text();
      assertEquals(takers(text), [id], path);
      const bare = text.split("\n").filter((line) => !/^#|^cpus=/.test(line)).join("\n");
      assertEquals(takers(bare), [id], `${path} without its header`);
    }
  }
});

Deno.test("what cannot be read is refused with the way to what can", () => {
  const refused: [RecordingFormat, string, RegExp][] = [
    [traceCmdReport, "\n Tracing meta data in file trace.dat:\n\t[Initial format]\n", /trace-cmd report/],
    [perfScript, "PERFILE2h\0\0\0", /perf script -F comm,pid,tid,cpu,time,event,trace/],
    [ftraceText, "# tracer: nop\n#\n000029ab 00000000 000002619c323ea9 type: 840\n\n", /options\/hex/],
    [ftraceText, "# tracer: nop\n#\n\0\x01\x02\n\0\0\n", /options\/bin/],
    [ftraceText, "# tracer: nop\n#\nsys_write -> 0x1\nsched_wakeup: comm=a\n", /context-info/],
  ];
  for (const [format, text, way] of refused) {
    const error = assertThrows(() => format.sniff(new TextEncoder().encode(text)), UnreadableInput);
    assert(way.test(error.message), error.message);
    assert(!error.message.includes("\n"));
  }
});
