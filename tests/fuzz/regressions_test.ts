/** What fuzzing has found, each by itself. */
import { assertEquals, assertThrows } from "@std/assert";
import { parseToken, TokenError } from "../../src/exploring/token.ts";
import { parseSpec, SpecError } from "../../src/generating/spec.ts";
import { ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";

Deno.test("a token that begins with anything is refused in one line", () => {
  const { message } = assertThrows(() => parseToken("\u0007x\nd1~0~A~complete"), TokenError);
  assertEquals(message, 'token begins with "\\u0007x\\nd1": d1 is the version known here');
  for (const text of ["d1~\n~~complete", "d1~0~A~\nend", "d1~\ud83d~~complete"]) {
    assertEquals(assertThrows(() => parseToken(text), TokenError).message.split("\n").length, 1);
  }
});

Deno.test("a workload spec with an alias that stands for nothing is refused", () => {
  const { message } = assertThrows(() => parseSpec("operations: *a\n", "spec.yaml"), SpecError);
  assertEquals(message.startsWith("spec.yaml:1: Unresolved alias"), true, message);
});

Deno.test("a workload spec whose aliases stand for more and more is refused", () => {
  const level = (n: number) => `l${n}: &l${n} [${Array(20).fill(`*l${n - 1}`).join(", ")}]\n`;
  const text = `l0: &l0 [x]\n${Array.from({ length: 9 }, (_, n) => level(n + 1)).join("")}`;
  assertThrows(() => parseSpec(text, "spec.yaml"), SpecError, "spec.yaml:1: ");
});

Deno.test("an unknown key of a workload spec is told in one line, also where it goes over several", () => {
  const { message } = assertThrows(() => parseSpec('{"seed": 1, "a\n\nb": 2}', "spec.yaml"), SpecError);
  assertEquals(message, 'spec.yaml:1: Unrecognized key: "a b"');
});

Deno.test("a scenario's file of more pages than there can be is refused before anything is set aside for it", () => {
  const problemsOf = (files: string, bounds = "{}") => {
    const text =
      `title: t\nsystem: legacy-dio\nbounds: ${bounds}\nfiles:\n  F: ${files}\ntasks:\n  T1:\n    - pread: F[0]\n`;
    return assertThrows(() => readScenario("s.yaml", text), ScenarioError).message.split("\n");
  };
  const most = "a file has at most 8: bounds: { pages: ... }";
  assertEquals(problemsOf("{ size: 4294967295 }"), [`s.yaml:5:14: files.F.size: 4294967295 pages, ${most}`]);
  assertEquals(problemsOf("{ disksize: 99999999999 }"), [`s.yaml:5:18: files.F.disksize: 99999999999 pages, ${most}`]);
  assertEquals(
    problemsOf("{ size: 4000000000 }", "{ pages: 4294967295 }")[0].startsWith("s.yaml:3:18: bounds.pages: "),
    true,
  );
});
