import { assertEquals } from "@std/assert";
import { besideHistoryLines, type SystemBesideHistory } from "../../src/report/beside_history_lines.ts";

const ALLOWED: SystemBesideHistory = { system: "mainline", allowed: 3, differ: 0, unsaid: { torn: 1 }, example: null };

Deno.test("systems that allow all of what the history has share a line, with what nothing can be said of", () => {
  const others = [{ ...ALLOWED, system: "dax" }, { ...ALLOWED, system: "xip-io", allowed: 2, unsaid: { torn: 2 } }];
  assertEquals(besideHistoryLines([ALLOWED, ...others], 4), [
    "  what the history has of them is allowed by mainline, dax: 3 of 4",
    "    nothing can be said: 1 torn",
    "  what the history has of them is allowed by xip-io: 2 of 4",
    "    nothing can be said: 2 torn",
  ]);
  assertEquals(besideHistoryLines([ALLOWED, others[0]], 4), [
    "  what the history has of them is allowed by every system: 3 of 4",
    "    nothing can be said: 1 torn",
  ]);
  assertEquals(besideHistoryLines([ALLOWED], 0), []);
});

Deno.test("of windows that a system does not allow the first is shown, with its operations and how to have it", () => {
  const example = {
    operations: [12, 14],
    shape: "w3",
    scenario: "w3-mainline.yaml",
    recorded: "T1=2 [older]; T2=2",
  };
  assertEquals(besideHistoryLines([{ ...ALLOWED, allowed: 1, differ: 2, unsaid: {}, example }], 3), [
    "  what the history has of them is allowed by mainline: 1 of 3, not allowed: 2",
    "    not allowed, the first: w3, operations 12, 14: recorded T1=2 [older]; T2=2 (--save DIR writes",
    "      w3-mainline.yaml for deno task explore)",
  ]);
});
