import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import { judgeRecording } from "../../../src/checking/recorded/judge_recording.ts";
import type { HistoryOperation } from "../../../src/recording/history/history_line.ts";
import { readHistory } from "../../../src/recording/history/read_history.ts";
import { RunBuilder } from "./recorded_run.ts";

const trace = (path: string) => new URL(`../../../traces/${path}`, import.meta.url).pathname;
const NOTHING = new RunBuilder().build();

/** Findings that no contract allows. */
function wrong(history: readonly HistoryOperation[]) {
  return judgeRecording(NOTHING, history).findings.filter(({ severity }) => severity !== "info");
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
