/**
 * What can go wrong with a results file, in one line for the person at the terminal.
 *
 * @module
 */
import type { FileFailure } from "./engine_files.ts";

/** Why a results file cannot be read or written. */
export type ResultsProblem = "missing" | "unreadable" | "not-ours" | "newer" | "unwritable";

/** An error whose message is one line: what, where, what to do. */
export class ResultsError extends Error {
  override name = "ResultsError";
  readonly problem: ResultsProblem;

  constructor(problem: ResultsProblem, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, "; "), options);
    this.problem = problem;
  }
}

const REASONS: Record<string, string> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is no directory",
  EISDIR: "it is a directory",
  EIO: "input/output error",
  EFBIG: "the file would be too large",
  ENAMETOOLONG: "the name is too long",
};

/** An error code in words. */
export function reasonOf(code: string): string {
  return REASONS[code] ?? code;
}

/** The words for a failed file operation of the engine, or else the engine's own message. */
export function failureText(failure: FileFailure | null, error: unknown): string {
  if (failure) return `${reasonOf(failure.code)} (${failure.operation})`;
  return error instanceof Error ? error.message : String(error);
}
