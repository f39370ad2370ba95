/**
 * How long bios and operations took: by stage, and how many took no longer than so long.
 *
 * @module
 */
import uPlot from "uplot";
import { axis, Chart, lineStyle, numbersTable, showNothing } from "./chart.ts";
import { byId, whenSeen } from "./dom.ts";
import { colour } from "./palette.ts";
import type { Recording } from "./recording.ts";
import { numberText, timeText, word } from "./words.ts";

/** Measured times of one kind, sorted. */
export interface Sample {
  readonly name: string;
  readonly sorted: Float64Array;
}

/** Kinds with fewer are left to the table. */
const LINES_MAX = 8;
const PERCENTILES = [0.5, 0.9, 0.99, 0.999];

/** The smallest value that so much of the sample does not exceed: one that occurred. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** Times by name, the most frequent first. */
function samplesOf(count: number, nameOf: (row: number) => string, timeOf: (row: number) => number): Sample[] {
  const lists = new Map<string, number[]>();
  for (let row = 0; row < count; row++) {
    const time = timeOf(row);
    if (Number.isNaN(time)) continue;
    const name = nameOf(row);
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [time]);
    else list.push(time);
  }
  return [...lists].map(([name, times]): Sample => ({ name, sorted: Float64Array.from(times).sort() }))
    .sort((a, b) => b.sorted.length - a.sorted.length || (a.name < b.name ? -1 : 1));
}

/** Kind of a bio: device, direction and what it carries. */
function bioKind(recording: Recording, row: number): string {
  const { words, bios } = recording;
  const rwbs = word(words.rwbs, bios.column("rwbs")[row]);
  const direction = rwbs.includes("W")
    ? "write"
    : rwbs.includes("R")
    ? "read"
    : rwbs.includes("D")
    ? "discard"
    : "flush";
  const role = word(words.roles, bios.column("role")[row]);
  const carries = role === "unknown" || role === direction ? "" : ` ${role}`;
  return `${word(words.devices, bios.column("dev")[row])} ${direction}${carries}`;
}

export function showLatencies(recording: Recording): void {
  const { words, bios, operations } = recording;
  whenSeen(byId("latency-bios"), () => {
    const complete = bios.column("complete");
    const samples = samplesOf(bios.rows, (row) => bioKind(recording, row), (row) => complete[row]);
    showDistribution("latency-bios", "bios from queued to completed", samples);
  });
  whenSeen(byId("latency-operations"), () => {
    const [kind, execution, duration] = ["kind", "execution", "duration"].map((name) => operations.column(name));
    const nameOf = (row: number) => {
      const way = word(words.executions, execution[row]);
      return `${word(words.kinds, kind[row])}${way === "unknown" || way === "none" ? "" : ` ${way}`}`;
    };
    const samples = samplesOf(operations.rows, nameOf, (row) => duration[row]);
    showDistribution("latency-operations", "operations from call to return", samples);
  });
  whenSeen(byId("latency-stages"), () => showStages(recording));
}

function showDistribution(id: string, what: string, samples: readonly Sample[]): void {
  const drawn = samples.slice(0, LINES_MAX).filter(({ sorted }) => sorted[sorted.length - 1] > 0);
  const place = byId(id);
  const chartPlace = place.querySelector<HTMLElement>(".chart-place")!;
  const head = ["kind", "count", "mean", ...PERCENTILES.map((share) => `p${share * 100}`), "longest"];
  const rows = samples.map(({ name, sorted }) => [
    name,
    numberText(sorted.length),
    timeText(sorted.reduce((sum, each) => sum + each, 0) / sorted.length, 3),
    ...PERCENTILES.map((share) => timeText(quantile(sorted, share), 3)),
    timeText(sorted[sorted.length - 1], 3),
  ]);
  place.querySelector(".numbers-place")!.replaceChildren(numbersTable(`Percentiles of ${what}`, head, rows));
  if (drawn.length === 0) return showNothing(chartPlace, "Nothing was measured.");
  const from = Math.max(1, Math.min(...drawn.map(({ sorted }) => sorted.find((each) => each > 0) ?? Infinity)));
  const until = Math.max(from * 10, ...drawn.map(({ sorted }) => sorted[sorted.length - 1]));
  const points = 240;
  const grid = Array.from({ length: points + 1 }, (_, nth) => from * (until / from) ** (nth / points));
  const shares = drawn.map(({ sorted }) => {
    let place = 0;
    return grid.map((value) => {
      while (place < sorted.length && sorted[place] <= value * (1 + 1e-12)) place++;
      return (place / sorted.length) * 100;
    });
  });
  const times = (_plot: uPlot, values: number[]) =>
    values.map((value) => isPowerOfTen(value) ? timeText(value, 2) : "");
  new Chart(chartPlace, {
    description: `How many ${what} took no longer than so long; the numbers are in the table below.`,
    height: 300,
    data: [grid, ...shares],
    legend: drawn.map(({ name }, nth) => ({ name, style: lineStyle(nth) })),
    options: () => ({
      scales: { x: { time: false, distr: 3 }, y: { range: [0, 100] } },
      axes: [
        axis({ values: times }),
        axis({ values: (_plot, values) => values.map((value) => `${value}%`), size: 44 }),
      ],
      series: [
        {},
        ...drawn.map((_, nth) => {
          const { colour: property, dash } = lineStyle(nth);
          return { stroke: colour(property), dash: [...dash], width: 1.5, points: { show: false } };
        }),
      ],
      cursor: { drag: { x: false, y: false } },
    }),
  });
}

function isPowerOfTen(value: number): boolean {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-9;
}

const STAGES = [
  ["Q2G", "queued, to a request", "--meta"],
  ["G2I", "to the scheduler", "--page-dirty"],
  ["I2D", "in the scheduler", "--map"],
  ["2D", "to the driver, without the stages before it", "--other"],
  ["D2C", "driver and device", "--read"],
] as const;

/** Mean time of each stage by kind of bio: [Q2G, G2I, I2D, 2D, D2C], ns. */
function stageMeans(recording: Recording): { readonly name: string; readonly means: number[]; count: number }[] {
  const { bios } = recording;
  const [getrq, insert, issue, complete] = ["getrq", "insert", "issue", "complete"].map((name) => bios.column(name));
  const sums = new Map<string, { sums: number[]; count: number }>();
  for (let row = 0; row < bios.rows; row++) {
    if (Number.isNaN(complete[row]) || Number.isNaN(issue[row])) continue;
    const name = bioKind(recording, row);
    let own = sums.get(name);
    if (own === undefined) sums.set(name, own = { sums: STAGES.map(() => 0), count: 0 });
    const request = Number.isNaN(getrq[row]) ? 0 : getrq[row];
    own.sums[0] += request;
    if (Number.isNaN(insert[row])) own.sums[3] += issue[row] - request;
    else {
      own.sums[1] += insert[row] - request;
      own.sums[2] += issue[row] - insert[row];
    }
    own.sums[4] += complete[row] - issue[row];
    own.count++;
  }
  return [...sums].map(([name, { sums: own, count }]) => ({ name, means: own.map((sum) => sum / count), count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

function showStages(recording: Recording): void {
  const kinds = stageMeans(recording);
  const place = byId("latency-stages");
  const chartPlace = place.querySelector<HTMLElement>(".chart-place")!;
  const head = ["kind", "count", ...STAGES.map(([name]) => name), "all"];
  const rows = kinds.map(({ name, means, count }) => [
    name,
    numberText(count),
    ...means.map((mean) => mean === 0 ? "" : timeText(mean, 3)),
    timeText(means.reduce((sum, each) => sum + each, 0), 3),
  ]);
  place.querySelector(".numbers-place")!.replaceChildren(numbersTable("Mean time of each stage", head, rows));
  if (kinds.length === 0) return showNothing(chartPlace, "No bio was seen both issued and completed.");
  const drawn = kinds.slice(0, 12);
  const xs = drawn.map((_, nth) => nth);
  // Each stage is drawn as the sum up to it, the longest first, so that the shorter ones lie on it.
  const tops = STAGES.map((_, stage) => drawn.map(({ means }) => means.slice(0, stage + 1).reduce((a, b) => a + b, 0)));
  const labels = (_plot: uPlot, values: number[]) => values.map((value) => drawn[value]?.name ?? "");
  const longest = Math.max(...drawn.map(({ name }) => name.length));
  new Chart(chartPlace, {
    description: "Mean time of each stage of bios, stacked, by device and kind; the numbers are in the table below.",
    height: Math.max(140, 60 + drawn.length * 30),
    data: [xs, ...tops.toReversed()],
    legend: STAGES.map(([name, meaning, property]) => ({
      name: `${name}: ${meaning}`,
      style: { colour: property, dash: [] },
      isFilled: true,
    })),
    options: () => ({
      scales: {
        x: { time: false, ori: 1, dir: -1, distr: 2, range: [-0.6, drawn.length - 0.4] },
        y: { ori: 0, range: (_plot, _min, max) => [0, max * 1.05] },
      },
      axes: [
        axis({
          side: 3,
          values: labels,
          splits: xs,
          size: Math.min(190, 14 + longest * 6),
          grid: { show: false },
          gap: 4,
        }),
        axis({ side: 2, scale: "y", values: (_plot, values) => values.map((value) => timeText(value, 3)), space: 80 }),
      ],
      series: [
        {},
        ...STAGES.toReversed().map(([, , property]) => ({
          fill: colour(property),
          stroke: colour("--ground"),
          width: 1,
          paths: bars(),
          points: { show: false },
        })),
      ],
      cursor: { show: false },
    }),
  });
}

function bars(): uPlot.Series.PathBuilder {
  return uPlot.paths.bars!({ size: [0.7, 26] });
}
