import { assertEquals } from "@std/assert";
import { EventSink } from "../../src/recording/event_sink.ts";
import { NONE } from "../../src/recording/event_type.ts";
import { BlockSizeEvidence } from "../../src/lifting/block_size.ts";

type Fields = Record<string, number | [major: number, minor: number]>;

/** A sink whose events go by the evidence; `put` an event with its fields, of a task and a recording. */
function watched() {
  const evidence = new BlockSizeEvidence();
  const sink = new EventSink(() => {}, [evidence]);
  const put = (name: string, fields: Fields, { pid = 1, recordingId = 1 } = {}) => {
    const type = sink.eventType({ recordingId, source: "ftrace", system: "", name, buffer: "", pageShift: 12 });
    sink.begin(type, 0, 0, 0, pid, NONE, NONE, NONE);
    for (const [field, value] of Object.entries(fields)) {
      if (typeof value === "number") {
        const binding = sink.field(type, field, "UBIGINT");
        sink.putInteger(binding, value % 4294967296 | 0, Math.floor(value / 4294967296), "unsigned");
      } else {
        sink.putDevice(sink.field(type, field, "UINTEGER", null, "dev"), ...value);
      }
    }
    sink.commit();
  };
  const sizes = () =>
    evidence.sizes.map(({ recordingId, dev, bytes, evidence }) => [recordingId, sink.pool.texts[dev], bytes, evidence]);
  return { put, sizes };
}

const DISK: [number, number] = [8, 0];
const PARTITION: [number, number] = [259, 0];

Deno.test("a look-up of the block that a write begins in tells the block size", () => {
  const { put, sizes } = watched();
  for (const block of [3, 7, 9]) {
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 1024 + 100, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: block, len: 1 });
  }
  assertEquals(sizes(), [[1, "8:0", 1024, 3]]);
});

Deno.test("one pair of positions is not enough, and block zero says nothing", () => {
  const { put, sizes } = watched();
  for (const block of [0, 0, 0, 5]) {
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: block, len: 1 });
  }
  assertEquals(sizes(), []);
});

Deno.test("positions of another file, task or recording are no pair", () => {
  const { put, sizes } = watched();
  for (const block of [3, 7, 9]) {
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: block, len: 1 }, { pid: 2 });
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 13, lblk: block, len: 1 });
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: [8, 1], ino: 12, lblk: block, len: 1 });
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: block, len: 1 }, { recordingId: 2 });
  }
  assertEquals(sizes(), []);
});

Deno.test("look-ups of other blocks are outvoted, and where they are many nothing is said", () => {
  for (const [others, expected] of [[3, [[1, "8:0", 4096, 9]]], [4, []]] as const) {
    const { put, sizes } = watched();
    for (let i = 0; i < 9 + others; i++) {
      put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: 8 * 4096, len: 10 });
      put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: i < others ? 16 : 8, len: 1 });
    }
    assertEquals(sizes(), [...expected.map((row) => [...row])]);
  }
});

Deno.test("a position is a pair with the look-up that follows it, not with those of other blocks behind that", () => {
  const { put, sizes } = watched();
  for (const block of [3, 7]) {
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: block * 4096, len: 10 });
    put("ext4_es_lookup_extent_enter", { dev: DISK, ino: 12, lblk: block });
    // The extent in which the block was found begins before it.
    put("ext4_es_lookup_extent_exit", { dev: DISK, ino: 12, lblk: 1, len: block });
    for (let other = 1; other < block; other++) {
      put("ext4_es_lookup_extent_enter", { dev: DISK, ino: 12, lblk: other });
    }
  }
  assertEquals(sizes(), [[1, "8:0", 4096, 2]]);
});

Deno.test("a bio that goes where the look-up said tells the block size, also through a partition", () => {
  const { put, sizes } = watched();
  for (const block of [100, 200, 300]) {
    put("ext4_ext_map_blocks_exit", { dev: DISK, ino: 12, lblk: 1, pblk: block, len: 1 });
    put("block_bio_queue", { dev: DISK, sector: block * 2, nr_sector: 2 });
    put("ext4_ext_map_blocks_exit", { dev: PARTITION, ino: 12, lblk: 1, pblk: block, len: 1 });
    put("block_bio_remap", {
      dev: DISK,
      sector: 2048 + block * 8,
      nr_sector: 8,
      old_dev: PARTITION,
      old_sector: block * 8,
    });
    put("block_bio_queue", { dev: DISK, sector: 2048 + block * 8, nr_sector: 8 });
  }
  assertEquals(sizes(), [[1, "8:0", 1024, 3], [1, "259:0", 4096, 3]]);
});

Deno.test("a mapping that has both its positions tells the block size by itself", () => {
  const { put, sizes } = watched();
  for (const block of [2, 5]) {
    put("xfs_iomap_found", { dev: DISK, ino: 131, offset: block * 65536, count: 4096, startoff: block });
  }
  assertEquals(sizes(), [[1, "8:0", 65536, 2]]);
});

Deno.test("an address that follows a look-up of the same file tells the block size", () => {
  const { put, sizes } = watched();
  for (const block of [1000, 2000]) {
    put("ext4_es_lookup_extent_exit", { dev: DISK, ino: 12, lblk: 1, pblk: block, len: 1 });
    put("iomap_iter_dstmap", { dev: DISK, ino: 12, addr: block * 2048, offset: 2048, length: 2048 });
  }
  // Offset 2048 and block 1 are a pair too, but nothing looks up a block after it.
  assertEquals(sizes(), [[1, "8:0", 2048, 3]]);
});

Deno.test("what is clear beyond doubt is not looked at for ever", () => {
  const { put, sizes } = watched();
  for (let i = 0; i < 2000; i++) {
    put("ext4_da_write_begin", { dev: DISK, ino: 12, pos: 8 * 4096, len: 10 });
    put("ext4_ext_map_blocks_enter", { dev: DISK, ino: 12, lblk: 8, len: 1 });
  }
  assertEquals(sizes(), [[1, "8:0", 4096, 512]]);
});

Deno.test("recordings and devices are kept apart", () => {
  const { put, sizes } = watched();
  for (const [recordingId, dev, bytes] of [[1, DISK, 4096], [2, DISK, 1024], [2, [8, 1], 2048]] as const) {
    for (const block of [3, 5]) {
      put("ext4_da_write_begin", { dev: [...dev], ino: 12, pos: block * bytes, len: 10 }, { recordingId });
      put("ext4_ext_map_blocks_enter", { dev: [...dev], ino: 12, lblk: block, len: 1 }, { recordingId });
    }
  }
  assertEquals(sizes(), [[1, "8:0", 4096, 2], [2, "8:0", 1024, 2], [2, "8:1", 2048, 2]]);
});
