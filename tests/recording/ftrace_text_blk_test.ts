import { assertEquals } from "@std/assert";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { collect, type Row } from "./collect.ts";
import { diagnosticOf, plain, readLine, readText, scenariosWith } from "./ftrace_text_helpers.ts";

const HEAD = "         wl-main-31262   [000] d..1.  3021.958423: ";

const columns = (row: Row) => [row.name, row.action, row.dev, row.rwbs, row.sector, row.bytes, row.ret];

Deno.test("every action of the tracer blk is read with what it says", async () => {
  const cases: [string, unknown[], Record<string, unknown>][] = [
    ["  7,0    Q  RM 80 + 8 [wl-main]", ["blk_ta_queue", "Q", "7:0", "RM", 80n, 4096n, null], {}],
    ["  7,0    G  RM 80 + 8 [wl-main]", ["blk_ta_getrq", "G", "7:0", "RM", 80n, 4096n, null], {}],
    ["  7,0    M  WS 88 + 8 [wl-main]", ["blk_ta_backmerge", "M", "7:0", "WS", 88n, 4096n, null], {}],
    ["  7,0    F  WS 88 + 8 [wl-main]", ["blk_ta_frontmerge", "F", "7:0", "WS", 88n, 4096n, null], {}],
    ["  7,0    I  WS 88 + 8 [wl-main]", ["blk_ta_insert", "I", "7:0", "WS", 88n, 4096n, null], {}],
    ["  7,0    S  WS 88 + 8 [wl-main]", ["blk_ta_sleeprq", "S", "7:0", "WS", 88n, 4096n, null], {}],
    ["  7,0    B  WS 88 + 8 [wl-main]", ["blk_ta_bounce", "B", "7:0", "WS", 88n, 4096n, null], {}],
    ["  7,0    D  FN [wl-main]", ["blk_ta_issue", "D", "7:0", "FN", null, 0n, null], {}],
    ["  7,0    C  RM 80 + 8 [0]", ["blk_ta_complete", "C", "7:0", "RM", 80n, 4096n, 0n], {}],
    ["  7,0    C  WS 80 + 8 [-5]", ["blk_ta_complete", "C", "7:0", "WS", 80n, 4096n, -5n], {}],
    ["  7,0    C  FN 0 [0]", ["blk_ta_complete", "C", "7:0", "FN", 0n, 0n, 0n], {}],
    ["  7,0    R  WS 80 + 8 [0]", ["blk_ta_requeue", "R", "7:0", "WS", 80n, 4096n, 0n], {}],
    ["  7,0    P   N [wl-main]", ["blk_ta_plug", "P", "7:0", "N", null, null, null], {}],
    ["  7,0    U   N [wl-main] 3", ["blk_ta_unplug_io", "U", "7:0", "N", null, null, null], { depth: 3 }],
    ["  7,0   UT   N [wl-main] 3", ["blk_ta_unplug_timer", "UT", "7:0", "N", null, null, null], { depth: 3 }],
    ["  7,0    X  WS 80 / 88 [wl-main]", ["blk_ta_split", "X", "7:0", "WS", 80n, null, null], { new_sector: 88 }],
    [
      "  8,16   A  WS 4096 + 8 <- (8,17) 2048",
      ["blk_ta_remap", "A", "8:16", "WS", 4096n, 4096n, null],
      { old_dev: (8 << 20) | 17, old_sector: 2048 },
    ],
    ["  7,0    m   N cfq1 [x]: y ", ["blk_tn_message", "m", "7:0", "N", null, null, null], { text: "cfq1 [x]: y" }],
    ["  8,0    D   R 36 (12 00 00 00 ..) [wl-main]", ["blk_ta_issue", "D", "8:0", "R", null, 36n, null], {
      pdu_hex: "12 00 00 00 ..",
    }],
    ["  8,0    C   R (12 00 ..) [0]", ["blk_ta_complete", "C", "8:0", "R", null, 0n, 0n], { pdu_hex: "12 00 .." }],
  ];
  for (const [body, expected, raw] of cases) {
    const row = await readLine(ftraceText, HEAD + body);
    assertEquals([columns(row), plain(row.raw)], [expected, raw], body);
  }
});

Deno.test("another task than the head's is kept", async () => {
  const row = await readLine(ftraceText, `${HEAD}  7,0    Q  RM 80 + 8 [some [one] else]`);
  assertEquals(row.raw, { comm_field: "some [one] else" });
});

Deno.test("cgroups are read as numbers or paths, and action names of option verbose as letters", async () => {
  const id = await readLine(ftraceText, `${HEAD}  7,0 1f,1   Q  WS 80 + 8 [wl-main]`);
  assertEquals([columns(id)[0], id.raw], ["blk_ta_queue", { cgroup: "1f,1" }]);
  const path = await readLine(ftraceText, `${HEAD}  7,0 /user.slice  D  WS 80 + 8 [wl-main]`);
  assertEquals([columns(path)[0], path.raw], ["blk_ta_issue", { cgroup: "/user.slice" }]);
  const verbose = await readLine(ftraceText, `${HEAD}  7,0 backmerge  WS 80 + 8 [wl-main]`);
  assertEquals(columns(verbose), ["blk_ta_backmerge", "M", "7:0", "WS", 80n, 4096n, null]);
});

Deno.test("option blk_classic has lines without a head", async () => {
  const all = await readText(
    ftraceText,
    "# tracer: blk\n#\n  7,0    1  3021.958423017 31262  Q  RM 80 + 8 [wl-main]\n",
  );
  const [row] = all.rows;
  assertEquals([columns(row)[0], row.cpu, row.pid, row.ts, row.raw], [
    "blk_ta_queue",
    1,
    31262,
    3021958423017n,
    { comm_field: "wl-main" },
  ]);
});

Deno.test("a payload that is not understood is kept as text", async () => {
  const row = await readLine(ftraceText, `${HEAD}  7,0    Q  RM eighty`);
  assertEquals([row.name, row.raw], ["blk_ta_queue", { text: "eighty" }]);
});

Deno.test("an indented body that is none of blk's is kept", async () => {
  const all = await readText(ftraceText, `${HEAD}  31262:120:S ==> [000]  4794:120:R jbd2\n`);
  assertEquals(all.rows.map((r) => [r.name, r.raw.text]), [["unnamed", "  31262:120:S ==> [000]  4794:120:R jbd2"]]);
  assertEquals(diagnosticOf(all, "text_not_split"), { severity: "info", count: 1 });
});

Deno.test("the text of tracer blk and its binary records are the same events", async () => {
  const sets = scenariosWith("blktrace").flatMap((scenario) => {
    const folder = scenario.file("blktrace");
    const names = folder === null ? [] : [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    const text = names.find((name) => name.startsWith("blk-tracer.txt"));
    const files = names.filter((name) => /^dev\.blktrace\.\d+/.test(name)).map((name) => `${folder}/${name}`);
    return text === undefined || files.length === 0 ? [] : [{ name: scenario.name, text: `${folder}/${text}`, files }];
  });
  for (const { name, text, files } of sets) {
    const lines = await collect(ftraceText, [text]);
    const records = await collect(blktraceFormat, files);
    const summary = (row: Row, ts: bigint) =>
      [ts, row.cpu, row.pid, ...columns(row), row.raw.depth ?? null, row.raw.new_sector ?? null].join(" ");
    // The text rounds to microseconds; the binary has the time that the record itself was made with.
    const byCpu = (rows: Row[]) =>
      rows.map((row) => summary({ ...row, bytes: row.name === "blk_ta_split" ? null : row.bytes }, 0n))
        .sort();
    assertEquals(lines.diagnostics, [], name);
    assertEquals(byCpu(lines.rows), byCpu(records.rows), name);
  }
});
