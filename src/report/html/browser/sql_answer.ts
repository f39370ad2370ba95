/**
 * The rows of an answer: kept as they come, sorted by a column, shown as a table, copied, written as CSV.
 *
 * @module
 */
import { cellCsv, cellText, csvField } from "../../../results/query/cell_text.ts";
import { type Cell, Decimal } from "../../../results/query/cells.ts";
import type { ResultColumn, RowStream } from "../../../results/query/result_rows.ts";
import { button, element } from "./dom.ts";

/** More rows are not fetched: the page would show none of them. */
export const ROWS_MAX = 100_000;
/** Rows in the table at first, and how many more with each press. */
const SHOWN = 500;

export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly rows: Cell[][];
  /** Whether there are more than {@linkcode ROWS_MAX}. */
  readonly isCut: boolean;
}

export async function collected({ columns, batches }: RowStream, stop: () => void): Promise<Answer> {
  const rows: Cell[][] = [];
  for await (const { count, readers } of batches) {
    for (let row = 0; row < count; row++) {
      if (rows.length === ROWS_MAX) {
        stop();
        return { columns, rows, isCut: true };
      }
      rows.push(readers.map((read) => read(row)));
    }
  }
  return { columns, rows, isCut: false };
}

/** Numbers by value, everything else as text; NULL comes last. */
function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const [left, right] = [a, b].map(numberOf);
  if (left !== null && right !== null) return left < right ? -1 : left > right ? 1 : 0;
  return cellText(a)!.localeCompare(cellText(b)!, "en");
}

/** A value as a number or an integer of any size; null where it is neither. */
export function numberOf(cell: Cell): number | bigint | null {
  if (typeof cell === "number" || typeof cell === "bigint") return cell;
  if (cell instanceof Decimal) return Number(cell.text);
  return typeof cell === "boolean" ? Number(cell) : null;
}

export function csvOf({ columns, rows }: Answer): string {
  const lines = [columns.map(({ name }) => csvField(name)), ...rows.map((row) => row.map(cellCsv))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

/** For spreadsheets and mails: columns parted by tabs. */
export function tabbedOf({ columns, rows }: Answer): string {
  const field = (text: string) => text.replaceAll(/[\t\r\n]+/g, " ");
  const lines = [
    columns.map(({ name }) => field(name)),
    ...rows.map((row) => row.map((cell) => field(cellText(cell) ?? ""))),
  ];
  return lines.map((line) => line.join("\t")).join("\n");
}

/** Shows an answer as a table whose heads sort it. */
export class AnswerTable {
  #shown = SHOWN;
  #sorted: { column: number; direction: 1 | -1 } | null = null;
  #rows: Cell[][];

  constructor(private readonly place: HTMLElement, private readonly answer: Answer) {
    this.#rows = answer.rows;
    this.#draw();
  }

  #sort(column: number): void {
    const before = this.#sorted;
    const direction = before?.column === column && before.direction === 1 ? -1 : 1;
    this.#sorted = { column, direction };
    this.#rows = this.answer.rows.toSorted((a, b) => {
      // NULL is last either way.
      if (a[column] === null || b[column] === null) return compareCells(a[column], b[column]);
      return direction * compareCells(a[column], b[column]);
    });
    this.#draw();
    this.place.querySelectorAll<HTMLButtonElement>("th button")[column]?.focus();
  }

  #draw(): void {
    const { columns } = this.answer;
    const head = element("tr", {});
    columns.forEach(({ name, kind }, nth) => {
      const isSorted = this.#sorted?.column === nth;
      const order = isSorted ? this.#sorted!.direction === 1 ? "ascending" : "descending" : null;
      const mark = order === null ? "" : order === "ascending" ? " ▲" : " ▼";
      const cell = element("th", { scope: "col", class: kind === "number" ? "number" : null, "aria-sort": order });
      cell.append(button(`${name}${mark}`, () => this.#sort(nth), { title: `Sort by ${name}` }));
      head.append(cell);
    });
    const body = element("tbody");
    for (const row of this.#rows.slice(0, this.#shown)) {
      const line = element("tr");
      row.forEach((cell, nth) => {
        const text = cellText(cell);
        const classes = text === null ? "null" : columns[nth].kind === "number" ? "number" : null;
        line.append(element("td", { class: classes }, text ?? "NULL"));
      });
      body.append(line);
    }
    const table = element("table", {}, element("thead", {}, head), body);
    const left = this.#rows.length - this.#shown;
    const more = button(`Show more of the other ${left.toLocaleString("en")} rows`, () => {
      this.#shown += SHOWN * 4;
      this.#draw();
    });
    this.place.replaceChildren(
      element("div", { class: "answer-frame", tabindex: 0, role: "region", "aria-label": "Rows" }, table),
      left > 0 ? more : "",
    );
  }
}
