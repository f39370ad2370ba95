/**
 * `systems`: the kernels that are modelled, what they can be set to, and how their scenarios stand.
 *
 * @module
 */

import * as path from "node:path";
import { parseArgs } from "@std/cli";
import { ComparedError, readCompared } from "../report/compared.ts";
import { COLOUR_CHOICES, type ColourChoice, paintFor } from "../report/paint.ts";
import { type KnownSystem, systemCard, systemJson, systemsText } from "../report/system_card.ts";
import { standing } from "../report/standing.ts";
import { type LoadedScenario, loadScenarios } from "../scenarios/load.ts";
import { ScenarioError } from "../scenarios/problems.ts";
import { knownSystems, systemNamed, SYSTEMS } from "../systems/index.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import { type Command, commandOf, EXIT, refuseOptions, UsageError } from "./command.ts";
import { MarkerError } from "../report/marked_parts.ts";
import { comparedPath } from "./explore_keep.ts";
import { type ReadmeSources, writtenReadme } from "./system_readme.ts";

const USAGE = `Usage: deno task systems [NAME] [options]

Lists the kernels that are modelled: flags with their defaults, sources, and how many expectations of their verdict rows
an exploration has shown to be so (as deno task explore --keep has kept it). With a name, all there is to know of that
system.

  --write-readme    fill the generated parts of the system's README (without a name: of all systems, and of the project),
                    which stand between a marker and <!-- end -->:
                    <!-- verdicts --> the table of its scenarios, with what they keep
                    <!-- counterexample SCENARIO [NUMBER] --> the kept run of an expectation (default: the first) as a
                    picture
                    <!-- costs METRIC,... SYSTEM,... SCENARIO... --> what runs on these systems cost (explored now)
                    <!-- bisection SCENARIO --> which patch brings and which one cures what (explored now)
                    <!-- comparison FOLDER --> systems beside each other, as explore FOLDER --systems all --keep has
                    kept it
  --format text|json
  --width N         columns (default: the terminal's, else 100)
  --color WHEN      auto (default), always, never; NO_COLOR is respected
  --help            this text

Exit status: 0 done; 2 wrong usage; 3 a scenario or README cannot be read or written.`;

const WIDTH_DEFAULT = 100;
const WIDTH_MIN = 40;

/** The project's own folder. */
const ROOT = `${path.resolve(import.meta.dirname!, "../..")}/`;

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
function scenariosOf(name: string): LoadedScenario[] {
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

/** The README of the project. */
export const PROJECT_README = `${ROOT}README.md`;

/** What the READMEs of a system are made of; null: that of the project. */
export function readmeSources(name: string | null): ReadmeSources {
  return {
    scenarios: name === null ? [] : scenariosOf(name),
    comparedIn(folder) {
      const path = comparedPath(folder);
      return readCompared(path, Deno.readTextFileSync(`${ROOT}${path}`));
    },
  };
}

async function writeReadmes(names: readonly (string | null)[]): Promise<void> {
  for (const name of names) {
    const path = name === null ? PROJECT_README : readmePath(name);
    const before = Deno.readTextFileSync(path);
    const after = await writtenReadme(before, readmeSources(name));
    if (after === before) continue;
    Deno.writeTextFileSync(path, after);
    console.error(`written: ${path.slice(ROOT.length)}`);
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

async function run(options: Options): Promise<number> {
  if (options.name !== null) checkName(options.name);
  if (options.readme === "as it is") show(options);
  else await writeReadmes(options.name === null ? [null, ...SYSTEMS.map(({ name }) => name)] : [options.name]);
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
  unreadable: [ScenarioError, MarkerError, ComparedError, Deno.errors.NotFound],
});
