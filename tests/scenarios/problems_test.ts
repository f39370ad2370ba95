import { assertEquals } from "@std/assert";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";

const GOOD = `title: t
system: dax
tasks:
  T1:
    - pwrite: F[0] O_DIRECT
      name: w
expect:
  - reachable: DEADLOCK
    why: because
    source: ours
`;

/** What is said about a text. */
function said(text: string): string[] {
  try {
    readScenario("a.yaml", text);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
}

/** What is said when one part of a good scenario is replaced. */
function saidWith(part: string, replacement: string): string[] {
  assertEquals(GOOD.includes(part), true, part);
  return said(GOOD.replace(part, replacement));
}

Deno.test("nothing is said about a good scenario", () => assertEquals(said(GOOD), []));

Deno.test("a misspelt key is an error, with the key that was meant", () => {
  assertEquals(saidWith("system: dax", "sistem: dax"), [
    "a.yaml:1:1: system is missing: a name, several, or all",
    "a.yaml:2:1: sistem: unknown key, did you mean system?",
  ]);
  assertEquals(saidWith("      name: w", "      nam: w"), [
    "a.yaml:6:7: tasks.T1[0].nam: unknown key, did you mean name?",
  ]);
  assertEquals(saidWith("    source: ours", "    sauce: ours"), [
    "a.yaml:8:5: expect[0]: source is missing: text",
    "a.yaml:10:5: expect[0].sauce: unknown key, did you mean source?",
  ]);
});

Deno.test("a key that nothing resembles is listed with what is known there", () => {
  assertEquals(saidWith("system: dax", "system: dax\nmount: { zzz: 1 }"), [
    "a.yaml:3:10: mount.zzz: unknown key, known here: blocks_per_page, readonly, log_credits",
  ]);
});

Deno.test("a misspelt operation, anomaly, system, flag and file are told apart from those that are meant", () => {
  assertEquals(saidWith("pwrite: F[0] O_DIRECT", "pwrit: F[0] O_DIRECT"), [
    "a.yaml:5:7: tasks.T1[0].pwrit: unknown operation, did you mean pwrite?",
  ]);
  assertEquals(saidWith("DEADLOCK", "DEADLOK"), [
    "a.yaml:8:16: expect[0].reachable: expected an anomaly of the catalogue, or an invariant of the system such as I1, " +
    'found "DEADLOK", did you mean DEADLOCK?',
  ]);
  assertEquals(saidWith("system: dax", "system: mainlin"), [
    "a.yaml:2:9: system: no system mainlin, did you mean mainline?",
  ]);
  assertEquals(saidWith("O_DIRECT", "O_DIRCT"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: unknown flag O_DIRCT, did you mean O_DIRECT?",
  ]);
  assertEquals(saidWith("F[0] O", "H[0] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: no file H: files are F, G, others go under files",
  ]);
});

Deno.test("what has the wrong form is shown with the form that was expected", () => {
  assertEquals(saidWith("F[0] O_DIRECT", "F[0-3]"), [
    'a.yaml:5:15: tasks.T1[0].pwrite: expected a place and flags, such as "F[0..3] O_DIRECT|O_DSYNC", found "F[0-3]"',
  ]);
  assertEquals(saidWith("system: dax", "system: dax\nbounds: { pages: many }"), [
    'a.yaml:3:18: bounds.pages: expected a number, found "many"',
  ]);
  assertEquals(saidWith("system: dax", "system: dax\ndevice: { fua: yes }"), [
    'a.yaml:3:16: device.fua: expected one of on, off, found "yes"',
  ]);
  assertEquals(saidWith("system: dax", "system: dax\nfiles: { F: { blocks: { 0: holy } } }"), [
    'a.yaml:3:28: files.F.blocks.0: expected hole, delalloc, unwritten, written, or "shared G[0]": the block that G has there, found "holy"',
  ]);
  assertEquals(saidWith("system: dax", "system: dax\nfiles: { F: { blocks: { x: hole } } }"), [
    'a.yaml:3:25: files.F.blocks.x: expected pages such as 2 or 0..3, or sectors such as 0:1, found "x"',
  ]);
});

Deno.test("pages and sectors are checked against bounds and size", () => {
  assertEquals(saidWith("F[0] O", "F[9] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: F[9] names page 9, a file has at most 8: bounds: { pages: ... }",
  ]);
  assertEquals(saidWith("F[0] O", "F[0:2] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: F[0:2] names sector 2 of a page, a page has 2: bounds: { SECTORS_PER_PAGE: ... }",
  ]);
  assertEquals(saidWith("F[0] O", "F[2..1] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: F[2..1] ends before it begins",
  ]);
  assertEquals(saidWith("F[0] O", "F[99999999999999999] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: F[100000000000000000] names page 100000000000000000, a file has at most 8: " +
    "bounds: { pages: ... }",
  ]);
  assertEquals(saidWith("F[0] O", "F[3..4] O"), [
    "a.yaml:5:15: tasks.T1[0].pwrite: page 4 lies beyond the default size of 4 pages: give F a size under files " +
    "(5 to have the page, 4 to extend the file)",
  ]);
  assertEquals(saidWith("      name: w", "      from: map G[0..1]\n      bytes: 2000"), [
    "a.yaml:7:14: tasks.T1[0].bytes: F[0] has 1024 bytes",
  ]);
  assertEquals(saidWith("F[0] O_DIRECT\n      name: w", "F[0..2]\n      from: anon 1 + map G[0]"), [
    "a.yaml:6:13: tasks.T1[0].from: 3 pages are needed, found 2",
  ]);
});

Deno.test("names that refer to something are checked", () => {
  assertEquals(
    saidWith("      name: w", "      name: w\n      after: T2#0"),
    [
      "a.yaml:7:14: tasks.T1[0].after: no operation T2#0",
    ],
  );
  assertEquals(saidWith("name: w", "name: zeros"), [
    "a.yaml:6:13: tasks.T1[0].name: zeros means something else in expect",
  ]);
  assertEquals(saidWith("    why", "    op: ww\n    why"), [
    "a.yaml:9:9: expect[0].op: no operation ww, did you mean w?",
  ]);
  assertEquals(saidWith("    why", "    tasks: T2\n    why"), [
    "a.yaml:9:12: expect[0].tasks: no task T2, did you mean T1?",
  ]);
  assertEquals(saidWith("reachable: DEADLOCK", "final: recovered\n    files: { F: { size: 4 } }"), [
    "a.yaml:8:12: expect[0].final: nothing crashes in this scenario: crash: anywhere",
  ]);
  assertEquals(saidWith("source: ours", "source: 40-1 [X]"), [
    "a.yaml:10:13: expect[0].source: no evidence tag X, known: S, K, D, M, M18, M61",
  ]);
});

Deno.test("an area of memory is used in one address space only", () => {
  assertEquals(saidWith("      name: w", "      name: w\n    - mmap: F[0]\n      as: m\n  T2:\n    - load: m[0]"), [
    "a.yaml:3:1: tasks: m is used in several address spaces, T1 and T2: give the tasks one mm",
  ]);
  const declared = (mm: string) =>
    saidWith("tasks:\n", `maps:\n  m: ${mm}\ntasks:\n  T2:\n    - load: m[0]\n  T3:\n    - load: m[0]\n`);
  assertEquals(declared("anon 1"), [
    "a.yaml:4:3: maps.m: it is in the address space T2, and a task of T3 uses it: give both tasks one mm",
  ]);
  assertEquals(saidWith("tasks:\n", "maps:\n  m: anon 1\ntasks:\n"), [
    "a.yaml:4:3: maps.m: no task uses it: give it an mm, or leave it out",
  ]);
});

Deno.test("operations that wait for each other in a circle are found", () => {
  const text = GOOD.replace(
    "      name: w",
    "      name: w\n      after: x\n  T2:\n    - fsync: F\n      name: x\n      after: w",
  );
  assertEquals(said(text), [
    "a.yaml:3:1: tasks: operations wait for each other in a circle: look at the after of w",
  ]);
});

Deno.test("of two operations of one name that is said, and nothing of who waits for them", () => {
  assertEquals(saidWith("      name: w", "      name: w\n    - fsync: F\n      name: w\n      after: w"), [
    "a.yaml:8:13: tasks.T1[1].name: another operation is called w as well",
  ]);
});

Deno.test("all that is wrong with a file is said at once, in the order of its lines", () => {
  const text = `title: t
system: daks
bound: { pages: 2 }
tasks:
  T1:
    - pwrite: F[0] O_DIRECT
      frm: anon 1
    - fsynk: F
  T2:
    pread: F[0]
expect:
  - reachable: DEADLOCK
    op: T1#7
    why: w
    source: ours
  - result: T1#0
    why: w
    source: ours
`;
  assertEquals(said(text), [
    "a.yaml:2:9: system: no system daks, did you mean dax?",
    "a.yaml:3:1: bound: unknown key, did you mean bounds?",
    "a.yaml:7:7: tasks.T1[0].frm: unknown key, did you mean from?",
    "a.yaml:8:7: tasks.T1[1].fsynk: unknown operation, did you mean fsync?",
    "a.yaml:10:5: tasks.T2.pread: unknown key, operations are a list: a - before each",
    "a.yaml:13:9: expect[0].op: no operation T1#7, did you mean T1#0?",
    "a.yaml:16:5: expect[1]: expected one of returns, never_returns, submit_returns, reads, never_reads, through, not_through",
  ]);
});

Deno.test("what is no YAML is one line for each error", () => {
  assertEquals(saidWith("system: dax", "system: dax\ndevice: { enospc_at: F[0] }"), [
    "a.yaml:3:23: no YAML here: Unexpected flow-seq-start at node end: inside { } and [ ] a place stands in quotes, " +
    'such as "F[0]"',
  ]);
  assertEquals(said("title: a\ntitle: b\n"), ["a.yaml:2:1: no YAML here: Map keys must be unique"]);
  assertEquals(said(""), ["a.yaml:1:1: expected a mapping with title, system, tasks and expect, found nothing"]);
  assertEquals(said("- a\n"), ['a.yaml:1:1: expected a mapping with title, system, tasks and expect, found ["a"]']);
});

/** Runs with files of a folder that goes afterwards. */
function withFolder(files: Record<string, string>, run: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${folder}/${name}`, text);
    run(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function loadMessage(...paths: string[]): string {
  try {
    loadScenarios(paths);
    return "";
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

const ABSENT = GOOD.replace("reachable: DEADLOCK", "absent: DEADLOCK\n    sibling: 40-2");

Deno.test("a sibling must be there and show what is absent", () => {
  withFolder({ "40-1-a.yaml": ABSENT }, (folder) => {
    assertEquals(loadMessage(folder), `${folder}/40-1-a.yaml:9:14: expect[0].sibling: no scenario 40-2`);
  });
  withFolder({ "40-1-a.yaml": ABSENT, "40-2-b.yaml": GOOD }, (folder) => {
    assertEquals(loadMessage(folder), "");
    assertEquals(loadScenarios([`${folder}/40-1-a.yaml`])[0].scenario.name, "40-1-a");
  });
  withFolder({ "40-1-a.yaml": ABSENT, "40-2-b.yaml": GOOD.replace("DEADLOCK", "LIVELOCK") }, (folder) => {
    assertEquals(
      loadMessage(folder),
      `${folder}/40-1-a.yaml:9:14: expect[0].sibling: 40-2 shows no DEADLOCK: it has no "reachable: DEADLOCK"`,
    );
  });
});

Deno.test("files and folders that give no scenario are errors, and those of all files are said together", () => {
  withFolder({ "note.txt": "" }, (folder) => {
    assertEquals(loadMessage(folder), `${folder}: no scenario in this folder: they are files that end with .yaml`);
    assertEquals(loadMessage(`${folder}/x.yaml`), `${folder}/x.yaml: no such file or folder`);
  });
  withFolder({ "a.yaml": "x: 1\n", "b.yaml": "" }, (folder) => {
    assertEquals(loadMessage(folder).split("\n").map((line) => line.slice(folder.length + 1).split(":")[0]), [
      "a.yaml",
      "a.yaml",
      "a.yaml",
      "a.yaml",
      "b.yaml",
    ]);
  });
});

Deno.test("folders are read in the order of the numbers in their names", () => {
  withFolder({ "40-12-b.yaml": GOOD, "40-3-a.yaml": GOOD, "40-12b-c.yaml": GOOD }, (folder) => {
    assertEquals(loadScenarios([folder]).map(({ scenario }) => scenario.name), ["40-3-a", "40-12-b", "40-12b-c"]);
  });
});
