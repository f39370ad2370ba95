/**
 * `order` expectations of one run: who waits for whom, until when, and what is held meanwhile or at a named step.
 *
 * @module
 */

import type { OrderExpectation, OrderStep } from "../scenarios/scenario.ts";
import type { LoggedRun } from "./logged_run.ts";
import type { RunVerdict } from "./run_expectations.ts";
import { type Hold, isHeldAt, meansResource, type Reached, type Wait, waitedFor } from "./waits.ts";

/** Names under which the thread that commits may run. */
const COMMIT_THREADS: readonly string[] = ["journal_commit", "jbd2", "kjournald"];

/** `excl` and `shared` behind a resource, as scenarios write them. */
const HELD_AS = /^(.*?)(?: (excl|exclusive|shared))?$/;

interface Search extends LoggedRun {
  readonly expectation: OrderExpectation;
}

/** Judges one `order` expectation; null where the run is not complete. */
export function judgeOrder(expectation: OrderExpectation, run: LoggedRun): RunVerdict | null {
  if (run.record.end !== "complete") return null;
  const search: Search = { ...run, expectation };
  const told: string[] = [];
  for (const check of [waits, neverWaits, holdsAtStep, sequence]) {
    const verdict = check(search);
    if (verdict === null) continue;
    if (verdict.holds === "fails") return verdict;
    told.push(verdict.text);
  }
  return { holds: "holds", text: told.join("; ") };
}

/** True when what a task does for an operation is done by this party: an operation, a task, a kernel task. */
function isParty({ names }: Search, party: string, task: string, operation: string): boolean {
  if (operation !== "" && names.nameOf(operation) === party) return true;
  return task === party || party === "journal_commit" && COMMIT_THREADS.includes(task);
}

const waitOf = (search: Search) => ({ task, operation }: Wait) =>
  isParty(search, search.expectation.party, task, operation);

/** Waits of the party that were for the other one, or for anybody else where no one is named. */
function foundWaits(search: Search, other: string | null): { wait: Wait; holds: Hold[] }[] {
  const { log, before, expectation: { party, resource } } = search;
  return log.waits.filter(waitOf(search)).flatMap((wait) => {
    if (resource !== null && !meansResource(resource, wait.resource)) return [];
    const holds = waitedFor(wait, log.holds, before).filter(({ task, operation }) =>
      other === null ? !isParty(search, party, task, operation) : isParty(search, other, task, operation)
    );
    return holds.length === 0 ? [] : [{ wait, holds }];
  });
}

function waits(search: Search): RunVerdict | null {
  const { party, waitsFor, resource, until, holds, notHolds, at } = search.expectation;
  const holdsWhileWaiting = at === null && holds.length + notHolds.length > 0;
  if (waitsFor === null && resource === null && !holdsWhileWaiting) return null;
  if (search.expectation.neverWaitsFor !== null && waitsFor === null) return null;
  const found = foundWaits(search, waitsFor);
  const whom = waitsFor === null ? "" : ` for ${waitsFor}`;
  const what = `${party} waits${whom}${resource === null ? "" : ` on ${resource}`}`;
  if (found.length === 0) return { holds: "fails", text: `${what}: never` };
  const inTime = found.filter(({ holds }) => until === null || holds.some((hold) => endsAt(search, hold, until)));
  if (inTime.length === 0) {
    return { holds: "fails", text: `${what} on ${found[0].wait.resource}, but not until ${until}` };
  }
  if (holdsWhileWaiting) {
    for (const { wait } of inTime) {
      const wrong = wrongHolds(search, wait.arrivedAt, wait.arrived, holds, notHolds);
      if (wrong !== null) return { holds: "fails", text: `${what}, and ${wrong}` };
    }
  }
  const resources = [...new Set(inTime.map(({ wait }) => wait.resource))].sort().join(", ");
  return { holds: "holds", text: `${party} waits${whom} on ${resources}` };
}

/** True when the hold ends behind the named step of whoever has it; `returned`: behind the end of all of its I/O. */
function endsAt({ log, names, before }: Search, hold: Hold, until: string): boolean {
  const { released } = hold;
  if (released === null) return false;
  if (until === "returned") {
    return log.holds.every(({ resource, operation, released: ended }) =>
      !resource.startsWith("bio(") || operation === "" || operation !== hold.operation ||
      ended !== null && before(ended, released)
    );
  }
  return log.reached.some(({ step, operation, when }) =>
    step === until && names.nameOf(operation) === names.nameOf(hold.operation) && before(when, released)
  );
}

function neverWaits(search: Search): RunVerdict | null {
  const { party, neverWaitsFor } = search.expectation;
  if (neverWaitsFor === null) return null;
  const found = foundWaits(search, neverWaitsFor);
  const resources = [...new Set(found.map(({ wait }) => wait.resource))].sort().join(", ");
  return found.length === 0
    ? { holds: "holds", text: `${party} does not wait for ${neverWaitsFor}` }
    : { holds: "fails", text: `${party} waits for ${neverWaitsFor} on ${resources}` };
}

function reachedBy(search: Search): Reached[] {
  return search.log.reached.filter(({ task, operation }) => isParty(search, search.expectation.party, task, operation));
}

function holdsAtStep(search: Search): RunVerdict | null {
  const { party, holds, notHolds, at } = search.expectation;
  if (at === null) return null;
  const reached = reachedBy(search).filter(({ step }) => step === at);
  if (reached.length === 0) return { holds: "fails", text: `${party} never came to ${at}` };
  for (const each of reached) {
    const wrong = wrongHolds(search, each.at, each.when, holds, notHolds);
    if (wrong !== null) return { holds: "fails", text: `at ${at}, ${wrong}` };
  }
  return { holds: "holds", text: `at ${at}, ${party} holds what it should` };
}

/** What the party holds and should not, or does not hold and should; null: all is right. */
function wrongHolds(
  search: Search,
  at: number,
  when: number,
  holds: readonly string[],
  notHolds: readonly string[],
): string | null {
  const { log, before, expectation: { party } } = search;
  const held = log.holds.filter((hold) => isHeldAt(hold, at, when, before))
    .filter(({ task, operation }) => isParty(search, party, task, operation));
  const has = (text: string) => {
    const [, word, mode] = HELD_AS.exec(text)!;
    const wanted = mode === undefined ? null : mode === "shared" ? "shared" : "exclusive";
    return held.some((hold) => meansResource(word, hold.resource) && (wanted === null || hold.mode === wanted));
  };
  const missing = holds.find((text) => !has(text));
  if (missing !== undefined) return `${party} does not hold ${missing}`;
  const extra = notHolds.find(has);
  return extra === undefined ? null : `${party} holds ${extra}`;
}

function sequence(search: Search): RunVerdict | null {
  const { party, sequence } = search.expectation;
  if (sequence.length === 0) return null;
  const reached = reachedBy(search);
  let next = 0;
  for (const wanted of sequence) {
    const found = reached.findIndex((each, nth) => nth >= next && isStep(search, each, wanted));
    if (found < 0) {
      const came = reached.some(({ step }, nth) => nth >= next && step === wanted.step);
      return {
        holds: "fails",
        text: came
          ? `${party} came to ${wanted.step}, but ${whyNot(search, reached.slice(next), wanted)}`
          : `${party} did not come to ${wanted.step} then`,
      };
    }
    next = found + 1;
  }
  return { holds: "holds", text: `${party} goes through ${sequence.map(({ step }) => step).join(", ")} in this order` };
}

function isStep(search: Search, { step, at, when }: Reached, wanted: OrderStep): boolean {
  return step === wanted.step && wrongHolds(search, at, when, wanted.holds, wanted.notHolds) === null;
}

function whyNot(search: Search, reached: readonly Reached[], { step, holds, notHolds }: OrderStep): string {
  const first = reached.find((each) => each.step === step)!;
  return wrongHolds(search, first.at, first.when, holds, notHolds)!;
}
