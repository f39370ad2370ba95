/**
 * Reads recordings into batches: opens each by its format, brings their clocks together, merges them by time, and pairs
 * block events on the way.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import {
  alignClocks,
  type Alignment,
  MATCHES_MIN,
  type QueueTimes,
  queueTimes,
  ShiftedStream,
} from "../recording/clock_alignment.ts";
import { type Diagnostic, Diagnostics } from "../recording/diagnostics.ts";
import { type EventObserver, EventSink } from "../recording/event_sink.ts";
import { NONE } from "../recording/event_type.ts";
import { formatOf, headOf } from "../recording/formats.ts";
import { failureReason } from "../std/file_failure.ts";
import { type RecordingInput, shown } from "../recording/inputs.ts";
import { type MergeControl, mergeStreams } from "../recording/merge.ts";
import type { RawEventDescription } from "../recording/raw_registry.ts";
import {
  type OpenRecording,
  type RecordingFacts,
  type RecordingFormat,
  UnreadableInput,
} from "../recording/recording_format.ts";
import { BioPairing } from "./bio_pairing.ts";
import { BioTable } from "./bio_table.ts";
import { BlockSizeEvidence } from "./block_size.ts";
import { InputWatch } from "./changed_inputs.ts";
import { contextBatch, fileBatches, kindBatch, tagBatch } from "./dimension_batches.ts";
import { Lifter, type LiftingEnd } from "./lifter.ts";

/** A row of table `recording`; times are nanoseconds. */
export interface RecordingSummary extends RecordingFacts {
  recording_id: number;
  path: string;
  first_ns: bigint | null;
  last_ns: bigint | null;
  events: number;
  lost_events: number;
  skipped_records: number;
  clock_offset_ns: bigint;
}

/** What is known when the last record has been read. */
export interface ReadingEnd {
  recordings: RecordingSummary[];
  diagnostics: Diagnostic[];
  devices: { recording_id: number; dev: string; fs_block_size: number; evidence: number }[];
  deviceStack: { recording_id: number; dev: string; lower_dev: string; start_sector: number | null; remaps: number }[];
  symbols: { recording_id: number; address: bigint; name: string; module: string | null }[];
  rawEvents: RawEventDescription[];
  lifting: Omit<LiftingEnd, "files" | "openFiles">;
  /** Events in all. */
  events: number;
  /** Event counts, most frequent first. */
  eventCounts: { name: string; count: number; known: boolean }[];
}

/** First and last time of each recording, as they come. */
class TimeSpans implements EventObserver {
  /** Index: recording id. Halves of the first and the last time. */
  readonly spans: { firstLo: number; firstHi: number; lastLo: number; lastHi: number; events: number }[] = [];

  event(sink: EventSink): void {
    const id = sink.type.key.recordingId;
    const span = this.spans[id];
    if (span === undefined) {
      this.spans[id] = { firstLo: sink.tsLo, firstHi: sink.tsHi, lastLo: sink.tsLo, lastHi: sink.tsHi, events: 1 };
      return;
    }
    span.lastLo = sink.tsLo;
    span.lastHi = sink.tsHi;
    span.events++;
  }
}

const wide = (lo: number, hi: number) => BigInt.asIntN(64, (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));

interface Opened {
  input: RecordingInput;
  watch: InputWatch;
  format: RecordingFormat;
  recording: OpenRecording;
  diagnostics: Diagnostics;
  offsetNs: bigint;
}

/** The head of the first file that has one: a CPU that saw nothing leaves an empty file. */
async function headOfFirst(input: RecordingInput): Promise<Uint8Array> {
  for (const file of input.files) {
    const head = await headOf(file);
    if (head.length > 0) return head;
  }
  return new Uint8Array();
}

/** In a user's words. */
function whyUnknown({ matches, agreeing, expected }: Alignment & { kind: "unknown" }, isWhole: boolean): string {
  const where = isWhole ? "" : " in as much as was looked at";
  if (matches < MATCHES_MIN) {
    return `${matches} bios that are queued once in each occur in both${where}, ${MATCHES_MIN} are needed`;
  }
  return 4 * agreeing < 3 * matches
    ? `of ${matches} queued bios in both only ${agreeing} agree on an offset`
    : `${agreeing} queued bios in both agree on an offset, of ${expected} that both should have`;
}

/** Reads one set of recordings. Use: open, then run, then close. */
export class RecordingsReader {
  readonly #onBatch: (batch: TableBatch) => void;
  readonly #opened: Opened[] = [];
  readonly #sink: EventSink;
  readonly #spans = new TimeSpans();
  readonly #blockSizes = new BlockSizeEvidence();
  readonly #bios: BioPairing;
  readonly #lifter: Lifter;
  #lifting: LiftingEnd | null = null;

  /** @param onBatch must be done with the batch's buffers when it returns */
  constructor(onBatch: (batch: TableBatch) => void) {
    this.#onBatch = onBatch;
    const table = new BioTable(onBatch);
    this.#bios = new BioPairing(table, (recordingId) => this.#opened[recordingId - 1].diagnostics);
    // One observer: the sink's call of it is then always of the same method.
    this.#lifter = new Lifter(onBatch, this.#blockSizes);
    const [spans, blockSizes, bios, lifter] = [this.#spans, this.#blockSizes, this.#bios, this.#lifter];
    const observer = {
      event(sink: EventSink): void {
        spans.event(sink);
        blockSizes.event(sink);
        const bio = bios.nextId;
        bios.event(sink);
        for (let begun = bio; begun < bios.nextId; begun++) lifter.bioBegins(sink, begun, bios);
        lifter.event(sink);
      },
    };
    this.#sink = new EventSink(onBatch, [observer]);
  }

  /** Events so far, for progress. */
  get events(): number {
    return this.#sink.seq;
  }

  /** @throws {UnreadableInput} when one of the inputs cannot be read: then none is */
  async open(inputs: readonly RecordingInput[]): Promise<void> {
    const times: (QueueTimes | null)[] = [];
    for (const [i, input] of inputs.entries()) {
      try {
        const watch = new InputWatch(input);
        const format = formatOf(await headOfFirst(input), input);
        const diagnostics = new Diagnostics(i + 1, () => this.#sink.seq);
        // Standard input can be read once only; it keeps its own clock.
        times.push(
          inputs.length > 1 && input.path !== "-"
            ? await queueTimes((context) => format.open(context), input.path, input.files)
            : null,
        );
        const recording = await format.open({
          recordingId: i + 1,
          sink: this.#sink,
          diagnostics,
          path: input.path,
          files: input.files,
        });
        this.#opened.push({ input, watch, format, recording, diagnostics, offsetNs: 0n });
      } catch (error) {
        if (error instanceof UnreadableInput) throw error;
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
          throw new UnreadableInput(`${shown(input.path)}: cannot be read (${failureReason(error)}): check the path`);
        }
        throw error;
      }
    }
    this.#align(times);
  }

  /** Brings the clocks of recordings onto that of the first one that they have to do with. */
  #align(times: (QueueTimes | null)[]): void {
    for (const [i, opened] of this.#opened.entries()) {
      if (i === 0) continue;
      const position = opened.input.path;
      const own = times[i];
      const refusals: string[] = [];
      let found: { alignment: Exclude<Alignment, { kind: "unknown" }>; to: Opened } | null = null;
      for (const [j, to] of this.#opened.slice(0, i).entries()) {
        const there = times[j];
        if (own === null || there === null) {
          refusals.push(`${to.input.path}: standard input can be read once only, so that its clock is not compared`);
          continue;
        }
        const alignment = alignClocks(there, own);
        if (alignment.kind !== "unknown") {
          found = { alignment, to };
          break;
        }
        refusals.push(`${to.input.path}: ${whyUnknown(alignment, there.isWhole && own.isWhole)}`);
      }
      if (found === null) {
        opened.diagnostics.add("warning", "clock_not_aligned", {
          message: `times stand beside those of the other recordings as they are (${refusals.join("; ")})`,
          position,
        });
        continue;
      }
      const { alignment, to } = found;
      const path = to.input.path;
      if (alignment.kind === "aligned") {
        opened.offsetNs = alignment.offsetNs + to.offsetNs;
        opened.diagnostics.add("info", "clock_aligned", {
          message: `${opened.offsetNs} ns were added to every time, to go with ${path}: ${alignment.matches} queued ` +
            `bios occur in both, nine tenths of them within ${alignment.spreadNs} ns of each other`,
          position,
        });
      } else {
        opened.offsetNs = to.offsetNs;
        const { matches, medianNs } = alignment;
        opened.diagnostics.add("info", "clock_same", {
          message: `same clock as ${path}: ${matches} queued bios occur in both, ${medianNs} ns apart`,
          position,
        });
      }
    }
  }

  /** @returns null when it was stopped */
  async run(control: MergeControl): Promise<ReadingEnd | null> {
    const streams = this.#opened.flatMap(({ recording, offsetNs }) =>
      offsetNs === 0n ? recording.streams : recording.streams.map((stream) => new ShiftedStream(stream, offsetNs))
    );
    const lost = this.#opened.map(() => 0);
    const pace = () => {
      for (const [i, { recording }] of this.#opened.entries()) {
        if (recording.lostEvents() === lost[i]) continue;
        lost[i] = recording.lostEvents();
        this.#bios.gap(i + 1);
      }
      return control.pace();
    };
    if (!await mergeStreams(streams, this.#sink, { pace })) return null;
    for (const { recording } of this.#opened) recording.finish();
    this.#reportChangedInputs();
    this.#bios.finish();
    this.#lifting = this.#lifter.finish(this.#sink, (recordingId) => this.#opened[recordingId - 1].diagnostics);
    this.#sink.finish();
    this.#reportUnknownEvents();
    this.#reportBlockSizes();
    this.#onBatch(contextBatch(this.#sink));
    this.#onBatch(tagBatch(this.#sink));
    this.#onBatch(kindBatch(this.#sink, this.#blockSizes.sizes));
    for (const batch of fileBatches(this.#lifting)) this.#onBatch(batch);
    return this.#end();
  }

  #reportChangedInputs(): void {
    for (const { watch, diagnostics } of this.#opened) {
      for (const file of watch.changed()) {
        diagnostics.add("warning", "input_changed", {
          message: "the file changed while it was read: what it had before or has now may be missing, or mixed",
          position: file,
        });
      }
    }
  }

  #reportUnknownEvents(): void {
    for (const type of this.#sink.types) {
      if (type.meaning.known || type.count === 0) continue;
      const { system, recordingId } = type.key;
      const name = shown(type.key.name);
      this.#opened[recordingId - 1].diagnostics.add("info", "unknown_event", {
        message: `no special knowledge of event ${
          system === "" ? name : `${shown(system)}:${name}`
        }: kept in raw.${name}`,
        position: this.#opened[recordingId - 1].input.path,
        count: type.count,
        key: `${system}:${name}`,
      });
    }
  }

  #reportBlockSizes(): void {
    const known = new Set(this.#blockSizes.sizes.map((s) => `${s.recordingId}/${s.dev}`));
    for (const { type, dev } of this.#sink.kinds) {
      const id = type.key.recordingId;
      if (dev === NONE || !(type.offsetInBlocks || type.bytesInBlocks) || known.has(`${id}/${dev}`)) continue;
      known.add(`${id}/${dev}`);
      this.#opened[id - 1].diagnostics.add("info", "block_size_unknown", {
        message: `positions in filesystem blocks on ${this.#sink.pool.texts[dev]} have no file_offset: ` +
          "nothing in the recording tells the block size; the raw tables have the block numbers",
        position: this.#opened[id - 1].input.path,
        key: String(dev),
      });
    }
  }

  #end(): ReadingEnd {
    const text = (code: number) => this.#sink.pool.texts[code];
    const counts = new Map<string, { name: string; count: number; known: boolean }>();
    for (const type of this.#sink.types) {
      const row = counts.get(type.key.name) ?? { name: type.key.name, count: 0, known: type.meaning.known };
      row.count += type.count;
      counts.set(type.key.name, row);
    }
    const used = new Set(this.#sink.types.filter((type) => type.count > 0).map((type) => type.description));
    return {
      recordings: this.#opened.map(({ input, recording, offsetNs }, i) => {
        const span = this.#spans.spans[i + 1];
        return {
          recording_id: i + 1,
          path: input.path,
          ...recording.facts,
          first_ns: span === undefined ? null : wide(span.firstLo, span.firstHi),
          last_ns: span === undefined ? null : wide(span.lastLo, span.lastHi),
          events: span?.events ?? 0,
          lost_events: recording.lostEvents(),
          skipped_records: recording.skippedRecords(),
          clock_offset_ns: offsetNs,
        };
      }),
      diagnostics: this.#opened.flatMap(({ diagnostics }) => diagnostics.rows),
      devices: this.#blockSizes.sizes.map(({ recordingId, dev, bytes, evidence }) => ({
        recording_id: recordingId,
        dev: text(dev),
        fs_block_size: bytes,
        evidence,
      })),
      deviceStack: this.#bios.stackedDevices.map(({ recordingId, dev, lowerDev, startSector, remaps }) => ({
        recording_id: recordingId,
        dev: text(dev),
        lower_dev: text(lowerDev),
        start_sector: startSector,
        remaps,
      })),
      symbols: this.#opened.flatMap(({ recording }, i) =>
        [...recording.symbols?.() ?? []].map((symbol) => ({ recording_id: i + 1, ...symbol }))
      ),
      rawEvents: [...used],
      lifting: {
        operations: this.#lifting!.operations,
        attributions: this.#lifting!.attributions,
        bios: this.#lifting!.bios,
        pages: this.#lifting!.pages,
        missing: this.#lifting!.missing,
      },
      events: this.#sink.seq,
      eventCounts: [...counts.values()].filter((row) => row.count > 0)
        .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
    };
  }

  close(): void {
    for (const { recording } of this.#opened) recording.close();
  }
}
