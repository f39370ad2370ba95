/**
 * Why a file could not be read or written, in words for the person at the terminal.
 *
 * @module
 */

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is no directory",
  EISDIR: "it is a directory",
  EEXIST: "something of that name is there already",
  ENOTEMPTY: "the directory is not empty",
  EBUSY: "it is in use",
  EXDEV: "it is on another file system",
  EIO: "input/output error",
  EFBIG: "the file would be too large",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "too many open files: raise ulimit -n",
  ENFILE: "too many open files on this machine",
  ENOMEM: "not enough memory",
  ENXIO: "nothing is at its other end",
  ESTALE: "the file is gone from its server",
};

/** An error code of the operating system in words; null for one that has none here. */
export function wordsOf(code: string): string | null {
  return Object.hasOwn(REASONS, code) ? REASONS[code] : null;
}

/** Of most of /proc, /sys and /dev. */
const KEPT_BY_DENO = "Deno keeps it from programs without all permissions";

/** What is wrong, in one line without the path: `permission denied`. */
export function failureReason(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return KEPT_BY_DENO;
  if (error instanceof Deno.errors.IsADirectory) return REASONS.EISDIR;
  if (error instanceof Deno.errors.PermissionDenied) return REASONS.EACCES;
  if (error instanceof Deno.errors.NotFound) return REASONS.ENOENT;
  const { code } = (error ?? {}) as { code?: unknown };
  const words = typeof code === "string" ? wordsOf(code) : null;
  if (words !== null) return words;
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, "; ");
  const systems = /^(.+?) \(os error \d+\)/.exec(text)?.[1];
  return systems === undefined ? text : systems[0].toLowerCase() + systems.slice(1);
}
