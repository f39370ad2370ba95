/**
 * Recordings that the model of mainline makes: read back, the same model finds in them what it has fired.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { EVENT_TEXTS } from "../../src/generating/event_text.ts";
import { generate } from "../../src/generating/generate.ts";
import { parseSpec, SPEC, type Spec } from "../../src/generating/spec.ts";
import { conform } from "../../src/replaying/conformance/conform.ts";
import { unpacked } from "../../src/replaying/conformance/packed_trace.ts";
import { RecordedTraces } from "../../src/results/conformance_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { WasmEngine } from "../../src/results/wasm_engine.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";

const EVERYTHING = {
  model: "mainline",
  operations: 80,
  mix: {
    direct_read: 2,
    direct_write: 2,
    buffered_read: 2,
    buffered_write: 2,
    load: 1,
    store: 1,
    truncate: 0.3,
    fsync: 0.5,
  },
  file: { size: 131072 },
} as const;

function made(spec: Spec): { text: string; history: string; blocks: number; bios: number } {
  let [text, history, blocks] = ["", "", 0];
  const { bios } = generate(spec, {
    text: (lines) => text += lines,
    block: (_, bytes) => blocks += bytes.length,
    history: (lines) => history += lines,
  });
  return { text, history, blocks, bios };
}

// How many extents a truncation of ext4 frees, and with that its handles, is told by ext4_remove_blocks alone, which the
// model does not fire: a prediction has to guess it for blocks that nothing has looked at before.
for (
  const [file_system, threads, seed, truncate] of [["ext4", 1, 1, 0], ["ext4", 4, 2, 0.3], ["xfs", 3, 1, 0.3]] as const
) {
  Deno.test(`${file_system}, ${threads} threads: every call goes as the model that has made it predicts`, async () => {
    const spec = SPEC.parse({ ...EVERYTHING, mix: { ...EVERYTHING.mix, truncate }, file_system, threads, seed });
    const { text, history } = made(spec);
    await inFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/trace.txt`, text);
      Deno.writeTextFileSync(`${folder}/history.jsonl`, history);
      const out = `${folder}/r.duckdb`;
      const { code, stdout, stderr } = await runCli(
        [
          "analyse",
          `${folder}/trace.txt`,
          "--history",
          `${folder}/history.jsonl`,
          "--out",
          out,
          "--conformance",
          "none",
          "--systems",
          "none",
        ],
      );
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^judged: nothing wrong was found$/m);
      const reader = ResultsReader.open(await WasmEngine.start(), out);
      const traces = new RecordedTraces(reader.connection, 100_000);
      const scored = conform(unpacked(await traces.of(traces.recordings[0])));
      reader.close();
      assertEquals(scored.fs, file_system);
      assertEquals(scored.notes, []);
      assert(scored.calls.length > 60, `${scored.calls.length} calls`);
      assertEquals(scored.calls.filter(({ first }) => first !== null), []);
      for (const { event, predicted, observed, matched } of scored.events) {
        // A fault is told of by its first event, which the model of a prediction has no fields of.
        if (predicted === 0) continue;
        assertEquals({ event, predicted, observed }, { event, predicted: matched, observed: matched });
      }
    });
  });
}

Deno.test("the same spec gives the same bytes of the model too, another seed others", () => {
  const spec = SPEC.parse({ ...EVERYTHING, threads: 3 });
  const [one, again, other] = [made(spec), made(spec), made({ ...spec, seed: 9 })];
  assertEquals(one, again);
  assert(one.text !== other.text);
  assert(one.bios > 0 && one.blocks > 0);
  for (const [, name] of one.text.matchAll(/: (\w+): /g)) assert(name in EVENT_TEXTS, name);
});

Deno.test("what the model does not do is refused in one line", () => {
  const wrong: [string, RegExp][] = [
    ["anomalies: {stale_cache: 1}", /^s:2: anomalies: none can be planted/],
    ["dirty_pages: 9", /^s:2: dirty_pages: the flusher does not run/],
    ["device: {bio_bytes: 8192}", /^s:2: device.bio_bytes: is the kernel's/],
    ["file: {size: 33554432}", /^s:2: file.size: at most 16777216 bytes/],
  ];
  for (const [line, message] of wrong) {
    const error = assertThrows(() => parseSpec(`model: mainline\n${line}\n`, "s"), Error) as Error;
    assertMatch(error.message, message);
    assertEquals(parseSpec(`${line}\n`, "s").model, "sketch");
    assertThrows(() => parseSpec(`${line}\n`, "s", { model: "mainline" }), Error);
  }
  assertThrows(() => parseSpec("file_system: xfs\n", "s"), Error, "needs model: mainline");
});
