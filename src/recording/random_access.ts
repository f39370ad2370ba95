/**
 * Reading at any offset, for formats whose parts point at each other. Compressed input and standard input are first
 * unpacked into a temporary file.
 *
 * @module
 */

import { compressionOf, DamagedInput, openBytes } from "./byte_stream.ts";

export interface RandomAccessFile {
  /** Bytes in all. */
  readonly size: number;
  /** What unpacking could not get out of a damaged compressed input; null when nothing is missing. */
  readonly damage: string | null;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. The bytes are the caller's. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

function overFile(path: string, damage: string | null, remove: "remove" | "keep"): RandomAccessFile {
  const file = Deno.openSync(path, { read: true });
  // The name is gone at once, so that nothing is left behind however the program ends.
  if (remove === "remove") Deno.removeSync(path);
  const size = file.statSync().size;
  return {
    size,
    damage,
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      if (bytes.length === 0) return bytes;
      file.seekSync(offset, Deno.SeekMode.Start);
      let have = 0;
      while (have < bytes.length) {
        const n = file.readSync(bytes.subarray(have));
        if (n === null) break;
        have += n;
      }
      return have === bytes.length ? bytes : bytes.subarray(0, have);
    },
    close: () => file.close(),
  };
}

/**
 * Opens an input for reading at any offset.
 *
 * @param path a file, or `-` for standard input
 */
export async function openRandomAccess(path: string): Promise<RandomAccessFile> {
  if (path !== "-") {
    const probe = Deno.openSync(path, { read: true });
    const head = new Uint8Array(4);
    probe.readSync(head);
    const regular = probe.statSync().isFile;
    probe.close();
    if (regular && compressionOf(head) === "none") return overFile(path, null, "keep");
  }
  const spool = await Deno.makeTempFile({ prefix: "dioscope-", suffix: ".spool" });
  const out = await Deno.open(spool, { write: true });
  const stream = await openBytes(path);
  let damage: string | null = null;
  try {
    for (;;) {
      const chunk = await stream.read();
      if (chunk === null) break;
      for (let done = 0; done < chunk.length;) done += await out.write(chunk.subarray(done));
    }
  } catch (error) {
    if (!(error instanceof DamagedInput)) {
      Deno.removeSync(spool);
      throw error;
    }
    damage = error.message;
  } finally {
    stream.close();
    out.close();
  }
  return overFile(spool, damage, "remove");
}
