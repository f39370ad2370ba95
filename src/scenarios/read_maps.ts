/**
 * Reads areas of memory, and whose they are.
 *
 * @module
 */

import type { Names } from "./names.ts";
import { pageRange, parseRange } from "./place.ts";
import { mapsOf, readMapped } from "./read_operations.ts";
import { didYouMean, type Reader } from "./reader.ts";
import type { ScenarioMap, ScenarioTask } from "./scenario.ts";
import { checkName, type Items } from "./scenario_items.ts";
import { mapSchema } from "./world_schema.ts";

/** One that does not say whose it is belongs to the address space of those who use it. */
export function readMaps(
  reader: Reader,
  input: Items,
  names: Names,
  tasks: Readonly<Record<string, ScenarioTask>>,
): Record<string, ScenarioMap> {
  const users = new Map<string, Set<string>>();
  for (const { mm, operations } of Object.values(tasks)) {
    for (const operation of operations) {
      for (const map of mapsOf(operation, names)) users.set(map, (users.get(map) ?? new Set()).add(mm));
    }
  }
  const spaces = new Set(Object.values(tasks).map(({ mm }) => mm));
  for (const [name, mms] of users) {
    if (name in input || mms.size < 2) continue;
    reader.keyProblem(
      ["tasks"],
      `${name} is used in several address spaces, ${[...mms].join(" and ")}: give the tasks one mm`,
    );
  }
  const maps: Record<string, ScenarioMap> = {};
  for (const [name, value] of Object.entries(input)) {
    const path = ["maps", name];
    if (!checkName(reader, name, path)) continue;
    const checked = reader.check(mapSchema, value, path);
    if (checked === undefined) continue;
    const given = typeof checked === "string" ? { map: checked } : checked;
    const mapped = readMapped({ names }, given.map, typeof checked === "string" ? path : [...path, "map"]);
    if (mapped === undefined) continue;
    const mm = given.mm ?? [...users.get(name) ?? []][0];
    if (mm === undefined) reader.keyProblem(path, "no task uses it: give it an mm, or leave it out");
    else if (!spaces.has(mm)) {
      reader.problem([...path, "mm"], `no task has the address space ${mm}${didYouMean(mm, spaces)}`);
    }
    const foreign = [...users.get(name) ?? []].find((user) => user !== mm);
    if (mm !== undefined && foreign !== undefined) {
      reader.keyProblem(
        path,
        `it is in the address space ${mm}, and a task of ${foreign} uses it: give both tasks one mm`,
      );
    }
    const present = given.present !== undefined
      ? parseRange(given.present)
      : mapped.kind === "anon" && mapped.pages > 0
      ? pageRange(0, mapped.pages - 1)
      : null;
    maps[name] = { mapped, mm: mm ?? "", present };
  }
  return maps;
}
