/** A server that is asked by anybody on the machine, also by programs that mean no good. */
import { assert, assertEquals } from "@std/assert";
import { readResults } from "../../commands/made_results.ts";
import { inFolder, spawnCli } from "../../commands/run_cli.ts";

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Asks by a program of its own, as tests have no leave for the network. */
async function ask(url: string, ...args: string[]): Promise<Answer> {
  const { stdout, stderr } = await new Deno.Command("curl", {
    args: ["--silent", "--path-as-is", "--max-time", "20", "--write-out", "%{stderr}%{http_code}", ...args, url],
    stdout: "piped",
    stderr: "piped",
  }).output();
  return { status: Number(new TextDecoder().decode(stderr)), body: stdout };
}

function hasCurl(): boolean {
  try {
    return new Deno.Command("curl", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Serves a copy of results in a folder. */
async function served(body: (url: string, file: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const file = `${folder}/in.duckdb`;
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), file);
    const server = spawnCli(["report", "in.duckdb", "--serve"], { folder });
    server.stdin.close();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let said = "";
      while (!said.includes("\nSQL:")) said += (await reader.read()).value;
      await body(/http:\S+\//.exec(said)![0], file);
    } finally {
      server.kill("SIGTERM");
      await reader.cancel();
    }
    assertEquals([(await server.status).code, await new Response(server.stderr).text()], [0, ""]);
  });
}

const skipped = hasCurl() ? "" : " (skipped: curl is not there)";

Deno.test({
  name: `what is asked of the server that it has not is refused, and it goes on${skipped}`,
  ignore: skipped !== "",
  fn: () =>
    served(async (url, file) => {
      const cases: [args: string[], path: string, status: number][] = [
        [[], "", 200],
        [["--head"], "results.duckdb", 200],
        [["--request", "POST", "--data", "x"], "", 405],
        [["--request", "DELETE"], "results.duckdb", 405],
        [["--request", "OPTIONS"], "results.duckdb", 405],
        [[], "../../../../etc/passwd", 404],
        [[], "%2e%2e/%2e%2e/etc/passwd", 404],
        [[], "..%2f..%2fetc%2fpasswd", 404],
        [[], "constructor", 404],
        [[], "__proto__", 404],
        [[], "in.duckdb", 404],
        [["--header", "Host: attacker.example"], "results.duckdb", 403],
        [["--header", "Origin: http://attacker.example"], "results.duckdb", 403],
        [["--header", "Sec-Fetch-Site: cross-site"], "results.duckdb", 403],
      ];
      for (const [args, path, status] of cases) {
        assertEquals((await ask(`${url}${path}`, ...args)).status, status, `${args.join(" ")} ${path}`);
      }
      // Heads without bodies, and clients that go away, keep no file open.
      for (let nth = 0; nth < 50; nth++) await ask(`${url}results.duckdb`, "--head");
      for (let nth = 0; nth < 5; nth++) await ask(`${url}results.duckdb`, "--limit-rate", "1000", "--max-time", "0.2");
      const whole = await ask(`${url}results.duckdb`);
      assertEquals([whole.status, whole.body.length], [200, Deno.statSync(file).size]);
      const huge = "x".repeat(60_000);
      assert((await ask(`${url}?${huge}`, "--header", `X: ${huge}`)).status >= 200);
      assertEquals((await ask(`${url}sql`)).status, 200);
    }),
});

Deno.test({
  name: `results that are made anew while they are served come whole${skipped}`,
  ignore: skipped !== "",
  fn: () =>
    served(async (url, file) => {
      const other = Deno.readFileSync(await readResults("coherence-bw-ext4/trace.dat"));
      assert(other.length !== Deno.statSync(file).size);
      Deno.writeFileSync(`${file}.new`, other);
      Deno.renameSync(`${file}.new`, file);
      const { status, body } = await ask(`${url}results.duckdb`);
      assertEquals([status, body.length], [200, other.length]);
    }),
});
