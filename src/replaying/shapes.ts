/**
 * Distinct windows of a recording: those that come to the same small scenario are one.
 *
 * @module
 */

import { PageHistory } from "../checking/recorded/page_history.ts";
import type { RecordedRun } from "../checking/recorded/recorded_run.ts";
import { FileStates, normalise } from "./normalise.ts";
import { shapeOf, titleOf } from "./window_scenario.ts";
import { cutWindows } from "./windows.ts";

/** Windows that are alike. */
export interface Shape {
  /** `w1`, `w2`, ...: in the order in which they first come up. */
  readonly name: string;
  readonly title: string;
  /** The scenario, without its system. */
  readonly text: string;
  /** Windows that have it. */
  readonly count: number;
  /** op_id of the operations of each of these windows. */
  readonly windows: readonly (readonly number[])[];
}

export interface Shapes {
  readonly shapes: readonly Shape[];
  readonly windows: number;
  readonly inPairs: number;
  readonly leftOut: ReadonlyMap<string, number>;
}

export function shapesOf(run: RecordedRun): Shapes {
  const { windows, inPairs, leftOut } = cutWindows(run);
  const states = new FileStates(run, new PageHistory(run));
  const byText = new Map<string, { title: string; windows: number[][] }>();
  for (const window of windows) {
    const small = normalise(window, states);
    const text = shapeOf(small);
    const ids = window.touched.map(({ operation }) => operation.id);
    const known = byText.get(text);
    if (known === undefined) byText.set(text, { title: titleOf(small), windows: [ids] });
    else known.windows.push(ids);
  }
  const shapes = [...byText].map(([text, { title, windows }], nth): Shape => ({
    name: `w${nth + 1}`,
    title,
    text,
    count: windows.length,
    windows,
  }));
  return { shapes, windows: windows.length, inPairs, leftOut };
}
