/**
 * What is said of windows beside a history: how many of them each system allows, and the first that it does not.
 *
 * @module
 */

import { grouped } from "./plural.ts";
import { LINE_WIDTH, wrap, wrapItems } from "./text_wrap.ts";

/** Windows of one system by whether it allows what the history has of them. */
export interface SystemBesideHistory {
  system: string;
  allowed: number;
  differ: number;
  /** Windows of which nothing can be said, by why. */
  unsaid: Record<string, number>;
  /** The first that is not allowed; null: all are. */
  example: {
    /** op_id. */
    operations: number[];
    /** Name of the window, and what `--save` calls its scenario. */
    shape: string;
    scenario: string;
    /** What it came to in the recording. */
    recorded: string;
  } | null;
}

/** Systems of which the same is to be said share their lines. @param windows all there are */
export function besideHistoryLines(all: readonly SystemBesideHistory[], windows: number): string[] {
  if (windows === 0) return [];
  const alike = Map.groupBy(all, ({ allowed, differ, unsaid }) => JSON.stringify([allowed, differ, unsaid]));
  return [...alike.values()].flatMap((systems) => {
    const [{ allowed, differ, unsaid, example }] = systems;
    const isAll = systems.length > 1 && systems.length === all.length;
    const names = isAll ? "every system" : systems.map(({ system }) => system).join(", ");
    const counts = `${grouped(allowed)} of ${grouped(windows)}${
      differ === 0 ? "" : `, not allowed: ${grouped(differ)}`
    }`;
    const reasons = Object.entries(unsaid).map(([why, count]) => `${grouped(count)} ${why}`);
    return [
      ...wrap(`  what the history has of them is allowed by ${names}: ${counts}`, LINE_WIDTH, 4),
      ...example === null ? [] : wrap(
        `    not allowed, the first: ${example.shape}, operations ${example.operations.join(", ")}: recorded ` +
          `${example.recorded} (--save DIR writes ${example.scenario} for deno task explore)`,
        LINE_WIDTH,
        6,
      ),
      ...reasons.length === 0 ? [] : wrapItems("    nothing can be said: ", reasons),
    ];
  });
}
