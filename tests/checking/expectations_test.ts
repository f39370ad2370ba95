import { assertEquals } from "@std/assert";
import { evaluate, type ExpectationVerdict } from "../../src/checking/expectations.ts";
import { explore, type ExploreReport } from "../../src/exploring/explore.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { Program } from "../../src/machine/program.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { initialToken, writeToken, ZERO } from "../../src/machine/tokens.ts";
import { Variable } from "../../src/machine/variable.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { exploreToy, type Toy, type ToyOperation, toyProgram, untouchedFile } from "./planted/runner.ts";
import { scenarioOf } from "./scenario_of.ts";

const TASKS = 'tasks:\n  T1:\n    - pwrite: "F[0]"\n      name: w\n  T2:\n    - pread: "F[0..1]"\n      name: r\n';

/** A scenario with these expectations, each a YAML flow mapping without why and source. */
function expecting(...expectations: string[]): Scenario {
  const lines = expectations.map((text) => `  - { ${text}, why: w, source: ours }\n`);
  return scenarioOf(TASKS, `expect:\n${lines.join("")}`);
}

/** A write of sector 0 and a read of sectors 0 and 1, each under a lock or not. */
function writeAndRead(scenario: Scenario, locked: "locked" | "unlocked" = "locked"): Program {
  return toyProgram(`write and read, ${locked}`, (toy) => {
    const { world } = toy;
    const data = [0, 1].map((sector) => new Variable(world, `sector(${sector})`, initialToken("F", sector)));
    const sem = new Rwsem(world, "IOLOCK(F)");
    toy.task("T1", {
      kind: "pwrite",
      name: "w",
      *body(call): Steps<number> {
        if (locked === "locked") yield* sem.lockExclusive();
        yield;
        call.at("W1");
        data[0].set(writeToken("w", 0));
        call.wrote(0, writeToken("w", 0), "cached");
        yield;
        call.at("W2");
        if (locked === "locked") yield* sem.unlockExclusive();
        return 1;
      },
    });
    toy.task("T2", {
      kind: "pread",
      name: "r",
      len: 2,
      *body(call): Steps<number> {
        if (locked === "locked") yield* sem.lockShared();
        for (const sector of [0, 1]) {
          yield;
          call.at("R1");
          call.saw(sector, data[sector].get(), "cached");
        }
        if (locked === "locked") yield* sem.unlockShared();
        return 2;
      },
    });
    return { files: () => [untouchedFile(4, { media: [...data.map(({ peek }) => peek), "I(F,2)", "I(F,3)"] })] };
  }, { scenario });
}

function verdictsOf(scenario: Scenario, report: ExploreReport, others: ExploreReport[] = []): ExpectationVerdict[] {
  return scenario.expectations.map((expectation, nth) =>
    evaluate({ scenario, expectation, nth, report, others, lockOrder: [] })
  );
}

/** What becomes of the expectations of a write and a read: `+` where they agree, with what was shown. */
function shownBy(expectations: string[], locked: "locked" | "unlocked" = "locked"): string[] {
  const scenario = expecting(...expectations);
  const report = exploreToy(writeAndRead(scenario, locked));
  return verdictsOf(scenario, report).map(({ agrees, shown }) => `${agrees ? "+" : "-"} ${shown}`);
}

Deno.test("results are expected of every run, or of some", () => {
  assertEquals(
    shownBy([
      "result: w, returns: all",
      "result: w, returns: short",
      "result: w, never_returns: -EIO",
      "result: w, returns: [1, -EIO]",
      "result: r, reads: { 0: [initial, w] }",
      "result: r, reads: { 0: w }",
      "result: r, in: some, reads: { 0: w, 1: initial }",
      "result: r, never_reads: { 0..1: stale }",
      "result: r, never_reads: { 0: w }",
      "result: r, in: some, reads: { 1: w }",
      "result: w, through: [W1, W2], not_through: R1",
      "result: w, not_through: W2",
      "result: w, submit_returns: all",
    ]),
    [
      "+ w returned all",
      "- w returned all",
      "+ w returned all",
      "+ w returned all",
      "+ r read initial in 0 / r read w in 0",
      "- r read initial in sector 0",
      "+ r read w in 0; r read initial in 1",
      "+ r read nothing of that",
      "- r read w in sector 0",
      "- r read initial in sector 1",
      "+ w went through W1, W2; w did not go through R1",
      "- w went through W2",
      "- w was not submitted",
    ],
  );
});

Deno.test("final contents are expected by size, blocks, cache, origin and orphan list", () => {
  assertEquals(
    shownBy([
      "final: done, files: { F: { size: 4, content: { 0: w, 1..3: initial } } }",
      "final: done, files: { F: { size: 5 } }",
      "final: done, files: { F: { disksize: [3, 4], orphan: off } }",
      "final: done, files: { F: { orphan: on } }",
      "final: done, files: { F: { blocks: { 0..3: written }, cache: { 0: absent } } }",
      "final: done, files: { F: { blocks: { 2: hole } } }",
      "final: done, files: { F: { cache: { 0: dirty } } }",
      "final: done, files: { F: { content: { 0: initial } } }",
    ]),
    [
      "+ size of F is 4 sectors, F[0] is w, F[1..3] is initial",
      "- size of F is 4 sectors",
      "+ disk size of F is 4 sectors, F is not on the orphan list",
      "- F is not on the orphan list",
      "+ blocks 0..3 of F are written, pages 0 of F are absent",
      "- block 2 of F is written",
      "- page 0 of F is absent",
      "- sector 0 of F is w",
    ],
  );
});

Deno.test("order says who waits for whom, and what is held where", () => {
  const expectations = [
    "order: r, in: some, waits_for: w",
    "order: r, in: some, waits_for: w, on: IOLOCK(F), until: W2",
    'order: r, in: some, waits_for: w, on: "page(F,0)"',
    "order: r, never_waits_for: w",
    "order: T2, in: some, waits_for: T1",
    "order: w, at: W1, holds: IOLOCK(F) excl",
    "order: w, at: W1, holds: IOLOCK(F) shared",
    "order: r, at: R1, holds: IOLOCK(F) shared, not_holds: IOLOCK(F) excl",
    "order: w, sequence: [{ step: W1, holds: IOLOCK(F) excl }, { step: W2 }]",
    "order: w, sequence: [{ step: W2 }, { step: W1 }]",
    "order: r, in: some, waits_for: w, until: R1",
    "order: r, in: some, waits_for: w, not_holds: IOLOCK(F)",
    "order: r, in: some, waits_for: w, holds: i_mutex(F)",
    "order: w, sequence: [{ step: W1, not_holds: IOLOCK(F) }]",
  ];
  assertEquals(shownBy(expectations), [
    "+ r waits for w on IOLOCK(F)",
    "+ r waits for w on IOLOCK(F)",
    "- r waits for w on page(F,0): never",
    "- r waits for w on IOLOCK(F)",
    "+ T2 waits for T1 on IOLOCK(F)",
    "+ at W1, w holds what it should",
    "- at W1, w does not hold IOLOCK(F) shared",
    "+ at R1, r holds what it should",
    "+ w goes through W1, W2 in this order",
    "- w did not come to W1 then",
    "- r waits for w on IOLOCK(F), but not until R1 / r waits for w: never",
    "+ r waits for w on IOLOCK(F)",
    "- r waits for w, and r does not hold i_mutex(F) / r waits for w: never",
    "- w came to W1, but w holds IOLOCK(F)",
  ]);
  assertEquals(shownBy(expectations.slice(0, 4), "unlocked"), [
    "- r waits for w: never",
    "- r waits for w on IOLOCK(F): never",
    "- r waits for w on page(F,0): never",
    "+ r does not wait for w",
  ]);
});

Deno.test("what recovery leaves is expected of every crash, or of some", () => {
  const scenario = scenarioOf(
    `crash: anywhere\n${TASKS}`,
    [
      "expect:",
      "  - { final: recovered, files: { F: { content: { 0: [initial, w] } } }, why: w, source: ours }",
      "  - { final: recovered, files: { F: { content: { 0: w } } }, why: w, source: ours }",
      "  - { final: recovered, in: some, files: { F: { content: { 0: w } } }, why: w, source: ours }",
      "  - { final: done, files: { F: { content: { 0: w } } }, why: w, source: ours }",
      "",
    ].join("\n"),
  );
  const program = toyProgram("crash", (toy) => {
    const media = new Variable(toy.world, "sector(0)", initialToken("F", 0));
    toy.task("T1", {
      kind: "pwrite",
      name: "w",
      *body(call): Steps<number> {
        yield;
        media.set(writeToken("w", 0));
        call.wrote(0, writeToken("w", 0), "direct");
        return 1;
      },
    });
    const now = () => [untouchedFile(4, { media: [media.peek, "I(F,1)", "I(F,2)", "I(F,3)"] })];
    return { files: now, crash: { durableVersion: () => media.peek.startsWith("W") ? 1 : 0, recover: now } };
  }, { scenario });
  assertEquals(verdictsOf(scenario, exploreToy(program)).map(({ agrees, shown }) => `${agrees ? "+" : "-"} ${shown}`), [
    "+ F[0] is initial / F[0] is w",
    "- sector 0 of F is initial",
    "+ F[0] is w",
    "+ F[0] is w",
  ]);
});

/** Direct reads of a page each, as many bios as pages or one for all, under a lock of the file or none. */
function reads(scenario: Scenario, bios: "one" | "each", locked: "locked" | "unlocked"): Program {
  return toyProgram(`reads ${bios} ${locked}`, (toy: Toy) => {
    const { world } = toy;
    const device = new BlockDevice(world, { sectors: 2, sectorsPerBlock: 1, initial: (at) => initialToken("F", at) });
    const lock = new Mutex(world, "i_mutex(F)");
    const read = (name: string): ToyOperation => ({
      kind: "pread",
      name,
      len: 2,
      direct: "direct",
      *body(): Steps<number> {
        if (locked === "locked") yield* lock.lock();
        const memory = [new Sector(world, ZERO), new Sector(world, ZERO)];
        for (
          const [sector, part] of bios === "one"
            ? [[0, memory] as const]
            : memory.map((each, at) => [at, [each]] as const)
        ) {
          yield* device.submitAndWait({ op: "read", sector, file: "F", memory: part });
        }
        if (locked === "locked") yield* lock.unlock();
        return 2;
      },
    });
    toy.task("T1", read("w"));
    toy.task("T2", read("r"));
  }, { scenario });
}

Deno.test("costs are compared with numbers and with other runs", () => {
  const scenario = expecting(
    "cost: bios, of: r, equals: 2",
    "cost: bios, equals: 4",
    "cost: bios, of: r, less_than: 2",
    "cost: bios, of: r, more_than: { flags: { x: y } }",
    "cost: bios, of: r, at_most: { flags: { x: y } }",
    "cost: max_parallel, over: most, equals: 2",
    "cost: lock_hold_steps, resource: i_mutex, of: r, at_least: 1",
    "cost: runs, equals: { flags: { x: y } }",
  );
  const each = exploreToy(reads(scenario, "each", "unlocked"));
  const one = exploreToy(reads(scenario, "one", "locked"));
  const text = (verdicts: ExpectationVerdict[]) =>
    verdicts.map(({ agrees, shown }) => `${agrees ? "+" : "-"} ${shown}`);
  assertEquals(text(verdictsOf(scenario, each, [one])), [
    "+ 2",
    "+ 4",
    "- 2",
    "+ 2 beside 1",
    "- 2 beside 1",
    "+ 2",
    "- 0",
    `- ${each.counts.complete} classes beside ${one.counts.complete}, not all alike`,
  ]);
  const [, , , , , parallel, held, runs] = text(verdictsOf(scenario, one, [one]));
  assertEquals(parallel, "- 1");
  // submit, two transfers, end of the bio, the wait for it, and the unlock
  assertEquals(held, "+ 6");
  assertEquals(runs, `+ ${one.counts.complete} classes beside ${one.counts.complete}, all alike`);
});

/** Two tasks that take two locks, in one order or in two. */
function locks(scenario: Scenario, order: "same" | "opposite"): Program {
  return toyProgram(order, (toy) => {
    const [a, b] = ["i_mutex(F)", "i_mutex(G)"].map((name) => new Mutex(toy.world, name));
    const nested = (name: string, first: Mutex, second: Mutex): ToyOperation => ({
      kind: "pwrite",
      name,
      *body(): Steps<number> {
        yield* first.lock();
        yield* second.lock();
        yield* second.unlock();
        yield* first.unlock();
        return 1;
      },
    });
    toy.task("T1", nested("w", a, b));
    toy.task("T2", order === "same" ? nested("r", a, b) : nested("r", b, a));
  }, { scenario });
}

Deno.test("reachable and absent are narrowed by all that is said", () => {
  const narrowings = [
    "",
    ", attributes: AB-BA",
    ", attributes: self",
    ", tasks: [T1, T2]",
    ", resources: i_mutex",
    ", resources: [i_mutex(F), page(F,0)]",
    ", op: r",
    ', at: "F[0]"',
  ];
  const scenario = expecting(
    ...narrowings.map((text) => `reachable: DEADLOCK${text}`),
    ...narrowings.map((text) => `absent: DEADLOCK, sibling: own row${text}`),
  );
  const agreement = (order: "same" | "opposite") =>
    verdictsOf(scenario, exploreToy(locks(scenario, order))).map(({ agrees }) => agrees ? "+" : "-").join("");
  assertEquals(agreement("opposite"), "++-++-+-" + "--+--+-+");
  assertEquals(agreement("same"), "--------" + "++++++++");
});

Deno.test("what must be so in every run is not shown by an exploration that has been stopped", () => {
  const scenario = expecting(
    "absent: LEAK_LOCK, sibling: own row",
    "reachable: LEAK_LOCK",
    "result: w, returns: all",
    "result: w, in: some, returns: all",
  );
  const report = explore(writeAndRead(scenario), { budget: { runs: 1 } });
  assertEquals(verdictsOf(scenario, report).map(({ agrees, shown }) => `${agrees} ${shown}`), [
    "false not seen, but the exploration was not finished",
    "false not seen, and the exploration was not finished",
    "false w returned all, but the exploration was not finished",
    "true w returned all",
  ]);
});

Deno.test("every verdict that agrees by what was seen has the token of a run that shows it", () => {
  const scenario = expecting("result: r, in: some, reads: { 0: w }", "not_executable: it does not compile");
  const report = exploreToy(writeAndRead(scenario));
  const [read] = verdictsOf(scenario, report);
  assertEquals(report.facts.find(({ token }) => token === read.token)?.text, "expectation 0 holds: r read w in 0");
  const none = evaluate({ scenario, expectation: scenario.expectations[1], nth: 1, report: null, lockOrder: [] });
  assertEquals([none.agrees, none.shown, none.token], [true, "was not run", null]);
});
