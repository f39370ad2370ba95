import { assertEquals } from "@std/assert";
import { numbers } from "../../../src/results/comparison/comparison_text.ts";

Deno.test("numbers that differ look different, however little it is", () => {
  const changes = [[1534, 969], [0.8, 0.5667], [1, 1.0022], [0, 1 / 300_000]];
  assertEquals(numbers(changes.map(([a, b], at) => ({ name: `n${at}`, a, b }))), [
    "n0: 1,534 became 969",
    "n1: 0.8 became 0.57",
    "n2: 1 became 1.0022",
    "n3: 0 became 0.00000333",
  ]);
});
