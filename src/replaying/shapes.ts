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
  /** Each of these windows, made small. */
  readonly small: readonly SmallWindow[];
}

export interface Shapes {
  readonly shapes: readonly Shape[];
  readonly windows: number;
  readonly inPairs: number;
  readonly leftOut: ReadonlyMap<string, number>;
}

/** @param cut windows of the run; those of operations that meet, if nothing else is said */
export function shapesOf(run: RecordedRun, cut: CutWindows = cutWindows(run)): Shapes {
  const { windows, inPairs, leftOut } = cut;
  const states = new FileStates(run, new PageHistory(run));
  const byText = new Map<string, { title: string; windows: number[][]; small: SmallWindow[] }>();
  for (const window of windows) {
    const ids = window.touched.map(({ operation }) => operation.id);
    for (const part of partsOf(window, states)) {
      const small = normalise(part, states);
      const text = shapeOf(small);
      const known = byText.get(text);
      if (known === undefined) byText.set(text, { title: titleOf(small), windows: [ids], small: [small] });
      else {
        if (known.windows.at(-1) !== ids) known.windows.push(ids);
        known.small.push(small);
      }
    }
  }
  const shapes = [...byText].map(([text, { title, windows, small }], nth): Shape => ({
    name: `w${nth + 1}`,
    title,
    text,
    textOnPersistentMemory: onPersistentMemory(small[0]),
    count: windows.length,
    windows,
    small,
  }));
  return { shapes, windows: windows.length, inPairs, leftOut };
}
