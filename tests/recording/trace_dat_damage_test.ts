import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NONE } from "../../src/recording/event_type.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collectBytes, type Collected, type Row } from "./collect.ts";
import { buildTraceDat } from "./trace_dat_builder.ts";
import {
  describeKind,
  KINDS,
  mixedRecording,
  realSpec,
  REGULAR_ENTRY_BYTES,
  regularSpec,
} from "./trace_dat_samples.ts";

/** What reading damaged bytes gives: rows, or a refusal, which is one line. Anything else fails the test. */
async function read(bytes: Uint8Array): Promise<Collected | null> {
  try {
    return await collectBytes(traceDat, { "trace.dat": bytes });
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    assert(!error.message.includes("\n"), error.message);
    return null;
  }
}

/** Rows of a CPU of a buffer without their numbers, which depend on the other CPUs. */
function ofCpu(rows: Row[], buffer: string, cpu: number): Omit<Row, "seq">[] {
  return rows.filter((row) => row.buffer === buffer && row.cpu === cpu).map(({ seq: _, ...rest }) => rest);
}

/** Rows, those of a CPU that is not known with the number that they have in the whole recording. */
function numbered({ rows, diagnostics }: Collected, whole: Collected): Row[] {
  const unknown = rows.filter(({ cpu }) => cpu === NONE).length;
  assertEquals(diagnostics.some(({ code }) => code === "cpu_not_known") || unknown === 0, true);
  const key = ({ ts, name, pid }: Row) => `${ts} ${name} ${pid}`;
  const cpuOf = new Map(whole.rows.map((row) => [key(row), row.cpu]));
  return rows.map((row) => row.cpu === NONE ? { ...row, cpu: cpuOf.get(key(row))! } : row);
}

/** Checks that each CPU's rows are the first ones of the whole recording's. */
function assertPrefixes(cut: Collected, whole: Collected): void {
  const cutRows = numbered(cut, whole);
  const keys = new Map(whole.rows.map(({ buffer, cpu }) => [`${buffer}/${cpu}`, { buffer, cpu }]));
  let rows = 0;
  for (const { buffer, cpu } of keys.values()) {
    const found = ofCpu(cutRows, buffer, cpu);
    assertEquals(found, ofCpu(whole.rows, buffer, cpu).slice(0, found.length));
    rows += found.length;
  }
  assertEquals(rows, cut.rows.length);
}

const isReported = ({ diagnostics }: Collected) =>
  diagnostics.some(({ severity }) => severity === "error" || severity === "data_loss");

function littleU64(bytes: Uint8Array, at: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true));
}

function littleU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

for (const kind of KINDS) {
  Deno.test(`cut anywhere, the events before the cut are all there (${describeKind(kind)})`, async () => {
    const eventsPerCpu = 300;
    const built = buildTraceDat(regularSpec(kind, eventsPerCpu));
    const whole = (await read(built.bytes))!;
    const place = (what: string) => built.lengths.filter((field) => field.what === what).at(-1)!.at;
    const starts = [0, 1].map((cpu) => littleU64(built.bytes, place(`offset of CPU ${cpu}`)));
    const eventsPerPage = Math.floor((4096 - 16) / (REGULAR_ENTRY_BYTES + 12));
    const packed = (cpu: number) => built.lengths.filter(({ what }) => what === `packed size of chunk of CPU ${cpu}`);
    /** Events of a CPU whose bytes, or packed chunks, all lie before `end`. */
    const expected = (cpu: number, end: number) => {
      if (kind.compression !== "none") {
        const chunks = packed(cpu).filter(({ at }) => at + 8 + littleU32(built.bytes, at) <= end).length;
        return Math.min(eventsPerCpu, chunks * 2 * eventsPerPage);
      }
      const there = Math.max(0, end - starts[cpu]);
      const pages = Math.floor(there / 4096);
      const inPage = Math.max(0, Math.floor((there % 4096 - 16) / REGULAR_ENTRY_BYTES));
      return Math.min(eventsPerCpu, pages * eventsPerPage + Math.min(inPage, eventsPerPage));
    };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: built.bytes.length - 1 }), async (end) => {
        const cut = await read(built.bytes.subarray(0, end));
        if (cut === null) return assert(end < starts[0], `nothing read of ${end} bytes`);
        assertPrefixes(cut, whole);
        if (cut.rows.length < whole.rows.length) assert(isReported(cut));
        const rows = numbered(cut, whole);
        for (const cpu of [0, 1]) {
          assertEquals(ofCpu(rows, "", cpu).length, expected(cpu, end), `CPU ${cpu}, ${end}`);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  Deno.test(`with flipped bytes it is read or refused, and never fails otherwise (${describeKind(kind)})`, async () => {
    const { bytes } = mixedRecording(kind);
    const whole = (await read(bytes))!;
    const flips = fc.array(fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (list) => {
        const flipped = bytes.slice();
        for (const { at, by } of list) flipped[at] ^= by;
        const found = await read(flipped);
        if (found === null) return;
        // An event takes at least 4 bytes.
        assert(found.rows.length <= 4 * whole.rows.length, `${found.rows.length} rows`);
        if (kind.compression === "zstd" && found.rows.length < whole.rows.length) assert(isReported(found));
      }),
      { seed: 2, numRuns: 250 },
    );
  });

  Deno.test(`with absurd lengths it is read or refused, and never fails otherwise (${describeKind(kind)})`, async () => {
    const built = mixedRecording(kind);
    const absurd = [0n, 1n, 0x7fffffffn, 0xffffffffn, 1n << 32n, (1n << 53n) - 1n, 1n << 63n, (1n << 64n) - 1n];
    for (const { what, at, bytes: width } of built.lengths) {
      for (const value of [...absurd, "one less", "one more"] as const) {
        const bytes = built.bytes.slice();
        const view = new DataView(bytes.buffer);
        const own = width === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
        const put = value === "one less" ? own - 1n : value === "one more" ? own + 1n : value;
        if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, put), true);
        else view.setUint32(at, Number(BigInt.asUintN(32, put)), true);
        const found = await read(bytes);
        if (found !== null) assert(found.rows.length <= 2000, `${what} = ${put}: ${found.rows.length} rows`);
      }
    }
  });

  Deno.test(`bytes in a CPU's pages flipped leave the other CPU alone (${describeKind(kind)})`, async () => {
    const built = buildTraceDat(regularSpec(kind, 300));
    const whole = (await read(built.bytes))!;
    const place = (what: string) => built.lengths.filter((field) => field.what === what).at(-1)!.at;
    const start = littleU64(built.bytes, place("offset of CPU 0"));
    const end = littleU64(built.bytes, place("offset of CPU 1"));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: start, max: end - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const flipped = built.bytes.slice();
        flipped[at] ^= by;
        const found = (await read(flipped))!;
        assertEquals(ofCpu(found.rows, "", 1), ofCpu(whole.rows, "", 1));
      }),
      { seed: 6, numRuns: 60 },
    );
  });
}

const REAL = await realSpec();

for (const kind of KINDS) {
  Deno.test({
    name: `a real recording, cut or with flipped bytes, is read as far as it goes or refused (${describeKind(kind)})`,
    ignore: REAL === null,
    async fn() {
      const { bytes } = buildTraceDat({ ...REAL!, ...kind });
      const whole = (await read(bytes))!;
      assertEquals([whole.rows.length, whole.diagnostics], [178, []]);
      await fc.assert(
        fc.asyncProperty(
          fc.nat(bytes.length - 1),
          fc.nat(bytes.length - 1),
          fc.integer({ min: 0, max: 255 }),
          async (end, at, by) => {
            const cut = await read(bytes.subarray(0, end));
            if (cut !== null) assertPrefixes(cut, whole);
            if (cut !== null && cut.rows.length < whole.rows.length) assert(isReported(cut));
            const flipped = bytes.slice();
            flipped[at] ^= by;
            await read(flipped);
          },
        ),
        { seed: 8, numRuns: 120 },
      );
    },
  });
}

Deno.test("lengths taken from the file never take memory of their size", async () => {
  // A large file, so that a read of any length would find as many bytes.
  const SPARSE_BYTES = 600 << 20;
  const LIMIT_KIB = 400 << 10;
  const folder = await Deno.makeTempDir();
  try {
    const files: string[] = [];
    for (const kind of KINDS) {
      const built = mixedRecording(kind);
      // Each kind of field once.
      const fields = new Map(built.lengths.map((field) => [field.what.replaceAll(/\d+/g, "n"), field]));
      for (const { at, bytes: width } of fields.values()) {
        const bytes = built.bytes.slice();
        const view = new DataView(bytes.buffer);
        if (width === 8) view.setBigUint64(at, BigInt(SPARSE_BYTES - 100_000), true);
        else view.setUint32(at, SPARSE_BYTES - 100_000, true);
        const path = `${folder}/${files.length}.dat`;
        await Deno.writeFile(path, bytes);
        await Deno.truncate(path, SPARSE_BYTES);
        files.push(path);
      }
    }
    const script = `
      import { Diagnostics } from ${
      JSON.stringify(new URL("../../src/recording/diagnostics.ts", import.meta.url).href)
    };
      import { EventSink } from ${JSON.stringify(new URL("../../src/recording/event_sink.ts", import.meta.url).href)};
      import { mergeStreams } from ${JSON.stringify(new URL("../../src/recording/merge.ts", import.meta.url).href)};
      import { traceDat } from ${
      JSON.stringify(new URL("../../src/recording/trace_dat/reader.ts", import.meta.url).href)
    };
      for (const path of JSON.parse(new TextDecoder().decode(Deno.readFileSync(${JSON.stringify(`${folder}/list`)})))) {
        try {
          const sink = new EventSink(() => {}, []);
          const diagnostics = new Diagnostics(0, () => sink.seq);
          const recording = await traceDat.open({ recordingId: 0, sink, diagnostics, path, files: [path] });
          await mergeStreams(recording.streams, sink, { pace: () => Promise.resolve(true) });
          recording.close();
        } catch (error) {
          if (error.name !== "UnreadableInput") throw error;
        }
      }
      console.log(/VmHWM:\\s*(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))[1]);`;
    await Deno.writeTextFile(`${folder}/list`, JSON.stringify(files));
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", "deno.json", script],
      stderr: "inherit",
    }).output();
    assert(success);
    const peak = Number(new TextDecoder().decode(stdout));
    assert(peak > 0 && peak < LIMIT_KIB, `${peak} KiB at the peak`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
