/**
 * Short cuts from an event and its values to the row that the trace.dat reader makes of it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { collectBytes, type Collected, type Row } from "./collect.ts";
import { type BufferSpec, buildTraceDat, type TraceDatSpec } from "./trace_dat_builder.ts";
import { encodeRecord, type EventSpec, type FieldSpec, type FieldValue, formatText } from "./trace_dat_events.ts";
import type { RingEntry } from "./trace_dat_pages.ts";

/** Shapes of machines and files that records come in. */
export const MACHINES: Pick<TraceDatSpec, "version" | "order" | "longBytes" | "compression">[] = [
  { version: 7, order: "little", longBytes: 8, compression: "zstd" },
  { version: 7, order: "big", longBytes: 8, compression: "zlib" },
  { version: 6, order: "little", longBytes: 4, compression: "none" },
  { version: 7, order: "big", longBytes: 4, compression: "none" },
  { version: 6, order: "big", longBytes: 8, compression: "none" },
];

export const describeMachine = (m: typeof MACHINES[number]) =>
  `version ${m.version}, ${m.order}-endian, ${m.longBytes * 8} bits, ${m.compression}`;

/** An event of the given fields. */
export function event(fields: FieldSpec[], rest: Partial<EventSpec> = {}): EventSpec {
  return { system: "test", name: "probe", id: 1000, fields, ...rest };
}

/** Descriptions for a file. */
export function formatsOf(...specs: EventSpec[]): TraceDatSpec["formats"] {
  return specs.map((spec) => ({ system: spec.system, text: formatText(spec) }));
}

/** A record at a time. */
export function entry(
  spec: EventSpec,
  ts: bigint,
  values: Record<string, FieldValue> = {},
  order: "little" | "big" = "little",
  head = { pid: 42 },
): Extract<RingEntry, { kind: "event" }> {
  return { kind: "event", ts, data: encodeRecord(spec, values, head, order) };
}

/** A top-level buffer of one CPU. */
export function oneCpu(entries: RingEntry[], rest: Partial<BufferSpec> = {}): BufferSpec[] {
  return [{ name: "", cpus: [{ cpu: 0, entries }], ...rest }];
}

export function readSpec(spec: Partial<TraceDatSpec>): Promise<Collected> {
  return readBytes(buildTraceDat(spec).bytes);
}

export function readBytes(bytes: Uint8Array): Promise<Collected> {
  return collectBytes(traceDat, { "trace.dat": bytes });
}

/** The row of one record with these values, from a file of the given machine that has nothing to complain about. */
export async function rowOf(
  spec: EventSpec,
  values: Record<string, FieldValue>,
  machine: Partial<TraceDatSpec> = {},
): Promise<Row> {
  const order = machine.order ?? "little";
  const { rows, diagnostics } = await readSpec({
    ...machine,
    formats: formatsOf(spec),
    buffers: oneCpu([entry(spec, 1000n, values, order)]),
  });
  assertEquals(diagnostics, []);
  assertEquals(rows.length, 1);
  return rows[0];
}
