/**
 * The function of `@std/cli` that this project uses, `parseArgs`, over `node:util`, with the same options and results.
 *
 * Commands import `@std/cli`; deno.json resolves the name to this file, because the registry that has the package cannot
 * be reached everywhere this is built and tested. To take the package instead, change that one line.
 *
 * Of the package's options it has those that are used: `boolean`, `string`, `collect`, `default` and `unknown`. Dotted
 * names make no nested objects here.
 *
 * @module
 */
import { parseArgs as tokenize } from "node:util";

/** What is declared of the flags. */
export interface ParseOptions<B extends string = string, S extends string = string, C extends string = string> {
  /** Flags without a value; false when absent. */
  boolean?: B | readonly B[];
  /** Flags with a value that stays text; undefined when absent, "" when given without one. `_`: all arguments do. */
  string?: S | readonly S[];
  /** Flags that may be given several times: an array of all values. */
  collect?: C | readonly C[];
  /** Values of flags that are absent. */
  default?: Record<string, unknown>;
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
 * Parses command line arguments. Behind `--` nothing is a flag.
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
  const [booleans, strings, collected] = [options.boolean, options.string, options.collect].map(setOf);
  const declared: Record<string, { type: "boolean" | "string" }> = {};
  for (const name of booleans) declared[name] = { type: "boolean" };
  for (const name of strings) declared[name] = { type: "string" };
  const { tokens } = tokenize({ args, options: declared, strict: false, allowPositionals: true, tokens: true });

  const result: Record<string, unknown> = { _: [] };
  const positionals = result._ as (string | number)[];
  const set = (name: string, value: unknown) => {
    result[name] = collected.has(name) ? [...(result[name] as unknown[] | undefined) ?? [], value] : value;
  };
  let terminated = false;
  for (const token of tokens) {
    if (token.kind === "option-terminator") terminated = true;
    else if (token.kind === "positional") {
      if (!terminated && options.unknown?.(token.value) === false) continue;
      positionals.push(strings.has("_") ? token.value : asNumber(token.value));
    } else {
      const { name, rawName, value } = token;
      if (booleans.has(name)) set(name, value !== "false");
      else if (strings.has(name)) set(name, value ?? "");
      else if (
        options.unknown?.(value === undefined ? rawName : `${rawName}=${value}`, name, value ?? true) !== false
      ) {
        set(name, value === undefined ? true : asNumber(value));
      }
    }
  }
  for (const [name, value] of Object.entries(options.default ?? {})) result[name] ??= value;
  for (const name of collected) result[name] ??= [];
  for (const name of booleans) result[name] ??= false;
  return result as Args<B, S, C>;
}

function setOf(names: string | readonly string[] | undefined): ReadonlySet<string> {
  return new Set(typeof names === "string" ? [names] : names);
}

/** As the package does: what reads as a number becomes one. */
function asNumber(value: string): string | number {
  return /^0x[0-9a-f]+$/i.test(value) || /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(value)
    ? Number(value)
    : value;
}
