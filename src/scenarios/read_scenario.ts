/**
 * Turns the text of a scenario file into a scenario: all that is wrong with it at once, or all of it with defaults.
 *
 * @module
 */

import { RECOVERY_TASK } from "./defaults.ts";
import { OPERATIONS } from "./operation_schema.ts";
import { Names } from "./names.ts";
import { pageRange, parseRange } from "./place.ts";
import { type KeyPath, ScenarioError } from "./problems.ts";
import { didYouMean, Reader, shown } from "./reader.ts";
import { ORIGINS, readExpectation, readSelection } from "./read_expectations.ts";
import { mapsOf, operationNames, readMapped, readOperations } from "./read_operations.ts";
import {
  defaultFile,
  readBounds,
  readDevice,
  readFile,
  readKernel,
  readMount,
  type Section,
  unitsOf,
} from "./read_world.ts";
import type { Crash, Scenario, ScenarioFile, ScenarioMap, ScenarioTask } from "./scenario.ts";
import { SECTIONS } from "./scenario_schema.ts";
import type { KnownSystems } from "./selection.ts";
import { SYSTEMS } from "./words.ts";
import { mapSchema } from "./world_schema.ts";
import { YamlSource } from "./yaml_source.ts";

export interface ReadOptions {
  /** What is known of systems: outside ones that may be named, and the flags that scenarios are checked by. */
  readonly systems?: KnownSystems;
}

/** Sections that are read item by item, so that one bad item hides nothing of the others. */
const ITEMISED = ["files", "maps", "tasks", "after_recovery", "expect"] as const;

/** Words of expectations that no operation may be called. */
const RESERVED: readonly string[] = [...ORIGINS, "flusher", "reclaim", "journal_commit", "all", "short"];

/** Kernel tasks as `order` and `cost` may name them. */
const KERNEL_TASKS = ["flusher", "reclaim", "journal_commit"];

type Items = Record<string, unknown>;

/** The scenario's name: its file's name without folder and ending. */
export function scenarioName(file: string): string {
  return file.replace(/^.*[/\\]/, "").replace(/\.ya?ml$/, "").replaceAll(/\p{Cc}/gu, "?");
}

/**
 * Reads a scenario from its text.
 *
 * @param file name for messages, and the scenario's name
 * @throws {ScenarioError} with everything that is wrong
 */
export function readScenario(file: string, text: string, options: ReadOptions = {}): Scenario {
  return openScenario(file, text, options).scenario;
}

/** {@linkcode readScenario}, and where everything stands, for checks that need other files as well. */
export function openScenario(
  file: string,
  text: string,
  options: ReadOptions = {},
): { scenario: Scenario; source: YamlSource } {
  const source = new YamlSource(file, text);
  const reader = new Reader(source);
  const scenario = source.problems.length > 0 ? undefined : readContent(reader, source.content, file, options);
  if (scenario === undefined || reader.problems.length > 0) {
    throw new ScenarioError(reader.problems.toSorted((a, b) => a.line - b.line || a.column - b.column));
  }
  return { scenario, source };
}

function readContent(reader: Reader, content: unknown, file: string, options: ReadOptions): Scenario | undefined {
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    reader.problem([], `expected a mapping with title, system, tasks and expect, found ${shown(content)}`);
    return undefined;
  }
  const input = content as Record<string, unknown>;
  const sections = readSections(reader, input);
  const systems: KnownSystems = { ...Object.fromEntries(SYSTEMS.map((name) => [name, null])), ...options.systems };
  const selection = readSelection(reader, sections as Items, [], systems, []);
  if (selection.systems.length === 0 && input.system === undefined) {
    reader.problem([], "system is missing: a name, several, or all");
  }

  const bounds = readBounds(sections.bounds);
  const mount = readMount(reader, sections.mount, bounds);
  const units = unitsOf(bounds, mount);
  const items = itemsOf(reader, input);
  const maps = new Set([...Object.keys(items.maps), ...mapsMade(items)]);
  const names = new Names(reader, { files: declaredFiles(items.files), maps }, bounds);
  checkNamesApart(reader, items, maps);

  const files: Record<string, ScenarioFile> = {};
  for (const [name, value] of Object.entries(items.files)) {
    if (!checkName(reader, name, ["files", name])) continue;
    const read = readFile(reader, value, name, names, bounds, units);
    if (read !== undefined) files[name] = read;
  }
  const device = readDevice(sections.device, names);
  const kernel = readKernel(sections.kernel, names);

  const context = { reader, names, bounds, files };
  const tasks: Record<string, ScenarioTask> = {};
  for (const [task, value] of Object.entries(items.tasks)) {
    if (!checkName(reader, task, ["tasks", task])) continue;
    if (task === RECOVERY_TASK || KERNEL_TASKS.includes(task)) {
      reader.keyProblem(["tasks", task], `${task} is a task of its own: kernel, after_recovery`);
    }
    const shape = taskShape(reader, task, value);
    if (shape !== undefined) {
      tasks[task] = { mm: shape.mm, operations: readOperations(context, shape.list, task, shape.path) };
    }
  }
  const afterRecovery = readOperations(context, items.after_recovery, RECOVERY_TASK, ["after_recovery"]);

  const operations = checkOperationNames(reader, items, tasks, afterRecovery.flatMap((op) => operationNames([op])));
  checkAfter(reader, items, tasks, operations);
  const crash = readCrash(reader, sections.crash, operations);
  if (afterRecovery.length > 0 && crash === "never") {
    reader.keyProblem(["after_recovery"], "nothing crashes in this scenario: crash: anywhere");
  }
  const expectationContext = {
    reader,
    names,
    operations,
    tasks: new Set([...Object.keys(items.tasks), ...KERNEL_TASKS]),
    systems,
    inherited: selection.systems,
    crash,
  };
  const expectations = items.expect.map((value, nth) => readExpectation(expectationContext, value, ["expect", nth]));
  const count = Object.keys(items.tasks).length;
  if (count > bounds.tasks) {
    reader.keyProblem(["tasks"], `${count} tasks, at most ${bounds.tasks}: bounds: { tasks: ... }`);
  }
  if (count === 0 && !expectations.some((expectation) => expectation?.kind === "not_executable")) {
    reader.problem([], "tasks are missing: a scenario without any is not_executable");
  }
  const scenarioMaps = readMaps(reader, items.maps, names, tasks);
  for (const name of names.filesUsed) files[name] ??= defaultFile(units);
  return {
    name: scenarioName(file),
    title: sections.title ?? "",
    selection,
    steps: sections.steps ?? [],
    long: sections.long ?? null,
    bounds,
    mount,
    device,
    files,
    maps: scenarioMaps,
    tasks,
    kernel,
    crash,
    afterRecovery,
    recorded: sections.recorded === undefined ? null : {
      recording: sections.recorded.recording,
      operations: sections.recorded.operations ?? [],
      windows: sections.recorded.windows ?? null,
    },
    expectations: expectations.filter((expectation) => expectation !== undefined),
  };
}

type Sections = { [Name in keyof typeof SECTIONS]?: Section<Name> };

/** Checks the sections that are small enough to be right or wrong as a whole, and that there are no others. */
function readSections(reader: Reader, input: Record<string, unknown>): Sections {
  const known = Object.keys(SECTIONS);
  for (const key of Object.keys(input)) {
    if (known.includes(key)) continue;
    const hint = Object.hasOwn(OPERATIONS, key) ? ", operations go under tasks" : didYouMean(key, known);
    reader.keyProblem([key], `unknown key${hint || `, known here: ${known.join(", ")}`}`);
  }
  if (input.title === undefined) reader.problem([], "title is missing: how the row reads");
  const sections: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(SECTIONS)) {
    if (input[key] === undefined || (ITEMISED as readonly string[]).includes(key)) continue;
    sections[key] = reader.check(schema, input[key], [key]);
  }
  return sections as Sections;
}

function itemsOf(reader: Reader, input: Record<string, unknown>) {
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

type AllItems = ReturnType<typeof itemsOf>;

function operationsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const list = (value as Items | null)?.do;
  return Array.isArray(list) ? list : [];
}

/** Areas that mmap operations make, read from the raw text: their names hold even where something else is wrong. */
function mapsMade({ tasks }: AllItems): string[] {
  return Object.values(tasks).flatMap(operationsOf)
    .map((operation) => (operation as Items | null)?.as)
    .filter((name) => typeof name === "string");
}

function declaredFiles(files: Items): Map<string, { saysSize: boolean }> {
  return new Map(
    Object.entries(files).map(([name, value]) => [
      name,
      { saysSize: typeof value === "object" && value !== null && "size" in value },
    ]),
  );
}

function checkName(reader: Reader, name: string, path: KeyPath): boolean {
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return true;
  reader.keyProblem(path, `expected a name of letters, digits and _, found ${shown(name)}`);
  return false;
}

function checkNamesApart(reader: Reader, { files, maps }: AllItems, allMaps: ReadonlySet<string>): void {
  for (const name of Object.keys(files)) {
    if (!allMaps.has(name)) continue;
    reader.keyProblem(
      [name in maps ? "maps" : "files", name],
      `${name} is the name of a file and of an area of memory`,
    );
  }
}

function taskShape(
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

/** All names that may stand for an operation. Names of operations that could not be read count. */
function checkOperationNames(
  reader: Reader,
  items: AllItems,
  tasks: Readonly<Record<string, ScenarioTask>>,
  recovery: readonly string[],
): Set<string> {
  const all = new Set<string>(recovery);
  const given = new Map<string, KeyPath>();
  const add = (operation: unknown, path: KeyPath) => {
    const name = (operation as Items | null)?.name;
    if (typeof name === "string") {
      if (given.has(name)) reader.problem([...path, "name"], `another operation is called ${name} as well`);
      else if (RESERVED.includes(name)) reader.problem([...path, "name"], `${name} means something else in expect`);
      else if (name in items.tasks) reader.problem([...path, "name"], `${name} is the name of a task`);
      given.set(name, path);
      all.add(name);
    }
    for (const key of ["io_submit", "uring_submit"]) {
      const batch = (operation as Items | null)?.[key];
      if (Array.isArray(batch)) batch.forEach((iocb, nth) => add(iocb, [...path, key, nth]));
    }
  };
  for (const [task, value] of Object.entries(items.tasks)) {
    const below = Array.isArray(value) ? ["tasks", task] : ["tasks", task, "do"];
    operationsOf(value).forEach((operation, nth) => {
      add(operation, [...below, nth]);
      if ((operation as Items | null)?.name === undefined) all.add(`${task}#${nth}`);
    });
  }
  items.after_recovery.forEach((operation, nth) => add(operation, ["after_recovery", nth]));
  for (const { operations } of Object.values(tasks)) for (const name of operationNames(operations)) all.add(name);
  return all;
}

/** Checks that what is waited for is there, and that nobody waits in a circle. */
function checkAfter(
  reader: Reader,
  items: AllItems,
  tasks: Readonly<Record<string, ScenarioTask>>,
  names: ReadonlySet<string>,
): void {
  for (const [task, value] of Object.entries(items.tasks)) {
    const below = Array.isArray(value) ? ["tasks", task] : ["tasks", task, "do"];
    operationsOf(value).forEach((operation, nth) => {
      const after = (operation as Items | null)?.after;
      for (const name of Array.isArray(after) ? after : [after]) {
        if (typeof name !== "string" || names.has(name)) continue;
        reader.problem([...below, nth, "after"], `no operation ${name}${didYouMean(name, names)}`);
      }
    });
  }
  const before = new Map<string, readonly string[]>();
  for (const { operations } of Object.values(tasks)) {
    let previous: string | null = null;
    for (const { name, after } of operations) {
      before.set(name, previous === null ? after : [...after, previous]);
      previous = name;
    }
  }
  const state = new Map<string, "open" | "done">();
  const visit = (name: string): boolean => {
    if (state.get(name) === "done") return false;
    if (state.get(name) === "open") return true;
    state.set(name, "open");
    const circular = (before.get(name) ?? []).some(visit);
    state.set(name, "done");
    return circular;
  };
  for (const name of before.keys()) {
    if (visit(name)) {
      reader.keyProblem(["tasks"], `operations wait for each other in a circle: look at the after of ${name}`);
    }
  }
}

function readCrash(reader: Reader, input: Section<"crash">, operations: ReadonlySet<string>): Crash {
  if (input === undefined) return "never";
  if (typeof input === "string") return input;
  const after = Array.isArray(input.after) ? input.after : [input.after];
  for (const name of after) {
    if (!operations.has(name)) {
      reader.problem(["crash", "after"], `no operation ${name}${didYouMean(name, operations)}`);
    }
  }
  return { after };
}

/** Reads areas of memory. One that does not say whose it is belongs to the address space of those who use it. */
function readMaps(
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
