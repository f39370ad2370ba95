import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NONE, OpenBios, QUEUED } from "../../src/lifting/open_bios.ts";

interface Placed {
  slot: number;
  device: number;
  start: number;
  end: number;
}

function place(bios: OpenBios, device: number, start: number, sectors: number): Placed {
  const slot = bios.take();
  bios.state[slot] = QUEUED;
  bios.id[slot] = slot;
  bios.device[slot] = device;
  bios.sector[slot] = bios.start[slot] = start;
  bios.bytes[slot] = sectors * 512;
  bios.end[slot] = start + sectors;
  bios.place(slot);
  return { slot, device, start, end: start + sectors };
}

function atStart(bios: OpenBios, device: number, sector: number): number[] {
  const slots: number[] = [];
  for (let slot = bios.firstAtStart(device, sector); slot !== NONE; slot = bios.nextAtStart(slot)) slots.push(slot);
  return slots;
}

function atEnd(bios: OpenBios, device: number, sector: number): number[] {
  const slots: number[] = [];
  for (let slot = bios.firstAtEnd(device, sector); slot !== NONE; slot = bios.nextAtEnd(slot)) slots.push(slot);
  return slots;
}

Deno.test("bios are found by start, oldest first, and by end, newest first, also as the table grows", () => {
  const step = fc.record({
    take: fc.boolean(),
    device: fc.nat({ max: 2 }),
    start: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 40)),
    sectors: fc.nat({ max: 4 }),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(1, 10), (steps, copies) => {
      const bios = new OpenBios(8192);
      const placed: Placed[] = [];
      for (const { take, device, start, sectors, which } of steps) {
        for (let copy = 0; copy < copies; copy++) {
          if (take || placed.length === 0) {
            const others = atStart(bios, device, start).length;
            placed.push(place(bios, device, start, sectors));
            assertEquals(atStart(bios, device, start).length, others + 1);
          } else {
            const [gone] = placed.splice(which % placed.length, 1);
            bios.unplace(gone.slot);
            bios.release(gone.slot);
          }
        }
      }
      assertEquals(bios.count, placed.length);
      for (const { device, start, end } of placed) {
        const same = placed.filter((p) => p.device === device && p.start === start).map((p) => p.slot);
        assertEquals(atStart(bios, device, start), same);
        assertEquals(bios.onlyAtStart(device, start) === NONE || same.length === 1, true);
        const ending = placed.filter((p) => p.device === device && p.end === end && p.end > p.start);
        assertEquals(atEnd(bios, device, end), ending.map((p) => p.slot).reverse());
      }
      assertEquals(atStart(bios, 3, 5), []);
    }),
    { seed: 5, numRuns: 100 },
  );
});

Deno.test("a table of bios grows to its limit and no further, and keeps what it has", () => {
  const bios = new OpenBios(4096);
  const placed: Placed[] = [];
  while (bios.room > 0) {
    const { slot } = placed.at(-1) ?? { slot: 0 };
    bios.times[slot * 10 + 3] = slot;
    placed.push(place(bios, 1, placed.length * 8, 8));
  }
  assertEquals(placed.length, 4096);
  assert(placed.every(({ slot, start }) => bios.onlyAtStart(1, start) === slot && bios.sector[slot] === start));
  assert(placed.every(({ slot, end }) => atEnd(bios, 1, end).join() === `${slot}`));
  assert(placed.slice(0, -1).every(({ slot }) => bios.times[slot * 10 + 3] === slot));
  assertEquals(bios.inOrder(), placed.map(({ slot }) => slot));
  for (const { slot } of placed) {
    bios.unplace(slot);
    bios.release(slot);
  }
  assertEquals([bios.count, bios.inOrder()], [0, []]);
});
