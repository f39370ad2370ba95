/**
 * Paths of the modelled kernels that a patch from outside may put its own in the place of.
 *
 * A path is a generator function with the name of the kernel's function. What is patched is one world, that of a run: the
 * systems beside it, and the runs after it, go their own way.
 *
 * @module
 */

import type { Steps } from "../machine/task.ts";
import { NoSuchThing, type World } from "../machine/world.ts";

/** What tells in which world a path is gone: an inode or a mapping, a file, a direct I/O. */
export type Placed =
  | { readonly world: World }
  | { readonly inode: { readonly world: World } }
  | { readonly file: { readonly inode: { readonly world: World } } };

function worldOf(placed: Placed): World {
  if ("world" in placed) return placed.world;
  return "inode" in placed ? placed.inode.world : placed.file.inode.world;
}

type AnyPath = (...args: never[]) => Steps<unknown>;

/** What goes in the place of a path: the path itself comes first, so that it can be gone as well. */
export type Override = (original: AnyPath, ...args: never[]) => Steps<unknown>;

export type OverrideTable = ReadonlyMap<string, Override>;

/** What a patch does to one world. */
export interface Overriding {
  /** Name of the patch, for messages. */
  readonly patch: string;
  readonly table: OverrideTable;
  /** Steps that its calls may go through. */
  readonly steps: ReadonlySet<string>;
}

interface Overridden extends Overriding {
  /** Names of those that have been gone so far. */
  readonly reached: Set<string>;
}

const overrides = new WeakMap<World, Overridden>();

/** Has paths of one world overridden; to be called before anything is mounted. */
export function overridePaths(world: World, overriding: Overriding): void {
  overrides.set(world, { ...overriding, reached: new Set() });
}

/** A path, a step, or a flag, that a patch goes by and that does not exist, in a line. */
export class PatchError extends NoSuchThing {
  /** Tells it from other errors. */
  override readonly name = "PatchError";
}

/** What looks at the steps that calls of a world go through: null where there is no patch. */
export function stepCheck(world: World): ((step: string) => void) | null {
  const own = overrides.get(world);
  if (own === undefined) return null;
  return (step) => {
    if (!own.steps.has(step)) {
      throw new PatchError(`${own.patch}: there is no step ${step}: add it to its steps, with what it does`);
    }
  };
}

/** What goes in the place of a path in a world, which is about to be gone; undefined: nothing. */
export function overrideOf(world: World, name: string): Override | undefined {
  const own = overrides.get(world);
  const override = own?.table.get(name);
  if (override !== undefined) own!.reached.add(name);
  return override;
}

/** Names of the paths of a world whose overrides have been gone so far. */
export function reachedOverrides(world: World): readonly string[] {
  return [...overrides.get(world)?.reached ?? []];
}

/**
 * Makes a path that patches may override.
 *
 * @param name as in the kernel: `iomap_dio_rw`
 */
export function path<Args extends [Placed, ...unknown[]], Result>(
  name: string,
  original: (...args: Args) => Steps<Result>,
): (...args: Args) => Steps<Result> {
  return (...args) => {
    const override = overrideOf(worldOf(args[0]), name);
    if (override === undefined) return original(...args);
    const own = override as unknown as (original: unknown, ...args: Args) => Steps<Result>;
    return own(original, ...args);
  };
}
