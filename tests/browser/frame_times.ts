/**
 * How long frames take while a report's timeline is moved and zoomed, in real Chromium. As a program it takes the
 * report's path and how many frames, and prints them as JSON.
 *
 * @module
 */
import { openReport, withPage } from "./chromium.ts";

interface FrameTimes {
  /** From the opening of the page to its first picture, and until all of it is there, ms. */
  readonly paintedMs: number;
  readonly completeMs: number;
  /** Time that the page's own thread worked until all of it is there, ms: what a busy machine does not change. */
  readonly openingMs: number;
  /** From one frame to the next, ms, sorted. */
  readonly framesMs: readonly number[];
  /** The same for a frame, and of its scripts alone. */
  readonly workMs: number;
  readonly scriptMs: number;
  readonly troubles: readonly string[];
}

/** Opens a report and moves through it as a hand does: pans, zooms in to microseconds, pans there, and zooms out. */
async function frameTimes(report: string, frames: number): Promise<FrameTimes> {
  let times: FrameTimes | undefined;
  await withPage({}, async (opened) => {
    const { page, troubles } = opened;
    const session = await page.context().newCDPSession(page);
    // Time of the thread, which what else the machine does is no part of.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await openReport(opened, report);
    const open = await metricsOf(session);
    const { painted, complete } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
    await page.locator("#timeline").scrollIntoViewIfNeeded();
    const before = await metricsOf(session);
    const measured = await page.evaluate(move, frames);
    const after = await metricsOf(session);
    const perFrame = (name: string) => ((after.get(name)! - before.get(name)!) * 1000) / frames;
    times = {
      paintedMs: Number(painted),
      completeMs: Number(complete),
      openingMs: open.get("TaskDuration")! * 1000,
      framesMs: measured.sort((a, b) => a - b),
      workMs: perFrame("TaskDuration"),
      scriptMs: perFrame("ScriptDuration"),
      troubles,
    };
  });
  return times!;
}

/** Runs in the page. @returns ms between frames */
async function move(frames: number): Promise<number[]> {
  const lanes = document.getElementById("timeline-scroll")!;
  const box = lanes.getBoundingClientRect();
  const wheel = (more: WheelEventInit) =>
    lanes.dispatchEvent(
      new WheelEvent("wheel", {
        bubbles: true,
        cancelable: true,
        clientX: box.left + box.width * 0.6,
        clientY: box.top + 80,
        ...more,
      }),
    );
  const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  const pan = (nth: number) => wheel({ deltaX: nth % 40 < 20 ? 60 : -60 });
  const zoom = (delta: number) => wheel({ ctrlKey: true, deltaY: delta });
  const gaps: number[] = [];
  let last = await nextFrame();
  for (let nth = 0; nth < frames; nth++) {
    const part = Math.floor((nth / frames) * 4);
    if (part === 0 || part === 2) pan(nth);
    else zoom(part === 1 ? -120 : 120);
    const now = await nextFrame();
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}

interface Session {
  send(method: "Performance.getMetrics"): Promise<{ metrics: { name: string; value: number }[] }>;
}

/** Seconds by name. */
async function metricsOf(session: Session): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

if (import.meta.main) {
  const [report, frames] = Deno.args;
  console.log(JSON.stringify(await frameTimes(report, Number(frames))));
  // The driver's pipes would keep the process.
  Deno.exit(0);
}
