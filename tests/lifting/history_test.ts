import { assert, assertEquals } from "@std/assert";
import { readHistory, type Score, score, scoreFaults } from "./history_score.ts";
import { lift } from "./lifted.ts";

const trace = (path: string) => new URL(`../../traces/${path}`, import.meta.url).pathname;
const shared = (path: string) => new URL(`../../../shared/${path}`, import.meta.url).pathname;

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function scoreOf(folder: string, recording = "trace.dat"): Promise<Score> {
  const { operations, end } = await lift(`${folder}/${recording}`);
  return score(readHistory(folder)!, operations, end.recordings[0].first_ns!);
}

/** What is wrong, by operation: `preadv2_nowait: length` and how often. */
function wrongs({ misses }: Score): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { line, wrong } of misses) {
    const key = `${line.op}: ${wrong.join(", ")}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

Deno.test("every traced system call of the shipped recordings is lifted with its file, range, flag and result", async () => {
  for (const name of ["hello-ext4", "hello-xfs"]) {
    const { traced, right, misses } = await scoreOf(trace(name));
    assertEquals([traced, right, misses], [10, 10, []], name);
  }
  const mixed = await scoreOf(trace("coherence-bw-ext4"));
  assertEquals(mixed.traced, 329);
  // Their lengths are in user memory; they gave up, or read less than was asked for.
  assertEquals(wrongs(mixed), { "pwritev2_nowait: length": 4, "preadv2_nowait: length": 1 });
  const dax = await scoreOf(trace("rw-ext4-dax"));
  assertEquals([dax.traced, dax.right], [115, 115]);
});

Deno.test("every fault within a load or store of the shipped recordings is lifted with its file, page and direction", async () => {
  for (
    const [recording, expected] of [
      ["coherence-bw-ext4/trace.dat", { faults: 17, right: 17, accesses: 28, faulting: 14 }],
      ["mmapdio-ext4-cut/trace.txt.gz", { faults: 25, right: 25, accesses: 208, faulting: 16 }],
    ] as const
  ) {
    const { operations } = await lift(trace(recording));
    assertEquals(scoreFaults(readHistory(trace(recording.split("/")[0]))!, operations), expected, recording);
  }
});

Deno.test("a recording in text lifts to the same operations as the binary one", async () => {
  for (const text of ["hello-ext4/trace.txt", "hello-ext4/report.txt", "hello-xfs/trace.txt", "hello-xfs/report.txt"]) {
    const folder = text.split("/")[0];
    const plain = (rows: Awaited<ReturnType<typeof lift>>["operations"]) =>
      rows.map(({ pid, kind, direct, execution, ino, offset, bytes, result, attribution, requestedDirect }) => ({
        pid,
        kind,
        direct,
        execution,
        ino,
        offset,
        bytes,
        result,
        attribution,
        requestedDirect,
      }));
    const [a, b] = [await lift(trace(text)), await lift(trace(`${folder}/trace.dat`))];
    assertEquals(plain(a.operations), plain(b.operations), text);
  }
});

/**
 * What is not lifted right over all shared recordings, by folder: lengths of vectored calls that gave up or came short
 * (they are in user memory); a file that another process only maps and
 * finds in the cache; reads after a seek that was not recorded, cached, on a kernel that has no event for them.
 */
const EXPLAINED: Record<string, Record<string, number>> = {
  "recordings/coherence-bw-ext4": { "pwritev2_nowait: length": 4, "preadv2_nowait: length": 1 },
  "recordings/coherence-ext4": { "preadv2_nowait: length": 4 },
  "recordings-dax/mmaphole-ext4-nodax": { "open: file": 1, "mmap: file": 1, "close: file": 1 },
  "recordings-dax/rw-ext4-nodax": { "read: offset": 5 },
};

Deno.test({
  name: "of the system calls and requests of all shared recordings, all but the explained ones are lifted right",
  ignore: !exists(shared("recordings")),
  async fn() {
    let [traced, right] = [0, 0];
    for (const set of ["recordings", "recordings-dax"]) {
      for (const { name, isDirectory } of [...Deno.readDirSync(shared(set))].sort((a, b) => a.name < b.name ? -1 : 1)) {
        const folder = shared(`${set}/${name}`);
        if (!isDirectory || readHistory(folder) === null) continue;
        const result = await scoreOf(folder, exists(`${folder}/trace.dat`) ? "trace.dat" : "trace.dat.gz");
        assertEquals(wrongs(result), EXPLAINED[`${set}/${name}`] ?? {}, name);
        traced += result.traced;
        right += result.right;
      }
    }
    assert(traced > 10_000);
    assert(right / traced > 0.998, `${right} of ${traced}`);
  },
});
