/**
 * What is asked of a run when it has come to its end, or to a crash: its record, judged, and what it came to in a line.
 *
 * @module
 */

import type { HappensBefore, Outcome, Prepared } from "../machine/program.ts";
import { checkQuiescence } from "../machine/quiescence.ts";
import type { ResourceLog } from "../machine/resource_log.ts";
import { evaluateAfterRecovery } from "./after_recovery.ts";
import { diskLayout } from "./common/disk_layout.ts";
import { fileRecord, finalContent } from "./file_records.ts";
import { finishedRecord } from "./operation_records.ts";
import { reachedOverrides } from "./path.ts";
import type { RunBasis } from "./run_basis.ts";
import type { FileRecord, Incident, OperationRecord, RunRecord } from "./run_record.ts";
import type { ScenarioRun } from "./scenario_run.ts";

export class RunEnding {
  readonly #basis: RunBasis;
  readonly #run: ScenarioRun;
  readonly #log: ResourceLog;
  #facts: readonly string[] = [];
  /** Records of the calls at the end of the run; null: it is not there yet. */
  #atEnd: readonly OperationRecord[] | null = null;

  constructor(basis: RunBasis, run: ScenarioRun, log: ResourceLog) {
    this.#basis = basis;
    this.#run = run;
    this.#log = log;
  }

  prepared(): Prepared {
    const { mounted } = this.#run;
    const { recovery } = mounted;
    const { crash, afterRecovery } = this.#basis.scenario;
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
        const { files, operations } = evaluateAfterRecovery(afterRecovery, recovered, this.#basis.scenario);
        const record = this.#record("crash", files, operations);
        const { findings, facts } = this.#basis.judge(record, null);
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
    const names = Object.keys(this.#basis.scenario.files);
    const files = end === "complete" ? names.map((name) => fileRecord(name, mounted, this.#run.memory)) : [];
    const { findings, facts } = this.#basis.judge(this.#record(end, files, []), happensBefore);
    for (const { anomaly, text, subject } of findings) world.report(anomaly, text, subject);
    this.#facts = facts;
  }

  #record(
    end: RunRecord["end"],
    files: readonly FileRecord[],
    afterwards: readonly OperationRecord[],
  ): RunRecord {
    const { scenario, system, initial, before } = this.#basis;
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
    const { sectorsPerPage } = diskLayout(this.#basis.scenario);
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
    for (const name of Object.keys(this.#basis.scenario.files)) {
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
    const files = Object.keys(this.#basis.scenario.files).map((name) => {
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
