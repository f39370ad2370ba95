/**
 * The function of `@std/cli` that this project uses, `parseArgs`, over `node:util`, with the same options and results.
 *
 * Commands import `@std/cli`; deno.json resolves the name to this file, because the registry that has the package cannot
 * be reached everywhere this is built and tested. To take the package instead, change that one line.
 *
 * Of the package's behaviour it has what is used: names declared as `boolean` or `string`, `alias`, `collect`, `default`,
 * `negatable`, `stopEarly`, `--` and `unknown`. Dotted names make no nested objects here.
 *
 * @module
 */
import { parseArgs as tokenize } from "node:util";

/** What is declared of the flags. */
export interface ParseOptions<B extends string = string, S extends string = string, C extends string = string> {
  /** Flags without a value; false when absent. */
  boolean?: B | readonly B[];
  /** Flags with a value that stays text; undefined when absent, "" when given without one. */
  string?: S | readonly S[];
  /** Flags that may be given several times: an array of all values. */
  collect?: C | readonly C[];
  /** Boolean flags that `--no-NAME` sets to false. */
  negatable?: B | readonly B[];
  /** Other names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Values of flags that are absent. */
  default?: Record<string, unknown>;
  /** Everything from the first argument that is no flag on goes to `_` as it is. */
  stopEarly?: boolean;
  /** What follows `--` goes to `result["--"]` instead of `_`. */
  "--"?: boolean;
  /** Told of each flag not declared and of each argument that is no flag; if it returns false, that is left out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The value of each declared flag, and of what else was given. */
export type Args<B extends string, S extends string, C extends string> =
  & { [K in B]: boolean }
  & { [K in Exclude<S, C | "_">]?: string }
  & { [K in S & C]: string[] }
  // As in the package: flags by other names may be anything.
  // deno-lint-ignore no-explicit-any
  & { _: (string | number)[]; [name: string]: any };

/**
 * Parses command line arguments.
 *
 * @example
 * ```ts
 * import { parseArgs } from "@std/cli";
 * const { json, out, _ } = parseArgs(["--json", "--out", "a", "b"], { boolean: ["json"], string: ["out"] });
 * // true, "a", ["b"]
 * ```
 */
export function parseArgs<B extends string = never, S extends string = never, C extends string = never>(
  args: string[],
  options: ParseOptions<B, S, C> = {},
): Args<B, S, C> {
  const names = new Names(options);
  const result: Record<string, unknown> = { _: [] };
  const [own, rest] = options.stopEarly ? splitAtFirstPositional(args, names) : [args, []];
  const { tokens } = tokenize({
    args: own,
    options: names.declaration(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals = result._ as (string | number)[];
  const afterTerminator: string[] = [];
  let terminated = false;
  for (const token of tokens) {
    if (token.kind === "option-terminator") terminated = true;
    else if (token.kind === "option") take(token.rawName, token.name, token.value);
    else if (terminated) afterTerminator.push(token.value);
    else if (options.unknown?.(token.value) !== false) positionals.push(positional(token.value, names));
  }

  function take(rawName: string, name: string, value: string | undefined): void {
    const negated = name.startsWith("no-") && names.negatable.has(name.slice(3)) ? name.slice(3) : null;
    const key = names.canonical(negated ?? name);
    if (negated !== null) names.set(result, key, false);
    else if (names.booleans.has(key)) names.set(result, key, value !== "false");
    else if (names.strings.has(key)) names.set(result, key, value ?? "");
    else if (options.unknown?.(value === undefined ? rawName : `${rawName}=${value}`, key, value ?? true) !== false) {
      names.set(result, key, value === undefined ? true : asNumber(value));
    }
  }

  if (options["--"]) result["--"] = afterTerminator;
  else positionals.push(...afterTerminator.map((value) => positional(value, names)));
  positionals.push(...rest.map((value) => positional(value, names)));
  for (const [name, value] of Object.entries(options.default ?? {})) {
    if (result[names.canonical(name)] === undefined) names.assign(result, names.canonical(name), value);
  }
  for (const name of names.collected) if (result[name] === undefined) names.assign(result, name, []);
  for (const name of names.booleans) if (result[name] === undefined) names.assign(result, name, false);
  return result as Args<B, S, C>;
}

/** The declared flags by the first of their names. */
class Names {
  readonly booleans: Set<string>;
  readonly strings: Set<string>;
  readonly collected: Set<string>;
  readonly negatable: Set<string>;
  readonly #canonical = new Map<string, string>();
  readonly #aliases = new Map<string, string[]>();

  constructor(options: ParseOptions) {
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const list = listOf(others);
      this.#aliases.set(name, list);
      for (const other of list) this.#canonical.set(other, name);
    }
    const canonical = (names: string | readonly string[] | undefined) =>
      new Set(listOf(names).map((name) => this.canonical(name)));
    this.booleans = canonical(options.boolean);
    this.strings = canonical(options.string);
    this.collected = canonical(options.collect);
    this.negatable = new Set([...canonical(options.negatable)].flatMap((name) => this.all(name)));
  }

  canonical(name: string): string {
    return this.#canonical.get(name) ?? name;
  }

  all(name: string): string[] {
    return [name, ...this.#aliases.get(name) ?? []];
  }

  /** The form that `node:util` takes; single letters are its `short` names, and one-letter flags its names too. */
  declaration(): Record<string, { type: "boolean" | "string"; short?: string }> {
    const declared: Record<string, { type: "boolean" | "string"; short?: string }> = {};
    for (const [set, type] of [[this.booleans, "boolean"], [this.strings, "string"]] as const) {
      for (const name of [...set].flatMap((flag) => this.all(flag))) {
        declared[name] = name.length === 1 ? { type, short: name } : { type };
      }
    }
    return declared;
  }

  /** A value under every name of the flag. */
  assign(result: Record<string, unknown>, key: string, value: unknown): void {
    for (const name of this.all(key)) result[name] = value;
  }

  set(result: Record<string, unknown>, key: string, value: unknown): void {
    const collected = this.collected.has(key);
    this.assign(result, key, collected ? [...(result[key] as unknown[] | undefined) ?? [], value] : value);
  }
}

function listOf(names: string | readonly string[] | undefined): string[] {
  return names === undefined ? [] : typeof names === "string" ? [names] : [...names];
}

/** As the package does: positionals that are numbers become numbers, unless `_` is declared as text. */
function positional(value: string, names: Names): string | number {
  return names.strings.has("_") ? value : asNumber(value);
}

function asNumber(value: string): string | number {
  return /^0x[0-9a-f]+$/i.test(value) || /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(value)
    ? Number(value)
    : value;
}

function splitAtFirstPositional(args: string[], names: Names): [string[], string[]] {
  const { tokens } = tokenize({
    args,
    options: names.declaration(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const first = tokens.find(({ kind }) => kind === "positional" || kind === "option-terminator");
  return first ? [args.slice(0, first.index), args.slice(first.index)] : [args, []];
}
