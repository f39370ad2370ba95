/** After one start with a network, nothing needs one. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type CliOptions, inFolder, runCli, spawnCli, trace } from "../commands/run_cli.ts";

/** Packages come from the cache alone, and whoever asks for the network meets nobody. */
const CACHED: CliOptions = { denoFlags: ["--cached-only"], env: { HTTPS_PROXY: "http://127.0.0.1:9" } };

/** Runs a program where there is no network but the loopback, and where the cache of packages can only be read. */
const ALONE = `
  mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/x" 2>/dev/null || exit 99
  ip link set lo up 2>/dev/null
  exec "$@"`;

/** Where packages and compiled modules are kept. */
function cacheFolder(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: trace("..") }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Null: a network can be denied here; else why not. */
function why(): string | null {
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["--user", "--map-root-user", "--net", "--mount", "/bin/sh", "-c", ALONE, cacheFolder(), "true"],
      stderr: "null",
    }).outputSync();
    return success ? null : "networks and mounts of one's own are not allowed";
  } catch {
    return "unshare is not there";
  }
}

function alone(): CliOptions {
  return {
    ...CACHED,
    within: ["unshare", "--user", "--map-root-user", "--net", "--mount", "/bin/sh", "-c", ALONE, cacheFolder()],
  };
}

const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

/** Every command, each with what the ones before it have made. */
const RUNS = [
  ["analyse", trace("hello-ext4/trace.dat"), "--systems", "mainline", "--budget", "2", "--out", "out.duckdb"],
  ["query", "out.duckdb", "SELECT count(*) FROM event"],
  ["query", "out.duckdb", "SELECT count(*) FROM event", "--engine", "native"],
  ["report", "out.duckdb"],
  ["export", "out.duckdb", "--csv", "csv"],
  ["export", "out.duckdb", "--parquet", "parquet"],
  ["export", "out.duckdb", "--chrome-trace", "trace.json"],
  ["diff", "out.duckdb", "out.duckdb"],
  ["explore", SCENARIO, "--no-minimise", "--shard", "1/1", "--out", "shard.duckdb"],
  ["merge", "shard.duckdb", "--out", "explored.duckdb"],
  ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out", "made"],
  ["systems"],
];

const reason = why();
const SKIPPED = reason === null ? "" : ` (only with packages from the cache: ${reason})`;

Deno.test(`without a network, and with a cache that cannot be written to, every command does its work${SKIPPED}`, async () => {
  await inFolder(async (folder) => {
    const where = reason === null ? alone() : CACHED;
    for (const args of RUNS) {
      const { code, stderr } = await runCli(args, { folder, ...where });
      assertEquals([code, stderr], [0, ""], args.join(" "));
    }
    const html = Deno.readTextFileSync(`${folder}/out.html`);
    assert(
      !/<(script|link|img|iframe|source)[^>]*\s(src|href)=["']?(https?:)?\/\//i.test(html),
      "the report names an address outside of itself",
    );
    const server = spawnCli(["report", "out.duckdb", "--serve"], { folder, ...where });
    server.stdin.close();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    for (let part = await reader.read(); !part.done && !said.includes("Ctrl-C"); part = await reader.read()) {
      said += part.value;
      if (said.includes("Ctrl-C")) break;
    }
    assertMatch(said, /^report: http:\/\/127\.0\.0\.1:\d+\/\n/);
    server.kill("SIGINT");
    await reader.cancel();
    assertEquals([(await server.status).code, await new Response(server.stderr).text()], [0, ""]);
  });
});

Deno.test({
  name: `tests run as well without a network${SKIPPED}`,
  ignore: reason !== null,
  async fn() {
    const [program, ...words] = alone().within!;
    const { code, stdout } = await new Deno.Command(program, {
      args: [...words, Deno.execPath(), "test", "--cached-only", "--no-check", "-A", "tests/std/assert_test.ts"],
      cwd: trace(".."),
      env: { NO_COLOR: "1" },
    }).output();
    assertMatch(new TextDecoder().decode(stdout), /\| \d+ passed \| 0 failed/);
    assertEquals(code, 0);
  },
});
