import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { BatchEncoder } from "../../src/results/arrow_encoding.ts";
import { BufferPool } from "../../src/results/buffer_pool.ts";
import { batchOf } from "./batches.ts";

Deno.test("a buffer that came back is given out again, and there are no more than agreed", () => {
  const pool = new BufferPool(2);
  const [first, second, third] = [pool.take(10), pool.take(20), pool.take(30)];
  assertNotStrictEquals(first, second);
  assertEquals(third.byteLength, 30, "the third is one of its own");
  pool.give(third);
  assert(third.detached, "its memory is let go of at once");
  pool.give(second);
  assertStrictEquals(pool.take(1), second);
});

Deno.test("what does not fit into a buffer gets memory of its own", () => {
  const pool = new BufferPool(1);
  const usual = pool.take(1).byteLength;
  pool.give(pool.take(usual + 1));
  assertEquals(pool.take(usual + 1).byteLength, usual + 1);
});

Deno.test("a batch is the same in a buffer that held a longer one as in a new one", () => {
  const columns = (rows: number) =>
    batchOf("raw", "numbers", {
      seq: ["UINTEGER", Array.from({ length: rows }, (_, row) => row)],
      text: ["VARCHAR", Array.from({ length: rows }, (_, row) => row % 3 === 0 ? null : `text ${row}`)],
    });
  const pool = new BufferPool(1);
  const encoded = (rows: number, buffers?: BufferPool) => new BatchEncoder(() => "all", buffers).encode(columns(rows))!;
  const long = encoded(999, pool);
  pool.give(long.ipc.buffer);
  const short = encoded(5, pool);
  assertStrictEquals(short.ipc.buffer, long.ipc.buffer);
  assertEquals(short.ipc, encoded(5).ipc);
});
