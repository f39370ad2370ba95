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
import type { PredictedEvent, PredictedLog } from "./predicted_log.ts";
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

/** Scores by event, made as events are met. */
class EventScores {
  readonly #byName = new Map<string, EventScore>();

  of(event: string): EventScore {
    let own = this.#byName.get(event);
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
      this.#byName.set(event, own);
    }
    return own;
  }

  all(): EventScore[] {
    return [...this.#byName.values()].filter(({ event }) => !event.startsWith("sys_"));
  }
}

/** Scores calls as they are over, so that what the model has fired of them need not be kept. */
export class Scoring {
  readonly #sorted: SortedEvents;
  readonly #environment: EnvironmentFacts;
  readonly #names: ReadonlySet<string>;
  readonly #look: LookAtCall;
  readonly #scores = new EventScores();
  readonly #units: ReadonlyMap<number, Unit>;
  readonly #calls = new Map<number, CallScore>();

  /** @param names of all events of the recording */
  constructor(sorted: SortedEvents, environment: EnvironmentFacts, names: ReadonlySet<string>, look: LookAtCall) {
    this.#sorted = sorted;
    this.#environment = environment;
    this.#names = names;
    this.#look = look;
    this.#units = new Map(sorted.units.map((unit) => [unit.id, unit]));
  }

  /**
   * Takes what the model has fired of a call that is over.
   *
   * @param failure why the model did not get through; undefined: it did
   * @returns whether the recording has other events of it
   */
  take(call: number, fired: readonly PredictedEvent[], failure: string | undefined): "as predicted" | "differs" {
    const unit = this.#units.get(call)!;
    const predicted = keysOf(fired, this.#environment, this.#names);
    const recorded = unit.compared.map((event) => recordedKey(event)!);
    this.#look(call, predicted.map(({ key }) => key), recorded);
    const own = scoreCall(unit, predicted, recorded, failure, this.#scores);
    this.#calls.set(call, own);
    return own.first === null ? "as predicted" : "differs";
  }

  /** All of it, when the model has come to its end. */
  done({ log, failures }: ModelRun): Scored {
    for (const { id } of this.#sorted.units) {
      if (!this.#calls.has(id)) this.take(id, log.byCall.get(id) ?? [], failures.get(id));
    }
    scoreOthers(this.#sorted, laterKeys(log, this.#environment, this.#names, this.#scores), this.#scores);
    const calls = this.#sorted.units.map(({ id }) => this.#calls.get(id)!);
    return { events: this.#scores.all(), calls: calls.filter((call) => call.predicted > 0 || call.observed > 0) };
  }
}

/** Events of a call's own task, in order. */
function scoreCall(
  unit: Unit,
  predicted: readonly { readonly name: string; readonly key: string }[],
  recorded: readonly string[],
  failure: string | undefined,
  scores: EventScores,
): CallScore {
  const keys = predicted.map(({ key }) => key);
  const matches = align(keys, recorded);
  let matched = 0;
  predicted.forEach(({ name }, nth) => {
    const own = scores.of(name);
    own.predicted++;
    if (matches[nth] >= 0) {
      own.matched++;
      matched++;
    }
  });
  for (const { name } of unit.compared) scores.of(name).observed++;
  for (const event of unit.events) if (recordedKey(event) === null) scores.of(event.name).observed++;
  return {
    call: unit.id,
    kind: keys.length > 0 || MODELLED_CALLS.test(unit.call.kind) ? "modelled" : "not_modelled",
    predicted: keys.length,
    observed: recorded.length,
    matched,
    ...prefixOf(unit, keys, recorded, failure),
  };
}

/** What the model fires in other tasks than the call's: how often each key. */
function laterKeys(
  log: PredictedLog,
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
  scores: EventScores,
): Map<string, number> {
  const later = new Map<string, number>();
  for (const list of log.byCall.values()) {
    for (const event of list) {
      if (event.by === "call" || !names.has(event.name)) continue;
      const key = keyOf(event, environment);
      if (key === null) continue;
      scores.of(event.name).predicted++;
      later.set(key, (later.get(key) ?? 0) + 1);
    }
  }
  return later;
}

/** Ends of requests, and what belongs to no call: matched as sets. @param later used up */
function scoreOthers({ others, ends }: SortedEvents, later: Map<string, number>, scores: EventScores): void {
  const take = (event: RecordedEvent): boolean => {
    const key = recordedKey(event);
    const left = key === null ? 0 : later.get(key) ?? 0;
    if (left === 0) return false;
    later.set(key!, left - 1);
    scores.of(event.name).matched++;
    return true;
  };
  for (const event of ends) {
    scores.of(event.name).observed++;
    take(event);
  }
  for (const { event, to } of others) {
    const own = scores.of(event.name);
    if (to === "timestamps") own.elsewhere++;
    else if (take(event)) own.observed++;
    else if (to === "unexplained") {
      own.observed++;
      own.unexplained++;
    } else own.elsewhere++;
  }
}

function prefixOf(
  unit: Unit,
  keys: readonly string[],
  recorded: readonly string[],
  failure: string | undefined,
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
      why: failure ?? (MODELLED_CALLS.test(unit.call.kind) ? "" : "the model does not do such calls"),
    },
  };
}
