/**
 * Kills runs of the command line at seeded moments, as a power cut or an impatient user would, and looks at what is left.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { runCli, spawnCli } from "../commands/run_cli.ts";
import { rowsOf } from "../sharding/rows_of.ts";

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

/** What a run writes when nobody stops it, and how long that takes. */
export interface Undisturbed {
  readonly whole: string;
  readonly milliseconds: number;
}

/** Runs to the end, which leaves what it writes. */
export async function undisturbed({ args, out }: KilledRun, folder: string): Promise<Undisturbed> {
  const begun = performance.now();
  const { code, stderr } = await runCli(args, { folder });
  const milliseconds = performance.now() - begun;
  assertEquals([code, stderr], [0, ""]);
  const whole = await contentOf(`${folder}/${out}`);
  assert(whole !== null);
  return { whole, milliseconds };
}

/**
 * Kills a run so often, each time at another moment of it. After each: what was there is there as it was, or, where the
 * run came to its end, what it writes is there whole; and beside it is nothing but leftovers with names of ours.
 */
export async function killAgainAndAgain(
  run: KilledRun,
  folder: string,
  { whole, milliseconds }: Undisturbed,
  { times, seed }: { times: number; seed: number },
): Promise<KillCounts> {
  const random = new RandomSource(seed);
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

/**
 * Stops a run with Ctrl-C so often, each time at another moment of it. After each: all that it writes is there, or nothing
 * of it; and it has said so by its status and at most one line.
 */
export async function stopAgainAndAgain(
  { args, out }: KilledRun,
  folder: string,
  { milliseconds }: Undisturbed,
  { times, seed }: { times: number; seed: number },
): Promise<Map<string, number>> {
  const random = new RandomSource(seed);
  Deno.removeSync(`${folder}/${out}`, { recursive: true });
  const others = namesIn(folder);
  const ends = new Map<string, number>();
  for (let nth = 0; nth < times; nth++) {
    const { code, stderr } = await stopped(args, folder, "SIGINT", random.below(Math.ceil(milliseconds)));
    const is = await contentOf(`${folder}/${out}`) === null ? "nothing" : "all";
    assert(code === 0 || code === 130, `${args.join(" ")}: status ${code}: ${stderr}`);
    assert(is === "all" || code === 130, `${args.join(" ")}: status 0, and ${out} is not there`);
    assertMatch(stderr, /^(dioscope: stopped[^\n]*\n)?$/, args.join(" "));
    if (is === "all") {
      // It is whole, whatever the status says.
      if (out.endsWith(".duckdb")) assert((await rowsOf(`${folder}/${out}`, ["meta"])).meta.length > 0);
      Deno.removeSync(`${folder}/${out}`, { recursive: true });
    }
    assertEquals(namesIn(folder), others, `${args.join(" ")}: something is left`);
    const end = `status ${code}, ${is} there`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  return ends;
}
