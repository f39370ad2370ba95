/**
 * The command line: the table of commands, and nothing else.
 *
 * @module
 */

import { type Command, complain, EXIT, UsageError } from "./commands/command.ts";
import { UnreadableInput } from "./recording/recording_format.ts";

/** Each is loaded when it is asked for: most of them bring the modelled kernels with them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  analyse: async () => (await import("./commands/analyse.ts")).analyseCommand,
  explore: async () => (await import("./commands/explore.ts")).exploreCommand,
  query: async () => (await import("./commands/query.ts")).queryCommand,
  diff: async () => (await import("./commands/diff.ts")).diffCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  generate: async () => (await import("./commands/generate.ts")).generateCommand,
  merge: async () => (await import("./commands/merge.ts")).mergeCommand,
  submit: async () => (await import("./commands/submit.ts")).submitCommand,
  systems: async () => (await import("./commands/systems.ts")).systemsCommand,
};

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: deno task COMMAND ...\n\n${lines.join("\n")}\n\ndeno task COMMAND --help tells more.`;
}

/** A task runs in the project's folder; paths mean what they mean where the user is. */
function goWhereTheUserIs(): void {
  const folder = Deno.env.get("INIT_CWD");
  if (folder !== undefined && folder !== "") Deno.chdir(folder);
}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    console.log(await overview());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    complain(`no command ${name}: ${Object.keys(COMMANDS).join(", ")} are known`);
    return EXIT.usage;
  }
  try {
    return await (await COMMANDS[name]()).main(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      complain(error.message);
      return EXIT.usage;
    }
    if (error instanceof UnreadableInput) {
      complain(error.message);
      return EXIT.unreadable;
    }
    throw error;
  }
}

goWhereTheUserIs();
Deno.exit(await main(Deno.args));
