import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readBios, recordingPath } from "../lifting/read_bios.ts";
import { alignClocks, type QueueTimes, queueTimes, ShiftedStream } from "../../src/recording/clock_alignment.ts";
import type { EventSink } from "../../src/recording/event_sink.ts";
import { formatOf, headOf } from "../../src/recording/formats.ts";
import { expandInputs } from "../../src/recording/inputs.ts";
import type { RecordStream } from "../../src/recording/recording_format.ts";

/** Bios by name of their place, at microseconds; null: more than once. */
function queued(times: Record<string, number | null>): QueueTimes {
  return {
    byPlace: new Map(
      Object.entries(times).map(([place, us]) => [place, us === null ? null : BigInt(Math.round(us * 1000))]),
    ),
    isWhole: true,
  };
}

Deno.test("the offset is the middle of the differences, whichever clock is ahead", () => {
  const one = queued({ a: 5000, b: 6000, c: 7000.5, d: 9000 });
  const two = queued({ a: 10, b: 1010, c: 2010, d: 4010 });
  assertEquals(alignClocks(one, two), { kind: "aligned", offsetNs: 4_990_000n, matches: 4, spreadNs: 500n });
  assertEquals(alignClocks(two, one), { kind: "aligned", offsetNs: -4_990_000n, matches: 4, spreadNs: 500n });
});

Deno.test("recordings less than a tenth of a millisecond apart have one clock", () => {
  const one = queued({ a: 5000, b: 6000, c: 7000 });
  assertEquals(alignClocks(one, queued({ a: 4999, b: 5999, c: 6999.5 })), {
    kind: "same",
    matches: 3,
    medianNs: 1000n,
  });
});

Deno.test("two matches are too few", () => {
  const one = queued({ a: 5000, b: 6000, c: 7000 });
  assertEquals(alignClocks(one, queued({ a: 0, b: 1000, x: 2000 })), {
    kind: "unknown",
    matches: 2,
    agreeing: 0,
    expected: 0,
  });
  assertEquals(alignClocks(one, queued({})).kind, "unknown");
});

Deno.test("bios that one of the recordings has twice are no evidence, for and against", () => {
  const one = queued({ a: 5000, b: 6000, c: 7000, twice: null, again: 6500 });
  const two = queued({ a: 0, b: 1000, c: 2000, twice: 100, again: null });
  assertEquals(alignClocks(one, two).kind, "aligned");
  assertEquals(alignClocks(queued({ a: null, b: 6000, c: 7000 }), two).kind, "unknown");
});

Deno.test("matches that do not agree on an offset are those of another run", () => {
  const one = queued({ a: 0, b: 1000, c: 2000, d: 3000, e: 4000, f: 5000 });
  const two = queued({ a: 0, b: 1400, c: 2900, d: 3000.001, e: 4000, f: 7000 });
  assertEquals(alignClocks(one, two), { kind: "unknown", matches: 6, agreeing: 3, expected: 5 });
});

Deno.test("matches that are few among the bios that both should have seen are those of another run", () => {
  const one = queued({ a: 0, b: 10, c: 20, ...Object.fromEntries([...Array(20)].map((_, i) => [`one${i}`, i])) });
  const two = queued({ a: 0, b: 10, c: 20, ...Object.fromEntries([...Array(20)].map((_, i) => [`two${i}`, i])) });
  assertEquals(alignClocks(one, two), { kind: "unknown", matches: 3, agreeing: 3, expected: 23 });
});

Deno.test("a recording that covers a part of the other one, or a part of its events, is aligned", () => {
  const all = Object.fromEntries([...Array(200)].map((_, i) => [`bio${i}`, 1_000_000 + i * 137]));
  const shifted = (from: number, step: number) =>
    queued(Object.fromEntries(
      Object.entries(all).filter((_, i) => i >= from && i % step === 0).map(([place, us]) => [place, us - 999_000]),
    ));
  assertEquals(alignClocks(queued(all), shifted(150, 1)).kind, "aligned");
  assertEquals(alignClocks(queued(all), shifted(0, 10)).kind, "aligned");
  assertEquals(alignClocks(shifted(100, 1), queued(all)).kind, "aligned");
});

Deno.test("clocks that run apart slowly are aligned at their middle", () => {
  const one = Object.fromEntries([...Array(100)].map((_, i) => [`bio${i}`, i * 100_000]));
  const two = Object.fromEntries(Object.entries(one).map(([place, us]) => [place, 7_000_000 + us * (1 + 50e-6)]));
  const found = alignClocks(queued(one), queued(two));
  assert(found.kind === "aligned");
  assertEquals([found.matches, found.offsetNs], [100, -7_000_000_000n - 245_000n]);
  assert(found.spreadNs > 400_000n);
});

Deno.test("any offset is found again, with jitter and losses on both sides", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      fc.array(fc.tuple(fc.nat({ max: 10_000_000 }), fc.nat({ max: 900 }), fc.nat({ max: 19 })), {
        minLength: 30,
        maxLength: 80,
      }),
      (offset, bios) => {
        const places = (side: number): QueueTimes => ({
          byPlace: new Map(
            bios.flatMap(([us, jitter, loss], i) =>
              loss === side
                ? []
                : [[`bio${i}`, BigInt(us) * 1000n + (side === 1 ? BigInt(jitter) - offset : 0n)] as const]
            ),
          ),
          isWhole: true,
        });
        const found = alignClocks(places(0), places(1));
        assert(found.kind !== "unknown");
        const off = found.kind === "aligned" ? found.offsetNs : found.medianNs;
        assert(off - offset <= 0n && off - offset >= -900n, `${off} for ${offset}`);
      },
    ),
    { seed: 31, numRuns: 100 },
  );
});

/** A stream of records at the given times. */
class Times implements RecordStream {
  tsLo = 0;
  tsHi = 0;
  #at = 0;
  constructor(private readonly times: readonly bigint[], private readonly asynchronous: boolean) {}
  next(): boolean | Promise<boolean> {
    const time = this.times[this.#at++];
    if (time === undefined) return false;
    this.tsLo = Number(BigInt.asUintN(32, time));
    this.tsHi = Number(BigInt.asUintN(32, time >> 32n));
    return this.asynchronous ? Promise.resolve(true) : true;
  }
  emit(_sink: EventSink): void {}
}

Deno.test("a shifted stream has every time moved, by any offset, also to before zero", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 62n }), { maxLength: 8 }),
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      fc.boolean(),
      async (times, offset, asynchronous) => {
        const stream = new ShiftedStream(new Times(times, asynchronous), offset);
        const seen: bigint[] = [];
        while (await stream.next()) {
          seen.push((BigInt(stream.tsHi) << 32n) + BigInt(stream.tsLo));
        }
        assertEquals(seen, times.map((time) => time + offset));
      },
    ),
    { seed: 32, numRuns: 100 },
  );
});

async function timesOf(path: string): Promise<QueueTimes> {
  const [input] = expandInputs([path]);
  const format = formatOf(await headOf(input.files.at(-1)!), input);
  return await queueTimes((context) => format.open(context), input.path, input.files);
}

const RUNS = ["hello-ext4", "hello-xfs", "coherence-bw-ext4", "fio-ext4", "partition"];
const SOURCES = [
  "trace.dat",
  "trace.txt",
  "trace.txt.gz",
  "report.txt",
  "report.txt.gz",
  "perf-script.txt.gz",
  "blktrace",
  "blktrace/blkparse.txt",
  "blktrace/blkparse.txt.gz",
  "blktrace/blk-tracer.txt",
  "blktrace/blk-tracer.txt.gz",
];

Deno.test("recordings of one run are aligned with each other, and with no recording of another run", async () => {
  const all: { run: string; source: string; times: QueueTimes }[] = [];
  for (const run of RUNS) {
    for (const source of SOURCES) {
      const path = recordingPath(`${run}/${source}`);
      if (path !== null) all.push({ run, source, times: await timesOf(path) });
    }
  }
  assert(all.length > 10);
  for (const one of all) {
    for (const two of all) {
      const found = alignClocks(one.times, two.times);
      const pair = `${one.run}/${one.source} and ${two.run}/${two.source}`;
      assertEquals(found.kind === "unknown", one.run !== two.run, pair);
      const blkparse = [one, two].filter(({ source }) => source.includes("blkparse")).length;
      if (one.run === two.run) assertEquals(found.kind, blkparse === 1 ? "aligned" : "same", pair);
    }
  }
});

for (
  const [run, first, second] of [
    ["hello-ext4", "trace.dat", "blktrace/blkparse.txt"],
    ["hello-ext4", "blktrace/blkparse.txt", "trace.dat"],
    ["fio-ext4", "blktrace/blkparse.txt.gz", "trace.dat"],
  ]
) {
  const paths = [first, second].map((source) => recordingPath(`${run}/${source}`));
  Deno.test({
    name: `${second} goes in between the events of ${first} of ${run}`,
    ignore: paths.includes(null),
    fn: async () => {
      const { events, end } = await readBios(...(paths as string[]));
      assertEquals(end.recordings.map((recording) => recording.clock_offset_ns === 0n), [true, false]);
      for (const [i, event] of events.entries()) {
        if (i > 0) assert(event.ts >= events[i - 1].ts, `event ${i} is not earlier than the one before it`);
      }
      const place = ({ dev, sector, bytes }: { dev: string | null; sector: bigint | null; bytes: bigint | null }) =>
        `${dev} ${sector}+${bytes}`;
      const queue = events.filter(({ action, bytes }) => action === "Q" && bytes! > 0n);
      const [one, two] = [1, 2].map((id) => Map.groupBy(queue.filter((event) => event.recording_id === id), place));
      assertEquals([...one.keys()].sort(), [...two.keys()].sort());
      let far = 0;
      for (const [key, here] of one) {
        const there = two.get(key)!;
        assertEquals(here.length, there.length);
        for (const [i, { ts }] of here.entries()) {
          const apart = ts > there[i].ts ? ts - there[i].ts : there[i].ts - ts;
          assert(apart < 100_000n, `${key}: ${apart} ns`);
          if (apart > 3000n) far++;
        }
      }
      assert(far * 20 < queue.length, `${far} of ${queue.length} are further apart than 3 us`);
    },
  });
}
