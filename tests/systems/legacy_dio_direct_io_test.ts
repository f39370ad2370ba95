import { assert, assertEquals } from "@std/assert";
import { ends, exploreAll, recordsOf, scenarioOf } from "./explored.ts";

/** Final states of a scenario on ext2 and ext3, which must be the same. */
function endsOn(body: string, systems: readonly string[] = ["ext2", "ext3"]): string[] {
  const [first, ...others] = systems.map((fs) => Object.keys(ends(exploreAll(scenarioOf(body), { fs }))).sort());
  for (const other of others) assertEquals(other, first);
  return first;
}

Deno.test("one of two synchronous writes of a page comes behind the other as a whole", () => {
  const body = `
files: { F: { size: 1 } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT" }]
  T2: [{ pwrite: "F[0] O_DIRECT" }]
`;
  assertEquals(endsOn(body), [
    "T1#0=2; T2#0=2; F 2: W(T1#0,0) W(T1#0,1)",
    "T1#0=2; T2#0=2; F 2: W(T2#0,0) W(T2#0,1)",
  ]);
});

Deno.test("two asynchronous writes land sector by sector, in any order", () => {
  const body = `
files: { F: { size: 1 } }
tasks:
  T1: [{ aio_pwrite: "F[0] O_DIRECT" }]
  T2: [{ aio_pwrite: "F[0] O_DIRECT" }]
`;
  const finals = endsOn(body, ["ext2"]).map((state) => state.slice(state.indexOf("F 2")));
  assertEquals(finals.sort(), [
    "F 2: W(T1#0,0) W(T1#0,1)",
    "F 2: W(T1#0,0) W(T2#0,1)",
    "F 2: W(T2#0,0) W(T1#0,1)",
    "F 2: W(T2#0,0) W(T2#0,1)",
  ]);
});

Deno.test("a direct read beside a direct write sees either, for each sector by itself", () => {
  const body = `
files: { F: { size: 1 } }
tasks:
  T1: [{ pread: "F[0] O_DIRECT" }]
  T2: [{ pwrite: "F[0] O_DIRECT" }]
`;
  const seen = endsOn(body, ["ext2"]).map((state) => /\[(.*?)\]/.exec(state)![1].replaceAll(/\([^)]*\)/g, ""));
  assertEquals(seen.sort(), ["I I", "I W", "W I", "W W"]);
});

Deno.test("a hole reads as zeros, and what is behind the end is not read", () => {
  const body = `
files: { F: { size: "1:1", blocks: { 0: hole } } }
tasks:
  T1: [{ pread: "F[0..2] O_DIRECT" }, { pread: "F[2] O_DIRECT" }]
`;
  assertEquals(endsOn(body), ["T1#0=3 [0 0 I(F,2)]; T1#1=0; F 3: 0 0 I(F,2)"]);
});

Deno.test("a write that meets a hole inside the file goes on through the page cache, and leaves nothing there", () => {
  const body = `
files: { F: { size: 3, blocks: { 1: hole } } }
tasks:
  T1: [{ pwrite: "F[0..2] O_DIRECT", name: w }]
`;
  assertEquals(endsOn(body), ["w=6; F 6: W(w,0) W(w,1) W(w,2) W(w,3) W(w,4) W(w,5)"]);
  for (const fs of ["ext2", "ext3"]) {
    for (const { files } of recordsOf(scenarioOf(body), { fs })) {
      assertEquals(files[0].folios, []);
      assertEquals(files[0].blocks.map(({ lblk }) => lblk), [0, 1, 2]);
    }
  }
});

Deno.test("a write within a new block leaves zeros around it", () => {
  const body = `
bounds: { SECTORS_PER_PAGE: 4 }
files: { F: { size: 0 } }
tasks:
  T1: [{ pwrite: "F[0:1..0:2] O_DIRECT", name: w }, { ftruncate: F, size: 1 }, { pread: "F[0] O_DIRECT" }]
`;
  const ends_ = Object.keys(ends(exploreAll(scenarioOf(body), { fs: "ext2", blkfactor: 2 })));
  assertEquals(ends_, ["T1#1=0; T1#2=4 [0 W(w,1) W(w,2) 0]; w=2; F 4: 0 W(w,1) W(w,2) 0"]);
});

Deno.test("positions within a block are refused where the device's sectors are blocks", () => {
  const body = `
files: { F: { size: 1 } }
tasks:
  T1: [{ pwrite: "F[0:1] O_DIRECT" }, { pread: "F[0:1] O_DIRECT" }, { pwrite: "F[0] O_DIRECT", bytes: 10 }]
`;
  assertEquals(endsOn(body, ["ext2", "ext3", "xfs", "bdev"]), ["T1#0=-22; T1#1=-22; T1#2=-22; F 2: I(F,0) I(F,1)"]);
});

Deno.test("bios end at boundary blocks late: one fewer than the pages", () => {
  const scenario = scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 4, disk: { 0..3: 10 }, boundary_after: [1, 3] } }
tasks:
  T1: [{ pread: "F[0..3] O_DIRECT", name: r }]
`);
  for (const { operations } of recordsOf(scenario)) assertEquals(operations[0].costs.bios, 3);
});

Deno.test("blocks in a row on the device are one bio", () => {
  const bios = (disk: string) =>
    recordsOf(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 4, disk: ${disk} } }
tasks:
  T1: [{ pread: "F[0..3] O_DIRECT", name: r }]
`)).map(({ operations }) => operations[0].costs.bios);
  assertEquals(bios("{ 0..3: 10 }"), [1]);
  assertEquals([...new Set(bios("{ 0..1: 10, 2..3: 20 }"))], [2]);
});

Deno.test("memory that cannot be had fails the write; blocks mapped for it get zeros, and the file does not grow", () => {
  const body = `
files: { F: { size: 0 } }
maps: { buf: anon 2 }
tasks:
  T1: [{ munmap: "buf[1]" }, { pwrite: "F[0..1] O_DIRECT", from: buf, name: w }]
`;
  for (const fs of ["ext2", "ext3"]) {
    for (const { files, operations } of recordsOf(scenarioOf(body), { fs })) {
      assertEquals(operations[1].result, -14);
      assertEquals([files[0].size, files[0].media], [0, ["W(w,0)", "W(w,1)", "0", "0"]]);
    }
  }
});

Deno.test("an appending write begins where the file ends then", () => {
  const body = `
files: { F: { size: 1 } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT|O_APPEND", name: a }]
  T2: [{ pwrite: "F[0] O_APPEND", name: b }]
`;
  const finals = endsOn(body, ["ext2"]).map((state) => state.slice(state.indexOf("F 6")));
  assertEquals([...new Set(finals)].sort(), [
    "F 6: I(F,0) I(F,1) W(a,0) W(a,1) W(b,0) W(b,1)",
    "F 6: I(F,0) I(F,1) W(b,0) W(b,1) W(a,0) W(a,1)",
  ]);
});

Deno.test("a read into a mapping of another file makes its page dirty, which writeback brings to the disk", () => {
  const [{ files }] = recordsOf(scenarioOf(`
flags: { fs: ext2 }
files: { F: { size: 1 }, G: { size: 1 } }
tasks:
  T1: [{ pread: "F[0] O_DIRECT", to: "map G[0]" }, { fsync: G }]
`));
  assertEquals(files.find(({ name }) => name === "G")!.media, ["I(F,0)", "I(F,1)"]);
});

Deno.test("a conversion that is queued when a write of XFS returns is done before all is quiet", () => {
  const scenario = scenarioOf(`
flags: { fs: xfs }
files: { F: { size: 1, blocks: hole } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT", name: w }, { pread: "F[0] O_DIRECT", name: r }]
`);
  assertEquals(Object.keys(ends(exploreAll(scenario))).sort(), [
    "r=2 [0 0]; w=2; F 2: W(w,0) W(w,1)",
    "r=2 [W(w,0) W(w,1)]; w=2; F 2: W(w,0) W(w,1)",
  ]);
  for (const { files } of recordsOf(scenario)) {
    assertEquals(files[0].blocks.map(({ state, conversionQueued }) => [state, conversionQueued]), [["written", false]]);
  }
});

Deno.test("with ext3 a crash during an extending write leaves the file as it was, or grown with its data", () => {
  // Two allocations: the handle may be started anew between them, so that a commit has the first block without the size.
  const records = recordsOf(scenarioOf(`
flags: { fs: ext3 }
files: { F: { size: 1, boundary_after: [1] } }
tasks:
  T1: [{ pwrite: "F[1..3] O_DIRECT", name: w }]
kernel: { journal_commit: on }
crash: anywhere
`));
  assert(records.some(({ operations }) => operations[0].steps.includes("restart")));
  const crashes = records.filter(({ end }) => end === "crash").map(({ files: [{ size, blocks, media }] }) =>
    `${blocks.length} ${media.slice(0, size).join(" ")}`
  );
  assertEquals([...new Set(crashes)].sort(), [
    "1 I(F,0) I(F,1)",
    "4 I(F,0) I(F,1) W(w,2) W(w,3) W(w,4) W(w,5) W(w,6) W(w,7)",
  ]);
});

Deno.test("writeback of a page of two blocks stays in one transaction, also where that is about to be committed", () => {
  const scenario = scenarioOf(`
mount: { blocks_per_page: 2 }
files: { F: { size: 1, cache: dirty } }
tasks:
  T1: [{ sync_file_range: "F SYNC_FILE_RANGE_WRITE" }]
kernel: { journal_commit: "on" }
`);
  assertEquals(exploreAll(scenario, { fs: "ext3" }).outcomes.flatMap(({ findings }) => findings), []);
});
