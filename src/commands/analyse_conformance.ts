/**
 * Recordings beside the modelled kernel, in `analyse`: rows of tables `conformance` and `conformance_call`, and what the
 * summary says of them.
 *
 * @module
 */

import type { Conformance as Scored } from "../replaying/conformance/conform.ts";
import type { SaidOfRecording } from "../replaying/recorded_kernel.ts";
import type { ConformanceSummary } from "../report/conformance_summary.ts";
import { type FileSystemRecording, RecordedTraces } from "../results/conformance_rows.ts";
import type { TableRow } from "../results/row_inserts.ts";
import type { EngineConnection } from "../results/wasm_engine.ts";
import { letGoOfGarbage } from "../std/garbage.ts";
import { UsageError } from "./command.ts";
import type { RunnerPool } from "./explore_pool.ts";
import type { Conformed } from "./explore_runner_messages.ts";
import { dealtBySize, type Shard } from "./shard.ts";

/** The model that recordings are laid beside; `auto`: where they are not too large. */
const CONFORMANCE = ["auto", "mainline", "none"] as const;
export type ConformanceWith = typeof CONFORMANCE[number];

/** Events of a recording that are looked at: what is read into memory at once. */
const EVENTS_MAX = 100_000;

/** Events in all of which `auto` looks at the first; in larger ones that many tell little, and take longer than the rest. */
const AUTO_EVENTS_MAX = 1_000_000;

/** @throws {UsageError} for what is no model */
export function parseConformance(text: string | undefined): ConformanceWith {
  const found = CONFORMANCE.find((each) => each === (text ?? "auto"));
  if (found === undefined) throw new UsageError(`--conformance ${text}: ${CONFORMANCE.join(", ")} are known`);
  return found;
}

export class Conformance {
  summary: ConformanceSummary[] | null = null;
  /** Why nothing is compared that could be; else null. */
  note: string | null = null;
  readonly #model: ConformanceWith;
  readonly #said: SaidOfRecording;
  readonly #pool: RunnerPool;
  readonly #shard: Shard | null;

  /** @param shard whose recordings are looked at; null: all are */
  constructor(
    model: ConformanceWith,
    { said, pool, shard }: { said: SaidOfRecording; pool: RunnerPool; shard: Shard | null },
  ) {
    this.#model = model;
    this.#said = said;
    this.#pool = pool;
    this.#shard = shard;
  }

  /**
   * Looks at recordings, several at a time.
   *
   * @param events in all recordings
   */
  async rows(
    connection: EngineConnection,
    events: number,
  ): Promise<Partial<Record<"conformance" | "conformance_call", TableRow[]>>> {
    if (this.#model === "none") return {};
    if (this.#model === "auto" && events > AUTO_EVENTS_MAX) {
      this.note = `not laid beside mainline: more than ${AUTO_EVENTS_MAX.toLocaleString("en")} events; ` +
        `--conformance mainline looks at the first ${EVENTS_MAX.toLocaleString("en")}`;
      return {};
    }
    const all = await this.#conform(new RecordedTraces(connection, EVENTS_MAX));
    this.summary = all.map(({ scored, events }) => ({
      ...summaryOf(scored),
      events_max: events >= EVENTS_MAX ? EVENTS_MAX : null,
    }));
    return {
      conformance: all.flatMap(({ scored }) => eventRows(scored)),
      conformance_call: all.flatMap(({ scored }) => callRows(scored)),
    };
  }

  /** In the order of the recordings. A trace is in memory only while it is looked at. */
  async #conform(traces: RecordedTraces): Promise<Conformed[]> {
    const own = this.#ownOf(traces.recordings);
    const found = new Map<number, Conformed>();
    let at = 0;
    await this.#pool.run(() => {
      if (at === own.length) return null;
      const recording = own[at++];
      const question = { model: "mainline", recording: recording.id, events: EVENTS_MAX };
      const make = async () => {
        const trace = await traces.of(recording);
        letGoOfGarbage();
        return { kind: "conform", trace, said: this.#said } as const;
      };
      return { key: recording.id, job: { kind: "conform", question, make } };
    }, (id, result) => {
      if (result.kind !== "conformed") {
        throw new Error(`recording ${id} beside the model: ${"message" in result ? result.message : result.kind}`);
      }
      found.set(id, result.conformed);
    });
    return own.map(({ id }) => found.get(id)!);
  }

  #ownOf(recordings: readonly FileSystemRecording[]): readonly FileSystemRecording[] {
    if (this.#shard === null) return recordings;
    const { nth, of } = this.#shard;
    const dealt = dealtBySize(recordings.map(({ events }) => Math.min(events, EVENTS_MAX)), of);
    return recordings.filter((_, unit) => dealt[unit] === nth);
  }
}

function systemText({ kernel, fs }: Scored): string {
  return `mainline ${kernel} ${fs}`;
}

function eventRows(scored: Scored): TableRow[] {
  const { recordingId, events } = scored;
  return events.map((score): TableRow => ({
    recording_id: recordingId,
    system: systemText(scored),
    event: score.event,
    predicted: score.predicted,
    observed: score.observed,
    matched: score.matched,
    family: score.family,
    modelled: score.isModelled,
    unexplained: score.unexplained,
    elsewhere: score.elsewhere,
  })).sort((a, b) => String(a.event) < String(b.event) ? -1 : 1);
}

function callRows({ recordingId, calls }: Scored): TableRow[] {
  return calls.map(({ call, predicted, observed, matched, prefix, first }): TableRow => ({
    recording_id: recordingId,
    op_id: call,
    predicted,
    observed,
    matched,
    prefix,
    first_seq: first?.seq ?? null,
    expected: first?.expected ?? null,
    recorded: first?.recorded ?? null,
    why: first === null || first.why === "" ? null : first.why,
  }));
}

/** Families that are told of in the summary. */
const TOLD = ["direct I/O", "page cache", "iomap"] as const;

function summaryOf(scored: Scored): Omit<ConformanceSummary, "events_max"> {
  const families = TOLD.map((family) => {
    const own = scored.events.filter((score) => score.family === family && score.isModelled);
    const sum = (field: "predicted" | "observed" | "matched") => own.reduce((all, score) => all + score[field], 0);
    return { family, predicted: sum("predicted"), observed: sum("observed"), matched: sum("matched") };
  });
  const done = scored.calls.filter(({ kind }) => kind === "modelled");
  const differing = done.filter(({ first }) => first !== null);
  const groups = new Map<string, { expected: string; recorded: string; calls: number; operation: number }>();
  for (const { call, first } of differing) {
    const { expected, recorded } = first!;
    const key = `${expected} / ${recorded}`.replace(/\d+/g, "");
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { expected, recorded, calls: 1, operation: call });
    else known.calls++;
  }
  return {
    recording_id: scored.recordingId,
    system: systemText(scored),
    families,
    calls: done.length,
    calls_as_predicted: done.length - differing.length,
    calls_not_modelled: scored.calls.length - done.length,
    first_differences: [...groups.values()].sort((a, b) => b.calls - a.calls || a.operation - b.operation).slice(0, 3),
    notes: [...scored.notes],
  };
}
