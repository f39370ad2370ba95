/**
 * Judges the reads of one sector by C1 and C2.
 *
 * Where several writes left the same value (zeros, what came from a mapping), a read may have returned any of them: it is
 * only held to be wrong when no choice explains it. Choices are tried within a budget; what is not decided in it is said.
 *
 * @module
 */

import { LegalWrites } from "./legal_writes.ts";
import { type Agreement, type Breach, findBreach } from "./register_order.ts";
import type { SectorHistory } from "./sector_history.ts";

/** What is known of a sector's reads. */
export interface Seen {
  /** For each read the write that it returned; -1: unknown, or none that it may return. */
  readonly readsFrom: readonly number[];
  /** Reads that could have returned one of several writes: what they returned was chosen so that all fits. */
  readonly ambiguous: ReadonlySet<number>;
}

export interface SectorVerdict extends Seen {
  readonly legal: LegalWrites;
  /** Reads that returned what they may not, by C1. */
  readonly illegal: readonly number[];
  /** Reads that contradict other reads, by C2. */
  readonly breaches: readonly Breach[];
  /** Reads of one kind that contradict those of the other kind, where neither kind contradicts itself. */
  readonly windows: readonly Breach[];
  /** Ambiguous reads that were not decided within the budget. */
  readonly undecided: number;
  /** True: there are more contradictions than those given. */
  readonly more: boolean;
}

/** Contradictions of one sector that are told each for itself. */
const BREACHES_MAX = 32;
/** Operations gone through while choices are tried, for one sector. */
const CHOICE_BUDGET = 200_000;

export function judgeSector({ writes, reads }: SectorHistory): SectorVerdict {
  const legal = new LegalWrites(writes);
  const readsFrom: number[] = [];
  const illegal: number[] = [];
  const choices: { read: number; candidates: number[] }[] = [];
  let kinds = 0;
  for (let read = 0; read < reads.length; read++) {
    const candidates = legal.candidates(reads[read]);
    const { partial } = reads[read];
    readsFrom.push(candidates.length === 1 && !partial ? candidates[0] : -1);
    if (candidates.length === 0) illegal.push(read);
    else if (candidates.length > 1 && !partial) choices.push({ read, candidates });
    if (reads[read].operation !== null) kinds |= reads[read].kind === "direct" ? 1 : 2;
  }
  const breaches: Breach[] = [];
  let more = takeBreaches(writes, reads, readsFrom, "within_kinds", breaches);
  const undecided = choose(writes, reads, readsFrom, choices, breaches);
  const windows: Breach[] = [];
  if (kinds === 3) {
    // Another choice might not contradict the other kind: only what is certain counts here.
    const ofUsers = readsFrom.map((write, read) => reads[read].operation === null ? -1 : write);
    for (const { read } of choices) ofUsers[read] = -1;
    more = takeBreaches(writes, reads, ofUsers, "all", windows) || more;
  }
  return {
    legal,
    illegal,
    breaches,
    windows,
    readsFrom,
    ambiguous: choices.length === 0 ? NONE : new Set(choices.map(({ read }) => read)),
    undecided,
    more,
  };
}

const NONE: ReadonlySet<number> = new Set();

type Writes = SectorHistory["writes"];
type Reads = SectorHistory["reads"];

/** Leaves reads out until the others fit. Returns true when that is not done yet. */
function takeBreaches(
  writes: Writes,
  reads: Reads,
  readsFrom: number[],
  agreement: Agreement,
  breaches: Breach[],
): boolean {
  for (;;) {
    const breach = findBreach(writes, reads, readsFrom, agreement);
    if (breach === null) return false;
    if (breaches.length >= BREACHES_MAX) return true;
    breaches.push(breach);
    readsFrom[breach.read] = -1;
  }
}

/**
 * Chooses what ambiguous reads returned so that all fits, in the order in which they ended; those that nothing fits are
 * breaches and are left out. Returns how many were not decided.
 */
function choose(
  writes: Writes,
  reads: Reads,
  readsFrom: number[],
  choices: { read: number; candidates: number[] }[],
  breaches: Breach[],
): number {
  if (choices.length === 0) return 0;
  const ordered = choices.toSorted((a, b) => {
    const [left, right] = [reads[a.read].res, reads[b.read].res];
    return left < right ? -1 : left > right ? 1 : a.read - b.read;
  });
  let budget = CHOICE_BUDGET;
  let undecided = 0;
  const kept: { read: number; candidates: number[]; taken: number }[] = [];
  for (const { read, candidates } of ordered) {
    // The newest first: a read that returns zeros mostly returns the last ones.
    const next = { read, candidates: candidates.toReversed(), taken: 0 };
    kept.push(next);
    let at = kept.length - 1;
    const before = kept.map(({ taken }) => taken);
    let lastBreach: Breach | null = null;
    while (at >= 0 && at < kept.length && budget > 0) {
      const choice = kept[at];
      if (choice.taken >= choice.candidates.length) {
        readsFrom[choice.read] = -1;
        choice.taken = 0;
        at--;
        if (at >= 0) {
          readsFrom[kept[at].read] = -1;
          kept[at].taken++;
        }
        continue;
      }
      readsFrom[choice.read] = choice.candidates[choice.taken];
      budget -= writes.length + reads.length;
      const breach = findBreach(writes, reads, readsFrom, "within_kinds");
      if (breach === null) at++;
      else {
        if (choice.read === read) lastBreach = breach;
        readsFrom[choice.read] = -1;
        choice.taken++;
      }
    }
    if (at === kept.length) continue;
    // Nothing fits, or it took too long: go on without this one, as it was before.
    kept.pop();
    kept.forEach((choice, nth) => {
      choice.taken = before[nth];
      readsFrom[choice.read] = choice.candidates[choice.taken];
    });
    readsFrom[read] = -1;
    if (at >= 0) undecided++;
    else if (lastBreach !== null) {
      const [returned] = next.candidates.slice(-1);
      breaches.push({ read, returned, newer: lastBreach.newer, witness: null, ofSeveral: true });
    }
  }
  return undecided;
}
