/** Ctrl-C, whenever it comes: status 130, at most one line, and nothing half done. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { inFolder, runCli, spawnCli, trace } from "../commands/run_cli.ts";
import { contentOf, LEFT_BEHIND, stopped, timed } from "./killed.ts";

/** How often each run is stopped: `DIOSCOPE_KILLS=25 deno task test` does it more often. */
const TIMES = Number(Deno.env.get("DIOSCOPE_KILLS") ?? "1");

const HELLO = trace("hello-ext4/trace.dat");
const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function untilThere(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isMaking(folder: string): boolean {
  return namesIn(folder).some((name) => LEFT_BEHIND.test(name));
}

Deno.test("analyse that is stopped while it reads leaves the old results", async () => {
  await inFolder(async (folder) => {
    assertEquals((await runCli(["analyse", HELLO, "--out", "out.duckdb"], { folder })).code, 0);
    const before = await contentOf(`${folder}/out.duckdb`);
    // Standard input that stays open keeps it reading.
    const child = spawnCli(["analyse", "-", "--out", "out.duckdb"], { folder });
    const input = child.stdin.getWriter();
    await input.write(Deno.readFileSync(HELLO).subarray(0, 5000));
    await untilThere(() => isMaking(folder));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    await input.close().catch(() => {});
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length, text], [130, 0, "dioscope: stopped; out.duckdb is as it was\n"]);
    assertEquals([namesIn(folder), await contentOf(`${folder}/out.duckdb`)], [["out.duckdb"], before]);
  });
});

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

/** What is stopped at seeded moments, and what it writes. */
const RUNS: { args: string[]; out: string }[] = [
  { args: ["analyse", HELLO, "--out", "out.duckdb"], out: "out.duckdb" },
  { args: ["explore", SCENARIO, "--out", "explored.duckdb"], out: "explored.duckdb" },
  { args: ["export", "in.duckdb", "--csv", "csv"], out: "csv" },
  { args: ["report", "in.duckdb", "--out", "report.html"], out: "report.html" },
  { args: ["merge", "1.duckdb", "2.duckdb", "--out", "merged.duckdb"], out: "merged.duckdb" },
];

Deno.test("whatever is stopped at any moment is done, or nothing of it is there", async () => {
  await inFolder(async (folder) => {
    assertEquals((await runCli(["analyse", HELLO, "--out", "in.duckdb"], { folder })).code, 0);
    const shards = ["1", "2"].map((nth) =>
      runCli(["explore", SCENARIO, "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder })
    );
    assertEquals((await Promise.all(shards)).map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""]]);
    const random = new RandomSource(11);
    const ends = new Map<string, number>();
    for (const { args, out } of RUNS) {
      const { result, milliseconds } = await timed(args, folder);
      assertEquals(result.code, 0, result.stderr);
      Deno.removeSync(`${folder}/${out}`, { recursive: true });
      const others = namesIn(folder);
      for (let nth = 0; nth < TIMES; nth++) {
        const { code, stderr } = await stopped(args, folder, "SIGINT", random.below(Math.ceil(milliseconds)));
        const is = await contentOf(`${folder}/${out}`) === null ? "nothing" : "all";
        assert(code === 0 || code === 130, `${args.join(" ")}: status ${code}: ${stderr}`);
        assert(is === "all" || code === 130, `${args.join(" ")}: status 0, and ${out} is not there`);
        assertMatch(stderr, /^(dioscope: stopped[^\n]*\n)?$/, args.join(" "));
        if (is === "all") {
          // It is whole, whatever the status says.
          if (out.endsWith(".duckdb")) {
            assertEquals((await runCli(["query", out, "FROM meta", "--format", "csv"], { folder })).code, 0);
          }
          Deno.removeSync(`${folder}/${out}`, { recursive: true });
        }
        assertEquals(namesIn(folder), others, `${args.join(" ")}: something is left`);
        const end = `${args[0]}: status ${code}, ${is} there`;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    }
    if (TIMES > 2) console.log([...ends].map(([end, count]) => `${end}: ${count}`).join("; "));
  });
});
