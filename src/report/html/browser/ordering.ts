/**
 * Where in a file or on a device was read and written, over time.
 *
 * @module
 */
import type uPlot from "uplot";
import { axis, BYTE_STEPS, Chart, showNothing } from "./chart.ts";
import { byId, element, whenSeen } from "./dom.ts";
import { followTime } from "./following.ts";
import { ITEM_CLASSES } from "./item_classes.ts";
import { colour } from "./palette.ts";
import type { Item, Recording } from "./recording.ts";
import type { Selection } from "./selection.ts";
import { rowsByCode } from "./timeline_lanes.ts";
import type { TimeWindow } from "./time_window.ts";
import { inOrder, upperBound } from "./tracks.ts";
import { bytesText, fileText, numberText, timeText } from "./words.ts";

type Range = [min: number, max: number];

interface Subject {
  readonly title: string;
  readonly kind: "operation" | "bio";
  readonly rows: Int32Array;
  readonly times: Float64Array;
  readonly places: Float64Array;
  readonly classes: Uint8Array;
}

/** Where marks of one class lie as close as this, one is drawn, pixels. */
const CELL = 2;
/** How near a click has to be, pixels. */
const REACH = 10;

function subjectsOf(recording: Recording): Subject[] {
  const { words, operations, bios } = recording;
  const subject = (
    title: string,
    kind: Subject["kind"],
    all: Int32Array,
    times: Float64Array,
    places: Float64Array,
    classes: Uint8Array,
  ): Subject => {
    const rows = inOrder(all.filter((row) => !Number.isNaN(places[row]) && !Number.isNaN(times[row])), times);
    return {
      title,
      kind,
      rows,
      times: Float64Array.from(rows, (row) => times[row]),
      places: Float64Array.from(rows, (row) => places[row]),
      classes: Uint8Array.from(rows, (row) => classes[row]),
    };
  };
  const files = rowsByCode(operations.column("file"), words.files.length).map((rows, code) =>
    subject(
      `offset in ${fileText(words.files[code], recording.recordings)}`,
      "operation",
      rows,
      operations.column("start"),
      operations.column("file_offset"),
      recording.operationClasses,
    )
  );
  const devices = rowsByCode(bios.column("dev"), words.devices.length).map((rows, code) =>
    subject(
      `sector of ${words.devices[code]}`,
      "bio",
      rows,
      bios.column("queue"),
      bios.column("sector"),
      recording.bioClasses,
    )
  );
  return [...files, ...devices].filter(({ rows }) => rows.length > 0).sort((a, b) => b.rows.length - a.rows.length);
}

export function showOrdering(recording: Recording, time: TimeWindow, selection: Selection): void {
  const place = byId("ordering-chart");
  whenSeen(place, () => {
    const subjects = subjectsOf(recording);
    const choice = byId("ordering-subject") as HTMLSelectElement;
    if (subjects.length === 0) {
      choice.disabled = true;
      byId("ordering").classList.add("nothing");
      return showNothing(place, "Nothing in this recording says where it read or wrote.");
    }
    choice.append(
      ...subjects.map(({ title, kind, rows }, nth) =>
        element(
          "option",
          { value: nth },
          `${title} (${numberText(rows.length)} ${kind === "bio" ? "bios" : "operations"})`,
        )
      ),
    );
    const show = () => chartOf(place, subjects[Number(choice.value)], recording, time, selection);
    let chart = show();
    choice.addEventListener("change", () => chart = show());
    followTime(place, time, () => chart.plot.setScale("x", { min: time.from, max: time.until }));
    selection.onChange(() => chart.plot.redraw(false));
  });
}

function chartOf(
  place: HTMLElement,
  subject: Subject,
  recording: Recording,
  time: TimeWindow,
  selection: Selection,
): Chart {
  const all = rangeOf(subject.places);
  let shown = all;
  const show = (plot: uPlot, places: Range, from: number, length: number) => {
    shown = places;
    time.show(from, length);
    plot.setScale("x", { min: time.from, max: time.until });
  };
  return new Chart(place, {
    description: `${subject.title} over time: ${numberText(subject.rows.length)} marks.`,
    height: 360,
    data: [subject.times, subject.places],
    legend: [],
    options: () => ({
      scales: { x: { time: false, range: () => [time.from, time.until] }, y: { range: () => shown } },
      axes: [
        axis({ values: (_plot, values) => values.map((value) => timeText(value, 5)), space: 90 }),
        axis({
          values: (_plot, values) =>
            values.map((value) => value < 0 ? "" : subject.kind === "bio" ? numberText(value) : bytesText(value)),
          size: 84,
          ...(subject.kind === "operation" ? { incrs: BYTE_STEPS } : {}),
        }),
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      // What is dragged over becomes the stretch of time of all pictures; what is seen of the places is this one's own.
      cursor: { drag: { x: true, y: true, uni: 20, setScale: false }, points: { show: false } },
      hooks: {
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width === 0) return;
          const [from, until] = [left, left + width].map((x) => plot.posToVal(x, "x"));
          const places = draggedPlaces(plot) ?? shown;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          show(plot, places, from, until - from);
        }],
        draw: [(plot) => drawMarks(plot, subject, selection.current.items)],
        ready: [(plot) => {
          plot.over.addEventListener("click", (event) => {
            const row = nearest(plot, subject, event.offsetX, event.offsetY);
            if (row < 0) return;
            const item: Item = { kind: subject.kind, row };
            selection.set(recording.linked(item));
            time.reveal(...recording.span(item, null));
          });
          plot.over.addEventListener("dblclick", () => show(plot, all, 0, time.whole));
        }],
      },
    }),
  });
}

/** What was dragged over of the places; null: they stay as they are. */
function draggedPlaces({ over, select: { top, height }, posToVal }: uPlot): Range | null {
  if (height >= over.clientHeight) return null;
  return [posToVal(top + height, "y"), posToVal(top, "y")];
}

function drawMarks(plot: uPlot, { kind, rows, times, places, classes }: Subject, selected: readonly Item[]): void {
  const { ctx: context, bbox } = plot;
  const { min, max } = plot.scales.x;
  const ratio = devicePixelRatio;
  const size = 3 * ratio;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  const columns = Math.ceil(bbox.width / CELL) + 1;
  const cells = columns * (Math.ceil(bbox.height / CELL) + 1);
  const [first, behind] = [upperBound(times, min! - 1), upperBound(times, max!)];
  const lit = new Set(selected.filter((item) => item.kind === kind).map(({ row }) => row));
  ITEM_CLASSES.forEach(({ colour: property, isLight }, itemClass) => {
    const drawn = new Uint8Array(cells);
    context.beginPath();
    for (let nth = first; nth < behind; nth++) {
      if (classes[nth] !== itemClass) continue;
      const x = plot.valToPos(times[nth], "x", true);
      const y = plot.valToPos(places[nth], "y", true);
      const cell = Math.floor((y - bbox.top) / CELL) * columns + Math.floor((x - bbox.left) / CELL);
      if (drawn[cell] === 1) continue;
      drawn[cell] = 1;
      shape(context, itemClass, x, y, size);
    }
    context.lineWidth = 1.2 * ratio;
    context.strokeStyle = context.fillStyle = colour(property);
    if (isLight) context.stroke();
    else context.fill();
  });
  context.strokeStyle = colour("--mark");
  context.lineWidth = 2 * ratio;
  for (let nth = first; lit.size > 0 && nth < behind; nth++) {
    if (!lit.has(rows[nth])) continue;
    const [x, y] = [plot.valToPos(times[nth], "x", true), plot.valToPos(places[nth], "y", true)];
    context.strokeRect(x - 2 * size, y - 2 * size, 4 * size, 4 * size);
  }
  context.restore();
}

/** Reads are round, writes are triangles, what is neither is a square; through the cache they are hollow. */
function shape(context: CanvasRenderingContext2D, itemClass: number, x: number, y: number, size: number): void {
  if (itemClass < 2) {
    context.moveTo(x + size, y);
    context.arc(x, y, size, 0, 2 * Math.PI);
  } else if (itemClass < 4) {
    context.moveTo(x, y - size * 1.2);
    context.lineTo(x + size * 1.1, y + size);
    context.lineTo(x - size * 1.1, y + size);
    // Closing it properly measures the whole path each time, so that ten thousand marks take seconds.
    context.lineTo(x, y - size * 1.2);
  } else context.rect(x - size * 0.8, y - size * 0.8, size * 1.6, size * 1.6);
}

function nearest(plot: uPlot, { rows, times, places }: Subject, x: number, y: number): number {
  const [from, until] = [x - REACH, x + REACH].map((each) => plot.posToVal(each, "x"));
  let best = -1;
  let distance = REACH;
  for (let nth = upperBound(times, from); nth < times.length && times[nth] <= until; nth++) {
    const own = Math.hypot(plot.valToPos(times[nth], "x") - x, plot.valToPos(places[nth], "y") - y);
    if (own < distance) {
      distance = own;
      best = rows[nth];
    }
  }
  return best;
}

/** All places, with some room above and below. */
function rangeOf(places: Float64Array): Range {
  let [min, max] = [Infinity, -Infinity];
  for (const place of places) {
    min = Math.min(min, place);
    max = Math.max(max, place);
  }
  // Marks at 0 are as large as the others.
  const room = Math.max(1, (max - min) * 0.05);
  return [min - room, max + room];
}
