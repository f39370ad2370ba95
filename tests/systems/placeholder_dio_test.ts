import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { explore } from "../../src/exploring/explore.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { flagValues } from "../../src/systems/index.ts";
import { placeholderDio } from "../../src/systems/placeholder-dio/index.ts";
import { LEGAL_SETS, PATCHES } from "../../src/systems/placeholder-dio/legal_sets.ts";
import { ends, exploreAll, programOf, recordsOf, scenarioOf } from "./explored.ts";

type Flags = Readonly<Record<string, FlagValue>>;

/** Values of a preset that stands for one set. */
function preset(name: string): Flags {
  return placeholderDio.presets[name] as Flags;
}

/** Final states of a scenario with these flags. */
function endsWith(body: string, flags: Flags): Record<string, number> {
  return ends(exploreAll(scenarioOf(body, "placeholder-dio"), flags));
}

function refusal(given: Flags): string | null {
  return placeholderDio.refuses!(flagValues(placeholderDio, given));
}

Deno.test("a set of patches is refused if and only if one of them lacks what it builds on", () => {
  const builtOn: Record<string, readonly string[]> = {
    p2: ["p1"],
    p3: ["p1", "p2"],
    p4: ["p1", "p2", "p3"],
    p5: ["p1", "p2", "p3", "p4"],
    p6: ["p1", "p2", "p3", "p4"],
    p7: ["p1", "p2", "p3", "p4"],
  };
  fc.assert(
    fc.property(fc.subarray([...PATCHES]), (applied) => {
      const set = Object.fromEntries(PATCHES.map((patch) => [patch, applied.includes(patch) ? "on" : "off"]));
      const legal = applied.every((patch) =>
        (builtOn[patch] ?? []).every((needed) => (applied as string[]).includes(needed))
      );
      assertEquals(refusal(set) === null, legal);
      assertEquals(LEGAL_SETS.some(({ flags }) => PATCHES.every((patch) => flags[patch] === set[patch])), legal);
    }),
    { seed: 20, numRuns: 300 },
  );
  assertEquals(LEGAL_SETS.length, 24);
  assertEquals([LEGAL_SETS[0].name, LEGAL_SETS.at(-1)!.name], ["none", "p1 p2 p3 p4 p5 p6 p7 p8"]);
});

Deno.test("a refusal says in a line which patch needs which", () => {
  assertEquals(refusal({ p3: "off" }), "p4 needs p3: set p3=on, or p4=off");
  assertEquals(refusal({ ...preset("p1"), p5: "on" }), "p5 needs p4: set p4=on, or p5=off");
  assertEquals(
    refusal({ fs: "xfs", p7: "off" }),
    "fs=xfs with p4 needs p7: patch 4 takes away blockdev_direct_IO_own_locking, which XFS calls",
  );
  assertEquals(
    refusal({ ...preset("p3"), flags_used: "CREATE" }),
    "flags_used=CREATE needs p4, which brings the flags",
  );
});

Deno.test("without any patch it is 2.6.20: the same final states, in as many classes each", () => {
  const bodies = [
    `
files: { F: { size: 2, cache: { 0: clean } } }
tasks:
  T1: [{ pwrite: "F[0..1] O_DIRECT" }]
  T2: [{ pread: "F[0]" }]
`,
    `
files: { F: { size: 1 } }
tasks:
  T1: [{ aio_pwrite: "F[0..1] O_DIRECT" }]
  T2: [{ ftruncate: F, size: 0 }]
`,
  ];
  for (const body of bodies) {
    for (const fs of ["ext2", "ext3", "xfs", "bdev"]) {
      if (fs === "bdev" && body.includes("ftruncate")) continue;
      const legacy = ends(exploreAll(scenarioOf(body), { fs }));
      assertEquals(endsWith(body, { ...preset("none"), fs }), legacy, fs);
    }
  }
});

Deno.test("a write puts one placeholder where nothing is cached or mapped, and one for each batch elsewhere", () => {
  const inserted = (files: string, flags: Flags) => {
    const body = `\nfiles: { F: ${files} }\ntasks:\n  T1: [{ pwrite: "F[0..3] O_DIRECT", name: w }]\n`;
    const records = recordsOf(scenarioOf(body, "placeholder-dio"), { fs: "ext2", end_index: "fixed", ...flags });
    return [...new Set(records.map(({ operations: [{ costs }] }) => costs.tree_inserts))];
  };
  assertEquals(inserted("{ size: 6 }", {}), [1]);
  assertEquals(inserted("{ size: 6 }", { span_policy: "always_cap" }), [2]);
  assertEquals(inserted("{ size: 6, cache: { 5: clean } }", {}), [2]);
  assertEquals(inserted("{ size: 6, cache: { 5: clean } }", { span_policy: "never_cap" }), [1]);
  // A cached page is locked, and a placeholder stands on either side of it.
  assertEquals(inserted("{ size: 6, cache: { 1: clean } }", { span_policy: "never_cap" }), [2]);
});

Deno.test("each file system writes and reads back what was written, with every legal set", () => {
  const body = `
files: { F: { size: 2, blocks: { 1: hole }, cache: { 0: clean } } }
tasks:
  T1: [{ pwrite: "F[0..1] O_DIRECT", name: w }, { pread: "F[0..2] O_DIRECT", name: r }, { pread: "F[0..1]", name: b }]
`;
  const seen = "W(w,0) W(w,1) W(w,2) W(w,3)";
  const expected = [`b=4 [${seen}]; r=4 [${seen}]; w=4; F 4: ${seen}`];
  for (const fs of ["ext2", "ext3", "reiserfs", "xfs"]) {
    for (const { name, flags } of LEGAL_SETS) {
      if (refusal({ ...flags, fs }) !== null) continue;
      const program = programOf(scenarioOf(body, "placeholder-dio"), { ...flags, fs });
      const strategy = { kind: "pct", seed: 1, runs: 4, depth: 2 } as const;
      const states = Object.keys(ends(explore(program, { strategy })));
      // XFS leaves the conversion of what was a hole to a work item, which the reads may come before.
      if (fs === "xfs") assert(states.some((state) => state === expected[0]), `${fs} ${name}`);
      else assertEquals(states, expected, `${fs} ${name}`);
    }
  }
});

Deno.test("boundary blocks: late without the eighth patch, at the end of each mapping with it, nowhere when ignored", () => {
  const body = `
files: { F: { size: 4, disk: { 0..3: 10 }, boundary_after: [1, 3] } }
tasks:
  T1: [{ pread: "F[0..3] O_DIRECT", name: r }]
`;
  const bios = (flags: Flags) => [
    ...new Set(recordsOf(scenarioOf(body, "placeholder-dio"), flags).map(({ operations }) => operations[0].costs.bios)),
  ];
  assertEquals(bios(preset("p7")), [3]);
  assertEquals(bios({}), [2]);
  assertEquals(bios({ boundary: "ignored" }), [1]);
  assertEquals(bios({ ...preset("none"), p8: "on" }), [2], "the eighth patch applies to 2.6.20, too");
});

Deno.test("reiserfs asks for one block at a time", () => {
  const body = `
files: { F: { size: 4 } }
tasks:
  T1: [{ pread: "F[0..3] O_DIRECT", name: r }]
`;
  const asked = (fs: string) => [
    ...new Set(
      recordsOf(scenarioOf(body, "placeholder-dio"), { fs }).map(({ operations }) => operations[0].costs.get_blocks),
    ),
  ];
  assertEquals([asked("reiserfs"), asked("ext2")], [[4], [1]]);
});

Deno.test("a buffered read waits for a placeholder over its page, and sees the write as a whole or not at all", () => {
  const body = `
files: { F: { size: 2 } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT", name: w }]
  T2: [{ pread: "F[0]", name: r }]
`;
  const states = Object.keys(endsWith(body, { fs: "ext2" }));
  // Within a page a cached read sees the write as a whole or not at all.
  for (const state of states) assert(/r=2 \[(I\(F,0\) I\(F,1\)|W\(w,0\) W\(w,1\))\]/.test(state), state);
  assert(
    states.some((state) => state.includes("r=2 [W(w,0)")) && states.some((state) => state.includes("r=2 [I(F,0)")),
  );
});

Deno.test("two writes into holes of reiserfs fill its window twice where both count on i_mutex", () => {
  const body = `
files: { F: { size: 2, blocks: { 0..1: hole } } }
tasks:
  T1: [{ pwrite: "F[0] O_DIRECT" }]
  T2: [{ pwrite: "F[1] O_DIRECT" }]
`;
  const leaks = (flags: Flags) =>
    Object.keys(endsWith(body, { fs: "reiserfs", end_index: "fixed", ...flags })).some((end) =>
      end.includes("!LEAK_MEM")
    );
  assertEquals(leaks(preset("p4")), true);
  assertEquals(leaks(preset("p2")), false, "i_mutex is held");
  assertEquals([leaks({}), leaks({ reiser_no_imutex: "off" })], [false, true]);
});

Deno.test("66 pages from a mapping of the same file, at their true sizes: without a cap the write waits for itself", () => {
  const body = `
bounds: { pages: 130, SECTORS_PER_PAGE: 8, DIO_PAGES: 64, PAGEVEC: 14, GANG: 8, BIO_MAX_VECS: 256 }
files: { F: { size: 128 } }
tasks:
  T1: [{ pwrite: "F[0..65] O_DIRECT", from: "map F[0..65]", name: w }]
`;
  const runs = (span_policy: string) => {
    const program = programOf(scenarioOf(body, "placeholder-dio"), { fs: "ext2", span_policy });
    return explore(program, { strategy: { kind: "pct", seed: 3, runs: 2, depth: 2 }, stepsMax: 100_000 }).outcomes;
  };
  assertEquals(runs("never_cap").map(({ end }) => end), ["deadlock"]);
  for (const { end, finalState } of runs("mapped_or_nrpages")) {
    assertEquals([end, finalState.slice(0, 6)], ["complete", "w=528;"]);
  }
});

Deno.test("whatever is cached before, a direct write is what later reads see, and nothing of it is left over", () => {
  const state = fc.constantFrom("absent", "clean", "dirty");
  const layout = fc.record({
    cache: fc.array(state, { minLength: 6, maxLength: 6 }),
    first: fc.nat({ max: 5 }),
    pages: fc.integer({ min: 1, max: 6 }),
    fs: fc.constantFrom("ext2", "ext3", "reiserfs"),
    form: fc.constantFrom<FlagValue>(2007, "v5"),
    span_policy: fc.constantFrom("mapped_or_nrpages", "always_cap", "never_cap"),
    end_index: fc.constantFrom("as_posted", "fixed"),
    extending: fc.boolean(),
  });
  fc.assert(
    fc.property(layout, ({ cache, first, pages, extending, ...flags }) => {
      const last = Math.min(first + pages - 1, extending ? 7 : 5);
      const cached = cache.flatMap((each, page) => each === "absent" ? [] : [`${page}: ${each}`]).join(", ");
      const scenario = scenarioOf(
        `
files: { F: { size: 6, cache: { ${cached} } } }
tasks:
  T1:
    - { pwrite: "F[${first}..${last}] O_DIRECT", name: w }
    - { pread: "F[${first}..${last}] O_DIRECT", name: direct }
    - { pread: "F[${first}..${last}]", name: buffered }
`,
        "placeholder-dio",
      );
      const sectors = (last - first + 1) * 2;
      const written = Array.from({ length: sectors }, (_, nth) => `W(w,${first * 2 + nth})`).join(" ");
      const strategy = { kind: "pct", seed: 5, runs: 2, depth: 2 } as const;
      for (const { end, finalState, findings } of explore(programOf(scenario, flags), { strategy }).outcomes) {
        assertEquals(end, "complete");
        assertEquals(findings.map(({ text }) => text), []);
        const reads = `buffered=${sectors} [${written}]; direct=${sectors} [${written}]; w=${sectors};`;
        assertEquals(finalState.slice(0, reads.length), reads);
      }
    }),
    { seed: 2007, numRuns: 60 },
  );
});

Deno.test("of two writes at once in ext3 the one that restarts its handle is told to", () => {
  const records = recordsOf(
    scenarioOf(
      `
flags: { fs: ext3 }
bounds: { SECTORS_PER_PAGE: 1 }
kernel: { journal_commit: on }
files: { F: { size: 3, blocks: { 0..2: hole } } }
tasks:
  T1:
    - pwrite: F[0..1] O_DIRECT
  T2:
    - pwrite: F[2] O_DIRECT
`,
      "placeholder-dio",
    ),
    preset("p3"),
  );
  const restarted = records.flatMap(({ operations }) => operations.filter(({ steps }) => steps.includes("restart")));
  assertEquals([...new Set(restarted.map(({ name }) => name))], ["T1#0"]);
});
