/**
 * The command line: the table of commands, and nothing else.
 *
 * @module
 */

import { analyseCommand } from "./commands/analyse.ts";
import { diffCommand } from "./commands/diff.ts";
import { exploreCommand } from "./commands/explore.ts";
import { exportCommand } from "./commands/export.ts";
import { generateCommand } from "./commands/generate.ts";
import { mergeCommand } from "./commands/merge.ts";
import { queryCommand } from "./commands/query.ts";
import { reportCommand } from "./commands/report.ts";
import { submitCommand } from "./commands/submit.ts";
import { systemsCommand } from "./commands/systems.ts";
import { type Command, complain, EXIT, UsageError } from "./commands/command.ts";
import { UnreadableInput } from "./recording/recording_format.ts";

const COMMANDS: readonly Command[] = [
  analyseCommand,
  exploreCommand,
  queryCommand,
  diffCommand,
  reportCommand,
  exportCommand,
  generateCommand,
  mergeCommand,
  submitCommand,
  systemsCommand,
];

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
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

goWhereTheUserIs();
Deno.exit(await main(Deno.args));
