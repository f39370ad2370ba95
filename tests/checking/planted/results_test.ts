import { assertEquals } from "@std/assert";
import { scenarioOf } from "../scenario_of.ts";
import { checkPlanted, toyProgram } from "./runner.ts";

/** A write of F[0] that writes back pages up to one of them, of which page 1 cannot be written. */
function flushing(last: number) {
  return toyProgram(`to page ${last}`, (toy) => {
    toy.task("T1", {
      kind: "pwrite",
      direct: "direct",
      *body() {
        for (let index = 0; index <= last; index++) {
          yield;
          if (index === 1) return -5;
        }
        return 1;
      },
    });
  }, {
    scenario: scenarioOf(
      'device: { errors: [{ at: "F[1]", op: write, error: EIO }] }\ntasks:\n  T1:\n    - pwrite: F[0]\n',
    ),
  });
}

Deno.test("the error of a page behind the range reaches a write that has nothing to do with it", () => {
  const found = checkPlanted({ anomaly: "SPURIOUS_ERROR", defect: flushing(1), repaired: flushing(0), switches: 0 });
  assertEquals(found.text, "T1#0 (pwrite dio F[0]) returned -EIO, and nothing has failed in its range");
});

Deno.test("a short write breaks the promise to write all or nothing, and no other", () => {
  const program = (transfers: "all_or_nothing" | "may_be_short") =>
    toyProgram(transfers, (toy) => {
      toy.task("T1", {
        kind: "pwrite",
        len: 3,
        *body() {
          yield;
          return 2;
        },
      });
    }, { contract: { transfers } });
  const found = checkPlanted({
    anomaly: "SHORT_ON_SUCCESS",
    defect: program("all_or_nothing"),
    repaired: program("may_be_short"),
    switches: 0,
  });
  assertEquals(found.subject.sectors, [2]);
});
