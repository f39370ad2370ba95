/**
 * Stands for `@std/cli`: its `parseArgs`, as far as this project uses it, over `node:util`.
 *
 * @module
 */

import { parseArgs as nodeParseArgs } from "node:util";

export interface ParseOptions {
  boolean?: string[];
  string?: string[];
  collect?: string[];
  alias?: Record<string, string>;
  default?: Record<string, unknown>;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export function parseArgs(args: string[], options: ParseOptions = {}) {
  const spec: Record<string, { type: "string" | "boolean"; multiple?: boolean; short?: string }> = {};
  for (const name of options.boolean ?? []) spec[name] = { type: "boolean" };
  for (const name of options.string ?? []) {
    spec[name] = { type: "string", multiple: options.collect?.includes(name) ?? false };
  }
  const { tokens } = nodeParseArgs({ args, options: spec, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, unknown> & { _: string[] } = { _: [] as string[] };
  for (const token of tokens) {
    if (token.kind === "positional") values._.push(token.value);
    if (token.kind !== "option") continue;
    if (!(token.name in spec)) options.unknown?.(token.rawName, token.name, token.value);
    else values[token.name] = spec[token.name].type === "boolean" ? true : token.value ?? "";
  }
  for (const [key, value] of Object.entries(options.default ?? {})) values[key] ??= value;
  for (const name of options.boolean ?? []) values[name] ??= false;
  // deno-lint-ignore no-explicit-any
  return values as any;
}
