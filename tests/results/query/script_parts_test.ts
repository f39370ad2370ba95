import { assertEquals } from "@std/assert";
import { hasCommands, scriptParts } from "../../../src/results/query/script_parts.ts";

Deno.test("a line with a dot is a command where no statement is open, and SQL inside of one", () => {
  assertEquals(scriptParts(".mode csv\nSELECT 1;\n  .timer on \nSELECT\n.5;\nSELECT 2"), [
    { kind: "command", line: ".mode csv" },
    { kind: "sql", text: "\nSELECT 1;" },
    { kind: "command", line: ".timer on" },
    { kind: "sql", text: "\n\n\nSELECT\n.5;\nSELECT 2" },
  ]);
});

Deno.test("dots in quotes and comments that are open are no commands", () => {
  const text = "SELECT 'a\n.mode csv\n';\n/* before\n.exit\n*/ SELECT 1;\n";
  assertEquals(scriptParts(text), [{ kind: "sql", text }]);
  assertEquals(hasCommands(text), false);
  assertEquals(hasCommands("-- closed at its end\n.views"), true);
});

Deno.test("of nothing but white space and comments there is no part", () => {
  assertEquals(scriptParts("\n -- nothing\n\n"), []);
  assertEquals(scriptParts(""), []);
});
