import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { batchOf } from "../batches.ts";
import { dimensionBatches, tagOf, withFolder, withResults } from "../results_files.ts";
import { hasScript, Terminal } from "./terminal.ts";

const RUNNER = new URL("../../commands/query_runner.ts", import.meta.url).pathname;

const EVENTS = batchOf("store", "event", {
  ts_ns: ["BIGINT", [1n, 2n]],
  tag_id: ["UINTEGER", [tagOf(0, 0), tagOf(1, 1)]],
  position: ["BIGINT", [8, null]],
});

const PROMPT = "dioscope> ";

/** A shell on a results file. */
async function withShell(body: (shell: Terminal, home: string) => Promise<void>): Promise<void> {
  await withFolder(async (home) => {
    await withResults({ batches: [...dimensionBatches(), EVENTS] }, async (path) => {
      const command = [Deno.execPath(), "run", "-A", "--cached-only", RUNNER, path];
      const env = {
        HOME: home,
        XDG_STATE_HOME: "",
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      };
      const shell = new Terminal(command, env);
      await shell.see(PROMPT);
      await body(shell, home);
    });
  });
}

const ignore = !await hasScript();

Deno.test({
  name:
    "on a terminal: completion, history, parameters, charts, files, pages, Ctrl-C, Ctrl-D (skipped without script(1))",
  ignore,
  async fn() {
    await withShell(async (shell, home) => {
      // Command, keyword, view and column are completed; keys that come together are taken for pasted text.
      const complete = async (text: string, whole: string) => {
        await shell.ask(text, text);
        await shell.ask("\t", whole.slice(text.length));
      };
      await complete(".ti", ".timer");
      await shell.ask(" on\r", PROMPT);
      await complete("SEL", "SELECT");
      await complete(" sect", " sector");
      await complete(" FROM even", " FROM event");
      await shell.ask(" ORDER BY seq;\r", "(2 rows)");
      await shell.see("time: ");
      await shell.ask(".timer off\r", PROMPT);
      await shell.ask(".parameter set :t0 1\r", PROMPT);
      // Ctrl-C before the prompt would be for the answer.
      const count = "SELECT count(*) AS n FROM event WHERE ts_ns > :t0;\r";
      assertStringIncludes(await shell.ask(count, `(1 row)\n${PROMPT}`), "\n1\n");
      // The line before comes back, is gone with Ctrl-C, and a statement goes on over lines.
      await shell.ask("\x1b[A", "ts_ns > :t0;");
      await shell.ask("\x03", "^C");
      assertStringIncludes(await shell.ask("SELECT\r", "...> "), "...> ");
      await shell.ask("7 AS seven;\r", `(1 row)\n${PROMPT}`);
      assertMatch(await shell.ask(".chart SELECT name, events FROM event_counts\r", "ext4_ext_map_blocks"), /█/);
      await shell.ask(`.output ${home}/rows.csv\r`, PROMPT);
      await shell.ask(".mode csv\r", PROMPT);
      await shell.ask("SELECT seq FROM event ORDER BY seq;\r", PROMPT);
      await shell.ask(".output\r", PROMPT);
      assertEquals(Deno.readTextFileSync(`${home}/rows.csv`), "seq\r\n0\r\n1\r\n");
      // A screen has 12 lines; the second page ends it.
      const page = await shell.ask("FROM range(100);\r", "-- Enter: more");
      assertStringIncludes(page, "\n9\n");
      assert(!page.includes("\n10\n"));
      assertStringIncludes(await shell.ask("\r", "-- Enter: more"), "\n19\n");
      await shell.ask("q\r", PROMPT);
      assertStringIncludes(await shell.ask("SELECT 42 AS answer;\r", "42"), "42");
      await shell.ask("FROM range(50);\r", "-- Enter: more");
      assertStringIncludes(await shell.ask("a\r", PROMPT), "\n49\n");
      await shell.type("\x04");
      assertEquals(await shell.end(), 0);
      const history = Deno.readTextFileSync(`${home}/.local/state/dioscope/query_history`).split("\n");
      assertEquals(history.slice(0, 2), [".timer on", "SELECT sector FROM event ORDER BY seq;"]);
    });
  },
});

Deno.test({
  name: "on a terminal: Ctrl-D while an answer is worked at, and at the end of a full screen, ends the shell as ever",
  ignore,
  async fn() {
    await withShell(async (shell) => {
      await shell.type("SELECT count(*) AS n FROM range(30000000) a;\r\x04");
      assertEquals(await shell.end(), 0);
    });
    await withShell(async (shell) => {
      await shell.ask("FROM range(100);\r", "-- Enter: more");
      await shell.type("\x04");
      assertEquals(await shell.end(), 0);
    });
  },
});
