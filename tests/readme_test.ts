import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder, runCli, trace } from "./commands/run_cli.ts";

const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));

/** Commands of the console blocks with what stands under them. */
function sessions(): { command: string; status: number; output: string }[] {
  return [...README.matchAll(/```console\n([\s\S]*?)```/g)].flatMap((block) =>
    block[1].split(/^\$ /m).slice(1).map((part) => {
      const end = part.indexOf("\n");
      const [, command, status = "0"] = /^(.*?)(?: {3}# status (\d+))?$/.exec(part.slice(0, end))!;
      return { command, status: Number(status), output: part.slice(end + 1).trimEnd() };
    })
  );
}

/** Words of a command line with double-quoted ones taken together. */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);
}

Deno.test("what the README shows is what the commands print", async () => {
  await inFolder(async (folder) => {
    await Deno.symlink(trace(""), `${folder}/traces`);
    await Deno.symlink(new URL("../fixtures", import.meta.url).pathname, `${folder}/fixtures`);
    await Deno.symlink(new URL(".", import.meta.url).pathname, `${folder}/tests`);
    const shown = sessions();
    assert(shown.length >= 3);
    for (const { command, status, output } of shown) {
      const [deno, task, ...args] = words(command);
      assertEquals([deno, task], ["deno", "task"]);
      const result = await runCli(args, { folder });
      assertEquals(result.code, status, result.stderr);
      assertEquals(result.stdout.trimEnd(), output, command);
    }
  });
});

Deno.test("the program in the README prints what stands below it", async () => {
  const [, code, output] = /```ts\n([\s\S]*?)```\s*```text\n([\s\S]*?)```/.exec(README)!;
  await inFolder(async (folder) => {
    await Deno.symlink(new URL("../src", import.meta.url).pathname, `${folder}/src`);
    await Deno.writeTextFile(`${folder}/program.ts`, code);
    const config = new URL("../deno.json", import.meta.url).pathname;
    const args = ["run", "--no-prompt", "--allow-read", "--config", config, `${folder}/program.ts`];
    const run = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals(new TextDecoder().decode(run.stderr), "");
    assertEquals(new TextDecoder().decode(run.stdout), output);
  });
});

Deno.test("the README names every format, package and task that there is", () => {
  const config = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));
  for (const name of Object.keys(config.imports)) assertStringIncludes(README, name);
  for (const name of Object.keys(config.tasks)) assert(new RegExp(`\\b${name}\\b`).test(README), name);
});

Deno.test("the patches in the README are those that tests and examples load", () => {
  for (const name of ["iomap_dio_rw_wait", "no_post_invalidation"]) {
    const text = Deno.readTextFileSync(new URL(`patches/${name}.ts`, import.meta.url));
    assertStringIncludes(README, `\`\`\`ts\n${text}\`\`\``);
  }
});
