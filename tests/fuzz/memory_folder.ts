/** A folder of a file system in memory where there is one, for inputs that are there for a moment. */
export function folderInMemory(): string | undefined {
  try {
    return Deno.statSync("/dev/shm").isDirectory ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}
