import { assertEquals } from "@std/assert";
import { xipIo } from "../../src/systems/xip-io/index.ts";
import { dependences, disagreements, rowsWithoutFixture, stepsReached } from "./fixture_verdicts.ts";

Deno.test("every scenario of XIP shows what it says, in all schedules and all crashes within its bound", async () => {
  assertEquals(await disagreements(xipIo), []);
});

Deno.test("every row of the table of XIP is executed", () => {
  assertEquals(rowsWithoutFixture(xipIo, "30-xip-io.md") ?? [], []);
});

Deno.test("every named step of XIP is gone through in some scenario, and none without a name", () => {
  assertEquals(stepsReached(xipIo), Object.keys(xipIo.steps).sort());
});

Deno.test("no run of an XIP scenario depends on what is shared behind the machine's back", () => {
  assertEquals(dependences(xipIo), []);
});
