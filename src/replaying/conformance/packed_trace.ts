/**
 * A recorded trace on its way to the worker that lays it beside the model: numbers and codes of texts in columns, which
 * change hands without being copied, and take a tenth of what an object an event does.
 *
 * @module
 */

import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";

/** Numbers by row; NaN: NULL. */
export type PackedNumbers = Float64Array<ArrayBuffer>;

/** Texts by row. */
export interface PackedTexts {
  /** Place in `texts`, from 1; 0: NULL. */
  readonly codes: Uint32Array<ArrayBuffer>;
  /** Each once. */
  readonly texts: readonly string[];
}

/** Rows of the same columns. */
export interface PackedRows {
  readonly numbers: Readonly<Record<string, PackedNumbers>>;
  readonly texts: Readonly<Record<string, PackedTexts>>;
}

/** A trace with its events in columns, by seq. */
export interface PackedTrace extends Omit<RecordedTrace, "events"> {
  readonly events: PackedRows;
  /** What is looked at beyond what all events have, by event type: `seq`, `detail`, `more`, `number`. */
  readonly details: readonly PackedRows[];
}

/** What a packed trace consists of that can be handed over. */
export function buffersOf({ events, details }: PackedTrace): ArrayBuffer[] {
  return [events, ...details].flatMap(({ numbers, texts }) => [
    ...Object.values(numbers).map(({ buffer }) => buffer),
    ...Object.values(texts).map(({ codes: { buffer } }) => buffer),
  ]);
}

/** The trace with an object an event. The columns are let go of. */
export function unpacked(trace: PackedTrace): RecordedTrace {
  const { events: packed, details, ...others } = trace;
  const { seq, time, pid, ino, offset, bytes, sector, ret } = packed.numbers;
  const { comm, name, rwbs } = packed.texts;
  const own = detailsBySeq(seq, details);
  const events = Array.from(seq, (_, row): RecordedEvent => ({
    seq: seq[row],
    time: time[row],
    pid: pid[row],
    comm: textAt(comm, row)!,
    name: textAt(name, row)!,
    ino: numberAt(ino, row),
    offset: numberAt(offset, row),
    bytes: numberAt(bytes, row),
    sector: numberAt(sector, row),
    rwbs: textAt(rwbs, row),
    ret: numberAt(ret, row),
    detail: own.detail[row] ?? "",
    more: own.more[row] ?? "",
    number: numberAt(own.number, row),
  }));
  for (const buffer of buffersOf(trace)) buffer.transfer(0);
  return { ...others, events };
}

/** Details by row of the events that they are of. @param seq of events, ascending */
function detailsBySeq(
  seq: PackedNumbers,
  details: readonly PackedRows[],
): { detail: string[]; more: string[]; number: PackedNumbers } {
  const detail: string[] = [];
  const more: string[] = [];
  const number = new Float64Array(seq.length).fill(NaN);
  const rowOf = new Map<number, number>();
  seq.forEach((each, row) => rowOf.set(each, row));
  for (const { numbers, texts } of details) {
    numbers.seq.forEach((each, at) => {
      const row = rowOf.get(each);
      // Of another device.
      if (row === undefined) return;
      detail[row] = textAt(texts.detail, at)!;
      more[row] = textAt(texts.more, at)!;
      number[row] = numbers.number[at];
    });
  }
  return { detail, more, number };
}

function numberAt(values: PackedNumbers, row: number): number | null {
  const value = values[row];
  return Number.isNaN(value) ? null : value;
}

function textAt({ codes, texts }: PackedTexts, row: number): string | null {
  return codes[row] === 0 ? null : texts[codes[row] - 1];
}
