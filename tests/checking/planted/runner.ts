/**
 * Toy programs with a planted defect: small tasks on the machine's own locks, pages and disks, judged as runs of a scenario
 * are.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findingsOf, type Found } from "../../../src/checking/findings.ts";
import { judge } from "../../../src/checking/judge.ts";
import { deadlockFindings } from "../../../src/exploring/class_recorder.ts";
import { explore, type ExploreReport } from "../../../src/exploring/explore.ts";
import { contextSwitches, minimise } from "../../../src/exploring/minimise.ts";
import { parseToken, replayStrictly } from "../../../src/exploring/token.ts";
import { Account } from "../../../src/machine/costs.ts";
import type { CrashPick, HappensBefore, Outcome, Prepared, Program } from "../../../src/machine/program.ts";
import { type Accountable, checkQuiescence, checkReturn } from "../../../src/machine/quiescence.ts";
import { ResourceLog } from "../../../src/machine/resource_log.ts";
import type { Steps, Task } from "../../../src/machine/task.ts";
import { initialToken } from "../../../src/machine/tokens.ts";
import type { World } from "../../../src/machine/world.ts";
import type { Scenario } from "../../../src/scenarios/scenario.ts";
import type {
  FileRecord,
  Incident,
  OperationKind,
  OperationRecord,
  RunRecord,
  Way,
  Zeroing,
} from "../../../src/systems/run_record.ts";
import type { Contract } from "../../../src/systems/system.ts";
import { scenarioOf } from "../scenario_of.ts";

/** An operation of a toy as its own code sees it. */
export interface ToyCall {
  readonly task: Task;
  readonly record: OperationRecord;
  /** Notes that the current step gives a sector to the caller. */
  saw(sector: number, token: string, way: Way): void;
  /** Notes that the current step writes a sector. */
  wrote(sector: number, token: string, way: Way): void;
  /** Notes that a named step has been reached. */
  at(step: string): void;
}

export interface ToyOperation {
  readonly kind: OperationKind;
  readonly body: (call: ToyCall) => Steps<number>;
  /** Default: by task and place, `T1#0`. */
  readonly name?: string;
  /** In sectors. Default 0 and 1. */
  readonly pos?: number;
  readonly len?: number;
  readonly direct?: "direct";
  readonly flags?: readonly string[];
  /** Set: submitted; the code calls {@linkcode Toy.complete}. */
  readonly call?: string;
}

/** What a toy's tasks do, and what is there at the end. */
export interface ToyEnd {
  /** Default: F as it was. */
  files?(): readonly FileRecord[];
  readonly accountables?: readonly Accountable[];
  readonly zeroings?: readonly Zeroing[];
  incidents?(): readonly Incident[];
  readonly crash?: { durableVersion(): number; recover(pick: CrashPick): readonly FileRecord[] };
}

/** A run of a toy while it is set up and goes on. Its file is F, pages and blocks are of one sector. */
export class Toy {
  readonly world: World;
  readonly records: OperationRecord[] = [];
  readonly #counts = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  /** Starts a task that does operations one after the other. */
  task(name: string, ...operations: readonly ToyOperation[]): Task {
    return this.world.spawn(name, runOperations, { argument: { toy: this, operations } });
  }

  *perform(task: Task, operation: ToyOperation): Steps {
    const { world } = this;
    const nth = this.#counts.get(task.name) ?? 0;
    this.#counts.set(task.name, nth + 1);
    const { kind, pos = 0, len = 1, direct, flags = [], call: called = kind } = operation;
    const what = `${kind}${direct === undefined ? "" : " dio"} F[${len === 1 ? pos : `${pos}..${pos + len - 1}`}]`;
    const begun = yield* world.history.begin(task, what);
    const account = task.account = new Account(operation.name ?? `${task.name}#${nth}`);
    const record: OperationRecord = {
      name: account.operation,
      task: task.name,
      kind,
      call: called,
      what,
      file: "F",
      pos,
      len,
      direct: direct !== undefined,
      flags,
      begun: begun.begun,
      returned: null,
      result: null,
      submitted: null,
      reads: [],
      writes: [],
      steps: [],
      costs: account.costs,
    };
    this.records.push(record);
    const call: ToyCall = {
      task,
      record,
      saw: (sector, token, way) => record.reads.push({ sector, token, way }),
      wrote: (sector, token, way) => record.writes.push({ sector, token, way }),
      at: (step) => {
        record.steps.push(step);
        world.resourceLog?.reached(task, record.name, step);
      },
    };
    const result = yield* operation.body(call);
    if (called !== kind) record.submitted = { step: world.steps, result };
    checkReturn(world, task, what);
    if (record.returned === null) {
      record.returned = world.steps;
      record.result = result;
    }
    world.history.end(begun, result);
    task.account = null;
  }
}

function* runOperations(
  task: Task,
  { toy, operations }: { toy: Toy; operations: readonly ToyOperation[] },
): Steps {
  for (const operation of operations) yield* toy.perform(task, operation);
}

/** F with nothing cached, every sector as it was. */
export function untouchedFile(sectors: number, more: Partial<FileRecord> = {}): FileRecord {
  return {
    name: "F",
    size: sectors,
    diskSize: sectors,
    onOrphanList: false,
    blocks: Array.from({ length: sectors }, (_, lblk) => ({
      lblk,
      pblk: lblk,
      state: "written" as const,
      preallocated: false,
      conversionQueued: false,
    })),
    folios: [],
    ptes: [],
    media: Array.from({ length: sectors }, (_, sector) => initialToken("F", sector)),
    ...more,
  };
}

export interface ToyOptions {
  /** Default: one with F of 4 pages and nothing expected. */
  readonly scenario?: Scenario;
  /** In sectors. Default 4. */
  readonly size?: number;
  readonly contract?: Contract;
}

const NO_TASKS = "tasks:\n  T1:\n    - fsync: F\n";

/** A toy as a program to explore. */
export function toyProgram(name: string, setUp: (toy: Toy) => ToyEnd | void, options: ToyOptions = {}): Program {
  const { scenario = scenarioOf(NO_TASKS), size = 4, contract } = options;
  const judgeRun = judge(contract === undefined ? { scenario } : { scenario, contract });
  return {
    name,
    setUp(world): Prepared {
      const log = world.resourceLog = new ResourceLog();
      const toy = new Toy(world);
      const end = setUp(toy) ?? {};
      let facts: readonly string[] = [];
      const recordOf = (how: Outcome | "crash", files: readonly FileRecord[]): RunRecord => ({
        scenario: name,
        system: "toy",
        end: how,
        operations: toy.records,
        files,
        sectorsPerPage: 1,
        sectorsPerBlock: 1,
        initial: { F: { size, tokens: Array.from({ length: size }, (_, at) => initialToken("F", at)) } },
        incidents: end.incidents?.() ?? [],
        costs: { ...world.costs, steps: world.steps },
        resources: log.events(),
        ...(end.zeroings === undefined ? {} : { zeroings: end.zeroings }),
        crash: how === "crash" ? { step: world.steps } : null,
      });
      const prepared: Prepared = {
        atEnd: () => checkQuiescence(world, end.accountables),
        judge(how: Outcome, happensBefore: HappensBefore) {
          const files = how === "complete" ? end.files?.() ?? [untouchedFile(size)] : [];
          const judged = judgeRun(recordOf(how, files), happensBefore);
          for (const { anomaly, text, subject } of judged.findings) world.report(anomaly, text, subject);
          facts = judged.facts;
        },
        facts: () => facts,
      };
      const { crash } = end;
      if (crash !== undefined) {
        prepared.crash = {
          durableVersion: () => crash.durableVersion(),
          recover(pick, report, fact) {
            const files = crash.recover(pick);
            const judged = judgeRun(recordOf("crash", files), null);
            for (const { anomaly, text, subject } of judged.findings) report(anomaly, text, subject);
            for (const text of judged.facts) fact(text);
            return files.map((file) => `${file.name} ${file.size}: ${file.media.join(" ")}`).join("; ");
          },
        };
      }
      return prepared;
    },
  };
}

/** Explores all of a toy; it must come to its end. */
export function exploreToy(program: Program): ExploreReport {
  const report = explore(program);
  assert(report.finished && report.counts.cutOff === 0, `${program.name}: ${report.claim}`);
  return report;
}

/** Anomalies that only all runs together show: no single run has them as a finding. */
const OF_ALL_RUNS: readonly string[] = ["LOCK_INVERSION"];

export interface Planted {
  readonly anomaly: string;
  readonly defect: Program;
  /** The same without the defect. */
  readonly repaired: Program;
  /** Context switches of the shortest run that one would write by hand. */
  readonly switches: number;
  readonly lockOrder?: readonly (readonly [string, string])[];
}

/**
 * Checks that exploring finds a planted defect, that the token of its counterexample replays it, that the minimiser's is as
 * short as one made by hand, and that the repaired twin has nothing of the kind.
 *
 * @returns the finding
 */
export function checkPlanted({ anomaly, defect, repaired, switches, lockOrder = [] }: Planted): Found {
  const of = (program: Program) =>
    findingsOf(exploreToy(program), lockOrder).filter((found) => found.anomaly === anomaly);
  const [found] = of(defect);
  assert(found !== undefined, `${defect.name}: ${anomaly} is not found`);
  assertEquals(of(repaired).map(({ text }) => text), []);
  const { run, recovered } = replayStrictly(defect, found.token);
  if (OF_ALL_RUNS.includes(anomaly)) return found;
  const shown = [...recovered?.findings ?? run.world.findings, ...deadlockFindings(run.world)];
  assert(shown.some((each) => each.anomaly === anomaly && each.text === found.text), `${found.token} does not show it`);
  const smallest = minimise(
    defect,
    found.token,
    ({ end, findings }) =>
      anomaly === "DEADLOCK" ? end === "deadlock" : findings.some((each) => each.anomaly === anomaly),
  );
  const needed = contextSwitches(parseToken(smallest).steps);
  assert(needed <= switches, `${needed} context switches, ${switches} by hand: ${smallest}`);
  return found;
}
