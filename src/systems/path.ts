/**
 * Paths of the modelled kernels that a patch from outside may put its own in the place of.
 *
 * A path is a generator function with the name of the kernel's function. What is patched is one world, that of a run: the
 * systems beside it, and the runs after it, go their own way.
 *
 * @module
 */

import type { Steps } from "../machine/task.ts";
import type { World } from "../machine/world.ts";

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

const overrides = new WeakMap<World, OverrideTable>();

/** Has paths of one world overridden; to be called before anything is mounted. */
export function overridePaths(world: World, table: OverrideTable): void {
  overrides.set(world, table);
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
    const override = overrides.get(worldOf(args[0]))?.get(name);
    if (override === undefined) return original(...args);
    const own = override as unknown as (original: unknown, ...args: Args) => Steps<Result>;
    return own(original, ...args);
  };
}
