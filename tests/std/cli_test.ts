import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("declared flags have their types, also when absent", () => {
  assertEquals(parseArgs(["a", "--json", "--out", "x"], { boolean: ["json", "all"], string: ["out", "file"] }), {
    _: ["a"],
    json: true,
    all: false,
    out: "x",
  });
  assertEquals(parseArgs([], { boolean: ["json"], string: ["out"], default: { out: "y", json: true } }), {
    _: [],
    json: true,
    out: "y",
  });
});

Deno.test("a value stands after a space or an equals sign, and text stays text", () => {
  const options = { string: ["out", "n"] } as const;
  assertEquals(parseArgs(["--out=a=b", "--n", "5"], options), { _: [], out: "a=b", n: "5" });
  assertEquals(parseArgs(["--out", "-"], options), { _: [], out: "-" });
  assertEquals(parseArgs(["--out"], options), { _: [], out: "" });
});

Deno.test("collected flags are arrays, others keep the last value", () => {
  const options = { string: ["set", "out"], collect: ["set"] } as const;
  assertEquals(parseArgs(["--set", "a", "--set=b", "--out", "1", "--out", "2"], options), {
    _: [],
    set: ["a", "b"],
    out: "2",
  });
  assertEquals(parseArgs([], options), { _: [], set: [] });
});

Deno.test("positionals that are numbers become numbers unless _ is declared as text", () => {
  assertEquals(parseArgs(["5", "x"])._, [5, "x"]);
  assertEquals(parseArgs(["5", "x"], { string: ["_"] })._, ["5", "x"]);
});

Deno.test("what is not declared is told to unknown, which may refuse it", () => {
  const told: unknown[][] = [];
  const unknown = (...what: unknown[]) => {
    told.push(what);
    return false;
  };
  assertEquals(parseArgs(["file", "--what", "-x", "--much=3"], { unknown }), { _: [] });
  assertEquals(told, [["file"], ["--what", "what", true], ["-x", "x", true], ["--much=3", "much", "3"]]);
});

Deno.test("behind -- nothing is a flag", () => {
  assertEquals(parseArgs(["--a", "--", "--b"], { boolean: ["a"] }), { _: ["--b"], a: true });
});
