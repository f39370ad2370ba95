/**
 * Expectations of a scenario file, with their defaults, and with every name in them checked.
 *
 * @module
 */

import { EXPECTATIONS, RELATIONS } from "./expectation_schema.ts";
import type { Names } from "./names.ts";
import { parseLength, parseRange, type Range } from "./place.ts";
import type { KeyPath } from "./problems.ts";
import { readSelection } from "./read_selection.ts";
import { didYouMean, listed, type Reader } from "./reader.ts";
import type {
  Contents,
  Crash,
  Expectation,
  FinalFile,
  Kept,
  Relation,
  Returned,
  Selection,
  Source,
} from "./scenario.ts";
import type { KnownSystems } from "./selection.ts";
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

type Of<Kind extends Expectation["kind"]> = Extract<Expectation, { kind: Kind }>;

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
  const checked = context.reader.checkKeyed(EXPECTATIONS, "expectation", value, path);
  if (checked === undefined) return undefined;
  const reading = new ExpectationReading(context, checked.value as Input, path);
  switch (checked.key) {
    case "reachable":
    case "absent":
      return reading.anomaly(checked.key);
    case "result":
      return reading.result();
    case "final":
      return reading.final();
    case "cost":
      return reading.cost();
    case "order":
      return reading.order();
    case "not_executable":
      return reading.notExecutable();
  }
}

/** One expectation whose keys have been checked by themselves. */
class ExpectationReading {
  readonly #context: ExpectationContext;
  readonly #input: Input;
  readonly #path: KeyPath;
  /** Operations and tasks. */
  readonly #parties: ReadonlySet<string>;
  /** Systems that it is for. */
  readonly #systems: readonly string[];

  constructor(context: ExpectationContext, input: Input, path: KeyPath) {
    this.#context = context;
    this.#input = input;
    this.#path = path;
    this.#parties = new Set([...context.operations, ...context.tasks]);
    const own = listed<string>(input.system);
    this.#systems = own.length > 0 ? own : context.inherited;
  }

  anomaly(kind: "reachable" | "absent"): Of<"reachable"> | Of<"absent"> {
    const input = this.#input;
    const { names, tasks } = this.#context;
    const attributes = listed<Of<"reachable">["attributes"][number]>(input.attributes);
    if (attributes.includes("after_crash")) this.#needsCrash("attributes");
    for (const task of listed<string>(input.tasks)) this.#known(task, [...this.#path, "tasks"], tasks, "task");
    const narrowing = {
      attributes,
      tasks: listed<string>(input.tasks),
      resources: listed<string>(input.resources),
      at: input.at === undefined ? null : names.place(input.at, [...this.#path, "at"], "file") ?? null,
      op: this.#operation("op"),
    };
    return kind === "reachable" ? { kind, anomaly: input.reachable, ...narrowing, ...this.#common() } : {
      kind,
      anomalies: listed(input.absent),
      siblings: listed<string>(input.sibling),
      ...narrowing,
      ...this.#common(),
    };
  }

  result(): Of<"result"> {
    const input = this.#input;
    this.#says(["returns", "never_returns", "submit_returns", "reads", "never_reads", "through", "not_through"]);
    return {
      kind: "result",
      op: this.#operation("result")!,
      in: input.in ?? "every",
      returns: listed<string | number>(input.returns).map(returned),
      neverReturns: listed<string | number>(input.never_returns).map(returned),
      submitReturns: listed<string | number>(input.submit_returns).map(returned),
      reads: this.#contents(input.reads, [...this.#path, "reads"]),
      neverReads: this.#contents(input.never_reads, [...this.#path, "never_reads"]),
      through: listed<string>(input.through),
      notThrough: listed<string>(input.not_through),
      ...this.#common(),
    };
  }

  final(): Of<"final"> {
    const input = this.#input;
    if (input.final === "recovered") this.#needsCrash("final");
    const files: Record<string, FinalFile> = {};
    for (const [file, state] of Object.entries(input.files as Record<string, Input>)) {
      const at = [...this.#path, "files", file];
      this.#context.names.file(file, at);
      files[file] = {
        size: listed<string | number>(state.size).map(parseLength),
        disksize: listed<string | number>(state.disksize).map(parseLength),
        blocks: this.#ranged(state.blocks, [...at, "blocks"]) as FinalFile["blocks"],
        cache: this.#ranged(state.cache, [...at, "cache"]) as FinalFile["cache"],
        content: this.#contents(state.content, [...at, "content"]),
        orphan: state.orphan ?? null,
      };
    }
    return { kind: "final", when: input.final, in: input.in ?? "every", files, ...this.#common() };
  }

  /** Undefined: it has no relation, or several. */
  cost(): Of<"cost"> | undefined {
    const input = this.#input;
    const { reader } = this.#context;
    const relations = RELATIONS.filter((key) => key in input);
    if (relations.length !== 1) {
      reader.problem(this.#path, `expected one of ${RELATIONS.join(", ")}, found ${relations.join(" and ") || "none"}`);
      return undefined;
    }
    const relation: Relation = relations[0];
    const other = input[relation] as number | Input;
    if (input.cost === "lock_hold_steps" && input.resource === undefined) {
      reader.problem(this.#path, "resource is missing: whose lock_hold_steps");
    }
    return {
      kind: "cost",
      metric: input.cost,
      of: this.#party("of"),
      resource: input.resource ?? null,
      over: input.over ?? "every",
      relation,
      to: typeof other === "number" ? other : {
        of: this.#known(other.of, [...this.#path, relation, "of"], this.#parties, "operation or task"),
        on: this.#selection(other, [...this.#path, relation]),
      },
      ...this.#common(),
    };
  }

  order(): Of<"order"> {
    const input = this.#input;
    this.#says(["waits_for", "never_waits_for", "on", "holds", "not_holds", "sequence"]);
    return {
      kind: "order",
      party: this.#party("order")!,
      in: input.in ?? "every",
      waitsFor: this.#party("waits_for"),
      neverWaitsFor: this.#party("never_waits_for"),
      resource: input.on ?? null,
      until: input.until ?? null,
      holds: listed<string>(input.holds),
      notHolds: listed<string>(input.not_holds),
      at: input.at ?? null,
      sequence: (input.sequence as Input[] | undefined ?? []).map((step) => ({
        step: step.step,
        holds: listed<string>(step.holds),
        notHolds: listed<string>(step.not_holds),
      })),
      ...this.#common(),
    };
  }

  notExecutable(): Of<"not_executable"> {
    return { kind: "not_executable", reason: this.#input.not_executable, ...this.#common() };
  }

  /** What all kinds have. */
  #common() {
    const input = this.#input;
    return {
      why: input.why as string,
      source: readSource(this.#context.reader, input.source, [...this.#path, "source"]),
      on: this.#selection(input, this.#path),
      again: listed<Input>(input.again).map((again, nth) =>
        this.#selection(again, Array.isArray(input.again) ? [...this.#path, "again", nth] : [...this.#path, "again"])
      ),
      kept: (input.kept as Input[] | undefined ?? []).map((kept): Kept => ({
        run: kept.run,
        token: kept.token ?? null,
        classes: kept.classes ?? null,
        shown: kept.shown ?? null,
      })),
    };
  }

  #selection(given: Input, at: KeyPath): Selection {
    return readSelection(this.#context.reader, given, at, this.#context.systems, this.#systems);
  }

  /** One of the keys has to be there. */
  #says(keys: readonly string[]): void {
    if (keys.some((key) => key in this.#input)) return;
    this.#context.reader.problem(this.#path, `expected one of ${keys.join(", ")}`);
  }

  #needsCrash(key: string): void {
    if (this.#context.crash !== "never") return;
    this.#context.reader.problem([...this.#path, key], "nothing crashes in this scenario: crash: anywhere");
  }

  #known(name: string | undefined, at: KeyPath, among: ReadonlySet<string>, what: string): string | null {
    if (name === undefined) return null;
    if (!among.has(name)) {
      const hint = didYouMean(name, among) || `: there are ${[...among].join(", ")}`;
      this.#context.reader.problem(at, `no ${what} ${name}${hint}`);
    }
    return name;
  }

  #operation(key: string): string | null {
    return this.#known(this.#input[key], [...this.#path, key], this.#context.operations, "operation");
  }

  #party(key: string): string | null {
    return this.#known(this.#input[key], [...this.#path, key], this.#parties, "operation or task");
  }

  #range(text: string, at: KeyPath): Range {
    const parsed = parseRange(text);
    this.#context.names.range(parsed, at, text);
    return parsed;
  }

  #ranged(given: Record<string, string | string[]> | undefined, at: KeyPath) {
    return Object.entries(given ?? {})
      .map(([text, states]) => ({ range: this.#range(text, [...at, text]), states: listed(states) }))
      .toSorted(byRange);
  }

  #contents(given: Record<string, string | string[]> | undefined, at: KeyPath): Contents[] {
    const writes = new Set([...this.#context.operations, ...ORIGINS]);
    return Object.entries(given ?? {}).map(([text, origins]) => {
      for (const origin of listed(origins)) this.#known(origin, [...at, text], writes, "write");
      return { range: this.#range(text, [...at, text]), origins: listed(origins) };
    }).toSorted(byRange);
  }
}

function returned(value: string | number): Returned {
  return typeof value === "number" || /^\d/.test(value) ? parseLength(value) : value;
}

function byRange(a: { range: Range }, b: { range: Range }): number {
  return a.range.firstPage - b.range.firstPage || a.range.firstSector - b.range.firstSector;
}
