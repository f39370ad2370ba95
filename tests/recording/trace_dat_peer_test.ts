/**
 * The trace.dat reader beside trace-cmd itself: on files made for the tests, and on the shared recordings where they
 * are. Takes a sample of the recordings; all of them with DIOSCOPE_ALL=1.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collect, collectBytes, type Row } from "./collect.ts";
import { difference, fieldsIn, parseReport, type RawLine } from "./report_raw.ts";
import { buildTraceDat, OPTION, type TraceDatSpec } from "./trace_dat_builder.ts";
import { describeMachine, entry, event, formatsOf, MACHINES } from "./trace_dat_helpers.ts";

const SAMPLE_SEED = 20;
const SAMPLE_SIZE = 8;

async function hasTraceCmd(): Promise<boolean> {
  try {
    // Whatever it answers: it is there.
    await new Deno.Command("trace-cmd", { args: ["--version"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

const PEER = await hasTraceCmd();

/** What trace-cmd says of a file: raw fields, times in nanoseconds. */
async function reportOf(bytes: Uint8Array): Promise<{ lines: RawLine[]; text: string }> {
  const path = await Deno.makeTempFile({ suffix: ".dat" });
  try {
    await Deno.writeFile(path, bytes);
    const { stdout } = await new Deno.Command("trace-cmd", { args: ["report", "-R", "-t", path], stderr: "null" })
      .output();
    const text = new TextDecoder().decode(stdout);
    return { lines: parseReport(text), text };
  } finally {
    await Deno.remove(path);
  }
}

/** Names of functions, which the report gives and the raw field does not. */
const isSymbol = (text: string) => /^[A-Za-z_][\w.]*(\+0x[0-9a-f]+)?$/.test(text);

/**
 * True where trace-cmd is wrong: XFS records names without a NUL, and trace-cmd goes on printing what lies behind them.
 */
function printsTooMuch(row: Row, different: string): boolean {
  if (!/^xfs_\w+\.(src_|target_|dst_)?name: /.test(different)) return false;
  const [, value, reported] = /name: (.*), reported (".*")$/s.exec(different) ?? [];
  return row.name.startsWith("xfs_") && (JSON.parse(reported) as string).startsWith(value);
}

// This build of trace-cmd may lack zlib; zstd and none it has.
for (const machine of MACHINES.filter(({ compression }) => compression !== "zlib")) {
  Deno.test({
    name: `trace-cmd reads what the builder makes as the reader does (${describeMachine(machine)})`,
    ignore: !PEER,
    async fn() {
      const { order, longBytes } = machine;
      const spec = event([
        { type: "u8", name: "a", size: 1 },
        { type: "int", name: "b", size: 4, signed: true },
        { type: "u64", name: "c", size: 8 },
        { type: "unsigned long", name: "d", size: longBytes },
        { type: "char[8]", name: "text", size: 8 },
        { type: "__data_loc char[]", name: "dynamic", size: 4 },
      ]);
      const at = (ts: bigint, i: number, pid: number) =>
        entry(spec, ts, { a: i, b: -i, c: BigInt(i) << 40n, d: i * 3, text: `t${i}`, dynamic: `dyn ${i}` }, order, {
          pid,
        });
      const pages = [
        { ts: 1n << 40n, entries: [at(1n << 40n, 1, 42), at((1n << 40n) + (1n << 35n), 2, 7)] },
        { ts: 1n << 41n, missed: 5n, entries: [at(1n << 41n, 3, 42)] },
      ];
      const base: Partial<TraceDatSpec> = {
        ...machine,
        formats: formatsOf(spec),
        cmdlines: "42 my task\n7 other\n",
        options: [{ id: OPTION.TRACECLOCK, body: "[mono]" }, { id: OPTION.CPUCOUNT, body: (w) => w.u32(2) }],
        buffers: [{ name: "", cpus: [{ cpu: 0, pages }, { cpu: 1, entries: [at((1n << 40n) + 5n, 4, 0)] }] }],
      };
      const shifts: TraceDatSpec["options"][] = [
        [],
        [{ id: OPTION.OFFSET, body: "-12345" }],
        [{ id: OPTION.DATE, body: "0x10" }],
        [{ id: OPTION.DATE, body: "-3" }, { id: OPTION.OFFSET, body: "7" }],
      ];
      for (const shift of shifts) {
        const { bytes } = buildTraceDat({ ...base, options: [...base.options!, ...shift] });
        const { lines, text } = await reportOf(bytes);
        const { rows, descriptions, lostEvents } = await collectBytes(traceDat, { "trace.dat": bytes });
        assertEquals(rows.length, 4);
        assertEquals(rows.map((row, i) => difference(row, lines[i], descriptions.get(row.name)!, isSymbol)), [
          "",
          "",
          "",
          "",
        ]);
        assertEquals(rows.map(({ comm }) => comm), lines.map(({ comm }) => comm));
        assertEquals([lostEvents, /\[5 EVENTS DROPPED\]/.test(text)], [5, true]);
      }
    },
  });
}

/** Recordings under a folder, by the file that holds the trace. */
function recordingsIn(root: string): { folder: string; file: string }[] {
  let names: string[];
  try {
    names = [...Deno.readDirSync(root)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const folder = `${root}/${name}`;
    const file = [...Deno.readDirSync(folder)].find((entry) => /^trace\.dat(\.gz)?$/.test(entry.name));
    return file === undefined ? [] : [{ folder, file: `${folder}/${file.name}` }];
  });
}

/** Some of the list, the same ones every time. */
function sampleOf<T>(list: T[], size: number): T[] {
  let random = SAMPLE_SEED;
  const left = [...list];
  const taken: T[] = [];
  while (taken.length < size && left.length > 0) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    taken.push(...left.splice(random % left.length, 1));
  }
  return taken;
}

const SHARED = [...recordingsIn("../shared/recordings"), ...recordingsIn("../shared/recordings-dax")];
const CHOSEN = Deno.env.get("DIOSCOPE_ALL") === "1" ? SHARED : sampleOf(SHARED, SAMPLE_SIZE);

for (const { folder, file } of CHOSEN) {
  Deno.test({
    name: `${folder.slice("../".length)} has the events that its notes say, with the fields that trace-cmd shows`,
    ignore: !PEER,
    async fn() {
      const meta = JSON.parse(Deno.readTextFileSync(`${folder}/meta.json`));
      const stored = Deno.readFileSync(file);
      const { lines } = await reportOf(file.endsWith(".gz") ? new Uint8Array(gunzipSync(stored)) : stored);
      const { rows, descriptions, diagnostics, lostEvents } = await collect(traceDat, [file]);
      assertEquals(rows.length, meta.trace?.events_in_report ?? meta.events_reported);
      assertEquals(rows.length, lines.length);
      assertEquals([lostEvents, diagnostics], [0, []]);
      let fields = 0;
      const different: string[] = [];
      rows.forEach((row, i) => {
        const description = descriptions.get(row.name)!;
        fields += fieldsIn(lines[i], description);
        const found = difference(row, lines[i], description, isSymbol);
        if (found !== "" && !printsTooMuch(row, found)) different.push(found);
      });
      assertEquals(different, []);
      assert(fields > 3 * rows.length, `${fields} fields compared`);
    },
  });
}
