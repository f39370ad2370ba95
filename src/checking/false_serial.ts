/**
 * FALSE_SERIAL: two operations that have no business with each other, and yet never do I/O at the same time.
 *
 * They have none when both only read, or when what they read and write lies apart. Of each run the facts say which two
 * could have had I/O in flight together, in some run of its class, and which could not because one waits for the other.
 * That two cannot at all is shown by all runs together, so it is looked for when the exploration has been finished.
 *
 * | fact | is |
 * |---|---|
 * | `io of a and b together` | both had bios in flight at once in some run of the class |
 * | `io of a behind b on placeholder(F,[0,4])` | never in this class, and a waited for b there |
 *
 * @module
 */

import type { ExploreReport } from "../exploring/explore.ts";
import type { HappensBefore } from "../machine/program.ts";
import type { OperationRecord, RunRecord } from "../systems/run_record.ts";
import type { Found } from "./findings.ts";
import { type Hold, type RunLog, waitedFor } from "./waits.ts";

const TRANSFERS: readonly string[] = ["pread", "pwrite"];
const TOGETHER = /^io of (\S+) and (\S+) together$/;
const BEHIND = /^io of (\S+) behind (\S+) on (.+)$/;

/** True when neither operation can tell whether the other one has been there. */
function areApart(a: OperationRecord, b: OperationRecord): boolean {
  if (!TRANSFERS.includes(a.kind) || !TRANSFERS.includes(b.kind)) return false;
  if (a.file === null || a.file !== b.file || a.task === b.task) return false;
  return a.kind === "pread" && b.kind === "pread" || a.pos + a.len <= b.pos || b.pos + b.len <= a.pos;
}

/** True when two I/Os can both be in flight, in some run of the class: neither ends before the other begins in all. */
export function canOverlap(a: Hold, b: Hold, before: HappensBefore): boolean {
  return !(a.released !== null && before(a.released, b.acquired)) &&
    !(b.released !== null && before(b.released, a.acquired));
}

/** Facts of one run, sorted. */
export function serialFacts(
  { operations, end }: RunRecord,
  log: RunLog,
  before: HappensBefore,
  nameOf: (operation: string) => string,
): string[] {
  if (end !== "complete") return [];
  const facts: string[] = [];
  const bios = new Map(operations.map(({ name }) => [
    name,
    log.holds.filter((hold) => hold.resource.startsWith("bio(") && nameOf(hold.operation) === name),
  ]));
  for (let first = 0; first < operations.length; first++) {
    for (let second = first + 1; second < operations.length; second++) {
      const pair = [operations[first], operations[second]].sort((a, b) => a.name < b.name ? -1 : 1);
      const [a, b] = pair;
      if (!areApart(a, b)) continue;
      const ofA = bios.get(a.name)!;
      const ofB = bios.get(b.name)!;
      if (ofA.length === 0 || ofB.length === 0) continue;
      if (ofA.some((one) => ofB.some((other) => canOverlap(one, other, before)))) {
        facts.push(`io of ${a.name} and ${b.name} together`);
        continue;
      }
      for (const [waiter, other] of [[a, b], [b, a]]) {
        const on = log.waits.filter(({ operation }) => nameOf(operation) === waiter.name)
          .filter((wait) =>
            waitedFor(wait, log.holds, before).some(({ operation }) => nameOf(operation) === other.name)
          );
        for (const resource of new Set(on.map(({ resource }) => resource))) {
          facts.push(`io of ${waiter.name} behind ${other.name} on ${resource}`);
        }
      }
    }
  }
  return facts.sort();
}

/** Pairs that are serial in every class of a finished exploration. */
export function falseSerials({ facts, finished, counts }: ExploreReport): Found[] {
  if (!finished || counts.cutOff > 0) return [];
  const together = new Set<string>();
  for (const { text } of facts) {
    const match = TOGETHER.exec(text);
    if (match !== null) together.add(`${match[1]} ${match[2]}`);
  }
  const found = new Map<string, Found>();
  for (const { text, count, token } of facts) {
    const match = BEHIND.exec(text);
    if (match === null) continue;
    const [, waiter, other, resource] = match;
    const pair = [waiter, other].sort().join(" ");
    if (together.has(pair) || found.has(pair)) continue;
    found.set(pair, {
      anomaly: "FALSE_SERIAL",
      text: `${waiter} and ${other} never have I/O in flight together: ${waiter} waits for ${other} on ${resource}`,
      subject: { operations: [waiter, other], resources: [resource] },
      count,
      token,
    });
  }
  return [...found.values()];
}
