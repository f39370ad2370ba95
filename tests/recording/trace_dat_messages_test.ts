import { assertEquals } from "@std/assert";
import { ByteWriter } from "./byte_writer.ts";
import type { TraceDatSpec } from "./trace_dat_builder.ts";
import type { EventSpec, FieldValue } from "./trace_dat_events.ts";
import { describeMachine, entry, formatsOf, MACHINES, oneCpu, readSpec, rowOf } from "./trace_dat_helpers.ts";

type Machine = Pick<TraceDatSpec, "order" | "longBytes">;

const ftrace = (name: string, id: number, fields: EventSpec["fields"]): EventSpec => ({
  system: "ftrace",
  name,
  id,
  fields,
});
const long = (name: string, { longBytes }: Machine) => ({ type: "unsigned long", name, size: longBytes });

const bprint = (m: Machine) =>
  ftrace("bprint", 6, [
    long("ip", m),
    { type: "const char *", name: "fmt", size: m.longBytes },
    { type: "u32[]", name: "buf", size: 0, element: 4 },
  ]);
const bputs = (m: Machine) =>
  ftrace("bputs", 15, [long("ip", m), { type: "const char *", name: "str", size: m.longBytes }]);

/** As the kernel packs a message's arguments. */
class Arguments {
  readonly #out: ByteWriter;
  readonly #longBytes: number;

  constructor({ order, longBytes }: Machine) {
    this.#out = new ByteWriter(order);
    this.#longBytes = longBytes;
  }

  number(bytes: number, value: bigint | number): this {
    this.#out.align(Math.min(bytes, 4));
    this.#out.integer(bytes, BigInt(value));
    return this;
  }

  long(value: bigint | number): this {
    return this.number(this.#longBytes, value);
  }

  text(text: string): this {
    this.#out.cString(text);
    return this;
  }

  done(): Uint8Array {
    this.#out.align(4);
    return this.#out.done();
  }
}

const FORMAT_AT = 0x1000n;
const TEXT_AT = 0x2000n;

async function message(
  machine: Machine & Partial<TraceDatSpec>,
  format: string,
  args: (args: Arguments) => Arguments,
): Promise<unknown> {
  const spec = bprint(machine);
  const buf = args(new Arguments(machine)).done();
  const { rows, diagnostics } = await readSpec({
    ...machine,
    formats: formatsOf(spec),
    printk: `0x${FORMAT_AT.toString(16)} : "${format}"\n`,
    kallsyms: "80000010 T first_function\n80000100 t second_function\t[module]\n",
    buffers: oneCpu([entry(spec, 1n, { ip: 0x80000012n, fmt: FORMAT_AT, buf }, machine.order)]),
  });
  assertEquals(diagnostics, []);
  return rows[0].raw.text;
}

for (const machine of MACHINES) {
  const is = `(${describeMachine(machine)})`;

  Deno.test(`numbers of a message are printed as C does ${is}`, async () => {
    const wide = machine.longBytes === 8;
    const cases: [format: string, args: (args: Arguments) => Arguments, text: string][] = [
      ["%d %i %u", (a) => a.number(4, -5).number(4, 6).number(4, -1), "-5 6 4294967295"],
      [
        "%x %X %#x %o %#o",
        (a) => a.number(4, 255).number(4, 255).number(4, 255).number(4, 8).number(4, 8),
        "ff FF 0xff 10 010",
      ],
      [
        "[%5d] [%-5d] [%05d] [%+d] [% d]",
        (a) => [1, 2, -3, 4, 5].reduce((b, n) => b.number(4, n), a),
        "[    1] [2    ] [-0003] [+4] [ 5]",
      ],
      ["%.3d %8.3x|", (a) => a.number(4, 7).number(4, 10), "007      00a|"],
      [
        "%lld %llu %llx",
        (a) => a.number(8, -1).number(8, -1).number(8, 1n << 40n),
        "-1 18446744073709551615 10000000000",
      ],
      ["%ld %lu %zu", (a) => a.long(-2).long(-2).long(3), wide ? "-2 18446744073709551614 3" : "-2 4294967294 3"],
      ["%hd %hhu %hhx then %d", (a) => a.number(2, -3).number(1, -1).number(1, 16).number(4, 9), "-3 255 10 then 9"],
      ["%c%c then %d", (a) => a.number(1, 72).number(1, 105).number(4, 9), "Hi then 9"],
      ["%*d|%-*d|%.*d", (a) => [4, 1, 3, 2, 2, 3].reduce((b, n) => b.number(4, n), a), "   1|2  |03"],
      ["%*d|", (a) => a.number(4, -4).number(4, 1), "1   |"],
      ["100%% of %d days", (a) => a.number(4, 7), "100% of 7 days"],
    ];
    for (const [format, args, text] of cases) assertEquals(await message(machine, format, args), text);
  });

  Deno.test(`texts and pointers of a message are told apart ${is}`, async () => {
    const hex = (value: bigint) => value.toString(16).padStart(machine.longBytes * 2, "0");
    const cases: [format: string, args: (args: Arguments) => Arguments, text: string][] = [
      ["%s and %d", (a) => a.text("hello").number(4, 9), "hello and 9"],
      ["[%8s] [%-8s] [%.3s]", (a) => a.text("right").text("left").text("cut off"), "[   right] [left    ] [cut]"],
      [
        "%ps %pS %pf",
        (a) => a.long(0x80000010n).long(0x80000104n).long(0x80000100n),
        "first_function second_function+0x4 second_function",
      ],
      ["%p %px", (a) => a.long(0x80000010n).long(1), `${hex(0x80000010n)} ${hex(1n)}`],
      ["%pI4 via %pd/%s", (a) => a.text("10.0.0.1").text("file").text("end"), "10.0.0.1 via file/end"],
      ["%pe", (a) => a.long(-28), "-28"],
      ["%ps", (a) => a.long(5), `0x${hex(5n)}`],
      ['say \\"it\\"\\t%s\\\\\\n', (a) => a.text("now"), 'say "it"\tnow\\\n'],
    ];
    for (const [format, args, text] of cases) assertEquals(await message(machine, format, args), text);
  });

  Deno.test(`a message without values is looked up as a whole ${is}`, async () => {
    const spec = bputs(machine);
    const { rows, descriptions } = await readSpec({
      ...machine,
      formats: formatsOf(spec),
      printk: `0x${TEXT_AT.toString(16)} : "100% \\"done\\"\\n"\n`,
      buffers: oneCpu([entry(spec, 1n, { ip: 5n, str: TEXT_AT }, machine.order)]),
    });
    assertEquals(rows[0].raw.text, '100% "done"\n');
    assertEquals(descriptions.get("bputs")!.fields.map(({ name }) => name), ["ip", "str", "text"]);
  });

  Deno.test(`a stack trace has as many addresses as it says ${is}`, async () => {
    const spec = ftrace("kernel_stack", 4, [
      { type: "int", name: "size", size: 4, signed: true },
      { ...long("caller", machine), type: "unsigned long[8]", size: 0, element: machine.longBytes },
    ]);
    // The kernel describes eight addresses, however many it writes.
    const described = formatsOf(spec)[0];
    const offset = machine.longBytes === 8 ? 16 : 12;
    described.text = described.text.replace(
      /caller\[8\];.*;\tsize:0/,
      `caller[8];\toffset:${offset};\tsize:${8 * machine.longBytes}`,
    );
    const padding = { type: "int", name: "pad", size: 4 };
    const written = machine.longBytes === 8 ? { ...spec, fields: [spec.fields[0], padding, spec.fields[1]] } : spec;
    const stack = (n: number) => Array.from({ length: n }, (_, i) => BigInt(i + 1) << 20n);
    const { rows, diagnostics } = await readSpec({
      ...machine,
      formats: [described],
      buffers: oneCpu(
        [0, 4, 8, 20].map((n) => entry(written, BigInt(n), { size: n, caller: stack(n) }, machine.order)),
      ),
    });
    assertEquals(diagnostics, []);
    assertEquals(
      rows.map(({ raw }) => [raw.size, (raw.caller as (bigint | number)[]).map(BigInt)]),
      [0, 4, 8, 20].map((n) => [n, stack(n)]),
    );
  });

  Deno.test(`functions and their graph are read as each kernel describes them ${is}`, async () => {
    const { longBytes } = machine;
    const u64 = (name: string) => ({ type: "unsigned long long", name, size: 8 });
    const args = { type: "unsigned long[]", name: "args", size: 0, element: longBytes };
    const int = (name: string) => ({ type: "int", name, size: 4, signed: true });
    const uint = (name: string) => ({ type: "unsigned int", name, size: 4 });
    const events: [EventSpec, Record<string, FieldValue>][] = [
      // 6.1
      [ftrace("function", 1, [long("ip", machine), long("parent_ip", machine)]), { ip: 1, parent_ip: 2 }],
      [ftrace("funcgraph_entry", 11, [long("func", machine), int("depth")]), { func: 3, depth: 4 }],
      [
        ftrace("funcgraph_exit", 10, [
          long("func", machine),
          int("depth"),
          uint("overrun"),
          u64("calltime"),
          u64("rettime"),
        ]),
        { func: 3, depth: 4, overrun: 0, calltime: 1n << 41n, rettime: (1n << 41n) + 7n },
      ],
      // 6.18: arguments where the tracer is asked for them
      [ftrace("function", 1, [long("ip", machine), long("parent_ip", machine), args]), {
        ip: 1,
        parent_ip: 2,
        args: [8n, 9n],
      }],
      [ftrace("funcgraph_entry", 11, [long("func", machine), uint("depth"), args]), { func: 3, depth: 4, args: [5n] }],
      [
        ftrace("func_repeats", 20, [
          long("ip", machine),
          long("parent_ip", machine),
          { type: "u16", name: "count", size: 2 },
          { type: "u16", name: "top_delta_ts", size: 2 },
          { type: "u32", name: "bottom_delta_ts", size: 4 },
        ]),
        { ip: 1, parent_ip: 2, count: 3, top_delta_ts: 0, bottom_delta_ts: 99 },
      ],
    ];
    const number = (value: unknown) => typeof value === "bigint" || typeof value === "number" ? BigInt(value) : value;
    for (const [spec, values] of events) {
      const { raw, name } = await rowOf(spec, values, machine);
      const got = Object.fromEntries(
        Object.entries(raw).map(([k, v]) => [k, Array.isArray(v) ? v.map(number) : number(v)]),
      );
      const want = Object.fromEntries(
        Object.entries(values).map(([k, v]) => [k, Array.isArray(v) ? v.map(number) : number(v)]),
      );
      assertEquals([name, got], [spec.name, want]);
    }
  });
}

Deno.test("what a program writes into trace_marker is text, into trace_marker_raw bytes", async () => {
  const machine = { order: "little", longBytes: 8 } as const;
  const print = ftrace("print", 5, [long("ip", machine), { type: "char[]", name: "buf", size: 0 }]);
  assertEquals((await rowOf(print, { ip: 9n, buf: "hello marker\n" })).raw, { ip: 9n, buf: "hello marker" });
  const raw = ftrace("raw_data", 19, [
    { type: "unsigned int", name: "id", size: 4 },
    { type: "char[]", name: "buf", size: 0 },
  ]);
  const bytes = new Uint8Array([97, 0, 98, 255, 0, 0, 0, 1]);
  assertEquals((await rowOf(raw, { id: 7, buf: bytes })).raw, { id: 7, buf: bytes });
});

Deno.test("a message whose text or values are not there has no text, and is reported", async () => {
  const machine = { order: "little", longBytes: 8 } as const;
  const spec = bprint(machine);
  const buf = new Arguments(machine).number(4, 1).done();
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(spec),
    printk: `0x${FORMAT_AT.toString(16)} : "%d and %d"\n`,
    buffers: oneCpu([
      entry(spec, 1n, { ip: 1n, fmt: 0x9999n, buf }),
      entry(spec, 2n, { ip: 1n, fmt: FORMAT_AT, buf }),
    ]),
  });
  assertEquals(rows.map(({ raw }) => [raw.text ?? null, raw.fmt, raw.buf]), [
    [null, 0x9999n, [1]],
    [null, FORMAT_AT, [1]],
  ]);
  assertEquals(diagnostics.map(({ severity, code, count }) => [severity, code, count]), [[
    "info",
    "message_not_rendered",
    2,
  ]]);
});

Deno.test("a stack that says it is larger than its record is reported, and what is there is kept", async () => {
  const spec = ftrace("kernel_stack", 4, [
    { type: "int", name: "size", size: 4, signed: true },
    { type: "int", name: "pad", size: 4 },
    { type: "unsigned long[8]", name: "caller", size: 0, element: 8 },
  ]);
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(spec),
    buffers: oneCpu([entry(spec, 1n, { size: 9, caller: [1n, 2n] }), entry(spec, 2n, { size: -1n, caller: [3n] })]),
  });
  assertEquals(rows.map(({ raw }) => [raw.size, raw.caller]), [[9, [1n, 2n]], [-1, []]]);
  assertEquals(diagnostics.map(({ code, count }) => [code, count]), [["short_record", 2]]);
});
