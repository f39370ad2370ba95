import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { constantValue, printSymbols } from "../../src/recording/trace_dat/print_symbols.ts";

Deno.test("constants of C are worked out as C does", () => {
  const cases: [string, bigint | null][] = [
    ["0", 0n],
    ["42", 42n],
    ["0x1fUL", 31n],
    ["017", 15n],
    ["-1", -1n],
    ["~0", -1n],
    ["1 << 3", 8n],
    ["(1UL << 40)", 1n << 40n],
    ["1 | 2 & 3 ^ 8", 1n | (2n & 3n) ^ 8n],
    ["2 + 3 * 4 - 1", 13n],
    ["( gfp_t)0x400u", 1024n],
    ["(unsigned long)7", 7n],
    ["((( gfp_t)(((1UL))) << (10)))", 1024n],
    ["XFS_DIFLAG", null],
    ["1 +", null],
    ["(1", null],
    ["1)", null],
    ["", null],
    ["1 << 64", null],
    ["1 << -1", null],
    // Damage has brought this about.
    ["08", null],
    ["0b1", null],
  ];
  assertEquals(cases.map(([text]) => [text, constantValue(text)]), cases);
});

Deno.test("symbols are those of a field as it stands", () => {
  const symbols = printSymbols(
    '"%s %s %s %s", __print_symbolic(REC->a, {1, "one"}, {2, "two, \\"2\\""}), ' +
      '__print_flags((REC->b), "", {0x1, "R"}, {0x2, "W"}), __print_symbolic(REC->c & 7, {1, "no"}), ' +
      '__print_symbolic(REC->a, {9, "later"}), __print_flags_u64(REC->d, "|", {1ULL << 63, "TOP"}), ' +
      '__print_symbolic(REC->e, {SOME_NAME, "left out"})',
  );
  assertEquals([...symbols.keys()], ["a", "b", "d"]);
  assertEquals(symbols.get("a")!.entries.map(({ value }) => value), [1n, 2n]);
  assertEquals(symbols.get("b")!.delimiter, "");
  assertEquals(symbols.get("d")!.entries, [{ value: 1n << 63n, text: "TOP" }]);
});

Deno.test("any text can stand for a print format or a constant", () => {
  const pieces = fc.constantFrom(
    "__print_symbolic(",
    "__print_flags(",
    "REC->x",
    ",",
    "{",
    "}",
    '"',
    "\\",
    "(",
    ")",
    "0x",
    "09",
    "1",
    "<<",
    "-",
    "|",
    " ",
  );
  const text = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 40 }).map((parts) =>
    parts.join("")
  );
  fc.assert(
    fc.property(text, (format) => {
      printSymbols(format);
      constantValue(format);
    }),
    { seed: 12, numRuns: 3000 },
  );
});
