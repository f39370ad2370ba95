/**
 * A result as a plot of characters: two columns, the second a number.
 *
 * Where the first is a number too, the plot has it on its horizontal axis, each column of characters with the largest
 * value that falls into it; else there is a bar a row.
 *
 * @module
 */
import { type Cell, Decimal } from "./cells.ts";
import { cellText } from "./cell_text.ts";
import type { ResultFormat } from "./result_format.ts";
import type { ResultColumn, ResultRows } from "./result_rows.ts";
import { cutToWidth, displayWidth } from "./text_width.ts";

const HEIGHT = 12;
const WIDTH_DEFAULT = 80;
const WIDTH_MAX = 120;
const LABEL_MAX = 30;
/** More bars than this are not a quick plot. */
const BARS_MAX = 60;

const VERTICAL = " ▁▂▃▄▅▆▇█";
const HORIZONTAL = " ▏▎▍▌▋▊▉█";

/** Rows are kept until the end; NULL in either column is counted and left out. */
export class ChartFormat implements ResultFormat {
  readonly #width: number;
  #columns: readonly ResultColumn[] = [];
  #points: { label: string; x: number; y: number }[] = [];
  #left = 0;

  /** @param width columns of the terminal */
  constructor(width: number) {
    this.#width = Number.isFinite(width) ? Math.min(width, WIDTH_MAX) : WIDTH_DEFAULT;
  }

  begin(columns: readonly ResultColumn[]): string {
    this.#columns = columns;
    this.#points = [];
    this.#left = 0;
    return "";
  }

  rows({ count, readers: [first, second] }: ResultRows): string {
    if (!this.#fits()) return "";
    for (let row = 0; row < count; row++) {
      const [x, y] = [first(row), second(row)];
      if (x === null || y === null) this.#left++;
      else this.#points.push({ label: cellText(x) ?? "", x: numberOf(x), y: numberOf(y) });
    }
    return "";
  }

  end(): string {
    if (!this.#fits()) return "a chart needs two columns, the second a number: SELECT label, value\n";
    if (this.#points.length === 0) return "no rows\n";
    const [x, y] = this.#columns;
    const left = this.#left === 0 ? "" : `; ${this.#left} with NULL left out`;
    const head = `${y.name} by ${x.name} (${this.#points.length} rows${left})\n`;
    return head + (x.kind === "number" && this.#points.length > 1 ? this.#plot() : this.#bars());
  }

  #fits(): boolean {
    return this.#columns.length === 2 && this.#columns[1].kind === "number";
  }

  #bars(): string {
    const shown = this.#points.slice(0, BARS_MAX);
    const labels = shown.map(({ label }) => (displayWidth(label) > LABEL_MAX ? cutToWidth(label, LABEL_MAX) : label));
    const labelWidth = Math.max(...labels.map(displayWidth));
    const values = shown.map(({ y }) => numberText(y));
    const valueWidth = Math.max(...values.map(({ length }) => length));
    const room = Math.max(8, this.#width - labelWidth - valueWidth - 4);
    const most = Math.max(...shown.map(({ y }) => y), 0);
    const lines = shown.map(({ y }, index) => {
      const padding = " ".repeat(labelWidth - displayWidth(labels[index]));
      return `${labels[index]}${padding}  ${values[index].padStart(valueWidth)}  ${bar(most > 0 ? y / most : 0, room)}`
        .trimEnd() + "\n";
    });
    const more = this.#points.length - shown.length;
    return lines.join("") + (more > 0 ? `(${more} more rows)\n` : "");
  }

  #plot(): string {
    const xs = this.#points.map(({ x }) => x);
    const ys = this.#points.map(({ y }) => y);
    const [low, high] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const most = ys.reduce((a, b) => Math.max(a, b));
    const least = Math.min(0, ys.reduce((a, b) => Math.min(a, b)));
    const axis = [numberText(most), numberText(least)];
    const margin = Math.max(...axis.map(({ length }) => length)) + 1;
    const room = Math.max(10, this.#width - margin - 1);
    const columns = new Array<number | null>(room).fill(null);
    for (const { x, y } of this.#points) {
      const column = high === low ? 0 : Math.min(room - 1, Math.floor(((x - low) / (high - low)) * room));
      columns[column] = Math.max(columns[column] ?? -Infinity, y);
    }
    const lines: string[] = [];
    for (let line = HEIGHT - 1; line >= 0; line--) {
      const mark = line === HEIGHT - 1 ? axis[0] : line === 0 ? axis[1] : "";
      const cells = columns.map((y) => {
        if (y === null) return " ";
        const eighths = Math.round(((y - least) / (most - least || 1)) * HEIGHT * 8) - line * 8;
        // What is there but too small to see is a dot on the axis.
        return line === 0 && eighths <= 0 ? "." : VERTICAL[Math.max(0, Math.min(8, eighths))];
      });
      lines.push(`${mark.padStart(margin - 1)} │${cells.join("")}`.trimEnd() + "\n");
    }
    const [from, to] = [numberText(low), numberText(high)];
    const gap = " ".repeat(Math.max(1, room - from.length - to.length));
    return `${lines.join("")}${" ".repeat(margin)}└${"─".repeat(room)}\n${" ".repeat(margin + 1)}${from}${gap}${to}\n`;
  }
}

function bar(share: number, room: number): string {
  const eighths = Math.max(0, Math.round(share * room * 8));
  return "█".repeat(Math.floor(eighths / 8)) + HORIZONTAL[eighths % 8].trim();
}

function numberOf(cell: Cell): number {
  return cell instanceof Decimal ? Number(cell.text) : Number(cell);
}

/** At most six digits that matter; large whole numbers stay whole. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
