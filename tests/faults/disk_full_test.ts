/** A disk that is full before the work is done: one line, status 3, and the old results as they were. */
import { assertEquals, assertMatch } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { type CliOptions, inFolder, runCli, trace } from "../commands/run_cli.ts";

const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

/**
 * Puts a small file system in memory over `DIR/small` for one program alone, with what is in `DIR/old` copied into it,
 * and says at the end what is there then: names of all files, and whether the old ones are as they were.
 */
const ON_SMALL_DISK = `
  mount -t tmpfs -o size=$1 none "$0/small" && cp -r "$0/old/." "$0/small" && cd "$0/small" || exit 99
  folder=$0; shift
  "$@"
  status=$?
  find . -mindepth 1 | sort >"$folder/left"
  diff -r "$folder/old" . >"$folder/changed" 2>&1
  exit $status`;

function onSmallDisk(folder: string, size: string): CliOptions {
  return {
    folder: `${folder}/small`,
    within: ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", ON_SMALL_DISK, folder, size],
  };
}

/** Why no file system can be mounted here; null: one can. */
function why(): string | null {
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
      stderr: "null",
    }).outputSync();
    return success ? null : "nothing may be mounted here";
  } catch {
    return "unshare is not there";
  }
}

const reason = why();

/** Commands that write, and kilobytes of room beside the old results that are too few for what they write. */
const RUNS: { args: string[]; room: number; old: string[] }[] = [
  { args: ["analyse", trace("hello-ext4/trace.dat"), "--out", "out.duckdb"], room: 500, old: ["out.duckdb"] },
  { args: ["explore", SCENARIO, "--out", "explored.duckdb"], room: 300, old: [] },
  { args: ["export", "out.duckdb", "--csv", "csv"], room: 40, old: ["out.duckdb"] },
  { args: ["export", "out.duckdb", "--parquet", "parquet"], room: 40, old: ["out.duckdb"] },
  { args: ["report", "out.duckdb", "--out", "report.html"], room: 40, old: ["out.duckdb"] },
  { args: ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out", "made"], room: 32, old: [] },
];

Deno.test({
  name: `a full disk is told of in one line, and leaves what was there${
    reason === null ? "" : ` (skipped: ${reason})`
  }`,
  ignore: reason !== null,
  async fn() {
    await inFolder(async (folder) => {
      await Deno.copyFile(await readResults("hello-ext4/trace.dat"), `${folder}/out.duckdb`);
      Deno.mkdirSync(`${folder}/small`);
      for (const { args, room, old } of RUNS) {
        Deno.mkdirSync(`${folder}/old`);
        for (const name of old) Deno.copyFileSync(`${folder}/${name}`, `${folder}/old/${name}`);
        const taken = old.reduce((sum, name) => sum + Deno.statSync(`${folder}/${name}`).size, 0);
        const size = `${Math.ceil(taken / 1024) + room}k`;
        const { code, stderr } = await runCli(args, onSmallDisk(folder, size));
        assertEquals(code, 3, `${args.join(" ")}: ${stderr}`);
        assertMatch(stderr, /^dioscope: [^\n]*no space left[^\n]*\n$/i);
        const left = Deno.readTextFileSync(`${folder}/left`).split("\n").filter((name) => name !== "");
        assertEquals(left, old.map((name) => `./${name}`), args.join(" "));
        assertEquals(Deno.readTextFileSync(`${folder}/changed`), "", args.join(" "));
        Deno.removeSync(`${folder}/old`, { recursive: true });
      }
    });
  },
});
