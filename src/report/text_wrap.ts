/**
 * Breaks text into lines of so many columns.
 *
 * @module
 */

import { displayWidth } from "../results/query/text_width.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Lines of at most `width` columns, broken at spaces, and within a word only where it is longer than a line. Spaces at the
 * beginning stay.
 *
 * @param indent columns that all lines but the first are moved in by
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const start = /^ */.exec(text)![0];
  const lines: string[] = [];
  let line = start;
  let isEmpty = true;
  const next = () => {
    lines.push(line);
    line = " ".repeat(indent);
    isEmpty = true;
  };
  for (const word of text.slice(start.length).split(" ")) {
    const separator = isEmpty ? "" : " ";
    if (displayWidth(line + separator + word) <= width) {
      line += separator + word;
      isEmpty = false;
      continue;
    }
    if (!isEmpty) next();
    // A word that is longer than a line.
    for (const { segment } of segmenter.segment(word)) {
      if (!isEmpty && displayWidth(line + segment) > width) next();
      line += segment;
      isEmpty = false;
    }
  }
  return [...lines, line];
}

/** Text with spaces behind it, up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

export const LINE_WIDTH = 100;

/** Items behind a label, as many on a line as fit; `indent` is before the lines behind the first. */
export function wrapItems(label: string, items: readonly string[], indent = " ".repeat(label.length)): string[] {
  const lines = [label];
  items.forEach((item, i) => {
    const text = i < items.length - 1 ? `${item}, ` : item;
    if (lines.at(-1)!.length + text.trimEnd().length > LINE_WIDTH && lines.at(-1) !== label) {
      lines.push(indent);
    }
    lines[lines.length - 1] += text;
  });
  return lines.map((line) => line.trimEnd());
}
