/**
 * Breaks text into lines of so many columns.
 *
 * @module
 */

import { displayWidth } from "../results/query/text_width.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A word in pieces that fit. */
function pieces(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const found: string[] = [];
  let piece = "";
  for (const { segment } of segmenter.segment(word)) {
    if (piece !== "" && displayWidth(piece + segment) > width) {
      found.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return [...found, piece];
}

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
    const parts = pieces(word, Math.max(1, width - displayWidth(line)));
    for (const [nth, part] of parts.entries()) {
      if (nth > 0) next();
      line += part;
      isEmpty = false;
    }
  }
  return [...lines, line];
}

/** Text with spaces behind it, up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
