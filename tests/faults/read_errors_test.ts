/** Disks that give up in the middle of a recording. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatOf, headOf } from "../../src/recording/formats.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { readHistory } from "../../src/recording/history/read_history.ts";
import { trace } from "../commands/run_cli.ts";
import { collect } from "../recording/collect.ts";

const SECTOR = 512;

/** During a body a sector of a file, known by its size, cannot be read. */
async function withBadSector<T>(size: number, at: number, body: () => Promise<T>): Promise<T> {
  const { readSync, read } = Deno.FsFile.prototype;
  const failing = function (this: Deno.FsFile, into: Uint8Array): number | null {
    const place = this.seekSync(0, Deno.SeekMode.Current);
    if (this.statSync().size !== size || place >= at + SECTOR) return readSync.call(this, into);
    if (place >= at) throw new Error("Input/output error (os error 5)");
    return readSync.call(this, into.subarray(0, at - place));
  };
  Deno.FsFile.prototype.readSync = failing;
  Deno.FsFile.prototype.read = function (into) {
    return Promise.resolve(failing.call(this, into));
  };
  try {
    return await body();
  } finally {
    Object.assign(Deno.FsFile.prototype, { readSync, read });
  }
}

/** Recordings, and how far in them there is one of their events. */
const RECORDINGS: [name: string, place: number][] = [
  ["coherence-bw-ext4/trace.dat", 0.8],
  ["hello-ext4/trace.txt", 0.5],
  ["hello-ext4/report.txt", 0.5],
  ["hello-ext4/blktrace/dev.blktrace.0", 0.5],
  ["hello-ext4/blktrace/blkparse.txt", 0.5],
  ["coherence-bw-ext4/trace.txt.gz", 0.5],
  ["coherence-bw-ext4/perf-script.txt.gz", 0.5],
];

async function read(path: string) {
  const format = formatOf(await headOf(path), { path, files: [path] });
  return await collect(format, [path]);
}

for (const [name, place] of RECORDINGS) {
  Deno.test(`a read error in the middle of a recording is told of, and what is before it is read (${name})`, async () => {
    const path = trace(name);
    const { size } = Deno.statSync(path);
    const whole = await read(path);
    const broken = await withBadSector(size, Math.floor(size * place), () => read(path));
    assert(broken.rows.length > 0 && broken.rows.length < whole.rows.length, `${broken.rows.length} rows`);
    const told = broken.diagnostics.filter(({ message }) => message.includes("input/output error"));
    assertEquals(told.map(({ severity, count }) => [severity, count]), [["error", 1]]);
    assert(!told[0].message.includes("\n"));
  });
}

Deno.test("what cannot be read at all is refused in one line", async () => {
  for (const [name] of RECORDINGS) {
    let refused = "";
    try {
      await withBadSector(Deno.statSync(trace(name)).size, 0, () => read(trace(name)));
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      refused = error.message;
    }
    assertMatch(refused, /^[^\n]*cannot be read \(input\/output error\): check the file$/);
  }
});

Deno.test("a history that cannot be read is refused in one line", () => {
  let refused = "";
  try {
    // A file of the kernel's whose first bytes cannot be had.
    readHistory("/proc/self/mem");
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    refused = error.message;
  }
  assertMatch(refused, /^[^\n]+cannot be read[^\n]+$/);
});
