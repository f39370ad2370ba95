import { assertEquals } from "@std/assert";
import { KEEP_SIZE } from "../../src/recording/fallocate_mode.ts";
import { FileSizes } from "../../src/replaying/file_sizes.ts";
import { FILE, RunBuilder } from "../checking/recorded/recorded_run.ts";

/** What is known of the size at each time. */
function sizesAt(builder: RunBuilder, times: readonly number[], modes: readonly (readonly [number, number])[] = []) {
  const sizes = new FileSizes({ ...builder.build(), fallocateModes: new Map(modes) });
  return times.map((time) => sizes.at(FILE, time));
}

function printed(...sizes: readonly (readonly [time: number, size: number])[]): RunBuilder {
  const builder = new RunBuilder();
  for (const [time, size] of sizes) builder.sizes.push({ seq: time, time, file: FILE, size });
  return builder;
}

Deno.test("a size is what was printed last, and longer by what was written since and is over", () => {
  const builder = printed([10, 4096], [50, 12288]);
  builder.operation("pwrite", 9, 20, { offset: 4096, bytes: 4096, result: 2048 });
  builder.operation("pwrite", 21, 30, { offset: 0, bytes: 512, result: 512 });
  builder.operation("aio_pwrite", 31, 32, { offset: 8192, bytes: 4096, result: 4096, done: 40 });
  assertEquals(sizesAt(builder, [9, 10, 19, 20, 39, 40, 50]), [null, 4096, 4096, 6144, 6144, 12288, 12288]);
});

Deno.test("a truncation tells the size by itself, a write that failed changes none, one without a place may", () => {
  const builder = new RunBuilder();
  builder.operation("pwrite", 1, 2, { offset: 0, bytes: 512, result: 512 });
  builder.operation("ftruncate", 3, 4, { offset: 1024 });
  builder.operation("pwrite", 5, 6, { offset: 1024, bytes: 4096, result: -28 });
  builder.operation("pwrite", 7, 8, { offset: null, bytes: 512, result: 512 });
  assertEquals(sizesAt(builder, [2, 3, 4, 6, 8]), [null, null, 1024, 1024, null]);
});

Deno.test("a truncation beside a write behind it leaves the size unknown: nobody knows which came first", () => {
  const sizeAfter = (offset: number) => {
    const builder = printed([1, 8192]);
    builder.operation("ftruncate", 10, 20, { offset: 4096 });
    builder.operation("pwrite", 12, 18, { pid: 101, offset, bytes: 4096, result: 4096 });
    return sizesAt(builder, [20]);
  };
  assertEquals(sizeAfter(8192), [null]);
  assertEquals(sizeAfter(0), [4096]);
});

Deno.test("fallocate makes a file longer by its mode; without one nobody knows", () => {
  const builder = printed([1, 4096]);
  for (const start of [10, 20, 30]) {
    builder.operation("fallocate", start, start + 1, { offset: 0, bytes: start * 1024 });
  }
  assertEquals(sizesAt(builder, [11, 21, 31], [[10, 0], [20, KEEP_SIZE]]), [10240, 10240, null]);
});

Deno.test("a call whose file is not known may have changed any file, until a size is printed again", () => {
  const builder = printed([1, 4096], [30, 4096]);
  builder.operation("pread", 5, 6, { file: null, offset: 0, bytes: 512, result: 512 });
  builder.operation("pwrite", 10, 11, { file: null, offset: 0, bytes: 512, result: 512 });
  assertEquals(sizesAt(builder, [6, 11, 30]), [4096, null, 4096]);
});
