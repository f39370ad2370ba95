/**
 * The command line: the table of commands, and nothing else.
 *
 * @module
 */

import { analyseCommand } from "./commands/analyse.ts";
import { type Command, complain, EXIT, UsageError } from "./commands/command.ts";
import { UnreadableInput } from "./recording/recording_format.ts";

const COMMANDS: readonly Command[] = [analyseCommand];

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: deno task COMMAND ...\n\n${lines.join("\n")}\n\ndeno task COMMAND --help tells more.`;
}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    console.log(overview());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS.find((c) => c.name === name);
  if (command === undefined) {
    complain(`no command ${name}: ${COMMANDS.map((c) => c.name).join(", ")} are known`);
    return EXIT.usage;
  }
  try {
    return await command.main(rest);
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

Deno.exit(await main(Deno.args));
