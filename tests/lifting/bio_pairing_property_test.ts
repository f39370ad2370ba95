import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bioLines, simulate } from "./block_layer.ts";
import { pair, TRACERS } from "./block_stream.ts";

const decisions = fc.array(fc.nat({ max: 1000 }), { minLength: 20, maxLength: 600 });

/** Without these events the lines keep their places, so that times stay. */
function without(lines: readonly string[], actions: RegExp): string[] {
  return lines.map((line) => actions.test(line) ? "P 8,0 N" : line);
}

Deno.test("whatever a block layer does, every bio's life is found again", () => {
  fc.assert(
    fc.property(decisions, fc.constantFrom(...TRACERS), (numbers, tracer) => {
      const simulation = simulate(numbers);
      const { bios, diagnostics } = pair(simulation.lines, tracer);
      assertEquals(bios, bioLines(simulation));
      const open = simulation.bios.filter((bio) => !bio.steps.has("C")).length;
      assertEquals(diagnostics, open === 0 ? [] : [`${open} bio_incomplete`]);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("without getrq events everything else is found the same", () => {
  fc.assert(
    fc.property(decisions, fc.constantFrom(...TRACERS), (numbers, tracer) => {
      const simulation = simulate(numbers);
      assertEquals(pair(without(simulation.lines, /^G/), tracer).bios, bioLines(simulation, "G"));
    }),
    { seed: 2, numRuns: 200 },
  );
});

Deno.test("without insert and split events everything else is found the same", () => {
  fc.assert(
    fc.property(decisions, fc.constantFrom(...TRACERS), (numbers, tracer) => {
      const simulation = simulate(numbers);
      assertEquals(pair(without(simulation.lines, /^[IX]/), tracer).bios, bioLines(simulation, "I"));
    }),
    { seed: 3, numRuns: 200 },
  );
});

Deno.test("a limit on bios under way that is not met changes nothing", () => {
  fc.assert(
    fc.property(decisions, (numbers) => {
      const simulation = simulate(numbers);
      assertEquals(pair(simulation.lines, "ftrace", { open: 1024 }), pair(simulation.lines, "ftrace"));
    }),
    { seed: 4, numRuns: 50 },
  );
});
