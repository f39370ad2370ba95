/**
 * Turns the text of a scenario file into a scenario: all that is wrong with it at once, or all of it with defaults.
 *
 * @module
 */

import { DEFAULT_FILES, DEFAULT_SIZE, RECOVERY_TASK } from "./defaults.ts";
import { Names } from "./names.ts";
import { checkAfter, checkOperationNames } from "./operation_names.ts";
import { OPERATIONS } from "./operation_schema.ts";
import { ScenarioError } from "./problems.ts";
import { readExpectation } from "./read_expectations.ts";
import { readMaps } from "./read_maps.ts";
import { operationNames, readOperations } from "./read_operations.ts";
import { readSelection } from "./read_selection.ts";
import {
  checkLength,
  defaultFile,
  readBounds,
  readDevice,
  readFile,
  readKernel,
  readMount,
  type Section,
  unitsOf,
} from "./read_world.ts";
import { didYouMean, Reader, shown } from "./reader.ts";
import type { Crash, Scenario, ScenarioFile, ScenarioTask } from "./scenario.ts";
import {
  checkName,
  checkNamesApart,
  declaredFiles,
  type Items,
  itemsOf,
  mapsMade,
  taskShape,
} from "./scenario_items.ts";
import { SECTIONS } from "./scenario_schema.ts";
import type { KnownSystems } from "./selection.ts";
import { SYSTEMS } from "./words.ts";
import { YamlSource } from "./yaml_source.ts";

export interface ReadOptions {
  /** What is known of systems: outside ones that may be named, and the flags that scenarios are checked by. */
  readonly systems?: KnownSystems;
}

/** Sections that are read item by item, so that one bad item hides nothing of the others. */
const ITEMISED = ["files", "maps", "tasks", "after_recovery", "expect"] as const;

/** Kernel tasks as `order` and `cost` may name them. */
const KERNEL_TASKS = ["flusher", "reclaim", "journal_commit"];

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
  const unsaid = [...names.filesUsed].filter((name) => !Object.hasOwn(files, name));
  const isNoneNamed = count > 0 && Object.keys(files).length === 0 && unsaid.length === 0;
  for (const name of isNoneNamed ? DEFAULT_FILES : unsaid) {
    checkLength(reader, DEFAULT_SIZE, ["files", name, "size"], bounds);
    files[name] = defaultFile(units);
  }
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
