/**
 * Charts by uPlot with what a page needs around them: a legend that does not go by colour alone, a description, the
 * numbers as a table, and drawing anew when the page changes its width or its colours.
 *
 * @module
 */
import uPlot from "uplot";
import { element } from "./dom.ts";
import { colour, onColours } from "./palette.ts";

/** How a line is told from the others: colour and dashes together. */
export interface LineStyle {
  readonly colour: string;
  readonly dash: readonly number[];
}

const COLOURS = ["--read", "--write", "--sync", "--map", "--meta", "--page-dirty"];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** Styles repeat only after every colour has had every dash. */
export function lineStyle(nth: number): LineStyle {
  return { colour: COLOURS[nth % COLOURS.length], dash: DASHES[(nth + Math.floor(nth / 12)) % DASHES.length] };
}

export interface ChartContent {
  /** What the chart shows, for a screen reader. */
  readonly description: string;
  readonly height: number;
  /** Made anew whenever colours or the width change. */
  readonly options: () => Omit<uPlot.Options, "width" | "height">;
  readonly data: uPlot.AlignedData;
  readonly legend: readonly { readonly name: string; readonly style: LineStyle; readonly isFilled?: boolean }[];
}

/** Heights of axes at the bottom. */
const BOTTOM_AXIS = 34;

/** The style of an axis; without a size of its own it is one at the bottom. */
export function axis(more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: colour("--faint"),
    grid: { stroke: colour("--line"), width: 0.5 },
    ticks: { stroke: colour("--line"), width: 0.5 },
    font: "11px system-ui, sans-serif",
    size: BOTTOM_AXIS,
    ...more,
  };
}

/** A chart that fills a place of the page. */
export class Chart {
  #plot: uPlot | null = null;
  #width = 0;
  readonly #frame: HTMLElement;

  #data: uPlot.AlignedData;

  constructor(place: HTMLElement, private readonly content: ChartContent) {
    const { description, height, legend, data } = content;
    this.#data = data;
    this.#frame = element("div", { class: "chart", role: "img", "aria-label": description });
    this.#frame.style.height = `${height}px`;
    place.replaceChildren(
      legend.length === 0 ? "" : element(
        "ul",
        { class: "legend", "aria-hidden": "true" },
        ...legend.map(({ name, style, isFilled }) => element("li", {}, sample(style, isFilled === true), name)),
      ),
      this.#frame,
    );
    new ResizeObserver(() => {
      if (this.#frame.clientWidth !== this.#width) this.draw();
    }).observe(this.#frame);
    onColours(() => this.draw());
    this.draw();
  }

  /** The plot as it is now. */
  get plot(): uPlot {
    return this.#plot!;
  }

  /** Shows other values of the same series. */
  show(data: uPlot.AlignedData): void {
    this.#data = data;
    this.plot.setData(data);
  }

  draw(): void {
    this.#width = this.#frame.clientWidth;
    this.#plot?.destroy();
    const { options, height } = this.content;
    const width = Math.max(120, this.#width);
    this.#plot = new uPlot({ legend: { show: false }, ...options(), width, height }, this.#data, this.#frame);
  }
}

/** A line as it is drawn, for the legend. */
function sample({ colour: property, dash }: LineStyle, isFilled: boolean): HTMLCanvasElement {
  const canvas = element("canvas", { width: 28, height: 12 });
  const paint = () => {
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, 28, 12);
    context.strokeStyle = context.fillStyle = colour(property);
    if (isFilled) return context.fillRect(0, 1, 28, 10);
    context.lineWidth = 2;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(0, 6);
    context.lineTo(28, 6);
    context.stroke();
  };
  onColours(paint);
  paint();
  return canvas;
}

/** Numbers of a chart as a table that can be opened. */
export function numbersTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const header = element("tr", {});
  for (const [nth, name] of head.entries()) {
    header.append(element("th", { scope: "col", class: nth === 0 ? null : "number" }, name));
  }
  const body = element("tbody");
  for (const [first, ...cells] of rows) {
    body.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, first),
        ...cells.map((cell) => element("td", { class: "number" }, cell)),
      ),
    );
  }
  const table = element("table", {}, element("thead", {}, header), body);
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": title }, table);
}

/** A sentence in place of a chart, which needs no more room than it takes. */
export function showNothing(place: HTMLElement, sentence: string): void {
  place.classList.add("empty");
  place.replaceChildren(element("p", { class: "hint" }, sentence));
}

/** Distances of marks on an axis that counts. */
export const COUNT_STEPS: number[] = Array.from(
  { length: 10 },
  (_, power) => [1, 2, 5].map((each) => each * 10 ** power),
)
  .flat();

/** Distances of marks on an axis of bytes: powers of two. */
export const BYTE_STEPS: number[] = Array.from({ length: 62 }, (_, power) => 2 ** power);
