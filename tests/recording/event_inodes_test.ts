import { assert, assertEquals } from "@std/assert";
import type { TableBatch } from "../../src/recording/batch.ts";
import { EventSink } from "../../src/recording/event_sink.ts";

/** Inode numbers of events as they can be read back: from the event's kind, else from its own row. */
function throughSink(inodes: readonly (bigint | null)[]): { found: (bigint | null)[]; kinds: number; own: number } {
  const columns: (bigint | null)[] = [];
  const tags: number[] = [];
  const sink = new EventSink((batch: TableBatch) => {
    if (batch.schema !== "store") return;
    const column = (name: string) => batch.columns.find((each) => each.name === name)!;
    const { data, validity } = column("ino");
    for (let row = 0; row < batch.rows; row++) {
      const isSet = validity === null || (validity[row >> 3] & (1 << (row & 7))) !== 0;
      const value = (BigInt(data[2 * row + 1] >>> 0) << 32n) | BigInt(data[2 * row] >>> 0);
      columns.push(isSet ? BigInt.asIntN(64, value) : null);
      tags.push(column("tag_id").data[row]);
    }
  }, []);
  const type = sink.eventType({
    recordingId: 1,
    source: "ftrace",
    system: "ext4",
    name: "ext4_evict_inode",
    buffer: "",
    pageShift: 12,
  });
  const ino = sink.field(type, "ino", "UBIGINT");
  for (const [i, value] of inodes.entries()) {
    sink.begin(type, i, 0, 0, 1, -1, -1, -1);
    if (value !== null) {
      sink.putInteger(ino, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), "unsigned");
    }
    sink.commit();
  }
  sink.finish();
  const found = columns.map((own, row) => {
    const kind = sink.kinds[sink.tags[tags[row]].kind];
    assert(own === null || kind.ino < 0, "an inode number stands in one place");
    return kind.ino < 0 ? own : BigInt(kind.ino);
  });
  return { found, kinds: sink.kinds.length, own: columns.filter((each) => each !== null).length };
}

Deno.test("inode numbers of few files are with the kinds of their events", () => {
  const inodes = Array.from({ length: 500 }, (_, i) => i % 7 === 0 ? null : BigInt(12 + 8 * (i % 20)));
  const { found, kinds, own } = throughSink(inodes);
  assertEquals(found, inodes);
  assertEquals(own, 0);
  assertEquals(kinds, new Set(inodes).size);
});

Deno.test("inode numbers of very many files, and those beyond 2^53, are with their events", () => {
  const inodes = Array.from(
    { length: 9000 },
    (_, i) =>
      BigInt.asIntN(64, i % 9 === 0 ? 2n ** 63n + BigInt(i) : i % 9 === 1 ? 2n ** 53n + BigInt(i) : BigInt(i % 3000)),
  );
  const { found, kinds, own } = throughSink(inodes);
  assertEquals(found, inodes);
  assert(own > 2000 && kinds < 2100, `${own} ${kinds}`);
});
