/**
 * What a command is, and what its exit status means.
 *
 * @module
 */

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
  /** Stopped by Ctrl-C. */
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
  console.error(`dioscope: ${message.replaceAll(/\s*\n\s*/g, "; ")}`);
}
