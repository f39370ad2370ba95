import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RecordingsReader } from "../../src/lifting/read_recordings.ts";
import { BlktraceWriter } from "../../src/recording/blktrace/writer.ts";
import { expandInputs } from "../../src/recording/inputs.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { runCli } from "../commands/run_cli.ts";
import { readBios, recordingPath } from "./read_bios.ts";

const hello = (source: string) => recordingPath(`hello-ext4/${source}`)!;

Deno.test("a recording is summed up: its span, its events, what it says of itself", async () => {
  const { end, events } = await readBios(hello("trace.dat"));
  const [recording] = end.recordings;
  assertEquals(recording.recording_id, 1);
  assertMatch(recording.format, /^trace\.dat/);
  assertEquals([recording.clock, recording.page_size], ["mono", 4096]);
  assertEquals([recording.events, recording.lost_events, recording.skipped_records], [178, 0, 0]);
  assertEquals([recording.first_ns, recording.last_ns], [events[0].ts, events.at(-1)!.ts]);
  assertEquals(recording.clock_offset_ns, 0n);
  assertEquals(end.events, 178);
  assertEquals(end.eventCounts.reduce((sum, { count }) => sum + count, 0), 178);
  for (const [i, { count }] of end.eventCounts.entries()) {
    if (i > 0) assert(count <= end.eventCounts[i - 1].count);
  }
  assertEquals(end.devices, [{ recording_id: 1, dev: "7:0", fs_block_size: 4096, evidence: 2 }]);
});

Deno.test("several recordings keep apart what is theirs", async () => {
  const { end, bios, events } = await readBios(hello("trace.dat"), recordingPath("fio-ext4/trace.dat")!);
  assertEquals(end.recordings.map(({ recording_id, events }) => [recording_id, events]), [[1, 178], [2, 57_722]]);
  assertEquals(bios.filter(({ recording_id }) => recording_id === 1).length, 16);
  assertEquals(events.filter(({ recording_id }) => recording_id === 2).length, 57_722);
  assertEquals(end.devices.map(({ recording_id, fs_block_size }) => [recording_id, fs_block_size]), [[1, 4096], [
    2,
    4096,
  ]]);
});

Deno.test("recordings of other runs are not moved, and that is said with the reason", async () => {
  const { end } = await readBios(hello("trace.dat"), recordingPath("fio-ext4/trace.dat")!);
  assertEquals(end.recordings.map(({ clock_offset_ns }) => clock_offset_ns), [0n, 0n]);
  const rows = end.diagnostics.filter(({ code }) => code.startsWith("clock_"));
  assertEquals(rows.map(({ recordingId, code, severity }) => [recordingId, code, severity]), [
    [2, "clock_not_aligned", "warning"],
  ]);
  assertMatch(rows[0].message, /^times stand beside those of the other recordings as they are \(.*hello-ext4.*: .+\)$/);
});

Deno.test("recordings with one clock are left as they are, and that is said", async () => {
  const { end } = await readBios(hello("trace.dat"), hello("blktrace"));
  assertEquals(end.recordings.map(({ clock_offset_ns }) => clock_offset_ns), [0n, 0n]);
  const [row] = end.diagnostics.filter(({ code }) => code.startsWith("clock_"));
  assertEquals([row.code, row.severity, row.recordingId], ["clock_same", "info", 2]);
  assertMatch(row.message, /^same clock as .*trace\.dat: 9 queued bios occur in both, -\d+ ns apart$/);
});

Deno.test("a recording is aligned with the one that it has to do with, and not only with the first", async () => {
  const blkparse = recordingPath("fio-ext4/blktrace/blkparse.txt.gz")!;
  const { end } = await readBios(hello("trace.dat"), recordingPath("fio-ext4/trace.dat")!, blkparse);
  const rows = end.diagnostics.filter(({ code }) => code.startsWith("clock_"));
  assertEquals(rows.map(({ recordingId, code }) => [recordingId, code]), [
    [2, "clock_not_aligned"],
    [3, "clock_aligned"],
  ]);
  assertMatch(
    rows[1].message,
    /^\d+ ns were added to every time, to go with .*fio-ext4\/trace\.dat: 15\d\d queued bios/,
  );
  const [, second, third] = end.recordings;
  assert(third.first_ns! > second.first_ns! - 1_000_000n && third.last_ns! < second.last_ns! + 1_000_000n);
});

Deno.test("what goes by the clock of an aligned recording is moved with it", async () => {
  const { end } = await readBios(
    recordingPath("fio-ext4/blktrace/blkparse.txt.gz")!,
    recordingPath("fio-ext4/trace.dat")!,
    recordingPath("fio-ext4/blktrace")!,
  );
  const [, second, third] = end.recordings.map(({ clock_offset_ns }) => clock_offset_ns);
  assert(second < -3_000_000_000_000n && third - second < 1000n && second - third < 1000n, `${second} ${third}`);
});

Deno.test("a CPU that saw nothing leaves an empty file, which does not hide the others", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const writer = new BlktraceWriter();
    const record = { device: { major: 8, minor: 0 }, cpu: 1, pid: 7, sector: 100n, bytes: 4096, rwbs: "W" };
    Deno.writeFileSync(`${folder}/sda.blktrace.0`, new Uint8Array());
    Deno.writeFileSync(
      `${folder}/sda.blktrace.1`,
      new Uint8Array([
        ...writer.encode({ ...record, name: "blk_ta_queue", timeNs: 5n }),
        ...writer.encode({ ...record, name: "blk_ta_complete", timeNs: 9n }),
      ]),
    );
    const { bios } = await readBios(folder);
    assertEquals(bios.map(({ queue_ns, complete_ns }) => [queue_ns, complete_ns]), [[5n, 9n]]);
    Deno.writeFileSync(`${folder}/sda.blktrace.1`, new Uint8Array());
    const error = await assertRejects(() => readBios(folder), UnreadableInput);
    assertEquals(error.message, `${folder}: the input is empty: nothing was recorded`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("the completions that are lost do not pull later bios out of place", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const writer = new BlktraceWriter();
    const parts: Uint8Array[] = [];
    let time = 0n;
    let sequence = 0;
    const step = (name: string, pid: number) =>
      parts.push(writer.encode({
        name: `blk_ta_${name}`,
        timeNs: ++time,
        device: { major: 8, minor: 0 },
        cpu: 0,
        pid,
        sector: name === "plug" ? 0n : 100n,
        bytes: name === "plug" ? 0 : 4096,
        rwbs: "W",
        sequence: ++sequence,
      }));
    for (const name of ["queue", "getrq", "issue"]) step(name, 1);
    // Behind the gap so much goes by that the loss is known before the place is used again.
    sequence += 10;
    for (let i = 0; i < 10_000; i++) step("plug", 1);
    for (const name of ["queue", "getrq", "issue", "complete"]) step(name, 1);
    Deno.writeFileSync(`${folder}/sda.blktrace.0`, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
    const { bios, end } = await readBios(folder);
    assertEquals(end.recordings[0].lost_events, 10);
    assertEquals(bios.map(({ queue_ns, complete_ns }) => [queue_ns, complete_ns]), [[1n, null], [10_004n, 10_007n]]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("when one input cannot be read none is, and what was opened is closed", async () => {
  const reader = new RecordingsReader(() => {});
  const inputs = [...expandInputs([hello("trace.dat")]), { path: "gone.dat", files: ["gone.dat"] }];
  const error = await assertRejects(() => reader.open(inputs), UnreadableInput);
  assertEquals(error.message, "gone.dat: cannot be read (no such file or directory): check the file");
  reader.close();
});

Deno.test("reading stops when it is told to", async () => {
  const reader = new RecordingsReader(() => {});
  try {
    await reader.open(expandInputs([recordingPath("fio-ext4/trace.dat")!]));
    assertEquals(await reader.run({ pace: () => Promise.resolve(false) }), null);
    assert(reader.events > 0 && reader.events < 57_722);
  } finally {
    reader.close();
  }
});

Deno.test("events that nothing is known of are named once with their count", async () => {
  const { end } = await readBios(recordingPath("hello-ext4/trace.raw.txt")!);
  for (const row of end.diagnostics.filter(({ code }) => code === "unknown_event")) {
    assertMatch(row.message, /^no special knowledge of event \S+: kept in raw\.\S+$/);
    const name = row.message.split("raw.")[1];
    assertEquals(end.eventCounts.find((each) => each.name === name)!.count, row.count);
  }
});

Deno.test("standard input beside other recordings keeps its clock, and that is said", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const stdin = Deno.readFileSync(hello("blktrace/blkparse.txt"));
    const args = ["analyse", hello("trace.dat"), "-", "--format", "json", "--out", `${folder}/out.duckdb`];
    const { code, stdout, stderr } = await runCli(args, { stdin, folder });
    assertEquals(code, 0, stderr);
    const { diagnostics } = JSON.parse(stdout);
    const row = diagnostics.find((each: { code: string }) => each.code === "clock_not_aligned");
    assertMatch(row.message, /standard input can be read once only, so that its clock is not compared/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a file that changes while it is read is told of, and one that does not is not", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/trace.txt`;
    const text = Deno.readTextFileSync(hello("trace.txt"));
    for (const changes of [true, false]) {
      Deno.writeTextFileSync(path, text);
      const reader = new RecordingsReader(() => {});
      try {
        await reader.open(expandInputs([path]));
        if (changes) Deno.writeTextFileSync(path, text.slice(-1000), { append: true });
        const end = await reader.run({ pace: () => Promise.resolve(true) });
        const told = end!.diagnostics.filter(({ code }) => code === "input_changed");
        assertEquals(told.map(({ severity, position }) => [severity, position]), changes ? [["warning", path]] : []);
      } finally {
        reader.close();
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
