/** Scenario files at random that are right: any form of world, operations and expectations. */

import fc from "fast-check";
import {
  ANOMALIES,
  ATTRIBUTES,
  FADVISE_ADVICE,
  FALLOCATE_FLAGS,
  METRICS,
  MSYNC_FLAGS,
  OPEN_FLAGS,
  RWF_FLAGS,
  SYNC_RANGE_FLAGS,
} from "../../src/scenarios/words.ts";

type Entries = Record<string, unknown>;

const PAGES = 8;
const SECTORS = 4;

const file = fc.constantFrom("F", "G", "data");
const page = fc.integer({ min: 0, max: PAGES - 1 });

/** Two pages in order. */
const pages = fc.tuple(page, page).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const pageRange = pages.map(([a, b]) => a === b ? `${a}` : `${a}..${b}`);

const range = fc.oneof(
  pageRange,
  fc.tuple(fc.integer({ min: 0, max: PAGES * SECTORS - 1 }), fc.integer({ min: 0, max: PAGES * SECTORS - 1 })).map(
    (sectors) => {
      const [a, b] = sectors.toSorted((x, y) => x - y).map((at) => `${Math.floor(at / SECTORS)}:${at % SECTORS}`);
      return a === b ? a : `${a}..${b}`;
    },
  ),
);

const length = fc.oneof(
  fc.integer({ min: 0, max: PAGES }),
  fc.tuple(fc.integer({ min: 0, max: PAGES - 1 }), fc.integer({ min: 1, max: SECTORS - 1 })).map(([p, s]) =>
    `${p}:${s}`
  ),
);

const place = fc.tuple(file, range).map(([name, at]) => `${name}[${at}]`);
const wholeOrPart = fc.oneof(file, place);

function flagged(at: fc.Arbitrary<string>, words: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(at, fc.subarray([...words])).map(([text, flags]) =>
    flags.length === 0 ? text : `${text} ${flags.join("|")}`
  );
}

function oneOrMore<T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> {
  return fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
}

/** Keys that may be left out. */
function sometimes(entries: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Entries> {
  return fc.record(entries, { requiredKeys: [] });
}

function joined(...parts: fc.Arbitrary<Entries>[]): fc.Arbitrary<Entries> {
  return fc.tuple(...parts).map((all) => Object.assign({}, ...all));
}

/** Non-overlapping page ranges with a state each. */
function byRange<T>(state: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.tuple(fc.uniqueArray(page, { maxLength: 4 }), fc.array(state, { minLength: 4, maxLength: 4 }))
    .map(([list, states]) => Object.fromEntries(list.map((at, nth) => [`${at}`, states[nth]])));
}

const onOff = fc.constantFrom("on", "off");

const fileState = fc.oneof(
  sometimes({
    disksize: length,
    blocks: fc.oneof(
      fc.constantFrom("hole", "unwritten", "written"),
      byRange(
        fc.oneof(
          fc.constantFrom("hole", "unwritten", "written"),
          fc.tuple(file, pageRange).map(([name, at]) => `shared ${name}[${at}]`),
        ),
      ),
    ),
    cache: fc.oneof(
      fc.constantFrom("absent", "clean", "dirty"),
      byRange(fc.constantFrom("absent", "clean", "dirty", "dirty locked", "clean writeback busy_buffers")),
    ),
    disk: byRange(fc.integer({ min: 0, max: 40 })),
    boundary_after: fc.array(page, { maxLength: 3 }),
  }),
  sometimes({ blocks: byRange(fc.constantFrom("delalloc", "hole")) }),
).chain((state) => length.map((size) => ({ size, ...state })));

const segment = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((n) => `anon ${n}`),
  fc.integer({ min: 1, max: 2 }).map((n) => `efault ${n}`),
  fc.tuple(fc.constantFrom("map", "private"), place).map(([word, at]) => `${word} ${at}`),
  fc.constantFrom("area", "area[0..1]"),
);

/** Always large enough. */
const buffer = fc.array(segment, { maxLength: 3 }).map((list) => [...list, `anon ${PAGES}`].join(" + "));

const io = flagged(place, [...OPEN_FLAGS, ...RWF_FLAGS]);

const transfer = fc.constantFrom("pread", "preadv", "pwrite", "pwritev").chain((key) =>
  joined(io.map((at) => ({ [key]: at })), sometimes({ [key.startsWith("pread") ? "to" : "from"]: buffer }))
);

const bytes = place.chain((at) =>
  fc.record({
    pwrite: fc.constant(at),
    bytes: fc.integer({ min: 1, max: 200 }),
    skip: fc.integer({ min: 1, max: 300 }),
  })
);

const asynchronous = fc.constantFrom("aio_pread", "aio_pwrite", "uring_pread", "uring_pwrite").chain((key) =>
  joined(io.map((at) => ({ [key]: at })), sometimes({ [key.endsWith("pread") ? "to" : "from"]: buffer }))
);

const batch = fc.constantFrom("io_submit", "uring_submit").chain((key) =>
  fc.array(fc.oneof(transfer, file.map((name) => ({ fsync: name }))), { minLength: 1, maxLength: 3 })
    .map((iocbs): Entries => ({ [key]: iocbs }))
);

const mapped = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n) => `anon ${n}`),
  flagged(wholeOrPart, ["MAP_SYNC"]),
  wholeOrPart.map((at) => `${at} MAP_PRIVATE`),
);

const operation: fc.Arbitrary<Entries> = fc.oneof(
  transfer,
  bytes,
  asynchronous,
  batch,
  fc.constantFrom("fsync", "fdatasync", "syncfs", "fstat", "close").chain((key) =>
    file.map((name) => ({ [key]: name }))
  ),
  fc.constantFrom("load", "store").chain((key) =>
    fc.oneof(place, place.map((at) => `${at} MAP_PRIVATE`), fc.constant("area[0:1]")).map((at) => ({ [key]: at }))
  ),
  mapped.map((text) => ({ mmap: text, over: "area" })),
  fc.oneof(wholeOrPart, fc.constant("area")).map((at) => ({ munmap: at })),
  flagged(wholeOrPart, MSYNC_FLAGS).map((at) => ({ msync: at })),
  flagged(wholeOrPart, SYNC_RANGE_FLAGS).map((at) => ({ sync_file_range: at })),
  flagged(place, FALLOCATE_FLAGS).map((at) => ({ fallocate: at })),
  fc.tuple(wholeOrPart, fc.constantFrom(...FADVISE_ADVICE)).map(([at, advice]) => ({ fadvise: `${at} ${advice}` })),
  fc.tuple(file, length).map(([name, size]) => ({ ftruncate: name, size })),
  fc.tuple(place, place).map(([from, to]) => ({ ficlone: from, to })),
  fc.constant({ drop_caches: 1 }),
  fc.oneof(fc.constant("all"), fc.integer({ min: 1, max: 3 })).map((count) => ({ io_getevents: count })),
);

const flags = fc.dictionary(
  fc.constantFrom("fs", "p4", "DIO_PAGES", "inject"),
  oneOrMore(fc.constantFrom("on", "any", 2, "ext3")),
);

const selection = sometimes({
  system: oneOrMore(fc.constantFrom("dax", "mainline", "all")),
  preset: oneOrMore(fc.constantFrom("any", "p3+", "v50")),
  flags,
});

const kept = fc.array(
  joined(
    fc.record({ run: fc.string({ minLength: 1 }) }),
    sometimes({
      token: fc.string({ minLength: 1 }),
      classes: fc.integer({ min: 1, max: 9999 }),
      shown: fc.string({ minLength: 1 }),
    }),
  ),
  { minLength: 1, maxLength: 2 },
);

const common = joined(
  fc.record({
    why: fc.string({ minLength: 1 }),
    source: fc.constantFrom("20-17 [D]", "60-5b [K 5.5m] [S]", "ours", "recording mmapdio-ext4"),
  }),
  selection,
  sometimes({ again: oneOrMore(selection), kept }),
);

/** `w` is an operation of every scenario, T1 a task. */
const party = fc.constantFrom("w", "T1", "journal_commit");
const origin = oneOrMore(fc.constantFrom("w", "initial", "zeros", "stale", "torn", "other_file"));
const resources = oneOrMore(fc.constantFrom("placeholder", "page(F,0)", "IOLOCK(F) excl"));
const returned = oneOrMore(fc.oneof(length, fc.constantFrom("all", "short", "-EFAULT", "-EIOCBQUEUED")));
const steps = oneOrMore(fc.constantFrom("W9", "X3a", "E-a"));
const inRuns = fc.constantFrom("every", "some");

const narrowing = sometimes({
  attributes: oneOrMore(fc.constantFrom(...ATTRIBUTES)),
  tasks: oneOrMore(fc.constant("T1")),
  resources,
  at: wholeOrPart,
  op: fc.constant("w"),
});

const expectation: fc.Arbitrary<Entries> = fc.oneof(
  joined(fc.constantFrom(...ANOMALIES, "I1", "E-a").map((anomaly) => ({ reachable: anomaly })), narrowing, common),
  joined(
    fc.record({ absent: oneOrMore(fc.constantFrom(...ANOMALIES)), sibling: oneOrMore(fc.constant("20-1")) }),
    narrowing,
    common,
  ),
  joined(
    fc.constant({ result: "w" }),
    fc.record({ returns: returned }),
    sometimes({
      in: inRuns,
      never_returns: returned,
      submit_returns: returned,
      reads: byRange(origin),
      never_reads: byRange(origin),
      through: steps,
      not_through: steps,
    }),
    common,
  ),
  joined(
    fc.constantFrom("done", "recovered").map((when) => ({ final: when })),
    sometimes({ in: inRuns }),
    fc.dictionary(
      file,
      sometimes({
        size: oneOrMore(length),
        disksize: oneOrMore(length),
        blocks: byRange(oneOrMore(fc.constantFrom("hole", "written"))),
        cache: byRange(oneOrMore(fc.constantFrom("absent", "dirty"))),
        content: byRange(origin),
        orphan: onOff,
      }),
    ).map((files) => ({ files })),
    common,
  ),
  joined(
    fc.constantFrom(...METRICS).map((metric) => ({ cost: metric, resource: "i_mutex(F)" })),
    sometimes({ of: party, over: fc.constantFrom("every", "most", "least") }),
    fc.tuple(
      fc.constantFrom("equals", "less_than", "at_most", "more_than", "at_least"),
      fc.oneof(fc.integer(), joined(selection, sometimes({ of: party }))),
    ).map(([relation, to]) => ({ [relation]: to })),
    common,
  ),
  joined(
    fc.record({ order: party, waits_for: party }),
    sometimes({
      in: inRuns,
      never_waits_for: party,
      on: fc.constant("dio_count(F)"),
      until: fc.constant("returned"),
      holds: resources,
      not_holds: resources,
      at: fc.constant("W12"),
      sequence: fc.array(
        joined(fc.constant({ step: "begin" }), sometimes({ holds: resources, not_holds: resources })),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
    }),
    common,
  ),
  joined(fc.constant({ not_executable: "does not compile" }), common),
);

const kernelTask = fc.oneof(
  fc.constant("on"),
  wholeOrPart,
  sometimes({ of: wholeOrPart, passes: fc.integer({ min: 1, max: 3 }) }),
);

/** A scenario file's content; the first operation of T1 is called `w`. */
export const scenarioInput: fc.Arbitrary<Entries> = fc.record({
  head: joined(
    fc.record({
      title: fc.string({ minLength: 1 }),
      system: oneOrMore(fc.constantFrom("dax", "mainline", "all")),
      bounds: joined(
        fc.constant({ SECTORS_PER_PAGE: SECTORS, pages: PAGES }),
        sometimes({ DIO_PAGES: fc.integer({ min: 1, max: 4 }), steps: fc.integer({ min: 1, max: 500 }) }),
      ),
      crash: fc.oneof(fc.constant("anywhere"), oneOrMore(fc.constant("w")).map((after) => ({ after }))),
    }),
    sometimes({
      preset: oneOrMore(fc.constantFrom("any", "p4")),
      flags,
      steps: fc.array(fc.constantFrom("W9", "X3a"), { maxLength: 2 }),
      long: fc.integer({ min: 1, max: 600 }),
      mount: sometimes({
        blocks_per_page: fc.constantFrom(1, 2, 4),
        readonly: onOff,
        log_credits: fc.integer({ min: 1, max: 9 }),
      }),
      device: sometimes({
        volatile_cache: onOff,
        fua: onOff,
        free: fc.oneof(
          fc.integer({ min: 0, max: 9 }),
          fc.array(
            joined(
              fc.record({ blocks: fc.integer({ min: 1, max: 4 }) }),
              sometimes({ was: wholeOrPart, state: fc.constantFrom("free", "pending") }),
            ),
            { maxLength: 3 },
          ),
        ),
        enospc_at: oneOrMore(place),
        errors: fc.array(
          joined(
            fc.record({ at: place, op: fc.constantFrom("read", "write") }),
            sometimes({ error: fc.constantFrom("EIO", "ENOSPC"), times: fc.integer({ min: 1, max: 3 }) }),
          ),
          { maxLength: 2 },
        ),
        pmem: fc.constantFrom("none", "adr", "eadr"),
        lines_per_sector: fc.integer({ min: 1, max: 8 }),
        words_per_line: fc.integer({ min: 1, max: 8 }),
      }),
      kernel: sometimes({
        flusher: kernelTask,
        reclaim: kernelTask,
        journal_commit: fc.oneof(fc.constant("on"), fc.integer({ min: 1, max: 3 }).map((passes) => ({ passes }))),
        readahead: fc.integer({ min: 1, max: 4 }),
      }),
      after_recovery: fc.array(operation, { minLength: 1, maxLength: 2 }),
      recorded: joined(
        fc.record({ recording: fc.string({ minLength: 1 }) }),
        sometimes({ operations: fc.array(fc.string(), { maxLength: 2 }), windows: fc.integer({ min: 1, max: 9 }) }),
      ),
    }),
  ),
  files: fc.record({ F: fileState, G: fileState, data: fileState }),
  area: fc.oneof(
    fc.constantFrom("anon 4", "F[0..3] MAP_SHARED", "G[0..1] MAP_PRIVATE"),
    fc.tuple(mapped, pageRange).map(([map, present]) => ({ map, present })),
  ),
  tasks: fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  oneSpace: fc.boolean(),
  expect: fc.array(expectation, { minLength: 0, maxLength: 3 }),
}).map(({ head, files, area, tasks, oneSpace, expect }) => ({
  ...head,
  files,
  maps: { area: { ...(typeof area === "string" ? { map: area } : area), mm: oneSpace ? "process" : "T1" } },
  tasks: Object.fromEntries(tasks.map((operations, nth) => {
    const own = operations.map((each, at) => ({
      ...(oneSpace || nth === 0 ? each : withoutArea(each)),
      ...(nth === 0 && at === 0 ? { name: "w" } : {}),
      ...(nth > 0 && at === 0 ? { after: "w" } : {}),
    }));
    return [`T${nth + 1}`, oneSpace ? { mm: "process", do: own } : own];
  })),
  expect,
}));

/** The operation with nothing in it that belongs to another task's address space. */
function withoutArea(operation: Entries): Entries {
  return JSON.stringify(operation).includes("area") ? { fsync: "F" } : operation;
}
