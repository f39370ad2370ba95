import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SEVERAL, SpanTrack, TickTrack } from "../../../src/report/html/browser/tracks.ts";

interface Drawn {
  from: number;
  to: number;
  itemClass: number;
  cover: number;
  item: number;
}

const CLASSES = 3;

/** Spans one after the other: gaps and lengths in turn. */
const spans = fc.array(fc.record({ gap: fc.nat(50), length: fc.nat(200), itemClass: fc.nat(CLASSES - 1) }), {
  minLength: 1,
  maxLength: 80,
});

function trackOf(list: readonly { gap: number; length: number; itemClass: number }[]): SpanTrack {
  let now = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { gap, length } of list) {
    starts.push(now += gap);
    ends.push(now += length);
  }
  return new SpanTrack(
    Float64Array.from(starts),
    Float64Array.from(ends),
    Int32Array.from(list, (_, nth) => nth),
    Uint8Array.from(list, ({ itemClass }) => itemClass),
    CLASSES,
  );
}

Deno.test("every span of the window is in a rectangle, however many share a pixel", () => {
  fc.assert(
    fc.property(spans, fc.nat(500), fc.integer({ min: 1, max: 4000 }), (list, from, length) => {
      const track = trackOf(list);
      const width = 100;
      const scale = width / length;
      const drawn: Drawn[] = [];
      track.draw(
        from,
        scale,
        width,
        (from, to, itemClass, cover, item) => drawn.push({ from, to, itemClass, cover, item }),
      );
      track.starts.forEach((start, nth) => {
        if (track.ends[nth] <= from || start >= from + length) return;
        const left = Math.max(0, (start - from) * scale);
        assert(drawn.some(({ from, to }) => from - 1e-6 <= left && left <= to + 1), `span ${nth} is drawn`);
      });
      assert(drawn.every(({ cover }) => cover > 0 && cover <= 1));
      // A rectangle that names an item is that item's.
      for (const { item, itemClass } of drawn) {
        if (item !== SEVERAL) assertEquals(itemClass, track.classes[item]);
      }
      assert(drawn.length <= 2 * width + 4, "there are never more rectangles than pixels, by far");
    }),
    { seed: 12, numRuns: 300 },
  );
});

Deno.test("a pixel of many spans takes the class that fills most of it", () => {
  const list = [1, 2, 1, 1, 2].map((itemClass) => ({ gap: 1, length: itemClass === 2 ? 10 : 2, itemClass }));
  const drawn: Drawn[] = [];
  trackOf(list).draw(
    0,
    0.01,
    10,
    (from, to, itemClass, cover, item) => drawn.push({ from, to, itemClass, cover, item }),
  );
  assertEquals(drawn.map(({ itemClass, item }) => [itemClass, item]), [[2, SEVERAL]]);
});

Deno.test("what is under the pointer is the span there, or the nearest within reach", () => {
  const track = trackOf([{ gap: 10, length: 5, itemClass: 0 }, { gap: 10, length: 5, itemClass: 1 }]);
  assertEquals([5, 8, 12, 16, 20, 24, 40].map((time) => track.at(time, 3)), [-1, 0, 0, 0, -1, 1, -1]);
});

Deno.test("moments of a class are counted a pixel at a time", () => {
  const track = new TickTrack(
    Float64Array.from([1, 2, 3, 50, 51]),
    Int32Array.from([0, 1, 2, 3, 4]),
    Uint8Array.from([0, 1, 0, 2, 2]),
    CLASSES,
  );
  const drawn: Drawn[] = [];
  track.draw(0, 0.1, 10, (from, to, itemClass, cover, item) => drawn.push({ from, to, itemClass, cover, item }));
  assertEquals(drawn.map(({ from, itemClass }) => [from, itemClass]), [[0, 0], [0, 1], [5, 2]]);
  assertEquals(track.at(48, 2), 3);
  assertEquals(track.at(40, 2), -1);
});
