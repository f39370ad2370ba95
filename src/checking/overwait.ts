/**
 * OVERWAIT: an operation waits for something that is wholly outside its own range, or a submission for its own I/O.
 *
 * Pages, placeholders and writeback are ranges of a file; a wait for one that the operation does not touch is right, and
 * slower than it need be. What the operation's buffer maps belongs to its range. Its own writeback of a page outside counts
 * as well: nobody asked for it.
 *
 * @module
 */

import type { BufferSegment, Operation, Scenario } from "../scenarios/scenario.ts";
import type { Judgement, OperationRecord, RunRecord } from "../systems/run_record.ts";
import type { LoggedRun } from "./logged_run.ts";
import { resourceClass, type Wait, waitedFor } from "./waits.ts";

type Finding = Judgement["findings"][number];

/** Pages [first, last] of a file. */
interface Pages {
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

const RANGED_RESOURCE = /^(page|writeback|placeholder|xa_lock_entry)\(([^,]+),\[?(\d+)(?:,(\d+)\])?\)$/;
const OWN_IO = /^(bio|dio|kiocb)\(/;

/** Findings about needless waits, one for each operation and resource. */
export function checkOverwait(run: LoggedRun): Finding[] {
  const { record, scenario, log, before, names } = run;
  const findings: Finding[] = [];
  for (const operation of record.operations) {
    const { name } = operation;
    if (operation.kind !== "pread" && operation.kind !== "pwrite") continue;
    const own = log.waits.filter((wait) => names.nameOf(wait.operation) === name && wait.task === operation.task);
    if (own.length === 0) continue;
    const isReal = (wait: Wait) => waitedFor(wait, log.holds, before).length > 0;
    const range = rangesOf(operation, record, scenario);
    const outside = own.filter((wait) => isOutside(wait, range) && isReal(wait));
    for (const resource of new Set(outside.map((wait) => wait.resource))) {
      findings.push(finding(operation, resource, `waits for ${resource}, which is outside its range`));
    }
    for (const resource of new Set(ownWaits(operation, own, run))) {
      findings.push(finding(operation, resource, `waits for its own ${resource} before io_submit returns`));
    }
  }
  return findings;
}

function finding({ name, what, task, file }: OperationRecord, resource: string, text: string): Finding {
  return {
    anomaly: "OVERWAIT",
    text: `${name} (${what}) ${text}`,
    subject: { tasks: [task], operations: [name], resources: [resource], ...(file === null ? {} : { file }) },
  };
}

function isOutside({ resource }: Wait, ranges: readonly Pages[]): boolean {
  const match = RANGED_RESOURCE.exec(resource);
  if (match === null) return false;
  const [, , file, from, to = from] = match;
  return !ranges.some((range) => range.file === file && range.first <= Number(to) && range.last >= Number(from));
}

/** Its range, and what its buffer maps. */
function rangesOf(
  { name, file, pos, len }: OperationRecord,
  { sectorsPerPage }: RunRecord,
  scenario: Scenario,
): Pages[] {
  const last = Math.max(pos, pos + len - 1);
  const ranges: Pages[] = file === null
    ? []
    : [{ file, first: Math.floor(pos / sectorsPerPage), last: Math.floor(last / sectorsPerPage) }];
  for (const segment of bufferOf(scenario, name)) ranges.push(...mappedBy(segment, scenario));
  return ranges;
}

function bufferOf(scenario: Scenario, name: string): readonly BufferSegment[] {
  for (const { operations } of Object.values(scenario.tasks)) {
    for (const operation of operations) {
      const each: readonly Operation[] = operation.kind === "io_submit" || operation.kind === "uring_submit"
        ? operation.iocbs
        : [operation];
      const found = each.find((one) => one.name === name);
      if (found !== undefined) return "buffer" in found ? found.buffer : [];
    }
  }
  return [];
}

function mappedBy(segment: BufferSegment, { maps }: Scenario): Pages[] {
  if (!("place" in segment)) return [];
  const everything = (file: string): Pages => ({ file, first: 0, last: Infinity });
  if (segment.kind === "map") {
    const mapped = maps[segment.place.name]?.mapped;
    return mapped !== undefined && mapped.kind === "file" ? [everything(mapped.place.name)] : [];
  }
  const { name, range } = segment.place;
  return [range === null ? everything(name) : { file: name, first: range.firstPage, last: range.lastPage }];
}

/** Waits for I/O of its own while it is being submitted: for the I/O, or for a lock that the I/O has and will give back. */
function ownWaits(
  { name, submitted, call }: OperationRecord,
  waits: readonly Wait[],
  { log, before, names }: LoggedRun,
): string[] {
  if (submitted === null || !/^(aio|uring|io_submit)/.test(call)) return [];
  return waits.filter(({ passed }) => passed !== null && passed <= submitted.step)
    .filter((wait) =>
      waitedFor(wait, log.holds, before).some(({ operation, handedOverAt }) =>
        handedOverAt !== null && names.nameOf(operation) === name
      )
    )
    .map(({ resource }) => OWN_IO.test(resource) ? resourceClass(resource) : resource);
}
