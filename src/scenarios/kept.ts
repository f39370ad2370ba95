/**
 * Writes what an exploration showed into a scenario file, under the expectation it is about, and leaves all else as it is.
 *
 * @module
 */

import { isMap, isScalar, type Node, type Pair, parseDocument, stringify, type YAMLMap } from "yaml";
import type { Kept } from "./scenario.ts";

/**
 * The text with `kept` of one expectation replaced. Nothing kept: the key goes.
 *
 * @param nth which expectation of the file, from 0
 */
export function withKept(text: string, nth: number, kept: readonly Kept[]): string {
  const bare = withoutKept(text, nth);
  if (kept.length === 0) return bare;
  const entries = kept.map(({ run, token, classes, shown }) => ({
    run,
    ...(token === null ? {} : { token }),
    ...(classes === null ? {} : { classes }),
    ...(shown === null ? {} : { shown }),
  }));
  const map = expectationAt(bare, nth);
  if (map.flow) {
    const at = endOf(map.items.at(-1)!);
    const flow = stringify(entries, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true }).trimEnd();
    return `${bare.slice(0, at)}, kept: ${flow}${bare.slice(at)}`;
  }
  const indent = " ".repeat(columnOf(bare, map.range![0]));
  const lines = stringify({ kept: entries }, { lineWidth: 0 }).trimEnd().split("\n");
  const at = lineEnd(bare, endOf(map.items.at(-1)!));
  const before = bare.slice(0, at);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${lines.map((line) => `${indent}${line}\n`).join("")}${
    bare.slice(at)
  }`;
}

function withoutKept(text: string, nth: number): string {
  const map = expectationAt(text, nth);
  const at = map.items.findIndex(({ key }) => isScalar(key) && key.value === "kept");
  if (at < 0) return text;
  if (map.flow) {
    const [from, to] = at === 0
      ? [map.items[0].key.range![0], map.items[1].key.range![0]]
      : [endOf(map.items[at - 1]), endOf(map.items[at])];
    return text.slice(0, from) + text.slice(to);
  }
  const from = lineStart(text, map.items[at].key.range![0]);
  return text.slice(0, from) + text.slice(lineEnd(text, endOf(map.items[at])));
}

function expectationAt(text: string, nth: number): YAMLMap<Node, Node> {
  const map = parseDocument(text).getIn(["expect", nth], true);
  if (!isMap<Node, Node>(map)) throw new RangeError(`the scenario has no expectation ${nth}`);
  return map;
}

/** Offset behind the last character of a pair, comments and empty lines after it not included. */
function endOf({ key, value }: Pair<Node, Node>): number {
  if (value === null) return key.range![1];
  const last = "items" in value && !(value as YAMLMap).flow ? (value as { items: unknown[] }).items.at(-1) : undefined;
  if (last === undefined) return value.range![1];
  return typeof last === "object" && last !== null && "key" in last
    ? endOf(last as Pair<Node, Node>)
    : endOf({ key: value, value: last } as Pair<Node, Node>);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Beginning of the line after the one that the character before `offset` is in. */
function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset - 1);
  return newline < 0 ? text.length : newline + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}
