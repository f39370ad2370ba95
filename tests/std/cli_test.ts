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

Deno.test("all names of a flag have its value", () => {
  assertEquals(parseArgs(["-h", "-o", "x"], { boolean: ["help"], string: ["out"], alias: { help: "h", out: ["o"] } }), {
    _: [],
    help: true,
    h: true,
    out: "x",
    o: "x",
  });
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

Deno.test("--no-NAME sets a negatable flag to false", () => {
  const options = { boolean: ["color"], negatable: ["color"], default: { color: true } } as const;
  assertEquals(parseArgs(["--no-color"], options), { _: [], color: false });
  assertEquals(parseArgs([], options), { _: [], color: true });
});

Deno.test("after -- and, if asked so, after the first positional nothing is a flag", () => {
  assertEquals(parseArgs(["--a", "--", "--b"], { boolean: ["a"] }), { _: ["--b"], a: true });
  assertEquals(parseArgs(["x", "--", "--b"], { "--": true }), { _: ["x"], "--": ["--b"] });
  assertEquals(parseArgs(["--a", "cmd", "--b"], { boolean: ["a"], stopEarly: true }), { _: ["cmd", "--b"], a: true });
});
