/**
 * `deno task bench exploring`: exhaustive exploration of small programs on one core, whole processes.
 *
 * @module
 */

import { type Measured, median, runMeasured } from "./run_measured.ts";
import { row } from "./table.ts";

const SCRIPT = new URL("./explore_once.ts", import.meta.url).pathname;

/** Programs of tests/exploring/programs.ts, with what each is known to come to. */
const PROGRAMS: [name: string, numbers: number[], classes: number][] = [
  ["readers", [13], 8192],
  ["race", [5], 425_747],
  ["twoLocks", [3, 4], 34_650],
  ["lastZero", [15], 147_456],
  ["indexer", [15], 4096],
];

/** Prints the table. */
export async function benchExploring(runs: number): Promise<void> {
  const widths = [16, 9, 11, 8, 11, 11, 9];
  console.log(row(["program", "classes", "steps", "s", "classes/s", "steps/s", "peak MiB"], widths));
  for (const [name, numbers, classes] of PROGRAMS) {
    const args = ["run", "--no-prompt", "--allow-read", SCRIPT, name, ...numbers.map(String)];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    const counts = JSON.parse(new TextDecoder().decode(stdout));
    if (counts.complete !== classes) throw new Error(`${name}: ${counts.complete} classes, not ${classes}`);
    const measured: Measured[] = [];
    for (let i = 0; i < runs; i++) measured.push(await runMeasured(Deno.execPath(), args));
    const seconds = median(measured.map((each) => each.seconds));
    console.log(row([
      `${name}(${numbers.join(", ")})`,
      counts.complete.toLocaleString("en"),
      counts.steps.toLocaleString("en"),
      seconds.toFixed(2),
      Math.round(counts.complete / seconds).toLocaleString("en"),
      Math.round(counts.steps / seconds).toLocaleString("en"),
      ((await runMeasured(Deno.execPath(), args, "memory")).peakMib ?? 0).toFixed(0),
    ], widths));
  }
  console.log(`medians of ${runs} runs, whole processes, one core; the first runs are not compiled yet`);
}
