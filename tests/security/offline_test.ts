/** After one start with a network, nothing needs one. */
import { assert, assertEquals } from "@std/assert";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";

/** Packages come from the cache alone, and whoever asks for the network meets nobody. */
const OFFLINE = { denoFlags: ["--cached-only"], env: { HTTPS_PROXY: "http://127.0.0.1:9" } };

Deno.test("with the cache alone every command does its work", async () => {
  await inFolder(async (folder) => {
    const scenario = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;
    const runs = [
      ["analyse", trace("hello-ext4/trace.dat"), "--out", "out.duckdb"],
      ["query", "out.duckdb", "SELECT count(*) FROM event"],
      ["query", "out.duckdb", "SELECT count(*) FROM event", "--engine", "native"],
      ["report", "out.duckdb"],
      ["export", "out.duckdb", "--parquet", "parquet"],
      ["diff", "out.duckdb", "out.duckdb"],
      ["explore", scenario, "--no-minimise"],
      ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out", "made"],
    ];
    for (const args of runs) {
      const { code, stderr } = await runCli(args, { folder, ...OFFLINE });
      assertEquals([code, stderr], [0, ""], args.join(" "));
    }
  });
});

Deno.test("the report names no address outside of itself", async () => {
  await inFolder(async (folder) => {
    const analysed = await runCli(["analyse", trace("hello-ext4/trace.dat"), "--out", "out.duckdb"], { folder });
    assertEquals(analysed.code, 0, analysed.stderr);
    assertEquals((await runCli(["report", "out.duckdb"], { folder })).code, 0);
    const html = Deno.readTextFileSync(`${folder}/out.html`);
    assert(!/<(script|link|img|iframe|source)[^>]*\s(src|href)=["']?(https?:)?\/\//i.test(html));
  });
});
