/**
 * Rows of queries in columns, on their way to the worker that lays a recording beside the model.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  Bool,
  Field,
  Float64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { buffersOf, type PackedTrace, unpacked } from "../../src/replaying/conformance/packed_trace.ts";
import { packRows } from "../../src/results/pack_rows.ts";

type Row = Readonly<Record<string, number | string | null>>;

/** A result with the columns of its first row; those of `texts` are VARCHAR. */
function table(texts: readonly string[], rows: readonly Row[]): Table {
  const fields = Object.keys(rows[0]).map((name) => new Field(name, texts.includes(name) ? new Utf8() : new Float64()));
  const children = fields.map(({ name, type }) => vectorFromArray(rows.map((row) => row[name]), type).data[0]);
  const data = makeData({ type: new Struct(fields), length: rows.length, children });
  return new Table([new RecordBatch(new Schema(fields), data)]);
}

const EVENT = { time: 0, pid: 7, ino: null, offset: null, bytes: null, sector: null, rwbs: null, ret: null };
const EVENTS = [
  { ...EVENT, seq: 3, comm: "wl-t1", name: "iomap_iter", ino: 12, offset: 2 ** 40 },
  { ...EVENT, seq: 5, comm: "", name: "block_bio_queue", sector: 0, rwbs: "WS" },
  { ...EVENT, seq: 9, comm: "wl-t1", name: "iomap_iter", ino: 12, ret: -5 },
];

Deno.test("events come out of columns as they were, from whichever piece, each with its details", () => {
  const texts = ["comm", "name", "rwbs", "detail", "more"];
  const details = [
    { seq: 9, detail: "DIRECT", more: "", number: null },
    // An event of another device is none of the trace.
    { seq: 4, detail: "WRITE", more: "x", number: 1 },
    { seq: 3, detail: "", more: "ü", number: -0.5 },
  ];
  const packed: PackedTrace = {
    recordingId: 1,
    dev: "7:0",
    kernel: null,
    pageSize: 4096,
    blockSize: null,
    events: packRows([table(texts, EVENTS.slice(0, 1)), table(texts, EVENTS.slice(1))]),
    details: [packRows([table(texts, details.slice(0, 2))]), packRows([table(texts, details.slice(2))])],
    calls: [],
    bioPlaces: new Map(),
    bios: [],
    processOf: new Map(),
  };
  assertEquals(packed.events.texts.name.texts, ["iomap_iter", "block_bio_queue"]);
  const received = structuredClone(packed, { transfer: buffersOf(packed) });
  assertEquals(packed.events.numbers.seq.length, 0);
  assertEquals(unpacked(received).events, [
    { ...EVENTS[0], detail: "", more: "ü", number: -0.5 },
    { ...EVENTS[1], detail: "", more: "", number: null },
    { ...EVENTS[2], detail: "DIRECT", more: "", number: null },
  ]);
});

Deno.test("columns of other types are refused", () => {
  const field = new Field("flag", new Bool());
  const data = makeData({ type: new Struct([field]), length: 1, children: [vectorFromArray([true]).data[0]] });
  const flags = new Table([new RecordBatch(new Schema([field]), data)]);
  assertThrows(() => packRows([flags]), Error, "column flag is neither VARCHAR nor DOUBLE");
});
