import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { describeMachine, entry, event, formatsOf, MACHINES, oneCpu, readSpec, rowOf } from "./trace_dat_helpers.ts";

/** Names of C integer types by size. */
const UNSIGNED: Record<number, string> = { 1: "u8", 2: "unsigned short", 4: "unsigned int", 8: "u64" };
const SIGNED: Record<number, string> = { 1: "s8", 2: "short", 4: "int", 8: "loff_t" };

for (const machine of MACHINES) {
  Deno.test(`integers of every size keep their value and their sign (${describeMachine(machine)})`, async () => {
    const sizes = [1, 2, 4, 8];
    const spec = event([
      ...sizes.map((size) => ({ type: UNSIGNED[size], name: `u${size}`, size })),
      ...sizes.map((size) => ({ type: SIGNED[size], name: `s${size}`, size, signed: true })),
    ]);
    const value = (size: number, signed: boolean) => {
      const bits = BigInt(size * 8);
      return signed
        ? fc.bigInt({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n })
        : fc.bigInt({ min: 0n, max: (1n << bits) - 1n });
    };
    const records = fc.record(
      Object.fromEntries([
        ...sizes.map((size) => [`u${size}`, value(size, false)]),
        ...sizes.map((size) => [`s${size}`, value(size, true)]),
      ]),
      { noNullPrototype: true },
    ) as fc.Arbitrary<Record<string, bigint>>;
    await fc.assert(
      fc.asyncProperty(fc.array(records, { minLength: 1, maxLength: 60 }), async (list) => {
        const { rows } = await readSpec({
          ...machine,
          formats: formatsOf(spec),
          buffers: oneCpu(list.map((values, i) => entry(spec, BigInt(i), values, machine.order))),
        });
        const got = rows.map(({ raw }) =>
          Object.fromEntries(Object.entries(raw).map(([k, v]) => [k, BigInt(v as number)]))
        );
        assertEquals(got, list);
      }),
      { seed: 7, numRuns: 8 },
    );
  });

  Deno.test(`a bool is a boolean and a pointer is unsigned (${describeMachine(machine)})`, async () => {
    const { longBytes } = machine;
    const spec = event([
      { type: "bool", name: "yes", size: 1 },
      { type: "bool", name: "no", size: 1 },
      { type: "void *", name: "where", size: longBytes },
      { type: "const char *", name: "signed_by_mistake", size: longBytes, signed: true },
    ]);
    const top = BigInt.asUintN(longBytes * 8, -4096n);
    const { raw } = await rowOf(spec, { yes: 1, no: 0, where: top, signed_by_mistake: top }, machine);
    const as = (value: bigint) => longBytes === 8 ? value : Number(value);
    assertEquals(raw, { yes: true, no: false, where: as(top), signed_by_mistake: as(top) });
  });

  Deno.test(`arrays of numbers become lists, whatever the byte order (${describeMachine(machine)})`, async () => {
    const { longBytes } = machine;
    const spec = event([
      { type: "__u8[4]", name: "octets", size: 4, element: 1 },
      { type: "short[3]", name: "shorts", size: 6, element: 2, signed: true },
      { type: "u64[2]", name: "wide", size: 16, element: 8 },
      { type: "unsigned long[2]", name: "longs", size: 2 * longBytes, element: longBytes },
      { type: "xfs_fsblock_t[2]", name: "own_type", size: 16, element: 8 },
      { type: "__data_loc u32[]", name: "dynamic", size: 4, element: 4 },
      { type: "__data_loc s16[]", name: "dynamic_signed", size: 4, element: 2, signed: true },
      { type: "__rel_loc unsigned long[]", name: "relative", size: 4, element: longBytes },
      { type: "u32[]", name: "rest", size: 0, element: 4 },
    ]);
    const long = (value: bigint) => longBytes === 8 ? value : Number(value);
    // What follows the fixed part is the dynamic fields' own, and the rest of the record too.
    const { raw } = await rowOf(spec, {
      octets: [1n, 2n, 3n, 255n],
      shorts: [-1n, 2n, -32768n],
      wide: [1n, (1n << 63n) + 5n],
      longs: [7n, BigInt.asUintN(longBytes * 8, -9n)],
      own_type: [11n, 1n << 40n],
      dynamic: [1n, 0xfffffffen],
      dynamic_signed: [-2n, 3n, 4n, -5n],
      relative: [12n],
    }, machine);
    const { rest, ...others } = raw;
    assertEquals(others, {
      octets: [1, 2, 3, 255],
      shorts: [-1, 2, -32768],
      wide: [1n, (1n << 63n) + 5n],
      longs: [long(7n), long(BigInt.asUintN(longBytes * 8, -9n))],
      own_type: [11n, 1n << 40n],
      dynamic: [1, 0xfffffffe],
      dynamic_signed: [-2, 3, 4, -5],
      relative: [long(12n)],
    });
    assertEquals((rest as number[]).slice(0, 2), [1, 0xfffffffe]);
  });

  Deno.test(`texts end at their NUL, wherever they stand (${describeMachine(machine)})`, async () => {
    const spec = event([
      { type: "char[16]", name: "fixed", size: 16 },
      { type: "char[4]", name: "full", size: 4 },
      { type: "__data_loc char[]", name: "dynamic", size: 4 },
      { type: "__data_loc char[]", name: "empty", size: 4 },
      { type: "__rel_loc char[]", name: "relative", size: 4 },
    ]);
    const text = new TextEncoder();
    const { raw } = await rowOf(spec, {
      fixed: text.encode("ab\0garbage"),
      full: text.encode("four"),
      dynamic: "grüße, 世界",
      empty: "",
      relative: "rel",
    }, machine);
    assertEquals(raw, { fixed: "ab", full: "four", dynamic: "grüße, 世界", empty: "", relative: "rel" });
  });
}

Deno.test("text that is not UTF-8 gets replacement characters", async () => {
  const spec = event([{ type: "char[4]", name: "name", size: 4 }]);
  const { raw } = await rowOf(spec, { name: new Uint8Array([0x61, 0xff, 0x62, 0]) });
  assertEquals(raw, { name: "a\ufffdb" });
});

Deno.test("characters that take the rest of the record are text, also as old kernels describe them", async () => {
  for (const type of ["char[]", "char"]) {
    const spec = event([{ type, name: "buf", size: 0 }]);
    const { raw } = await rowOf(spec, { buf: "to the end" });
    assertEquals(raw, { buf: "to the end" });
  }
});

Deno.test("structures and bit masks of unknown width are kept as bytes", async () => {
  const spec = event([
    { type: "struct thing[2]", name: "things", size: 16 },
    { type: "struct odd", name: "odd", size: 6 },
    { type: "__data_loc cpumask_t", name: "mask", size: 4 },
    { type: "__u128", name: "huge", size: 16 },
  ]);
  const things = Uint8Array.from({ length: 16 }, (_, i) => i);
  const odd = new Uint8Array([6, 5, 4, 3, 2, 1]);
  const mask = new Uint8Array([0b101, 0, 0, 0, 0, 0, 0, 0x80]);
  assertEquals((await rowOf(spec, { things, odd, mask, huge: things })).raw, { things, odd, mask, huge: things });
});

Deno.test("a bit mask described as longs is a list of them", async () => {
  const spec = event([{ type: "__data_loc unsigned long[]", name: "cpus", size: 4, element: 8 }]);
  assertEquals((await rowOf(spec, { cpus: [5n, 1n << 63n] })).raw, { cpus: [5n, 1n << 63n] });
});

Deno.test("a field that takes the rest of the record is NULL when there is no rest", async () => {
  const spec = event([
    { type: "unsigned int", name: "depth", size: 4 },
    { type: "unsigned long[]", name: "args", size: 0, element: 8 },
  ]);
  // The description has `args` behind the record's end where the kernel wrote none.
  const format = formatsOf(spec)[0].text.replace("args[];\toffset:12", "args[];\toffset:16");
  const { rows, diagnostics } = await readSpec({
    formats: [{ system: "test", text: format }],
    buffers: oneCpu([entry(spec, 5n, { depth: 3 })]),
  });
  assertEquals([rows[0].raw, diagnostics], [{ depth: 3 }, []]);
});

Deno.test("known fields fill the typed columns in their units", async () => {
  const spec = event([
    { type: "dev_t", name: "dev", size: 4 },
    { type: "sector_t", name: "sector", size: 8 },
    { type: "unsigned int", name: "nr_sector", size: 4 },
    { type: "int", name: "error", size: 4, signed: true },
    { type: "char[8]", name: "rwbs", size: 8 },
    { type: "char[16]", name: "comm", size: 16 },
  ], { system: "block", name: "block_rq_complete" });
  const row = await rowOf(spec, {
    dev: (259n << 20n) | 70_000n,
    sector: 1n << 40n,
    nr_sector: 24,
    error: -5n,
    rwbs: "WFSM",
    comm: "elsewhere",
  });
  assertEquals(
    [row.dev, row.sector, row.bytes, row.ret, row.rwbs, row.action, row.raw],
    ["259:70000", 1n << 40n, 24n * 512n, -5n, "WFSM", "C", { comm_field: "elsewhere" }],
  );
});

Deno.test("positions in pages are bytes of the recorded machine's pages", async () => {
  const spec = event([
    { type: "unsigned long", name: "i_ino", size: 8 },
    { type: "unsigned long", name: "index", size: 8 },
    { type: "dev_t", name: "s_dev", size: 4 },
    { type: "unsigned char", name: "order", size: 1 },
  ], { system: "filemap", name: "mm_filemap_add_to_page_cache" });
  for (const pageBytes of [4096, 65536]) {
    const row = await rowOf(spec, { i_ino: 12, index: 1n << 33n, s_dev: 7 << 20, order: 4 }, { pageBytes });
    const bytes = BigInt(pageBytes);
    assertEquals([row.ino, row.dev, row.file_offset, row.bytes], [12n, "7:0", (1n << 33n) * bytes, 16n * bytes]);
  }
});

Deno.test("a field named as a known one but of another type stays the event's own", async () => {
  const spec = event([
    { type: "__data_loc char[]", name: "dev", size: 4 },
    { type: "struct inode *", name: "ino", size: 8 },
    { type: "char[8]", name: "i_ino", size: 8 },
  ], { system: "qdisc", name: "qdisc_reset" });
  const pointer = event([{ type: "struct device *", name: "dev", size: 8 }], {
    system: "dev",
    name: "devres_log",
    id: 9,
  });
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(spec, pointer),
    buffers: oneCpu([
      entry(spec, 1n, { dev: "eth0", ino: 77n, i_ino: "seven" }),
      entry(pointer, 2n, { dev: 0xffff888012345678n }),
    ]),
  });
  assertEquals([rows[0].dev, rows[0].ino, rows[0].raw], [null, 77n, { dev: "eth0", i_ino: "seven" }]);
  assertEquals([rows[1].dev, rows[1].raw], [null, { dev: 0xffff888012345678n }]);
  assertEquals(diagnostics, []);
});

Deno.test("of two fields for one column, the second stays the event's own", async () => {
  const spec = event([
    { type: "dev_t", name: "dev", size: 4 },
    { type: "dev_t", name: "s_dev", size: 4 },
  ]);
  const row = await rowOf(spec, { dev: 7 << 20, s_dev: (8 << 20) | 1 });
  assertEquals([row.dev, row.raw], ["7:0", { s_dev: (8 << 20) | 1 }]);
});

Deno.test("names of values come from the print format", async () => {
  const spec = event([
    { type: "int", name: "mode", size: 4, signed: true },
    { type: "u32", name: "bits", size: 4 },
  ], {
    print: '"%s %s", __print_symbolic(REC->mode, { 0, "none" }, { -1, "all" }), ' +
      '__print_flags(REC->bits, "|", { (1 << 3), "EIGHT" }, { 0x10UL, "SIXTEEN" })',
  });
  const { descriptions } = await readSpec({ formats: formatsOf(spec), buffers: oneCpu([entry(spec, 1n)]) });
  const fields = descriptions.get("probe")!.fields;
  assertEquals(fields.map((field) => field.symbols), [
    { kind: "enum", delimiter: "", entries: [{ value: 0n, text: "none" }, { value: -1n, text: "all" }] },
    { kind: "flags", delimiter: "|", entries: [{ value: 8n, text: "EIGHT" }, { value: 16n, text: "SIXTEEN" }] },
  ]);
});

Deno.test("one event described differently in two buffers' systems keeps every value", async () => {
  const narrow = event([{ type: "int", name: "value", size: 4, signed: true }], { system: "one", id: 1 });
  const wide = event([{ type: "u64", name: "value", size: 8 }], { system: "two", id: 2 });
  const text = event([{ type: "char[8]", name: "value", size: 8 }], { system: "three", id: 3 });
  const { rows } = await readSpec({
    formats: formatsOf(narrow, wide, text),
    buffers: oneCpu([
      entry(narrow, 1n, { value: -1n }),
      entry(narrow, 2n, { value: -2n }),
      entry(wide, 3n, { value: 1n << 62n }),
      entry(narrow, 4n, { value: -3n }),
      entry(text, 5n, { value: "six" }),
      entry(wide, 6n, { value: 8n }),
    ]),
  });
  assertEquals(rows.map(({ raw }) => String(raw.value)), ["-1", "-2", String(1n << 62n), "-3", "six", "8"]);
});

Deno.test("long tables of numbers come out right while their table grows", async () => {
  const spec = event([
    { type: "u8", name: "a", size: 1 },
    { type: "u64", name: "b", size: 8 },
    { type: "__data_loc char[]", name: "c", size: 4 },
    { type: "short", name: "d", size: 2, signed: true },
  ]);
  const values = (i: number) => ({ a: i & 255, b: BigInt(i) << 30n, c: `n${i % 7}`, d: BigInt((i % 65536) - 32768) });
  const count = 5000;
  const { rows } = await readSpec({
    formats: formatsOf(spec),
    buffers: oneCpu(Array.from({ length: count }, (_, i) => entry(spec, BigInt(i) * 100n, values(i)))),
  });
  assertEquals(rows.length, count);
  for (let i = 0; i < count; i++) {
    const { a, b, c, d } = rows[i].raw;
    const want = values(i);
    if (a !== want.a || b !== want.b || c !== want.c || d !== Number(want.d)) assertEquals(rows[i].raw, want as never);
  }
});
