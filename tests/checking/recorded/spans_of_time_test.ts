import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SpansOfTime } from "../../../src/checking/recorded/spans_of_time.ts";

Deno.test("spans within a time are those that going through all of them finds", () => {
  const time = fc.integer({ min: 0, max: 20 });
  const span = fc.record({ start: time, length: fc.option(fc.integer({ min: 0, max: 20 })) })
    .map(({ start, length }) => ({ start, end: length === null ? null : start + length }));
  fc.assert(
    fc.property(fc.array(span), time, time, (spans, from, to) => {
      const wanted = spans.filter(({ start, end }) => start < to && (end ?? Infinity) > from)
        .sort((a, b) => a.start - b.start);
      assertEquals(new SpansOfTime(spans).within(from, to), wanted);
    }),
    { seed: 11, numRuns: 300 },
  );
});
