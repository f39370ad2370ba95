import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventSink } from "../../src/recording/event_sink.ts";
import { type MergeControl, mergeStreams } from "../../src/recording/merge.ts";
import type { RecordStream } from "../../src/recording/recording_format.ts";

/** Records at these times, some of them only after waiting; each puts its name into a list instead of a sink. */
class NamedStream implements RecordStream {
  tsLo = 0;
  tsHi = 0;
  #at = -1;

  constructor(
    private readonly name: string,
    private readonly times: readonly bigint[],
    private readonly emitted: string[],
    private readonly waitEvery = Infinity,
  ) {}

  next(): boolean | Promise<boolean> {
    this.#at++;
    const more = this.#at < this.times.length;
    if (more) {
      this.tsLo = Number(BigInt.asUintN(32, this.times[this.#at]));
      this.tsHi = Number(BigInt.asIntN(32, this.times[this.#at] >> 32n));
    }
    return (this.#at + 1) % this.waitEvery === 0 ? Promise.resolve(more) : more;
  }

  emit(): void {
    this.emitted.push(`${this.name}${this.#at}`);
  }
}

const sink = new EventSink(() => {}, []);
const goOn: MergeControl = { pace: () => Promise.resolve(true) };

Deno.test("records of all streams come in order of time; at one time, in the order of the streams", async () => {
  const time = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(time, { maxLength: 30 }), fc.integer({ min: 1, max: 9 })), { maxLength: 9 }),
      async (streams) => {
        const emitted: string[] = [];
        const sorted = streams.map(([times]) => times.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0));
        const all = sorted.flatMap((times, stream) => times.map((ts, i) => ({ ts, stream, name: `s${stream}.${i}` })));
        // A stable sort keeps streams in order where times are equal, as they are in order here.
        all.sort((a, b) => a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : a.stream - b.stream);
        const merged = await mergeStreams(
          sorted.map((times, i) => new NamedStream(`s${i}.`, times, emitted, streams[i][1])),
          sink,
          goOn,
        );
        assert(merged);
        assertEquals(emitted, all.map(({ name }) => name));
      },
    ),
    { seed: 51, numRuns: 200 },
  );
});

Deno.test("times are compared as 64 bits, and those before zero come first", async () => {
  const emitted: string[] = [];
  const streams = [
    new NamedStream("late", [2n ** 33n, 2n ** 33n + 1n], emitted),
    new NamedStream("high", [0xffff_ffffn, 2n ** 32n], emitted),
    new NamedStream("negative", [-(2n ** 33n), -1n, 0n], emitted),
    new NamedStream("none", [], emitted),
  ];
  await mergeStreams(streams, sink, goOn);
  assertEquals(emitted, ["negative0", "negative1", "negative2", "high0", "high1", "late0", "late1"]);
});

Deno.test("a stream whose times go back keeps its own order, and loses no record", async () => {
  const emitted: string[] = [];
  const streams = [new NamedStream("a", [5n, 1n, 2n, 9n], emitted), new NamedStream("b", [3n, 6n, 8n], emitted)];
  await mergeStreams(streams, sink, goOn);
  assertEquals(emitted, ["b0", "a0", "a1", "a2", "b1", "b2", "a3"]);
});

Deno.test("nothing is merged from no streams", async () => {
  assertEquals(await mergeStreams([], sink, goOn), true);
});

Deno.test("the merge asks now and then whether to go on, and stops when told", async () => {
  const emitted: string[] = [];
  const times = [...Array(20_000).keys()].map(BigInt);
  let asked = 0;
  const stopped = await mergeStreams([new NamedStream("a", times, emitted)], sink, {
    pace: () => Promise.resolve(++asked < 3),
  });
  assertEquals([stopped, asked], [false, 3]);
  assert(emitted.length > 0 && emitted.length < 20_000 && emitted.length % 3 === 0);
});
