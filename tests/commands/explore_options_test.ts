import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/commands/command.ts";
import { type ExploreCommandOptions, parseExploreOptions } from "../../src/commands/explore_options.ts";

function parsed(...args: string[]): ExploreCommandOptions {
  return parseExploreOptions(args) as ExploreCommandOptions;
}

Deno.test("without options all scenarios run exhaustively, as they say, and nothing is written", () => {
  const { paths, systems, set, strategy, sizes, budget, out, format, failOn, minimising } = parsed("a.yaml", "b");
  assertEquals([paths, systems, set, strategy, sizes], [["a.yaml", "b"], null, {}, { kind: "exhaustive" }, "scenario"]);
  assertEquals([budget, out, format, failOn, minimising], [{}, null, "text", null, "on"]);
});

Deno.test("strategies take their seed, number of runs and depth", () => {
  assertEquals(parsed("a", "--strategy", "random", "--seed", "7").strategy, { kind: "random", seed: 7, runs: 1000 });
  const pct = parsed("a", "--strategy", "pct", "--runs", "50", "--depth", "2").strategy;
  assertEquals(pct, { kind: "pct", seed: 1, runs: 50, depth: 2 });
  assertEquals(parsed("a", "--token", "d1~~~complete").strategy, { kind: "replay", token: "d1~~~complete" });
  const real = parsed("a", "--real-sizes");
  assertEquals([real.strategy.kind, real.sizes, real.long], ["pct", "real", "left out"]);
  const deep = parsed("a", "--deep");
  assertEquals([deep.strategy.kind, deep.sizes, deep.long], ["exhaustive", "scenario", "explored"]);
});

Deno.test("a budget is a time or a number of schedules", () => {
  assertEquals(parsed("a", "--budget", "10s").budget, { milliseconds: 10_000 });
  assertEquals(parsed("a", "--budget", "1.5min").budget, { milliseconds: 90_000 });
  assertEquals(parsed("a", "--budget", "5000").budget, { runs: 5000 });
});

Deno.test("flags are set several times, numbers as numbers", () => {
  assertEquals(parsed("a", "--set", "fs=ext2", "--set", "fs=ext3", "--set", "short_at=2").set, {
    fs: ["ext2", "ext3"],
    short_at: [2],
  });
  assertEquals(parsed("a", "--systems", "dax,mainline").systems, ["dax", "mainline"]);
  assertEquals(parsed("a", "--systems", "all").systems, "all");
});

const WRONG: readonly [args: string[], message: string][] = [
  [[], "explore needs a scenario or a folder of them: deno task explore PATH..."],
  [["a", "--fast"], "explore has no option --fast: see deno task explore --help"],
  [["a", "--strategy", "luck"], "--strategy luck: exhaustive, random, pct, replay are known"],
  [["a", "--seed", "3"], "--seed says nothing to --strategy exhaustive"],
  [["a", "--strategy", "random", "--depth", "3"], "--depth says nothing to --strategy random"],
  [["a", "--strategy", "random", "--runs", "0"], "--runs 0: expected a whole number of at least 1"],
  [["a", "--strategy", "replay"], "--strategy replay needs --token T, as a report prints it"],
  [["a", "--token", "d1~0*3"], "--token: token has 2 parts, not 4: copy it whole"],
  [["a", "--budget", "soon"], "--budget soon: expected a time such as 10s or 5min, or a number of schedules"],
  [["a", "--jobs", "none"], "--jobs none: expected a whole number of at least 1"],
  [["a", "--set", "fs"], "--set fs: expected FLAG=VALUE"],
  [["a", "--format", "xml"], "--format xml: text, json are known"],
  [["a", "--color", "pink"], "--color pink: auto, always, never are known"],
  [["a", "--width", "10"], "--width 10: expected a whole number of at least 40"],
  [["a", "--out", ""], "--out needs a value"],
  [
    ["a", "--keep", "--set", "fs=ext2", "--bisect"],
    "--keep writes what the scenarios' own runs show: leave out --set, --bisect",
  ],
];

for (const [args, message] of WRONG) {
  Deno.test(`explore ${args.join(" ")}: ${message}`, () => {
    assertEquals(assertThrows(() => parseExploreOptions(args), UsageError).message, message);
  });
}
