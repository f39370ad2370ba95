import { assertEquals } from "@std/assert";
import { placeholderDio } from "../../src/systems/placeholder-dio/index.ts";
import { dependences, disagreements, rowsWithoutFixture, stepsReached } from "./fixture_verdicts.ts";

Deno.test("every scenario of the placeholder series shows what it says", async () => {
  assertEquals(await disagreements(placeholderDio), []);
});

Deno.test("every row of the table of the placeholder series is executed, or says why it cannot be", () => {
  assertEquals(rowsWithoutFixture(placeholderDio, "20-placeholder-dio.md") ?? [], []);
});

Deno.test("every named step of the placeholder series is gone through in some scenario, and none without a name", () => {
  assertEquals(stepsReached(placeholderDio), Object.keys(placeholderDio.steps).sort());
});

Deno.test("no run of a scenario of the placeholder series depends on what is shared behind the machine's back", () => {
  assertEquals(dependences(placeholderDio), []);
});
