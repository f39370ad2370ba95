import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { BatchEncoder, type EncodedBatch } from "../../src/results/arrow_encoding.ts";
import { STREAMS_KEPT_MAX } from "../../src/results/arrow_streams.ts";
import { ResultsError } from "../../src/results/results_error.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { NOTHING_READ, ResultsWriter } from "../../src/results/results_writer.ts";
import { pinnedColumns } from "../../src/results/schema.ts";
import { batchOf, type Columns } from "./batches.ts";
import { dimensionBatches, emptyEnd, engine, rowsOf, tagOf, withFolder, writeResults } from "./results_files.ts";

const NUMBERS = batchOf("raw", "numbers", {
  recording_id: ["SMALLINT", [1, 1, 1]],
  seq: ["UINTEGER", [0, 1, 2]],
  value: ["INTEGER", [1, 2, 3]],
});

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("while it is written there is only a hidden temporary file, at the end only the results file", async () => {
  await withFolder(async (folder) => {
    const writer = ResultsWriter.create(await engine(), `${folder}/out.duckdb`);
    assertEquals(filesIn(folder), [`.out.duckdb.dioscope-${Deno.pid}.tmp`]);
    writer.finish(emptyEnd());
    assertEquals(filesIn(folder), ["out.duckdb"]);
  });
});

Deno.test("aborting leaves nothing, and what was there before stays as it was", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/out.duckdb`;
    await writeResults(path, { batches: [NUMBERS] });
    const before = Deno.readFileSync(path);
    const writer = ResultsWriter.create(await engine(), path);
    writer.write(new BatchEncoder(pinnedColumns).encode(NUMBERS)!);
    writer.abort();
    writer.abort();
    assertEquals(filesIn(folder), ["out.duckdb"]);
    assertEquals(Deno.readFileSync(path), before);
  });
});

Deno.test("results of ours are replaced, and a log left beside them goes with them", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/out.duckdb`;
    await writeResults(path, { batches: [NUMBERS], end: { meta: { command: "first" } } });
    await writeResults(path, { batches: [], end: { meta: { command: "second" } } });
    Deno.writeTextFileSync(`${path}.wal`, "");
    await writeResults(path, { batches: [], end: { meta: { command: "third" } } });
    assertEquals(await rowsOf(path, "SELECT value FROM meta WHERE key = 'command'"), [["third"]]);
    assertEquals(filesIn(folder), ["out.duckdb"]);
  });
});

Deno.test("a file that is not ours is never overwritten", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    const foreign = `${folder}/foreign.duckdb`;
    const connection = running.connect();
    running.attach(connection, foreign, "theirs", "create");
    connection.run("CREATE TABLE theirs.meta(key VARCHAR, value VARCHAR); CHECKPOINT theirs");
    running.detach(connection, "theirs");
    connection.close();
    Deno.writeTextFileSync(`${folder}/text`, "precious");
    Deno.writeTextFileSync(`${folder}/empty`, "");
    Deno.mkdirSync(`${folder}/directory`);
    const ours = `${folder}/ours.duckdb`;
    await writeResults(ours, { batches: [] });
    Deno.writeFileSync(`${folder}/cut.duckdb`, Deno.readFileSync(ours).subarray(0, 10_000));
    const before = filesIn(folder);
    for (const name of ["foreign.duckdb", "text", "empty", "directory", "cut.duckdb"]) {
      const error = assertThrows(() => ResultsWriter.create(running, `${folder}/${name}`), ResultsError);
      assertEquals(error.problem, "not-ours", name);
      assertMatch(error.message, /^not overwritten: [^\n]*; choose another place with --out$/);
    }
    assertEquals(filesIn(folder), before);
    assertEquals(Deno.readTextFileSync(`${folder}/text`), "precious");
  });
});

Deno.test("through a symbolic link the file that it names is replaced", async () => {
  await withFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/there`);
    const target = `${folder}/there/out.duckdb`;
    await writeResults(target, { batches: [] });
    Deno.symlinkSync(target, `${folder}/link.duckdb`);
    await writeResults(`${folder}/link.duckdb`, { batches: [NUMBERS] });
    assert(Deno.lstatSync(`${folder}/link.duckdb`).isSymlink);
    assertEquals(await rowsOf(target, "SELECT count(*) FROM raw.numbers"), [["3"]]);
  });
});

Deno.test("a place that cannot be written is named in one line", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    const error = assertThrows(() => ResultsWriter.create(running, `${folder}/none/out.duckdb`), ResultsError);
    assertEquals(error.problem, "unwritable");
    assertMatch(error.message, /^cannot write results to .*out\.duckdb: no such file or directory/);
  });
});

Deno.test("a folder that is removed while results are written there is told of", async () => {
  await withFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/gone`);
    const writer = ResultsWriter.create(await engine(), `${folder}/gone/out.duckdb`);
    Deno.removeSync(`${folder}/gone`, { recursive: true });
    const error = assertThrows(() => writer.finish(emptyEnd()), ResultsError);
    assertEquals(
      error.message,
      `cannot write results to ${folder}/gone/out.duckdb: what was made of them is gone, as its folder was removed`,
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("the engine goes on working after a writer failed", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    assertThrows(() => ResultsWriter.create(running, `${folder}/none/out.duckdb`), ResultsError);
    await writeResults(`${folder}/out.duckdb`, { batches: [NUMBERS] });
    assertEquals(await rowsOf(`${folder}/out.duckdb`, "SELECT count(*) FROM raw.numbers"), [["3"]]);
  });
});

Deno.test("a batch that the engine drops in silence is found out before the file is moved in", async () => {
  await withFolder(async (folder) => {
    const encoder = new BatchEncoder(pinnedColumns);
    const batch = encoder.encode(NUMBERS)!;
    const writer = ResultsWriter.create(await engine(), `${folder}/out.duckdb`);
    // The length of the metadata that a stream begins with, made absurd.
    new DataView(batch.ipc.buffer).setInt32(4, 0x7fffffff, true);
    const error = assertThrows(() => {
      writer.write(batch);
      writer.finish({ ...emptyEnd(), tables: encoder.finish() });
    }, ResultsError);
    assertEquals(error.problem, "unwritable");
    assertEquals(filesIn(folder), []);
  });
});

Deno.test("a batch that never arrived is found out", async () => {
  await withFolder(async (folder) => {
    const encoder = new BatchEncoder(pinnedColumns);
    encoder.encode(NUMBERS);
    const writer = ResultsWriter.create(await engine(), `${folder}/out.duckdb`);
    assertThrows(() => writer.finish({ ...emptyEnd(), tables: encoder.finish() }), ResultsError, "3 rows were encoded");
    assertEquals(filesIn(folder), []);
  });
});

Deno.test("a row of a small table with a column that is not declared is refused", async () => {
  await withFolder(async (folder) => {
    const writer = ResultsWriter.create(await engine(), `${folder}/out.duckdb`);
    assertThrows(
      () => writer.finish({ ...emptyEnd(), devices: [{ device: "8:0" }] }),
      ResultsError,
      "no column device",
    );
  });
});

Deno.test("64-bit values and quotes in the small tables are kept", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/it's.duckdb`;
    await writeResults(path, {
      batches: [],
      end: {
        recordings: [{ recording_id: 1, path: "it's\n", first_ns: 2n ** 63n - 1n, clock_offset_ns: -(2n ** 63n) }],
        symbols: [{ recording_id: 1, address: 2n ** 64n - 1n, name: "_text", module: null }],
      },
    });
    assertEquals(await rowsOf(path, "SELECT path, first_ns, clock_offset_ns, kernel FROM recording"), [
      ["it's\n", "9223372036854775807", "-9223372036854775808", "NULL"],
    ]);
    assertEquals(await rowsOf(path, "SELECT address, module FROM symbol"), [["18446744073709551615", "NULL"]]);
  });
});

Deno.test("a path that would mean something else to the engine is just a path", async () => {
  await withFolder(async (folder) => {
    for (const name of ["out.tmp", "s3:", "a.duckdb.wal", "ü ?*[x].duckdb", "memory"]) {
      await writeResults(`${folder}/${name}`, { batches: [NUMBERS] });
      assertEquals(await rowsOf(`${folder}/${name}`, "SELECT count(*) FROM raw.numbers"), [["3"]], name);
    }
  });
});

Deno.test("rows of many batches are all there, in order", async () => {
  await withFolder(async (folder) => {
    const rows = 2500;
    const batches = Array.from({ length: 8 }, (_, index) =>
      batchOf("store", "event", {
        ts_ns: ["BIGINT", Array.from({ length: rows }, (_, row) => BigInt(index * rows + row) * 1000n)],
        tag_id: ["UINTEGER", Array(rows).fill(tagOf(index < 6 ? 0 : 1, 0))],
        ino: ["BIGINT", Array(rows).fill(index === 3 ? 12 : null)],
      }));
    const path = `${folder}/out.duckdb`;
    await writeResults(path, { batches: [...dimensionBatches(), ...batches] });
    const sql = "SELECT count(*), sum(seq), count(ino), min(ts_ns = seq * 1000), count(DISTINCT name) FROM " +
      "(SELECT e.rowid AS seq, e.ts_ns, e.ino, k.name FROM store.event e JOIN store.tag USING (tag_id) JOIN store.kind k USING (kind_id))";
    assertEquals(await rowsOf(path, sql), [["20000", "199990000", "2500", "true", "2"]]);
    assertEquals(await rowsOf(path, "SELECT count(*), sum(bytes) FROM event"), [["20000", "NULL"]]);
  });
});

Deno.test("batches of many tables wait for others of their table, and each is given back once", async () => {
  await withFolder(async (folder) => {
    const encoder = new BatchEncoder(pinnedColumns);
    const writer = ResultsWriter.create(await engine(), `${folder}/out.duckdb`);
    const given: EncodedBatch[] = [];
    const back: EncodedBatch[] = [];
    let waitingMost = 0;
    for (let turn = 0; turn < 9; turn++) {
      for (let table = 0; table < 12; table++) {
        const rows = [4 * turn, 4 * turn + 1, 4 * turn + 2, 4 * turn + 3];
        // Some tables get a column, or a wider one, while batches wait.
        const late: Columns = table % 3 === 1 && turn > 4 ? { late: ["INTEGER", rows] } : {};
        const value = table % 3 === 2 && turn > 5 ? rows.map((row) => BigInt(row) << 40n) : rows;
        const type = table % 3 === 2 && turn > 5 ? "BIGINT" : "INTEGER";
        given.push(
          encoder.encode(batchOf("raw", `many${table}`, {
            recording_id: ["SMALLINT", rows.map(() => 1)],
            seq: ["UINTEGER", rows],
            value: [type, value],
            ...late,
          }))!,
        );
        back.push(...writer.write(given.at(-1)!));
        waitingMost = Math.max(waitingMost, given.length - back.length);
      }
    }
    assertEquals(waitingMost, STREAMS_KEPT_MAX);
    assertEquals(new Set(back).size, back.length);
    writer.finish({ ...NOTHING_READ, tables: encoder.finish(), meta: {} });
    for (let table = 0; table < 12; table++) {
      const late = table % 3 === 1 ? ", count(late)::INTEGER, sum(late)::INTEGER" : "";
      const value = table % 3 === 2
        ? "count(*) FILTER (value = (seq::BIGINT << CASE WHEN seq >= 24 THEN 40 ELSE 0 END))"
        : "count(*) FILTER (value = seq)";
      const sql = `SELECT count(*), sum(seq), min(rowid = seq), ${value}${late} FROM raw.many${table}`;
      const lateRows = table % 3 === 1 ? ["16", "440"] : [];
      assertEquals(await rowsOf(`${folder}/out.duckdb`, sql), [["36", "630", "true", "36", ...lateRows]]);
    }
  });
});

/** Whether this machine lets us mount a small file system of our own. */
async function canMount(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("unshare", {
      args: ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a full disk is one line, leaves the old results, and no temporary file",
  ignore: !await canMount(),
  async fn() {
    await withFolder(async (folder) => {
      const writer = new URL("./full_disk_writer.ts", import.meta.url).pathname;
      const script = `mount -t tmpfs -o size=4m tmpfs "$0" && exec "$1" run -A --frozen --cached-only ` +
        `--config "$2" "$3" "$0"`;
      const { stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          "-rm",
          "sh",
          "-c",
          script,
          folder,
          Deno.execPath(),
          new URL("../../deno.json", import.meta.url).pathname,
          writer,
        ],
      }).output();
      const text = new TextDecoder().decode(stdout);
      assertEquals(text.split("\n"), [
        `cannot write results to ${folder}/out.duckdb: no space left on the device (write)`,
        "out.duckdb",
        "old",
        "",
      ], new TextDecoder().decode(stderr));
    });
  },
});

Deno.test("a results file opens under another name, too", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/out.duckdb`;
    await writeResults(path, { batches: dimensionBatches() });
    const running = await engine();
    const connection = running.connect();
    running.attach(connection, path, "other", "read-only");
    for (const view of ["event", "bio", "page_event", "event_counts", "io_latency"]) {
      assertEquals(connection.query(`SELECT * FROM other.main.${view}`).numRows, 0);
    }
    running.detach(connection, "other");
    const reader = ResultsReader.open(running, path);
    assertEquals(reader.meta.get("tool"), "dioscope");
    reader.close();
  });
});
