/** What each command may do is in deno.json, and no more than it needs. */
import { assert, assertEquals } from "@std/assert";

interface Tasks {
  tasks: Record<string, { command: string }>;
}

const { tasks }: Tasks = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));

/** Tasks that run the command line, those that users start. */
const commands = Object.entries(tasks).filter(([, { command }]) =>
  /^([A-Z_]+=\w+ )*deno run .*src\/main\.ts/.test(command)
);

const flagsOf = (command: string) => command.split(" ").filter((word) => word.startsWith("-"));

Deno.test("no task has all permissions, and none asks for more while it runs", () => {
  for (const [name, { command }] of Object.entries(tasks)) {
    if (!/^([A-Z_]+=\w+ )*deno (run|test) /.test(command)) continue;
    assert(!/(^| )(-A|--allow-all)( |$)/.test(command), name);
    assert(command.includes("--no-prompt"), name);
  }
});

Deno.test("only report may listen, and on the loopback address alone", () => {
  assert(commands.length >= 8);
  for (const [name, { command }] of commands) {
    const net = flagsOf(command).filter((flag) => /-net/.test(flag));
    if (name === "submit") continue;
    assertEquals(net, name === "report" ? ["--allow-net=127.0.0.1"] : ["--deny-net"], name);
  }
});

Deno.test("the one binary has what its commands have between them, but starts no programs", () => {
  const flags = flagsOf(tasks.compile.command);
  assertEquals(flags.filter((flag) => /-net|-run|-all$/.test(flag)), ["--allow-net=127.0.0.1"]);
  const named = (task: string[], kind: string) =>
    task.flatMap((flag) => flag.startsWith(`--allow-${kind}=`) ? flag.split("=")[1].split(",") : []);
  for (const kind of ["env", "sys"]) {
    const all = new Set(commands.flatMap(([, { command }]) => named(flagsOf(command), kind)));
    assertEquals(named(flags, kind).sort(), [...all].sort(), kind);
  }
});

Deno.test("commands start no programs, load no native code but DuckDB's, and see no more of the environment than they name", () => {
  for (const [name, { command }] of commands) {
    const flags = flagsOf(command);
    if (name !== "submit") assert(!flags.some((flag) => flag.startsWith("--allow-run")), name);
    assert(!flags.includes("--allow-env") && !flags.includes("--allow-sys"), name);
    if (flags.includes("--allow-ffi")) assert(["query", "diff"].includes(name), name);
  }
  assert(!flagsOf(tasks.diff.command).some((flag) => flag.startsWith("--allow-write")), "diff writes nothing");
  const own = flagsOf(tasks.systems.command).filter((flag) => flag.startsWith("--allow-write"));
  assertEquals(own, ["--allow-write=README.md,src/systems"], "systems writes its READMEs, and those alone");
});
