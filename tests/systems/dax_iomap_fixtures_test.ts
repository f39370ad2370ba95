import { assertEquals } from "@std/assert";
import { daxIomap } from "../../src/systems/dax-iomap/index.ts";
import { dependences, disagreements, fixturesOf, stepsReached } from "./fixture_verdicts.ts";

Deno.test("every scenario of DAX of 6.1 shows what it says, in all schedules and all crashes within its bound", async () => {
  assertEquals(await disagreements(daxIomap), []);
});

Deno.test("every row of the table of DAX of 6.1 is executed, and none that it has not", () => {
  const text = Deno.readTextFileSync(new URL("../../src/systems/dax-iomap/README.md", import.meta.url));
  const rows = [...text.matchAll(/^\| (\d+)\s+\|/gm)].map(([, row]) => `45-${row}`);
  const executed = fixturesOf(daxIomap).flatMap(({ scenario }) =>
    scenario.expectations.flatMap(({ source }) => source.row ?? [])
  );
  assertEquals([...new Set(executed)].sort(), rows.sort());
});

Deno.test("every named step of DAX of 6.1 is gone through in some scenario, and none without a name", () => {
  assertEquals(stepsReached(daxIomap), Object.keys(daxIomap.steps).sort());
});

Deno.test("no run of a scenario of DAX of 6.1 depends on what is shared behind the machine's back", () => {
  assertEquals(dependences(daxIomap), []);
});
