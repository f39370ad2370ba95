/**
 * Throughput and queue depth over time.
 *
 * @module
 */
import { axis, BYTE_STEPS, Chart, lineStyle, numbersTable } from "./chart.ts";
import { byId, whenSeen } from "./dom.ts";
import { colour } from "./palette.ts";
import type { Recording } from "./recording.ts";
import { bytesText, numberText, timeText, word } from "./words.ts";

const BINS = 300;

interface DeviceRates {
  readonly name: string;
  /** Bytes a second that were completed, by part of the time. */
  readonly read: number[];
  readonly written: number[];
  /** Most bios queued and not completed at once. */
  readonly depth: number[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Counts of bios queued and not completed: the most in each part of the time. */
export function depthOf(begins: Float64Array, ends: Float64Array, whole: number, bins: number): number[] {
  const [starts, stops] = [begins.toSorted(), ends.toSorted()];
  const most = new Array<number>(bins).fill(0);
  let depth = 0;
  let stop = 0;
  let bin = 0;
  const enter = (to: number) => {
    while (bin < to) most[++bin] = Math.max(most[bin], depth);
  };
  for (const start of starts) {
    while (stop < stops.length && stops[stop] <= start) {
      enter(Math.min(bins - 1, Math.floor((stops[stop] / whole) * bins)));
      depth--;
      stop++;
    }
    enter(Math.min(bins - 1, Math.floor((start / whole) * bins)));
    depth++;
    most[bin] = Math.max(most[bin], depth);
  }
  for (; stop < stops.length; stop++) {
    enter(Math.min(bins - 1, Math.floor((stops[stop] / whole) * bins)));
    depth--;
  }
  enter(bins - 1);
  return most;
}

function ratesOf(recording: Recording): DeviceRates[] {
  const { words, bios } = recording;
  const whole = Math.max(1, words.lengthNs);
  const [dev, rwbs, bytes, queue, complete] = ["dev", "rwbs", "bytes", "queue", "complete"].map((name) =>
    bios.column(name)
  );
  return words.devices.map((name, code): DeviceRates => {
    const read = new Array<number>(BINS).fill(0);
    const written = new Array<number>(BINS).fill(0);
    const begins: number[] = [];
    const ends: number[] = [];
    for (let row = 0; row < bios.rows; row++) {
      if (dev[row] !== code || Number.isNaN(queue[row])) continue;
      begins.push(queue[row]);
      ends.push(recording.bioEnds[row]);
      if (Number.isNaN(complete[row]) || Number.isNaN(bytes[row])) continue;
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor((recording.bioEnds[row] / whole) * BINS)));
      const flags = word(words.rwbs, rwbs[row]);
      if (flags.includes("W")) written[bin] += bytes[row];
      else if (flags.includes("R")) read[bin] += bytes[row];
    }
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    const seconds = whole / BINS / 1e9;
    return {
      name,
      bytesRead: sum(read),
      bytesWritten: sum(written),
      read: read.map((each) => each / seconds),
      written: written.map((each) => each / seconds),
      depth: depthOf(Float64Array.from(begins), Float64Array.from(ends), whole, BINS),
    };
  }).filter(({ depth }) => depth.some((each) => each > 0));
}

export function showRates(recording: Recording): void {
  whenSeen(byId("rates"), () => {
    const rates = ratesOf(recording);
    const place = byId("rates");
    const whole = recording.words.lengthNs;
    const times = Array.from({ length: BINS }, (_, bin) => ((bin + 0.5) / BINS) * whole);
    const timeAxis = () => axis({ values: (_plot, values) => values.map((value) => timeText(value, 4)), space: 80 });
    const lines = rates.flatMap(({ name, read, written }) => [
      { name: `${name} read`, values: read },
      { name: `${name} written`, values: written },
    ]).filter(({ values }) => values.some((each) => each > 0));
    const series = (count: number) =>
      Array.from({ length: count }, (_, nth) => {
        const { colour: property, dash } = lineStyle(nth);
        return { stroke: colour(property), dash: [...dash], width: 1.5, points: { show: false } };
      });
    const scales = { x: { time: false, range: [0, whole] as [number, number] } };
    const cursor = { drag: { x: false, y: false } };
    const [throughput, depth] = [...place.querySelectorAll<HTMLElement>(".chart-place")];
    const part = timeText(whole / BINS, 3);
    if (lines.length > 0) {
      new Chart(throughput, {
        description: `Bytes a second read and written over time, in parts of ${part}.`,
        height: 220,
        data: [times, ...lines.map(({ values }) => values)],
        legend: lines.map(({ name }, nth) => ({ name, style: lineStyle(nth) })),
        options: () => ({
          scales,
          cursor,
          axes: [
            timeAxis(),
            axis({ values: (_plot, values) => values.map((v) => `${bytesText(v)}/s`), size: 84, incrs: BYTE_STEPS }),
          ],
          series: [{}, ...series(lines.length)],
        }),
      });
    } else throughput.replaceChildren("Nothing was read or written.");
    new Chart(depth, {
      description: `Most bios queued and not completed at once, over time, in parts of ${part}.`,
      height: 180,
      data: [times, ...rates.map((each) => each.depth)],
      legend: rates.map(({ name }, nth) => ({ name: `${name} bios queued`, style: lineStyle(nth) })),
      options: () => ({
        scales,
        cursor,
        axes: [timeAxis(), axis({ size: 84 })],
        series: [{}, ...series(rates.length)],
      }),
    });
    const rows = rates.map((each) => [
      each.name,
      bytesText(each.bytesRead),
      bytesText(each.bytesWritten),
      `${bytesText(each.bytesRead / (whole / 1e9))}/s`,
      `${bytesText(each.bytesWritten / (whole / 1e9))}/s`,
      numberText(Math.max(...each.depth)),
    ]);
    place.querySelector(".numbers-place")!.replaceChildren(
      numbersTable("Devices", ["device", "read", "written", "mean read", "mean written", "deepest queue"], rows),
    );
  });
}
