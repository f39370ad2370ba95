import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import { FAMILY_OF, type HistoryOperation } from "../../../src/recording/history/history_line.ts";
import { readHistory } from "../../../src/recording/history/read_history.ts";
import { historyLine, RunBuilder, verdictOf } from "./recorded_run.ts";

const trace = (path: string) => new URL(`../../../traces/${path}`, import.meta.url).pathname;
const NOTHING = new RunBuilder().build();

/** Findings that no contract allows. */
function wrong(history: readonly HistoryOperation[]) {
  return verdictOf(NOTHING, history).findings.filter(({ severity }) => severity !== "info");
}

Deno.test("histories of the shipped recordings have nothing that contradicts their stamps", () => {
  for (const name of ["hello-ext4/history.jsonl", "hello-xfs/history.jsonl", "rw-ext4-dax/history.jsonl.gz"]) {
    assertEquals(wrong(readHistory(trace(name))), [], name);
  }
  assertEquals(wrong(readHistory(trace("coherence-bw-ext4/history.jsonl.gz"))), []);
});

/** Places where an older value can be planted: a read, a stretch of it, the stamp that it must not show. */
function places(history: readonly HistoryOperation[]) {
  const found: { at: number; stretch: number; sector: number; older: string }[] = [];
  for (const [at, read] of history.entries()) {
    if (read.family !== "read" || read.file !== "f0" || read.result <= 0) continue;
    for (const [stretch, { offset, values }] of read.seen.entries()) {
      if (values === null || offset % 512 !== 0) continue;
      const over = history.filter((write) =>
        write.family === "write" && write.file === read.file && write.result === write.length &&
        write.endNs < read.startNs && write.offset! <= offset && offset + 512 <= write.offset! + write.length!
      ).sort((a, b) => a.endNs < b.endNs ? -1 : 1);
      // Some write came, as a whole, between the one that is planted and the read.
      const older = over.find((write) => over.some((between) => between.startNs > write.endNs));
      if (older !== undefined) found.push({ at, stretch, sector: offset / 512, older: String(older.id) });
    }
  }
  return found;
}

function planted(history: readonly HistoryOperation[], place: ReturnType<typeof places>[number], stamp: string) {
  return history.map((operation, at): HistoryOperation =>
    at !== place.at ? operation : {
      ...operation,
      seen: operation.seen.flatMap((stretch, nth) =>
        nth !== place.stretch ? [stretch] : [
          { ...stretch, bytes: 512, values: [stamp] },
          { ...stretch, offset: stretch.offset + 512, bytes: stretch.bytes - 512 },
        ].filter(({ bytes }) => bytes > 0)
      ),
    }
  );
}

Deno.test("every older stamp, and every stamp of nobody, that is planted into a read is found", () => {
  const history = readHistory(trace("coherence-bw-ext4/history.jsonl.gz"));
  const all = places(history);
  assert(all.length > 20, String(all.length));
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.boolean(), (place, isNobodys) => {
      const { id } = history[place.at];
      const findings = wrong(planted(history, place, isNobodys ? "4000000" : place.older));
      const found = findings.find(({ operations, sectors }) =>
        operations.includes(`history ${id}`) && sectors.includes(place.sector)
      );
      assert(found !== undefined, `history ${id}, sector ${place.sector}: ${JSON.stringify(findings)}`);
      if (isNobodys) assertEquals(found.anomaly, "STALE_DATA");
      else assertMatch(found.anomaly, /STALE_CACHE|LOST_UPDATE/);
    }),
    { seed: 91, numRuns: 8 },
  );
});

Deno.test("a size that no order of the writes gives is found", () => {
  const history = readHistory(trace("hello-ext4/history.jsonl"));
  const at = history.findIndex(({ family, result, length }) => family === "read" && result === length && result > 0);
  const short = history.map((each, nth) => nth === at ? { ...each, result: 512, seen: [] } : each);
  assertEquals(wrong(short).map(({ anomaly }) => anomaly), ["WRONG_SIZE"]);
});

async function judged(lines: readonly string[]) {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeTextFile(path, lines.join("\n"));
    return wrong(readHistory(path));
  } finally {
    await Deno.remove(path);
  }
}

const line = (id: number, op: string, more: Record<string, unknown>) =>
  JSON.stringify({ id, tid: 1, op, start_ns: 100 * id, end_ns: 100 * id + 50, errno: null, result: 512, ...more });

Deno.test("a name that another file has got by now stands for that file", async () => {
  const open = (id: number, ino: number, file: string) =>
    line(id, "open", { file, ino, open_flags: "O_CREAT|O_TRUNC", result: 3 });
  const at = { offset: 0, length: 512 };
  const lines = [
    open(1, 12, "a"),
    line(2, "pwrite", { file: "a", ino: 12, ...at }),
    open(3, 13, "b"),
    line(4, "pwrite", { file: "b", ino: 13, ...at }),
    line(5, "rename", { result: 0 }),
    line(6, "pread", { file: "a", ino: 13, ...at, seen: [[0, 512, 4]] }),
  ];
  assertEquals(await judged(lines), []);
  const old = line(7, "pread", { file: "a", ino: 13, ...at, seen: [[0, 512, 2]] });
  assertEquals((await judged([...lines, old])).map(({ anomaly }) => anomaly), ["STALE_DATA"]);
});

Deno.test("what is stored through a private mapping is no content of the file", async () => {
  const at = { file: "a", ino: 12, offset: 0, length: 512 };
  const lines = (map_type: string) => [
    line(1, "open", { file: "a", ino: 12, open_flags: "O_CREAT|O_TRUNC", result: 3 }),
    line(2, "pwrite", at),
    line(3, "store", { ...at, map_type, done: 512 }),
    line(4, "pread", { ...at, seen: [[0, 512, 2]] }),
  ];
  assertEquals(await judged(lines("MAP_PRIVATE")), []);
  assertMatch((await judged(lines("MAP_SHARED")))[0].anomaly, /LOST_UPDATE/);
});

Deno.test("a file is not judged behind a call whose effect nobody knows, and sectors that other calls wrote are not", () => {
  const line = (op: string, more: Partial<HistoryOperation>) =>
    historyLine({ op, family: FAMILY_OF[op] ?? "unknown", ...more });
  const write = line("pwrite", { id: 1, startNs: 10n, endNs: 20n });
  const read = line("pread", {
    id: 2,
    line: 3,
    startNs: 50n,
    endNs: 60n,
    seen: [{ offset: 0, bytes: 4096, values: ["0"] }],
  });
  const between = (op: string) => line(op, { id: 3, line: 2, startNs: 30n, endNs: 40n });
  const judged = (history: HistoryOperation[], run = new RunBuilder()) => {
    const { findings, notes } = verdictOf(run.build(), history);
    return [findings.map(({ anomaly, sectors }) => `${anomaly} ${sectors.join()}`), notes];
  };
  assertEquals(judged([write, between("fstat"), read])[1], []);
  assert(judged([write, between("fstat"), read])[0].length > 0);
  assertEquals(judged([write, between("mystery"), read]), [[], [
    "f0: what mystery (line 2) does to content is not known",
  ]]);
  const run = new RunBuilder();
  run.operation("pwrite", 30, 40, { execution: "buffered", offset: 0, bytes: 4096, result: 4096 });
  assertEquals(judged([write, read], run), [[], ["f0: 8 sectors, as a call that no line names wrote them"]]);
  const copied = new RunBuilder();
  copied.operation("copy", 30, 40, { bytes: 4096, result: 4096 });
  assertEquals(judged([write, read], copied), [[], ["f0: copy that no line names (operation 0) wrote it"]]);
});
