/**
 * Parts of a Markdown file that are generated: they stand between two comments, the first of which says what they are.
 *
 * @module
 */

/** `<!-- verdicts -->`, `<!-- counterexample 10-17-name 2 -->`. */
const BEGIN = /^<!-- (verdicts|counterexample|comparison|costs|bisection)((?: \S+)*) -->$/;
const END = "<!-- end -->";

/** Formatters leave what is between them as it is. */
const IGNORE = ["<!-- deno-fmt-ignore-start -->", "<!-- deno-fmt-ignore-end -->"] as const;

/** A generated part as its marker asks for it. */
export interface MarkedPart {
  readonly kind: "verdicts" | "counterexample" | "comparison" | "costs" | "bisection";
  readonly words: readonly string[];
}

/** A marker that nobody can follow. */
export class MarkerError extends Error {
  override readonly name = "MarkerError";
}

/** The parts that a text asks for, in its order. */
export function markedParts(text: string): MarkedPart[] {
  return text.split("\n").flatMap((line) => partOf(line) ?? []);
}

function partOf(line: string): MarkedPart | null {
  const match = BEGIN.exec(line);
  if (match === null) return null;
  return { kind: match[1] as MarkedPart["kind"], words: match[2].split(" ").filter((word) => word !== "") };
}

/**
 * The text with every part as `linesOf` gives it.
 *
 * @throws {MarkerError} when a part has no end
 */
export function withMarkedParts(text: string, linesOf: (part: MarkedPart) => readonly string[]): string {
  const lines = text.split("\n");
  const filled: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    filled.push(lines[at]);
    const part = partOf(lines[at]);
    if (part === null) continue;
    const end = lines.indexOf(END, at);
    const next = lines.findIndex((line, nth) => nth > at && partOf(line) !== null);
    if (end < 0 || next >= 0 && next < end) {
      throw new MarkerError(`line ${at + 1}: ${lines[at]} has no ${END} behind it`);
    }
    filled.push("", IGNORE[0], "", ...linesOf(part), "", IGNORE[1], "", END);
    at = end;
  }
  return filled.join("\n");
}
