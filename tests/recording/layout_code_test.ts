import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { FieldKind } from "../../src/recording/print_formats/layout.ts";
import { eventsWithLayout, layoutsOf } from "../../src/recording/print_formats/layout_table.ts";
import { readText } from "./ftrace_text_helpers.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** How a value of each kind may be printed, the usual and the rare. */
const printed: Record<FieldKind, fc.Arbitrary<string>> = {
  [FieldKind.Number]: fc.oneof(
    fc.nat(99).map(String),
    fc.nat(2 ** 31 - 1).map((n) => `  ${n}`),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((n) => `0x${n.toString(16)}`),
  ),
  [FieldKind.Hex]: fc.oneof(
    fc.nat(0xfff).map((n) => n.toString(16)),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => `0x${n.toString(16)}`),
  ),
  [FieldKind.Octal]: fc.nat(0xffff).map((n) => `0${n.toString(8)}`),
  [FieldKind.Device]: fc.tuple(fc.nat(4095), fc.constantFrom(":", ","), fc.nat(1048575)).map((parts) => parts.join("")),
  [FieldKind.Page]: fc.oneof(fc.nat(2 ** 20), fc.nat(2 ** 40)).map((n) => `${n * 4096}`),
  [FieldKind.Ioprio]: fc.tuple(fc.constantFrom("none", "rt", "be", "idle", "0x3"), fc.nat(7)).map((p) => p.join(",0,")),
  [FieldKind.Lsn]: fc.tuple(fc.nat(), fc.nat()).map((parts) => parts.join("/")),
  [FieldKind.Text]: fc.constantFrom("wl-main", "a b", "", "[x] 3", "f0 + 8", "né"),
  [FieldKind.Symbol]: fc.constantFrom("A|B_C", "ILOCK_EXCL", "", "0x11", "17 ", "-3"),
  [FieldKind.Fault]: fc.constantFrom("NOPAGE", "", "0x900", "NOPAGE|MAJOR", "NONSENSE"),
};

/** Events with one layout: where there are several, a text may fit more than one, and the one that fitted last is tried first. */
const EVENTS = eventsWithLayout().filter((event) => layoutsOf(event).length === 1);

/** Lines of every event, `count` of each. */
function lines(count: number, seed: number): string[] {
  const random = new Map(
    Object.entries(printed).map(([kind, values]) => [Number(kind), fc.sample(values, { seed, numRuns: 211 })]),
  );
  let at = 0;
  return EVENTS.flatMap((event) =>
    layoutsOf(event).flatMap(({ literals, fields }) =>
      Array.from({ length: count }, () => {
        const values = fields.map(({ kind }) => random.get(kind)![at++ % 211]);
        const text = literals.map((literal, i) => decode(literal) + (values[i] ?? "")).join("");
        return `         wl-main-31262   [000] .....  3021.953249: ${event}: ${text}\n`;
      })
    )
  );
}

Deno.test("a layout's code finds the same values as the matcher, of which it is the fast half", async () => {
  const looked = lines(3, 618);
  const alone = await readText(ftraceText, looked.join(""));
  // So many lines ahead that all layouts have been compiled; then the same lines again.
  const ahead = lines(40, 61);
  const after = await readText(ftraceText, [...ahead, ...looked].join(""));
  assert(EVENTS.length > 300);
  assertEquals(after.rows.length, ahead.length + looked.length);
  for (const [i, row] of alone.rows.entries()) {
    assertEquals({ ...after.rows[ahead.length + i], seq: i }, { ...row, seq: i }, looked[i]);
  }
});
