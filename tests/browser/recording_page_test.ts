import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { rowsOf } from "../results/results_files.ts";
import { accessibilityProblems, browserTest, layoutShifts, openReport, seeAll, withPage } from "./chromium.ts";
import { shippedReport } from "./shipped_reports.ts";

const RECORDING = { inputs: ["hello-ext4/trace.dat"], options: [] };

browserTest(
  "the timeline is gone through and zoomed by keys, and an operation lights up what belongs to it",
  async () => {
    const { report, database } = await shippedReport(RECORDING);
    await withPage({}, async (opened) => {
      const { page, troubles } = opened;
      await openReport(opened, report);
      const lanes = page.locator("#timeline-scroll");
      const status = page.locator("#timeline-status");
      const picture = () =>
        page.evaluate(() => (document.getElementById("timeline-canvas") as HTMLCanvasElement).toDataURL());
      await lanes.focus();
      await lanes.press("0");
      await page.waitForTimeout(100);
      const whole = await picture();
      await lanes.press("+");
      await page.waitForTimeout(100);
      assert(await picture() !== whole, "zooming in changes the picture");
      await lanes.press("0");
      await page.waitForTimeout(100);
      assertEquals(await picture(), whole);
      await lanes.press("ArrowDown");
      assertMatch((await status.textContent())!, /\d+ (operations|events)$/);
      await lanes.press("ArrowUp");
      // The first direct write among the operations of the busiest task.
      for (let tries = 0; tries < 40; tries++) {
        await lanes.press("n");
        if (/^pwrite direct/.test((await status.textContent())!)) break;
      }
      assertMatch((await status.textContent())!, /^pwrite direct, .* at .*, .*s$/);
      await lanes.press("Enter");
      const details = page.locator("#details");
      await details.locator("h4").first().waitFor();
      assertMatch((await details.textContent())!, /pwrite direct.*task.*Bios: \d+/s);
      // What belongs to it leads back to it.
      await details.locator("section button").first().click();
      await details.getByRole("heading", { name: /^bio/ }).waitFor();
      assertStringIncludes((await details.textContent())!, "Operations: 1");
      await lanes.focus();
      await lanes.press("Escape");
      await details.getByText("Choose something").waitFor();
      // Fields of an event are those that the results file has of it.
      for (let tries = 0; tries < 30 && !/\d events$/.test((await status.textContent())!); tries++) {
        await lanes.press("ArrowUp");
      }
      await lanes.press("n");
      await lanes.press("Enter");
      await details.locator("dd").first().waitFor();
      const facts = await details.locator("dl").evaluate((list) =>
        Object.fromEntries(
          [...list.querySelectorAll("dt")].map((name) => [name.textContent!, name.nextSibling!.textContent!]),
        )
      );
      const seq = facts["event"].replaceAll(",", "");
      const [row] = await rowsOf(
        database,
        `SELECT name, ino, file_offset, sector, bytes, ret FROM event WHERE seq = ${seq}`,
      );
      const shown = ["inode", "offset in the file, bytes", "sector", "bytes", "result"].map((name) => facts[name]);
      assertEquals(await details.getByRole("heading").first().textContent(), row[0]);
      assertEquals(shown.map((value) => value?.replaceAll(",", "") ?? "NULL"), row.slice(1));
      assertEquals(troubles, []);
    });
  },
);

browserTest("every chart is drawn, with its numbers beside it, and nothing moves while that happens", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({}, async (opened) => {
    const { page, troubles } = opened;
    const shifts = await layoutShifts(page);
    await openReport(opened, report);
    await seeAll(page);
    for (const id of ["ordering", "latency-bios", "latency-operations", "latency-stages", "rates"]) {
      const charts = page.locator(`#${id} .uplot`);
      assert(await charts.count() > 0, `${id} has a chart`);
    }
    const percentiles = await page.locator("#latency-bios .numbers-place").textContent();
    assertMatch(percentiles!, /kindcountmeanp50p90p99p99\.9longest/);
    const shift = await shifts();
    assert(shift < 0.02, `the layout shifts by ${shift}`);
    assertEquals(troubles, []);
  });
});

browserTest("a report has nothing that axe-core complains of and does not scroll sideways, on any screen", async () => {
  const { report } = await shippedReport(RECORDING);
  for (
    const { width, height, scheme } of [
      { width: 360, height: 740, scheme: "dark" },
      { width: 1280, height: 900, scheme: "light" },
      { width: 2560, height: 1300, scheme: "dark" },
    ] as const
  ) {
    await withPage({ width, height, scheme }, async (opened) => {
      const { page, troubles } = opened;
      await openReport(opened, report);
      await seeAll(page);
      assertEquals(await accessibilityProblems(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      const image = await page.screenshot({ fullPage: true });
      assert(image.length > 20_000, "the page is drawn");
      assertEquals(troubles, []);
    });
  }
});

browserTest("a report fetches nothing, and the policy forbids it to", async () => {
  const { report } = await shippedReport(RECORDING);
  await withPage({}, async (opened) => {
    const { page } = opened;
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await openReport(opened, report);
    await seeAll(page);
    assertEquals(requests, [`file://${report}`]);
    const outcome = await page.evaluate(async () => {
      const image = new Image();
      const loaded = new Promise((resolve) => {
        image.onload = () => resolve("loaded");
        image.onerror = () => resolve("refused");
      });
      image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
      const fetched = await fetch("data:text/plain,x").then(() => "fetched", () => "refused");
      const script = document.createElement("script");
      let made = "made";
      try {
        script.textContent = "globalThis.inlined = 1";
        document.body.append(script);
      } catch {
        made = "refused";
      }
      return [await loaded, fetched, made, "inlined" in globalThis];
    });
    assertEquals(outcome, ["refused", "refused", "refused", false]);
  });
});
