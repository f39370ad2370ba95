/**
 * Reading at any offset, for formats whose parts point at each other. Compressed input and standard input are first
 * unpacked into a temporary file.
 *
 * @module
 */

import { openNameless, writeAll } from "../std/temporary_file.ts";
import { compressionOf, DamagedInput, openBytes } from "./byte_stream.ts";
import { failureReason } from "../std/file_failure.ts";
import { UnreadableInput } from "./recording_format.ts";

export interface RandomAccessFile {
  /** Bytes in all. */
  readonly size: number;
  /** What unpacking could not get out of a damaged input, or why it could not be read on; null: nothing is missing. */
  readonly damage: string | null;
  /**
   * Up to `length` bytes from `offset`; fewer at the end of the file, or of what can be read of it. The bytes are the
   * caller's.
   */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

function overFile(file: Deno.FsFile, damage: string | null): RandomAccessFile {
  const size = file.statSync().size;
  const readSome = (into: Uint8Array): number | null => {
    try {
      return file.readSync(into);
    } catch (error) {
      damage ??= `it cannot be read on: ${failureReason(error)}`;
      return null;
    }
  };
  return {
    size,
    get damage() {
      return damage;
    },
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      if (bytes.length === 0) return bytes;
      file.seekSync(offset, Deno.SeekMode.Start);
      let have = 0;
      while (have < bytes.length) {
        const n = readSome(bytes.subarray(have));
        if (n === null) break;
        have += n;
      }
      return have === bytes.length ? bytes : bytes.subarray(0, have);
    },
    close: () => file.close(),
  };
}

/**
 * What a packed input may unpack to on disk: much more than any recording that was seen (a ring buffer's pages become a
 * fortieth), and less than what fills a disk from a few megabytes.
 */
const SPOOL_BYTES_MIN = 1 << 30;
const SPOOL_TIMES = 200;

/**
 * Opens an input for reading at any offset.
 *
 * @param path a file, or `-` for standard input
 * @throws {UnreadableInput} when there is no room to unpack it
 */
export async function openRandomAccess(path: string): Promise<RandomAccessFile> {
  if (path !== "-") {
    const file = Deno.openSync(path, { read: true });
    const head = new Uint8Array(4);
    if (file.statSync().isFile) file.readSync(head);
    if (file.statSync().isFile && compressionOf(head) === "none") return overFile(file, null);
    file.close();
  }
  const stream = await openBytes(path);
  let spool: Deno.FsFile | null = null;
  let damage: string | null = null;
  try {
    spool = openNameless();
    let bytes = 0;
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
      bytes += chunk.length;
      if (bytes > SPOOL_BYTES_MIN + SPOOL_TIMES * stream.consumed()) {
        throw new Error(`${stream.consumed()} bytes unpack to more than ${bytes}`);
      }
      writeAll(spool, chunk);
    }
  } catch (error) {
    if (!(error instanceof DamagedInput)) {
      spool?.close();
      throw new UnreadableInput(
        `${path}: it has to be unpacked into a temporary file, and that failed (${
          failureReason(error)
        }): make room in ` +
          "$TMPDIR, " +
          "or unpack it yourself",
      );
    }
    damage = error.message;
  } finally {
    stream.close();
  }
  return overFile(spool!, damage);
}
