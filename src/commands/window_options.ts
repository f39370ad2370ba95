/**
 * What `analyse` is asked to explore: options, apart from the modelled kernels that take a while to load.
 *
 * @module
 */

import type { ShapeBudget } from "../replaying/explored_shape.ts";
import type { SaidOfRecording } from "../replaying/recorded_kernel.ts";
import { UsageError } from "./command.ts";

/**
 * Schedules of one window on one system when nothing else is said: most windows of two operations close within. Of those
 * that do, more than an eighth is done after half of them. Most of those of which nearly all is done by then close within
 * as many again.
 */
const BUDGET_DEFAULT: ShapeBudget = {
  runs: 800,
  hopeless: { runs: 400, part: 1 / 8 },
  nearly: { runs: 2_000, part: 0.9 },
  milliseconds: null,
};

export interface WindowOptions {
  /** Names of systems; `all`: all. */
  readonly systems: string;
  readonly budget: ShapeBudget;
  /** Where scenarios are saved; null: nowhere. */
  readonly save: string | null;
  readonly said: SaidOfRecording;
}

/** @throws {UsageError} for what is neither schedules nor seconds */
export function parseBudget(text: string | undefined): ShapeBudget {
  if (text === undefined) return BUDGET_DEFAULT;
  const match = /^(\d+)(s?)$/.exec(text);
  if (match === null || Number(match[1]) === 0) {
    throw new UsageError(`--budget ${text}: schedules of one window, such as 5000, or seconds, such as 10s`);
  }
  return match[2] === "s"
    ? { runs: Number.MAX_SAFE_INTEGER, hopeless: null, nearly: null, milliseconds: 1000 * Number(match[1]) }
    : { runs: Number(match[1]), hopeless: null, nearly: null, milliseconds: null };
}
