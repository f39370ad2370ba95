/**
 * What pairing could not do, counted for one recording.
 *
 * @module
 */

import type { DiagnosticDetail, Diagnostics, Severity } from "../recording/diagnostics.ts";
import type { EventSink } from "../recording/event_sink.ts";

/** How a step is called in a diagnostic, where its event has no partner. */
const STEPS: Record<string, string> = {
  Q: "queue",
  G: "getrq",
  M: "back merge",
  F: "front merge",
  I: "insert",
  D: "issue",
  C: "completion",
  R: "requeue",
  X: "split",
  A: "remap",
};

interface Tally {
  severity: Severity;
  code: string;
  detail: DiagnosticDetail;
  /** Occurrences that the diagnostic row does not have yet. */
  more: number;
}

export class PairingRecord {
  readonly recordingId: number;
  readonly #diagnostics: Diagnostics;
  /** By code and key: a diagnostic that comes up for every event must not cost a text for every event. */
  readonly #tallies = new Map<string, Tally>();
  /** Bios from this id on began after the last events that were lost. */
  gapId = 0;
  #incomplete = 0;
  #firstIncomplete = 0;

  constructor(recordingId: number, diagnostics: Diagnostics) {
    this.recordingId = recordingId;
    this.#diagnostics = diagnostics;
  }

  #count(severity: Severity, code: string, key: string, message: string, sink: EventSink, seq: number): void {
    const known = this.#tallies.get(code + key);
    if (known !== undefined) {
      known.more++;
      return;
    }
    const detail = { message, position: `event ${seq}`, key };
    this.#tallies.set(code + key, { severity, code, detail, more: 0 });
    this.#diagnostics.add(severity, code, { ...detail, firstNs: [sink.tsLo, sink.tsHi] });
  }

  /** A step of which nothing is known that it could belong to. */
  unpaired(sink: EventSink, action: string): void {
    const step = STEPS[action];
    if (step === undefined) return;
    const message = `block events of this kind (${step}) have no bio or request that they belong to`;
    this.#count("info", "bio_unpaired", action, message, sink, sink.seq);
  }

  /** A bio that is first seen at a later step than the queue. */
  notQueued(sink: EventSink): void {
    const message = "bios without a queue event: they begin with the first step that is in the recording";
    this.#count("info", "bio_not_queued", "", message, sink, sink.seq);
  }

  /** A step of a request that carries a command and is no bio. */
  command(sink: EventSink): void {
    const message = "block events of drivers' and packet commands: these are no bios and have no row in table bio";
    this.#count("info", "bio_command", "", message, sink, sink.seq);
  }

  /** An event at a sector from 2^53 on that pairing, which reckons in doubles, would take for another. */
  beyondDouble(sink: EventSink): void {
    const message = "block events at odd sectors beyond 2^53 are not paired: such sectors are in table event only";
    this.#count("warning", "bio_sector_beyond", "", message, sink, sink.seq);
  }

  /** Remaps to a device where the bio does not turn up. */
  unseenBelow(sink: EventSink, count: number): void {
    if (count === 0) return;
    const message = "bios were remapped to a device where no step of theirs is in the recording";
    this.#count("info", "bio_not_seen_below", "", message, sink, sink.seq);
    this.#tallies.get("bio_not_seen_below")!.more += count - 1;
  }

  /** A bio that was dropped from pairing so that memory stays bounded. */
  givenUp(sink: EventSink, firstSeq: number): void {
    const message = "bios were given up: too many were under way without a completion in the recording";
    this.#count("warning", "bio_given_up", "", message, sink, firstSeq);
  }

  /** A bio that is under way at the end. */
  incomplete(firstSeq: number): void {
    if (this.#incomplete++ === 0) this.#firstIncomplete = firstSeq;
  }

  /** Hands on the counts. */
  finish(): void {
    for (const { severity, code, detail, more } of this.#tallies.values()) {
      if (more > 0) this.#diagnostics.add(severity, code, { ...detail, count: more });
    }
    if (this.#incomplete === 0) return;
    this.#diagnostics.add("info", "bio_incomplete", {
      message: "bios were still under way when the recording ended, or their completion is not in it",
      position: `event ${this.#firstIncomplete}`,
      count: this.#incomplete,
    });
  }
}
