/**
 * Files, areas of memory, tasks and expectations of a scenario one by one, before anything is known of them but their
 * names: one bad item hides nothing of the others.
 *
 * @module
 */

import { OPERATIONS } from "./operation_schema.ts";
import type { KeyPath } from "./problems.ts";
import { didYouMean, type Reader, shown } from "./reader.ts";

/** By name, as the file has them. */
export type Items = Record<string, unknown>;

export function itemsOf(reader: Reader, input: Record<string, unknown>) {
  const mapping = (key: string): Items => {
    const value = input[key];
    if (value === undefined) return {};
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Items;
    reader.problem([key], `expected a mapping from names, found ${shown(value)}`);
    return {};
  };
  const list = (key: string): unknown[] => {
    const value = input[key];
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    reader.problem([key], `expected a list, found ${shown(value)}`);
    return [];
  };
  return {
    files: mapping("files"),
    maps: mapping("maps"),
    tasks: mapping("tasks"),
    after_recovery: list("after_recovery"),
    expect: list("expect"),
  };
}

/** All of them. */
export type AllItems = ReturnType<typeof itemsOf>;

export function operationsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const list = (value as Items | null)?.do;
  return Array.isArray(list) ? list : [];
}

/** Areas that mmap operations make, read from the raw text: their names hold even where something else is wrong. */
export function mapsMade({ tasks }: AllItems): string[] {
  return Object.values(tasks).flatMap(operationsOf)
    .map((operation) => (operation as Items | null)?.as)
    .filter((name) => typeof name === "string");
}

export function declaredFiles(files: Items): Map<string, { saysSize: boolean }> {
  return new Map(
    Object.entries(files).map(([name, value]) => [
      name,
      { saysSize: typeof value === "object" && value !== null && "size" in value },
    ]),
  );
}

export function checkName(reader: Reader, name: string, path: KeyPath): boolean {
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return true;
  reader.keyProblem(path, `expected a name of letters, digits and _, found ${shown(name)}`);
  return false;
}

export function checkNamesApart(reader: Reader, { files, maps }: AllItems, allMaps: ReadonlySet<string>): void {
  for (const name of Object.keys(files)) {
    if (!allMaps.has(name)) continue;
    reader.keyProblem(
      [name in maps ? "maps" : "files", name],
      `${name} is the name of a file and of an area of memory`,
    );
  }
}

export function taskShape(
  reader: Reader,
  task: string,
  value: unknown,
): { mm: string; list: unknown[]; path: KeyPath } | undefined {
  const path = ["tasks", task];
  if (Array.isArray(value)) {
    if (value.length > 0) return { mm: task, list: value, path };
  } else if (typeof value === "object" && value !== null) {
    const input = value as Items;
    const unknown = Object.keys(input).filter((key) => key !== "mm" && key !== "do");
    for (const key of unknown) {
      const hint = Object.hasOwn(OPERATIONS, key)
        ? ", operations are a list: a - before each"
        : didYouMean(key, ["mm", "do"]) || ", known here: mm, do";
      reader.keyProblem([...path, key], `unknown key${hint}`);
    }
    const { mm = task } = input;
    if (typeof mm !== "string" || !/^[A-Za-z][A-Za-z0-9_]*$/.test(mm)) {
      reader.problem([...path, "mm"], `expected the name of an address space, found ${shown(mm)}`);
    } else if (Array.isArray(input.do) && input.do.length > 0) return { mm, list: input.do, path: [...path, "do"] };
    else if (unknown.length === 0) {
      reader.problem(path, `expected do: with a list of operations, found ${shown(input.do)}`);
    }
    return undefined;
  }
  if (Array.isArray(value) || typeof value !== "object" || value === null) {
    reader.problem(path, `expected a list of operations, found ${shown(value)}`);
  }
  return undefined;
}
