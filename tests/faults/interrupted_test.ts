/** Ctrl-C, whenever it comes: status 130, at most one line, and nothing half done. */
import { assert, assertEquals } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli, spawnCli, trace } from "../commands/run_cli.ts";
import { rowsOf } from "../sharding/rows_of.ts";
import { contentOf, LEFT_BEHIND } from "./killed.ts";

const HELLO = trace("hello-ext4/trace.dat");
const ROOT = trace("../");
const SCENARIO = `${ROOT}fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;
const OUTPUT_PLACE = import.meta.resolve("../../src/results/export/output_place.ts");
const INTERRUPTION = import.meta.resolve("../../src/std/interruption.ts");
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function untilThere(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isMaking(folder: string): boolean {
  return namesIn(folder).some((name) => LEFT_BEHIND.test(name));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`analyse that ${signal} stops while it reads leaves the old results`, () => stoppedWhileItReads(signal));
}

async function stoppedWhileItReads(signal: Deno.Signal): Promise<void> {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/out.duckdb`);
    const before = await contentOf(`${folder}/out.duckdb`);
    // Standard input that stays open keeps it reading.
    const child = spawnCli(["analyse", "-", "--out", "out.duckdb"], { folder });
    const input = child.stdin.getWriter();
    await input.write(Deno.readFileSync(HELLO).subarray(0, 5000));
    await untilThere(() => isMaking(folder));
    child.kill(signal);
    const { code, stdout, stderr } = await child.output();
    await input.close().catch(() => {});
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length, text], [130, 0, "dioscope: stopped; out.duckdb is as it was\n"]);
    assertEquals([namesIn(folder), await contentOf(`${folder}/out.duckdb`)], [["out.duckdb"], before]);
  });
}

Deno.test("generate, which does not come back to the event loop, is stopped as well", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/spec.yaml`, "operations: 50000000\n");
    const child = spawnCli(["generate", "spec.yaml", "--out", "made"], { folder });
    child.stdin.close();
    await untilThere(() => isMaking(folder));
    const making = namesIn(folder).find((name) => LEFT_BEHIND.test(name))!;
    await untilThere(() => namesIn(`${folder}/${making}`).includes("made"));
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [130, "dioscope: stopped; made is as it was\n"]);
    assertEquals(namesIn(folder), ["spec.yaml"]);
  });
});

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Sends Ctrl-C, and says how the run ended. */
async function stop(child: Deno.ChildProcess): Promise<{ code: number; stderr: string }> {
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** What is being made beside its place, once it is there. */
async function makingIn(folder: string): Promise<string> {
  await untilThere(() => isMaking(folder));
  return `${folder}/${namesIn(folder).find((name) => LEFT_BEHIND.test(name))}`;
}

/** Exports whose first part is written while most is not. */
const EXPORTS: { args: string[]; out: string; begun: string }[] = [
  { args: ["--csv", "csv"], out: "csv", begun: "csv/event.csv" },
  { args: ["--parquet", "parquet"], out: "parquet", begun: "parquet/event/part-0.parquet" },
  { args: ["--chrome-trace", "trace.json"], out: "trace.json", begun: "trace.json" },
];

for (const { args, out, begun } of EXPORTS) {
  Deno.test(`export ${args[0]} that is stopped past its start leaves nothing, and what is there is as it was`, async () => {
    const results = await readResults("coherence-bw-ext4/trace.dat");
    const before = await contentOf(results);
    await inFolder(async (folder) => {
      const child = spawnCli(["export", results, ...args], { folder });
      child.stdin.close();
      const making = await makingIn(folder);
      await untilThere(() => isThere(`${making}/${begun}`));
      assertEquals(await stop(child), { code: 130, stderr: `dioscope: stopped; ${out} is as it was\n` });
      assertEquals([namesIn(folder), await contentOf(results)], [[], before]);
    });
  });
}

Deno.test("a long text is stopped while it is drawn or written, and what was in its place stays", async () => {
  await inFolder(async (folder) => {
    for (const call of ["writeWhole(place, pieces())", "makeWhole(place + '2', draw)"]) {
      Deno.writeTextFileSync(`${folder}/page.html`, "old");
      const script = `import { makeWhole, TextFile, writeWhole } from ${JSON.stringify(OUTPUT_PLACE)};
        import { Interruption } from ${JSON.stringify(INTERRUPTION)};
        const place = ${JSON.stringify(`${folder}/page.html`)};
        function* pieces() { for (;;) yield "never ends "; }
        async function draw(path) {
          const interruption = await Interruption.listen();
          const file = new TextFile(path);
          for (const piece of pieces()) if (file.write(piece)) interruption.check();
        }
        await ${call};`;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--config", `${ROOT}deno.json`, script],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const making = await makingIn(folder);
      await untilThere(() => namesIn(making).some((name) => Deno.statSync(`${making}/${name}`).size > 0));
      const { code, stderr } = await stop(child);
      assert(code === 130 && /^dioscope: stopped; [^\n]+ is as it was\n$/.test(stderr), `${code}: ${stderr}`);
      assertEquals([namesIn(folder), Deno.readTextFileSync(`${folder}/page.html`)], [["page.html"], "old"]);
    }
  });
});

Deno.test("merge and explore that are stopped while they write have the new results, or leave the old ones", async () => {
  await inFolder(async (folder) => {
    const explore = ["explore", SCENARIO, "--no-minimise"];
    for (const nth of [1, 2]) {
      const { code, stderr } = await runCli([...explore, "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder });
      assertEquals([code, stderr], [0, ""]);
    }
    for (const args of [["merge", "1.duckdb", "2.duckdb"], explore]) {
      Deno.copyFileSync(`${folder}/1.duckdb`, `${folder}/out.duckdb`);
      const old = await contentOf(`${folder}/out.duckdb`);
      const child = spawnCli([...args, "--out", "out.duckdb"], { folder });
      child.stdin.close();
      await makingIn(folder);
      const { code, stderr } = await stop(child);
      assert([0, 130].includes(code) && /^(dioscope: stopped[^\n]*\n)?$/.test(stderr), `${args}: ${code}: ${stderr}`);
      assertEquals(namesIn(folder), ["1.duckdb", "2.duckdb", "out.duckdb"]);
      const isOld = await contentOf(`${folder}/out.duckdb`) === old;
      assert(!isOld || code === 130, `${args}: status 0, and nothing was written`);
      if (!isOld) assert((await rowsOf(`${folder}/out.duckdb`, ["verdict"])).verdict.length > 0, args[0]);
    }
  });
});

Deno.test("a statement that would never end is stopped at once, and what was printed before it stays", async () => {
  await inFolder(async (folder) => {
    const results = await readResults("hello-ext4/trace.dat");
    Deno.writeTextFileSync(
      `${folder}/ask.sql`,
      "SELECT 42 AS first;\nSELECT count(*) FROM range(3000000000) a, range(3000000000) b WHERE a.range * 3 = b.range * 7 + 1;\n",
    );
    for (const engine of ["wasm", "native"]) {
      const child = spawnCli(["query", results, "--engine", engine, "--file", "ask.sql", "--format", "csv"], {
        folder,
      });
      child.stdin.close();
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let printed = "";
      while (!printed.includes("42")) printed += (await reader.read()).value;
      const begun = performance.now();
      child.kill("SIGINT");
      const errors = new Response(child.stderr).text();
      for (let more = await reader.read(); !more.done; more = await reader.read()) printed += more.value;
      assertEquals([printed, (await child.status).code, await errors], ["first\r\n42\r\n", 130, ""]);
      // It would take years; a machine at work may take seconds.
      assert(performance.now() - begun < 20_000);
    }
    assertEquals(namesIn(folder), ["ask.sql"]);
  });
});

Deno.test("submit that is stopped while it looks at the queue says which jobs go on", async () => {
  await inFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/bin`);
    // A queue that has two jobs for ever.
    const programs = { sbatch: "echo 4711", squeue: `touch ${folder}/looked; echo RUNNING; echo PENDING` };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const submit = ["submit", "--shards", "2", "--out", "all.duckdb", "--", "explore", SCENARIO];
    const child = spawnCli(submit, { folder, env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}` } });
    child.stdin.close();
    await untilThere(() => namesIn(folder).includes("looked"));
    const { code, stderr } = await stop(child);
    const [submitted, stopped] = stderr.trimEnd().split("\n");
    assert(submitted.startsWith("submitted: array 4711 of 2 shards"), stderr);
    assertEquals(
      [code, stopped],
      [130, 'dioscope: stopped looking; jobs 4711 and 4711 go on, and "scancel 4711 4711" ends them'],
    );
  });
});
