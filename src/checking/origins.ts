/**
 * Where the content of a sector came from, in the words of scenarios.
 *
 * @module
 */

import { isStale, type Token, ZERO } from "../machine/tokens.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { initialContent } from "../systems/common/disk_layout.ts";
import { OperationNames } from "./narrowing.ts";

const TOKEN = /^([IW])\((.+),(\d+)\)$/;

/** A token that a write or the initial content has left. */
export interface Written {
  /** Of a write: the operation; of initial content: the file. */
  readonly of: string;
  readonly kind: "initial" | "write";
  /** Sector within the file. */
  readonly sector: number;
}

/** Null: zeros, stale, or torn. */
export function parseToken(token: Token): Written | null {
  const match = TOKEN.exec(token);
  return match === null
    ? null
    : { of: match[2], kind: match[1] === "I" ? "initial" : "write", sector: Number(match[3]) };
}

/** File that an operation of the scenario writes; null where that is not told. */
function fileOf(scenario: Scenario, name: string): string | null {
  for (const { operations } of Object.values(scenario.tasks)) {
    for (const operation of operations) {
      const each = operation.kind === "io_submit" || operation.kind === "uring_submit" ? operation.iocbs : [operation];
      const found = each.find((one) => one.name === name);
      if (found === undefined) continue;
      if ("place" in found && Object.hasOwn(scenario.files, found.place.name)) return found.place.name;
      return null;
    }
  }
  return null;
}

/**
 * Origin of what a sector of a file holds: name of a write, `initial`, `zeros`, `stale`, `other_file` or `torn`.
 *
 * Content that belongs to another sector of the same file is `stale`: no write of this sector has put it there.
 */
export function originOf(token: Token, file: string, sector: number, scenario: Scenario): string {
  if (token === ZERO) return "zeros";
  if (token.startsWith("TORN(")) return "torn";
  if (isStale(token)) return "stale";
  const written = parseToken(token);
  if (written === null) return "stale";
  if (written.kind === "initial") {
    if (written.of !== file) {
      // A file may begin with blocks that it shares with another one.
      return initialContent(scenario, file)[sector] === token ? "initial" : "other_file";
    }
    return written.sector === sector ? "initial" : "stale";
  }
  const name = OperationNames.of(scenario).nameOf(written.of);
  const target = fileOf(scenario, name);
  if (target !== null && target !== file) return "other_file";
  return written.sector === sector ? name : "stale";
}
