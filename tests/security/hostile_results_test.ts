/** A results file may be anybody's: what is in it must not reach other files of the machine. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DuckDBInstance } from "@duckdb/node-api";
import { JobMemory } from "../../src/commands/job_memory.ts";
import { workOf } from "../../src/commands/shard.ts";
import { writeShard } from "../../src/commands/shard_files.ts";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";

const SECRET = "the password is swordfish";

/** A results file in which what everything reads is a view that reads a file of the machine. */
async function poison(file: string, secret: string): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const read = `(SELECT content FROM read_text('${secret}'))`;
  const columns = (await connection.runAndReadAll(`DESCRIBE recording`)).getRowObjects();
  const select = columns.map(({ column_name: name, column_type: type }) =>
    name === "kernel" || name === "path"
      ? `${read} AS ${name}`
      : name === "recording_id"
      ? `1::${type} AS ${name}`
      : `NULL::${type} AS ${name}`
  );
  await connection.run(
    `DROP TABLE recording CASCADE; CREATE VIEW recording AS SELECT ${select.join(", ")}; CHECKPOINT`,
  );
  connection.closeSync();
  instance.closeSync();
}

Deno.test("views of a results file from somebody else read no other files for export, report and diff", async () => {
  await inFolder(async (folder) => {
    const cli = (...args: string[]) => runCli(args, { folder });
    for (const name of ["good", "bad"]) {
      Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/${name}.duckdb`);
    }
    Deno.writeTextFileSync(`${folder}/secret`, SECRET);
    await poison(`${folder}/bad.duckdb`, `${folder}/secret`);
    // The trap is one: whoever asks by hand reaches files, as in any SQL shell.
    const asked = await cli("query", "bad.duckdb", "SELECT kernel FROM results.main.recording", "--engine", "native");
    assertMatch(asked.stdout, /swordfish/);
    const runs = [
      ["report", "bad.duckdb"],
      ["export", "bad.duckdb", "--csv", "csv"],
      ["export", "bad.duckdb", "--parquet", "parquet"],
      ["diff", "bad.duckdb", "good.duckdb"],
      ["diff", "bad.duckdb", "good.duckdb", "--engine", "native"],
    ];
    for (const args of runs) {
      const result = await cli(...args);
      assert(!`${result.stdout}${result.stderr}`.includes("swordfish"), args.join(" "));
      assert(!/^\s+at /m.test(result.stderr), `a stack: ${result.stderr}`);
    }
    for (const left of Deno.readDirSync(folder)) {
      if (["good.duckdb", "bad.duckdb", "secret"].includes(left.name)) continue;
      const inside = left.isFile ? [`${folder}/${left.name}`] : [...Deno.readDirSync(`${folder}/${left.name}`)]
        .filter(({ isFile }) => isFile).map(({ name }) => `${folder}/${left.name}/${name}`);
      for (const file of inside) assert(!Deno.readTextFileSync(file).includes("swordfish"), file);
    }
  });
});

Deno.test("results whose tables are gone, or not what they were, are one line of each command that needs them", async () => {
  await inFolder(async (folder) => {
    for (const name of ["good", "bad"]) {
      Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/${name}.duckdb`);
    }
    const instance = await DuckDBInstance.create(`${folder}/bad.duckdb`);
    const connection = await instance.connect();
    await connection.run("DROP TABLE recording CASCADE; DROP VIEW operation; CHECKPOINT");
    connection.closeSync();
    instance.closeSync();
    const runs = [
      ["report", "bad.duckdb"],
      ["export", "bad.duckdb", "--csv", "csv"],
      ["export", "bad.duckdb", "--parquet", "parquet"],
      ["export", "bad.duckdb", "--chrome-trace", "trace.json"],
      ["export", "bad.duckdb", "--iolog", "log"],
      ["diff", "good.duckdb", "bad.duckdb"],
      ["diff", "bad.duckdb", "good.duckdb", "--engine", "native"],
    ];
    for (const args of runs) {
      const { code, stdout, stderr } = await runCli(args, { folder });
      assertEquals([code, stdout], [3, ""], args.join(" "));
      assertMatch(
        stderr,
        /^dioscope: a results file is not as this program makes them \((Catalog|Binder) Error: [^\n]+\n$/,
      );
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["bad.duckdb", "good.duckdb"]);
  });
});

Deno.test("what Deno keeps from the program is told of, and the engine goes on", async () => {
  const path = await readResults("hello-ext4/trace.dat");
  const script = "FROM '/proc/self/environ';";
  const read = await runCli(["query", path, script]);
  assertEquals(read.code, 1);
  assertMatch(read.stderr, /^Catalog Error: Table with name \/proc\/self\/environ does not exist!/);
  const written = await runCli(["query", path, "COPY (SELECT 1) TO '/dev/full'"]);
  assertEquals([written.code, written.stderr], [
    3,
    "dioscope: cannot open /dev/full: Deno keeps it from programs without all permissions\n",
  ]);
});

Deno.test("shards from somebody else have no module loaded and nothing written but results", async () => {
  await inFolder(async (folder) => {
    const loaded = `${folder}/loaded`;
    Deno.writeTextFileSync(`${folder}/evil.ts`, `Deno.writeTextFileSync(${JSON.stringify(loaded)}, "");`);
    const shard = { nth: 1, of: 1 };
    const asked: [string[], string][] = [
      [["x.yaml", "--systems", "./evil.ts"], "./evil.ts"],
      [["x.yaml", "--keep", "--save", "saved", "--reproducer", "a.c"], "--keep, --save, --reproducer"],
    ];
    for (const [at, [args, beyond]] of asked.entries()) {
      const path = `${folder}/${at}.duckdb`;
      const work = workOf("explore", args, { inputs: [], shards: 1 });
      await writeShard(path, { shard, work, memory: new JobMemory() });
      const { code, stdout, stderr } = await runCli(["merge", path, "--out", "all.duckdb"], { folder });
      assertEquals([code, stdout, stderr], [
        3,
        "",
        `dioscope: the shards' command, explore, asks for more than results (${beyond}): if they are your own, merge ` +
        "--trust does it\n",
      ]);
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["0.duckdb", "1.duckdb", "evil.ts"]);
  });
});
