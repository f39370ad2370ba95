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
 * Lines of at most `width` columns, broken at spaces, and within a word only where it is longer than a line.
 *
 * @param indent columns that all lines but the first are moved in by
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const inner = Math.max(1, width - indent);
  const lines: string[] = [];
  let line = "";
  const room = () => lines.length === 0 ? width : inner;
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) <= room()) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") {
      lines.push(line);
      line = "";
    }
    const parts = pieces(word, lines.length === 0 ? Math.max(1, Math.min(width, inner)) : inner);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1)!;
  }
  lines.push(line);
  return lines.map((each, nth) => nth === 0 ? each : " ".repeat(indent) + each);
}

/** Text with spaces behind it, up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
