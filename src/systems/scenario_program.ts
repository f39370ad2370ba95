/**
 * A scenario on one system with one set of flags, as a program to explore.
 *
 * What a scenario says is planned once; a run mounts the system, makes memory and tasks, and keeps a record of what the
 * operations did, which is judged at its end and, where it may crash, for each image that a crash leaves.
 *
 * @module
 */

import type { HappensBefore, Outcome, Prepared, Program } from "../machine/program.ts";
import type { Folio } from "../machine/folio.ts";
import { checkQuiescence } from "../machine/quiescence.ts";
import { ResourceLog } from "../machine/resource_log.ts";
import type { Steps, Task } from "../machine/task.ts";
import { type Token, writeToken } from "../machine/tokens.ts";
import type { World } from "../machine/world.ts";
import { lengthSectors, sectorsOf } from "../scenarios/place.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { evaluateAfterRecovery, recoveryLacks } from "./after_recovery.ts";
import { diskLayout, initialContent } from "./common/disk_layout.ts";
import { fileRecord, finalContent } from "./file_records.ts";
import { startKernelTasks } from "./kernel_tasks.ts";
import { NotModelled } from "./not_modelled.ts";
import { finishedRecord } from "./operation_records.ts";
import type { FileRecord, Incident, Judge, OperationRecord, RunRecord } from "./run_record.ts";
import { ScenarioMemory } from "./scenario_memory.ts";
import { reachedOverrides } from "./path.ts";
import { planScenario } from "./plan_scenario.ts";
import type { ScenarioPlan } from "./scenario_plan.ts";
import { runTask, ScenarioRun } from "./scenario_run.ts";
import type { FlagValues, MountedSystem, System } from "./system.ts";
import { unwatched } from "./watched_flags.ts";

/** What a run needs and no run changes. */
interface Prepare {
  readonly scenario: Scenario;
  readonly system: System;
  readonly flags: FlagValues;
  readonly judge: Judge;
  readonly plan: ScenarioPlan;
  readonly initial: RunRecord["initial"];
  /** Writes that were done before the beginning and are only in the cache. */
  readonly before: readonly OperationRecord[];
}

/** Task of what was written before the beginning. */
const BEFORE = "before";

/** Name of the write whose data the dirty pages of a run hold at the beginning. */
function nameBefore(file: string, firstPage: number): string {
  return `${BEFORE}_${file}_${firstPage}`;
}

/**
 * Makes the program.
 *
 * @throws {NotModelled} when the flags exclude each other, or the scenario asks for what the system does not have
 */
export function scenarioProgram(scenario: Scenario, system: System, flags: FlagValues, judge: Judge): Program {
  const refused = system.refuses?.(unwatched(flags)) ?? null;
  if (refused !== null) throw new NotModelled(`${scenario.name} on ${system.name}: ${refused}`);
  const lacking = lacks(scenario) ?? system.lacks?.(scenario, flags) ?? null;
  if (lacking !== null) throw new NotModelled(`${scenario.name} on ${system.name}: ${lacking}`);
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const files = Object.keys(scenario.files);
  const prepare: Prepare = {
    scenario,
    system,
    flags,
    judge,
    plan: planScenario(scenario),
    initial: Object.fromEntries(files.map((name) => [name, {
      size: lengthSectors(scenario.files[name].size, SECTORS_PER_PAGE),
      tokens: initialContent(scenario, name),
    }])),
    before: files.flatMap((name) => writesBefore(scenario, name)),
  };
  return {
    // Put together when it is asked for: which flags a run looks at is worth knowing, and this looks at all of them.
    get name() {
      const set = Object.entries(flags).map(([name, value]) => `${name}=${value}`).join(" ");
      return `${scenario.name} ${system.name} ${set}`;
    },
    setUp: (world) => setUp(world, prepare),
  };
}

/** What no system can do for a scenario. */
function lacks(scenario: Scenario): string | null {
  for (const { operations } of Object.values(scenario.tasks)) {
    for (const { kind, name } of operations) {
      if (kind === "ficlone") return `${name}: ficlone is not modelled`;
    }
  }
  if (scenario.device.errors.some(({ times }) => times !== null)) {
    return "device: an error that happens some times only is not modelled; leave times out";
  }
  return recoveryLacks(scenario);
}

/** What dirty pages hold, as a buffered write that nobody has synced. */
function writesBefore(scenario: Scenario, name: string): OperationRecord[] {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const { cache, size } = scenario.files[name];
  const end = lengthSectors(size, SECTORS_PER_PAGE);
  return cache.filter(({ state }) => state === "dirty").map(({ range }): OperationRecord => {
    const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
    const last = Math.min(to, end);
    const sectors = Array.from({ length: Math.max(0, last - from) }, (_, nth) => from + nth);
    const own = nameBefore(name, range.firstPage);
    return {
      name: own,
      task: BEFORE,
      kind: "pwrite",
      call: "pwrite",
      what: `pwrite ${name} before the beginning`,
      file: name,
      pos: from,
      len: sectors.length,
      direct: false,
      flags: [],
      begun: -2,
      returned: -1,
      result: sectors.length,
      submitted: null,
      reads: [],
      writes: sectors.map((sector) => ({ sector, token: writeToken(own, sector), way: "cached" })),
      steps: [],
      costs: {},
    };
  });
}

function setUp(world: World, prepare: Prepare): Prepared {
  const { scenario, system, flags, plan } = prepare;
  const log = world.resourceLog = new ResourceLog();
  const mounted = system.mount(world, scenario, flags);
  world.mounted = mounted;
  const { SECTORS_PER_PAGE } = scenario.bounds;
  for (const name of Object.keys(scenario.files)) fillCache(world, scenario, name, mounted, prepare);
  const memory = new ScenarioMemory(
    world,
    plan,
    SECTORS_PER_PAGE,
    (file) => mounted.file(file).inode.mapping,
    flags.rwsem_fair === "off" ? "unfair" : "fair",
  );
  const run = new ScenarioRun(world, scenario, plan, mounted, memory);
  world.history.setOrder(plan.order);
  for (const task of plan.tasks) world.spawn(task.name, runTask, { argument: { run, task } });
  startKernelTasks(world, scenario, mounted);
  // Last: what set-up puts in its place fires nothing.
  if (world.tracepoints !== null) world.tracepoints.kernel = mounted.tracepoints ?? null;
  return new Ending(prepare, run, log).prepared();
}

/** Puts the pages into the cache that the scenario says are there. */
function fillCache(
  world: World,
  scenario: Scenario,
  name: string,
  mounted: MountedSystem,
  { initial }: Prepare,
): void {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const { mapping } = mounted.file(name).inode;
  const { tokens } = initial[name];
  for (const { range, state, also } of scenario.files[name].cache) {
    for (let page = range.firstPage; page <= range.lastPage; page++) {
      const first = page * SECTORS_PER_PAGE;
      const content = Array.from({ length: SECTORS_PER_PAGE }, (_, at): Token => {
        const sector = first + at;
        if (sector >= tokens.length) return "0";
        return state === "dirty" ? writeToken(nameBefore(name, range.firstPage), sector) : tokens[sector];
      });
      const folio = mapping.addCached(page, content);
      if (state === "dirty") folio.setDirty();
      if (also.includes("not_uptodate")) folio.uptodate.testAndClear();
      mounted.cached?.(folio, also);
      for (const bit of ["locked", "writeback"] as const) {
        if (also.includes(bit)) {
          world.spawn(`${bit} ${folio.name}`, endEarlierIo, { argument: { folio, bit }, context: "irq" });
        }
      }
    }
  }
}

/** I/O of the kernel's that a page is found under; it ends at any time. */
function* endEarlierIo(task: Task, { folio, bit }: { folio: Folio; bit: "locked" | "writeback" }): Steps {
  if (bit === "locked") folio.lock.set(task);
  else folio.startWriteback(task.name);
  yield;
  if (bit === "writeback") folio.endWriteback();
  else {
    folio.uptodate.testAndSet();
    folio.lock.clear();
  }
}

/** What is asked of a run when it has come to its end. */
class Ending {
  readonly #prepare: Prepare;
  readonly #run: ScenarioRun;
  readonly #log: ResourceLog;
  #facts: readonly string[] = [];
  /** Records of the calls at the end of the run; null: it is not there yet. */
  #atEnd: readonly OperationRecord[] | null = null;

  constructor(prepare: Prepare, run: ScenarioRun, log: ResourceLog) {
    this.#prepare = prepare;
    this.#run = run;
    this.#log = log;
  }

  prepared(): Prepared {
    const { mounted } = this.#run;
    const { recovery } = mounted;
    const { crash, afterRecovery } = this.#prepare.scenario;
    const prepared: Prepared = {
      finalState: () => this.#finalState(),
      atEnd: () => {
        checkQuiescence(this.#run.world, [...mounted.accountables, ...this.#run.kiocbs()]);
      },
      judge: (end, happensBefore) => this.#judge(end, happensBefore),
      facts: () => this.#facts,
      look: () => this.#run.look(),
      ...(mounted.persistentLines === undefined ? {} : { persistentLines: () => mounted.persistentLines!() }),
    };
    if (crash === "never" || recovery === undefined) return prepared;
    const needed = crash === "anywhere" ? [] : crash.after;
    prepared.crash = {
      durableVersion: () => recovery.durableVersion() + (this.#haveReturned(needed) ? 0.5 : 0),
      ...(recovery.imagesPossible === undefined
        ? {}
        : { imagesPossible: () => this.#haveReturned(needed) ? recovery.imagesPossible!() : 1 }),
      recover: (pick, report, fact) => {
        if (!this.#haveReturned(needed)) return "no crash here";
        const recovered = recovery.recover(pick);
        const { files, operations } = evaluateAfterRecovery(afterRecovery, recovered, this.#prepare.scenario);
        const record = this.#record("crash", files, operations);
        const { findings, facts } = this.#prepare.judge(record, null);
        for (const { anomaly, text, subject } of findings) report(anomaly, text, subject);
        for (const text of facts) fact(text);
        return [...operations.map(operationText), ...files.map(recoveredText)].join("; ");
      },
    };
    return prepared;
  }

  #haveReturned(names: readonly string[]): boolean {
    return names.every((name) => this.#run.calls.some((call) => call.name === name && call.record.returned !== null));
  }

  #finishedRecords(): readonly OperationRecord[] {
    return this.#atEnd ?? this.#run.calls.map(({ record }) => finishedRecord(record));
  }

  #judge(end: Outcome, happensBefore: HappensBefore): void {
    const { world, mounted } = this.#run;
    this.#atEnd = this.#finishedRecords();
    const names = Object.keys(this.#prepare.scenario.files);
    const files = end === "complete" ? names.map((name) => fileRecord(name, mounted, this.#run.memory)) : [];
    const { findings, facts } = this.#prepare.judge(this.#record(end, files, []), happensBefore);
    for (const { anomaly, text, subject } of findings) world.report(anomaly, text, subject);
    this.#facts = facts;
  }

  #record(
    end: RunRecord["end"],
    files: readonly FileRecord[],
    afterwards: readonly OperationRecord[],
  ): RunRecord {
    const { scenario, system, initial, before } = this.#prepare;
    const { world, mounted } = this.#run;
    const { sectorsPerPage, sectorsPerBlock } = diskLayout(scenario);
    return {
      scenario: scenario.name,
      system: system.name,
      end,
      operations: [...before, ...this.#finishedRecords(), ...afterwards],
      files,
      sectorsPerPage,
      sectorsPerBlock,
      initial,
      incidents: this.#incidents(),
      costs: { ...world.costs, steps: world.steps },
      resources: this.#log.events(),
      ...(world.tracepoints?.kernel == null ? {} : { events: world.tracepoints.events }),
      ...(system.overrides === undefined ? {} : { overridesReached: reachedOverrides(world) }),
      ...(mounted.zeroings === undefined ? {} : { zeroings: mounted.zeroings }),
      crash: end === "crash" ? { step: world.steps } : null,
    };
  }

  /** Private copies that unmapping has taken, and what devices stored into pages that had left the cache. */
  #incidents(): Incident[] {
    const { mounted, memory } = this.#run;
    const { sectorsPerPage } = diskLayout(this.#prepare.scenario);
    const incidents: Incident[] = [...mounted.incidents?.() ?? []];
    for (const mm of memory.mms) {
      for (const { vpn, page, mapping, index } of mm.droppedCopies) {
        incidents.push({
          anomaly: "PRIVATE_LOST",
          text:
            `the private copy ${page} of ${mapping.host}[${index}] at page ${vpn} of ${mm.name} is gone while it is mapped`,
          task: this.#run.plan.tasks.find((task) => task.mm === mm.name)?.name ?? "",
          file: mapping.host.ino,
          sectors: Array.from({ length: sectorsPerPage }, (_, at) => index * sectorsPerPage + at),
        });
      }
    }
    for (const name of Object.keys(this.#prepare.scenario.files)) {
      for (const folio of mounted.file(name).inode.mapping.folios) {
        if (folio.orphanStores.length === 0) continue;
        incidents.push({
          anomaly: "LOST_DMA",
          text: `a device stored into ${folio.name} after it had left the page cache`,
          task: "",
          file: name,
          sectors: folio.orphanStores.map(({ sector }) => folio.index * sectorsPerPage + sector).toSorted((a, b) =>
            a - b
          ),
        });
      }
    }
    return incidents;
  }

  #finalState(): string {
    const { mounted } = this.#run;
    const records = this.#finishedRecords().toSorted((a, b) => a.name < b.name ? -1 : 1);
    const files = Object.keys(this.#prepare.scenario.files).map((name) => {
      const { inode } = mounted.file(name);
      return `${name} ${inode.peekSize}: ${finalContent(mounted.file(name)).join(" ")}`;
    });
    return [...records.map(operationText), ...files].join("; ");
  }
}

/** What an operation came to: `T1#0=2 [I(F,0) I(F,1)]`. */
function operationText({ name, result, reads }: OperationRecord): string {
  const seen = reads.length === 0 ? "" : ` [${reads.map(({ token }) => token).join(" ")}]`;
  return `${name}=${result ?? "pending"}${seen}`;
}

function recoveredText({ name, size, media }: FileRecord): string {
  return `${name} ${size}: ${media.slice(0, size).join(" ")}`;
}
