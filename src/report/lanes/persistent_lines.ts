/**
 * Persistent memory in the picture of a run that a crash ends: beside the lanes a narrow column for each cache line that
 * has been written, with how far its writes have come after each step; behind them what each line held at the crash, and
 * what of it is in the image.
 *
 * @module
 */

import type { PersistentLine } from "../../machine/program.ts";
import type { Paint, Tone } from "../paint.ts";
import { wrap } from "../text_wrap.ts";
import type { LaneStep, LaneTrace } from "./lane_trace.ts";

/** How far the writes to a line have come: the least far of them counts. */
export type LineState = "cached" | "in flight" | "durable";

const GLYPHS: Readonly<Record<LineState, { readonly glyph: string; readonly tone: Tone }>> = {
  cached: { glyph: "○", tone: "bad" },
  "in flight": { glyph: "◐", tone: "waits" },
  durable: { glyph: "●", tone: "faint" },
};

/** More lines than that have no column: what they hold is told behind the lanes. */
const COLUMNS_MAX = 12;
const LETTERS = "abcdefghijkl";

function lineState({ cached, inFlight }: PersistentLine): LineState {
  return cached ? "cached" : inFlight ? "in flight" : "durable";
}

/** The columns, for the rows of the lanes. */
export class LineColumns {
  /** Names of the lines that have a column. */
  readonly #names: readonly string[];
  /** After each step: states by line. */
  readonly #states: readonly ReadonlyMap<string, LineState>[];
  readonly #paint: Paint;

  /** @param steps of the run, all of them */
  constructor(trace: LaneTrace, paint: Paint) {
    this.#names = columnLines(trace).map(({ name }) => name);
    this.#paint = paint;
    let states = new Map<string, LineState>();
    this.#states = trace.steps.map(({ lines }: LaneStep) => {
      if (lines.length > 0) {
        states = new Map([
          ...states,
          ...lines.map((line) => [line.name, lineState(line)] as const),
        ]);
      }
      return states;
    });
  }

  /** With the space before them; 0: there are none. */
  get width(): number {
    return 2 * this.#names.length;
  }

  /** Their letters. */
  get head(): string {
    return this.#names.map((_name, nth) => ` ${this.#paint("title", LETTERS[nth])}`).join("");
  }

  /** How the lines are after a step; on the further lines of its row nothing. */
  row(step: number, line: number): string {
    return this.#names.map((name) => {
      const state = line === 0 ? this.#states[step].get(name) : undefined;
      return ` ${state === undefined ? " " : this.#paint(GLYPHS[state].tone, GLYPHS[state].glyph)}`;
    }).join("");
  }
}

function columnLines({ end, lines }: LaneTrace): readonly PersistentLine[] {
  return end === "crash" ? lines.slice(0, COLUMNS_MAX) : [];
}

/** What each line held when the power went, and what the image has of it. */
export function lineTable(trace: LaneTrace, width: number, paint: Paint): string[] {
  if (trace.end !== "crash" || trace.lines.length === 0) return [];
  const legend = Object.entries(GLYPHS).map(([state, { glyph, tone }]) => `${paint(tone, glyph)} ${state}`).join("  ");
  return [
    `cache lines of persistent memory: ${legend}`,
    ...trace.lines.flatMap((line, nth) => {
      const { name, of, visible, durable, survived } = line;
      const state = lineState(line);
      const letter = nth < COLUMNS_MAX ? LETTERS[nth] : " ";
      const held = state === "durable" ? `durable ${durable}` : `${state} ${visible}, durable ${durable}`;
      const image = survived === null
        ? "nobody looks at it after the crash"
        : `survived ${survived}${state === "durable" ? "" : survived === visible ? "" : ": lost"}`;
      const rows = wrap(`${letter} ${name} (${of}): ${held}; ${image}`, width, 4);
      return survived !== null && survived !== visible ? rows.map((row) => paint("bad", row)) : rows;
    }),
  ];
}
