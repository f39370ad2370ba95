import { assert, assertEquals } from "@std/assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collect, collectBytes, type Collected, type Row } from "./collect.ts";
import { difference, fieldsIn, parseReport, type RawLine } from "./report_raw.ts";

/** A file of a recording, shipped or shared, plain or packed; null where it is not there. */
function find(...names: string[]): string | null {
  for (const root of ["traces", "../shared/recordings", "../shared/recordings-dax"]) {
    for (const name of names) {
      for (const path of [`${root}/${name}`, `${root}/${name}.gz`]) {
        try {
          if (Deno.statSync(path).isFile) return path;
        } catch {
          // Not there.
        }
      }
    }
  }
  return null;
}

function readText(path: string): string {
  const bytes = Deno.readFileSync(path);
  return new TextDecoder().decode(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** Names of functions, which the report gives and the raw field does not. */
const isSymbol = (text: string) => /^[A-Za-z_][\w.]*(\+0x[0-9a-f]+)?$/.test(text);

/** The report prints microseconds, rounded, where it was not asked for nanoseconds. */
function atReportedTime(row: Row, line: RawLine): Row {
  return line.ts % 1000n === 0n ? { ...row, ts: (row.ts + 500n) / 1000n * 1000n } : row;
}

const WITH_REPORT = [
  ["hello-ext4", "report.raw.txt"],
  ["rw-ext4-dax", "report-raw.txt"],
];

for (const [folder, report] of WITH_REPORT) {
  const dat = find(`${folder}/trace.dat`);
  const text = find(`${folder}/${report}`);
  Deno.test({
    name: `fields of ${folder} are those that trace-cmd report -R shows`,
    ignore: dat === null || text === null,
    async fn() {
      const { rows, descriptions, diagnostics } = await collect(traceDat, [dat!]);
      const lines = parseReport(readText(text!));
      assertEquals(rows.length, lines.length);
      let fields = 0;
      const different = rows.map((row, i) => {
        fields += fieldsIn(lines[i], descriptions.get(row.name)!);
        return difference(atReportedTime(row, lines[i]), lines[i], descriptions.get(row.name)!, isSymbol);
      });
      assertEquals(different.filter((text) => text !== ""), []);
      assert(fields > 3 * rows.length, `${fields} fields compared`);
      assertEquals(diagnostics, []);
    },
  });
}

const MADE_ALIKE = ["trace.dat", "trace.v6.dat", "trace.v7none.dat"].map((name) => find(`hello-ext4/${name}`));

Deno.test({
  name: "versions 6 and 7, packed and not, of one buffer give the same rows",
  ignore: MADE_ALIKE.includes(null),
  async fn() {
    const [zstd, v6, none] = await Promise.all(MADE_ALIKE.map((path) => collect(traceDat, [path!])));
    assertEquals([zstd, v6, none].map(({ facts }) => facts.format), ["trace.dat v7", "trace.dat v6", "trace.dat v7"]);
    assertEquals(v6.rows, zstd.rows);
    assertEquals(none.rows, zstd.rows);
    assertEquals(none.symbols, zstd.symbols);
    assertEquals([zstd, v6, none].map(({ diagnostics }) => diagnostics), [[], [], []]);
  },
});

const HELLO = find("hello-ext4/trace.dat");

Deno.test({
  name: "a trace.dat in gzip is read as the plain one",
  ignore: HELLO === null,
  async fn() {
    const plain = await collect(traceDat, [HELLO!]);
    const packed = await collectBytes(traceDat, {
      "trace.dat.gz": new Uint8Array(gzipSync(Deno.readFileSync(HELLO!))),
    });
    assertEquals(packed, plain);
  },
});

Deno.test({
  name: "a trace.dat in gzip that is cut keeps what comes before, and says that it is cut",
  ignore: HELLO === null,
  async fn() {
    const v6 = gunzipSync(Deno.readFileSync(find("hello-ext4/trace.v6.dat")!));
    const whole = await collectBytes(traceDat, { "trace.dat": new Uint8Array(v6) });
    const packed = new Uint8Array(gzipSync(v6));
    const cut = await collectBytes(traceDat, { "trace.dat.gz": packed.subarray(0, packed.length - 1500) });
    assert(cut.rows.length > 0 && cut.rows.length < whole.rows.length, `${cut.rows.length} rows`);
    assertEquals(new Set(cut.diagnostics.map(({ code }) => code)), new Set(["truncated"]));
    for (const cpu of [0, 1]) {
      const own = (collected: Collected) =>
        collected.rows.filter((row) => row.cpu === cpu).map(({ seq: _, ...rest }) => rest);
      assertEquals(own(cut), own(whole).slice(0, own(cut).length));
    }
  },
});

Deno.test({
  name: "a trace.dat on standard input is read as the file",
  ignore: HELLO === null,
  async fn() {
    const script = `
      import { collect } from ${JSON.stringify(new URL("./collect.ts", import.meta.url).href)};
      import { traceDat } from ${
      JSON.stringify(new URL("../../src/recording/trace_dat/reader.ts", import.meta.url).href)
    };
      const { rows } = await collect(traceDat, ["-"]);
      const text = JSON.stringify(rows, (_, value) => typeof value === "bigint" ? String(value) : value);
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
      console.log(rows.length, new Uint8Array(digest).toHex());`;
    const run = async (stdin: Uint8Array) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--config", "deno.json", script],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const writer = child.stdin.getWriter();
      // In small pieces, as a pipe may give them.
      for (let at = 0; at < stdin.length; at += 10_007) await writer.write(stdin.subarray(at, at + 10_007));
      await writer.close();
      return new TextDecoder().decode((await child.output()).stdout).trim();
    };
    const bytes = Deno.readFileSync(HELLO!);
    const { rows } = await collect(traceDat, [HELLO!]);
    const text = JSON.stringify(rows, (_, value) => typeof value === "bigint" ? String(value) : value);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const want = `${rows.length} ${
      Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("")
    }`;
    assertEquals(await run(bytes), want);
    assertEquals(await run(new Uint8Array(gzipSync(bytes))), want);
  },
});

const FLAGS_TEXT = find("hello-ext4/trace.txt");

Deno.test({
  name: "flags are the characters that the kernel printed of the same buffer",
  ignore: HELLO === null || FLAGS_TEXT === null,
  async fn() {
    const { rows } = await collect(traceDat, [HELLO!]);
    const printed = readText(FLAGS_TEXT!).split("\n").flatMap((line) => /\[\d+\] (\S{5}) /.exec(line)?.[1] ?? []);
    assertEquals(rows.map(({ flags }) => flags), printed);
  },
});
