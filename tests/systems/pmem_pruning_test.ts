/**
 * What exploring leaves out of crashes (moments that change nothing durable, orders that commute, images that recovery
 * does not tell apart) against all of them: every interleaving, a crash before and after every step, every content of
 * every line. Nothing of `crash_points.ts`, `PersistentMemoryImage` or the reduction is used to enumerate them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { judge } from "../../src/checking/judge.ts";
import { explore } from "../../src/exploring/explore.ts";
import { Identities } from "../../src/machine/identities.ts";
import type { PersistentMemory } from "../../src/machine/persistent_memory.ts";
import type { CrashModel, Program } from "../../src/machine/program.ts";
import type { Token } from "../../src/machine/tokens.ts";
import { World } from "../../src/machine/world.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { dax } from "../../src/systems/dax/index.ts";
import { daxIomap } from "../../src/systems/dax-iomap/index.ts";
import type { PmemFile } from "../../src/systems/common/pmem_file.ts";
import { flagValues } from "../../src/systems/index.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import type { System } from "../../src/systems/system.ts";
import { xipIo } from "../../src/systems/xip-io/index.ts";
import { scenarioOf } from "./explored.ts";

/** Anomalies by recovered state. */
type States = Map<string, Set<string>>;

function note(states: States, recovered: string, anomalies: Iterable<string>): void {
  const known = states.get(recovered) ?? new Set();
  for (const anomaly of anomalies) known.add(anomaly);
  states.set(recovered, known);
}

/** Answers of recovery's questions about lines by contents chosen beforehand, and of others by an odometer. */
class Chosen {
  readonly #contents: readonly (readonly (readonly Token[])[])[];
  readonly #chosen: readonly number[];
  readonly #others: number[] = [];
  readonly #counts: number[] = [];
  #asked = 0;
  readonly #seen = new Map<number, number[]>();

  constructor(contents: readonly (readonly (readonly Token[])[])[], chosen: readonly number[]) {
    this.#contents = contents;
    this.#chosen = chosen;
  }

  pick = (count: number, what: string): number => {
    const match = /^pmem line (\d+) word (\d+)$/.exec(what);
    if (match === null) {
      if (this.#asked === this.#others.length) {
        this.#others.push(0);
        this.#counts.push(count);
      }
      return this.#others[this.#asked++];
    }
    const [line, word] = [Number(match[1]), Number(match[2])];
    const chosen = this.#contents[line][this.#chosen[line]];
    const seen = this.#seen.get(line) ?? [];
    this.#seen.set(line, seen);
    const left = this.#contents[line].filter((content) => seen.every((each) => content[each] === chosen[each]));
    seen.push(word);
    const values: Token[] = [];
    for (const content of left) if (!values.includes(content[word])) values.push(content[word]);
    assertEquals(values.length, count, what);
    return values.indexOf(chosen[word]);
  };

  /** The next answers to the other questions; false when there are none. */
  next(): boolean {
    this.#asked = 0;
    this.#seen.clear();
    while (this.#others.length > 0 && this.#others.at(-1)! + 1 >= this.#counts.at(-1)!) {
      this.#others.pop();
      this.#counts.pop();
    }
    if (this.#others.length === 0) return false;
    this.#others[this.#others.length - 1]++;
    return true;
  }
}

/** Recovers from every image of the whole memory. Returns how many there are. */
function recoverAll(model: CrashModel, memory: PersistentMemory, states: States): number {
  const contents = Array.from({ length: memory.lineCount }, (_, line) => memory.peekLine(line).crashContents());
  const chosen = contents.map(() => 0);
  let images = 0;
  for (;;) {
    const answers = new Chosen(contents, chosen);
    do {
      const anomalies: string[] = [];
      const recovered = model.recover(answers.pick, (anomaly) => anomalies.push(anomaly), () => {});
      note(states, recovered, anomalies);
      images++;
    } while (answers.next());
    let line = chosen.length - 1;
    while (line >= 0 && ++chosen[line] === contents[line].length) chosen[line--] = 0;
    if (line < 0) return images;
  }
}

interface Enumerated {
  readonly states: States;
  readonly images: number;
}

/** Crashes of every interleaving. */
function everyCrash(program: Program, memory: () => PersistentMemory): Enumerated {
  const identities = new Identities();
  const states: States = new Map();
  const path: { chosen: number; count: number }[] = [];
  let images = 0;
  for (let runs = 0; runs < 20_000; runs++) {
    const world = new World(identities);
    const { crash } = program.setUp(world)!;
    // Up to where this run leaves the one before, all crashes have been looked at.
    const known = runs === 0 ? -1 : path.length - 1;
    for (let depth = 0;; depth++) {
      if (depth > known) images += recoverAll(crash!, memory(), states);
      const moves = world.tasks.filter((task) => world.isEnabled(task))
        .flatMap((task) => Array.from({ length: world.outcomes(task) }, (_, outcome) => ({ task, outcome })));
      if (moves.length === 0) break;
      if (depth === path.length) path.push({ chosen: 0, count: moves.length });
      const { task, outcome } = moves[path[depth].chosen];
      world.step(task, outcome);
    }
    while (path.length > 0 && path.at(-1)!.chosen + 1 === path.at(-1)!.count) path.pop();
    if (path.length === 0) return { states, images };
    path.at(-1)!.chosen++;
  }
  throw new Error("too many interleavings for a test");
}

/** Small forms of rows, with few enough interleavings to run them all. */
const SMALL_PAGE = "bounds: { SECTORS_PER_PAGE: 1, pages: 2 }\nfiles: { F: { size: 1 } }\ncrash: anywhere\n";
const ROWS: readonly [row: string, system: System, tasks: string, flags: Record<string, FlagValue>][] = [
  ["40-27", dax, 'T1: [{ pwrite: "F[1] O_DSYNC" }]', {}],
  ["40-27 ext2", dax, 'T1: [{ pwrite: "F[1]" }]', { fs_alloc: "ext2" }],
  ["40-28", dax, 'T1: [{ pwrite: "F[0] O_SYNC" }]', {}],
  ["30-24 in two tasks", xipIo, 'T1: [{ store: "F[0:0]" }]\n  T2: [{ fsync: F }]', { path: "old_xip" }],
  ["40-29", dax, 'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC" }]', {}],
  ["40-30 flushed", dax, 'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC" }]', { dax_fsync_flushes: "on" }],
  ["40-30 eADR", dax, 'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC" }]', { pmem_domain: "eadr" }],
  ["45-20", daxIomap, 'T1: [{ pwrite: "F[0] O_DSYNC" }]', { write_store: "cached" }],
  ["45-21", daxIomap, 'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC" }]', { fs: "xfs" }],
  ["45-34", daxIomap, 'T1: [{ pwrite: "F[1] O_DSYNC" }]', { fs: "xfs" }],
  ["30-23", xipIo, 'T1: [{ pwrite: "F[0]", bytes: 300 }]', {}],
  ["30-23 old", xipIo, 'T1: [{ pwrite: "F[0]", bytes: 300 }]', { path: "old_xip" }],
  ["30-24", xipIo, 'T1: [{ store: "F[0:0]" }, { fsync: F }]', {}],
  ["30-24 old", xipIo, 'T1: [{ store: "F[0:0]" }, { fsync: F }]', { path: "old_xip" }],
];

Deno.test("what is left out of crashes loses no state that recovery can come to, and no anomaly of one", () => {
  for (const [row, system, tasks, flags] of ROWS) {
    const scenario = scenarioOf(`${SMALL_PAGE}tasks:\n  ${tasks}`);
    let memory: PersistentMemory | null = null;
    const watched: System = {
      ...system,
      mount(world, own, values) {
        const mounted = system.mount(world, own, values);
        memory = (mounted.file("F") as PmemFile).inode.fs.volume.memory;
        return mounted;
      },
    };
    const judged = judge({ scenario, contract: undefined });
    const program = scenarioProgram(scenario, watched, flagValues(system, flags), judged);
    const report = explore(program);
    const pruned: States = new Map();
    for (const { end, finalState, findings } of report.outcomes) {
      if (end === "crash") note(pruned, finalState, findings.map(({ anomaly }) => anomaly));
    }
    const all = everyCrash(program, () => memory!);
    const sorted = (states: States) => [...states].map(([state, of]) => [state, ...[...of].sort()].join(" !")).sort();
    assertEquals([row, ...sorted(pruned)], [row, ...sorted(all.states)]);
    assert(all.states.size > 1, `${row}: a crash leaves one state only`);
    assert(report.crashImages <= report.crashImagesPossible, row);
    assert(report.crashImages < all.images, `${row}: nothing is left out`);
  }
});
