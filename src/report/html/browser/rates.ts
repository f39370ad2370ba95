/**
 * Throughput and queue depth over the stretch of time that the timeline shows.
 *
 * @module
 */
import { axis, BYTE_STEPS, Chart, COUNT_STEPS, lineStyle, numbersTable, showNothing } from "./chart.ts";
import type uPlot from "uplot";
import { depthOf, type DeviceBios, devicesOf, rateOf } from "./bio_rates.ts";
import { byId, whenSeen } from "./dom.ts";
import { followTime } from "./following.ts";
import { colour } from "./palette.ts";
import type { Recording } from "./recording.ts";
import type { TimeWindow } from "./time_window.ts";
import { bytesText, numberText, timeText } from "./words.ts";

const BINS = 300;

export function showRates(recording: Recording, time: TimeWindow): void {
  whenSeen(byId("rates"), () => {
    const devices = devicesOf(recording);
    const place = byId("rates");
    const timeAxis = () => axis({ values: (_plot, values) => values.map((value) => timeText(value, 5)), space: 80 });
    const lines = devices.flatMap(({ name, read, written }) => [
      { name: `${name} read`, transfers: read },
      { name: `${name} written`, transfers: written },
    ]).filter(({ transfers }) => transfers.times.length > 0);
    const series = (count: number) =>
      Array.from({ length: count }, (_, nth) => {
        const { colour: property, dash } = lineStyle(nth);
        return { stroke: colour(property), dash: [...dash], width: 1.5, points: { show: false } };
      });
    const scales = { x: { time: false, range: (): [number, number] => [time.from, time.until] } };
    const cursor = { drag: { x: false, y: false } };
    const times = () => Array.from({ length: BINS }, (_, bin) => time.from + ((bin + 0.5) / BINS) * time.length);
    const throughputData = (): uPlot.AlignedData => [
      times(),
      ...lines.map(({ transfers }) => rateOf(transfers, time, BINS)),
    ];
    const depthData = (): uPlot.AlignedData => [
      times(),
      ...devices.map(({ begins, ends }) => depthOf(begins, ends, time, BINS)),
    ];
    const [throughputPlace, depthPlace] = [...place.querySelectorAll<HTMLElement>(".chart-place")];
    const charts: (() => void)[] = [];
    if (lines.length > 0) {
      const throughput = new Chart(throughputPlace, {
        description: "Bytes a second read and written over the stretch of time that the timeline shows.",
        height: 220,
        data: throughputData(),
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
      charts.push(() => throughput.show(throughputData()));
    } else showNothing(throughputPlace, "Nothing was read or written.");
    if (devices.length === 0) return showNothing(depthPlace, "No bio was recorded.");
    const depth = new Chart(depthPlace, {
      description: "Most bios queued and not completed at once, over the stretch of time that the timeline shows.",
      height: 180,
      data: depthData(),
      legend: devices.map(({ name }, nth) => ({ name: `${name} bios queued`, style: lineStyle(nth) })),
      options: () => ({
        scales,
        cursor,
        axes: [timeAxis(), axis({ size: 84, incrs: COUNT_STEPS })],
        series: [{}, ...series(devices.length)],
      }),
    });
    charts.push(() => depth.show(depthData()));
    followTime(place, time, () => charts.forEach((show) => show()));
    place.querySelector(".numbers-place")!.replaceChildren(
      numbersTable(
        "Devices",
        ["device", "read", "written", "mean read", "mean written", "deepest queue"],
        devices.map((device) => numbersOf(device, recording.words.lengthNs)),
      ),
    );
  });
}

/** A device over the whole recording. */
function numbersOf({ name, read, written, begins, ends }: DeviceBios, whole: number): string[] {
  const sums = [read, written].map(({ bytes }) => bytes.reduce((sum, each) => sum + each, 0));
  const [deepest] = depthOf(begins, ends, { from: 0, length: Math.max(1, whole) }, 1);
  return [
    name,
    ...sums.map(bytesText),
    ...sums.map((sum) => `${bytesText(sum / (whole / 1e9))}/s`),
    numberText(deepest),
  ];
}
