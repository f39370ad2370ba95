/**
 * Results files that several tests ask for: made by the command line once, for whoever is first.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { runCli, trace } from "./run_cli.ts";

const ROOT = trace("..");

/** What results depend on beside the words of the command. */
const SOURCES = ["deno.json", "deno.lock", "src", "traces", "fixtures"];

/** Folders of earlier states of the project are removed after so long, ms. */
const KEPT_FOR = 7_200_000;

const PREFIX = "dioscope-made-";

function* states(path: string): Generator<string> {
  const { isDirectory, size, mtime } = Deno.statSync(path);
  if (!isDirectory) yield `${path} ${size} ${mtime?.getTime()}`;
  else for (const { name } of Deno.readDirSync(path)) yield* states(`${path}/${name}`);
}

async function digest(words: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(words.join("\n"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
}

/** A folder for what is made by this state of the project: test files run at the same time and share it. */
async function makeStore(): Promise<string> {
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  const state = SOURCES.flatMap((name) => [...states(`${ROOT}/${name}`)]).sort();
  const store = `${temporary}/${PREFIX}${await digest(state)}`;
  for (const { name } of Deno.readDirSync(temporary)) {
    if (!name.startsWith(PREFIX)) continue;
    const { mtime } = Deno.statSync(`${temporary}/${name}`);
    if (mtime !== null && Date.now() - mtime.getTime() > KEPT_FOR) {
      Deno.removeSync(`${temporary}/${name}`, { recursive: true });
    }
  }
  Deno.mkdirSync(store, { recursive: true });
  return store;
}

let store: Promise<string> | undefined;

/**
 * What a command, `analyse` or `explore`, writes as its `--out`.
 *
 * @param args the command and its words, without `--out`; files by absolute paths
 * @returns the path of a file that others read as well: copy it to change it
 */
export async function madeResults(args: readonly string[]): Promise<string> {
  store ??= makeStore();
  const place = `${await store}/${await digest(args)}.duckdb`;
  try {
    Deno.statSync(place);
    return place;
  } catch {
    // Nobody has asked for it yet. Two who do so at once each make one, and either is right.
  }
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  const own = `${folder}/results.duckdb`;
  const { code, stderr } = await runCli([...args, "--out", own]);
  assertEquals([code, stderr], [0, ""], args.join(" "));
  Deno.renameSync(own, place);
  await Deno.remove(folder, { recursive: true });
  return place;
}

/** What is read, without what is concluded from it: conformance and what could have happened take as long as the rest. */
export const READ_ONLY = ["--conformance", "none", "--systems", "none"];

/** Results of shipped recordings, by their paths below `traces/`, as {@linkcode madeResults} has them. */
export function readResults(...names: readonly string[]): Promise<string> {
  return madeResults(["analyse", ...names.map(trace), ...READ_ONLY]);
}
