import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { batchOf } from "../results/batches.ts";
import type { FileContent } from "../results/results_files.ts";
import { browserTest, openReport, seeAll, withPage } from "./chromium.ts";
import { HOSTILE, modelContent, smallRecording, withReport } from "./report_files.ts";

/** A recording and a model in which every name is hostile. */
function hostileContent(): FileContent {
  const recording = smallRecording();
  const model = modelContent(HOSTILE);
  const batches = recording.batches.filter(({ table }) => table !== "context" && table !== "kind");
  const finding = {
    finding_id: 2,
    recording_id: 1,
    anomaly: HOSTILE,
    severity: "error",
    op_a: HOSTILE,
    dev: HOSTILE,
    ino: 12n,
    ts_ns: 1_000_600_000n,
    event_seqs: null,
    explanation: HOSTILE,
    attributes: HOSTILE,
    file: HOSTILE,
    count: 1,
  };
  return {
    batches: [
      ...batches,
      batchOf("store", "context", {
        context_id: ["UINTEGER", [0, 1]],
        recording_id: ["SMALLINT", [1, 1]],
        cpu: ["SMALLINT", [0, 1]],
        pid: ["INTEGER", [100, 200]],
        tgid: ["INTEGER", [100, 200]],
        comm: ["VARCHAR", [HOSTILE, `${HOSTILE}2`]],
        irq_flags: ["VARCHAR", [HOSTILE, null]],
      }),
      batchOf("store", "kind", {
        kind_id: ["UINTEGER", [0, 1, 2]],
        recording_id: ["SMALLINT", [1, 1, 1]],
        source: ["VARCHAR", ["ftrace", "ftrace", HOSTILE]],
        system: ["VARCHAR", ["block", HOSTILE, "filemap"]],
        name: ["VARCHAR", [HOSTILE, "ext4_x", "mm_filemap_add_to_page_cache"]],
        action: ["VARCHAR", [HOSTILE, null, null]],
        buffer: ["VARCHAR", [HOSTILE, null, null]],
        dev: ["VARCHAR", [HOSTILE, "8:0", HOSTILE]],
        rwbs: ["VARCHAR", [HOSTILE, null, null]],
        ino: ["BIGINT", [null, null, 12]],
        offset_unit: ["BIGINT", [1, 4096, 1]],
        sector_unit: ["BIGINT", [1, null, null]],
        bytes_unit: ["BIGINT", [1, 4096, 1]],
        page_kind: ["VARCHAR", [null, null, "add"]],
      }),
    ],
    end: {
      recordings: (recording.end!.recordings ?? []).map((row) => ({
        ...row,
        path: HOSTILE,
        kernel: HOSTILE,
        clock: HOSTILE,
      })),
      diagnostics: [{
        recording_id: 1,
        severity: "warning",
        code: HOSTILE,
        count: 3n,
        message: HOSTILE,
        position: HOSTILE,
      }],
      model: { ...model.end!.model!, finding: [...model.end!.model!.finding, finding] },
      meta: { command: HOSTILE },
    },
  };
}

browserTest("names that look like markup are text: nothing of a recording or a scenario runs", async () => {
  await withReport(hostileContent(), async (report) => {
    await withPage({}, async (opened) => {
      const { page, troubles } = opened;
      await openReport(opened, report);
      await seeAll(page);
      assertEquals(await page.evaluate(() => "hacked" in globalThis), false);
      assertEquals(await page.locator("img").count(), 0);
      const text = (await page.textContent("body"))!;
      assertStringIncludes(text, `<img src=x onerror="globalThis.hacked=1">`);
      // Everything that shows a name is looked at once: tips, details, the player.
      const lanes = page.locator("#timeline-scroll");
      await lanes.focus();
      for (const key of ["n", "Enter", "ArrowDown", "n", "Enter"]) await lanes.press(key);
      const box = (await page.locator("#timeline-canvas").boundingBox())!;
      for (let y = 10; y < 200; y += 12) await page.mouse.move(box.x + 205, box.y + y);
      for (const evidence of await page.locator("button.evidence").all()) await evidence.click();
      for (const play of await page.locator("button.play").all()) await play.click();
      assertEquals(await page.evaluate(() => "hacked" in globalThis), false);
      assertEquals(await page.locator("img").count(), 0);
      // A name that turns the direction of what follows would show another text than there is.
      assert(!(await page.evaluate(() => document.body.innerText)).includes("\u202e"));
      assertEquals(troubles, []);
    });
  });
});
