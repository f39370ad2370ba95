/**
 * Files for what is too much for memory.
 *
 * @module
 */

/** A temporary file that has lost its name at once, so that nothing is left behind however the program ends. */
export function openNameless(): Deno.FsFile {
  const path = Deno.makeTempFileSync({ prefix: "dioscope-", suffix: ".spool" });
  try {
    return Deno.openSync(path, { read: true, write: true });
  } finally {
    Deno.removeSync(path);
  }
}

/** Writes all of it, where the file stands. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
