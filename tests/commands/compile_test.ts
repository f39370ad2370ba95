import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../..", import.meta.url).pathname;

Deno.test("a stand-alone binary has its engine and its workers in it", async (test) => {
  const folder = Deno.makeTempDirSync();
  try {
    const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
    const words: string[] = tasks.compile.command.split(" ").slice(1);
    const at = words.indexOf("--output");
    words.splice(at + 1, 1, `${folder}/dioscope`);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: words, cwd: ROOT }).output();
    const text = new TextDecoder().decode(stderr);
    // The binary is made of a runtime of its own, which deno fetches from where it comes from itself.
    const why = /error sending request|failed to lookup|NotCapable|No such cache/.exec(text)?.[0];
    const isHere = success || why === undefined;
    await test.step({
      name: `analyse and query with it${isHere ? "" : ` (skipped: deno's runtime cannot be fetched here: ${why})`}`,
      ignore: !isHere,
      async fn() {
        assert(success, text);
        const run = async (...args: string[]) => {
          const output = await new Deno.Command(`${folder}/dioscope`, { args, cwd: folder }).output();
          assertEquals(output.code, 0, new TextDecoder().decode(output.stderr));
          return new TextDecoder().decode(output.stdout);
        };
        await run("analyse", `${ROOT}traces/coherence-bw-ext4/trace.dat`, "--budget", "5", "--out", "a.duckdb");
        const found = await run("query", "a.duckdb", "SELECT count(*) AS bios FROM bio", "--format", "csv");
        assertEquals(found.trim(), "bios\n307");
      },
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
