import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { patch, PatchError, type PatchSpec, pathsOf } from "../../src/mod.ts";
import { patchedSystem } from "../../src/systems/patch.ts";
import { flagValues, systemNamed, SYSTEMS } from "../../src/systems/index.ts";
import { inFolder, runCli } from "./run_cli.ts";

const WAIT = "tests/patches/iomap_dio_rw_wait.ts";
const WRONG = "tests/patches/no_post_invalidation.ts";

/** A buffered read that may cache the page while a direct write is in flight, and one behind it. */
const READ_BEHIND_A_WRITE = `
title: buffered reads beside a direct write and behind it
system: mainline
files: { F: { size: 1 } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT", name: w }]
  T2: [{ pread: "F[0]", name: during }, { pread: "F[0]", name: later, after: w }]
expect:
  - { absent: STALE_CACHE, sibling: 80-1, why: the range is invalidated once more behind the write, source: "80-1 [K]" }
  - { result: later, reads: { 0: w }, why: it begins when the write has returned, source: "80-1 [K]" }
  - { reachable: STALE_CACHE, flags: { post_inval: off }, why: what was cached meanwhile stays, source: ours }
`;

const WRITE = `
title: a write
system: mainline
files: { F: { size: 1 } }
tasks: { T1: [{ pwrite: "F[0] O_DIRECT", name: w }] }
expect: []
`;

const ADD_STEP = "add it to its steps, with what it does";

const SPEC: PatchSpec = { name: "p", title: "t", of: "mainline", paths: () => ({}) };

function refusal(spec: Partial<PatchSpec>): string {
  const own = patch({ ...SPEC, ...spec });
  return assertThrows(() => patchedSystem(own, systemNamed(own.of)), PatchError).message;
}

Deno.test("a patch that names what its system does not have is refused, and told what there is", () => {
  assertEquals(
    refusal({
      of: "xip-io",
      paths: () => ({
        *dax_fault(original, ...args) {
          return yield* original(...args);
        },
      }),
    }),
    "p: xip-io has no path dax_fault: it has read, write, truncate, fsync, fallocate",
  );
  const none = {} as { kiocb_invalidate_post_direct_write: never };
  assertEquals(
    refusal({ paths: () => ({ ...none, iomap_dio_rw: "later" as never }) }),
    "p: iomap_dio_rw is no generator function",
  );
  assertEquals(refusal({ defaults: { speed: "high" } }), "p: mainline has no flag speed");
  assertEquals(refusal({ defaults: { fs: "fat" } }), "p: fs=fat: it may be ext4, xfs");
  const flag = { name: "fs", values: ["on"], default: "on", kind: "repair", meaning: "m" } as const;
  assertEquals(refusal({ flags: [flag] }), "p: mainline has a flag fs already");
});

Deno.test("a flag that a patch asks for and that is neither its own nor its system's is refused when it is loaded", () => {
  const message = refusal({ paths: ({ speed }) => speed === "high" ? {} : {} });
  assertStringIncludes(message, "p: its paths ask for flag speed, which there is not: kver, fs, ");
});

Deno.test("a step that a patch goes through and does not name is told in a line", async () => {
  await inFolder(async (folder) => {
    const mod = new URL("../../src/mod.ts", import.meta.url).href;
    await Deno.writeTextFile(`${folder}/w.yaml`, WRITE);
    await Deno.writeTextFile(
      `${folder}/steps.ts`,
      `import { patch } from "${mod}";
export default patch({ name: "p", title: "t", of: "mainline", paths: () => ({
  *write(original, file, transfer) {
    transfer.call.at("Z9");
    return yield* original(file, transfer);
  },
}) });
`,
    );
    for (const systems of ["./steps.ts", "mainline,./steps.ts"]) {
      for (const more of [[], ["--brief"]]) {
        const run = await runCli(["explore", "w.yaml", "--systems", systems, "--jobs", "1", ...more], { folder });
        assertEquals(run.stderr, `dioscope: 1 run failed: p: there is no step Z9: ${ADD_STEP}\n`);
        assertEquals(run.code, 1);
      }
    }
  });
});

Deno.test("an override that no run comes to is told", async () => {
  const modules = ["never_reached.ts", "no_post_invalidation.ts"].map((name) =>
    new URL(`../patches/${name}`, import.meta.url)
  );
  const [never, wrong] = await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/w.yaml`, WRITE);
    const explored = (module: URL) =>
      runCli(["explore", "w.yaml", "--systems", `mainline,${module.pathname}`, "--brief", "--jobs", "1"], { folder });
    return [await explored(modules[0]), await explored(modules[1])].map(({ stdout }) => stdout.replaceAll(/\s+/g, " "));
  });
  assertStringIncludes(
    never,
    "no run of these scenarios comes to what never-reached puts in the place of xfs_file_dio_write: they say nothing of it",
  );
  assert(wrong.includes("no-post-invalidation beside mainline") && !wrong.includes("say nothing of it"));
});

Deno.test("a patched system is its base with other defaults and more flags and steps", () => {
  const flag = { name: "mine", values: ["on", "off"], default: "off", kind: "repair", meaning: "m" } as const;
  const own = patchedSystem(
    patch({ ...SPEC, flags: [flag], defaults: { fs: "xfs" }, steps: { Z9: "something new" } }),
    systemNamed("mainline"),
  );
  const base = systemNamed("mainline");
  assertEquals(own.patchOf, "mainline");
  assertEquals(flagValues(own), { ...flagValues(base), fs: "xfs", mine: "off" });
  assertEquals(own.steps.Z9, "something new");
  assertEquals(flagValues(base).fs, "ext4");
});

Deno.test("every system has paths that a patch may override", () => {
  for (const { name } of SYSTEMS) assert(pathsOf(name).length >= 5, name);
});

Deno.test("a patch is told beside its system: what is new, what is cured, what becomes of expectations", async () => {
  const wrong = await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/80-1-read.yaml`, READ_BEHIND_A_WRITE);
    const module = new URL(`../../${WRONG}`, import.meta.url).pathname;
    return await runCli(
      ["explore", "80-1-read.yaml", "--systems", `mainline,${module}`, "--brief", "--format", "json"],
      {
        folder,
      },
    );
  });
  assertEquals([wrong.code, wrong.stderr], [1, ""]);
  const { scenarios: [{ patches, runs }] } = JSON.parse(wrong.stdout);
  const anomalies = (number: number): string[] =>
    runs.find(({ run }: { run: number }) => run === number).findings.map(({ anomaly }: { anomaly: string }) => anomaly);
  const [effect] = patches;
  assertEquals(effect.patch, "no-post-invalidation");
  assertEquals([anomalies(effect.before).includes("STALE_CACHE"), anomalies(effect.after).includes("STALE_CACHE")], [
    false,
    true,
  ]);
  type Expectation = { kind: string; before: { agreement: string }; after: { agreement: string } };
  assertEquals(
    effect.expectations.map(({ kind, before, after }: Expectation) => [kind, before.agreement, after.agreement]),
    [
      ["absent", "agrees", "disagrees"],
      ["result", "agrees", "disagrees"],
    ],
  );

  const path = "fixtures/ext4-iomap-dio/60-9-extending-aio.yaml";
  const wait = await runCli(["explore", path, "--systems", `ext4-iomap-dio,${WAIT}`, "--brief", "--jobs", "1"]);
  assertStringIncludes(wait.stdout, "cured: WRONG_SIZE (permanent) (1 run); new: nothing");
  assertStringIncludes(wait.stdout, "submit returns -EIOCBQUEUED");
  // With its own flag off it is the patch of 2019-10 as it was.
  const off = await runCli([
    "explore",
    path,
    "--systems",
    `ext4-iomap-dio,${WAIT}`,
    "--set",
    "rw_wait=off",
    "--brief",
  ]);
  assertStringIncludes(off.stdout, "0 of 3 runs are changed by iomap_dio_rw_wait; cured: nothing; new: nothing");
  assertEquals(off.code, 0);
});

Deno.test("a module that is no system is refused in a line", async () => {
  await inFolder(async (folder) => {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    await write("s.yaml", "title: t\nsystem: dax\ntasks: { T1: [{ pread: 'F[0]' }] }\n");
    await write("none.ts", "export const x = 1;\n");
    await write("broken.ts", "// a patch\nexport default {;\n");
    await write("imports.ts", "import broken from './broken.ts';\nexport default broken;\n");
    await write("fails.ts", "const f = () => {\n  throw new Error('no such luck');\n};\nf();\n");
    await write("partly.ts", "export default { kind: 'patch', name: 'x', title: 't' };\n");
    await write(
      "path.ts",
      "export default { kind: 'patch', name: 'x', title: 't', of: 'dax', paths: () => ({ fast() {} }) };\n",
    );
    await write("base.ts", "export default { kind: 'patch', name: 'x', title: 't', of: 'ext9', paths: () => ({}) };\n");
    await write(
      "known.ts",
      "export default { kind: 'patch', name: 'dax', title: 't', of: 'dax', paths: () => ({}) };\n",
    );
    const messages: readonly (readonly [module: string, message: string])[] = [
      ["./missing.ts", "--systems ./missing.ts cannot be loaded: "],
      ["./none.ts", "--systems ./none.ts exports no system: export default patch({ ... }), or a system of its own"],
      ["./broken.ts", "--systems ./broken.ts cannot be loaded: SyntaxError: "],
      ["./broken.ts", " (line 2, column 17)"],
      ["./imports.ts", `(${folder}/broken.ts, line 2, column 17)`],
      ["./fails.ts", "--systems ./fails.ts cannot be loaded: no such luck (line 2, column 9)"],
      ["./partly.ts", "--systems ./partly.ts: its patch has no of, no paths"],
      [
        "./path.ts",
        "--systems ./path.ts: x: dax has no path fast: it has read, write, truncate, fsync, fallocate, dax_do_io, dax_fault",
      ],
      ["./base.ts", "--systems ./base.ts: of: ext9 is not modelled: there are "],
      ["./known.ts", "--systems ./known.ts: there is a system dax already"],
    ];
    for (const [module, message] of messages) {
      const run = await runCli(["explore", "s.yaml", "--systems", module], { folder });
      assertEquals([run.code, run.stderr.trimEnd().split("\n").length], [2, 1], run.stderr);
      assertStringIncludes(run.stderr, message);
    }
  });
});
