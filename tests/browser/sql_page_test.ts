import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { spawnCli } from "../commands/run_cli.ts";
import { withFolder, writeResults } from "../results/results_files.ts";
import { accessibilityProblems, browserTest, type Opened, withPage } from "./chromium.ts";
import { smallRecording } from "./report_files.ts";

/** Serves a small recording as the command does, for as long as `body` runs. */
async function withServer(body: (url: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const database = `${folder}/results.duckdb`;
    await writeResults(database, smallRecording());
    const child = spawnCli(["report", database, "--serve"]);
    await child.stdin.close();
    const errors = new Response(child.stderr).text();
    try {
      await body(await listeningAt(child.stdout, errors));
    } finally {
      child.kill("SIGINT");
      await Promise.all([child.status, errors]);
    }
  });
}

async function listeningAt(stdout: ReadableStream<Uint8Array>, errors: Promise<string>): Promise<string> {
  let text = "";
  const reader = stdout.getReader();
  while (!/SQL: /.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the server ended: ${await errors}`);
    text += new TextDecoder().decode(value);
  }
  void reader.cancel();
  return text.match(/report: (\S+)/)![1];
}

async function openSql({ page }: Opened, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "yes");
}

browserTest(
  "the SQL page answers, completes, sorts, writes CSV, charts, and keeps its query in the address",
  async () => {
    await withServer(async (url) => {
      await withPage({}, async (opened) => {
        const { page, troubles } = opened;
        const asked = "SELECT seq, ts_ns FROM event ORDER BY seq";
        await openSql(opened, `${url}sql#q=${encodeURIComponent(asked)}`);
        const status = page.locator("#status");
        const cells = () => page.locator("#answer tbody td:first-child").allTextContents();
        assertMatch((await status.textContent())!, /^4 rows/);
        assertEquals(await cells(), ["0", "1", "2", "3"]);
        // 64-bit integers keep all their digits.
        assertEquals(await page.locator("#answer tbody td").nth(1).textContent(), "1000000000");

        await page.getByRole("button", { name: "seq" }).click();
        await page.getByRole("button", { name: "seq" }).click();
        assertEquals(await cells(), ["3", "2", "1", "0"]);
        assertEquals(await page.locator("#answer th").first().getAttribute("aria-sort"), "descending");

        const editor = page.locator("#editor");
        await editor.fill("SELECT count(*) FROM page_ev");
        await editor.press("Control+ ");
        assertEquals(await page.locator("#completions li").first().textContent(), "page_event");
        await editor.press("Enter");
        assertStringIncludes(await editor.inputValue(), "FROM page_event");
        await editor.press("Control+Enter");
        await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("1 row"));
        assertEquals(await cells(), ["2"]);
        assertStringIncludes(decodeURIComponent(page.url().replaceAll("+", " ")), "FROM page_event");

        const views = await page.locator("#views button").allTextContents();
        assert(views.includes("event_counts"), "shipped views are listed");
        await page.locator("#views button", { hasText: /^event_counts$/ }).click();
        await page.waitForFunction(() => /^\d+ rows?/.test(document.querySelector("#status")!.textContent!));

        await editor.fill(
          "SELECT 'a,b' AS word, 7::HUGEINT AS number UNION ALL SELECT NULL, 9007199254740993 ORDER BY number",
        );
        await editor.press("Control+Enter");
        await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("2 rows"));
        assert(await page.locator("#chart .uplot").isVisible(), "two rows with a number have a chart");
        const downloading = page.waitForEvent("download");
        await page.getByRole("button", { name: "CSV" }).click();
        const csv = await Deno.readTextFile((await (await downloading).path())!);
        assertEquals(csv, 'word,number\r\n"a,b",7\r\n,9007199254740993\r\n');

        await editor.fill("SELECT nothing FROM event");
        await editor.press("Control+Enter");
        await page.waitForFunction(() => document.querySelector("#status")!.className === "failed");
        assertStringIncludes((await status.textContent())!, "Binder Error");
        assertEquals(troubles, []);
      });
    });
  },
);

browserTest("the SQL page is read-only, asks nobody else, and has nothing that axe-core complains of", async () => {
  await withServer(async (url) => {
    await withPage({ width: 1280, scheme: "dark" }, async (opened) => {
      const { page, troubles } = opened;
      const hosts = new Set<string>();
      page.on("response", (response) => hosts.add(new URL(response.url()).origin));
      await openSql(opened, `${url}sql`);
      const editor = page.locator("#editor");
      for (const [sql, message] of [["DELETE FROM results.meta", "read-only"], ["LOAD httpfs", ""]]) {
        await editor.fill(sql);
        await editor.press("Control+Enter");
        await page.waitForFunction(() => document.querySelector("#status")!.className === "failed");
        assertStringIncludes((await page.locator("#status").textContent())!, message);
        await page.evaluate(() => document.querySelector("#status")!.className = "");
      }
      assertEquals([...hosts], [new URL(url).origin]);
      assertEquals(await accessibilityProblems(page), []);
      // What the policy refused to LOAD is what it is there for.
      assertEquals(troubles.filter((trouble) => !/extension|duckdb\.org|Content Security/i.test(trouble)), []);
    });
    // A page from elsewhere cannot read what is served.
    await withPage({}, async ({ page }) => {
      await page.goto("about:blank");
      const read = await page.evaluate(
        (address) => fetch(address).then((response) => `status ${response.status}`, () => "refused"),
        `${url}results.duckdb`,
      );
      assertEquals(read, "refused");
    });
  });
});
