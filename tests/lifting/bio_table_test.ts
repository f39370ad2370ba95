import { assertEquals } from "@std/assert";
import { BioTable } from "../../src/lifting/bio_table.ts";
import { COMPLETE, INSERT, MERGED_LINK, OpenBios, QUEUE } from "../../src/lifting/open_bios.ts";
import type { TableBatch } from "../../src/recording/batch.ts";
import { type RawValue, valueAt } from "../recording/collect.ts";

function rowsOf(batch: TableBatch): Record<string, RawValue>[] {
  return Array.from(
    { length: batch.rows },
    (_, row) => Object.fromEntries(batch.columns.map((column) => [column.name, valueAt(column, row)])),
  );
}

/** A slot with nothing in it but a number. */
function plainSlot(bios: OpenBios, id: number): number {
  const slot = bios.take();
  bios.id[slot] = id;
  bios.tag[slot] =
    bios.sector[slot] =
    bios.bytes[slot] =
      0;
  bios.firstSeq[slot] = bios.lastSeq[slot] = id;
  return slot;
}

Deno.test("a bio's row has what is known of it and NULL for the rest", () => {
  const rows: Record<string, RawValue>[] = [];
  const table = new BioTable((batch) => rows.push(...rowsOf(batch)));
  const bios = new OpenBios(1024);
  const slot = plainSlot(bios, 0xffff_fff0);
  bios.tag[slot] = 7;
  bios.sector[slot] = 2 ** 45 + 2 ** 31;
  bios.bytes[slot] = 2 ** 33 + 512;
  bios.seen[slot] = (1 << QUEUE) | (1 << COMPLETE) | MERGED_LINK;
  bios.times.set([-1, 5], slot * 10 + 2 * QUEUE);
  bios.times.set([1, -6], slot * 10 + 2 * INSERT);
  bios.times.set([0, 6], slot * 10 + 2 * COMPLETE);
  bios.mergedInto[slot] = 0xffff_ffef;
  bios.markFault(slot);
  bios.requeues[slot] = 70_000;
  bios.error[slot] = -5;
  table.add(bios, slot);
  table.flush();
  assertEquals(rows, [{
    bio_id: 0xffff_fff0,
    tag_id: 7,
    sector: 2n ** 45n + 2n ** 31n,
    bytes: 2n ** 33n + 512n,
    queue_ns: (5n << 32n) | 0xffff_ffffn,
    getrq_ns: null,
    insert_ns: null,
    issue_ns: null,
    complete_ns: 6n << 32n,
    merged_into: 0xffff_ffef,
    split_from: null,
    remapped_from: null,
    requeues: 65_535,
    error: -5,
    first_seq: 0xffff_fff0,
    last_seq: 0xffff_fff0,
  }]);
});

Deno.test("full batches are handed on, and none keeps a value of the one before it", () => {
  const full: { rows: number; first: Record<string, RawValue>; last: Record<string, RawValue>; buffers: number }[] = [];
  const table = new BioTable((batch) => {
    const rows = rowsOf(batch);
    const buffers = new Set(batch.columns.map((column) => column.data.buffer)).size;
    full.push({ rows: batch.rows, first: rows[0], last: rows.at(-1)!, buffers });
  });
  const bios = new OpenBios(1024);
  for (let id = 0; id < 61_440 + 10; id++) {
    const slot = plainSlot(bios, id);
    if (id < 61_440) {
      bios.sector[slot] = -1;
      bios.bytes[slot] = 2 ** 40;
      bios.seen[slot] = 1 << COMPLETE;
      bios.times.set([id, 1], slot * 10 + 2 * COMPLETE);
      bios.markFault(slot);
      bios.requeues[slot] = 1;
      bios.error[slot] = -1;
    }
    table.add(bios, slot);
    bios.release(slot);
  }
  table.flush();
  table.flush();
  assertEquals(full.map(({ rows }) => rows), [61_440, 10]);
  assertEquals(full.map(({ buffers }) => buffers), [16, 16]);
  assertEquals(full[0].last, {
    ...full[0].first,
    bio_id: 61_439,
    first_seq: 61_439,
    last_seq: 61_439,
    complete_ns: (1n << 32n) | 61_439n,
  });
  assertEquals(full[0].first.complete_ns, 1n << 32n);
  assertEquals(full[1].first, {
    ...full[0].first,
    bio_id: 61_440,
    first_seq: 61_440,
    last_seq: 61_440,
    sector: 0n,
    bytes: 0n,
    complete_ns: null,
    requeues: 0,
    error: null,
  });
});
