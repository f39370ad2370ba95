import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FieldKind, type Layout, parseLayout } from "../../src/recording/print_formats/layout.ts";
import { Form, LayoutMatcher } from "../../src/recording/print_formats/layout_matcher.ts";
import { eventsWithLayout, layoutsOf } from "../../src/recording/print_formats/layout_table.ts";
import { IntegerText } from "../../src/recording/print_formats/integer_text.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const value = (lo: number, hi: number) => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** Values of a text by a layout, as text; null when it does not fit. */
function match(layout: Layout, text: string, printer: "kernel" | "libtraceevent" = "kernel"): string[] | null {
  const matcher = new LayoutMatcher(printer);
  const bytes = encode(text);
  if (!matcher.match(layout, bytes, 0, bytes.length)) return null;
  return layout.fields.map((_, i) => {
    switch (matcher.form[i]) {
      case Form.Integer:
        return matcher.sign[i] === "signed"
          ? String(BigInt.asIntN(64, value(matcher.lo[i], matcher.hi[i])))
          : String(value(matcher.lo[i], matcher.hi[i]));
      case Form.Device:
        return `${matcher.hi[i]}:${matcher.lo[i]}`;
      default:
        return `"${decode(bytes.subarray(matcher.start[i], matcher.end[i]))}"`;
    }
  });
}

Deno.test("a layout finds each kind of value", () => {
  const cases: [string, string, string[]][] = [
    ["a {a} b {b}", "a 1 b -2", ["1", "-2"]],
    ["a {a}", "a 0x1f", ["31"]],
    ["{a:hex}-{b:hex}", "1f-0xff", ["31", "255"]],
    ["mode {mode:octal}", "mode 0100644", ["33188"]],
    ["{dev:dev} {bdev:dev}", "7,0 259:12", ["7:0", "259:12"]],
    ["ofs={index:page}", "ofs=8191", ["1"]],
    ["{ioprio:ioprio} {b}", "be,0,4 7", ["16388", "7"]],
    ["{ioprio:ioprio}", "0x2,0,4", ["16388"]],
    ["{ioprio:ioprio}", "rt,1,3", ["8203"]],
    ["lsn {lsn:lsn}", "lsn 3/17", [String((3n << 32n) | 17n)]],
    ["[{comm:text}] {n}", "[a [b] c] 3", ['"a [b] c"', "3"]],
    ["flags {flags:symbol} x", "flags A|B x", ['"A|B"']],
    ["flags {flags:symbol} x", "flags 0x10 x", ["16"]],
    ["flags {flags:symbol} x", "flags  x", ["0"]],
    ["{r:fault}", "NOPAGE|MAJOR|0x8000", [String(0x8104)]],
    ["{s:symbol}no {a:hex}", "agno 0x3", ['"ag"', "3"]],
    ["prio {a} x", "prio    5 x", ["5"]],
  ];
  for (const [layout, text, expected] of cases) assertEquals(match(parseLayout(layout), text), expected, layout);
});

Deno.test("a text that differs from its layout anywhere does not fit", () => {
  const layout = parseLayout("dev {dev:dev} ino {ino} [{name:text}] end");
  assert(match(layout, "dev 7,0 ino 12 [x] end") !== null);
  for (
    const text of [
      "",
      "dev",
      "dev 7 ino 12 [x] end",
      "dev 7,0 ino 12 [x] end more",
      "dev 7,0 ino x [x] end",
      "dev 7,0 ino 12 [x end",
      "dev 7,0 ino 12 x] end",
      "dev 7,0 ino 99999999999999999999999 [x] end",
    ]
  ) assertEquals(match(layout, text), null, text);
});

Deno.test("blanks at a line's end may be lost or not", () => {
  const layout = parseLayout("lblk {lblk} flags {flags:symbol}");
  for (const text of ["lblk 1 flags", "lblk 1 flags ", "lblk 1 flags  "]) {
    assertEquals(match(layout, text), ["1", "0"], `"${text}"`);
  }
});

Deno.test("a text may hold what follows it in the layout", () => {
  const layout = parseLayout("comm={comm:text} pid={pid} prio={prio}");
  assertEquals(match(layout, "comm=a pid=1 prio=x pid=7 prio=120"), ['"a pid=1 prio=x"', "7", "120"]);
});

Deno.test("libtraceevent prints the first VM_FAULT name for none, the kernel prints it for the bit", () => {
  const layout = parseLayout("{r:fault}");
  assertEquals([match(layout, "OOM", "kernel"), match(layout, "OOM", "libtraceevent")], [["1"], ["0"]]);
  assertEquals(match(layout, "NONSENSE"), ['"NONSENSE"']);
});

Deno.test("a layout that breaks the notation is refused", () => {
  assertThrows(() => parseLayout("{a:colour}"));
  assertThrows(() => parseLayout("{a:text}{b}"));
});

Deno.test("hostile texts do not take forever", () => {
  const layout = parseLayout("{a:text} x {b:text} x {c:text} x {d:text} x {e:text} x {f}");
  assertEquals(match(layout, "x ".repeat(100_000)), null);
});

Deno.test("integers are read exactly, whatever their size", () => {
  const integer = new IntegerText();
  const read = (text: string, how: "number" | "hex" | "decimal") => {
    const bytes = encode(text);
    return integer[how](bytes, 0, bytes.length) === bytes.length ? value(integer.lo, integer.hi) : null;
  };
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (n) => {
      assertEquals(read(n.toString(), "number"), n);
      assertEquals(read(`0x${n.toString(16)}`, "number"), n);
      assertEquals(read(n.toString(16).toUpperCase(), "hex"), n);
      if (n < 2n ** 63n) assertEquals(read(`-${n}`, "decimal"), BigInt.asUintN(64, -n));
    }),
    { seed: 618, numRuns: 500 },
  );
  for (const text of ["18446744073709551616", "99999999999999999999", "0x", "", "-", "0x1ffffffffffffffff"]) {
    assertEquals(read(text, "number"), null, text);
  }
});

/** A text for a value of each kind, and how the matcher gives it back. */
const printed: Record<FieldKind, fc.Arbitrary<[text: string, back: string]>> = {
  [FieldKind.Number]: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((n) => [`${n}`, `${n}`]),
  [FieldKind.Hex]: fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom("", "0x")).map(
    ([n, prefix]) => [`${prefix}${n.toString(16)}`, `${n}`],
  ),
  [FieldKind.Octal]: fc.nat(0xffff).map((n) => [`0${n.toString(8)}`, `${n}`]),
  [FieldKind.Device]: fc.tuple(fc.nat(4095), fc.constantFrom(":", ","), fc.nat(1048575)).map(
    ([major, sign, minor]) => [`${major}${sign}${minor}`, `${major}:${minor}`],
  ),
  [FieldKind.Page]: fc.nat(2 ** 30).map((n) => [`${n * 4096}`, `${n}`]),
  [FieldKind.Ioprio]: fc.tuple(fc.constantFrom("none", "rt", "be", "idle"), fc.nat(7)).map(
    ([name, level]) => [`${name},0,${level}`, `${(["none", "rt", "be", "idle"].indexOf(name) << 13) | level}`],
  ),
  [FieldKind.Lsn]: fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => [`${a}/${b}`, `${(BigInt(a) << 32n) | BigInt(b)}`]),
  [FieldKind.Text]: fc.constantFrom("wl-main", "a_b", "f0").map((text) => [text, `"${text}"`]),
  [FieldKind.Symbol]: fc.constantFrom("A|B_C", "ILOCK_EXCL").map((text) => [text, `"${text}"`]),
  [FieldKind.Fault]: fc.constantFrom<[string, string]>(["NOPAGE", "256"], ["", "0"], ["0x900", "2304"]),
};

Deno.test("every layout of every event reads back what is printed by it", () => {
  const layouts = [...new Set(eventsWithLayout().flatMap(layoutsOf))];
  assert(layouts.length > 900);
  const random = fc.sample(
    fc.tuple(...Object.values(FieldKind).filter((k) => typeof k === "number").map((k) => printed[k])),
    {
      seed: 61,
      numRuns: 40,
    },
  );
  let at = 0;
  for (const layout of layouts) {
    const values = layout.fields.map(({ kind }) => random[at++ % random.length][kind]);
    const text = layout.literals.map((literal, i) => decode(literal) + (values[i]?.[0] ?? "")).join("");
    assertEquals(match(layout, text), values.map(([, back]) => back), text);
  }
});

Deno.test("layouts name no field twice", () => {
  for (const event of eventsWithLayout()) {
    for (const { fields } of layoutsOf(event)) {
      const names = fields.map((field) => field.name).filter((name) => name !== "");
      assertEquals(new Set(names).size, names.length, `${event}: ${names}`);
    }
  }
});
