/**
 * Reads scenario files and folders of them.
 *
 * @module
 */

import { readBoundedText } from "../std/bounded_file.ts";
import { failureReason } from "../std/file_failure.ts";
import { type Problem, ScenarioError } from "./problems.ts";
import { openScenario, type ReadOptions, scenarioName } from "./read_scenario.ts";
import type { AbsentExpectation, Scenario } from "./scenario.ts";
import type { YamlSource } from "./yaml_source.ts";

export interface LoadedScenario {
  /** As it was given, or below the folder that was given. */
  readonly path: string;
  readonly scenario: Scenario;
}

interface Opened extends LoadedScenario {
  readonly source: YamlSource;
}

/**
 * Reads scenario files, and all `.yaml` files in folders and the folders in them, in the order of their names. Looks
 * whether siblings are there and show what a scenario says is absent.
 *
 * @throws {ScenarioError} with everything that is wrong in all of them
 */
export function loadScenarios(paths: readonly string[], options: ReadOptions = {}): LoadedScenario[] {
  const problems: Problem[] = [];
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const files = paths.flatMap((path) => collect(() => scenarioFiles(path)) ?? []);
  const opened = [...new Set(files)]
    .map((path) => collect(() => open(path, options)))
    .filter((file) => file !== undefined);
  const siblings = new Siblings(opened, options);
  for (const file of opened) problems.push(...siblings.problemsOf(file));
  if (problems.length > 0) throw new ScenarioError(problems);
  return opened.map(({ path, scenario }) => ({ path, scenario }));
}

function aboutFile(file: string, message: string): ScenarioError {
  return new ScenarioError([{ file, line: 0, column: 0, path: [], message }]);
}

function open(path: string, options: ReadOptions): Opened {
  let text: string;
  try {
    text = readBoundedText(path);
  } catch (error) {
    throw aboutFile(path, `cannot be read: ${failureReason(error)}`);
  }
  return { path, ...openScenario(path, text, options) };
}

/** The file itself, or all scenario files of a folder. */
function scenarioFiles(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = Deno.statSync(path).isDirectory;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw aboutFile(path, `cannot be read: ${failureReason(error)}`);
    throw aboutFile(path, "no such file or folder");
  }
  if (!isFolder) return [path];
  const found = [...filesBelow(path.replace(/\/+$/, ""))];
  if (found.length === 0) throw aboutFile(path, "no scenario in this folder: they are files that end with .yaml");
  return found;
}

function* filesBelow(folder: string): Iterable<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)].toSorted((a, b) => compareNames(a.name, b.name));
  } catch (error) {
    throw aboutFile(folder, `cannot be read: ${failureReason(error)}`);
  }
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else if (isScenarioFile(name)) yield `${folder}/${name}`;
  }
}

/** Numbers in names by their value: 10-3 before 10-12. */
function compareNames(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.replace(/\d+/g, (digits) => digits.padStart(6, "0")));
  return left < right ? -1 : left > right ? 1 : 0;
}

function isScenarioFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

/** True when a file is that of a row, or has the name. */
function answersTo(fileName: string, sibling: string): boolean {
  const name = scenarioName(fileName);
  return name === sibling || /^\d{2}-\d+[a-z]?$/.test(sibling) && name.startsWith(`${sibling}-`);
}

/** Looks for the scenarios that show what others say is absent. */
class Siblings {
  readonly #options: ReadOptions;
  readonly #opened = new Map<string, Scenario | null>();

  constructor(opened: readonly Opened[], options: ReadOptions) {
    this.#options = options;
    for (const { path, scenario } of opened) this.#opened.set(path, scenario);
  }

  problemsOf(file: Opened): Problem[] {
    return file.scenario.expectations.flatMap((expectation, nth) => {
      if (expectation.kind !== "absent") return [];
      const path = ["expect", nth, "sibling"];
      return this.#wrongWith(file, expectation).map((message) => ({
        file: file.path,
        ...file.source.positionOf(path),
        path,
        message,
      }));
    });
  }

  #wrongWith(file: Opened, { anomalies, siblings }: AbsentExpectation): string[] {
    const found = siblings.map((sibling) => ({ sibling, scenarios: this.#find(file, sibling) }));
    const missing = found.filter(({ scenarios }) => scenarios.length === 0);
    if (missing.length > 0) return missing.map(({ sibling }) => `no scenario ${sibling}`);
    const all = found.flatMap(({ scenarios }) => scenarios);
    // What is wrong with a sibling's own file is told where that file is read.
    if (all.includes(null)) return [];
    const hidden = anomalies.filter((anomaly) => !all.some((scenario) => shows(scenario!, anomaly)));
    const names = siblings.join(" and ");
    return hidden.map((anomaly) => `${names} shows no ${anomaly}: it has no "reachable: ${anomaly}"`);
  }

  /** Scenarios of a name or row, in the folder of the file or, with its name before, in the one beside it. */
  #find(file: Opened, sibling: string): (Scenario | null)[] {
    const slash = file.path.lastIndexOf("/");
    const own = slash < 0 ? "." : file.path.slice(0, slash);
    const [folder, name] = sibling.includes("/")
      ? [`${own}/../${sibling.slice(0, sibling.lastIndexOf("/"))}`, sibling.slice(sibling.lastIndexOf("/") + 1)]
      : [own, sibling];
    if (folder === own && answersTo(file.path, name)) return [file.scenario];
    return namesIn(folder).filter((entry) => answersTo(entry, name)).map((entry) => this.#read(`${folder}/${entry}`));
  }

  #read(path: string): Scenario | null {
    let scenario = this.#opened.get(path);
    if (scenario === undefined) {
      try {
        scenario = open(path, this.#options).scenario;
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        scenario = null;
      }
      this.#opened.set(path, scenario);
    }
    return scenario;
  }
}

function shows({ expectations }: Scenario, anomaly: string): boolean {
  return expectations.some((expectation) => expectation.kind === "reachable" && expectation.anomaly === anomaly);
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).filter(isScenarioFile).toSorted(compareNames);
  } catch {
    return [];
  }
}
