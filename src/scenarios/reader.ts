/**
 * Checks parts of a scenario file, each by its schema, and collects what is wrong with all of them.
 *
 * @module
 */

import * as z from "zod";
import type { KeyPath, Problem } from "./problems.ts";
import { nearestWord } from "./words.ts";
import type { YamlSource } from "./yaml_source.ts";

type Issue = z.core.$ZodIssue;

/** A finding about a value: where below it, and what. `key`: the key itself is wrong. */
interface Remark {
  readonly path: KeyPath;
  readonly message: string;
  readonly at: "key" | "value";
}

/** `, did you mean pwrite?`, or nothing when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const nearest = nearestWord(word, known);
  return nearest === null || nearest === word ? "" : `, did you mean ${nearest}?`;
}

/** What stands there, short enough for one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Keys that a schema knows at a path, of all forms that it may have there. */
function keysAt(schema: z.ZodType, path: KeyPath): string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option as z.ZodType, path));
  const [part, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (part === undefined) return Object.keys(schema.shape);
    const inner = schema.shape[part];
    return inner === undefined ? [] : keysAt(inner as z.ZodType, rest);
  }
  if (schema instanceof z.ZodRecord && part !== undefined) return keysAt(schema.valueType as z.ZodType, rest);
  if (schema instanceof z.ZodArray && part !== undefined) return keysAt(schema.element as z.ZodType, rest);
  return [];
}

/** More words than these are not listed where something shorter can be said. */
const WORDS_SHOWN_MAX = 12;

const KINDS: Record<string, string> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
};

function kindName(expected: string): string {
  return KINDS[expected] ?? expected;
}

/** How far a form is from what stands there: a mapping that lacks keys is farther than one with a wrong value. */
function distance(issues: readonly Issue[], value: unknown): number {
  let sum = 0;
  for (const issue of issues) {
    if (issue.path.length === 0 && issue.code === "invalid_type") sum += 1000;
    else if (issue.code === "unrecognized_keys") sum += 10 * issue.keys.length;
    else if (valueAt(value, issue.path as KeyPath) === undefined) sum += 10;
    else sum += 1;
  }
  return sum;
}

function remarks(issues: readonly Issue[], schema: z.ZodType, root: unknown, below: KeyPath): Remark[] {
  return issues.flatMap((issue): Remark[] => {
    const path = [...below, ...issue.path as KeyPath];
    const value = valueAt(root, path);
    const remark = (message: string): Remark[] => [{ path, message, at: "value" }];
    switch (issue.code) {
      case "unrecognized_keys": {
        const known = keysAt(schema, path);
        return issue.keys.map((key) => ({
          path: [...path, key],
          message: `unknown key${didYouMean(key, known) || `, known here: ${[...new Set(known)].join(", ")}`}`,
          at: "key",
        }));
      }
      case "invalid_key":
        return [{
          path,
          message: `${issue.issues[0]?.message ?? issue.message}, found ${shown(path.at(-1))}`,
          at: "key",
        }];
      case "invalid_union": {
        const near = nearestForms(issue.errors, value);
        if (near.length === 1) return remarks(near[0], schema, root, path);
        const short = near.filter(([first]) =>
          first.code !== "invalid_value" || first.values.length <= WORDS_SHOWN_MAX
        );
        const expected = (short.length > 0 ? short : near).map(([first]) => expectation(first)).join(", or ");
        return remark(`expected ${expected}, found ${shown(value)}${suggestion(near.flat(), value)}`);
      }
      default:
        if (value === undefined) {
          return [{
            path: path.slice(0, -1),
            message: `${path.at(-1)} is missing: ${expectation(issue)}`,
            at: "value",
          }];
        }
        return remark(`expected ${expectation(issue)}, found ${shown(value)}${suggestion([issue], value)}`);
    }
  });
}

/** The forms of a union that the value comes nearest to: those of its own kind, and of mappings the most alike one. */
function nearestForms(forms: readonly (readonly Issue[])[], value: unknown): (readonly Issue[])[] {
  const distances = forms.map((issues) => distance(issues, value));
  const least = Math.min(...distances);
  const near = forms.filter((_, at) => distances[at] === least);
  const inside = near.every((issues) =>
    issues.some(({ path }) => path.length > 0) || issues[0].code === "unrecognized_keys"
  );
  return inside ? near.slice(0, 1) : near;
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return kindName(issue.expected);
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array" ? "at least one" : `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      return issue.errors.map(([first]) => expectation(first)).join(", or ");
    default:
      return issue.message.replace(/^expected /, "");
  }
}

function suggestion(issues: readonly Issue[], value: unknown): string {
  if (typeof value !== "string") return "";
  return didYouMean(
    value,
    issues.flatMap((issue) => issue.code === "invalid_value" ? issue.values.map(String) : []),
  );
}

export class Reader {
  readonly problems: Problem[] = [];
  readonly #source: YamlSource;

  constructor(source: YamlSource) {
    this.#source = source;
    this.problems.push(...source.problems);
  }

  /** Adds a problem with the value at a path. */
  problem(path: KeyPath, message: string): void {
    this.problems.push({ file: this.#source.file, ...this.#source.positionOf(path), path, message });
  }

  /** Adds a problem with the key at the end of a path. */
  keyProblem(path: KeyPath, message: string): void {
    this.problems.push({ file: this.#source.file, ...this.#source.positionOfKey(path), path, message });
  }

  /** Checks a value. Returns undefined when something is wrong with it, which has been added then. */
  check<T extends z.ZodType>(schema: T, value: unknown, path: KeyPath): z.output<T> | undefined {
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    for (const remark of remarks(error.issues, schema, value, [])) {
      const at = [...path, ...remark.path];
      if (remark.at === "key") this.keyProblem(at, remark.message);
      else this.problem(at, remark.message);
    }
    return undefined;
  }

  /**
   * Checks a mapping that is of the kind that one of its keys says.
   *
   * @param what what the mapping is, for messages: `operation`
   */
  checkKeyed<Table extends Record<string, z.ZodType>>(
    table: Table,
    what: string,
    value: unknown,
    path: KeyPath,
  ): { key: keyof Table & string; value: z.output<Table[keyof Table]> } | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.problem(path, `expected an ${what} such as "${Object.keys(table)[0]}: ...", found ${shown(value)}`);
      return undefined;
    }
    const keys = Object.keys(value);
    const kinds = keys.filter((key) => Object.hasOwn(table, key));
    if (kinds.length === 1) {
      const checked = this.check(table[kinds[0]], value, path);
      return checked === undefined ? undefined : { key: kinds[0], value: checked as z.output<Table[keyof Table]> };
    }
    if (kinds.length > 1) {
      this.keyProblem([...path, kinds[1]], `one ${what} each, this has ${kinds.join(" and ")}`);
      return undefined;
    }
    const meant = keys.map((key) => ({ key, hint: didYouMean(key, Object.keys(table)) })).find(({ hint }) =>
      hint !== ""
    );
    if (meant !== undefined) this.keyProblem([...path, meant.key], `unknown ${what}${meant.hint}`);
    else {this.problem(
        path,
        `no ${what} among ${keys.join(", ") || "no keys"}; known: ${Object.keys(table).join(", ")}`,
      );}
    return undefined;
  }
}

/** What a key holds that takes one, several, or is left out. */
export function listed<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}
