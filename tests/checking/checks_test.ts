import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkBlockMaps } from "../../src/checking/block_maps.ts";
import { ANOMALY_IDS, anomalyInfo, explain } from "../../src/checking/catalogue.ts";
import { judge } from "../../src/checking/judge.ts";
import { OperationNames } from "../../src/checking/narrowing.ts";
import { checkResults } from "../../src/checking/operation_results.ts";
import { originOf } from "../../src/checking/origins.ts";
import { ImpossibleRecord } from "../../src/checking/record_check.ts";
import { checkZeroings } from "../../src/checking/zeroings.ts";
import type { BlockRecord, RunRecord, Zeroing } from "../../src/systems/run_record.ts";
import { untouchedFile } from "./planted/runner.ts";
import { operation, record } from "./records.ts";
import { scenarioOf } from "./scenario_of.ts";

const SCENARIO = scenarioOf('tasks:\n  T1:\n    - pwrite: "F[0]"\n      name: w\n    - pread: "F[0]"\n');
const MAY_BE_SHORT = { transfers: "may_be_short" } as const;

function block(lblk: number, more: Partial<BlockRecord> = {}): BlockRecord {
  return { lblk, pblk: lblk, state: "written", preallocated: false, conversionQueued: false, ...more };
}

const none = () => false;

Deno.test("blocks behind the end are told by state, and what is there on purpose is not", () => {
  const found = (blocks: BlockRecord[], more: Partial<RunRecord> = {}, onOrphanList = false) =>
    checkBlockMaps(record([operation()], untouchedFile(1, { blocks, onOrphanList }), more), none)
      .map(({ subject }) => `${subject.attributes} ${subject.sectors}`);
  assertEquals(found([block(0)]), []);
  assertEquals(found([block(0), block(1), block(2, { state: "unwritten" }), block(3)]), [
    "written_state,permanent 1,3",
    "permanent 2",
  ]);
  assertEquals(found([block(1, { preallocated: true }), block(2, { state: "delalloc", pblk: null })]), []);
  assertEquals(found([block(1)], { end: "crash", crash: { step: 3 } }), ["written_state,after_crash 1"]);
  assertEquals(found([block(1)], { end: "crash", crash: { step: 3 } }, true), []);
});

Deno.test("an unwritten block is no anomaly where the data is on its way, or was cut off after the write", () => {
  const blocks = [block(0, { state: "unwritten" })];
  const found = (operations: Parameters<typeof record>[0], more = {}) =>
    checkBlockMaps(record(operations, untouchedFile(4, { blocks, ...more })), none).map(({ anomaly }) => anomaly);
  assertEquals(found([operation()]), ["UNCONVERTED"]);
  assertEquals(found([operation({ result: -5 })]), []);
  assertEquals(found([operation({ pos: 1 })]), []);
  const folio = {
    index: 0,
    uptodate: true,
    dirty: true,
    dirtyPte: false,
    locked: false,
    writeback: false,
    tokens: ["W(w,0)"],
  };
  assertEquals(found([operation()], { folios: [folio] }), []);
  const punch = operation({ name: "p", kind: "fallocate", begun: 3, result: 0, flags: ["FALLOC_FL_PUNCH_HOLE"] });
  assertEquals(found([operation(), punch]), []);
  assertEquals(found([{ ...punch, begun: 0, returned: 0 }, operation({ begun: 2 })]), ["UNCONVERTED"]);
});

Deno.test("a block that two files have is somebody's mistake unless they share it", () => {
  const files = [untouchedFile(1), untouchedFile(1, { name: "G" })];
  const shared = record([operation()], files[0], { files });
  assertEquals(checkBlockMaps(shared, none).map(({ text }) => text), [
    "block 0 of the device is block 0 of F and block 0 of G at once",
  ]);
  assertEquals(checkBlockMaps(shared, () => true), []);
});

Deno.test("an error of the device's is spurious unless it was injected in the operation's range", () => {
  const scenario = scenarioOf(
    'device: { errors: [{ at: "F[1]", op: write, error: EIO }] }\ntasks:\n  T1:\n    - pwrite: "F[0]"\n',
  );
  const found = (more: Parameters<typeof operation>[0], contract: "may_be_short" | "all_or_nothing" = "may_be_short") =>
    checkResults(record([operation(more)]), scenario, { transfers: contract }).map(({ anomaly }) => anomaly);
  assertEquals(found({ result: -5 }), ["SPURIOUS_ERROR"]);
  assertEquals(found({ result: -15 }), ["SPURIOUS_ERROR"]);
  assertEquals(found({ result: -5, pos: 1 }), []);
  assertEquals(found({ result: -5, len: 2 }), []);
  assertEquals(found({ result: -11 }), []);
  assertEquals(found({ kind: "fsync", result: -5, len: 0 }), []);
  assertEquals(found({ len: 2, result: 1 }), []);
  assertEquals(found({ len: 2, result: 1 }, "all_or_nothing"), ["SHORT_ON_SUCCESS"]);
  assertEquals(found({ len: 2, result: 2 }, "all_or_nothing"), []);
});

Deno.test("zeros over what somebody has written are told by who and why", () => {
  const zeroing = (more: Partial<Zeroing>): Zeroing => (
    { step: 3, operation: "T1#1", file: "F", sector: 0, over: "W(w,0)", reason: "new_block", ...more }
  );
  const found = (...zeroings: Zeroing[]) =>
    checkZeroings(record([operation()], untouchedFile(4), { zeroings }), OperationNames.of(SCENARIO))
      .map(({ anomaly, subject }) => `${anomaly} ${subject.operations} ${subject.sectors}`);
  assertEquals(found(zeroing({}), zeroing({})), ["LOST_CONVERT_DATA w,T1#1 0"]);
  assertEquals(found(zeroing({ reason: "sub_block" })), ["BLOCK_ZEROED_BY_PEER w,T1#1 0"]);
  assertEquals(found(zeroing({ reason: "sub_block", operation: "w" })), []);
  assertEquals(found(zeroing({ over: "STALE(1,1)" }), zeroing({ over: "0" }), zeroing({ reason: "punch" })), []);
  assertEquals(found(zeroing({ over: "I(F,0)" })), ["LOST_CONVERT_DATA T1#1 0"]);
});

Deno.test("content is told by where it came from", () => {
  const origin = (token: string, sector = 0) => originOf(token, "F", sector, SCENARIO);
  assertEquals(
    ["I(F,0)", "I(G,0)", "W(w,0)", "W(T1#0,0)", "0", "STALE(3,1)", "TORN(0|W(w,0))", "?"].map((token) => origin(token)),
    ["initial", "other_file", "w", "w", "zeros", "stale", "torn", "stale"],
  );
  assertEquals([origin("I(F,0)", 1), origin("W(w,0)", 1)], ["stale", "stale"]);
});

Deno.test("a record with nothing in it, or that no run can have, is refused", () => {
  const judges = judge({ scenario: SCENARIO });
  const refuses = (wrong: RunRecord, part: string) =>
    assertThrows(() => judges(wrong, (a, b) => a <= b), ImpossibleRecord, part);
  refuses(record([]), "it has no operations");
  refuses(record([operation(), operation()]), "w stands in it twice");
  refuses(record([operation({ begun: 5, returned: 4 })]), "w returned before it began");
  refuses(record([operation({ result: 2 })]), "w moved more than it was asked for");
  refuses(record([operation({ returned: null })]), "w has returned without a result");
  refuses(record([operation()], untouchedFile(4), { files: [] }), "nothing is said of any file");
  refuses(record([operation()], untouchedFile(4), { crash: { step: 1 } }), "it ends with complete and a crash");
});

Deno.test("a run whose locks were not recorded says that they were not judged", () => {
  const { facts } = judge({ scenario: SCENARIO })(record([operation()]), (a, b) => a <= b);
  assert(facts.includes("not judged: what is held and waited for was not recorded"), facts.join("\n"));
});

Deno.test("every anomaly is explained in two sentences", () => {
  for (const anomaly of ANOMALY_IDS) {
    const sentences = explain({ anomaly, text: "this has happened", subject: {} });
    assertEquals(sentences[0], "this has happened.");
    assertEquals(sentences.length, 2);
    assert(/^[A-Z].*[^.]\.$/.test(sentences[1]), sentences[1]);
    assert(anomalyInfo(anomaly).definition.length < 120);
  }
  assertEquals(anomalyInfo("I1").severity, "error");
  assertEquals(anomalyInfo("STALE_CACHE|LOST_UPDATE"), anomalyInfo("STALE_CACHE"));
});

Deno.test("a deadlock is explained by who waits for what", () => {
  const first = (text: string, subject: Parameters<typeof explain>[0]["subject"]) =>
    explain({ anomaly: "DEADLOCK", text, subject })[0];
  assertEquals(
    first("T1 holds page(F,0) waits page(F,0) (owner self)", {
      attributes: ["self"],
      tasks: ["T1"],
      resources: ["page(F,0)"],
    }),
    "T1 waits for page(F,0), which it holds itself.",
  );
  assertEquals(
    first("T1 holds a waits b (owner T2)\nT2 holds b waits a (owner T1)", {
      tasks: ["T1", "T2"],
      resources: ["b", "a"],
    }),
    "T1 and T2 wait for each other, each for what the other one holds: b and a.",
  );
  assertEquals(
    first("T3 waits IOLOCK(F) (owner T2, which has ended)", { tasks: ["T3"], resources: ["IOLOCK(F)"] }),
    "T3 waits for IOLOCK(F), and nobody will ever let it go on.",
  );
});

Deno.test("results that a system may give are no findings", () => {
  assertEquals(checkResults(record([operation({ len: 2, result: 1 })]), SCENARIO, MAY_BE_SHORT), []);
});
