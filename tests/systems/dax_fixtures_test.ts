import { assertEquals } from "@std/assert";
import { dax } from "../../src/systems/dax/index.ts";
import { dependences, disagreements, rowsWithoutFixture, stepsReached } from "./fixture_verdicts.ts";

Deno.test("every scenario of DAX shows what it says, in all schedules and all crashes within its bound", async () => {
  assertEquals(await disagreements(dax), []);
});

Deno.test("every row of the table of DAX is executed", () => {
  assertEquals(rowsWithoutFixture(dax, "40-dax.md") ?? [], []);
});

Deno.test("every named step of DAX is gone through in some scenario, and none without a name", () => {
  assertEquals(stepsReached(dax), Object.keys(dax.steps).sort());
});

Deno.test("no run of a DAX scenario depends on what is shared behind the machine's back", () => {
  assertEquals(dependences(dax), []);
});
