import { assertEquals } from "@std/assert";
import type { RawEventDescription } from "../../src/recording/raw_registry.ts";
import { batchOf } from "./batches.ts";
import { dimensionBatches, type FileContent, rowsOf, tagBatch, withResults } from "./results_files.ts";

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  contention_begin: ["lock_addr", "flags"],
  contention_end: ["lock_addr", "ret"],
  lock_acquire: ["flags", "name", "lockdep_addr"],
  lock_release: ["name", "lockdep_addr"],
};

const NAMES = Object.keys(FIELDS);

interface LockEvent {
  readonly name: string;
  readonly thread: 0 | 1;
  readonly values: readonly (number | string)[];
}

/** A recording of lock events, each a nanosecond after the one before. */
function recordingOf(events: readonly LockEvent[]): FileContent {
  const descriptions = NAMES.map((name): RawEventDescription => ({
    name,
    fields: FIELDS[name].map((field) => ({
      name: field,
      type: field === "name" ? "VARCHAR" : "BIGINT",
      held: { kind: "raw" },
      shown: "plain",
      ...(name === "contention_begin" && field === "flags"
        ? {
          symbols: {
            kind: "flags",
            delimiter: "|",
            entries: [{ value: 2n, text: "READ" }, { value: 4n, text: "WRITE" }, { value: 32n, text: "MUTEX" }],
          },
        }
        : {}),
    } as RawEventDescription["fields"][number])),
  }));
  const own = (name: string) => events.flatMap((event, seq) => event.name === name ? [{ ...event, seq }] : []);
  const raw = NAMES.filter((name) => own(name).length > 0).map((name) =>
    batchOf("raw", name, {
      recording_id: ["SMALLINT", own(name).map(() => 1)],
      seq: ["UINTEGER", own(name).map(({ seq }) => seq)],
      ...Object.fromEntries(FIELDS[name].map((field, nth) => [
        field,
        field === "name"
          ? ["VARCHAR", own(name).map(({ values }) => values[nth])]
          : ["BIGINT", own(name).map(({ values }) => BigInt(values[nth]))],
      ])),
    })
  );
  return {
    batches: [
      tagBatch(NAMES.length, 2),
      ...dimensionBatches().filter(({ table }) => table === "context"),
      batchOf("store", "kind", {
        kind_id: ["UINTEGER", NAMES.map((_, nth) => nth)],
        recording_id: ["SMALLINT", NAMES.map(() => 1)],
        source: ["VARCHAR", NAMES.map(() => "ftrace")],
        system: ["VARCHAR", NAMES.map(() => "lock")],
        name: ["VARCHAR", NAMES],
        action: ["VARCHAR", NAMES.map(() => null)],
        buffer: ["VARCHAR", NAMES.map(() => null)],
        dev: ["VARCHAR", NAMES.map(() => null)],
        rwbs: ["VARCHAR", NAMES.map(() => null)],
        ino: ["BIGINT", NAMES.map(() => null)],
        offset_unit: ["BIGINT", NAMES.map(() => 1)],
        sector_unit: ["BIGINT", NAMES.map(() => 1)],
        bytes_unit: ["BIGINT", NAMES.map(() => 1)],
        page_kind: ["VARCHAR", NAMES.map(() => null)],
      }),
      batchOf("store", "event", {
        ts_ns: ["BIGINT", events.map((_, seq) => BigInt(1000 + seq))],
        tag_id: ["UINTEGER", events.map(({ name, thread }) => thread * NAMES.length + NAMES.indexOf(name))],
      }),
      ...raw,
    ],
    rawEvents: descriptions,
  };
}

Deno.test("waits for locks end with the thread's next event of that lock, and some do not end", async () => {
  const content = recordingOf([
    { name: "contention_begin", thread: 0, values: [77, 34] },
    { name: "contention_begin", thread: 1, values: [77, 4] },
    { name: "contention_end", thread: 1, values: [77, 0] },
    { name: "contention_end", thread: 0, values: [77, -4] },
    { name: "contention_begin", thread: 0, values: [88, 32] },
  ]);
  await withResults(content, async (path) => {
    assertEquals(
      await rowsOf(path, "SELECT pid, address, kind, end_ns - start_ns, result, first_seq, last_seq FROM lock_waits"),
      [
        ["100", "0x4d", "READ|MUTEX", "3", "-4", "0", "3"],
        ["200", "0x4d", "WRITE", "1", "0", "1", "2"],
        ["100", "0x58", "MUTEX", "NULL", "NULL", "4", "NULL"],
      ],
    );
  });
});

Deno.test("a kernel that checks its locks shows who holds which, tries that fail hold nothing", async () => {
  const content = recordingOf([
    { name: "lock_acquire", thread: 0, values: [0, "i_rwsem", 5] },
    { name: "lock_acquire", thread: 0, values: [2, "mmap_lock", 6] },
    { name: "lock_acquire", thread: 1, values: [1, "i_rwsem", 5] },
    { name: "lock_release", thread: 0, values: ["mmap_lock", 6] },
    { name: "lock_release", thread: 0, values: ["i_rwsem", 5] },
    { name: "lock_acquire", thread: 1, values: [0, "mmap_lock", 6] },
    { name: "lock_acquire", thread: 1, values: [1, "i_rwsem", 5] },
    { name: "lock_release", thread: 1, values: ["i_rwsem", 5] },
    { name: "lock_release", thread: 1, values: ["mmap_lock", 6] },
  ]);
  await withResults(content, async (path) => {
    assertEquals(
      await rowsOf(path, "SELECT pid, address, lock, mode, how, first_seq, last_seq FROM lock_intervals"),
      [
        ["100", "0x5", "i_rwsem", "EXCL", "wait", "0", "4"],
        ["100", "0x6", "mmap_lock", "SHARED", "wait", "1", "3"],
        ["200", "0x6", "mmap_lock", "EXCL", "wait", "5", "8"],
        ["200", "0x5", "i_rwsem", "EXCL", "try", "6", "7"],
      ],
    );
    // The second order is a try, and cannot wait.
    assertEquals(await rowsOf(path, "SELECT held, taken, waits, reversed FROM lock_order_edges"), [
      ["i_rwsem", "mmap_lock", "1", "false"],
      ["mmap_lock", "i_rwsem", "0", "true"],
    ]);
  });
});
