/**
 * A table whose cells go on in the next line where there is no room for them, so that nothing is cut.
 *
 * @module
 */

import { displayWidth } from "../results/query/text_width.ts";
import type { Paint, Tone } from "./paint.ts";
import { padded, wrap } from "./text_wrap.ts";

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface WrappedTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Titles of columns that stand at the right. */
  readonly numbers?: readonly string[];
}

const SEPARATOR = "  ";
/** Words of cells that are no longer stay whole. */
const WORD_MAX = 22;

/** Lines of the table, none of them wider than `width` where that can be. Columns that say nothing are left out. */
export function wrappedTable({ titles, rows, numbers = [] }: WrappedTable, width: number, paint: Paint): string[] {
  const used = titles.map((_, nth) => nth).filter((nth) => rows.some((cells) => cells[nth].text !== ""));
  const widths = fitted(
    used.map((nth) => Math.max(displayWidth(titles[nth]), ...rows.map((cells) => displayWidth(cells[nth].text)))),
    used.map((nth) => Math.max(longestWord(titles[nth]), ...rows.map((cells) => longestWord(cells[nth].text)))),
    width,
  );
  const line = (cells: readonly Cell[]): string[] => {
    const parts = used.map((nth, at) => wrap(cells[nth].text, widths[at]));
    const height = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, row) =>
      used.map((nth, at) => {
        const text = parts[at][row] ?? "";
        const { tone } = cells[nth];
        const shown = tone === undefined ? text : paint(tone, text);
        const isNumber = numbers.includes(titles[nth]);
        if (isNumber) return " ".repeat(Math.max(0, widths[at] - displayWidth(text))) + shown;
        return at === used.length - 1 ? shown : shown + padded(text, widths[at]).slice(text.length);
      }).join(SEPARATOR).trimEnd());
  };
  return [
    ...line(titles.map((text) => ({ text }))).map((text) => paint("title", text)),
    ...rows.flatMap(line),
  ];
}

function longestWord(text: string): number {
  return Math.max(...text.split(" ").map((word) => Math.min(WORD_MAX, displayWidth(word))));
}

/** Widths that fit: the widest gives way first. */
function fitted(natural: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...natural];
  const room = width - SEPARATOR.length * (widths.length - 1);
  while (widths.reduce((sum, each) => sum + each, 0) > room) {
    let widest = -1;
    widths.forEach((each, nth) => {
      if (each > least[nth] && (widest < 0 || each > widths[widest])) widest = nth;
    });
    if (widest < 0) break;
    widths[widest]--;
  }
  return widths;
}
