import { assert, assertEquals } from "@std/assert";
import { analyseCommand } from "../../src/commands/analyse.ts";
import type { Command } from "../../src/commands/command.ts";
import { diffCommand } from "../../src/commands/diff.ts";
import { exploreCommand } from "../../src/commands/explore.ts";
import { exportCommand } from "../../src/commands/export.ts";
import { generateCommand } from "../../src/commands/generate.ts";
import { queryCommand } from "../../src/commands/query.ts";

const ROOT = new URL("../../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));
const TASKS: Record<string, unknown> = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).tasks;
const COMMANDS: readonly Command[] = [
  analyseCommand,
  exploreCommand,
  queryCommand,
  diffCommand,
  exportCommand,
  generateCommand,
];

/** Every `deno task NAME ...` of a text, with the options that stand behind it on its line. */
function mentioned(text: string): { name: string; options: string[] }[] {
  return [...text.matchAll(/deno(?:@[\d.]+)? task ([\w-]+)([^`|\n#]*)/g)].map(([, name, rest]) => ({
    name,
    options: [...rest.matchAll(/(?<!\S)--[a-z][a-z-]*/g)].map(([option]) => option),
  }));
}

Deno.test("commands and options that the README and --help name are there", () => {
  const texts = [README, ...COMMANDS.map(({ usage }) => usage)];
  for (const { name, options } of texts.flatMap(mentioned)) {
    if (name === "COMMAND" || name === "NAME") continue;
    assert(name in TASKS, `deno task ${name}`);
    const command = COMMANDS.find((each) => each.name === name);
    if (command === undefined) continue;
    for (const option of options) {
      assert(new RegExp(`${option}\\b`).test(command.usage), `${name} --help does not say ${option}`);
    }
  }
});

Deno.test("every command has its task, its line in the README, and a help that says its options and status", () => {
  for (const { name, usage, summary } of COMMANDS) {
    assert(name in TASKS && README.includes(`deno task ${name}`), name);
    assert(usage.startsWith(`Usage: deno task ${name}`), name);
    assert(/--help/.test(usage) && /Exit status: 0 /.test(usage) && !summary.includes("\n"), name);
    const [head] = usage.split("\n\n");
    for (const [option] of head.matchAll(/--[a-z][a-z-]*/g)) {
      const lines = usage.split("\n").filter((line) => new RegExp(`^ +${option}\\b`).test(line));
      assert(lines.length >= 1, `${name}: ${option} is in the first lines and not told of`);
    }
  }
  assertEquals(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length);
});
