import { assertEquals } from "@std/assert";
import { legacyDio } from "../../src/systems/legacy-dio/index.ts";
import { dependences, disagreements, rowsWithoutFixture, stepsReached } from "./fixture_verdicts.ts";

Deno.test("every scenario of 2.6.20 shows what it says, in all schedules and all crashes within its bound", async () => {
  assertEquals(await disagreements(legacyDio), []);
});

Deno.test("every row of the table of 2.6.20 is executed", () => {
  assertEquals(rowsWithoutFixture(legacyDio, "10-legacy-dio.md") ?? [], []);
});

Deno.test("every named step of 2.6.20 is gone through in some scenario, and none without a name", () => {
  assertEquals(stepsReached(legacyDio), Object.keys(legacyDio.steps).sort());
});

Deno.test("no run of a scenario of 2.6.20 depends on what is shared behind the machine's back", () => {
  assertEquals(dependences(legacyDio), []);
});
