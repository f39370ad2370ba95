import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { accessibilityProblems, browserTest, layoutShifts, openReport, seeAll, withPage } from "./chromium.ts";
import { shippedReport } from "./shipped_reports.ts";

/** A recording with findings, with pairs of operations that were explored, and with what the model predicts of it. */
const RECORDING = {
  inputs: ["mmapdio-ext4-cut/trace.txt.gz"],
  options: ["--history", "mmapdio-ext4-cut/history.jsonl.gz", "--systems", "mainline", "--budget", "3"],
};

const shownFindings = (page: Page) => page.locator("#findings > li:visible");

browserTest("findings are filtered by severity, anomaly and words, and the list says how many are left", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({}, async (opened) => {
    const { page, troubles } = opened;
    await openReport(opened, report);
    const all = await shownFindings(page).count();
    const filter = page.locator("#findings-section .filter");
    const status = filter.locator("[role=status]");
    const countOf = (column: string, value: string) =>
      page.locator(`#findings > li[data-${column}="${value}"]`).count();
    assertEquals(await status.textContent(), "");

    const severity = filter.locator("select[data-column=severity]");
    const grave = await countOf("severity", "data_loss");
    assert(grave > 0 && grave < all);
    // By keyboard: the choice is reached and opened, and typing chooses.
    await severity.focus();
    await page.keyboard.type("data");
    await page.keyboard.press("Tab");
    assertEquals(await severity.inputValue(), "data_loss");
    assertEquals(await shownFindings(page).count(), grave);
    assertEquals(await status.textContent(), `${grave} of ${all} shown`);
    await severity.selectOption("");

    const anomaly = filter.locator("select[data-column=anomaly]");
    await anomaly.selectOption("STALE_CACHE");
    assertEquals(await shownFindings(page).count(), await countOf("anomaly", "STALE_CACHE"));
    await anomaly.selectOption("");

    const words = filter.locator("input[type=search]");
    await anomaly.focus();
    await page.keyboard.press("Tab");
    assert(await words.evaluate((field) => field === document.activeElement), "Tab goes on to the words");
    await page.keyboard.type("torn_read mainline");
    const texts = await shownFindings(page).allTextContents();
    assert(texts.length > 0 && texts.length < all);
    for (const text of texts) assertMatch(text, /TORN_READ.*mainline/s);
    assertEquals(await status.textContent(), `${texts.length} of ${all} shown`);
    await words.fill("nothing has these words");
    assertEquals(await shownFindings(page).count(), 0);
    assertEquals(await status.textContent(), `0 of ${all} shown`);
    await words.fill("");
    assertEquals(await shownFindings(page).count(), all);
    assertEquals(troubles, []);
  });
});

browserTest("a finding lights up its operations, bios, pages and events, and an operation its findings", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({}, async (opened) => {
    const { page, troubles } = opened;
    await openReport(opened, report);
    const picture = () =>
      page.evaluate(() => (document.getElementById("timeline-canvas") as HTMLCanvasElement).toDataURL());
    const before = await picture();
    const first = page.locator("button.evidence").first();
    await first.focus();
    await page.keyboard.press("Enter");
    const details = page.locator("#details");
    await details.getByRole("heading", { name: /^Findings: \d+/ }).waitFor();
    const text = (await details.textContent())!;
    assertMatch(text, /operation\d+.*Bios: \d+.*Page-cache steps: \d+.*Events: \d+/s);
    assert(await picture() !== before, "the timeline goes there and lights it up");
    assertEquals(await page.evaluate(() => document.activeElement?.id), "timeline-scroll");
    assert(await page.locator("#finding-1.lit").count() === 1, "the finding is marked in its list");
    // From what belongs to the operation, a bio, the operation and its findings are found again.
    const lit = await page.locator("#findings > .lit").count();
    await details.locator("section", { hasText: /^Bios/ }).locator("button").first().click();
    await details.getByRole("heading", { name: /^bio / }).waitFor();
    assertMatch((await details.textContent())!, /Operations: \d+/);
    assert(await page.locator("#findings > .lit").count() > 0);
    // The keyboard is where the item is: the next one is of the same row.
    await page.locator("#timeline-scroll").focus();
    await page.keyboard.press("n");
    assertMatch((await page.locator("#timeline-status").textContent())!, /^bio /);
    await page.keyboard.press("Escape");
    await details.getByText("Choose something").waitFor();
    assertEquals(await page.locator("#findings > .lit").count(), 0);
    assert(lit > 0);
    assertEquals(troubles, []);
  });
});

browserTest("pairs and differing calls lead to the timeline, and a pair says how it is explored again", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({}, async (opened) => {
    const { page, troubles } = opened;
    await openReport(opened, report);
    for (const section of ["#windows", "#conformance"]) {
      await page.locator(`${section} button.show-operations`).first().click();
      await page.locator("#details").getByRole("heading").first().waitFor();
      assertMatch((await page.locator("#details").textContent())!, /operation\d+/);
    }
    const replay = page.locator("#findings details.replay").first();
    await replay.locator("summary").click();
    assertMatch((await replay.locator("pre").textContent())!, /tasks:.*deno task explore replay\.yaml --token 'd1~/s);
    assertEquals(troubles, []);
  });
});

browserTest(
  "what a pair could show is played, step by step; where its own run is not kept, another one's",
  async () => {
    const { report } = await shippedReport(RECORDING);
    await withPage({}, async (opened) => {
      const { page, troubles } = opened;
      await openReport(opened, report);
      const cursor = () => page.locator("#player .step-status").textContent();
      for (
        const [name, own] of [[/^Play the run of finding/, true], [/^Play the same in w\d+: finding/, false]] as const
      ) {
        const finding = page.locator("#findings > li", { has: page.getByRole("button", { name }) }).first();
        assertEquals(await finding.locator("details.replay").count(), own ? 0 : 1);
        const anomaly = (await finding.getAttribute("data-anomaly"))!;
        await finding.getByRole("button", { name }).focus();
        await page.keyboard.press("Enter");
        const chosen = page.locator("#player-run option:checked");
        assertMatch((await chosen.textContent())!, new RegExp(`^${anomaly}.* · w\\d+ · mainline`));
        await page.getByRole("button", { name: "First step" }).click();
        const first = await cursor();
        await page.getByRole("region", { name: "Lanes" }).press("ArrowRight");
        assert(await cursor() !== first);
      }
      assertEquals(troubles, []);
    });
  },
);

browserTest("findings, pairs and conformance: nothing for axe-core, nothing moves, no sideways scrolling", async () => {
  const { report } = await shippedReport(RECORDING);
  for (
    const { width, height, scheme } of [
      { width: 360, height: 740, scheme: "light" },
      { width: 1280, height: 900, scheme: "dark" },
    ] as const
  ) {
    await withPage({ width, height, scheme }, async (opened) => {
      const { page, troubles } = opened;
      const shifts = await layoutShifts(page);
      await openReport(opened, report);
      await seeAll(page);
      assert(await shifts() < 0.02, `at ${width} pixels the layout shifts by ${await shifts()}`);
      assertEquals(await accessibilityProblems(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      assertEquals(troubles, []);
    });
  }
});

browserTest("printed, a dark page is light, its lists are whole, and what only a screen needs is gone", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({ scheme: "dark" }, async (opened) => {
    const { page, troubles } = opened;
    await openReport(opened, report);
    await page.locator("#theme").click();
    await page.locator("#theme").click();
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => document.querySelectorAll(".uplot").length > 4);
    assertEquals(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    for (const gone of [".toolbar", "button", ".top nav", "#timeline-keys"]) {
      assertEquals(await page.locator(`${gone}:visible`).count(), 0, gone);
    }
    const hidden = await page.evaluate(() => {
      const list = document.getElementById("findings")!;
      return list.scrollHeight - list.clientHeight;
    });
    assert(hidden <= 1, `${hidden} pixels of the findings are not printed`);
    assert(await page.locator("#latency-bios .numbers table").isVisible(), "numbers beside a chart are printed");
    assertStringIncludes((await page.textContent("#verdict"))!, "LOST_UPDATE");
    assertEquals(troubles, []);
  });
});
