/**
 * A result as a table for the eye: columns aligned, numbers to the right, as wide as the terminal and no wider.
 *
 * Widths come from the first rows, so a long result is printed as it arrives; what is wider later on is cut, and the
 * last line says how much was.
 *
 * @module
 */
import { cellText } from "./cell_text.ts";
import type { ResultFormat } from "./result_format.ts";
import type { ResultColumn, ResultRows } from "./result_rows.ts";
import { cutToWidth, displayWidth } from "./text_width.ts";

/** Rows whose text decides the widths. */
const SAMPLE_ROWS = 1000;

const SEPARATOR = "  ";
const NULL_TEXT = "NULL";

/** Text is not cut shorter than this, and numbers not at all; rather, the last columns are left out. */
const WIDTH_MIN = 8;

interface TableColumn {
  name: string;
  /** Holds numbers, which go to the right. */
  numeric: boolean;
  width: number;
  /** What it may shrink to. */
  widthMin: number;
}

export class TableFormat implements ResultFormat {
  readonly #widthMax: number;
  #columns: TableColumn[] = [];
  /** Names of columns for which there is no room. */
  #hidden: string[] = [];
  #sample: string[][] | null = [];
  #rows = 0;
  #cut = 0;

  /** @param widthMax columns of the terminal; Infinity where nobody has to scroll sideways */
  constructor(widthMax: number) {
    this.#widthMax = widthMax;
  }

  begin(columns: readonly ResultColumn[]): string {
    this.#columns = columns.map(({ name, kind }) => ({
      name: printable(name),
      numeric: kind === "number",
      width: 0,
      widthMin: 0,
    }));
    this.#hidden = [];
    this.#sample = [];
    this.#rows = 0;
    this.#cut = 0;
    return "";
  }

  rows({ count, readers }: ResultRows): string {
    let text = "";
    for (let row = 0; row < count; row++) {
      const cells = readers.map((read) => printable(cellText(read(row)) ?? NULL_TEXT));
      this.#rows++;
      if (!this.#sample) text += this.#line(cells);
      else if (this.#sample.push(cells) >= SAMPLE_ROWS) text += this.#printSample();
    }
    return text;
  }

  end(): string {
    const text = this.#printSample();
    const notes = [`${this.#rows.toLocaleString("en")} ${this.#rows === 1 ? "row" : "rows"}`];
    if (this.#cut > 0) notes.push(`${this.#cut.toLocaleString("en")} ${this.#cut === 1 ? "value" : "values"} cut`);
    if (this.#hidden.length > 0) notes.push(`no room for ${this.#hidden.join(", ")}`);
    return `${text}(${notes.join("; ")})\n`;
  }

  #printSample(): string {
    const sample = this.#sample;
    if (!sample) return "";
    this.#sample = null;
    this.#layOut(sample);
    const titles = this.#columns.map(({ name }) => name);
    const rule = this.#columns.map(({ width }) => "─".repeat(width)).join(SEPARATOR);
    const cut = this.#cut;
    const head = `${this.#line(titles)}${rule}\n`;
    this.#cut = cut; // a shortened title is no value
    return head + sample.map((cells) => this.#line(cells)).join("");
  }

  #layOut(sample: readonly string[][]): void {
    this.#columns.forEach((column, index) => {
      let valueWidth = 1;
      for (const cells of sample) valueWidth = Math.max(valueWidth, displayWidth(cells[index]));
      column.width = Math.max(valueWidth, displayWidth(column.name));
      const shortTitle = Math.min(column.width, WIDTH_MIN);
      column.widthMin = column.numeric ? Math.max(valueWidth, shortTitle) : shortTitle;
    });
    while (this.#columns.length > 1 && this.#lineWidth(({ widthMin }) => widthMin) > this.#widthMax) {
      this.#hidden.unshift(this.#columns.pop()!.name);
    }
    // The widest give way first, so that narrow ones stay whole.
    for (let excess = this.#lineWidth(({ width }) => width) - this.#widthMax; excess > 0; excess--) {
      const yielding = this.#columns.filter(({ width, widthMin }) => width > widthMin);
      if (yielding.length === 0) return;
      yielding.reduce((a, b) => (b.width > a.width ? b : a)).width--;
    }
  }

  #lineWidth(widthOf: (column: TableColumn) => number): number {
    return this.#columns.reduce((sum, column) => sum + widthOf(column) + SEPARATOR.length, -SEPARATOR.length);
  }

  #line(cells: readonly string[]): string {
    const parts = this.#columns.map(({ width, numeric }, index) => {
      let cell = cells[index];
      let cellWidth = displayWidth(cell);
      if (cellWidth > width) {
        cell = cutToWidth(cell, width);
        cellWidth = displayWidth(cell);
        this.#cut++;
      }
      const padding = " ".repeat(width - cellWidth);
      return numeric ? padding + cell : cell + padding;
    });
    return parts.join(SEPARATOR).trimEnd() + "\n";
  }
}

const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Control characters would move the cursor: they are shown by their escapes. */
function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (control) => ESCAPES[control] ?? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
