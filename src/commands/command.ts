/**
 * What a command is, and what its exit status means.
 *
 * @module
 */

import { engineMessage, isEngineRefusal, ResultsError } from "../results/results_error.ts";

/** Exit status of every command. */
export const EXIT = {
  /** Done, all expectations met. */
  ok: 0,
  /** An expectation failed, or findings with --fail-on. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** Input that cannot be read, or results that cannot be written; nothing was written. */
  unreadable: 3,
  /** Stopped by Ctrl-C, or by SIGTERM. */
  interrupted: 130,
} as const;

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What --help prints. */
  readonly usage: string;
  /** @returns the exit status */
  main(args: string[]): Promise<number>;
}

/** Wrong usage, in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Writes an error the way every command does: one line on standard error. */
export function complain(message: string): void {
  const line = message.replaceAll(/\s*\n\s*/g, "; ");
  // Names of files and of what is in them come from anybody, and move no cursor.
  console.error(`dioscope: ${line.replaceAll(/\p{Cc}/gu, (mark) => JSON.stringify(mark).slice(1, -1))}`);
}

/** What a command is made of that does one thing and ends. */
export interface CommandParts<Options> extends Omit<Command, "main"> {
  /** @throws {UsageError} */
  parse(args: string[]): Options | "help" | Promise<Options | "help">;
  /** @returns the exit status */
  run(options: Options): Promise<number> | number;
  /** Errors that say, one in each line, what cannot be read or written. Default: {@linkcode ResultsError} alone. */
  readonly unreadable?: readonly (new (...args: never[]) => Error)[];
}

/** A command that prints its help, does what its options say, and tells of what it cannot read or write. */
export function commandOf<Options>(parts: CommandParts<Options>): Command {
  const { name, summary, usage, unreadable = [ResultsError] } = parts;
  return {
    name,
    summary,
    usage,
    async main(args) {
      const options = await parts.parse(args);
      if (options === "help") {
        console.log(usage);
        return EXIT.ok;
      }
      try {
        return await parts.run(options);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) {
          complain(`the database engine gave up on what is in the results file (${error.message}): make the file anew`);
          return EXIT.unreadable;
        }
        if (!(error instanceof Error)) throw error;
        if (isEngineRefusal(error)) {
          // The questions are our own: tables or views are not what they are made for.
          const [reason] = engineMessage(error).split("\n");
          complain(`a results file is not as this program makes them (${reason}): make it anew`);
          return EXIT.unreadable;
        }
        if (!unreadable.some((known) => error instanceof known)) throw error;
        for (const problem of error.message.split("\n")) complain(problem);
        return EXIT.unreadable;
      }
    },
  };
}

/** What `parseArgs` asks of options that a command does not declare: they are refused, and what is no option is kept. */
export function refuseOptions(command: string): (option: string) => true {
  return (option) => {
    if (/^-./.test(option)) throw new UsageError(`${command} has no option ${option}: see deno task ${command} --help`);
    return true;
  };
}

/**
 * The one results file that a command is given.
 *
 * @param example how it is called
 */
export function theResultsFile(command: string, positionals: readonly unknown[], example: string): string {
  const [database, ...more] = positionals.map(String);
  if (database === undefined) throw new UsageError(`${command} needs a results file: deno task ${example}`);
  if (more.length > 0) throw new UsageError(`${command} takes one results file; it got ${more.length + 1}`);
  return database;
}
