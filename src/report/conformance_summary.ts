/**
 * What `analyse` says of recordings beside the modelled kernel.
 *
 * @module
 */

import { grouped } from "./plural.ts";

export interface ConformanceSummary {
  recording_id: number;
  /** The model, its kernel and its file system. */
  system: string;
  families: { family: string; predicted: number; observed: number; matched: number }[];
  /** Calls that the model did, and those of them that went as it has them. */
  calls: number;
  calls_as_predicted: number;
  /** Calls of kinds that the model does not do, which have events that it might fire: they are among the observed. */
  calls_not_modelled: number;
  /** The most frequent ones. */
  first_differences: { expected: string; recorded: string; calls: number; operation: number }[];
  /** What was done otherwise than asked. */
  notes: string[];
  /** Events that were looked at, where the recording has more. */
  events_max: number | null;
}

/** Percent, never rounded up to a hundred. */
function share(part: number, whole: number): string {
  if (whole === 0) return "-";
  const percent = Math.floor(10_000 * part / whole) / 100;
  return `${percent} %`;
}

/** Lines of the summary; none where nothing was compared. */
export function conformanceLines(all: readonly ConformanceSummary[] | null): string[] {
  return (all ?? []).flatMap((one) => {
    const { recording_id, system, families, calls, calls_as_predicted, first_differences, notes, events_max } = one;
    const { calls_not_modelled: others } = one;
    const which = all!.length > 1 ? ` of recording ${recording_id}` : "";
    if (calls === 0 && others === 0) {
      return notes.slice(0, 1).map((note) => `conformance${which} with ${system}: ${note}`);
    }
    const lines = [
      `conformance${which} with ${system}: ${grouped(calls_as_predicted)} of ${grouped(calls)} calls go as predicted` +
      (events_max === null ? "" : `, of the first ${grouped(events_max)} events`),
    ];
    const told = families.filter(({ predicted, observed }) => predicted + observed > 0).map((each) =>
      `${each.family} ${share(each.matched, each.predicted)} of ${grouped(each.predicted)} predicted, ${
        share(each.matched, each.observed)
      } of ${grouped(each.observed)} observed`
    );
    lines.push(...told.map((text) => `  ${text}`));
    if (others > 0) {
      lines.push(
        `  ${grouped(others)} more ${others === 1 ? "call is" : "calls are"} of kinds that are not modelled; ` +
          `what ${others === 1 ? "it has" : "they have"} fired counts as observed`,
      );
    }
    if (first_differences.length > 0) lines.push("  first differences (view first_differences):");
    for (const { expected, recorded, calls: count, operation } of first_differences) {
      lines.push(
        `    ${grouped(count)} ${count === 1 ? "call" : "calls"}, first operation ${operation}: expected ${
          expected || "nothing more"
        }, ` +
          `recorded ${recorded || "nothing more"}`,
      );
    }
    return [...lines, ...notes.slice(0, 3).map((note) => `  ${note}`)];
  });
}
