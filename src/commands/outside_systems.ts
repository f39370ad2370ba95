/**
 * Loads systems and patches from modules outside of the project.
 *
 * @module
 */

import { fileURLToPath as fromFileUrl } from "node:url";
import { type Patch, patchedSystem, PatchError } from "../systems/patch.ts";
import { addSystem, allSystems, systemNamed } from "../systems/index.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import type { System } from "../systems/system.ts";

/** A module that is none of a system, in a line. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}

/** What a system must have, and a patch. */
const SYSTEM_KEYS = ["name", "title", "flags", "presets", "steps", "lockOrder", "mount"] as const;
const PATCH_KEYS = ["name", "title", "of", "paths"] as const;

/** As `--system` may name them: words, as scenarios write them. */
const NAME = /^[A-Za-z0-9_.+-]+$/;

/** True for what names a module, and not a system. */
export function isModule(word: string): boolean {
  return word.includes("/") || /\.m?[jt]s$/.test(word);
}

/**
 * Loads a module, whose default export is a patch or a system, and adds what it is to the systems that there are.
 *
 * @param module address of the module: `file:///home/me/my-patch.ts`
 * @param shown how messages call it
 * @throws {OutsideError} when there is none, or it is no system
 */
export async function loadOutside(module: string, shown: string): Promise<System> {
  let found: unknown;
  try {
    found = (await import(module)).default;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new OutsideError(`${shown} cannot be loaded: ${text.split("\n")[0]}${placeOf(error, module)}`);
  }
  const system = systemOf(found, shown);
  if (!NAME.test(system.name)) {
    throw new OutsideError(
      `${shown}: its name is ${JSON.stringify(system.name)}: letters, digits and . _ + - may be in it`,
    );
  }
  if (allSystems().some(({ name }) => name === system.name)) {
    throw new OutsideError(`${shown}: there is a system ${system.name} already`);
  }
  addSystem(system);
  return system;
}

/** Where in the module, or in one that it imports, an error is: ` (line 3, column 34)`; empty where nothing tells. */
function placeOf(error: unknown, module: string): string {
  if (!(error instanceof Error)) return "";
  // A module that cannot be parsed has its place in the message, one that fails while it runs in the stack.
  const frame = /^ +at .*?(file:[^\s()]+?):(\d+):(\d+)\)?$/m.exec(`${error.message}\n${error.stack}`);
  const [, url, line, column] = frame ?? [];
  if (url === undefined || url === import.meta.url) return "";
  const file = url === module ? "" : `${fromFileUrl(url)}, `;
  return ` (${file}line ${line}, column ${column})`;
}

function systemOf(found: unknown, shown: string): System {
  if (typeof found !== "object" || found === null) {
    throw new OutsideError(`${shown} exports no system: export default patch({ ... }), or a system of its own`);
  }
  const isPatch = "kind" in found && found.kind === "patch";
  const missing = (isPatch ? PATCH_KEYS : SYSTEM_KEYS).filter((key) => !(key in found));
  if (missing.length > 0) {
    throw new OutsideError(`${shown}: its ${isPatch ? "patch" : "system"} has no ${missing.join(", no ")}`);
  }
  if (!isPatch) return found as System;
  const own = found as Patch;
  try {
    return patchedSystem(own, systemNamed(own.of));
  } catch (error) {
    if (error instanceof NotModelled) throw new OutsideError(`${shown}: of: ${error.message}`);
    if (error instanceof PatchError) throw new OutsideError(`${shown}: ${error.message}`);
    throw error;
  }
}
