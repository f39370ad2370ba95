/**
 * Where workers get the programs of runs from, for those who only hand it on and need not load all systems themselves.
 *
 * @module
 */

import type { ProgramModule } from "./explore_runner_messages.ts";

/** Systems from outside are named in the module's own address: `?system=file:///home/me/my-patch.ts`. */
export const OUTSIDE = "system";

/** Where workers get the programs from. @param modules of systems from outside */
export function programsWith(modules: readonly string[]): ProgramModule {
  const url = new URL("./scenario_programs.ts", import.meta.url);
  for (const module of modules) url.searchParams.append(OUTSIDE, module);
  return { module: url.href, name: "programOf" };
}
