import { assert, assertEquals, assertMatch } from "@std/assert";
import { asked, lines, type Row, type Rows } from "../results/analysed.ts";
import { inFolder, runCli } from "./run_cli.ts";

const MIX = "{direct_read: 2, direct_write: 2, buffered_read: 2, buffered_write: 2, load: 1, store: 1, fsync: 0.1}";

const WHOLE = `# All kinds of operations, and anomalies.
seed: 5
operations: 400
mix: ${MIX.replace("fsync", "truncate: 0.1, fsync")}
file: {size: 524288}
anomalies: {stale_cache: 3, lost_update: 2, io_error: 1}
`;

const LOSSY = `seed: 6
operations: 400
mix: ${MIX}
cpus: 3
losses: [{after_operations: 150, cpu: 1, events: 40}, {after_operations: 300, cpu: 2, events: 7}]
blktrace: 8
`;

interface Line {
  tid: number;
  op: string;
  off?: number;
  len?: number;
  ret: number;
  errno: number;
  direct: number;
}

const historyOf = (path: string) =>
  Deno.readTextFileSync(`${path}/history.jsonl`).trimEnd().split("\n").map((line) => JSON.parse(line) as Line);

/** Makes the recording of a spec, and analyses its text and its block trace. */
async function analysedBoth(
  folder: string,
  spec: string,
  body: (made: string, text: Rows) => Promise<void>,
): Promise<string[]> {
  Deno.writeTextFileSync(`${folder}/spec.yaml`, spec);
  const made = `${folder}/made`;
  const generated = await runCli(["generate", `${folder}/spec.yaml`, "--out", made]);
  assertEquals([generated.code, generated.stderr], [0, ""]);
  for (
    const [input, name, ...more] of [["trace.txt", "text", "--history", `${made}/history.jsonl`], ["blktrace", "block"]]
  ) {
    const { code, stderr } = await runCli([
      "analyse",
      `${made}/${input}`,
      "--systems",
      "none",
      "--out",
      `${folder}/${name}.duckdb`,
      ...more,
    ]);
    assertEquals(code, 0, stderr);
  }
  await asked(`${folder}/text.duckdb`, (text) => body(made, text));
  const bios =
    "SELECT dev, sector, bytes, rwbs, queue_ns, getrq_ns, issue_ns, complete_ns, coalesce(error, 0) AS error FROM bio";
  const found: string[] = [];
  for (const name of ["text", "block"]) {
    await asked(`${folder}/${name}.duckdb`, async (rows) => {
      const columns = ["dev", "sector", "bytes", "rwbs", "queue_ns", "getrq_ns", "issue_ns", "complete_ns", "error"];
      found.push(lines(await rows(bios), ...columns).join("\n"));
    });
  }
  return found;
}

Deno.test("what analyse finds in a generated recording is what was put into it", async () => {
  await inFolder(async (folder) => {
    const [text, block] = await analysedBoth(folder, WHOLE, async (made, rows) => {
      const planted = JSON.parse(Deno.readTextFileSync(`${made}/planted.json`));
      const history = historyOf(made);
      const [told] = await rows("SELECT events, lost_events, skipped_records FROM recording");
      assertEquals([told.events, told.lost_events, told.skipped_records], [BigInt(planted.events), 0n, 0n]);
      assertEquals(await rows("SELECT code FROM diagnostic WHERE severity <> 'info'"), []);

      // Every call of the history, in its order for each thread; loads and stores are known only where they fault.
      const calls = history.filter(({ op }) => !op.startsWith("mmap"));
      const expected = calls.map(({ tid, op, off, len, ret, errno }) =>
        [tid, op, op === "ftruncate" ? len : off ?? null, op === "p" ? null : errno === 0 ? ret : -errno].join(" ")
      );
      const operations = await rows(
        "SELECT pid, kind, file_offset, result FROM operation WHERE kind NOT IN ('mmap', 'load', 'store') ORDER BY start_ns, op_id",
      );
      const perThread = (list: string[]) => [...list].sort((a, b) => Number(a.split(" ")[0]) - Number(b.split(" ")[0]));
      assertEquals(
        perThread(operations.map((row) => [row.pid, row.kind, row.file_offset, row.result].join(" "))),
        perThread(expected),
      );
      const [data] = await rows(
        "SELECT count(*) AS n, count(*) FILTER (ino = 12) AS known FROM operation WHERE kind IN ('pread', 'pwrite')",
      );
      const reads = calls.filter(({ op }) => op === "pread" || op === "pwrite");
      assertEquals([data.n, data.known], [BigInt(reads.length), BigInt(reads.length)]);
      const direct = "SELECT count(*) AS n FROM operation WHERE direct AND kind IN ('pread', 'pwrite')";
      assertEquals((await rows(direct))[0].n, BigInt(reads.filter(({ direct }) => direct === 1).length));

      // Every bio, complete, and whose it is.
      const [bios] = await rows("SELECT count(*) AS n, count(complete_ns) AS complete, count(ino) AS known FROM bio");
      assertEquals([bios.n, bios.complete, bios.known], Array(3).fill(BigInt(planted.bios)));

      // What was planted, and nothing else.
      const of = (anomaly: string) =>
        planted.planted.filter((each: { anomaly: string }) => each.anomaly === anomaly).length;
      assertEquals([of("stale_cache"), of("lost_update"), of("io_error")], [3, 2, 1]);
      const page = (each: { file_offset: number }) => BigInt(each.file_offset / 4096);
      const pages = (anomaly: string) =>
        planted.planted.filter((each: { anomaly: string }) => each.anomaly === anomaly).map(page).sort();
      const stale = await rows("SELECT first_page FROM reads_after_direct_write WHERE cached_since_before > rewritten");
      assertEquals(stale.map(({ first_page }) => first_page).sort(), pages("stale_cache"));
      const late = await rows("SELECT page_index FROM writeback_after_dio WHERE NOT dirtied_during");
      assertEquals(late.map(({ page_index }) => page_index).sort(), pages("lost_update"));
      // Judged by what reads returned, and by the state of the cache alone.
      for (const attributes of ["stamps", "state"]) {
        const judged = await rows(`SELECT * FROM finding WHERE attributes = '${attributes}'`);
        const place = ({ first_sector, sectors }: Row) => [(first_sector as bigint) / 8n, sectors];
        const those = (anomaly: string) => judged.filter((row) => row.anomaly === anomaly).map(place).sort();
        assertEquals(those("STALE_CACHE"), pages("stale_cache").map((at: bigint) => [at, 8n]), attributes);
        assertEquals(those("LOST_UPDATE"), pages("lost_update").map((at: bigint) => [at, 8n]), attributes);
        // Direct transfers beside stores through a mapping are told of, and are nobody's fault.
        const others = new Set(
          judged.map(({ anomaly }) => anomaly).filter((anomaly) => !/^STALE_CACHE|LOST_UPDATE$/.test(`${anomaly}`)),
        );
        assertEquals(
          [...others].filter((anomaly) => anomaly !== "MIXED_RACE" && anomaly !== "OVERLAP_MIX"),
          [],
          attributes,
        );
      }
      const failed = await rows("SELECT file_offset // 4096 AS page, errno FROM operation WHERE errno IS NOT NULL");
      assertEquals(failed.map(({ page, errno }) => [page, errno]), pages("io_error").map((at: bigint) => [at, 5]));
      assertEquals((await rows("SELECT count(*) AS n FROM bio WHERE error < 0"))[0].n, 1n);
    });
    assert(text.split("\n").length > 300);
    assertEquals(block, text);
  });
});

Deno.test("what the recorder of a generated recording lost is counted", async () => {
  await inFolder(async (folder) => {
    await analysedBoth(folder, LOSSY, async (made, rows) => {
      const planted = JSON.parse(Deno.readTextFileSync(`${made}/planted.json`));
      const [told] = await rows("SELECT events, lost_events FROM recording");
      assertEquals([planted.lostEvents, told.lost_events, told.events], [47, 47n, BigInt(planted.events)]);
      const loss = await rows("SELECT code, sum(count)::BIGINT AS lost FROM data_loss GROUP BY code");
      assertEquals(loss, [{ code: "events_lost", lost: 47n }]);
    });
    await asked(`${folder}/block.duckdb`, async (rows) => {
      const [{ lost }] = await rows("SELECT sum(count)::BIGINT AS lost FROM data_loss");
      const [{ read }] = await rows("SELECT events AS read FROM recording");
      const planted = JSON.parse(Deno.readTextFileSync(`${folder}/made/planted.json`));
      // Four records a bio: queued, request, issued, completed; less those that the view has not.
      assertEquals((lost as bigint) + (read as bigint), 4n * BigInt(planted.bios));
      assert((lost as bigint) > 0n);
    });
  });
});

Deno.test("what cannot be generated so is one line, and nothing is left", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/bad.yaml`, "operations: 5\nthreads: none\n");
    Deno.writeTextFileSync(`${folder}/good.yaml`, "operations: 5\n");
    Deno.mkdirSync(`${folder}/there/x`, { recursive: true });
    const wrong: [string[], number, RegExp][] = [
      [[], 2, /takes one SPEC/],
      [["good.yaml"], 2, /needs --out DIR/],
      [["bad.yaml", "--out", "o"], 2, /bad\.yaml:2: threads: /],
      [["good.yaml", "--out", "o", "--seed", "x"], 2, /--seed x: a whole number/],
      [["none.yaml", "--out", "o"], 3, /cannot read none\.yaml: no such file/],
      [["good.yaml", "--out", "there"], 3, /there is there already/],
    ];
    for (const [args, status, message] of wrong) {
      const { code, stdout, stderr } = await runCli(["generate", ...args], { folder });
      assertEquals([code, stdout], [status, ""], stderr);
      assertMatch(stderr, /^dioscope: [^\n]+\n$/);
      assertMatch(stderr, message);
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["bad.yaml", "good.yaml", "there"]);
    const { stdout } = await runCli(["generate", "good.yaml", "--out", "made", "--seed", "9"], { folder });
    assertMatch(
      stdout,
      /^made: 13 operations, \d+ events, \d+ bios, 0 anomalies planted; deno task analyse made\/trace\.txt\n$/,
    );
    assertEquals(JSON.parse(Deno.readTextFileSync(`${folder}/made/planted.json`)).spec.seed, 9);
  });
});
