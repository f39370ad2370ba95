/**
 * Which flags a run looks at: with other values of all others it would go the same way.
 *
 * @module
 */

import type { FlagValue } from "../scenarios/scenario.ts";
import type { FlagValues } from "./system.ts";

const plain = new WeakMap<FlagValues, FlagValues>();

/** The flags, and those that have been looked at so far. */
export function watchedFlags(flags: FlagValues): { flags: FlagValues; read: ReadonlySet<string> } {
  const read = new Set<string>();
  const watched: Record<string, FlagValue> = {};
  for (const [name, value] of Object.entries(flags)) {
    Object.defineProperty(watched, name, {
      enumerable: true,
      get() {
        read.add(name);
        return value;
      },
    });
  }
  plain.set(watched, flags);
  return { flags: watched, read };
}

/** The same flags for a look that does not count: whether they go together is asked of every run for itself. */
export function unwatched(flags: FlagValues): FlagValues {
  return plain.get(flags) ?? flags;
}
