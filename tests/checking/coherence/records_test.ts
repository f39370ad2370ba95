import { assertEquals } from "@std/assert";
import { asJudged, judgeCoherence } from "../../../src/checking/coherence/check_coherence.ts";
import type { FileRecord, OperationRecord, RunRecord } from "../../../src/systems/run_record.ts";
import { accesses, block, call, file, folio, INITIAL, read, run, tokensOf, write } from "./hand_made_records.ts";

function found(
  operations: readonly OperationRecord[],
  last: FileRecord | null,
  more: Partial<RunRecord> = {},
): string[] {
  const record = run(operations, last === null ? [] : [last], last === null ? { end: "cut_off", ...more } : more);
  return judgeCoherence(record).findings.map(asJudged).map(({ anomaly, subject }) =>
    [anomaly, ...subject.attributes!.map((word) => `(${word})`), ...subject.operations!].join(" ") +
    `[${subject.sectors!.join()}]`
  );
}

const W = tokensOf("T1#0", 0, 2);
const rest = INITIAL.slice(2);
const dio = write("T1#0", [0, 9], "direct", 0, 2);
const written = [...W, ...rest];

Deno.test("a coherent run has no findings", () => {
  assertEquals(found([dio, read("T2#0", [10, 12], "cached", 0, W)], file(written)), []);
  assertEquals(found([dio, read("T2#0", [5, 12], "cached", 0, INITIAL.slice(0, 2))], file(written)), []);
});

Deno.test("an older read is a stale cache when the block holds the write, a lost update when it does not", () => {
  const stale = read("T2#0", [10, 12], "cached", 0, INITIAL.slice(0, 2));
  assertEquals(found([dio, stale], file(written)), ["STALE_CACHE T2#0 T1#0[0,1]"]);
  assertEquals(found([dio, stale], file(INITIAL)), ["LOST_UPDATE T2#0 T1#0[0,1]", "LOST_UPDATE T1#0[0,1]"]);
  // A dirty folio will be written over the block.
  const last = file(written, { folios: [folio(0, INITIAL.slice(0, 2), { dirty: true })] });
  assertEquals(found([dio, stale], last), ["LOST_UPDATE T2#0 T1#0[0,1]", "LOST_UPDATE T1#0[0,1]"]);
});

Deno.test("without the end state a later direct read decides, or nothing does", () => {
  const stale = read("T2#0", [10, 12], "cached", 0, INITIAL.slice(0, 2));
  assertEquals(found([dio, stale], null), ["STALE_CACHE|LOST_UPDATE T2#0 T1#0[0,1]"]);
  assertEquals(found([dio, stale, read("T3#0", [20, 22], "direct", 0, W)], null), ["STALE_CACHE T2#0 T1#0[0,1]"]);
  assertEquals(
    found([dio, stale, read("T3#0", [20, 22], "direct", 0, INITIAL.slice(0, 2))], null)[0],
    "LOST_UPDATE T2#0 T1#0[0,1]",
  );
});

Deno.test("a direct read of what is only in a dirty page has missed the flush", () => {
  const operations = [
    write("T1#0", [0, 9], "cached", 0, 2),
    read("T2#0", [10, 12], "direct", 0, INITIAL.slice(0, 2)),
  ];
  const last = file(INITIAL, { folios: [folio(0, W, { dirty: true })] });
  assertEquals(found(operations, last), ["STALE_CACHE T2#0 T1#0[0,1]"]);
});

Deno.test("zeros of an unwritten extent are unconverted: for ever, or as long as a conversion is queued", () => {
  const zeros = call("T2#0", "pread", [10, 12], {
    direct: true,
    len: 2,
    reads: accesses("direct", 0, ["0", "0"]).map((each) => ({ ...each, zeroFrom: "unwritten" as const })),
  });
  const last = (queued: boolean, state: "unwritten" | "written") =>
    file(state === "written" ? written : ["0", "0", ...rest], {
      blocks: [block(0, { state, conversionQueued: queued }), block(1)],
    });
  assertEquals(found([dio, zeros], last(false, "written")), ["UNCONVERTED (window) T2#0 T1#0[0,1]"]);
  assertEquals(found([dio, zeros], last(true, "unwritten")), ["UNCONVERTED (window) T2#0 T1#0[0,1]"]);
  assertEquals(found([dio, zeros], last(false, "unwritten")), ["UNCONVERTED (permanent) T2#0 T1#0[0,1]"]);
});

Deno.test("a load through a page that the file no longer has is a stale mapping", () => {
  const load = read("T2#0", [10, 12], "mapped", 0, [INITIAL[0]]);
  const pte = {
    task: "T2",
    vpn: 0,
    index: 0,
    maps: "page(F,0)",
    current: false,
    tokens: INITIAL.slice(0, 2),
    private: false,
  };
  const ptes = (more: Partial<typeof pte>) => file(written, { ptes: [{ ...pte, ...more }] });
  assertEquals(found([dio, load], ptes({})), ["STALE_MAPPING T2#0 T1#0[0]", "STALE_MAPPING (state_form) T1#0[0,1]"]);
  assertEquals(found([dio], ptes({ private: true })), []);
  assertEquals(found([dio], ptes({ current: true })), []);
  assertEquals(found([dio, load], ptes({ current: true })), ["STALE_CACHE T2#0 T1#0[0]"]);
});

Deno.test("a clean folio that differs from its block is a stale cache though nobody read it", () => {
  const with_ = (more: Parameters<typeof folio>[2]) => file(written, { folios: [folio(0, INITIAL.slice(0, 2), more)] });
  assertEquals(found([dio], with_({})), ["STALE_CACHE (state_form) T1#0[0,1]"]);
  assertEquals(found([dio], with_({ uptodate: false })), []);
  assertEquals(found([dio], with_({ locked: true })), []);
  assertEquals(found([dio], file([...W, ...rest], { folios: [folio(0, W)] })), []);
  // Behind the end of the file nothing counts.
  assertEquals(found([dio], file(written, { size: 4, folios: [folio(2, ["X", "X"])] })), []);
});

Deno.test("a failed write may be there or not; a short one is done as far as it says", () => {
  const failed = write("T1#0", [0, 9], "direct", 0, 2, { result: -5 });
  assertEquals(found([failed], file(INITIAL)), []);
  assertEquals(found([failed], file([W[0], ...INITIAL.slice(1)])), []);
  const short = write("T1#0", [0, 9], "direct", 0, 2, { result: 1 });
  assertEquals(found([short], file(INITIAL)), ["LOST_UPDATE T1#0[0]"]);
  assertEquals(found([short], file([W[0], ...INITIAL.slice(1)])), []);
  assertEquals(found([short], file(written)), []);
});

Deno.test("a write that says it is done and wrote nothing is lost", () => {
  assertEquals(found([write("T1#0", [0, 9], "direct", 0, 2, { writes: [] })], file(INITIAL)), [
    "LOST_UPDATE T1#0[0,1]",
  ]);
});

Deno.test("an appending write counts where it went", () => {
  const more = { pos: 0, len: 2, flags: ["O_APPEND"], writes: accesses("cached", 4, tokensOf("T1#0", 4, 2)) };
  const appended = call("T1#0", "pwrite", [0, 9], more);
  assertEquals(found([appended], file([...INITIAL, ...tokensOf("T1#0", 4, 2)])), []);
  assertEquals(found([appended], file([...INITIAL, "0", "0"])), ["LOST_UPDATE T1#0[4,5]"]);
});

Deno.test("content of another file, another sector or a former owner is stale data", () => {
  for (const token of ["I(G,0)", "I(F,3)", "STALE(9,1)"]) {
    assertEquals(found([read("T1#0", [0, 2], "direct", 0, [token])], null), ["STALE_DATA T1#0[0]"]);
    assertEquals(found([], file([token, ...INITIAL.slice(1)])), ["STALE_DATA[0]"]);
  }
});

Deno.test("zeros where nobody made any are older than what was there", () => {
  const record = run([read("T1#0", [0, 2], "cached", 0, ["0"])], [file(INITIAL)]);
  assertEquals(judgeCoherence(record).findings.map(({ text }) => text), [
    "T1#0 (pread F[0..0]) returned 0 for sector 0 of F from the page cache where it had been I(F,0). " +
    "The block holds I(F,0): what served the read was neither updated nor invalidated.",
  ]);
});

Deno.test("what a write from a mapping takes along is its content, whoever wrote it first", () => {
  const copied = call("T1#0", "pwrite", [0, 9], { len: 1, writes: accesses("cached", 0, ["I(G,0)"]) });
  assertEquals(found([copied, read("T2#0", [10, 12], "cached", 0, ["I(G,0)"])], null), []);
});

Deno.test("a truncate and a punched hole leave zeros, and what was there does not come back", () => {
  const cut = call("T1#0", "ftruncate", [0, 5], { pos: 2, len: 0 });
  const grow = call("T1#1", "ftruncate", [6, 8], { pos: 4, len: 0 });
  assertEquals(found([cut, grow], file([...INITIAL.slice(0, 2), "0", "0"])), []);
  assertEquals(found([cut, grow], file(INITIAL)), ["LOST_UPDATE T1#0[2,3]"]);
  const flags = ["FALLOC_FL_PUNCH_HOLE", "FALLOC_FL_KEEP_SIZE"];
  const punch = call("T1#0", "fallocate", [0, 5], { pos: 0, len: 2, flags });
  assertEquals(found([punch], file(["0", "0", ...rest])), []);
  assertEquals(found([punch, read("T2#0", [6, 8], "cached", 0, INITIAL.slice(0, 2))], file(["0", "0", ...rest])), [
    "STALE_CACHE T2#0 T1#0[0,1]",
  ]);
});

Deno.test("a neighbour of a store that raced with a direct write of its page is judged, and said to be mixed", () => {
  const store = write("T2#0", [2, 11], "mapped", 1, 1);
  const last = file([INITIAL[0], "W(T2#0,1)", ...rest]);
  assertEquals(found([dio, store], last), ["LOST_UPDATE (mixed) T1#0[0]", "MIXED_RACE T1#0 T2#0[1]"]);
});

Deno.test("a write within a larger one is no mix, nor is what a third one wrote", () => {
  const large = write("T1#0", [0, 9], "direct", 0, 3);
  const small = write("T2#0", [1, 8], "direct", 1, 1);
  assertEquals(found([large, small], file(["W(T1#0,0)", "W(T2#0,1)", "W(T1#0,2)", INITIAL[3]])), []);
  const other = write("T2#0", [1, 8], "direct", 0, 2);
  const third = write("T3#0", [2, 7], "direct", 1, 1);
  assertEquals(found([dio, other], file(["W(T1#0,0)", "W(T2#0,1)", ...rest])), ["OVERLAP_MIX T1#0 T2#0[0,1]"]);
  assertEquals(found([dio, other, third], file(["W(T1#0,0)", "W(T2#0,1)", ...rest])), []);
});

Deno.test("reads tell the size, unless a fault or an error stopped them", () => {
  const grown = call("T1#0", "pwrite", [0, 9], {
    pos: 4,
    len: 2,
    writes: accesses("cached", 4, tokensOf("T1#0", 4, 2)),
  });
  const last = file([...INITIAL, ...tokensOf("T1#0", 4, 2)]);
  const short = (more: Partial<OperationRecord>) =>
    read("T2#0", [10, 12], "cached", 4, [], { len: 2, result: 0, ...more });
  assertEquals(found([grown, short({})], last), ["WRONG_SIZE T2#0[]"]);
  assertEquals(found([grown, short({ stoppedBy: "fault" })], last), []);
  assertEquals(found([grown, { ...short({}), begun: 5 }], last), []);
  // A write makes a file longer by and by.
  const half = read("T2#0", [5, 12], "cached", 4, ["W(T1#0,4)"], { len: 2, result: 1 });
  assertEquals(found([grown, half], last), []);
});

Deno.test("what is not modelled is said and not judged", () => {
  const flags = ["FALLOC_FL_COLLAPSE_RANGE"];
  const record = run([call("T1#0", "fallocate", [0, 5], { pos: 0, len: 2, flags })], [file(rest)]);
  assertEquals(judgeCoherence(record), {
    findings: [],
    notes: ["F is not judged: what T1#0 (fallocate F[0..1]) does is not modelled"],
  });
});
