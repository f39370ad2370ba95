/**
 * `systems`: the kernels that are modelled, what they can be set to, and how their scenarios stand.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { COLOUR_CHOICES, type ColourChoice, paintFor } from "../report/paint.ts";
import { type KnownSystem, systemCard, systemJson, systemsText } from "../report/system_card.ts";
import { standing } from "../report/standing.ts";
import { type LoadedScenario, loadScenarios } from "../scenarios/load.ts";
import { ScenarioError } from "../scenarios/problems.ts";
import { knownSystems, systemNamed, SYSTEMS } from "../systems/index.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import { type Command, commandOf, EXIT, refuseOptions, UsageError } from "./command.ts";
import { MarkerError } from "../report/marked_parts.ts";
import { writtenReadme } from "./system_readme.ts";

const USAGE = `Usage: deno task systems [NAME] [options]

Lists the kernels that are modelled: flags with their defaults, sources, and how many expectations of their verdict rows
an exploration has shown to be so (as deno task explore --keep has kept it). With a name, all there is to know of that
system.

  --write-readme    fill the generated parts of the system's README (of all systems, without a name): what stands between
                    <!-- verdicts --> and <!-- end --> is the table of its scenarios, with what they keep;
                    <!-- counterexample SCENARIO [NUMBER] --> is the kept run of an expectation (default: the first) as
                    a picture
  --format text|json
  --width N         columns (default: the terminal's, else 100)
  --color WHEN      auto (default), always, never; NO_COLOR is respected
  --help            this text

Exit status: 0 done; 2 wrong usage; 3 a scenario or README cannot be read or written.`;

const WIDTH_DEFAULT = 100;
const WIDTH_MIN = 40;

/** The project's own folder. */
const ROOT = new URL("../../", import.meta.url).pathname;

interface Options {
  readonly name: string | null;
  readonly format: "text" | "json";
  readonly width: number | null;
  readonly colour: ColourChoice;
  readonly readme: "written" | "as it is";
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "format", "width", "color"],
    boolean: ["help", "write-readme"],
    default: { format: "text", color: "auto" },
    unknown: refuseOptions("systems"),
  });
  if (parsed.help) return "help";
  const [name, ...more] = parsed._.map(String);
  if (more.length > 0) throw new UsageError("systems takes one name");
  const format = parsed.format === "text" || parsed.format === "json" ? parsed.format : null;
  if (format === null) throw new UsageError(`--format ${parsed.format}: text, json are known`);
  const colour = COLOUR_CHOICES.find((word) => word === parsed.color);
  if (colour === undefined) throw new UsageError(`--color ${parsed.color}: ${COLOUR_CHOICES.join(", ")} are known`);
  const width = parsed.width === undefined ? null : Number(parsed.width);
  if (width !== null && (!Number.isSafeInteger(width) || width < WIDTH_MIN)) {
    throw new UsageError(`--width ${parsed.width}: expected a whole number of at least ${WIDTH_MIN}`);
  }
  return { name: name ?? null, format, width, colour, readme: parsed["write-readme"] ? "written" : "as it is" };
}

/** The scenarios that come along for a system; none where it has no folder. */
export function scenariosOf(name: string): LoadedScenario[] {
  const folder = `${ROOT}fixtures/${name}`;
  try {
    Deno.statSync(folder);
  } catch {
    return [];
  }
  return loadScenarios([folder], { systems: knownSystems() });
}

/** The README in a system's own folder. */
export function readmePath(name: string): string {
  return `${ROOT}src/systems/${name}/README.md`;
}

function known(name: string): KnownSystem {
  const scenarios = scenariosOf(name).map(({ scenario }) => scenario);
  return { system: systemNamed(name), standing: scenarios.length === 0 ? null : standing(scenarios) };
}

function writeReadmes(names: readonly string[]): void {
  for (const name of names) {
    const path = readmePath(name);
    const before = Deno.readTextFileSync(path);
    const after = writtenReadme(before, scenariosOf(name));
    if (after === before) continue;
    Deno.writeTextFileSync(path, after);
    console.error(`written: src/systems/${name}/README.md`);
  }
}

function show({ name, format, width, colour }: Options): void {
  const all = SYSTEMS.map((system) => system.name);
  if (format === "json") {
    const data = name === null ? all.map((each) => systemJson(known(each))) : systemJson(known(name));
    console.log(JSON.stringify(data, null, 2));
    return;
  }
  const isTerminal = Deno.stdout.isTerminal();
  const noColor = (Deno.env.get("NO_COLOR") ?? "") !== "";
  const options = {
    width: width ?? (isTerminal ? Deno.consoleSize().columns : WIDTH_DEFAULT),
    paint: paintFor(colour, { isTerminal, noColor }),
  };
  console.log(name === null ? systemsText(all.map(known), options) : systemCard(known(name), options));
}

function run(options: Options): number {
  if (options.name !== null) checkName(options.name);
  if (options.readme === "as it is") show(options);
  else writeReadmes(options.name === null ? SYSTEMS.map(({ name }) => name) : [options.name]);
  return EXIT.ok;
}

function checkName(name: string): void {
  try {
    systemNamed(name);
  } catch (error) {
    if (error instanceof NotModelled) throw new UsageError(error.message);
    throw error;
  }
}

export const systemsCommand: Command = commandOf({
  name: "systems",
  summary: "the modelled kernels, their flags, and how their scenarios stand",
  usage: USAGE,
  parse: parseOptions,
  run,
  unreadable: [ScenarioError, MarkerError, Deno.errors.NotFound],
});
