/**
 * What is laid beside the model, out of recordings whose events are not what they usually are.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { unpacked } from "../../src/replaying/conformance/packed_trace.ts";
import { RecordedTraces } from "../../src/results/conformance_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { engine } from "./results_files.ts";

Deno.test("a place before the beginning of a file is none", async () => {
  await inFolder(async (folder) => {
    const lines = ["0", "18446744073709547520"].map((ofs, nth) =>
      `  wl-77  [000] .....     1.00000${nth}: mm_filemap_delete_from_page_cache: dev 7:0 ino c pfn=0x4 ofs=${ofs} order=0\n`
    );
    // What tells the file system.
    lines.push("  wl-77  [000] .....     1.000002: ext4_sync_file_exit: dev 7,0 ino 12 ret 0\n");
    await Deno.writeTextFile(`${folder}/trace.txt`, `# tracer: nop\n#\n${lines.join("")}`);
    const path = `${folder}/r.duckdb`;
    const { code, stdout } = await runCli(["analyse", `${folder}/trace.txt`, "--systems", "none", "--out", path]);
    assertEquals([code, stdout.includes("gave up")], [0, false], stdout);
    const reader = ResultsReader.open(await engine(), path);
    try {
      const traces = new RecordedTraces(reader.connection, 100);
      for (const recording of traces.recordings) {
        const { events } = unpacked(await traces.of(recording));
        assertEquals(events.map(({ offset }) => offset), [0, null, null]);
      }
      assertEquals(traces.recordings.length, 1);
    } finally {
      reader.close();
    }
  });
});
