import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { wrap } from "../../src/report/text_wrap.ts";
import { displayWidth } from "../../src/results/query/text_width.ts";

Deno.test("text is broken at spaces, later lines moved in, and spaces at its beginning stay", () => {
  assertEquals(wrap("  one two three four", 9, 4), ["  one two", "    three", "    four"]);
});

Deno.test("a word that is longer than a line is broken", () => {
  assertEquals(wrap("d1~0*3,1,0.0*2 end", 6, 2), ["d1~0*3", "  ,1,0", "  .0*2", "  end"]);
});

Deno.test("no line is too wide, and nothing but spaces is lost", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "宽", "é"), minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(words, fc.integer({ min: 6, max: 30 }), fc.integer({ min: 0, max: 3 }), (list, width, indent) => {
      const lines = wrap(list.join(" "), width, indent);
      for (const line of lines) assert(displayWidth(line) <= width, line);
      assertEquals(lines.join("").replaceAll(" ", ""), list.join(""));
    }),
    { seed: 20, numRuns: 300 },
  );
});
