/**
 * Expectations of a scenario file, with their defaults, and with every name in them checked.
 *
 * @module
 */

import { NO_SELECTION } from "./defaults.ts";
import { EXPECTATIONS, RELATIONS } from "./expectation_schema.ts";
import type { Names } from "./names.ts";
import { parseLength, parseRange, type Range } from "./place.ts";
import type { KeyPath } from "./problems.ts";
import { didYouMean, type Reader } from "./reader.ts";
import type {
  Contents,
  Crash,
  Expectation,
  FinalFile,
  FlagValue,
  Kept,
  Relation,
  Returned,
  Selection,
  Source,
} from "./scenario.ts";
import { ANY_VALUE, COMMON_PRESETS, type KnownSystems, type SystemWords } from "./selection.ts";
import { EVIDENCE_TAGS } from "./words.ts";

export interface ExpectationContext {
  readonly reader: Reader;
  readonly names: Names;
  /** Names of all operations. */
  readonly operations: ReadonlySet<string>;
  /** Names of all tasks, those of the kernel included. */
  readonly tasks: ReadonlySet<string>;
  readonly systems: KnownSystems;
  /** Systems that the scenario is for. */
  readonly inherited: readonly string[];
  readonly crash: Crash;
}

/** Where a sector may come from other than from a write of the scenario; `torn`: parts of it from several. */
export const ORIGINS = ["initial", "zeros", "stale", "other_file", "torn"];

// deno-lint-ignore no-explicit-any -- keys of any kind of expectation: the schema of the kind has checked them
type Input = Record<string, any>;

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

/**
 * Reads systems, presets and flags, and checks those of systems whose flags are known.
 *
 * @param path of what holds the keys
 * @param inherited systems that it is for when it names none
 */
export function readSelection(
  reader: Reader,
  input: Input | undefined,
  path: KeyPath,
  known: KnownSystems,
  inherited: readonly string[],
): Selection {
  if (input === undefined) return NO_SELECTION;
  const names = Object.keys(known);
  const named = list<string>(input.system);
  for (const name of named) {
    if (name === "all" || names.includes(name)) continue;
    reader.problem([...path, "system"], `no system ${name}${didYouMean(name, names) || `: ${names.join(", ")}, all`}`);
  }
  const flags: Record<string, readonly FlagValue[]> = {};
  for (const [flag, value] of Object.entries(input.flags ?? {})) flags[flag] = list(value as FlagValue);
  const presets = list<string>(input.preset);

  const systems = named.length > 0 ? named : inherited;
  const words = systems.includes("all") ? Object.values(known) : systems.map((name) => known[name] ?? null);
  if (words.length > 0 && !words.includes(null)) {
    const all = words as SystemWords[];
    const allPresets = [...COMMON_PRESETS, ...all.flatMap((system) => system.presets)];
    for (const preset of presets) {
      if (allPresets.includes(preset)) continue;
      const hint = didYouMean(preset, allPresets) || `: ${allPresets.join(", ")}`;
      reader.problem([...path, "preset"], `no preset ${preset} of ${systems.join(", ")}${hint}`);
    }
    for (const [flag, values] of Object.entries(flags)) {
      checkFlag(reader, flag, values, [...path, "flags", flag], all, systems);
    }
  }
  return { systems: named, presets, flags };
}

function checkFlag(
  reader: Reader,
  flag: string,
  values: readonly FlagValue[],
  path: KeyPath,
  all: readonly SystemWords[],
  systems: readonly string[],
): void {
  const having = all.filter(({ flags }) => Object.hasOwn(flags, flag));
  if (having.length === 0) {
    const flags = new Set(all.flatMap((system) => Object.keys(system.flags)));
    reader.keyProblem(
      path,
      `no flag of ${systems.join(", ")}${didYouMean(flag, flags) || `: ${[...flags].join(", ")}`}`,
    );
    return;
  }
  if (having.some(({ flags }) => flags[flag].length === 0)) return;
  const possible = [...new Set(having.flatMap(({ flags }) => flags[flag]))];
  for (const value of values) {
    if (value === ANY_VALUE || possible.includes(value)) continue;
    reader.problem(
      path,
      `expected one of ${possible.join(", ")}, found ${value}${didYouMean(`${value}`, possible.map(String))}`,
    );
  }
}

/** Takes row and evidence out of a source; adds a problem for evidence that there is not. */
function readSource(reader: Reader, text: string, path: KeyPath): Source {
  const row = /^(\d{2}-\d+[a-z]?)\b/.exec(text)?.[1] ?? null;
  const tags: string[] = [];
  for (const [, inside] of text.matchAll(/\[([^\]]*)\]/g)) {
    for (const tag of inside.split(/[\s,:]/)[0].split("/")) {
      if ((EVIDENCE_TAGS as readonly string[]).includes(tag)) tags.push(tag);
      else reader.problem(path, `no evidence tag ${tag || "[]"}, known: ${EVIDENCE_TAGS.join(", ")}`);
    }
  }
  return { text, row, tags };
}

/** Reads one expectation; undefined when something is wrong with it. */
export function readExpectation(context: ExpectationContext, value: unknown, path: KeyPath): Expectation | undefined {
  const { reader, names, operations, tasks } = context;
  const checked = reader.checkKeyed(EXPECTATIONS, "expectation", value, path);
  if (checked === undefined) return undefined;
  const input = checked.value as Input;

  const known = (name: string | undefined, at: KeyPath, among: ReadonlySet<string>, what: string): string | null => {
    if (name === undefined) return null;
    if (!among.has(name)) {
      reader.problem(at, `no ${what} ${name}${didYouMean(name, among) || `: there are ${[...among].join(", ")}`}`);
    }
    return name;
  };
  const operation = (key: string) => known(input[key], [...path, key], operations, "operation");
  const parties = new Set([...operations, ...tasks]);
  const party = (key: string) => known(input[key], [...path, key], parties, "operation or task");
  const range = (text: string, at: KeyPath): Range => {
    const parsed = parseRange(text);
    names.range(parsed, at, text);
    return parsed;
  };
  const contents = (given: Record<string, string | string[]> | undefined, at: KeyPath): Contents[] =>
    Object.entries(given ?? {}).map(([text, origins]) => {
      for (const origin of list(origins)) {
        if (!ORIGINS.includes(origin)) known(origin, [...at, text], new Set([...operations, ...ORIGINS]), "write");
      }
      return { range: range(text, [...at, text]), origins: list(origins) };
    }).toSorted(byRange);
  const ranged = (given: Record<string, string | string[]> | undefined, at: KeyPath) =>
    Object.entries(given ?? {}).map(([text, states]) => ({ range: range(text, [...at, text]), states: list(states) }))
      .toSorted(byRange);
  const crashNeeded = (at: KeyPath) => {
    if (context.crash === "never") reader.problem(at, "nothing crashes in this scenario: crash: anywhere");
  };

  const own = list<string>(input.system);
  const forSystems = own.length > 0 ? own : context.inherited;
  const selection = (given: Input, at: KeyPath) => readSelection(reader, given, at, context.systems, forSystems);
  const common = {
    why: input.why as string,
    source: readSource(reader, input.source, [...path, "source"]),
    on: selection(input, path),
    again: list<Input>(input.again).map((again, nth) =>
      selection(again, Array.isArray(input.again) ? [...path, "again", nth] : [...path, "again"])
    ),
    kept: (input.kept as Input[] | undefined ?? []).map((kept): Kept => ({
      run: kept.run,
      token: kept.token ?? null,
      classes: kept.classes ?? null,
      shown: kept.shown ?? null,
    })),
  };
  const narrowing = () => {
    const attributes = list(input.attributes);
    if (attributes.includes("after_crash")) crashNeeded([...path, "attributes"]);
    for (const task of list<string>(input.tasks)) known(task, [...path, "tasks"], tasks, "task");
    return {
      attributes,
      tasks: list<string>(input.tasks),
      resources: list<string>(input.resources),
      at: input.at === undefined ? null : names.place(input.at, [...path, "at"], "file") ?? null,
      op: operation("op"),
    };
  };

  switch (checked.key) {
    case "reachable":
      return { kind: "reachable", anomaly: input.reachable, ...narrowing(), ...common } as Expectation;
    case "absent":
      return {
        kind: "absent",
        anomalies: list<string>(input.absent),
        siblings: list<string>(input.sibling),
        ...narrowing(),
        ...common,
      } as Expectation;
    case "result": {
      const says = ["returns", "never_returns", "submit_returns", "reads", "never_reads", "through", "not_through"];
      if (!says.some((key) => key in input)) reader.problem(path, `expected one of ${says.join(", ")}`);
      return {
        kind: "result",
        op: operation("result")!,
        in: input.in ?? "every",
        returns: list(input.returns).map(returned),
        neverReturns: list(input.never_returns).map(returned),
        submitReturns: list(input.submit_returns).map(returned),
        reads: contents(input.reads, [...path, "reads"]),
        neverReads: contents(input.never_reads, [...path, "never_reads"]),
        through: list<string>(input.through),
        notThrough: list<string>(input.not_through),
        ...common,
      };
    }
    case "final": {
      if (input.final === "recovered") crashNeeded([...path, "final"]);
      const files: Record<string, FinalFile> = {};
      for (const [file, state] of Object.entries(input.files as Record<string, Input>)) {
        const at = [...path, "files", file];
        names.file(file, at);
        files[file] = {
          size: list<string | number>(state.size).map(parseLength),
          disksize: list<string | number>(state.disksize).map(parseLength),
          blocks: ranged(state.blocks, [...at, "blocks"]) as FinalFile["blocks"],
          cache: ranged(state.cache, [...at, "cache"]) as FinalFile["cache"],
          content: contents(state.content, [...at, "content"]),
          orphan: state.orphan ?? null,
        };
      }
      return { kind: "final", when: input.final, in: input.in ?? "every", files, ...common };
    }
    case "cost": {
      const relations = RELATIONS.filter((key) => key in input);
      if (relations.length !== 1) {
        reader.problem(path, `expected one of ${RELATIONS.join(", ")}, found ${relations.join(" and ") || "none"}`);
        return undefined;
      }
      const relation: Relation = relations[0];
      const other = input[relation] as number | Input;
      if (input.cost === "lock_hold_steps" && input.resource === undefined) {
        reader.problem(path, "resource is missing: whose lock_hold_steps");
      }
      return {
        kind: "cost",
        metric: input.cost,
        of: party("of"),
        resource: input.resource ?? null,
        over: input.over ?? "every",
        relation,
        to: typeof other === "number" ? other : {
          of: known(other.of, [...path, relation, "of"], parties, "operation or task"),
          on: selection(other, [...path, relation]),
        },
        ...common,
      };
    }
    case "order": {
      const says = ["waits_for", "never_waits_for", "on", "holds", "not_holds", "sequence"];
      if (!says.some((key) => key in input)) reader.problem(path, `expected one of ${says.join(", ")}`);
      return {
        kind: "order",
        party: party("order")!,
        in: input.in ?? "every",
        waitsFor: party("waits_for"),
        neverWaitsFor: party("never_waits_for"),
        resource: input.on ?? null,
        until: input.until ?? null,
        holds: list<string>(input.holds),
        notHolds: list<string>(input.not_holds),
        at: input.at ?? null,
        sequence: (input.sequence as Input[] | undefined ?? []).map((step) => ({
          step: step.step,
          holds: list<string>(step.holds),
          notHolds: list<string>(step.not_holds),
        })),
        ...common,
      };
    }
    case "not_executable":
      return { kind: "not_executable", reason: input.not_executable, ...common };
  }
}

function returned(value: string | number): Returned {
  return typeof value === "number" || /^\d/.test(value) ? parseLength(value) : value;
}

function byRange(a: { range: Range }, b: { range: Range }): number {
  return a.range.firstPage - b.range.firstPage || a.range.firstSector - b.range.firstSector;
}
