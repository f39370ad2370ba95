/**
 * Kills runs of the command line at seeded moments, as a power cut or an impatient user would, and looks at what is left.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { type CliResult, runCli, spawnCli } from "../commands/run_cli.ts";

/** A run that is killed. */
export interface KilledRun {
  /** Command and what it is given; paths are below the folder. */
  args: string[];
  /** What it writes; null: nothing is there before it either. */
  out: string;
  /** Whether it writes over what is there. */
  replaces: "its own" | "nothing";
}

/** A name of what is made beside its place. */
export const LEFT_BEHIND = /^\..*\.dioscope-\d+\.tmp$/;

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** A digest of a file or of all files of a folder; null where nothing is. */
export async function contentOf(place: string): Promise<string | null> {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(place);
  } catch {
    return null;
  }
  if (info.isDirectory) {
    const parts = namesIn(place).map(async (name) => `${name}(${await contentOf(`${place}/${name}`)})`);
    return (await Promise.all(parts)).join(" ");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Deno.readFileSync(place)));
  return `${info.size} ${digest.toHex()}`;
}

/** Runs to the end, and says how long that took. */
export async function timed(args: string[], folder: string): Promise<{ result: CliResult; milliseconds: number }> {
  const begun = performance.now();
  const result = await runCli(args, { folder });
  return { result, milliseconds: performance.now() - begun };
}

/** Starts a run and ends it by a signal after so long, or when it is over. */
export async function stopped(
  args: string[],
  folder: string,
  signal: Deno.Signal,
  milliseconds: number,
): Promise<{ code: number; stderr: string }> {
  const child = spawnCli(args, { folder });
  child.stdin.close();
  const timer = setTimeout(() => {
    try {
      child.kill(signal);
    } catch {
      // It is over already.
    }
  }, milliseconds);
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** What kills of a run led to. */
export interface KillCounts {
  killed: number;
  /** It was over before the signal came. */
  finished: number;
  /** Runs that left something behind under a name of ours. */
  leftBehind: number;
}

/**
 * Kills a run so often, each time at another moment of it. After each: what was there is there as it was, or, where the
 * run came to its end, what it writes is there whole; and beside it is nothing but leftovers with names of ours.
 */
export async function killAgainAndAgain(
  run: KilledRun,
  folder: string,
  times: number,
  seed: number,
): Promise<KillCounts> {
  const random = new RandomSource(seed);
  const { result, milliseconds } = await timed(run.args, folder);
  assertEquals(result.code, 0, result.stderr);
  const whole = await contentOf(`${folder}/${run.out}`);
  assert(whole !== null);
  const others = namesIn(folder).filter((name) => name !== run.out);
  const counts: KillCounts = { killed: 0, finished: 0, leftBehind: 0 };
  for (let nth = 0; nth < times; nth++) {
    if (run.replaces === "nothing") Deno.removeSync(`${folder}/${run.out}`, { recursive: true });
    const before = await contentOf(`${folder}/${run.out}`);
    const { code } = await stopped(run.args, folder, "SIGKILL", random.below(Math.ceil(milliseconds)));
    const after = await contentOf(`${folder}/${run.out}`);
    assert(after === before || after === whole || (run.replaces === "its own" && sizeOf(after) === sizeOf(whole)));
    const left = namesIn(folder).filter((name) => name !== run.out && !others.includes(name));
    for (const name of left) assert(LEFT_BEHIND.test(name), name);
    if (left.length > 0) counts.leftBehind++;
    if (code === 0) counts.finished++;
    else counts.killed++;
    if (code !== 0 && run.replaces === "nothing" && after === null) {
      // The next run finds it as if nothing had been.
      assertEquals((await runCli(run.args, { folder })).code, 0);
      assertEquals(await contentOf(`${folder}/${run.out}`), whole);
      assertEquals(namesIn(folder).filter((name) => LEFT_BEHIND.test(name)), []);
    }
  }
  if (run.replaces === "its own") {
    assertEquals((await runCli(run.args, { folder })).code, 0);
    assertEquals(namesIn(folder).filter((name) => LEFT_BEHIND.test(name)), []);
  }
  return counts;
}

/** Two results files of the same rows have one size; their bytes need not be the same. */
function sizeOf(content: string | null): string | null {
  return content === null ? null : content.split(" ")[0];
}
