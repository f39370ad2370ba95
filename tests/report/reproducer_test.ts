import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NotReproducible, reproducer } from "../../src/report/reproducer/reproducer.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";

function program(body: string, order: readonly string[] = []): string {
  const scenario = readScenario("a.yaml", `title: a test */ of it\nsystem: mainline\n${body}`);
  return reproducer({
    scenario,
    system: "mainline",
    flagsText: "fs=xfs",
    anomaly: "LOST_UPDATE",
    token: "d1~0~A~complete",
    order,
  });
}

const STORE = `
files: { F: { size: 2, blocks: { 1: hole }, cache: { 0: clean } } }
tasks:
  T1: [{ pwrite: "F[0:1] O_DIRECT O_DSYNC", name: w }]
  T2: [{ store: "F[0:0]", name: s }, { pread: "F[0..1]", to: "anon 1 + efault 1", name: r, after: w }]
`;

Deno.test("operations, buffers, files and the order of a counterexample are tables of the program", () => {
  const text = program(STORE, ["s", "w"]);
  assertStringIncludes(text, '{ "F", 4, 1, { { 0, 2, 1 } }, 1, { { 0, 2, 1 } } }');
  // Task, file, first sector, sectors, direct, flags, turn, reads, writes.
  assertStringIncludes(text, '{ "w (pwrite F[0:1])", OP_PWRITE, 0, 0, 1, 1, 1, RWF_DSYNC, 1, 0, 1,');
  assertStringIncludes(text, '{ "s (store F[0:0])", OP_STORE, 1, 0, 0, 1, 0, 0, 0, 0, 1,');
  assertStringIncludes(text, "  1, { 0 }, 2, { { SEGMENT_ANON, 4096, 0, 0 }, { SEGMENT_EFAULT, 4096, 0, 0 } } },");
  // What the scenario says cannot end the comment.
  assertStringIncludes(text, " * a test * / of it\n");
});

Deno.test("what a program cannot do is refused in a line", () => {
  const refusal = (body: string) => assertThrows(() => program(body), NotReproducible).message;
  assertEquals(
    refusal('crash: anywhere\ntasks: { T1: [{ pwrite: "F[0]" }] }'),
    "it needs a crash, which no program has under control",
  );
  assertEquals(
    refusal('maps: { M: "F[0] MAP_SHARED" }\ntasks: { T1: [{ munmap: M, name: u }] }'),
    "u: the program has no munmap",
  );
});

Deno.test({
  name: "the program compiles without a warning, and sees nothing on this machine's own file system",
  ignore: !isThere("/usr/bin/gcc"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(
        `${folder}/r.c`,
        program(STORE.replace("store", "pread"), ["w"]),
      );
      const compiled = await run(
        "gcc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-pthread",
        "-o",
        `${folder}/r`,
        `${folder}/r.c`,
      );
      assertEquals(compiled.stderr, "");
      const ran = await run(`${folder}/r`, folder, "3");
      // Not every file system does direct I/O.
      assert(ran.code === 0 && ran.stdout.startsWith("3 rounds: ") || ran.code === 3, `${ran.code}\n${ran.stdout}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function run(command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
