/** Ctrl-C, whenever it comes: status 130, at most one line, and nothing half done. */
import { assertEquals } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { inFolder, spawnCli, trace } from "../commands/run_cli.ts";
import { contentOf, LEFT_BEHIND } from "./killed.ts";

const HELLO = trace("hello-ext4/trace.dat");
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function untilThere(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isMaking(folder: string): boolean {
  return namesIn(folder).some((name) => LEFT_BEHIND.test(name));
}

Deno.test("analyse that is stopped while it reads leaves the old results", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/out.duckdb`);
    const before = await contentOf(`${folder}/out.duckdb`);
    // Standard input that stays open keeps it reading.
    const child = spawnCli(["analyse", "-", "--out", "out.duckdb"], { folder });
    const input = child.stdin.getWriter();
    await input.write(Deno.readFileSync(HELLO).subarray(0, 5000));
    await untilThere(() => isMaking(folder));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    await input.close().catch(() => {});
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length, text], [130, 0, "dioscope: stopped; out.duckdb is as it was\n"]);
    assertEquals([namesIn(folder), await contentOf(`${folder}/out.duckdb`)], [["out.duckdb"], before]);
  });
});

Deno.test("generate, which does not come back to the event loop, is stopped as well", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/spec.yaml`, "operations: 50000000\n");
    const child = spawnCli(["generate", "spec.yaml", "--out", "made"], { folder });
    child.stdin.close();
    await untilThere(() => isMaking(folder));
    const making = namesIn(folder).find((name) => LEFT_BEHIND.test(name))!;
    await untilThere(() => namesIn(`${folder}/${making}`).includes("made"));
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [130, "dioscope: stopped; made is as it was\n"]);
    assertEquals(namesIn(folder), ["spec.yaml"]);
  });
});
