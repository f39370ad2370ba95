import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { collectBytes, type Collected, type Row } from "./collect.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (lines: string[]): Promise<Collected> =>
  collectBytes(blkparseFormat, { "blkparse.txt": encode(lines.map((line) => `${line}\n`).join("")) });

const HEAD = "  8,0    3        9     0.009876543   697";

/** Row of a line that must be good. */
async function rowOf(rest: string): Promise<Row> {
  const { rows, diagnostics } = await read([`${HEAD} ${rest}`]);
  assertEquals(diagnostics, []);
  assertEquals(rows.length, 1, rest);
  return rows[0];
}

const SUMMARY = `CPU0 (sda):
 Reads Queued:           4,       36KiB\t Writes Queued:           6,       28KiB
 Read Dispatches:        5,       36KiB\t Write Dispatches:        4,       24KiB
 Reads Requeued:         0\t\t Writes Requeued:         0
 Reads Completed:        0,        0KiB\t Writes Completed:        0,        0KiB
 Read Merges:            0,        0KiB\t Write Merges:            1,        4KiB
 Read depth:             1        \t Write depth:             2
 PC Reads Queued:        1,        0KiB\t PC Writes Queued:        0,        0KiB
 PC Read Disp.:          2,        0KiB\t PC Write Disp.:          0,        0KiB
 PC Reads Req.:          1\t\t PC Writes Req.:          0
 PC Reads Compl.:        2\t\t PC Writes Compl.:        0
 IO unplugs:             7        \t Timer unplugs:           0
kworker/0:1H (813, ...)
 Allocation wait:        0        \t Allocation wait:         0
 Dispatch wait:          0        \t Dispatch wait:           0
 Completion wait:        0        \t Completion wait:         0

Total (sda):
 IO unplugs:             8        \t Timer unplugs:           0

Throughput (R/W): 5142KiB/s / 5142KiB/s
Events (sda): 1 entries
Skips: 0 forward (0 -   0.0%)
Input file sda.blktrace.0 added`.split("\n");

Deno.test("the head of a line gives device, CPU, number, time, task and flags", async () => {
  const row = await rowOf(" G FWFSM 223490 + 8 [kjournald]");
  assertEquals(
    [row.dev, row.cpu, row.ts, row.pid, row.comm, row.name, row.action, row.rwbs, row.source, row.raw.sequence],
    ["8:0", 3, 9_876_543n, 697, "kjournald", "blk_ta_getrq", "G", "FWFSM", "blktrace", 9],
  );
  assertEquals([row.sector, row.bytes, row.ret], [223490n, 4096n, null]);
});

Deno.test("columns may touch their widths", async () => {
  const { rows } = await read([
    "259,1048575 128 4294967295 2147483647.999999999 4194304 UT   N [x] 3",
    "  8,16   0       -1 12345.000000001 12345678  Q RAM 18446744073709551615 + 8388607 [y]",
  ]);
  assertEquals(rows.map((r) => [r.dev, r.cpu, r.raw.sequence, r.ts, r.pid, r.sector, r.bytes]), [
    ["259:1048575", 128, 4294967295, 2_147_483_647_999_999_999n, 4194304, null, null],
    ["8:16", 0, 4294967295, 12_345_000_000_001n, 12345678, -1n, 4294966784n],
  ]);
});

const REQUESTS: [string, string][] = [
  ["Q", "blk_ta_queue"],
  ["M", "blk_ta_backmerge"],
  ["F", "blk_ta_frontmerge"],
  ["G", "blk_ta_getrq"],
  ["S", "blk_ta_sleeprq"],
  ["D", "blk_ta_issue"],
  ["I", "blk_ta_insert"],
  ["B", "blk_ta_bounce"],
];
for (const [letter, name] of REQUESTS) {
  Deno.test(`${letter} is ${name}, with or without a place`, async () => {
    const row = await rowOf(` ${letter}  WS 8 + 16 [fio]`);
    assertEquals([row.name, row.sector, row.bytes, row.comm], [name, 8n, 8192n, "fio"]);
    const bare = await rowOf(` ${letter}  FN [fio]`);
    assertEquals([bare.name, bare.sector, bare.bytes, bare.rwbs], [name, null, 0n, "FN"]);
  });
}

Deno.test("completions and requeues have a result", async () => {
  const rows = await Promise.all([
    " C   R 8 + 16 [0]",
    " C  FN 0 [0]",
    " C  WS 8 + 16 [65531]",
    " C  WS 8 + 16 [-28]",
    " R   W 8 + 16 [0]",
    "ZA  ZA 8 + 16 [0]",
  ].map(rowOf));
  assertEquals(rows.map((r) => [r.name, r.sector, r.bytes, r.ret, r.comm]), [
    ["blk_ta_complete", 8n, 8192n, 0n, null],
    ["blk_ta_complete", 0n, 0n, 0n, null],
    ["blk_ta_complete", 8n, 8192n, -5n, null],
    ["blk_ta_complete", 8n, 8192n, -28n, null],
    ["blk_ta_requeue", 8n, 8192n, 0n, null],
    ["blk_ta_zone_append", 8n, 8192n, 0n, null],
  ]);
});

Deno.test("plugs, unplugs, splits, remaps and messages have what belongs to them", async () => {
  const rows = await Promise.all([
    " P   N [fio]",
    " U   N [fio] 3",
    "UT   N [swapper] 16",
    " X  WS 223490 / 223494 [fio]",
    " A  WS 223490 + 8 <- (253,2) 1000",
    " m   N cfq697A / sorted=1 [x] ",
    "ZP   W [fio]",
    "ZU   W [fio] 0",
  ].map(rowOf));
  assertEquals(
    rows.map(({ name, sector, bytes, comm, raw: { sequence: _, ...raw } }) => [name, sector, bytes, comm, raw]),
    [
      ["blk_ta_plug", null, null, "fio", {}],
      ["blk_ta_unplug_io", null, null, "fio", { depth: 3n }],
      ["blk_ta_unplug_timer", null, null, "swapper", { depth: 16n }],
      ["blk_ta_split", 223490n, null, "fio", { new_sector: 223494n }],
      ["blk_ta_remap", 223490n, 4096n, null, { old_dev: 253 << 20 | 2, old_sector: 1000n }],
      ["blk_tn_message", null, null, null, { text: "cfq697A / sorted=1 [x] " }],
      ["blk_ta_zone_plug", null, null, "fio", {}],
      ["blk_ta_zone_unplug", null, null, "fio", { depth: 0n }],
    ],
  );
});

Deno.test("packet commands have bytes and a payload, and no place", async () => {
  const rows = await Promise.all([
    " D   R 96 (12 01 00 00 60 00 ..) [smartd]",
    " I   R 96 [smartd]",
    " C   R (12 01 00 00 60 00 ..) [4]",
    " C   R [4]",
  ].map(rowOf));
  assertEquals(rows.map((r) => [r.sector, r.bytes, r.comm, r.ret, r.raw.pdu_hex ?? null]), [
    [null, 96n, "smartd", null, "12 01 00 00 60 00 .."],
    [null, 96n, "smartd", null, null],
    [null, null, null, 4n, "12 01 00 00 60 00 .."],
    [null, null, null, 4n, null],
  ]);
});

Deno.test("times that option -t adds are kept", async () => {
  const rows = await Promise.all([
    " D  WS 8 + 16 ( 1234567) [fio]",
    " D  FN (      12) [fio]",
    " C  WS 8 + 16 (18446744069421987062) [0]",
    " C  FN 0 (     171) [0]",
  ].map(rowOf));
  assertEquals(rows.map((r) => r.raw.elapsed_ns), [1234567n, 12n, 18446744069421987062n, 171n]);
});

Deno.test("a message of a cgroup names it before the letter", async () => {
  const row = await rowOf("1a2b,7  m   N bfq dispatched");
  assertEquals([row.name, row.raw.cgroup_id, row.raw.text], ["blk_tn_message", 0x7_0000_1a2bn, "bfq dispatched"]);
});

Deno.test("task names may hold blanks, brackets and numbers; (null) is none", async () => {
  for (const comm of ["a b", "a] [b", "[x]", "x] 3", "", "kworker/0:1H-events [3]"]) {
    assertEquals((await rowOf(` Q   R 8 + 8 [${comm}]`)).comm, comm);
    const unplug = await rowOf(` U   N [${comm}] 5`);
    assertEquals([unplug.comm, unplug.raw.depth], [comm, 5n]);
  }
  assertEquals((await rowOf(" Q   R 8 + 8 [(null)]")).comm, null);
});

Deno.test("text of the ftrace tracer in blkparse's form has no number", async () => {
  const { rows, diagnostics } = await read([
    "# tracer: blk",
    "#",
    "# DEV   CPU TIMESTAMP     PID ACT FLG",
    "  8,0    3     0.000000001   697  Q   R 8 + 8 [fio]",
  ]);
  assertEquals(rows.map((r) => [r.cpu, r.ts, r.raw.sequence ?? null]), [[3, 1n, null]]);
  assertEquals(diagnostics, []);
});

Deno.test("the sums around the events are passed over in silence", async () => {
  const { rows, diagnostics, skippedRecords } = await read([
    "Input file sda.blktrace.0 added",
    `${HEAD}  Q   R 8 + 8 [fio]`,
    ...SUMMARY,
  ]);
  assertEquals([rows.length, diagnostics, skippedRecords], [1, [], 0]);
});

Deno.test("records that blkparse missed are lost events", async () => {
  const skips = ["Events (sda): 1,234 entries", "Skips: 7 forward (1,120 -  47.6%)"];
  const { diagnostics, lostEvents } = await read([`${HEAD}  Q   R 8 + 8 [fio]`, ...skips]);
  assertEquals(lostEvents, 1120);
  assertEquals(diagnostics.map((d) => [d.severity, d.code, d.count]), [
    ["data_loss", "sequence_gap", 1120],
    ["info", "events_not_printed", 1233],
  ]);
});

Deno.test("a line that is no event is counted with the number of the first", async () => {
  const { rows, diagnostics, skippedRecords } = await read([
    `${HEAD}  Q   R 8 + 8 [fio]`,
    `${HEAD}  Q   R 8 + 8 [fi`,
    `${HEAD}  Q   R 8 + [fio]`,
    `${HEAD}  V   R 8 + 8 [fio]`,
    `${HEAD}  X   R 8 + 8 [fio]`,
    "something else",
    `${HEAD}  C   R 8 + 8 [0]`,
  ]);
  assertEquals([rows.length, skippedRecords], [2, 5]);
  assertEquals(diagnostics.map((d) => [d.severity, d.code, d.count]), [["error", "bad_line", 5]]);
  assertStringIncludes(diagnostics[0].position, "line 2");
});

Deno.test("line ends of another system and packed text are read", async () => {
  const text = encode(`${HEAD}  Q   R 8 + 8 [fio]\r\n${HEAD}  C   R 8 + 8 [0]\r\n`);
  const { rows, diagnostics } = await collectBytes(blkparseFormat, { "b.txt.gz": new Uint8Array(gzipSync(text)) });
  assertEquals(rows.map((r) => r.comm), ["fio", null]);
  assertEquals(diagnostics, []);
});

Deno.test("default output is recognised, also when it begins with sums, is damaged here and there, or is all sums", () => {
  const sniff = (lines: string[]) => blkparseFormat.sniff(encode(lines.join("\n")));
  const event = `${HEAD}  Q   R 8 + 8 [fio]`;
  assert(sniff([event]));
  assert(sniff(["Input file sda.blktrace.0 added", event]));
  assert(sniff([event, "rubbish", event, event]));
  assert(sniff([`${HEAD}  Q   R 8 + 8 [f\0\0o]`]));
  assert(sniff(SUMMARY));
});

Deno.test("output in a format of its own is refused with what to do instead", () => {
  const custom = [
    "  8,0   0.000000000 Q RM 80",
    "Q|0.000000000|8,0|RM|80|8",
  ];
  for (const line of custom) {
    const head = encode(Array.from({ length: 5 }, () => `${line}\n`).join(""));
    assertThrows(() => blkparseFormat.sniff(head), UnreadableInput, "without these options");
  }
  const withSums = encode(["80 8 R", "88 8 R", ...SUMMARY].join("\n"));
  assertThrows(() => blkparseFormat.sniff(withSums), UnreadableInput, "without these options");
});

Deno.test("text of other tools is not taken for it", () => {
  const others = [
    "# tracer: nop\n#\n           wl-a-31262   [000] ..... 3021.958423: block_bio_queue: 7,0 RM 80 + 8 [wl-a]\n",
    "# tracer: blk\n#\n           wl-a-31262   [000] ..... 3021.958423:   7,0    Q  RM 80 + 8 [wl-a]\n",
    "wl-a 31262 [000] 3021.958423275: block:block_rq_issue: 7,0 RM 4096 () 80 + 8 be,0,4 [wl-a]\n",
    "cpus=2\n            wl-a-31262 [000]  3021.958423: block_rq_issue:       7,0 RM 4096 () 80 + 8 [wl-a]\n",
    "hello, world\n",
    "",
    '{"id": 1}\n',
  ];
  for (const text of others) assert(!blkparseFormat.sniff(encode(text)), text);
});

Deno.test("an event in a line without an end is told of", async () => {
  const text = `${HEAD}  Q   R 8 + 8 [fio]\n${HEAD}  C   R 8 + 8 [0]`;
  const { rows, diagnostics } = await collectBytes(blkparseFormat, { "b.txt": encode(text) });
  assertEquals(rows.length, 2);
  assertEquals(diagnostics.map(({ code, severity, count }) => [code, severity, count]), [[
    "line_unended",
    "warning",
    1,
  ]]);
  const whole = await collectBytes(blkparseFormat, { "b.txt": encode(`${text}\n`) });
  assertEquals(whole.diagnostics, []);
});
