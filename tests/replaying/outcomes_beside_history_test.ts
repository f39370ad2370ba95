import { assert, assertEquals } from "@std/assert";
import type { RecordedRun } from "../../src/checking/recorded/recorded_run.ts";
import type { HistoryOperation } from "../../src/recording/history/history_line.ts";
import { readHistory } from "../../src/recording/history/read_history.ts";
import { type BesideHistory, outcomesBesideHistory } from "../../src/replaying/outcomes_beside_history.ts";
import { shapesOf } from "../../src/replaying/shapes.ts";
import { type CutWindows, cutWindows, touchedByFile } from "../../src/replaying/windows.ts";
import { recordedRun } from "../../src/results/recorded_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import { historyLine, RunBuilder } from "../checking/recorded/recorded_run.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { engine } from "../results/results_files.ts";
import { exploreShapes } from "./explore_shapes.ts";

const CHOSEN = ["dax", "dax-iomap"].map((name) => {
  const system = systemNamed(name);
  return { system, flags: flagValues(system), named: "" };
});

function beside(run: RecordedRun, history: readonly HistoryOperation[], cut = cutWindows(run)): BesideHistory[] {
  const { shapes } = shapesOf(run, cut);
  return outcomesBesideHistory(run, history, exploreShapes(shapes, CHOSEN, 400));
}

/** Windows of one operation each: those that none met. What they came to is what they come to by themselves. */
function cutAlone(run: RecordedRun): CutWindows {
  const { byFile, leftOut } = touchedByFile(run);
  const met = new Set(cutWindows(run).windows.flatMap(({ touched }) => touched.map(({ operation }) => operation.id)));
  const windows = [...byFile].flatMap(([file, all]) =>
    all.filter(({ operation }) => !met.has(operation.id)).map((touched) => ({ file, touched: [touched] }))
  );
  windows.sort((a, b) => a.touched[0].operation.id - b.touched[0].operation.id);
  return { windows, inPairs: 0, leftOut };
}

/** Windows by what became of them: all of them. */
function counts({ windows, allowed, differ, unsaid }: BesideHistory): [number, number, number] {
  const silent = [...unsaid.values()].reduce((sum, count) => sum + count, 0);
  assertEquals(allowed + differ.length + silent, windows);
  return [allowed, differ.length, silent];
}

const PAGE = 4096;

function line(id: number, tid: number, more: Partial<HistoryOperation>): HistoryOperation {
  return historyLine({ line: id, id, tid, endNs: 0n, ...more });
}

const seen = (...stamps: [sectors: number, stamp: number][]): HistoryOperation["seen"] => {
  let at = 0;
  return stamps.map(([sectors, stamp]) => {
    const stretch = { offset: at, bytes: sectors * 512, values: [String(stamp)] };
    at += sectors * 512;
    return stretch;
  });
};

/** Write 1 of a page is over when write 2 of it and a read are under way together. */
function readBesideWrite(
  stretches: HistoryOperation["seen"],
  result = PAGE,
  history = (all: HistoryOperation[]) => all,
  more = (_: RunBuilder) => {},
) {
  const builder = new RunBuilder();
  const all = { offset: 0, bytes: PAGE, result: PAGE, execution: "dax" };
  builder.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: PAGE });
  builder.operation("pwrite", 2, 5, { pid: 1, ...all });
  builder.operation("pwrite", 10, 20, { pid: 1, ...all });
  builder.operation("pread", 15, 25, { pid: 2, ...all, result });
  more(builder);
  const lines = [
    line(1, 1, { startNs: 1n, endNs: 6n }),
    line(2, 1, { startNs: 9n, endNs: 21n }),
    line(3, 2, { startNs: 14n, endNs: 26n, op: "pread", family: "read", seen: stretches, result }),
  ];
  return beside({ ...builder.build(), originNs: 0n }, history(lines));
}

Deno.test("a read beside a write may have seen what was there before, or all that was written", () => {
  for (const stamp of [1, 2]) {
    for (const each of readBesideWrite(seen([8, stamp]))) {
      assertEquals(counts(each), [1, 0, 0], each.chosen.system.name);
    }
  }
});

Deno.test("a torn read, one of zeroes, and one of less than there is are not among the outcomes", () => {
  const torn = readBesideWrite(seen([3, 2], [5, 1]));
  for (const each of torn) {
    assertEquals(counts(each), [0, 1, 0], each.chosen.system.name);
    const [{ recorded, operations, allowed }] = each.differ;
    assertEquals([recorded, operations], ["T1=2 [T2 before]; T2=2", [1, 2]]);
    assert(allowed.length >= 2);
  }
  for (const each of readBesideWrite(seen([8, 0]))) assertEquals(counts(each), [0, 1, 0]);
  for (const each of readBesideWrite([], 0)) assertEquals(counts(each), [0, 1, 0]);
});

Deno.test("what was replaced before the window began is not what was there before", () => {
  const stale = (lines: HistoryOperation[]) => [line(7, 3, { startNs: -9n, endNs: -8n }), ...lines];
  for (const each of readBesideWrite(seen([8, 7]), PAGE, stale)) {
    assertEquals(each.differ.map(({ recorded }) => recorded), ["T1=2 [older]; T2=2"]);
  }
});

Deno.test("nothing is said of a store that fails within the file: why it did, a window does not hold", () => {
  const builder = new RunBuilder();
  builder.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: PAGE });
  const all = { offset: 0, bytes: PAGE, result: PAGE, execution: "dax" };
  builder.operation("pwrite", 2, 5, { pid: 1, ...all });
  builder.operation("store", 10, 20, { pid: 1, offset: 0, bytes: PAGE, result: null });
  builder.operation("pread", 15, 25, { pid: 2, ...all });
  const lines = [
    line(1, 1, { startNs: 1n, endNs: 6n }),
    line(2, 1, { startNs: 9n, endNs: 21n, op: "store", family: "store", length: 512, result: 0, error: "SIGBUS" }),
    line(3, 2, { startNs: 14n, endNs: 26n, op: "pread", family: "read", seen: seen([8, 1]) }),
  ];
  const why = "writes that failed or ended early, as where no block is free, which windows do not hold";
  for (const { unsaid } of beside(builder.build(), lines)) assertEquals([...unsaid], [[why, 1]]);
});

Deno.test("nothing is said of windows without stamps, of third operations and of what changes too often", () => {
  const reasonOf = (all: BesideHistory[]) => all.map(({ unsaid }) => [...unsaid].join());
  const twice = (why: string) => [`${why},1`, `${why},1`];
  assertEquals(
    reasonOf(readBesideWrite(seen([8, 1]), PAGE, (lines) => lines.slice(0, 2))),
    twice("operations without a line of the history"),
  );
  const third = (lines: HistoryOperation[]) => [...lines, line(9, 3, { startNs: 11n, endNs: 30n })];
  assertEquals(
    reasonOf(readBesideWrite(seen([8, 9]), PAGE, third)),
    twice("what was read there is of a third operation"),
  );
  assertEquals(
    reasonOf(readBesideWrite(seen([2, 1], [2, 2], [2, 1], [2, 2]))),
    twice("reads that change more often than the small window has sectors"),
  );
  const shownSmaller = ({ sizes }: RunBuilder) => sizes.push({ seq: 11, time: 11, file: "7:0/12", size: 512 });
  assertEquals(
    reasonOf(readBesideWrite([], 0, undefined, shownSmaller)),
    twice("windows of files whose size a third operation changed meanwhile"),
  );
  const shownEqual = ({ sizes }: RunBuilder) => sizes.push({ seq: 11, time: 11, file: "7:0/12", size: PAGE });
  assertEquals(readBesideWrite([], 0, undefined, shownEqual).map(counts), [[0, 1, 0], [0, 1, 0]]);
});

Deno.test("a load that saw a part of a sector, anywhere in its page, saw what was there before or what is stale", () => {
  const loaded = (value: string) => {
    const builder = new RunBuilder();
    const all = { offset: 0, bytes: PAGE, result: PAGE, execution: "dax" };
    builder.sizes.push({ seq: 1, time: 1, file: "7:0/12", size: PAGE });
    builder.operation("pwrite", 2, 5, { pid: 1, ...all });
    builder.operation("pwrite", 6, 8, { pid: 1, ...all });
    builder.operation("load", 15, 16, { pid: 2, offset: 0, bytes: PAGE });
    const run = { ...builder.build(), originNs: 0n };
    const part = { offset: 1064, length: 64, result: 64 };
    const lines = [
      line(1, 1, { startNs: 1n, endNs: 5n }),
      line(2, 1, { startNs: 6n, endNs: 9n }),
      line(3, 2, {
        startNs: 14n,
        endNs: 17n,
        op: "load",
        family: "load",
        ...part,
        seen: [{ offset: 1064, bytes: 64, values: [value] }],
      }),
    ];
    return beside(run, lines, cutAlone(run)).map(counts);
  };
  assertEquals(loaded("2"), [[3, 0, 0], [3, 0, 0]]);
  assertEquals(loaded("1"), [[2, 1, 0], [2, 1, 0]]);
});

/** Of a recording: pairs, and operations that nothing met. */
async function ofRecording(trace: string, history: string): Promise<Record<"pairs" | "alone", BesideHistory[]>> {
  let found: Record<"pairs" | "alone", BesideHistory[]> | null = null;
  await inFolder(async (folder) => {
    const out = `${folder}/r.duckdb`;
    const { code, stderr } = await runCli([
      ...["analyse", trace, "--out", out, "--systems", "none", "--conformance", "none"],
    ]);
    assertEquals(code, 0, stderr);
    const reader = ResultsReader.open(await engine(), out);
    const run = recordedRun(reader.connection);
    reader.close();
    const lines = [...readHistory(history)];
    found = { pairs: beside(run, lines), alone: beside(run, lines, cutAlone(run)) };
  });
  return found!;
}

const path = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;

Deno.test("operations of the shipped recording of a DAX mount come to what the models allow", async () => {
  const folder = path("traces/rw-ext4-dax");
  const { pairs, alone } = await ofRecording(`${folder}/trace.dat`, `${folder}/history.jsonl.gz`);
  // One thread: nothing is under way beside anything.
  assertEquals(pairs, []);
  for (const each of alone) {
    const [allowed, differ] = counts(each);
    assert(allowed >= 88, String(allowed));
    assertEquals(differ, 0);
  }
});

const shared = path("../shared/recordings-dax");
const isShared = await Deno.stat(shared).then(() => true, () => false);

Deno.test({
  name: "windows of recorded DAX races come to nothing that the models do not allow",
  ignore: !isShared,
  fn: async () => {
    const folder = `${shared}/race-xfs-dax`;
    const { pairs } = await ofRecording(`${folder}/trace.dat`, `${folder}/history.jsonl`);
    assertEquals(pairs.map(counts).map(([allowed, differ]) => [allowed >= 23, differ]), [[true, 0], [true, 0]]);
  },
});
