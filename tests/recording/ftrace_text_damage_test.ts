import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import type { RecordingFormat } from "../../src/recording/recording_format.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { damaged, damages } from "../fuzz/damage.ts";
import { collectBytes, type Row } from "./collect.ts";
import { diagnosticOf, readText, scenariosWith } from "./ftrace_text_helpers.ts";

/** The first lines of a recorded text; null when there is none. */
async function sample(file: string, lines: number): Promise<string[] | null> {
  const scenario = scenariosWith(file)[0];
  if (scenario === undefined) return null;
  const path = scenario.file(file)!;
  let stream: ReadableStream<Uint8Array> = (await Deno.open(path)).readable;
  if (path.endsWith(".gz")) stream = stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair);
  return (await new Response(stream).text()).split("\n").slice(0, lines);
}

const TEXTS: [RecordingFormat, string[] | null][] = [
  [ftraceText, await sample("trace.txt", 160)],
  [ftraceText, await sample("trace.fields.txt", 160)],
  [ftraceText, await sample("trace.latency-format.txt", 160)],
  [traceCmdReport, await sample("report.txt", 160)],
  [traceCmdReport, await sample("report.raw.txt", 160)],
  [perfScript, await sample("perf-script.txt", 160)],
];

Deno.test("damaged bytes never break reading, and what is not understood is counted", async () => {
  for (const [format, lines] of TEXTS) {
    if (lines === null) continue;
    const whole = new TextEncoder().encode(lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(damages(6), async (list) => {
        const { bytes } = damaged(whole, list);
        const all = await collectBytes(format, { "trace.txt": bytes });
        const bad = all.diagnostics.find((d) => d.code === "bad_line");
        assertEquals(bad?.count ?? 0, all.skippedRecords);
        for (const row of all.rows) assert(row.name.length > 0);
        try {
          format.sniff(bytes.subarray(0, 65536));
        } catch (error) {
          if (!(error instanceof UnreadableInput)) throw error;
        }
      }),
      { seed: 20261, numRuns: 25 },
    );
  }
});

Deno.test("lines between damaged ones are read as if nothing were", async () => {
  const junk = fc.string({ unit: "binary-ascii", maxLength: 60 }).map((text) => `@${text.replaceAll(/[\n\r]/g, ".")}`);
  for (const [format, lines] of TEXTS) {
    if (lines === null) continue;
    const good = lines.filter((line) => line !== "" && !/^#|^cpus=/.test(line)).slice(0, 40);
    const expected = (await readText(format, good.join("\n"))).rows.map(({ seq: _, ...row }) => row);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(40), junk), { minLength: 1, maxLength: 8 }), async (inserts) => {
        const mixed = [...good];
        for (const [at, text] of inserts) mixed.splice(Math.min(at, mixed.length), 0, text);
        const all = await readText(format, mixed.join("\n"));
        assertEquals(all.rows.map(({ seq: _, ...row }) => row), expected);
        assertEquals(all.skippedRecords, inserts.length);
      }),
      { seed: 20262, numRuns: 20 },
    );
  }
});

/** A row with its own fields as text: a cut number makes its column one of text. */
const asText = (row: Row) => ({
  ...row,
  raw: Object.fromEntries(Object.entries(row.raw).map(([key, value]) => [key, String(value)])),
});

Deno.test("a text cut anywhere keeps all lines before the cut", async () => {
  for (const [format, lines] of TEXTS) {
    if (lines === null) continue;
    const whole = new TextEncoder().encode(lines.join("\n"));
    const expected = (await collectBytes(format, { "trace.txt": whole })).rows;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (at) => {
        const { rows } = await collectBytes(format, { "trace.txt": whole.subarray(0, at) });
        // The line that is cut may have lost its last field.
        const kept = rows.slice(0, -1).map(asText);
        assertEquals(kept, expected.slice(0, kept.length).map(asText));
        assert(rows.length <= expected.length);
      }),
      { seed: 20263, numRuns: 20 },
    );
  }
});

Deno.test("a compressed text that is cut keeps what was unpacked", async () => {
  const lines = TEXTS[0][1];
  if (lines === null) return;
  const text = new TextEncoder().encode(lines.join("\n").repeat(200));
  const packed = new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  const all = await collectBytes(ftraceText, { "trace.txt.gz": packed.subarray(0, packed.length * 3 >> 2) });
  assert(all.rows.length > 1000);
  assert(all.diagnostics.some((d) => d.code === "damaged_input" && d.severity === "error"));
});

Deno.test("an event whose line does not end may have other numbers than were recorded, which is said", async () => {
  const line = "  wl-7  [000] .....     1.000000: sys_pread64 -> 0x2000";
  const whole = await readText(ftraceText, `${line}\n`);
  assertEquals([whole.rows[0].ret, diagnosticOf(whole, "line_unended")], [0x2000n, null]);
  const cut = await readText(ftraceText, `${line}\n${line.slice(0, -2)}`);
  assertEquals(cut.rows.map(({ ret }) => ret), [0x2000n, 0x20n]);
  assertEquals(diagnosticOf(cut, "line_unended"), { severity: "warning", count: 1 });
});
