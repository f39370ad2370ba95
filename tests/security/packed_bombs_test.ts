/** A few packed bytes that unpack to a great many: refused beyond a limit, or read in bounded memory. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createGzip } from "node:zlib";
import { readHistory } from "../../src/recording/history/read_history.ts";
import { openRandomAccess } from "../../src/recording/random_access.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { zstdCompressSync } from "../../src/recording/zstd.ts";
import { inFolder } from "../commands/run_cli.ts";

/** Zeros of so many MB behind a beginning, packed. */
async function gzipOfZeros(beginning: Uint8Array, megabytes: number): Promise<Uint8Array> {
  const gzip = createGzip({ level: 9 });
  const pieces: Uint8Array[] = [];
  gzip.on("data", (piece: Uint8Array) => pieces.push(new Uint8Array(piece)));
  const ended = new Promise((resolve) => gzip.once("end", resolve));
  const write = (bytes: Uint8Array) => new Promise<void>((resolve) => gzip.write(bytes, () => resolve()));
  await write(beginning);
  const zeros = new Uint8Array(1 << 20);
  for (let nth = 0; nth < megabytes; nth++) await write(zeros);
  gzip.end();
  await ended;
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

Deno.test("a packed history beyond the limit is refused in one line", async () => {
  await inFolder(async (folder) => {
    const line = new TextEncoder().encode('{"op": "pread"}\n');
    Deno.writeFileSync(`${folder}/h.jsonl.gz`, await gzipOfZeros(line, 300));
    Deno.writeFileSync(`${folder}/h.jsonl.zst`, zstdCompressSync(new Uint8Array(300 << 20)));
    for (const name of ["h.jsonl.gz", "h.jsonl.zst"]) {
      assert(Deno.statSync(`${folder}/${name}`).size < 1 << 20);
      const { message } = assertThrows(() => readHistory(`${folder}/${name}`), UnreadableInput);
      assertMatch(message, /^[^\n]*the history cannot be read \(it unpacks to more than 256 MB\)[^\n]*$/);
    }
  });
});

Deno.test("what has to be unpacked to disk first is refused beyond the limit, and nothing is left of it", async () => {
  await inFolder(async (folder) => {
    const packed = await gzipOfZeros(new Uint8Array([0x17, 0x08, 0x44]), 1400);
    Deno.writeFileSync(`${folder}/trace.dat.gz`, packed);
    let message = "";
    try {
      (await openRandomAccess(`${folder}/trace.dat.gz`)).close();
    } catch (error) {
      assert(error instanceof UnreadableInput);
      message = error.message;
    }
    assertMatch(message, /^[^\n]*trace\.dat\.gz: [^\n]*bytes unpack to more than \d+[^\n]*$/);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["trace.dat.gz"]);
  });
});
