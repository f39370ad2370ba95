/**
 * `deno task bench`: whole runs of `analyse` beside the tools that print the same recordings, on the same file, in turn.
 *
 * Without arguments the recordings are made from the shipped ones. Given ones are taken with --blktrace BASE,
 * --trace-dat FILE and --trace-text FILE. `deno task bench exploring` measures exhaustive exploration instead,
 * `deno task bench coherence` the judging of long histories, `deno task bench report` the report of a large recording
 * in Chromium.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { installed, type Measure, type Measured, median, runMeasured } from "./run_measured.ts";
import { benchCoherence } from "./coherence.ts";
import { benchExploring } from "./exploring.ts";
import { benchReport } from "./report.ts";
import { replicateBlktrace, replicateTraceDat, replicateTraceText } from "./replicate.ts";
import { row } from "./table.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const TRACES = `${ROOT}traces/fio-ext4`;

interface Work {
  name: string;
  input: string;
  /** What is counted: records, events, lines. */
  unit: string;
  peer: { program: string; args: string[] } | null;
}

/** What the task `analyse` has in deno.json, as arguments of env(1): settings of its environment, then deno and its own. */
async function taskWords(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const places: Record<string, string> = { deno: Deno.execPath(), "src/main.ts": `${ROOT}src/main.ts` };
  return tasks.analyse.command.split(" ").map((word: string) => places[word] ?? word);
}

async function analyse(input: string, out: string, what: Measure): Promise<Measured> {
  // Replacing older results is another work.
  await Deno.remove(out).catch(() => {});
  return await runMeasured("env", [...await taskWords(), input, "--out", out], what);
}

/** Events in the results, as `analyse` itself counts them. */
async function eventsIn(input: string, out: string): Promise<number> {
  const { stdout } = await new Deno.Command("env", {
    args: [...await taskWords(), input, "--out", out, "--format", "json"],
    stderr: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).events;
}

async function benchAnalyse(): Promise<void> {
  const options = parseArgs(Deno.args, {
    string: ["blktrace", "trace-dat", "trace-text", "runs", "millions"],
    default: { runs: "5", millions: "3" },
  });
  const runs = Number(options.runs);
  const wanted = Number(options.millions) * 1e6;
  const folder = await Deno.makeTempDir({ prefix: "dioscope-bench-" });
  try {
    const blktrace = options.blktrace ?? `${folder}/dev`;
    const traceDat = options["trace-dat"] ?? `${folder}/trace.dat`;
    const traceText = options["trace-text"] ?? `${folder}/trace.txt`;
    if (options.blktrace === undefined) {
      const files = [0, 1].map((cpu) => `${TRACES}/blktrace/dev.blktrace.${cpu}.gz`);
      replicateBlktrace(files, blktrace, Math.ceil(wanted / 19048));
    }
    if (options["trace-dat"] === undefined) {
      await replicateTraceDat(`${TRACES}/trace.dat`, traceDat, Math.ceil(wanted / 57722));
    }
    if (options["trace-text"] === undefined) {
      replicateTraceText(`${TRACES}/trace.txt.gz`, traceText, Math.ceil(wanted / 57722));
    }
    const works: Work[] = [
      {
        name: "blktrace binary",
        input: blktrace,
        unit: "records",
        peer: { program: "blkparse", args: ["-i", blktrace] },
      },
      {
        name: "trace.dat",
        input: traceDat,
        unit: "events",
        peer: { program: "trace-cmd", args: ["report", traceDat] },
      },
      { name: "tracefs text", input: traceText, unit: "lines", peer: null },
    ];
    const widths = [16, 11, 9, 11, 8, 10, 9, 11, 8, 7];
    console.log(
      row(
        ["work", "events", "analyse s", "events/s", "peak MiB", "peer", "peer s", "events/s", "peak MiB", "times"],
        widths,
      ),
    );
    for (const work of works) {
      const out = `${folder}/out.duckdb`;
      const events = await eventsIn(work.input, out);
      const peerThere = work.peer !== null && await installed(work.peer.program);
      const ours: Measured[] = [];
      const theirs: Measured[] = [];
      // In turn, so that a busy moment of the machine meets both.
      for (let i = 0; i < runs; i++) {
        ours.push(await analyse(work.input, out, "time"));
        if (peerThere) theirs.push(await runMeasured(work.peer!.program, work.peer!.args));
      }
      const seconds = median(ours.map((m) => m.seconds));
      const peak = (await analyse(work.input, out, "memory")).peakMib ?? 0;
      const cells = [
        work.name,
        events.toLocaleString("en"),
        seconds.toFixed(2),
        Math.round(events / seconds).toLocaleString("en"),
        peak.toFixed(0),
      ];
      if (theirs.length > 0) {
        const peerSeconds = median(theirs.map((m) => m.seconds));
        cells.push(
          work.peer!.program,
          peerSeconds.toFixed(2),
          Math.round(events / peerSeconds).toLocaleString("en"),
          ((await runMeasured(work.peer!.program, work.peer!.args, "memory")).peakMib ?? 0).toFixed(0),
          `${(peerSeconds / seconds).toFixed(2)} x`,
        );
      } else {
        cells.push(work.peer === null ? "none" : `${work.peer.program} missing`);
      }
      console.log(row(cells, widths));
    }
    console.log(`medians of ${runs} runs in turn, whole processes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.args[0] === "exploring") {
  const { runs } = parseArgs(Deno.args, { string: ["runs"], default: { runs: "5" } });
  await benchExploring(Number(runs));
} else if (Deno.args[0] === "report") {
  const { millions } = parseArgs(Deno.args, { string: ["millions"], default: { millions: "1" } });
  await benchReport(Number(millions));
} else if (Deno.args[0] === "coherence") {
  const { runs } = parseArgs(Deno.args, { string: ["runs"], default: { runs: "3" } });
  benchCoherence(Number(runs));
} else await benchAnalyse();
