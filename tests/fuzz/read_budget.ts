/**
 * Counts what is read of files, so that a reader that goes round in circles is stopped by a number and not by a clock.
 *
 * @module
 */

/** A reader has read more, or more often, than any input of this size needs. */
export class ReadBudgetExceeded extends Error {
  override readonly name = "ReadBudgetExceeded";
}

/** Times that the bytes of an input may be read: its head for the format, and damaged packed data in three rounds. */
const TIMES = 16;
const CALLS_MAX = 200_000;

/** Does something during which every `readSync` of a file counts. @throws {ReadBudgetExceeded} */
export async function withinReadBudget<T>(inputBytes: number, body: () => Promise<T>): Promise<T> {
  const original = Deno.FsFile.prototype.readSync;
  let bytesLeft = TIMES * inputBytes + (1 << 20);
  let callsLeft = CALLS_MAX;
  Deno.FsFile.prototype.readSync = function (this: Deno.FsFile, into: Uint8Array): number | null {
    const read = original.call(this, into);
    bytesLeft -= read ?? 0;
    callsLeft--;
    if (bytesLeft < 0 || callsLeft < 0) throw new ReadBudgetExceeded("it is read again and again");
    return read;
  };
  try {
    return await body();
  } finally {
    Deno.FsFile.prototype.readSync = original;
  }
}
