/**
 * Runs the command line as a task would, in a process of its own.
 *
 * @module
 */

// Packages of all commands are fetched with those of the tests then, not by the first process whose output a test reads.
import "../../src/commands/analyse.ts";
import "../../src/commands/diff.ts";
import "../../src/commands/explore.ts";
import "../../src/commands/export.ts";
import "../../src/commands/generate.ts";
import "../../src/commands/query.ts";
import "../../src/commands/report.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Permissions of the tasks in deno.json, which the tests must not exceed. */
function permissionsOf(task: string): string[] {
  const config = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const command: string = config.tasks[task].command;
  return command.split(" ").filter((word) => word.startsWith("--"));
}

export interface CliOptions {
  /** What standard input gives; nothing when left out. */
  stdin?: Uint8Array;
  /** Folder the user is in; the project's own when left out. */
  folder?: string;
  /** More flags for Deno itself. */
  denoFlags?: string[];
  env?: Record<string, string>;
  /** A program, and what it is given, that runs the command line which it is given behind that. */
  within?: string[];
}

/** Runs `deno task NAME ARGS...` without the task runner in between. */
export async function runCli(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawnCli(args, options);
  const writer = child.stdin.getWriter();
  // The program may end without reading all of it.
  const writing = (options.stdin === undefined ? Promise.resolve() : writer.write(options.stdin))
    .then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await writing;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Starts the same and leaves it running. */
export function spawnCli(args: string[], options: CliOptions = {}): Deno.ChildProcess {
  const [task, ...rest] = args;
  const [program, ...words] = [
    ...options.within ?? [],
    ...[
      Deno.execPath(),
      "run",
      ...permissionsOf(task),
      ...options.denoFlags ?? [],
      `${ROOT}src/main.ts`,
      task,
      ...rest,
    ],
  ];
  return new Deno.Command(program, {
    args: words,
    cwd: ROOT,
    env: { INIT_CWD: options.folder ?? ROOT, NO_COLOR: "1", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A folder that is gone when the test is over. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  try {
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Path of a shipped recording. */
export function trace(name: string): string {
  return `${ROOT}traces/${name}`;
}
