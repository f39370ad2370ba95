import { assert, assertEquals } from "@std/assert";
import { readResults } from "./commands/made_results.ts";
import { inFolder, runCli } from "./commands/run_cli.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const README = Deno.readTextFileSync(`${ROOT}README.md`);

/** What words of the README's and the helps' command lines stand for here, by the command and the word before them. */
const STANDS_FOR: readonly (readonly [before: RegExp, word: string, here: readonly string[]])[] = [
  [/^analyse$/, "PATH...", ["traces/hello-ext4/trace.dat", "--out", "again.duckdb"]],
  [/^explore$/, "PATH...", ["fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml", "--brief"]],
  [/^(query|report|export)$/, "DB", ["hello.duckdb"]],
  [/^diff$/, "A", ["hello.duckdb"]],
  [/^diff$/, "B", ["hello.duckdb"]],
  [/^generate$/, "SPEC", ["fixtures/generated/planted.json"]],
  [/^systems$/, "NAME", ["xip-io"]],
  [/^(--view|--explain)$/, "NAME", ["io_latency"]],
  [/^--explain$/, "WORD", ["FWFSM"]],
  [/^--expect$/, "FILE", ["hello.expect"]],
  [/^--shard$/, "I/N", ["1/2"]],
  [/^--out$/, "S.duckdb", ["shard.duckdb"]],
  [/^--(parquet|csv|out)$/, "DIR", ["folder"]],
  [/^--chrome-trace$/, "F", ["chrome.json"]],
  [/^--iolog$/, "FILE", ["hello.iolog"]],
];

/** What is shown and cannot run here, and why. */
const NOT_RUN: readonly (readonly [command: RegExp, reason: string])[] = [
  [/^(test|check)$/, "it runs this test, or the whole project"],
  [/^bench\b/, "it measures for minutes"],
  [/^report \S+ --serve$/, "it goes on until Ctrl-C: tests/browser/sql_page_test.ts serves and stops it"],
  [/^query DB$/, "a shell on a terminal: tests/results/query/terminal_shell_test.ts types into it"],
  [/^(COMMAND|NAME)\b|^\.\.\.$/, "it names all commands"],
  [/^fuzz\b/, "it goes on for as long as it is told to: tests/fuzz has the suite's share of it"],
  [
    /^empty-results$/,
    "it writes a file of the source: tests/results/empty_results_test.ts holds it to what it would write",
  ],
  [/^(merge|submit|compile)\b/, "parts of a work on several machines: their own tests make the parts"],
];

/** SQL for commands that are shown with 'SQL'. */
const SQL = "SELECT count(*) AS events, :t0 AS t0 FROM event";

/** Command lines that the README shows, but those of its sessions, which are run with what they print. */
function shown(): string[] {
  const inline = [...README.matchAll(/`deno task ([^`]+)`/g)].map(([, line]) => line);
  const blocks = [...README.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block]) =>
    block.split("\n").flatMap((line) => /(?:^|\s)task ([^#]+)/.exec(line)?.[1].trim() ?? [])
  );
  return [...new Set([...inline, ...blocks])];
}

/** A shown line as arguments that run in the test's folder. */
function concrete(line: string): string[] {
  const args: string[] = [];
  let [before, command] = ["", ""];
  const words = line.replaceAll(/[[\]]/g, "").split(/\s+/);
  for (const word of words) {
    command ||= word;
    if (word === "'SQL'") {
      args.push(SQL, ...(line.includes("--param") ? [] : ["--param", "t0=0"]));
    } else if (word === "coherence.duckdb") args.push("hello.duckdb");
    else if (!/^[A-Z]/.test(word)) args.push(word);
    else {
      const found = STANDS_FOR.find(([after, each]) => each === word && (after.test(before) || after.test(command)));
      assert(
        found !== undefined,
        `deno task ${line}: what does ${word} stand for? Say so in STANDS_FOR, or in NOT_RUN`,
      );
      args.push(...found[2]);
    }
    before = word;
  }
  if (command === "query" && line.includes("--engine native")) args.push(SQL, "--param", "t0=0");
  return args;
}

const EXPECTATION = `-- One recording.
SELECT format FROM recording
----
format
trace.dat v7
`;

/** A folder as the README's reader has it, with the results of a small recording. */
async function withResults(body: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    for (const name of ["traces", "fixtures", "tests"]) await Deno.symlink(ROOT + name, `${folder}/${name}`);
    await Deno.copyFile(await readResults("hello-ext4/trace.dat"), `${folder}/hello.duckdb`);
    await Deno.writeTextFile(`${folder}/hello.expect`, EXPECTATION);
    await Deno.writeTextFile(`${folder}/ask.sql`, "SELECT count(*) FROM bio;\n");
    await Deno.writeTextFile(`${folder}/spec.yaml`, "operations: 20\nthreads: 2\n");
    await body(folder);
  });
}

async function runs(args: string[], folder: string, status = 0): Promise<void> {
  const { code, stdout, stderr } = await runCli(args, { folder });
  assertEquals(code, status, `deno task ${args.join(" ")}: ${stderr}${stdout.slice(0, 500)}`);
}

/** Whether a use of a command's options below runs the same command with all options of this line, of which it has some. */
function isUsed([command, ...words]: readonly string[]): boolean {
  const options = words.filter((word) => word.startsWith("--"));
  return options.length > 0 && USES[command].some(([line, status = 0]) => {
    const used = line.split(" ");
    return status === 0 && options.every((option) => used.includes(option));
  });
}

Deno.test("every command line of the README runs", async () => {
  await withResults(async (folder) => {
    const done = new Set<string>();
    let used = 0;
    for (const line of shown()) {
      if (NOT_RUN.some(([command]) => command.test(line))) continue;
      const args = concrete(line);
      if (isUsed(args)) {
        used++;
        continue;
      }
      if (done.has(args.join(" "))) continue;
      done.add(args.join(" "));
      await runs(args, folder);
      for (const name of ["folder", "chrome.json", "hello.iolog"]) {
        await Deno.remove(`${folder}/${name}`, { recursive: true }).catch(() => {});
      }
    }
    assert(
      done.size >= 8 && done.size + used >= 18,
      `${done.size} command lines were run, ${used} with the helps' uses`,
    );
  });
});

const SCENARIO = "fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml";
const DAX = "traces/rw-ext4-dax/trace.dat";
const HELLO = "traces/hello-ext4/trace.dat";

/** Command lines that together use every option that a help names, with their status where it is not 0. */
const USES: Readonly<Record<string, readonly (readonly [line: string, status?: number])[]>> = {
  analyse: [
    [`${HELLO} --out a.duckdb --history traces/hello-ext4/history.jsonl --checks all --systems none --kernel 6.18 --fs ext4 --format json`],
    [`${HELLO} --out b.duckdb --systems none --checks none --conformance none --fail-on error`],
    [`${DAX} --out c.duckdb --systems dax --budget 5 --jobs 1 --save windows --conformance none`],
    [`${DAX} --out shard.duckdb --systems dax --budget 5 --shard 1/2`],
    [`${DAX} --out d.duckdb --checks auto --systems none --conformance none --fail-on info`, 1],
  ],
  explore: [
    [`${SCENARIO} --strategy pct --runs 20 --depth 2 --seed 5 --budget 10s --times --width 90 --color never`, 1],
    [`${SCENARIO} --strategy random --runs 20 --real-sizes --format json --set fs=ext3`, 1],
    [`${SCENARIO} --deep --no-minimise --out e.duckdb --save smaller --reproducer r.c --fail-on DEADLOCK`],
    [`${SCENARIO} --systems legacy-dio,xip-io --bisect --brief --jobs 1`],
    [`kept.yaml --keep --brief`],
    [`${SCENARIO} --token d1~1*10,2*5,1*9,2~Z_8QsaxcS8PQYNr1KfE8Qsa1O~deadlock`],
    [`${SCENARIO} --shard 1/2 --out shard.duckdb`],
  ],
  query: [
    ["hello.duckdb --file ask.sql --format csv"],
    ["hello.duckdb --view io_latency --format json"],
    ["hello.duckdb --views"],
    ["hello.duckdb --schema"],
    ["--explain Q2C"],
    ["hello.duckdb --expect hello.expect --engine native"],
    ["hello.duckdb --param n=3 SELECT\u00a0:n"],
  ],
  report: [["hello.duckdb --out made.html"]],
  diff: [["hello.duckdb hello.duckdb --fail-on regression --alpha 0.05 --ratio 1.2 --engine native --format json"]],
  export: [
    ["hello.duckdb --parquet parquet --partition"],
    ["hello.duckdb --csv csv"],
    ["hello.duckdb --chrome-trace c.json"],
    ["hello.duckdb --iolog hello.iolog --recording 1 --dev 7:0"],
  ],
  generate: [["spec.yaml --out made --seed 3"], ["spec.yaml --out modelled --model mainline"]],
  systems: [["xip-io --format json"], ["--width 90 --color always"]],
};

/** Options that a help names and that are not used here, and why. */
const NOT_USED: Readonly<Record<string, string>> = {
  "report --serve": "it goes on until Ctrl-C: tests/browser/sql_page_test.ts serves and stops it",
  "report --port": "goes with --serve",
  "systems --write-readme": "writes into the project: tests/commands/systems_test.ts compares what it would write",
};

/** Options at the beginning of a line of a help, or of its first lines. */
function optionsOf(help: string): string[] {
  const [, body] = help.split(/\n\nExit status/)[0].split(/\n\n([^]*)/);
  return [...new Set([...body.matchAll(/^ {2}(--[a-z][a-z-]*)/gm)].map(([, option]) => option))];
}

for (const [command, lines] of Object.entries(USES)) {
  Deno.test(`every option that ${command} --help names runs as it says`, async () => {
    await withResults(async (folder) => {
      await Deno.copyFile(ROOT + SCENARIO, `${folder}/kept.yaml`);
      const help = await runCli([command, "--help"], { folder });
      assertEquals([help.code, help.stderr], [0, ""]);
      const used = lines.flatMap(([line]) => line.split(" "));
      for (const option of optionsOf(help.stdout)) {
        if (option === "--help" || `${command} ${option}` in NOT_USED) continue;
        assert(used.includes(option), `${command} ${option} is in the help and never run: add it to USES or NOT_USED`);
      }
      for (const [line, status = 0] of lines) {
        await runs([command, ...line.split(" ").map((word) => word.replaceAll("\u00a0", " "))], folder, status);
      }
    });
  });
}
