/** Names that every object answers to, such as `constructor`, are names like others where a recording or a file has them. */
import { assertEquals, assertMatch } from "@std/assert";
import { readHistory } from "../../src/recording/history/read_history.ts";
import { ringKind } from "../../src/lifting/call_table.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";

const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

const line = (nth: number, event: string) => `            fio-100     [000] d..1.  10.00000${nth}: ${event}\n`;

Deno.test("events and fields of such names are read, stored, asked and shown", async () => {
  await inFolder(async (folder) => {
    const fields = NAMES.map((name, nth) => `${name}=${nth + 1}`).join(" ");
    const events = [...NAMES.map((name) => `${name}: dev=7:0 ${fields}`), `ext4_da_write_begin: ${fields}`];
    Deno.writeTextFileSync(
      `${folder}/trace.txt`,
      `# tracer: nop\n#\n${events.map((each, nth) => line(nth, each)).join("")}`,
    );
    const cli = (...args: string[]) => runCli(args, { folder });
    const analysed = await cli("analyse", "trace.txt", "--out", "out.duckdb");
    assertEquals([analysed.code, analysed.stderr], [0, ""]);
    for (const name of [...NAMES, "ext4_da_write_begin"]) {
      const columns = NAMES.map((each) => `"${each}"`).join(", ");
      const asked = await cli("query", "out.duckdb", `SELECT ${columns} FROM raw."${name}"`, "--format", "json");
      assertEquals([asked.code, asked.stderr], [0, ""]);
      assertEquals(asked.stdout, `[\n{${NAMES.map((each, nth) => `"${each}":${nth + 1}`).join(",")}}\n]\n`, name);
    }
    for (const args of [["report", "out.duckdb"], ["export", "out.duckdb", "--csv", "csv"]]) {
      const { code, stderr } = await cli(...args);
      assertEquals([code, stderr], [0, ""], args[0]);
    }
  });
});

Deno.test("what a history calls an operation is unknown, and io_uring's operations of such names are others", async () => {
  const path = await Deno.makeTempFile();
  try {
    const row = { id: 1, tid: 2, file: "f", off: 0, len: 512, start_ns: 1, end_ns: 2, ret: 0, errno: 0 };
    Deno.writeTextFileSync(path, NAMES.map((op) => JSON.stringify({ ...row, op }) + "\n").join(""));
    assertEquals(readHistory(path).map(({ op, family }) => [op, family]), NAMES.map((op) => [op, "unknown"]));
  } finally {
    await Deno.remove(path);
  }
  for (const name of NAMES) assertEquals(ringKind(name, 0), ringKind("NOP", 0));
});

/** A scenario in which everything has one of the names. */
const scenario = (system: string) =>
  `title: names
system: ${system}
files: { constructor: { size: 2 } }
tasks:
  toString:
    - mmap: constructor[0] MAP_SHARED
      as: valueOf
    - pwrite: constructor[0]
      from: map constructor[1]
      name: hasOwnProperty
    - munmap: valueOf
  T2:
    - pwrite: constructor[0]
`;

Deno.test("scenarios whose files, tasks, maps and operations are called so are explored like others", async () => {
  await inFolder(async (folder) => {
    const other = scenario("mainline").replaceAll("constructor", "F").replaceAll("toString", "T1")
      .replaceAll("valueOf", "m").replaceAll("hasOwnProperty", "w");
    Deno.writeTextFileSync(`${folder}/other.yaml`, other);
    Deno.writeTextFileSync(`${folder}/names.yaml`, scenario("mainline"));
    const [expected, named] = await Promise.all(
      ["other", "names"].map((name) => runCli(["explore", `${name}.yaml`, "--format", "json"], { folder })),
    );
    assertEquals([named.code, named.stderr], [expected.code, expected.stderr]);
    const classesOf = (text: string) => [...text.matchAll(/"classes": (\d+)/g)].map(([, classes]) => Number(classes));
    assertEquals(classesOf(named.stdout), classesOf(expected.stdout));
    assertEquals(classesOf(named.stdout).length > 0, true, named.stdout);
  });
});

Deno.test("systems, flags and keys of such names are refused where there are none, each in a line", async () => {
  await inFolder(async (folder) => {
    const refusals: [text: string, line: RegExp][] = [
      [scenario("constructor"), /^dioscope: s\.yaml:2:9: system: no system constructor: [^\n]+\n$/],
      [
        scenario("mainline").replace("files:", "flags: { toString: on }\nfiles:"),
        /^dioscope: s\.yaml:3:10: flags\.toString: no flag of mainline: [^\n]+\n$/,
      ],
      [
        scenario("mainline").replace("files:", "flags: { __proto__: 1 }\nfiles:"),
        /^dioscope: s\.yaml:3:10: no object here has a key __proto__: give it another name\n$/,
      ],
    ];
    for (const [text, line] of refusals) {
      Deno.writeTextFileSync(`${folder}/s.yaml`, text);
      const { code, stderr } = await runCli(["explore", "s.yaml"], { folder });
      assertEquals(code, 3);
      assertMatch(stderr, line);
    }
    Deno.writeTextFileSync(`${folder}/s.yaml`, scenario("mainline"));
    for (const name of NAMES) {
      const set = await runCli(["explore", "s.yaml", "--set", `${name}=1`], { folder });
      assertEquals([set.code, set.stderr], [2, `dioscope: --set ${name}: no system has that flag\n`]);
    }
  });
});
