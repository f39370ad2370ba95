/**
 * `deno task bench report`: the report of a large recording: how long it takes to make, how large it is, and how long
 * Chromium takes for its first picture and for the frames of a scripted pan and zoom.
 *
 * @module
 */
import { replicateTraceDat } from "./replicate.ts";
import { runMeasured } from "./run_measured.ts";
import { row } from "./table.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const RECORDING = `${ROOT}traces/fio-ext4/trace.dat`;
const EVENTS = 57_722;
const FRAMES = 240;
/** What 95 of 100 frames must not take longer than, ms. */
const FRAME_MAX = 33;

/** As tests/browser/frame_times.ts prints them; it is a program of its own because its types are those of pages. */
interface FrameTimes {
  readonly paintedMs: number;
  readonly completeMs: number;
  readonly openingMs: number;
  readonly framesMs: readonly number[];
  readonly workMs: number;
  readonly scriptMs: number;
  readonly troubles: readonly string[];
}

async function frameTimes(report: string): Promise<FrameTimes> {
  const permissions = ["read", "write", "run", "env", "sys"].map((name) => `--allow-${name}`);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, `${ROOT}tests/browser/frame_times.ts`, report, String(FRAMES)],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** @param millions of events, about */
export async function benchReport(millions: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-bench-" });
  try {
    const times = Math.ceil((millions * 1e6) / EVENTS);
    await replicateTraceDat(RECORDING, `${folder}/trace.dat`, times);
    await runMeasured(Deno.execPath(), ["task", "analyse", `${folder}/trace.dat`, "--out", `${folder}/r.duckdb`]);
    const args = ["task", "report", `${folder}/r.duckdb`, "--out", `${folder}/r.html`];
    const made = await runMeasured(Deno.execPath(), args);
    const { size } = await Deno.stat(`${folder}/r.html`);
    const shown = await frameTimes(`${folder}/r.html`);
    if (shown.troubles.length > 0) throw new Error(shown.troubles.join("\n"));
    const at = (share: number) => shown.framesMs[Math.ceil(share * shown.framesMs.length) - 1];
    const within = shown.framesMs.filter((each) => each < FRAME_MAX).length / shown.framesMs.length;
    const widths = [11, 8, 8, 10, 11, 11, 8, 8, 9, 9, 9];
    console.log(
      row(
        [
          "events",
          "made s",
          "MB",
          "painted s",
          "complete s",
          "opening ms",
          "p50 ms",
          "p95 ms",
          `< ${FRAME_MAX} ms`,
          "work ms",
          "script ms",
        ],
        widths,
      ),
    );
    console.log(row([
      (times * EVENTS).toLocaleString("en"),
      made.seconds.toFixed(1),
      (size / 1e6).toFixed(1),
      (shown.paintedMs / 1000).toFixed(2),
      (shown.completeMs / 1000).toFixed(2),
      shown.openingMs.toFixed(0),
      at(0.5).toFixed(1),
      at(0.95).toFixed(1),
      `${(within * 100).toFixed(1)} %`,
      shown.workMs.toFixed(1),
      shown.scriptMs.toFixed(1),
    ], widths));
    console.log(
      `${FRAMES} frames of a pan and zoom; opening, work and script: time of the page's own thread, to open it and a frame`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
