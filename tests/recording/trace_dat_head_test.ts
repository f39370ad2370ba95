import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { buildTraceDat, OPTION, type TraceDatSpec } from "./trace_dat_builder.ts";
import { encodeRecord, type FieldValue } from "./trace_dat_events.ts";
import {
  describeMachine,
  entry,
  event,
  formatsOf,
  MACHINES,
  oneCpu,
  readBytes,
  readSpec,
} from "./trace_dat_helpers.ts";

const PROBE = event([{ type: "u32", name: "n", size: 4 }, { type: "__data_loc char[]", name: "text", size: 4 }]);
const OTHER = event([{ type: "u64", name: "wide", size: 8 }], { system: "other", name: "probe", id: 1001 });

function probe(ts: bigint, n: number, order: "little" | "big" = "little", pid = 42) {
  return entry(PROBE, ts, { n, text: `text ${n}` }, order, { pid });
}

for (const machine of MACHINES) {
  for (const pageBytes of [4096, 65536]) {
    Deno.test(`a whole recording reads back (${describeMachine(machine)}, pages of ${pageBytes})`, async () => {
      const { order } = machine;
      const count = Math.floor(3 * pageBytes / 40);
      const entries = Array.from({ length: count }, (_, i) => probe(BigInt(i), i, order));
      const { rows, diagnostics, facts } = await readSpec({
        ...machine,
        pageBytes,
        formats: formatsOf(PROBE, OTHER),
        cmdlines: "42 my task\n7 other\n",
        options: [
          { id: OPTION.TRACECLOCK, body: "local global [mono] boot" },
          { id: OPTION.UNAME, body: "Linux box 6.18.0-rc1 x86_64" },
          { id: OPTION.VERSION, body: "3.3" },
          { id: OPTION.TRACEID, body: (w) => w.u64(5n) },
          { id: OPTION.CPUCOUNT, body: (w) => w.u32(2) },
        ],
        buffers: [{
          name: "",
          cpus: [{ cpu: 0, entries }, { cpu: 1, entries: [entry(OTHER, 3n, { wide: 9n }, order)] }],
        }],
        chunkBytes: pageBytes,
      });
      assertEquals(diagnostics, []);
      assertEquals(facts, {
        format: `trace.dat v${machine.version}`,
        kernel: "6.18.0-rc1",
        clock: "mono",
        page_size: pageBytes,
        cpus: 2,
      });
      assertEquals(rows.length, count + 1);
      assertEquals(rows.filter(({ cpu }) => cpu === 1).map(({ raw, name, system }) => [raw, name, system]), [
        [{ wide: 9n }, "probe", "other"],
      ]);
      const own = rows.filter(({ cpu }) => cpu === 0);
      own.forEach(({ raw, ts, comm, pid }, i) => {
        if (raw.n !== i || raw.text !== `text ${i}` || ts !== BigInt(i) || comm !== "my task" || pid !== 42) {
          assertEquals([raw, ts, comm, pid], [{ n: i, text: `text ${i}` }, BigInt(i), "my task", 42]);
        }
      });
    });
  }
}

Deno.test("records longer than the head can say have their length in a word of its own", async () => {
  const spec = event([{ type: "char[]", name: "buf", size: 0 }]);
  const lengths = [1, 3, 99, 100, 103, 104, 105, 500, 4000];
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(spec),
    buffers: oneCpu(lengths.map((n, i) => entry(spec, BigInt(i), { buf: "x".repeat(n) }))),
  });
  assertEquals(rows.map(({ raw }) => (raw.buf as string).length), lengths);
  assertEquals(diagnostics, []);
  // Some machines write every length so.
  const forced = await readSpec({
    formats: formatsOf(spec),
    buffers: oneCpu([{ ...entry(spec, 0n, { buf: "short" }), form: "long" }]),
  });
  assertEquals(forced.rows.map(({ raw }) => raw), [{ buf: "short" }]);
});

Deno.test("task names have spaces, come from the file's list, and are NULL where it has none", async () => {
  const { rows } = await readSpec({
    formats: formatsOf(PROBE),
    cmdlines: "42 Web Content\n43  lead\n  44 indented\n45 a-b:c\n4194304 big\nrubbish\n\n",
    buffers: oneCpu([42, 43, 44, 45, 4194304, 46, 0].map((pid, i) => probe(BigInt(i), i, "little", pid))),
  });
  assertEquals(
    rows.map(({ comm }) => comm),
    ["Web Content", " lead", "indented", "a-b:c", "big", null, "<idle>"],
  );
});

Deno.test("flags and depths are the five characters that ftrace prints", async () => {
  const cases: [flags: number, preemptCount: number, text: string][] = [
    [0x00, 0x00, "....."],
    [0x01, 0x00, "d...."],
    [0x80, 0x00, "b...."],
    [0x81, 0x00, "D...."],
    [0x04, 0x01, ".n.1."],
    [0x20, 0x00, ".p..."],
    [0x24, 0x00, ".N..."],
    [0x02, 0x00, ".l..."],
    [0x06, 0x00, ".b..."],
    [0x22, 0x00, ".L..."],
    [0x26, 0x00, ".B..."],
    [0x08, 0x00, "..h.."],
    [0x10, 0x00, "..s.."],
    [0x18, 0x00, "..H.."],
    [0x40, 0x00, "..z.."],
    [0x48, 0x00, "..Z.."],
    [0x11, 0x3f, "d.sf3"],
    [0x00, 0xa2, "...2a"],
  ];
  const { rows } = await readSpec({
    formats: formatsOf(PROBE),
    buffers: oneCpu(cases.map(([flags, preemptCount], i) => ({
      kind: "event",
      ts: BigInt(i),
      data: encodeRecord(PROBE, { n: 1, text: "" }, { pid: 1, flags, preemptCount }),
    }))),
  });
  assertEquals(rows.map(({ flags }) => flags), cases.map(([, , text]) => text));
});

Deno.test("records of a type that the file does not describe are kept as bytes, and reported once a type", async () => {
  const values: Record<string, FieldValue> = { n: 0x01020304, text: "abc" };
  const { rows, diagnostics } = await readSpec({
    buffers: oneCpu([entry(PROBE, 1n, values), entry(PROBE, 2n, values), entry(OTHER, 3n, { wide: 1n })]),
  });
  assertEquals(rows.map(({ name, ts }) => [name, ts]), [["type_1000", 1n], ["type_1000", 2n], ["type_1001", 3n]]);
  assertEquals(rows[0].raw.payload, [4, 3, 2, 1, 16, 0, 4, 0, 97, 98, 99, 0]);
  assertEquals(
    diagnostics.map(({ severity, code, count, firstSeq }) => [severity, code, count, firstSeq]),
    [["warning", "format_missing", 2, 0], ["warning", "format_missing", 1, 2]],
  );
});

Deno.test("of many types without description, the later ones share a table that tells the type", async () => {
  const ids = Array.from({ length: 100 }, (_, i) => 2000 + i);
  const entries = ids.map((id, i) => entry({ ...OTHER, id }, BigInt(i), { wide: BigInt(i) }));
  const { rows, diagnostics } = await readSpec({ buffers: oneCpu(entries) });
  assertEquals(new Set(rows.map(({ name }) => name)).size, 65);
  assertEquals(rows.slice(64).map(({ name, raw }) => [name, raw.type]), ids.slice(64).map((id) => ["type_other", id]));
  assertEquals(rows.map(({ raw }) => (raw.payload as number[])[0]), ids.map((_, i) => i));
  assertEquals(diagnostics.map(({ count }) => count), [...Array(64).fill(1), 36]);
});

for (const version of [6, 7] as const) {
  Deno.test(`events of every buffer carry its name (version ${version})`, async () => {
    const { rows, facts } = await readSpec({
      version,
      formats: formatsOf(PROBE),
      options: [{ id: OPTION.TRACECLOCK, body: "[local] global mono" }],
      buffers: [
        { name: "", clock: "local", cpus: [{ cpu: 0, entries: [probe(20n, 1)] }] },
        {
          name: "rec",
          clock: "mono",
          cpus: [{ cpu: 0, entries: [probe(10n, 2)] }, { cpu: 1, entries: [probe(30n, 3)] }],
        },
        { name: "more", clock: "mono", cpus: [{ cpu: 1, entries: [probe(40n, 4)] }] },
      ],
    });
    assertEquals(
      rows.map(({ buffer, cpu, raw, name }) => [buffer, cpu, raw.n, name]),
      [["rec", 0, 2, "probe"], ["", 0, 1, "probe"], ["rec", 1, 3, "probe"], ["more", 1, 4, "probe"]],
    );
    assertEquals([facts.clock, facts.cpus], ["local", 2]);
  });
}

Deno.test("a buffer may have pages of its own size, which chunks cut through", async () => {
  const entries = Array.from({ length: 2000 }, (_, i) => probe(BigInt(i), i));
  for (const compression of ["none", "zstd"] as const) {
    const { rows, diagnostics } = await readSpec({
      compression,
      formats: formatsOf(PROBE),
      buffers: [{ name: "wide", pageBytes: 16384, cpus: [{ cpu: 0, entries }] }, { name: "", cpus: [] }],
    });
    assertEquals([rows.length, diagnostics], [2000, []]);
  }
});

Deno.test("an instance that is not where the file says is reported, and the rest is read", async () => {
  const built = buildTraceDat({
    version: 6,
    formats: formatsOf(PROBE),
    buffers: [
      { name: "", cpus: [{ cpu: 0, entries: [probe(1n, 1)] }] },
      { name: "rec", cpus: [{ cpu: 0, entries: [probe(2n, 2)] }] },
    ],
  });
  const place = built.lengths.find(({ what }) => what === "offset of instance rec")!;
  new DataView(built.bytes.buffer).setBigUint64(place.at, 77n, true);
  const { rows, diagnostics } = await readBytes(built.bytes);
  assertEquals(rows.map(({ raw }) => raw.n), [1]);
  assertEquals(diagnostics.map(({ code }) => code), ["buffer_missing"]);
});

Deno.test("an option of no known kind is told of", async () => {
  const { diagnostics, rows } = await readSpec({
    formats: formatsOf(PROBE),
    options: [{ id: 99, body: "from the future" }],
    buffers: oneCpu([probe(1n, 1)]),
  });
  assertEquals(diagnostics.map(({ severity, code }) => [severity, code]), [["warning", "option_unknown"]]);
  assertEquals(rows.length, 1);
});

Deno.test("two descriptions of one name are kept apart, and reported", async () => {
  const again = { ...PROBE, id: 1005, fields: [{ type: "char[8]", name: "n", size: 8 }] };
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(PROBE, again),
    buffers: oneCpu([probe(1n, 1), entry(again, 2n, { n: "text" })]),
  });
  assertEquals(rows.map(({ name, raw }) => [name, raw.n]), [["probe", 1], ["probe_1005", "text"]]);
  assertEquals(diagnostics.map(({ code }) => code), ["format_damaged"]);
});

Deno.test("the place of the common fields is what most descriptions say", async () => {
  const wrong = formatsOf(OTHER)[0];
  wrong.text = wrong.text.replace("common_pid;\toffset:4", "common_pid;\toffset:5");
  const third = event([{ type: "u8", name: "b", size: 1 }], { name: "third", id: 3 });
  const { rows } = await readSpec({
    formats: [wrong, ...formatsOf(PROBE, third)],
    buffers: oneCpu([probe(1n, 1)]),
  });
  assertEquals(rows.map(({ pid }) => pid), [42]);
});

Deno.test("kernels of real-time Linux have further common fields", async () => {
  const spec = event([{ type: "u64", name: "value", size: 8 }], { start: 16 });
  const text = formatsOf(spec)[0].text.replace(
    "\n\n",
    "\n\tfield:unsigned char common_migrate_disable;\toffset:8;\tsize:1;\tsigned:0;\n\n",
  );
  const { rows } = await readSpec({
    formats: [{ system: "test", text }],
    buffers: oneCpu([entry(spec, 1n, { value: 7n })]),
  });
  assertEquals(rows.map(({ raw, pid }) => [raw, pid]), [[{ value: 7n }, 42]]);
});

Deno.test("a kernel's own long is as wide as its commit word, whatever its programs use", async () => {
  const spec = event([{ type: "__data_loc unsigned long[]", name: "longs", size: 4, element: 8 }]);
  const built = buildTraceDat({
    formats: formatsOf(spec),
    buffers: oneCpu([entry(spec, 1n, { longs: [1n, 2n] })]),
  });
  // Byte order, then the size of a long of the programs.
  built.bytes[13] = 4;
  assertEquals((await readBytes(built.bytes)).rows[0].raw, { longs: [1n, 2n] });
});

Deno.test("what cannot be read is refused in one line that says what to do", async () => {
  const latency: Partial<TraceDatSpec> = {
    formats: formatsOf(PROBE),
    options: [{ id: OPTION.BUFFER_TEXT, body: (w) => w.u64(100n) }],
  };
  const cases: [bytes: Uint8Array, part: string][] = [
    [buildTraceDat({}).bytes.subarray(0, 10), "is cut or damaged"],
    [buildTraceDat({}).bytes.map((byte, i) => i === 10 ? 0x39 : byte), 'version "9"'],
    [buildTraceDat({}).bytes.map((byte, i) => i === 13 ? 5 : byte), "a long of 5 bytes"],
    [buildTraceDat({}).bytes.map((byte, i) => i === 14 ? 1 : byte), "a page of 4097 bytes"],
    [
      new TextEncoder().encode("\x17\x08Dtracing7\0\0\b\0\x10\0\0lzma\0 1\0" + "\0".repeat(8)),
      'compressed with "lzma"',
    ],
    [buildTraceDat(latency).bytes, "latency tracer's text"],
  ];
  for (const [bytes, part] of cases) {
    const error = await assertRejects(() => readBytes(bytes), UnreadableInput);
    assertStringIncludes(error.message, part);
    assert(!error.message.includes("\n"), error.message);
    assertStringIncludes(error.message, "trace.dat: ");
  }
});

Deno.test("a latency tracer's text beside events is reported", async () => {
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(PROBE),
    options: [{ id: OPTION.BUFFER_TEXT, body: (w) => w.u64(100n) }],
    buffers: oneCpu([probe(1n, 1)]),
  });
  assertEquals([rows.length, diagnostics.map(({ code }) => code)], [1, ["latency_text"]]);
});

Deno.test("a recording without events is a recording", async () => {
  for (const version of [6, 7] as const) {
    // What recorded nothing names a buffer all the same.
    const buffers = version === 7 ? [{ name: "", cpus: [] }] : [];
    const { rows, facts, diagnostics } = await readSpec({ version, formats: formatsOf(PROBE), buffers });
    assertEquals([rows, facts.format, diagnostics], [[], `trace.dat v${version}`, []]);
  }
});

Deno.test("trace.dat is told by its first ten bytes", () => {
  const { bytes } = buildTraceDat({});
  assert(traceDat.sniff(bytes));
  assert(traceDat.sniff(bytes.subarray(0, 10)));
  assert(!traceDat.sniff(bytes.subarray(0, 9)));
  assert(!traceDat.sniff(bytes.subarray(1)));
  assert(!traceDat.sniff(new Uint8Array(0)));
});
