/** Results files in which bits have flipped: every block has a checksum, so it is found out, and the file is named. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { rowsOf } from "../results/results_files.ts";

const DAMAGED = /^dioscope: cannot read [^\n]*bad\.duckdb: [^\n]+\n$/;

/** A DuckDB file is three headers of 4 KiB, then blocks. */
const HEADERS_BYTES = 3 * 4096;
const BLOCK_BYTES = 65536;

/** How often a bit is flipped: `DIOSCOPE_FLIPS=500 deno task test` does it longer. */
const TIMES = Number(Deno.env.get("DIOSCOPE_FLIPS") ?? "6");

const SUM = "SELECT count(*) AS n, sum(ts_ns) AS t, sum(bytes) AS b FROM event";

Deno.test("a bit that flips anywhere in a results file is found out and the file named, or nothing comes of it", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-ext4/trace.dat");
    const good = Deno.readFileSync(path);
    const ask = (file: string) => runCli(["query", file, SUM, "--format", "csv"], { folder });
    const answer = (await ask(path)).stdout;
    const random = new RandomSource(13);
    for (let nth = 0; nth < TIMES; nth++) {
      const bytes = good.slice();
      const [at, bit] = [random.below(bytes.length), random.below(8)];
      bytes[at] ^= 1 << bit;
      Deno.writeFileSync(`${folder}/bad.duckdb`, bytes);
      const { code, stdout, stderr } = await ask("bad.duckdb");
      const flipped = `bit ${bit} of byte ${at}: status ${code}: ${stdout}${stderr}`;
      assert(code === 0 ? stdout === answer && stderr === "" : code === 3 && DAMAGED.test(stderr), flipped);
    }
  });
});

/** Whatever reads rows of events. */
const READERS: string[][] = [
  ["query", "bad.duckdb", SUM],
  ["query", "bad.duckdb", SUM, "--engine", "native"],
  ["report", "bad.duckdb", "--out", "report.html"],
  ["export", "bad.duckdb", "--csv", "csv"],
  ["export", "bad.duckdb", "--parquet", "parquet"],
  ["export", "bad.duckdb", "--chrome-trace", "trace.json"],
  ["diff", "good.duckdb", "bad.duckdb"],
  ["diff", "bad.duckdb", "good.duckdb", "--engine", "native"],
];

Deno.test("damage among the rows is one line and status 3 of every command that reads them, and nothing is written", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-ext4/trace.dat");
    const [[block]] = await rowsOf(
      path,
      "SELECT block_id FROM pragma_storage_info('results.store.event') WHERE column_name = 'ts_ns' AND block_id >= 0",
    );
    const bytes = Deno.readFileSync(path);
    Deno.writeFileSync(`${folder}/good.duckdb`, bytes);
    bytes[HEADERS_BYTES + Number(block) * BLOCK_BYTES + 100] ^= 1;
    Deno.writeFileSync(`${folder}/bad.duckdb`, bytes);
    for (const args of READERS) {
      const { code, stderr } = await runCli(args, { folder });
      assertEquals(code, 3, `${args.join(" ")}: ${stderr}`);
      assertMatch(stderr, DAMAGED);
      assertMatch(stderr, /: the file is damaged, as a checksum tells: make it anew\n$/);
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["bad.duckdb", "good.duckdb"]);
    }
  });
});
