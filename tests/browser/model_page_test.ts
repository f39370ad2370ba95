import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { accessibilityProblems, browserTest, openReport, seeAll, withPage } from "./chromium.ts";
import { modelContent, withReport } from "./report_files.ts";

browserTest("a kept run is played step by step, with buttons and keys", async () => {
  await withReport(modelContent(), async (report) => {
    await withPage({}, async (opened) => {
      const { page, troubles } = opened;
      await openReport(opened, report);
      const status = page.locator("#player .step-status");
      // It begins at its end, where what is wrong is to be seen.
      assertEquals(
        await status.textContent(),
        "Step 3 of 3: T1: waits for b(F) (owner T2); T2 waits for a(F) (owner T1)",
      );
      assertStringIncludes(
        (await page.locator(".cycle").getAttribute("aria-label"))!,
        "T1 waits for b(F), which T2 has",
      );
      await page.getByRole("button", { name: "First step" }).click();
      assertEquals(await status.textContent(), "Step 0 of 3: T1: ▶ pwrite F[0]");
      await page.getByRole("region", { name: "Lanes" }).press("ArrowRight");
      await page.getByRole("region", { name: "Lanes" }).press("ArrowRight");
      assertEquals(await status.textContent(), "Step 2 of 3: T2: lock b(F)");
      const panel = await page.locator(".run-state").textContent();
      assertMatch(panel!, /T1a\(F\).*T2b\(F\).*Page cache.*page\(F,0\)dirty/s);
      await page.locator(".lanes tbody tr").nth(1).click();
      assertEquals(await status.textContent(), "Step 1 of 3: T1: lock a(F); A1 lock");
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page.waitForFunction(() => document.querySelector(".step-status")!.textContent!.startsWith("Step 3"));
      assertStringIncludes((await page.locator(".replay pre").textContent())!, "deno task explore replay.yaml --token");
      assertEquals(troubles, []);
    });
  });
});

browserTest("verdicts are filtered by agreement and words, and lead to their run", async () => {
  await withReport(modelContent(), async (report) => {
    await withPage({}, async (opened) => {
      const { page } = opened;
      await openReport(opened, report);
      assertStringIncludes(
        (await page.textContent("#verdict"))!,
        "1 of 2 expectations of the model agree, 1 disagrees",
      );
      const rows = page.locator("#verdicts tbody tr:visible");
      assertEquals(await rows.count(), 2);
      await page.locator("#model .filter select").selectOption("disagrees");
      assertEquals(await rows.count(), 1);
      assertStringIncludes((await rows.first().textContent())!, "STALE_DATA");
      await page.locator("#model .filter select").selectOption("");
      await page.locator("#model .filter input").fill("deadlock");
      assertEquals(await rows.count(), 1);
      await rows.first().getByRole("button", { name: "play" }).click();
      assertEquals(await page.evaluate(() => document.activeElement?.id), "player-run");
    });
  });
});

browserTest("the model's part has nothing that axe-core complains of, light or dark", async () => {
  await withReport(modelContent(), async (report) => {
    for (const scheme of ["light", "dark"] as const) {
      await withPage({ scheme }, async (opened) => {
        await openReport(opened, report);
        await seeAll(opened.page);
        assertEquals(await accessibilityProblems(opened.page), []);
        assert(opened.troubles.length === 0, opened.troubles.join("\n"));
      });
    }
  });
});
