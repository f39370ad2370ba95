/**
 * Distinct windows of a recording: those that come to the same small scenario are one.
 *
 * @module
 */

import { PageHistory } from "../checking/recorded/page_history.ts";
import type { RecordedRun } from "../checking/recorded/recorded_run.ts";
import { FileStates } from "./file_states.ts";
import { normalise, type SmallWindow } from "./normalise.ts";
import { partsOf } from "./parts.ts";
import { onPersistentMemory, shapeOf, titleOf } from "./window_scenario.ts";
import { type CutWindows, cutWindows } from "./windows.ts";

/** Windows that are alike. */
export interface Shape {
  /** `w1`, `w2`, ...: in the order in which they first come up. */
  readonly name: string;
  readonly title: string;
  /** The scenario, without its system. */
  readonly text: string;
  /** The same for files on persistent memory: other shapes may have the same one. */
  readonly textOnPersistentMemory: string;
  /** Windows that have it. */
  readonly count: number;
  /** op_id of the operations of each of these windows. */
  readonly windows: readonly (readonly number[])[];
  /** Each of these windows, made small; none where nobody asked for them. */
  readonly small: readonly SmallWindow[];
}

/** A shape as it is put together. */
interface OfShape extends Pick<Shape, "title" | "textOnPersistentMemory"> {
  readonly windows: number[][];
  readonly small: SmallWindow[];
}

export interface Shapes {
  readonly shapes: readonly Shape[];
  readonly windows: number;
  readonly inPairs: number;
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * @param cut windows of the run; those of operations that meet, if nothing else is said
 * @param kept whether shapes have their windows made small, which hold what of the run they are about
 */
export function shapesOf(
  run: RecordedRun,
  cut: CutWindows = cutWindows(run),
  kept: "small windows" | "texts" = "small windows",
): Shapes {
  const { windows, inPairs, leftOut } = cut;
  const states = new FileStates(run, new PageHistory(run));
  const byText = new Map<string, OfShape>();
  for (const window of windows) {
    const ids = window.touched.map(({ operation }) => operation.id);
    for (const part of partsOf(window, states)) {
      const small = normalise(part, states);
      const own = kept === "texts" ? [] : [small];
      const text = shapeOf(small);
      const known = byText.get(text);
      if (known === undefined) {
        const textOnPersistentMemory = onPersistentMemory(small);
        byText.set(text, { title: titleOf(small), textOnPersistentMemory, windows: [ids], small: own });
      } else {
        if (known.windows.at(-1) !== ids) known.windows.push(ids);
        known.small.push(...own);
      }
    }
  }
  const shapes = [...byText].map(([text, own], nth): Shape => ({
    name: `w${nth + 1}`,
    text,
    count: own.windows.length,
    ...own,
  }));
  return { shapes, windows: windows.length, inPairs, leftOut };
}
