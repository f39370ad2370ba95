/**
 * Shards: parts of a command's work for several machines, each of which writes a results file of its own.
 *
 * @module
 */

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { shown } from "../recording/inputs.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import { fileDigest } from "../std/file_digest.ts";
import { failureReason } from "../std/file_failure.ts";
import { TOOL_VERSION } from "../version.ts";
import { UsageError } from "./command.ts";

/** One of several parts. */
export interface Shard {
  /** From 1. */
  readonly nth: number;
  readonly of: number;
}

/** More would only wait for each other. */
const SHARDS_MAX = 10_000;

/**
 * What `--shard` says.
 *
 * @throws {UsageError}
 */
export function parseShard(text: string | undefined): Shard | null {
  if (text === undefined) return null;
  const shard = parsedShard(text);
  if (shard === null) throw new UsageError(`--shard ${text}: expected I/N with I from 1 to N, such as 2/8`);
  return shard;
}

/** What {@linkcode shardText} makes, read back; null: it is none. */
export function parsedShard(text: string): Shard | null {
  const [, first, second] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? [];
  const [nth, of] = [Number(first), Number(second)];
  return first === undefined || nth > of || of > SHARDS_MAX ? null : { nth, of };
}

/** How a shard is called. */
export function shardText({ nth, of }: Shard): string {
  return `${nth}/${of}`;
}

/** Whether a shard has the unit of work of this number, from 0: they are dealt out in turn. */
export function isOwn({ nth, of }: Shard, unit: number): boolean {
  return unit % of === nth - 1;
}

/**
 * Which shard has each of some units of work that differ in size: the largest is dealt out first, each to a shard that has
 * least by then.
 *
 * @returns for each unit, the number of its shard, from 1
 */
export function dealtBySize(sizes: readonly number[], of: number): number[] {
  const loads = new Array<number>(of).fill(0);
  const shards = new Array<number>(sizes.length);
  const largestFirst = sizes.map((_, unit) => unit).sort((a, b) => sizes[b] - sizes[a] || a - b);
  for (const unit of largestFirst) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] += sizes[unit];
    shards[unit] = least + 1;
  }
  return shards;
}

/** The work that shards are parts of. */
export interface Work {
  readonly command: "analyse" | "explore";
  /** Without those options that say where and how, but not what. */
  readonly args: readonly string[];
  readonly shards: number;
  /** Of all that its result depends on: shards of the same work have the same. */
  readonly digest: string;
}

/** Options that may differ from shard to shard. */
const OWN_OPTIONS = ["shard", "out", "jobs"] as const;

/** The arguments without some options that have a value each. */
export function withoutOptions(args: readonly string[], names: readonly string[] = OWN_OPTIONS): string[] {
  const kept: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [, name, value] = /^--([^=]+)(=.*)?$/s.exec(args[at]) ?? [];
    if (name === undefined || !names.includes(name)) kept.push(args[at]);
    else if (value === undefined) at++;
  }
  return kept;
}

/**
 * The work of a command.
 *
 * @param inputs files that its result depends on; what is no file is known by its name alone
 */
export function workOf(
  command: Work["command"],
  args: readonly string[],
  { inputs, shards }: { inputs: readonly string[]; shards: number },
): Work {
  const own = withoutOptions(args);
  const hash = createHash("sha256").update(JSON.stringify([TOOL_VERSION, command, own, shards]));
  for (const input of inputs) {
    hash.update(`\n${input}\n`);
    if (fs.existsSync(input) && fs.statSync(input).isFile()) hash.update(digestOf(input));
  }
  return { command, args: own, shards, digest: hash.digest("hex") };
}

/** @throws {UnreadableInput} shards of a file that cannot be read to its end could not be told from others */
function digestOf(path: string): string {
  try {
    return fileDigest(path).sha256;
  } catch (error) {
    throw new UnreadableInput(`${shown(path)}: cannot be read (${failureReason(error)}): check the file`);
  }
}
