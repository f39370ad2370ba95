import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/commands/command.ts";
import { type Plan, type PlanOptions, planRuns } from "../../src/commands/explore_plan.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { System, SystemFlag } from "../../src/systems/system.ts";

function flag(name: string, kind: SystemFlag["kind"], values: SystemFlag["values"]): SystemFlag {
  return { name, values, default: values?.[0] ?? 0, kind, meaning: "" };
}

/** A system that is never mounted. */
const SYSTEM: System = {
  name: "legacy-dio",
  title: "Linux 2.6.20",
  flags: [
    flag("fs", "variant", ["ext2", "ext3"]),
    flag("wcache", "variant", ["off", "on"]),
    flag("repair", "repair", ["off", "on"]),
    flag("short_at", "injection", null),
  ],
  presets: { old: { fs: "ext2", repair: "on" }, "old+": [{ fs: "ext2", repair: "on" }, { fs: "ext3" }] },
  steps: {},
  lockOrder: [],
  refuses: ({ fs, wcache }) => fs === "ext2" && wcache === "on" ? "ext2 sends no flush" : null,
  mount: () => {
    throw new Error("nothing is mounted here");
  },
};

const NOTHING_ASKED: PlanOptions = { systems: null, set: {} };

/** Plans a scenario whose head and expectations are given. */
function plan(head: string, expect: string, options: PlanOptions = NOTHING_ASKED): Plan {
  const text = `title: t\n${head}\ntasks: { T1: [{ pread: "F[0]" }] }\nexpect:\n${expect}`;
  return planRuns([{ path: "a.yaml", scenario: readScenario("a.yaml", text) }], [SYSTEM], options);
}

function expectation(more = ""): string {
  return `  - { reachable: STALE_DATA, why: w, source: "10-1 [D]"${more} }\n`;
}

const flagsOf = ({ runs }: Plan) => runs.map(({ flagsText }) => flagsText);

Deno.test("flags that are not named have their defaults", () => {
  assertEquals(plan("system: legacy-dio", expectation()).runs.map(({ flags }) => flags), [
    { fs: "ext2", wcache: "off", repair: "off", short_at: 0 },
  ]);
});

Deno.test("any is every combination of the variants, without those that go together with nothing", () => {
  const planned = plan("system: legacy-dio\npreset: any", expectation());
  assertEquals(flagsOf(planned), ["", "fs=ext3", "fs=ext3, wcache=on"]);
  assertEquals(planned.expectations[0].notRun, []);
});

Deno.test("a flag that is named beside any is fixed", () => {
  assertEquals(flagsOf(plan("system: legacy-dio\npreset: any\nflags: { wcache: on }", expectation())), [
    "fs=ext3, wcache=on",
  ]);
});

Deno.test("any of one flag leaves the others as they are, a list takes each value", () => {
  assertEquals(flagsOf(plan("system: legacy-dio\nflags: { fs: any }", expectation())), ["", "fs=ext3"]);
  assertEquals(flagsOf(plan("system: legacy-dio\nflags: { repair: [off, on] }", expectation())), ["", "repair=on"]);
});

Deno.test("a preset sets its flags", () => {
  assertEquals(flagsOf(plan("system: legacy-dio\npreset: old", expectation())), ["repair=on"]);
});

Deno.test("a preset may stand for several sets, each of which is run", () => {
  assertEquals(flagsOf(plan("system: legacy-dio\npreset: old+", expectation())), ["repair=on", "fs=ext3"]);
  assertEquals(flagsOf(plan("system: legacy-dio\npreset: old+\nflags: { short_at: 2 }", expectation())), [
    "repair=on, short_at=2",
    "fs=ext3, short_at=2",
  ]);
});

Deno.test("expectations share runs, and each run is planned once", () => {
  const planned = plan(
    "system: legacy-dio",
    expectation() + expectation(", flags: { fs: ext3 }") + expectation(", again: { flags: { fs: ext3 } }"),
  );
  assertEquals(flagsOf(planned), ["", "fs=ext3"]);
  assertEquals(planned.expectations.map(({ runs }) => runs.map(({ id }) => id)), [[0], [1], [0, 1]]);
});

Deno.test("what is named and cannot be run says why", () => {
  const refused = plan("system: legacy-dio\nflags: { wcache: on }", expectation());
  assertEquals(refused.expectations[0].notRun, [
    { system: "legacy-dio", flagsText: "wcache=on", reason: "ext2 sends no flush" },
  ]);
  const unknown = plan("system: mainline", expectation());
  assertEquals(unknown.expectations[0].notRun.map(({ reason }) => reason), ["mainline is not modelled yet"]);
  assertEquals([refused.runs, unknown.runs], [[], []]);
});

Deno.test("a cost that is compared with other runs plans those, too", () => {
  const cost = `  - { cost: bios, equals: { flags: { fs: ext3 } }, why: w, source: "10-1 [D]" }\n`;
  const { runs, expectations: [{ others }] } = plan("system: legacy-dio", cost);
  assertEquals([runs.map(({ flagsText }) => flagsText), others.map(({ flagsText }) => flagsText)], [
    ["", "fs=ext3"],
    ["fs=ext3"],
  ]);
});

Deno.test("what only the command line asks for is no run of an expectation", () => {
  const asked = plan("system: legacy-dio", expectation(), { systems: null, set: { fs: ["ext3"] } });
  assertEquals(asked.runs.map(({ flagsText, origin }) => [flagsText, origin]), [["fs=ext3", "asked"]]);
  assertEquals(asked.expectations, []);
  const own = plan("system: legacy-dio", expectation(), { systems: ["legacy-dio"], set: {} });
  assertEquals(own.runs.map(({ flagsText, origin }) => [flagsText, origin]), [["", "scenario"]]);
  assertEquals(own.expectations.length, 1);
});

Deno.test("a scenario of which nobody expects anything is run as it says, beside others that are expected of", () => {
  const text = 'title: t\nsystem: legacy-dio\nflags: { fs: [ext2, ext3] }\ntasks: { T1: [{ pread: "F[0]" }] }\n';
  const scenarios = [text, `${text}expect:\n${expectation(", flags: { fs: ext3 }")}`]
    .map((each, i) => ({ path: `${i}.yaml`, scenario: readScenario(`${i}.yaml`, each) }));
  const { runs, expectations } = planRuns(scenarios, [SYSTEM], NOTHING_ASKED);
  assertEquals(runs.map(({ path, flagsText, origin }) => [path, flagsText, origin]), [
    ["0.yaml", "", "asked"],
    ["0.yaml", "fs=ext3", "asked"],
    ["1.yaml", "fs=ext3", "scenario"],
  ]);
  assertEquals(expectations.map(({ path }) => path), ["1.yaml"]);
});

Deno.test("the command line's systems and flags must be there", () => {
  const wrong = (options: PlanOptions) =>
    assertThrows(() => plan("system: legacy-dio", expectation(), options), UsageError).message;
  assertEquals(wrong({ systems: ["dax"], set: {} }), "--systems dax: legacy-dio are modelled");
  assertEquals(wrong({ systems: null, set: { fss: ["ext2"] } }), "--set fss: no system has that flag");
  assertEquals(wrong({ systems: null, set: { fs: ["ext9"] } }), "--set fs=ext9: it may be ext2, ext3");
});

Deno.test("a state that a scenario brings about by a flag that another system does not have is no run there", () => {
  const scenario = readScenario(
    "a.yaml",
    'title: t\nsystem: legacy-dio\nflags: { short_at: 1, fs: ext2 }\ntasks: { T1: [{ pread: "F[0]" }] }\n',
  );
  const { runs } = planRuns([{ path: "a.yaml", scenario }], [SYSTEM, { ...SYSTEM, name: "dax", flags: [] }], {
    systems: ["legacy-dio", "dax"],
    set: {},
  });
  assertEquals(runs.map(({ system, flagsText, refusal }) => [system, flagsText, refusal ?? null]), [
    ["legacy-dio", "short_at=1", null],
    ["dax", "", "it has no short_at"],
  ]);
});
