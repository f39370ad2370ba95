/**
 * Names of values and of bits, taken from an event's print format: `__print_symbolic(REC->x, {v, "name"}, ...)` and
 * `__print_flags(REC->x, "|", {bit, "name"}, ...)`.
 *
 * Only calls on a field as it stands are taken; on an expression the names would not be the field's own. Values that
 * are not constants (an enum's name that the kernel did not resolve) are left out.
 *
 * @module
 */

import type { FieldSymbols } from "../raw_registry.ts";

/** Position after the parenthesis that closes the one before `from`; -1 when there is none. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
    } else if (c === "(" || c === "{") depth++;
    else if ((c === ")" || c === "}") && --depth === 0) return i;
  }
  return -1;
}

/** A cast to an integer type. */
const CAST =
  /\(\s*(?:\b(?:unsigned|signed|long|int|short|char|const|[a-z]\w*_t|_*[us]\d+|__[lb]e\d+|enum\s+\w+)\b\s*)+\)/g;

/** A C constant expression of integers, or null. */
export function constantValue(expression: string): bigint | null {
  const tokens = expression.replaceAll(CAST, "").match(/0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|<<|>>|[()|&+\-*~^]|\S/g) ??
    [];
  let at = 0;
  const binary: Record<string, number> = { "|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6 };
  const primary = (): bigint | null => {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (token === "-" || token === "~" || token === "+") {
      const value = primary();
      return value === null ? null : token === "-" ? -value : token === "~" ? ~value : value;
    }
    if (token === "(") {
      const value = level(1);
      return tokens[at++] === ")" ? value : null;
    }
    const number = /^(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$/.exec(token);
    if (number === null) return null;
    if (!/^0\d/.test(number[1])) return BigInt(number[1]);
    return /^[0-7]+$/.test(number[1]) ? BigInt(`0o${number[1]}`) : null;
  };
  const level = (min: number): bigint | null => {
    let left = primary();
    while (left !== null && at < tokens.length && binary[tokens[at]] >= min) {
      const operator = tokens[at++];
      const right = level(binary[operator] + 1);
      if (right === null) return null;
      if ((operator === "<<" || operator === ">>") && (right < 0n || right > 63n)) return null;
      left = operator === "|"
        ? left | right
        : operator === "^"
        ? left ^ right
        : operator === "&"
        ? left & right
        : operator === "<<"
        ? left << right
        : operator === ">>"
        ? left >> right
        : operator === "+"
        ? left + right
        : operator === "-"
        ? left - right
        : left * right;
    }
    return left;
  };
  const value = level(1);
  return at === tokens.length ? value : null;
}

/** Symbols by field name. */
export function printSymbols(printFormat: string): Map<string, FieldSymbols> {
  const found = new Map<string, FieldSymbols>();
  for (const call of printFormat.matchAll(/__print_(symbolic|flags)(?:_u64)?\(/g)) {
    const start = call.index + call[0].length;
    const end = closing(printFormat, start);
    if (end < 0) continue;
    const args = printFormat.slice(start, end);
    const subject = /^\s*\(?\s*(?:\([\w\s]+\)\s*)?\(?\s*REC->(\w+)\s*\)?\s*\)?\s*,/.exec(args);
    if (subject === null || found.has(subject[1])) continue;
    const flags = call[1] === "flags";
    const delimiter = flags ? /^\s*"((?:[^"\\]|\\.)*)"/.exec(args.slice(subject[0].length))?.[1] ?? "|" : "";
    const entries: FieldSymbols["entries"] = [];
    for (const pair of args.slice(subject[0].length).matchAll(/\{\s*((?:[^"{}])*?)\s*,\s*"((?:[^"\\]|\\.)*)"\s*\}/g)) {
      const value = constantValue(pair[1]);
      if (value !== null) entries.push({ value, text: pair[2] });
    }
    if (entries.length > 0) found.set(subject[1], { kind: flags ? "flags" : "enum", delimiter, entries });
  }
  return found;
}
