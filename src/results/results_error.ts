/**
 * What can go wrong with a results file, in one line for the person at the terminal.
 *
 * @module
 */
import { failureReason, wordsOf } from "../std/file_failure.ts";
import type { FileFailure } from "./engine_files.ts";

/** Why a results file cannot be read or written; `no-engine`: the engine asked for does not start here. */
export type ResultsProblem = "missing" | "unreadable" | "not-ours" | "newer" | "unwritable" | "no-engine";

/** An error whose message is one line: what, where, what to do. */
export class ResultsError extends Error {
  override name = "ResultsError";
  readonly problem: ResultsProblem;

  constructor(problem: ResultsProblem, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, "; "), options);
    this.problem = problem;
  }
}

/** What only a database can be. */
const DATABASE_REASONS: Readonly<Record<string, string>> = {
  CUTOFF: "the file is cut off",
  DAMAGED: "the file is damaged, as a checksum tells: make it anew",
};

/** An error code in words. */
export function reasonOf(code: string): string {
  return DATABASE_REASONS[code] ?? wordsOf(code) ?? code;
}

/** The words for a failed file operation, the engine's or our own, or else the engine's message. */
export function failureText(failure: FileFailure | null, error: unknown): string {
  if (failure) return `${reasonOf(failure.code)} (${failure.operation})`;
  return isFileError(error) ? failureReason(error) : engineMessage(error);
}

/** Whether the file system refused, rather than the engine. */
export function isFileError(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || typeof (error as { code?: unknown }).code === "string";
}

/** Whether an engine found a block of a file whose checksum is not that of what is in it. */
export function isDamage(error: unknown): boolean {
  return engineMessage(error).startsWith("IO Error: Corrupt database file");
}

/** Whether an engine refused a statement: `Binder Error: ...`. */
export function isEngineRefusal(error: unknown): boolean {
  return /^[A-Z][A-Za-z ]* Error: /.test(engineMessage(error));
}

/** The engine's message of an error; some come as JSON. */
export function engineMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!message.startsWith("{")) return message;
  try {
    const { exception_type: type, exception_message: text } = JSON.parse(message);
    return `${type} Error: ${text}`;
  } catch {
    return message;
  }
}
