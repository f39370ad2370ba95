/**
 * POSIX_FADV_WILLNEED, and other advice: what each kernel does with it.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../src/systems/not_modelled.ts";
import { programOf, recordsOf, scenarioOf } from "./explored.ts";

/** Pages of F that are cached at the end, whatever the order. */
function cachedBy(system: string, flags: string, advice: string, size = "3:1"): string[] {
  const scenario = scenarioOf(
    `
flags: { ${flags} }
files: { F: { size: "${size}" } }
tasks:
  T1:
    - fadvise: F[1..5] ${advice}
`,
    system,
  );
  const ends = recordsOf(scenario).map(({ files }) => files[0].folios.map(({ index }) => index).join());
  return [...new Set(ends)];
}

Deno.test("POSIX_FADV_WILLNEED begins to read what is missing up to the end of the file, in every kernel with a page cache", () => {
  const systems: readonly (readonly [string, string])[] = [
    ["legacy-dio", "fs: ext2"],
    ["legacy-dio", "fs: xfs"],
    ["placeholder-dio", "fs: ext3"],
    ["page-cache-dio", ""],
    ["ext4-iomap-dio", ""],
    ["xfs-iomap-dio", "unaligned: v50"],
    ["xfs-iomap-dio", "unaligned: v512"],
    ["mainline", "fs: ext4"],
    ["mainline", "fs: xfs"],
  ];
  for (const [system, flags] of systems) {
    assertEquals(cachedBy(system, flags, "POSIX_FADV_WILLNEED"), ["1,2,3"], `${system} ${flags}`);
    assertEquals(cachedBy(system, flags, "POSIX_FADV_NOREUSE"), [""], `${system} ${flags}`);
  }
});

Deno.test("files on persistent memory ignore advice", () => {
  for (const system of ["xip-io", "dax", "dax-iomap"]) {
    for (const advice of ["POSIX_FADV_WILLNEED", "POSIX_FADV_DONTNEED"]) {
      assertEquals(cachedBy(system, "", advice, "3"), [""], `${system} ${advice}`);
    }
  }
});

Deno.test("XFS keeps holes from being punched meanwhile since 5.4", () => {
  const ends = (unaligned: string) => {
    const records = recordsOf(scenarioOf(
      `
flags: { unaligned: ${unaligned} }
files: { F: { size: 1 } }
tasks:
  T1:
    - fadvise: F POSIX_FADV_WILLNEED
  T2:
    - fallocate: F[0] FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE
`,
      "xfs-iomap-dio",
    ));
    return records.map(({ files }) => files[0].folios.map(({ tokens }) => tokens.join()).join());
  };
  const before = "I(F,0),I(F,1)";
  assertEquals([ends("v50").includes(before), ends("v54").includes(before)], [true, false]);
});

Deno.test("advice about how much is read ahead is refused where something is, and nothing elsewhere", () => {
  const program = (kernel: string, advice: string, system: string) => () =>
    programOf(scenarioOf(
      `
kernel: { ${kernel} }
files: { F: { size: 1 } }
tasks:
  T1:
    - fadvise: F ${advice}
`,
      system,
    ));
  assertThrows(
    program("readahead: 2", "POSIX_FADV_RANDOM", "mainline"),
    NotModelled,
    "POSIX_FADV_RANDOM is not modelled",
  );
  assertThrows(program("readahead: 2", "POSIX_FADV_SEQUENTIAL", "legacy-dio"), NotModelled, "is not modelled");
  program("", "POSIX_FADV_RANDOM", "mainline")();
  program("readahead: 2", "POSIX_FADV_NORMAL", "mainline")();
  program("readahead: 2", "POSIX_FADV_RANDOM", "dax")();
});
