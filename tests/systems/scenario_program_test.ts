import { assert, assertEquals, assertThrows } from "@std/assert";
import { explore } from "../../src/exploring/explore.ts";
import { NotModelled } from "../../src/systems/not_modelled.ts";
import { ends, exploreAll, programOf, recordsOf, scenarioOf } from "./explored.ts";

Deno.test("operations wait for those that they come after, completions of asynchronous ones included", () => {
  const scenario = scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1 } }
tasks:
  T1:
    - aio_pwrite: F[0] O_DIRECT
      name: w
  T2:
    - pread: F[0] O_DIRECT
      name: r
      after: w
`);
  assertEquals(Object.keys(ends(exploreAll(scenario))), [
    "T1#1=1; r=2 [W(w,0) W(w,1)]; w=2; F 2: W(w,0) W(w,1)",
  ]);
  const submitted = new Set<number>();
  for (const { operations } of recordsOf(scenario)) {
    const [w, r] = ["w", "r"].map((name) => operations.find((each) => each.name === name)!);
    assert(w.returned! < r.begun);
    submitted.add(w.submitted!.result);
  }
  // Where the bio has ended before io_submit looks, it returns what it has found.
  assertEquals([...submitted].sort(), [-529, 2]);
});

Deno.test("io_getevents of one returns when the first of two is complete", () => {
  const report = exploreAll(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 2 } }
tasks:
  T1:
    - io_submit:
        - pread: F[0] O_DIRECT
          name: a
        - pread: F[1] O_DIRECT
          name: b
    - io_getevents: 1
      name: one
    - io_getevents: all
      name: rest
`));
  assertEquals(Object.keys(ends(report)), [
    "T1#0=2; a=2 [I(F,0) I(F,1)]; b=2 [I(F,2) I(F,3)]; one=1; rest=1; F 4: I(F,0) I(F,1) I(F,2) I(F,3)",
  ]);
});

Deno.test("dirty pages hold what an earlier write has left, and the disk what was there before", () => {
  const records = recordsOf(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1, cache: { 0: dirty } } }
tasks:
  T1:
    - pread: F[0]
`));
  const [{ operations, files, initial }] = records;
  assertEquals(operations.map(({ name, begun }) => [name, begun < 0]), [["before_F_0", true], ["T1#0", false]]);
  assertEquals(operations[1].reads.map(({ token }) => token), ["W(before_F_0,0)", "W(before_F_0,1)"]);
  assertEquals(initial.F.tokens, ["I(F,0)", "I(F,1)"]);
  assertEquals(files[0].media, ["I(F,0)", "I(F,1)"]);
  assertEquals(files[0].folios[0].dirty, true);
});

Deno.test("a sector that was not returned is no read", () => {
  const [{ operations }] = recordsOf(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: "0:1" } }
tasks:
  T1:
    - pread: F[0] O_DIRECT
`));
  assertEquals(operations[0].result, 1);
  assertEquals(operations[0].reads.map(({ sector, way }) => [sector, way]), [[0, "direct"]]);
});

Deno.test("stores through a private mapping are no writes of the file", () => {
  const [{ operations, files }] = recordsOf(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1 } }
tasks:
  T1:
    - store: F[0:0] MAP_PRIVATE
    - load: F[0:0] MAP_PRIVATE
    - pread: F[0]
`));
  assertEquals(operations.map(({ writes, reads }) => [writes.length, reads.map(({ token }) => token)]), [
    [0, []],
    [0, []],
    [0, ["I(F,0)", "I(F,1)"]],
  ]);
  assert(files[0].ptes.some((pte) => pte.private));
});

Deno.test("what is mapped over a buffer is what the write takes its data from", () => {
  const report = exploreAll(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1 }, G: { size: 1 } }
maps:
  buf: anon 1
tasks:
  T1:
    - mmap: G[0] MAP_SHARED
      over: buf
    - pwrite: F[0] O_DIRECT
      from: buf
      name: w
    - munmap: buf
    - pwrite: F[0] O_DIRECT
      from: buf
      name: gone
`));
  assertEquals(Object.keys(ends(report)), [
    "T1#0=0; T1#2=0; gone=-14; w=2; F 2: I(G,0) I(G,1); G 2: I(G,0) I(G,1)",
  ]);
});

Deno.test("a crash after an operation is looked at when that has returned only", () => {
  const scenario = scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1 } }
tasks:
  T1:
    - pwrite: F[0] O_DIRECT
      name: w
crash: { after: w }
after_recovery:
  - pread: F[0]
    name: r
`);
  const report = explore(programOf(scenario));
  const crashes = report.outcomes.filter(({ end }) => end === "crash").map(({ finalState }) => finalState).sort();
  assertEquals(crashes, ["no crash here", "r=2 [W(w,0) W(w,1)]; F 2: W(w,0) W(w,1)"]);
});

Deno.test("a scenario that asks for what there is not is refused in a line", () => {
  const refused = (body: string, text: string) => {
    const error = assertThrows(() => programOf(scenarioOf(body)), NotModelled);
    assertEquals(error.message, `test on legacy-dio: ${text}`);
  };
  refused("tasks: { T1: [{ uring_pread: 'F[0] O_DIRECT' }] }", "T1#0: io_uring came with 5.1");
  refused("files: { F: { blocks: unwritten } }\ntasks: { T1: [{ pread: 'F[0]' }] }", "F: ext3 has no unwritten blocks");
  refused("tasks: { T1: [{ ficlone: 'F[0]', to: 'G[0]' }] }", "T1#0: ficlone is not modelled");
});
