/**
 * How many of the recorded events the model explains, by event and by call.
 *
 * @module
 */

import { align } from "./align.ts";
import type { EnvironmentFacts } from "./environment.ts";
import { type Family, familyOf, familyOfAny, recordedKey } from "./event_keys.ts";
import type { ModelRun } from "./model_run.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import { keyOf, keysOf } from "./predicted_keys.ts";
import type { RecordedEvent } from "./recorded_events.ts";
import type { SortedEvents, Unit } from "./units.ts";

/** Events of one name. */
export interface EventScore {
  readonly event: string;
  readonly family: Family;
  /** Whether the model fires such events at all. */
  readonly isModelled: boolean;
  predicted: number;
  /** Of calls, and those that nothing explains. */
  observed: number;
  matched: number;
  /** Part of `observed`: they belong to no call and to nothing else. */
  unexplained: number;
  /** Not part of `observed`: of writeback, of the journal, of timestamps. */
  elsewhere: number;
}

/** How far a call goes as the model has it. */
export interface CallScore {
  readonly call: number;
  readonly predicted: number;
  readonly observed: number;
  readonly matched: number;
  /** Events up to the first that differs. */
  readonly prefix: number;
  /** Null: none differs. */
  readonly first: Difference | null;
  /** `not_modelled`: the model does no calls of this kind; what the recording has of them stays among the observed. */
  readonly kind: "modelled" | "not_modelled";
}

export interface Difference {
  /** Recorded event that is not the model's; null: the recording has none any more. */
  readonly seq: number | null;
  /** What the model expected there; empty: nothing any more. */
  readonly expected: string;
  /** What the recording has; empty: nothing any more. */
  readonly recorded: string;
  readonly why: string;
}

/** Told of a call's events as the model has them and as they were recorded: for those who look for what differs. */
export type LookAtCall = (call: number, predicted: readonly string[], recorded: readonly string[]) => void;

export interface Scored {
  readonly events: readonly EventScore[];
  readonly calls: readonly CallScore[];
}

/** @param names of all events of the recording */
export function score(
  { units, others, ends }: SortedEvents,
  run: ModelRun,
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
  look: LookAtCall,
): Scored {
  const scores = new Map<string, EventScore>();
  const of = (event: string): EventScore => {
    let own = scores.get(event);
    if (own === undefined) {
      own = {
        event,
        family: familyOfAny(event),
        isModelled: familyOf(event) !== null,
        predicted: 0,
        observed: 0,
        matched: 0,
        unexplained: 0,
        elsewhere: 0,
      };
      scores.set(event, own);
    }
    return own;
  };
  const calls: CallScore[] = [];
  for (const unit of units) {
    const predicted = keysOf(run.log.byCall.get(unit.id) ?? [], environment, names);
    const keys = predicted.map(({ key }) => key);
    const recorded = unit.compared.map((event) => recordedKey(event)!);
    const matches = align(keys, recorded);
    look(unit.id, keys, recorded);
    let matched = 0;
    predicted.forEach(({ name }, nth) => {
      const own = of(name);
      own.predicted++;
      if (matches[nth] >= 0) {
        own.matched++;
        matched++;
      }
    });
    for (const { name } of unit.compared) of(name).observed++;
    for (const event of unit.events) if (recordedKey(event) === null) of(event.name).observed++;
    if (keys.length > 0 || recorded.length > 0) {
      calls.push({
        call: unit.id,
        kind: keys.length > 0 || MODELLED_CALLS.test(unit.call.kind) ? "modelled" : "not_modelled",
        predicted: keys.length,
        observed: recorded.length,
        matched,
        ...prefixOf(unit, keys, recorded, run),
      });
    }
  }
  const later = new Map<string, number>();
  for (const list of run.log.byCall.values()) {
    for (const event of list) {
      if (event.by === "call" || !names.has(event.name)) continue;
      const key = keyOf(event, environment);
      if (key === null) continue;
      of(event.name).predicted++;
      later.set(key, (later.get(key) ?? 0) + 1);
    }
  }
  const take = (event: RecordedEvent): boolean => {
    const key = recordedKey(event);
    const left = key === null ? 0 : later.get(key) ?? 0;
    if (left === 0) return false;
    later.set(key!, left - 1);
    of(event.name).matched++;
    return true;
  };
  for (const event of ends) {
    of(event.name).observed++;
    take(event);
  }
  for (const { event, to } of others) {
    const own = of(event.name);
    if (to === "timestamps") own.elsewhere++;
    else if (take(event)) own.observed++;
    else if (to === "unexplained") {
      own.observed++;
      own.unexplained++;
    } else own.elsewhere++;
  }
  const events = [...scores.values()].filter(({ event }) => !event.startsWith("sys_"));
  return { events, calls };
}

function prefixOf(
  unit: Unit,
  keys: readonly string[],
  recorded: readonly string[],
  run: ModelRun,
): Pick<CallScore, "prefix" | "first"> {
  let prefix = 0;
  while (prefix < keys.length && prefix < recorded.length && keys[prefix] === recorded[prefix]) prefix++;
  if (prefix === keys.length && prefix === recorded.length) return { prefix, first: null };
  const expected = keys[prefix] ?? "";
  const seen = recorded[prefix] ?? "";
  return {
    prefix,
    first: {
      seq: unit.compared[prefix]?.seq ?? null,
      expected,
      recorded: seen,
      why: run.failures.get(unit.id) ?? (MODELLED_CALLS.test(unit.call.kind) ? "" : "the model does not do such calls"),
    },
  };
}
