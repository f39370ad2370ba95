import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { describeMachine, entry, event, formatsOf, MACHINES, oneCpu, readSpec } from "./trace_dat_helpers.ts";
import { OPTION, type TraceDatSpec } from "./trace_dat_builder.ts";
import type { Page, RingEntry } from "./trace_dat_pages.ts";

const PROBE = event([{ type: "u32", name: "n", size: 4 }]);
const at = (ts: bigint, order: "little" | "big" = "little") => entry(PROBE, ts, {}, order);

async function timesOf(pages: Page[], rest: Partial<TraceDatSpec> = {}): Promise<bigint[]> {
  const { rows } = await readSpec({
    formats: formatsOf(PROBE),
    buffers: [{ name: "", cpus: [{ cpu: 0, pages }] }],
    ...rest,
  });
  return rows.map(({ ts }) => ts);
}

for (const machine of MACHINES) {
  Deno.test(`times are exact over any gap and any number of pages (${describeMachine(machine)})`, async () => {
    const gap = fc.oneof(
      fc.bigInt({ min: 0n, max: 1000n }),
      fc.bigInt({ min: (1n << 27n) - 2n, max: (1n << 27n) + 2n }),
      fc.bigInt({ min: 0n, max: 1n << 54n }),
    );
    const start = fc.bigInt({ min: 0n, max: 1n << 61n });
    await fc.assert(
      fc.asyncProperty(start, fc.array(gap, { minLength: 1, maxLength: 300 }), async (first, gaps) => {
        const times: bigint[] = [];
        let now = first;
        for (const g of gaps) times.push(now += g);
        const { rows, diagnostics } = await readSpec({
          ...machine,
          formats: formatsOf(PROBE),
          buffers: oneCpu(times.map((ts) => at(ts, machine.order))),
          chunkBytes: 8192,
        });
        assertEquals(rows.map(({ ts }) => ts), times);
        assertEquals(diagnostics, []);
      }),
      { seed: 5, numRuns: 12 },
    );
  });

  Deno.test(`an absolute stamp sets the time, forwards and backwards (${describeMachine(machine)})`, async () => {
    const entries: RingEntry[] = [
      at(5n, machine.order),
      { kind: "stamp", ts: 1n << 40n },
      at((1n << 40n) + 3n, machine.order),
      { kind: "stamp", ts: (1n << 40n) - 100n },
      at((1n << 40n) - 90n, machine.order),
    ];
    assertEquals(await timesOf([{ ts: 5n, entries }], machine), [5n, (1n << 40n) + 3n, (1n << 40n) - 90n]);
  });
}

Deno.test("a clock that goes back between two pages is told of, and every event is there with its time", async () => {
  const pages: Page[] = [1000n, 5000n, 2000n, 6000n].map((ts) => ({ ts, entries: [at(ts + 1n), at(ts + 2n)] }));
  const read = await readSpec({ formats: formatsOf(PROBE), buffers: [{ name: "", cpus: [{ cpu: 0, pages }] }] });
  assertEquals(read.rows.length, 8);
  assertEquals(read.rows.map(({ ts }) => ts).slice(4, 6), [2001n, 2002n]);
  assertEquals(read.diagnostics.map(({ severity, code, count }) => [severity, code, count]), [
    ["warning", "time_backwards", 1],
  ]);
});

Deno.test("a time extend carries beyond 32 bits, alone and before an event", async () => {
  const entries: RingEntry[] = [
    at(0xffffffffn),
    { kind: "extend", delta: 1n },
    at(0x1_0000_0000n),
    { kind: "extend", delta: (1n << 40n) + 7n },
    { kind: "extend", delta: 1n },
    at((1n << 40n) + 0x1_0000_0010n),
  ];
  assertEquals(
    await timesOf([{ ts: 0xffff_fff0n, entries }]),
    [0xffffffffn, 0x1_0000_0000n, (1n << 40n) + 0x1_0000_0010n],
  );
});

Deno.test("an absolute stamp of 59 bits keeps the upper bits of the time before, and wraps", async () => {
  const wrap = 1n << 59n;
  const around = (base: bigint) => [{
    ts: base - 5n,
    entries: [at(base - 5n), { kind: "stamp" as const, ts: base + 100n }, at(base + 103n)],
  }];
  assertEquals(await timesOf(around(wrap)), [wrap - 5n, wrap + 103n]);
  assertEquals(await timesOf(around(3n * wrap)), [3n * wrap - 5n, 3n * wrap + 103n]);
  // A step back within the same upper bits is a step back, not a wrap.
  const back: RingEntry[] = [at(wrap + 200n), { kind: "stamp", ts: wrap + 50n }, at(wrap + 51n)];
  assertEquals(await timesOf([{ ts: wrap + 5n, entries: back }]), [wrap + 200n, wrap + 51n]);
});

Deno.test("events that the kernel took back leave their time behind", async () => {
  const entries: RingEntry[] = [
    at(100n),
    { kind: "discarded", bytes: 20, delta: 30 },
    at(135n),
    { kind: "discarded", bytes: 4, delta: 1 },
    at(136n),
  ];
  assertEquals(await timesOf([{ ts: 100n, entries }]), [100n, 135n, 136n]);
});

Deno.test("OFFSET is in nanoseconds, DATE in microseconds, and both add up", async () => {
  const offset = (body: string) => ({ id: OPTION.OFFSET, body });
  const date = (body: string) => ({ id: OPTION.DATE, body });
  const base = (1n << 32n) - 1n;
  for (const version of [6, 7] as const) {
    const shifted = (options: TraceDatSpec["options"]) =>
      timesOf([{ ts: base, entries: [at(base)] }], { version, options });
    assertEquals(await shifted([offset("5")]), [base + 5n]);
    assertEquals(await shifted([offset("-7")]), [base - 7n]);
    assertEquals(await shifted([offset("0x1ffffffff")]), [base + 0x1ffffffffn]);
    assertEquals(await shifted([date("0x10")]), [base + 16_000n]);
    assertEquals(await shifted([date("-5"), offset("1")]), [base - 4999n]);
  }
});

Deno.test("an OFFSET that is no number is reported and leaves the times alone", async () => {
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(PROBE),
    options: [{ id: OPTION.OFFSET, body: "12 apples" }],
    buffers: oneCpu([at(1n)]),
  });
  assertEquals(rows.map(({ ts }) => ts), [1n]);
  assertEquals(diagnostics.map(({ severity, code }) => [severity, code]), [["error", "option_damaged"]]);
});

Deno.test("cycles of the TSC become nanoseconds by TSC2NSEC, before OFFSET is added", async () => {
  const cycles = (1n << 62n) + 12345n;
  const [multiplier, shift] = [3_000_000_001n, 33n];
  const tsc = {
    id: OPTION.TSC2NSEC,
    body: (w: { u32(v: number): void; u64(v: bigint): void }) => {
      w.u32(Number(multiplier));
      w.u32(Number(shift));
      w.u64(99n);
    },
  };
  for (const clock of ["x86-tsc", "tsc2nsec"]) {
    const { rows, facts, diagnostics } = await readSpec({
      formats: formatsOf(PROBE),
      options: [tsc, { id: OPTION.OFFSET, body: "1000" }],
      buffers: oneCpu([at(cycles)], { clock }),
    });
    assertEquals(rows.map(({ ts }) => ts), [((cycles * multiplier) >> shift) + 1000n]);
    assertEquals([facts.clock, diagnostics], [clock, []]);
  }
  const other = await readSpec({
    formats: formatsOf(PROBE),
    options: [tsc],
    buffers: oneCpu([at(7n)], { clock: "mono" }),
  });
  assertEquals(other.rows.map(({ ts }) => ts), [7n]);
});

Deno.test("a clock that counts and is not converted is reported", async () => {
  for (const clock of ["counter", "x86-tsc"]) {
    const { diagnostics, facts } = await readSpec({ formats: formatsOf(PROBE), buffers: oneCpu([at(1n)], { clock }) });
    assertEquals(diagnostics.map(({ severity, code }) => [severity, code]), [["warning", "clock_not_time"]]);
    assertEquals(facts.clock, clock);
  }
});

Deno.test("times between guest and host that are not applied are reported", async () => {
  const { diagnostics } = await readSpec({
    formats: formatsOf(PROBE),
    options: [{ id: OPTION.TIME_SHIFT, body: (w) => w.u64(1n) }],
    buffers: oneCpu([at(1n)]),
  });
  assertEquals(diagnostics.map(({ severity, code }) => [severity, code]), [["warning", "option_not_applied"]]);
});

Deno.test("events of several CPUs are merged by time, those of equal times in the order of the CPUs", async () => {
  const cpu = (n: number, times: bigint[]) => ({ cpu: n, entries: times.map((ts) => at(ts)) });
  const { rows } = await readSpec({
    formats: formatsOf(PROBE),
    buffers: [{ name: "", cpus: [cpu(0, [10n, 30n, 30n]), cpu(3, [5n, 30n, 40n]), cpu(7, [10n])] }],
  });
  assertEquals(
    rows.map(({ ts, cpu: n }) => [ts, n]),
    [[5n, 3], [10n, 0], [10n, 7], [30n, 0], [30n, 0], [30n, 3], [40n, 3]],
  );
});
