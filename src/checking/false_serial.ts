/**
 * FALSE_SERIAL: two operations that have no business with each other, and one has to wait until the other's I/O is over.
 *
 * They have none when both only read, or when what they read and write lies apart. One waits for the other's I/O when it
 * comes to a wait before that I/O ends, in some run of the class, and goes on behind that end in every one, because the
 * other one has what it waits for until then; itself, or with somebody between them in the queue. Its own I/O begins only
 * behind that wait.
 *
 * @module
 */

import type { HappensBefore } from "../machine/program.ts";
import type { Judgement, OperationRecord } from "../systems/run_record.ts";
import type { LoggedRun } from "./logged_run.ts";
import type { Hold } from "./waits.ts";

type Finding = Judgement["findings"][number];

const TRANSFERS: readonly string[] = ["pread", "pwrite"];

/** True when neither operation can tell whether the other one has been there. */
function areApart(a: OperationRecord, b: OperationRecord): boolean {
  if (!TRANSFERS.includes(a.kind) || !TRANSFERS.includes(b.kind)) return false;
  if (a.file === null || a.file !== b.file || a.name === b.name) return false;
  return a.kind === "pread" && b.kind === "pread" || a.pos + a.len <= b.pos || b.pos + b.len <= a.pos;
}

/** Findings of one run, one for each pair and resource. */
export function checkFalseSerial({ record: { operations }, log, before, names }: LoggedRun): Finding[] {
  const of = (operation: OperationRecord) => ({ operation: each }: { readonly operation: string }) =>
    each !== "" && names.nameOf(each) === operation.name;
  const bios = new Map(operations.map((operation) => [
    operation,
    log.holds.filter((hold) => hold.resource.startsWith("bio(") && of(operation)(hold)),
  ]));
  const findings: Finding[] = [];
  for (const waiter of operations) {
    const own = bios.get(waiter)!;
    if (own.length === 0) continue;
    for (const other of operations) {
      const others = bios.get(other)!;
      if (others.length === 0 || !areApart(waiter, other)) continue;
      const resources = log.waits.filter(of(waiter)).filter(({ resource, mode, arrived, passed }) =>
        passed !== null && own.every(({ acquired }) => before(passed, acquired)) &&
        log.holds.some((hold) =>
          hold.resource === resource && !(mode === "shared" && hold.mode === "shared") && of(other)(hold) &&
          !hold.resource.startsWith("bio(") &&
          isHeldOverIo(hold, others, before) && before(hold.released!, passed) && !before(hold.released!, arrived)
        )
      ).map(({ resource }) => resource);
      for (const resource of new Set(resources)) {
        findings.push({
          anomaly: "FALSE_SERIAL",
          text:
            `${waiter.name} (${waiter.what}) waits on ${resource} until the I/O of ${other.name} (${other.what}) is ` +
            `over, which it has nothing to do with`,
          subject: {
            operations: [waiter.name, other.name],
            tasks: [...new Set([waiter.task, other.task])],
            resources: [resource],
            ...(waiter.file === null ? {} : { file: waiter.file }),
          },
        });
      }
    }
  }
  return findings;
}

/** Taken before the I/O has ended, and given back only when all of it has. */
function isHeldOverIo({ acquired, released }: Hold, bios: readonly Hold[], before: HappensBefore): boolean {
  if (released === null || !bios.every((bio) => bio.released !== null && before(bio.released, released))) return false;
  return bios.some((bio) => !before(bio.released!, acquired));
}
