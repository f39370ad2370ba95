import { assertEquals, assertMatch } from "@std/assert";
import { actionsOf, iologLines } from "../../../src/results/export/iolog.ts";
import { readResults } from "../../commands/made_results.ts";
import { inFolder, runCli } from "../../commands/run_cli.ts";

Deno.test("flushes become sync before, FUA becomes datasync behind, and what fio cannot do becomes nothing", () => {
  const actions = (rwbs: string, bytes = 4096n) => actionsOf({ rwbs, bytes, sector: 8n });
  assertEquals(actions("WS"), ["write 4096 4096"]);
  assertEquals(actions("RA"), ["read 4096 4096"]);
  assertEquals(actions("DS"), ["trim 4096 4096"]);
  assertEquals(actions("FWFSM"), ["sync 0 0", "write 4096 4096", "datasync 0 0"]);
  assertEquals(actions("WFS"), ["write 4096 4096", "datasync 0 0"]);
  assertEquals(actions("FF", 0n), ["sync 0 0"]);
  assertEquals(actions("FN", 0n), ["sync 0 0"]);
  assertEquals(actions("FWS", 0n), ["sync 0 0"]);
  assertEquals(actions("N", 0n), []);
  assertEquals(actions("N"), []);
  assertEquals(actions("ZR"), []);
  assertEquals(actions("WZS"), []);
});

Deno.test("every device is added and opened first and closed last, and what is left out is counted", () => {
  const bio = (dev: string, microseconds: bigint, rwbs: string) => ({
    dev,
    microseconds,
    rwbs,
    sector: 0n,
    bytes: 512n,
  });
  const counts = { lines: 0, skipped: new Map<string, number>() };
  const bios = [bio("8:0", 0n, "W"), bio("8:16", 5n, "R"), bio("8:0", 9n, "ZR")];
  assertEquals([...iologLines(bios, ["8:0", "8:16"], counts)], [
    "0 bdev-8-0 add",
    "0 bdev-8-0 open",
    "0 bdev-8-16 add",
    "0 bdev-8-16 open",
    "0 bdev-8-0 write 0 512",
    "5 bdev-8-16 read 0 512",
    "5 bdev-8-0 close",
    "5 bdev-8-16 close",
  ]);
  assertEquals([counts.lines, [...counts.skipped]], [2, [["ZR", 1]]]);
});

async function fioVersion(): Promise<string | null> {
  try {
    return new TextDecoder().decode((await new Deno.Command("fio", { args: ["--version"] }).output()).stdout);
  } catch {
    return null;
  }
}

Deno.test({
  name: "fio replays the file, with the reads, writes and bytes that were queued (skipped where there is no fio)",
  ignore: await fioVersion() === null,
  async fn() {
    await inFolder(async (folder) => {
      const path = await readResults("hello-ext4/blktrace");
      const { code, stdout, stderr } = await runCli(["export", path, "--iolog", `${folder}/log`]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /log: \d+ actions; fio --name=replay/);
      const sql =
        "SELECT count(*) FILTER (rwbs LIKE 'R%') AS reads, count(*) FILTER (rwbs LIKE '%W%' AND bytes > 0) AS writes, " +
        "sum(bytes) FILTER (rwbs LIKE 'R%') AS read_bytes, sum(bytes) FILTER (rwbs LIKE '%W%') AS written, " +
        "max(sector * 512 + bytes) AS size FROM event WHERE action = 'Q'";
      const [queued] = JSON.parse((await runCli(["query", path, sql, "--format", "json"])).stdout);
      await Deno.create(`${folder}/target`);
      await Deno.truncate(`${folder}/target`, Number(queued.size));
      const fio = await new Deno.Command("fio", {
        args: [
          "--name=replay",
          `--read_iolog=${folder}/log`,
          `--replay_redirect=${folder}/target`,
          "--replay_no_stall=1",
          "--output-format=json",
        ],
        cwd: folder,
      }).output();
      const text = new TextDecoder().decode(fio.stdout);
      const [job] = JSON.parse(text.slice(text.indexOf("{"))).jobs;
      assertEquals(job.error, 0);
      assertEquals(
        [job.read.total_ios, job.write.total_ios, job.read.io_bytes, job.write.io_bytes],
        [queued.reads, queued.writes, Number(queued.read_bytes ?? 0), Number(queued.written ?? 0)],
      );
    });
  },
});

Deno.test("a recording or a device that is not there is refused: nothing would be replayed", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-ext4/blktrace");
    const cases: [asked: string[], why: RegExp][] = [
      [["--recording", "7"], /^dioscope: --recording 7: there is none of that number, but 1 \S+blktrace\n$/],
      [["--dev", "9:9"], /^dioscope: --dev 9:9: recording 1 has no bios there, but on 7:0\n$/],
    ];
    for (const [asked, why] of cases) {
      const { code, stderr } = await runCli(["export", path, "--iolog", `${folder}/log`, ...asked]);
      assertEquals(code, 2);
      assertMatch(stderr, why);
      assertEquals([...Deno.readDirSync(folder)], []);
    }
    const { code } = await runCli(["export", path, "--iolog", `${folder}/log`, "--recording", "1", "--dev", "7:0"]);
    assertEquals(code, 0);
  });
});
