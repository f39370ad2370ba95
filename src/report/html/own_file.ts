/**
 * Files of this folder that go into pages as they are.
 *
 * @module
 */
import * as fs from "node:fs";

/** A file of this folder as text. */
export function ownFile(name: string): string {
  return fs.readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
}
