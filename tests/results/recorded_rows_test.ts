/**
 * What the checks look at, out of recordings whose events are not what they usually are.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { recordedRowsFit, recordedRun } from "../../src/results/recorded_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import type { RecordedRun } from "../../src/checking/recorded/recorded_run.ts";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { engine } from "./results_files.ts";

/** What is read of a tracefs trace whose lines have these events. */
async function runOf(events: readonly string[], look: (run: RecordedRun) => void): Promise<void> {
  await inFolder(async (folder) => {
    const lines = events.map((event, nth) => `           wl-77      [000] .....     1.00000${nth}: ${event}\n`);
    await Deno.writeTextFile(`${folder}/trace.txt`, `# tracer: nop\n#\n${lines.join("")}`);
    const path = `${folder}/r.duckdb`;
    // Judging looks at these rows, too, and the model at what is written of the same events.
    const { code, stderr } = await runCli(["analyse", `${folder}/trace.txt`, "--systems", "none", "--out", path]);
    assertEquals([code, stderr], [0, ""]);
    const reader = ResultsReader.open(await engine(), path);
    try {
      look(recordedRun(reader.connection));
    } finally {
      reader.close();
    }
  });
}

const BEGUN =
  "iomap_dio_rw_begin: dev 7:0 ino 0xc size 0x3000 offset 0x0 length 0x1000 done_before 0x0 flags DIRECT dio_flags  aio 0";
const MAPPED = "iomap_iter_dstmap: dev 7:0 ino 0xc bdev 7:0 addr 0x4000 offset 0x0 length 0x1000 type";

Deno.test("sizes, mappings and modes are read of events that have them", async () => {
  const events = [
    BEGUN,
    `${MAPPED} HOLE (0x0) flags SHARED (0x4)`,
    "sys_fallocate(fd: 3, mode: 2, offset: 0, len: 1000)",
    "sys_openat(dfd: 3, filename: 7ff, flags: 0x200, mode: 0)",
  ];
  await runOf(events, ({ sizes, sharedMappings, unwrittenMappings, fallocateModes, cuttingOpens }) => {
    assertEquals(sizes, [{ seq: 0, time: 0, file: "7:0/12", size: 0x3000 }]);
    assertEquals(sharedMappings, [{ seq: 1 }]);
    assertEquals(unwrittenMappings, [{ seq: 1, pid: 77, state: "hole" }]);
    assertEquals([...fallocateModes], [[2, 2]]);
    assertEquals([...cuttingOpens], [3]);
  });
});

Deno.test("events of the same names without their fields, or with words for numbers, tell nothing", async () => {
  const events = [
    "iomap_dio_rw_begin: dev 7:0 ino 0xc size many offset 0x0 length 0x1000 done_before 0x0 flags DIRECT dio_flags  aio 0",
    "iomap_iter_dstmap: nothing that has a name",
    "sys_fallocate(fd: 3, mode: all, offset: 0, len: 1000)",
    "sys_openat(dfd: 3, filename: 7ff)",
    "sys_creat: nothing",
  ];
  await runOf(events, ({ sizes, sharedMappings, unwrittenMappings, fallocateModes, cuttingOpens }) => {
    assertEquals([sizes, sharedMappings, unwrittenMappings], [[], [], []]);
    assertEquals([...fallocateModes].map(([, mode]) => mode), [0]);
    assertEquals([...cuttingOpens], []);
  });
  await runOf(["iomap_dio_rw_begin: nothing that has a name"], ({ sizes }) => assertEquals(sizes, []));
});

Deno.test("a bio without flags is nobody's write and no flush", async () => {
  const place = "dev=0x700000 (7340032) sector=0x50 (80) nr_sector=0x8 (8)";
  const events = [
    `block_bio_queue: ${place}`,
    `block_rq_issue: ${place} bytes=0x1000 (4096)`,
    `block_rq_complete: ${place} error=0x0 (0)`,
    "sys_fsync(fd: 3)",
    "sys_fsync -> 0x0",
  ];
  await runOf(events, ({ bios }) => assertEquals(bios.map(({ rwbs, sector }) => [rwbs, sector]), [["", 80]]));
});

Deno.test("rows are counted as they are, however calls of many tasks lie between each other", async () => {
  const reader = ResultsReader.open(await engine(), await readResults("coherence-bw-ext4/trace.dat"));
  try {
    const { operations, bios, pages } = recordedRun(reader.connection);
    const parts = reader.connection.query("SELECT count(*)::DOUBLE AS n FROM operation WHERE part_of IS NOT NULL");
    const rows = operations.length + Number(parts.get(0)!.n) + bios.length + pages.length;
    assertEquals([rows - 1, rows].map((most) => recordedRowsFit(reader.connection, most)), [false, true]);
    assertEquals(recordedRowsFit(reader.connection, bios.length), false);
  } finally {
    reader.close();
  }
});

Deno.test("what is asked for in pieces is the same as all at once", async () => {
  const reader = ResultsReader.open(await engine(), await readResults("coherence-bw-ext4/trace.dat"));
  try {
    const whole = recordedRun(reader.connection);
    assert(whole.operations.length > 200 && whole.pages.length > 200 && whole.bios.length > 200);
    assertEquals(recordedRun(reader.connection, 60), whole);
  } finally {
    reader.close();
  }
});
