import { assert, assertEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { NONE } from "../../src/recording/event_type.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import type { Collected, Row } from "./collect.ts";
import { buildTraceDat, type BuiltTraceDat, OPTION, type TraceDatSpec } from "./trace_dat_builder.ts";
import { entry, event, formatsOf, readBytes } from "./trace_dat_helpers.ts";

const PROBE = event([{ type: "u32", name: "n", size: 4 }]);
const CPUS = 5;
const EVENTS = 500;

/** Entries of a CPU whose number is in them; all CPUs record at the same time. */
const entriesOf = (cpu: number, count = EVENTS, order: "little" | "big" = "little") =>
  Array.from({ length: count }, (_, i) => entry(PROBE, BigInt(1000 + i * 100 + cpu), { n: cpu * 10_000 + i }, order));

function spec(rest: Partial<TraceDatSpec> = {}): Partial<TraceDatSpec> {
  return {
    formats: formatsOf(PROBE),
    cmdlines: "42 my task\n",
    options: [
      { id: OPTION.TRACECLOCK, body: "local [mono]" },
      { id: OPTION.CPUCOUNT, body: (w) => w.u32(CPUS) },
    ],
    buffers: [{
      name: "",
      cpus: Array.from({ length: CPUS }, (_, cpu) => ({ cpu, entries: entriesOf(cpu, EVENTS, rest.order) })),
    }],
    chunkBytes: 8192,
    ...rest,
  };
}

/** File position of the last field of that name. */
const placeOf = ({ lengths }: BuiltTraceDat, what: string) => lengths.findLast((field) => field.what === what)!.at;
/** Where the last section of events begins. */
const eventsAt = (built: BuiltTraceDat) => placeOf(built, "size of section 3") - 8;
/** Where the section of options begins that describes the last events. */
const optionsAt = (built: BuiltTraceDat) => placeOf(built, "size of section 0") - 8;

const codes = ({ diagnostics }: Collected) => diagnostics.map(({ severity, code }) => `${severity} ${code}`);
const told = (read: Collected, code: string) => read.diagnostics.find((row) => row.code === code)!;
const numbersOf = (rows: Row[]) => rows.map(({ raw }) => raw.n as number).sort((a, b) => a - b);

for (const compression of ["none", "zlib", "zstd"] as const) {
  for (const order of ["little", "big"] as const) {
    Deno.test(`without the options that describe them, all events are found with their CPUs (${compression}, ${order}-endian)`, async () => {
      const built = buildTraceDat(spec({ compression, order }));
      const whole = await readBytes(built.bytes);
      const cut = await readBytes(built.bytes.subarray(0, optionsAt(built)));
      assertEquals(cut.rows, whole.rows);
      assertEquals(cut.facts, whole.facts);
      assertEquals(codes(cut), [
        "error section_missing",
        "warning buffer_not_described",
        ...compression === "none" ? ["warning cpu_by_time"] : [],
      ]);
    });
  }

  Deno.test(`events cut among those of the CPUs have no CPU, and are told of (${compression})`, async () => {
    const built = buildTraceDat(spec({ compression }));
    const whole = await readBytes(built.bytes);
    // In the third of five: in its second page, or its last chunk.
    const offset = new DataView(built.bytes.buffer).getBigUint64(placeOf(built, "offset of CPU 2"), true);
    const end = compression === "none" ? Number(offset) + 6000 : placeOf(built, "packed size of chunk of CPU 2") + 20;
    const cut = await readBytes(built.bytes.subarray(0, end));
    assert(cut.rows.every(({ cpu }) => cpu === NONE));
    const found = numbersOf(cut.rows);
    assert(found.length > 2 * EVENTS && found.length < 3 * EVENTS, `${found.length} events`);
    assertEquals(found, numbersOf(whole.rows).slice(0, found.length));
    assertEquals([told(cut, "cpu_not_known").count, told(cut, "cpu_not_known").severity], [3, "warning"]);
    assert(codes(cut).includes("error truncated"));
    assertEquals(cut.facts, whole.facts);
  });
}

Deno.test("without a clock among the options that are left, times are of no known clock", async () => {
  const built = buildTraceDat(spec({ options: [{ id: OPTION.CPUCOUNT, body: (w) => w.u32(CPUS) }] }));
  const cut = await readBytes(built.bytes.subarray(0, optionsAt(built)));
  assertEquals([cut.rows.length, cut.facts.clock], [CPUS * EVENTS, null]);
  assertEquals(told(cut, "clock_not_known").severity, "warning");
});

Deno.test("options that are cut say what stands before the cut", async () => {
  const built = buildTraceDat(spec());
  const whole = await readBytes(built.bytes);
  // The last option, of 14 bytes, says that there are no more.
  for (const missing of [1, 8, 13, 14]) {
    const cut = await readBytes(built.bytes.subarray(0, built.bytes.length - missing));
    assertEquals(cut.rows, whole.rows);
    assertEquals(codes(cut), [
      missing === 14 ? "error options_unended" : "error option_damaged",
      "error truncated",
    ]);
  }
  const cut = await readBytes(built.bytes.subarray(0, built.bytes.length - 15));
  assertEquals([cut.rows, codes(cut).includes("warning buffer_not_described")], [whole.rows, true]);
});

Deno.test("behind a buffer that is described, one that is cut has no name", async () => {
  const buffers = ["", "rec"].map((name, i) => ({
    name,
    cpus: [{ cpu: 3, entries: entriesOf(3 + i, 200) }],
  }));
  const built = buildTraceDat(spec({ buffers }));
  const cut = await readBytes(built.bytes.subarray(0, eventsAt(built) + 4096 + 2048));
  const [top, rest] = ["", "unknown"].map((name) => cut.rows.filter(({ buffer }) => buffer === name));
  assertEquals([top.length, top[0].cpu], [200, 3]);
  assert(rest.length > 0 && rest.length < 200 && rest[0].cpu === NONE);
  assertEquals(top.length + rest.length, cut.rows.length);
  assertEquals(told(cut, "cpu_not_known").count, 1);
});

Deno.test("a section of events whose size was not written yet goes to the end of the file", async () => {
  const built = buildTraceDat(spec());
  const whole = await readBytes(built.bytes);
  const bytes = built.bytes.slice(0, optionsAt(built));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(placeOf(built, "size of section 3"), 0n, true);
  // Nor does the section of options before it say where more are.
  view.setBigUint64(built.lengths.find(({ what }) => what === "offset of more options")!.at, 0n, true);
  const read = await readBytes(bytes);
  assertEquals(read.rows, whole.rows);
  assertEquals(codes(read), ["error truncated", "warning buffer_not_described", "warning cpu_by_time"]);
});

Deno.test("a file that ends before its events is refused, or has none and says so", async () => {
  const built = buildTraceDat(spec());
  const refused: boolean[] = [];
  for (let end = 32; end <= eventsAt(built) + 16; end += 16) {
    try {
      const read = await readBytes(built.bytes.subarray(0, end));
      assertEquals([read.rows, codes(read).some((code) => code.startsWith("error"))], [[], true]);
      refused.push(false);
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      refused.push(true);
    }
  }
  // Whatever is refused comes first.
  assertEquals(refused, refused.toSorted((a, b) => Number(b) - Number(a)));
});

/** Recordings of trace-cmd, whose last sections are events, options and strings. */
const SHIPPED = ["trace.dat", "trace.v7none.dat.gz", "trace.v6.dat.gz"];

for (const name of SHIPPED) {
  const path = `traces/hello-ext4/${name}`;
  let packed: Uint8Array | null = null;
  try {
    packed = Deno.readFileSync(path);
  } catch {
    // Not there.
  }
  Deno.test({
    name: `${name} of trace-cmd, cut anywhere among its events, keeps those before the cut`,
    ignore: packed === null,
    async fn() {
      const bytes = name.endsWith(".gz") ? new Uint8Array(gunzipSync(packed!)) : new Uint8Array(packed!);
      const whole = await readBytes(bytes);
      const key = ({ ts, name, pid }: Row) => `${ts} ${name} ${pid}`;
      const cpuOf = new Map(whole.rows.map((row) => [key(row), row.cpu]));
      let most = 0;
      const step = name === "trace.dat" ? 311 : 997;
      for (let end = bytes.length - 24_000; end < bytes.length; end += end > bytes.length - 120 ? 17 : step) {
        let read: Collected;
        try {
          read = await readBytes(bytes.subarray(0, end));
        } catch (error) {
          if (!(error instanceof UnreadableInput)) throw error;
          assertEquals(most, 0);
          continue;
        }
        // More of the file never tells less.
        assert(read.rows.length >= most, `${read.rows.length} events of ${end} bytes, ${most} before`);
        most = read.rows.length;
        for (const row of read.rows) {
          assert(cpuOf.has(key(row)) && (row.cpu === NONE || row.cpu === cpuOf.get(key(row))), key(row));
        }
        assert(codes(read).some((code) => code.startsWith("error")), `nothing told of ${end} bytes`);
      }
      assert(most > 0);
      const last = await readBytes(bytes.subarray(0, bytes.length - 1));
      assertEquals(told(last, "truncated").severity, "error");
    },
  });
}
