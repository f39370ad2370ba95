import { assertEquals } from "@std/assert";
import { runTarget } from "./target.ts";
import { allTargets } from "./targets.ts";

/** How often the inputs of a run in CI are run: `DIOSCOPE_FUZZ=10 deno task test` runs ten times as many. */
const TIMES = Number(Deno.env.get("DIOSCOPE_FUZZ") ?? "1");
const SEED = 20_261;

for (const target of await allTargets()) {
  Deno.test(`mutated input is taken or refused, and nothing is lost in silence (${target.name})`, async () => {
    const inputs = target.share * TIMES;
    const counts = await runTarget(target, { seed: SEED, from: 0, inputs, failuresMax: 1 });
    target.close();
    assertEquals(counts.failures.map(({ message }) => message), []);
    assertEquals(counts.inputs, inputs);
    if (TIMES > 1) console.log(`${target.name}: ${inputs} inputs: ${[...counts.outcomes].flat().join(" ")}`);
  });
}
