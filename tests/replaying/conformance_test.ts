/**
 * Recordings that come along beside the modelled kernel, and what becomes of the score when a recording is damaged.
 *
 * @module
 */

import { recordedKernel } from "../../src/replaying/recorded_kernel.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { align } from "../../src/replaying/conformance/align.ts";
import { conform, type Conformance } from "../../src/replaying/conformance/conform.ts";
import { environmentOf } from "../../src/replaying/conformance/derive_environment.ts";
import { DiskPlaces } from "../../src/replaying/conformance/disk_places.ts";
import { familyOf, recordedKey } from "../../src/replaying/conformance/event_keys.ts";
import { unpacked } from "../../src/replaying/conformance/packed_trace.ts";
import type { RecordedEvent, RecordedTrace } from "../../src/replaying/conformance/recorded_events.ts";
import { sortEvents } from "../../src/replaying/conformance/units.ts";
import { RecordedTraces } from "../../src/results/conformance_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { readResults } from "../commands/made_results.ts";
import { engine } from "../results/results_files.ts";

const EVENTS_MAX = 100_000;
const traces = new Map<string, RecordedTrace>();

/** What conformance is told of a recording of traces/. */
async function traceOf(name: string): Promise<RecordedTrace> {
  const known = traces.get(name);
  if (known !== undefined) return known;
  const reader = ResultsReader.open(await engine(), await readResults(`${name}/trace.dat`));
  const recorded = new RecordedTraces(reader.connection, EVENTS_MAX);
  const found = unpacked(await recorded.of(recorded.recordings[0]));
  reader.close();
  traces.set(name, found);
  return found;
}

interface Sums {
  readonly predicted: number;
  readonly observed: number;
  readonly matched: number;
}

/** Sums over the events of some families; of all that the model fires where none is named. */
function sums({ events }: Conformance, ...families: string[]): Sums {
  const own = events.filter(({ isModelled, family }) =>
    isModelled && (families.length === 0 || families.includes(family))
  );
  const sum = (field: keyof Sums) => own.reduce((all, score) => all + score[field], 0);
  return { predicted: sum("predicted"), observed: sum("observed"), matched: sum("matched") };
}

/** Events that nothing of the environment is taken from: where they stand, and that they do, is for the model to say. */
const PREDICTED_ALONE = new Set([
  "block_getrq",
  "block_io_start",
  "block_plug",
  "block_rq_issue",
  "block_unplug",
  "ext4_sync_file_exit",
  "iomap_dio_complete",
  "iomap_iter",
  "iomap_readahead",
  "xfs_file_buffered_read",
  "xfs_file_direct_read",
  "xfs_file_direct_write",
  "xfs_ilock",
  "xfs_iunlock",
]);

/** Places of events that are matched calls' own and predicted alone; what is about timestamps is left out of the score. */
function candidates(trace: RecordedTrace, before: Conformance): number[] {
  const agreeing = before.calls.filter(({ first }) => first === null).map(({ call }) =>
    trace.calls.find(({ id }) => id === call)!
  );
  const compared = new Set(sortEvents(trace).units.flatMap((unit) => unit.compared));
  return trace.events.flatMap((event, at) =>
    PREDICTED_ALONE.has(event.name) && compared.has(event) &&
      agreeing.some(({ pid, firstSeq, lastSeq }) => pid === event.pid && firstSeq < event.seq && event.seq < lastSeq)
      ? [at]
      : []
  );
}

const HELLO = ["hello-ext4", "hello-xfs"] as const;

for (const name of HELLO) {
  Deno.test(`${name}: direct I/O, iomap and page-cache events are all as the model has them`, async () => {
    const trace = await traceOf(name);
    const scored = conform(trace);
    for (const family of ["direct I/O", "iomap", "page cache"]) {
      const { predicted, observed, matched } = sums(scored, family);
      assert(matched > 0);
      assertEquals({ family, predicted, observed }, { family, predicted: matched, observed: matched });
    }
  });

  Deno.test(`${name}: an event that is dropped lowers the score by that event`, async () => {
    const trace = await traceOf(name);
    const before = conform(trace);
    // Which events were asked for is known by there being any of a name.
    const often = (name: string) => trace.events.filter((event) => event.name === name).length > 1;
    const places = candidates(trace, before).filter((at) => often(trace.events[at].name));
    fc.assert(
      fc.property(fc.constantFrom(...places), (at) => {
        const after = conform({ ...trace, events: trace.events.toSpliced(at, 1) });
        const [was, is] = [sums(before), sums(after)];
        assertEquals(is, { predicted: was.predicted, observed: was.observed - 1, matched: was.matched - 1 });
      }),
      { seed: 5, numRuns: 8 },
    );
  });

  Deno.test(`${name}: an event that is added is one more that was not predicted`, async () => {
    const trace = await traceOf(name);
    const before = conform(trace);
    fc.assert(
      fc.property(fc.constantFrom(...candidates(trace, before)), (at) => {
        const after = conform({ ...trace, events: trace.events.toSpliced(at, 0, trace.events[at]) });
        const [was, is] = [sums(before), sums(after)];
        assertEquals(is, { ...was, observed: was.observed + 1 });
      }),
      { seed: 6, numRuns: 8 },
    );
  });

  Deno.test(`${name}: two events that are swapped lower the score by one`, async () => {
    const trace = await traceOf(name);
    const before = conform(trace);
    const places = candidates(trace, before).filter((at) => {
      const [one, other] = [trace.events[at], trace.events[at + 1]];
      return PREDICTED_ALONE.has(other.name) && one.pid === other.pid && recordedKey(one) !== recordedKey(other);
    });
    fc.assert(
      fc.property(fc.constantFrom(...places), (at) => {
        const [one, other] = [trace.events[at], trace.events[at + 1]];
        const placed = (event: RecordedEvent, { seq, time }: RecordedEvent) => ({ ...event, seq, time });
        const events = trace.events.toSpliced(at, 2, placed(other, one), placed(one, other));
        const after = conform({ ...trace, events });
        assertEquals(sums(after), { ...sums(before), matched: sums(before).matched - 1 });
      }),
      { seed: 7, numRuns: 8 },
    );
  });

  Deno.test(`${name}: what is predicted does not depend on what the predicted events say`, async () => {
    const trace = await traceOf(name);
    const before = conform(trace);
    const blurred = (event: RecordedEvent): RecordedEvent =>
      PREDICTED_ALONE.has(event.name) && !event.name.startsWith("xfs_")
        ? { ...event, offset: null, bytes: null, ret: null, detail: "?", more: "?" }
        : event;
    const after = conform({ ...trace, events: trace.events.map(blurred) });
    const predicted = ({ events }: Conformance) => events.map(({ event, predicted }) => `${event} ${predicted}`).sort();
    assertEquals(predicted(after), predicted(before));
    assert(sums(after).matched < sums(before).matched);
  });
}

Deno.test("six threads that read and write one file directly and through its cache go as the model has them", async () => {
  const scored = conform(await traceOf("coherence-bw-ext4"));
  for (const family of ["direct I/O", "iomap", "page cache"]) {
    const { predicted, observed, matched } = sums(scored, family);
    assert(100 * matched >= 99 * predicted && 100 * matched >= 99 * observed, `${family}: ${matched} of ${observed}`);
  }
  const asPredicted = scored.calls.filter(({ first }) => first === null).length;
  assert(asPredicted >= 320, `${asPredicted} of ${scored.calls.length} calls`);
});

Deno.test("a call that differs is told with its first event that does, and how far it went before", async () => {
  const trace = await traceOf("hello-ext4");
  const direct = trace.calls.find(({ kind, direct }) => kind === "pwrite" && direct)!;
  const at = trace.events.findIndex(({ name, seq }) => name === "iomap_iter" && seq > direct.firstSeq);
  const { calls } = conform({ ...trace, events: trace.events.toSpliced(at, 1) });
  const score = calls.find(({ call }) => call === direct.id)!;
  assertEquals(score.prefix, 3);
  assertEquals(score.first?.expected, "iomap_iter DIRECT|WRITE");
  assertEquals(score.first?.recorded, "iomap_iter_dstmap 0 8192 MAPPED");
  assertEquals(score.matched, score.predicted - 1);
});

Deno.test("a kernel that is not modelled is taken for the nearest, which is said", async () => {
  const trace = await traceOf("hello-ext4");
  const older = conform({ ...trace, kernel: "6.2.14-generic" });
  assertEquals(older.kernel, "6.1");
  assertEquals(older.notes, ["kernel 6.2.14-generic is not modelled: taken for 6.1, the nearest"]);
  assertEquals(conform({ ...trace, kernel: "6.18.44" }).notes, []);
});

Deno.test("events tell which modelled kernel is nearer where the release is not recorded, and the user may say another", () => {
  const of = (...names: string[]) => recordedKernel(new Set(names), null);
  assertEquals(of("ext4_da_write_begin", "ext4_readpage"), { kver: "6.1", fs: "ext4", note: null });
  assertEquals(of("xfs_file_read", "mm_filemap_get_pages"), { kver: "6.18", fs: "xfs", note: null });
  const unknown = of("ext4_da_write_begin");
  assertEquals([unknown.kver, unknown.note], [
    "6.18",
    "no event tells which kernel was recorded: taken for 6.18 (--kernel says another)",
  ]);
  assertEquals(recordedKernel(new Set(["mm_filemap_get_pages"]), "6.18.4", { kernel: "6.1", fs: "xfs" }), {
    kver: "6.1",
    fs: "xfs",
    note: null,
  });
});

Deno.test("every event that is compared has a family, and keys tell events apart by what the kernel decides", async () => {
  const { events } = await traceOf("coherence-bw-ext4");
  for (const event of events) assertEquals(recordedKey(event) === null, familyOf(event.name) === null, event.name);
});

const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });

/** Length of the longest common part, by trying. */
function longest(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
  return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
}

Deno.test("what is laid side by side is equal, in order, and as much as there can be", () => {
  fc.assert(
    fc.property(words, words, (a, b) => {
      const pairs = [...align(a, b)].flatMap((other, own) => other < 0 ? [] : [[own, other]]);
      for (const [nth, [own, other]] of pairs.entries()) {
        assertEquals(a[own], b[other]);
        if (nth > 0) assert(pairs[nth - 1][0] < own && pairs[nth - 1][1] < other);
      }
      assertEquals(pairs.length, longest(a, b));
    }),
    { seed: 11, numRuns: 200 },
  );
});

Deno.test("a small device keeps neighbours, and nothing else of the distances", () => {
  const places = new DiskPlaces([2066, 2065, 90_000, 2067]);
  const own = places.toOwn(2065);
  assertEquals([places.toOwn(2066), places.toOwn(2067)], [own + 1, own + 2]);
  assert(places.toOwn(90_000) > own + 3);
  assert(places.toOwn(90_000) < own + 10);
  assertEquals(places.toRealSector(places.toOwn(90_000) * 8 + 5, 8), 90_000 * 8 + 5);
  assertEquals(places.toRealSector(places.unnamed() * 8, 8), null);
});

Deno.test("hello-xfs: the first write of an inode looks for privileges to strip, as it was recorded to", async () => {
  const trace = await traceOf("hello-xfs");
  const scored = conform(trace);
  const writes = new Set(trace.calls.filter(({ kind }) => kind === "pwrite").map(({ id }) => id));
  const { predicted, observed, matched } = scored.calls.find(({ call }) => writes.has(call))!;
  assert(matched > 0);
  assertEquals([predicted, observed], [matched, matched]);
});

Deno.test("a bio that is not where the recorded one was does not wait for one of another call", () => {
  const bios = [{ sector: 0, bytes: 4096, rwbs: "FWS", queued: 5000, completed: 9000, error: 0 }];
  const trace: RecordedTrace = {
    recordingId: 1,
    dev: "7:0",
    kernel: "6.18",
    pageSize: 4096,
    blockSize: 4096,
    events: [],
    calls: [],
    bioPlaces: new Map(),
    bios,
    processOf: new Map(),
  };
  const facts = environmentOf(trace, [], [1]);
  assertEquals(facts.bioEnd(0, "FWS", 1000, 2000), 1000);
  assertEquals(facts.bioEnd(0, "FWS", 1000, 6000), 9000);
});
