/**
 * What bios carry in a recording without system calls, beside the same recording with them.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { assertEquals } from "@std/assert";
import { inFolder, trace } from "../commands/run_cli.ts";
import { analysed, type Row } from "../results/analysed.ts";

const ROLES = "SELECT sector, bytes, rwbs, role, queue_ns FROM bio WHERE role = 'direct' ORDER BY queue_ns, bio_id";

Deno.test("direct I/O is told from writeback where no system call tells of it", async () => {
  const recorded = trace("coherence-bw-ext4/trace.txt.gz");
  let direct: Row[] = [];
  await analysed([recorded], async (rows) => {
    direct = await rows(ROLES);
  });
  assertEquals(direct.length, 146);
  await inFolder(async (folder) => {
    const lines = new TextDecoder().decode(gunzipSync(Deno.readFileSync(recorded))).split("\n");
    const path = `${folder}/trace.txt`;
    await Deno.writeTextFile(path, lines.filter((line) => !line.includes(": sys_")).join("\n"));
    await analysed([path], async (rows) => {
      assertEquals(await rows("SELECT count(*)::INTEGER AS n FROM operation WHERE kind = 'pwrite'"), [{ n: 0 }]);
      assertEquals(await rows(ROLES), direct);
    });
  });
});
