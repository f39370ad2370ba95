/**
 * A quick chart of an answer: one column along the bottom, one or all others as lines, points or bars.
 *
 * @module
 */
import { barScale } from "./bar_scale.ts";
import uPlot from "uplot";
import { cellText } from "../../../results/query/cell_text.ts";
import { axis, Chart, lineStyle } from "./chart.ts";
import { byId, element } from "./dom.ts";
import { colour } from "./palette.ts";
import { type Answer, numberOf } from "./sql_answer.ts";

const ALL = "all";

/** Offers a chart where there is a column of numbers. */
export class SqlChart {
  readonly #section = byId("chart");
  readonly #kind = byId("chart-kind") as HTMLSelectElement;
  readonly #x = byId("chart-x") as HTMLSelectElement;
  readonly #y = byId("chart-y") as HTMLSelectElement;
  #answer: Answer | null = null;

  constructor() {
    for (const choice of [this.#kind, this.#x, this.#y]) choice.addEventListener("change", () => this.#draw());
  }

  show(answer: Answer): void {
    this.#answer = answer;
    const names = answer.columns.map(({ name }) => name);
    const numbers = names.map((_, nth) => nth).filter((nth) => answer.columns[nth].kind === "number");
    this.#section.hidden = numbers.length === 0 || answer.rows.length < 2;
    if (this.#section.hidden) return;
    this.#x.replaceChildren(
      element("option", { value: -1 }, "number of the row"),
      ...names.map((name, nth) => element("option", { value: nth }, name)),
    );
    this.#y.replaceChildren(
      element("option", { value: ALL }, "all others"),
      ...numbers.map((nth) => element("option", { value: nth }, names[nth])),
    );
    const x = this.#along(answer, numbers);
    const isOfWords = x >= 0 && !numbers.includes(x);
    this.#x.value = String(x);
    this.#kind.value = isOfWords ? "bars" : "lines";
    // Bars of several columns would stand before each other.
    if (isOfWords) this.#y.value = String(numbers.find((nth) => !/_id$/.test(names[nth])) ?? numbers[0]);
    this.#draw();
  }

  /** The column that a chart goes along: time, else the words that differ most, else the first number. */
  #along({ columns, rows }: Answer, numbers: readonly number[]): number {
    const timed = numbers.find((nth) => /^(ts|start|end|first|queue)?_?ns$|^seq$/.test(columns[nth].name));
    if (timed !== undefined && numbers.length > 1) return timed;
    const kinds = (nth: number) => new Set(rows.slice(0, 200).map((row) => cellText(row[nth]))).size;
    const words = columns.map((_, nth) => nth).filter((nth) => !numbers.includes(nth))
      .sort((a, b) => kinds(b) - kinds(a) || a - b);
    if (words.length > 0 && rows.length <= 60) return words[0];
    return numbers.length > 1 ? numbers[0] : -1;
  }

  #draw(): void {
    const answer = this.#answer!;
    const x = Number(this.#x.value);
    const isNumber = (nth: number) => answer.columns[nth].kind === "number";
    const ys = this.#y.value === ALL
      ? answer.columns.map((_, nth) => nth).filter((nth) => nth !== x && isNumber(nth))
      : [Number(this.#y.value)];
    const hasWords = x >= 0 && !isNumber(x);
    const value = (row: number, nth: number) => {
      const number = numberOf(answer.rows[row][nth]);
      return number === null ? null : Number(number);
    };
    let order = answer.rows.map((_, row) => row);
    if (x >= 0 && !hasWords) {
      order = order.filter((row) => value(row, x) !== null).sort((a, b) => value(a, x)! - value(b, x)!);
    }
    const along = order.map((row, place) => x < 0 || hasWords ? place : value(row, x)!);
    const kind = this.#kind.value;
    const words = (_plot: uPlot, splits: number[]) =>
      splits.map((place) => Number.isInteger(place) ? shortened(cellText(answer.rows[place]?.[x] ?? null) ?? "") : "");
    const names = ys.map((nth) => answer.columns[nth].name);
    new Chart(byId("chart-place"), {
      description: `${names.join(", ")} of ${order.length} rows as ${kind}; the numbers are in the table above.`,
      height: 320,
      data: [along, ...ys.map((nth) => order.map((row) => value(row, nth)))],
      legend: names.map((name, nth) => ({ name, style: lineStyle(nth), isFilled: kind === "bars" })),
      options: () => ({
        scales: {
          x: { time: false, ...(kind === "bars" ? { range: (_plot, min, max) => [min - 0.6, max + 0.6] } : {}) },
          y: kind === "bars" ? { range: (_plot, min, max) => barScale(min, max) } : {},
        },
        axes: [axis(hasWords ? { values: words, space: 110 } : { space: 110 }), axis({ size: 80 })],
        cursor: { drag: { x: true, y: false } },
        series: [
          {},
          ...names.map((_, nth): uPlot.Series => {
            const { colour: property, dash } = lineStyle(nth);
            const shared = { stroke: colour(property), points: { show: kind === "points", size: 5 } };
            if (kind === "points") return { ...shared, paths: () => null };
            if (kind === "bars") {
              return { ...shared, fill: colour(property), paths: uPlot.paths.bars!({ size: [0.7, 60] }) };
            }
            return { ...shared, dash: [...dash], width: 1.5 };
          }),
        ],
      }),
    });
  }
}

/** Words below a bar, as long as there is room for. */
function shortened(text: string): string {
  return text.length > 18 ? `${text.slice(0, 17)}…` : text;
}
