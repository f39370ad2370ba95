/**
 * Files of shards, written and put together.
 *
 * @module
 */

import { z } from "zod";
import { ResultsError } from "../results/results_error.ts";
import { readShardFile, type ShardFile, writeShardFile } from "../results/shard_file.ts";
import { TOOL_VERSION } from "../version.ts";
import { JobMemory, type MemoryRow } from "./job_memory.ts";
import { parsedShard, type Shard, shardText, type Work } from "./shard.ts";
import { withEngine } from "./with_engine.ts";

/** What a shard has found. */
export interface ShardFound {
  readonly shard: Shard;
  readonly work: Work;
  readonly memory: JobMemory;
}

/** What a shard has found, as a file of it. The same shard of the same work is the same file. */
export function shardFile(path: string, { shard, work, memory }: ShardFound): ShardFile {
  const { command, args, digest } = work;
  const meta = {
    tool_version: TOOL_VERSION,
    command: [command, ...args, "--shard", shardText(shard)].join(" "),
    shard: shardText(shard),
    work: digest,
    work_command: command,
    work_args: JSON.stringify(args),
  };
  return { path, meta: new Map(Object.entries(meta)), rows: memory.rows() };
}

/** Writes what a shard has found. */
export async function writeShard(path: string, found: ShardFound): Promise<void> {
  await withEngine((engine) => writeShardFile(engine, shardFile(path, found)));
}

/** All shards of one work. */
export interface JoinedShards {
  readonly command: Work["command"];
  readonly args: readonly string[];
  readonly shards: number;
  readonly digest: string;
  readonly memory: JobMemory;
}

/**
 * Reads the files of all shards of one work.
 *
 * @throws {ResultsError} in one line, when one is missing, given twice, of other work, or none
 */
export async function readShards(paths: readonly string[]): Promise<JoinedShards> {
  return joinShards(await withEngine((engine) => paths.map((path) => readShardFile(engine, path))));
}

/** @throws {ResultsError} as {@linkcode readShards} */
export function joinShards(files: readonly ShardFile[]): JoinedShards {
  for (const file of files) checkFacts(file);
  const [first] = files;
  const seen = new Map<string, ShardFile>();
  for (const file of files) {
    const foreign = whyForeign(file, first);
    if (foreign !== null) {
      throw new ResultsError("not-ours", `${file.path} is of other work than ${first.path}: ${foreign}`);
    }
    const shard = file.meta.get("shard")!;
    const twice = seen.get(shard);
    if (twice !== undefined) {
      throw new ResultsError("not-ours", `shard ${shard} is given twice: ${twice.path} and ${file.path}`);
    }
    seen.set(shard, file);
  }
  const shards = Number(first.meta.get("shard")!.split("/")[1]);
  const missing = Array.from({ length: shards }, (_, nth) => nth + 1).filter((nth) => !seen.has(`${nth}/${shards}`));
  if (missing.length > 0) {
    throw new ResultsError("missing", `of ${shards} shards ${missingText(missing)} missing`);
  }
  const memory = new JobMemory();
  for (const { path, rows } of files) {
    try {
      for (const row of rows) memory.add(row as MemoryRow);
    } catch {
      throw new ResultsError("unreadable", `${path} is damaged: make this shard again`);
    }
  }
  const command = first.meta.get("work_command") as Work["command"];
  const args: string[] = JSON.parse(first.meta.get("work_args")!);
  return { command, args, shards, digest: first.meta.get("work")!, memory };
}

/** What a shard's file says of itself; another one may say anything there. */
const SHARD_FACTS = z.object({
  shard: z.string().refine((text) => parsedShard(text) !== null),
  work: z.string(),
  work_command: z.enum(["analyse", "explore"]),
  work_args: z.string().transform((text) => JSON.parse(text)).pipe(z.array(z.string())),
});

function checkFacts({ path, meta }: ShardFile): void {
  try {
    SHARD_FACTS.parse(Object.fromEntries(meta));
  } catch {
    throw new ResultsError("unreadable", `${path} does not say which shard of which work it is: make this shard again`);
  }
}

const MISSING_SHOWN_MAX = 10;

function missingText(missing: readonly number[]): string {
  const shown = missing.slice(0, MISSING_SHOWN_MAX).join(", ");
  if (missing.length === 1) return `${shown} is`;
  return missing.length <= MISSING_SHOWN_MAX
    ? `${shown} are`
    : `${shown} and ${missing.length - MISSING_SHOWN_MAX} more are`;
}

/** Null: both are of the same work. */
function whyForeign(file: ShardFile, first: ShardFile): string | null {
  const of = ({ meta }: ShardFile) => meta.get("shard")!.split("/")[1];
  const what = ({ meta }: ShardFile) => [meta.get("work_command"), ...JSON.parse(meta.get("work_args")!)].join(" ");
  if (what(file) !== what(first)) return `${what(file)}; not ${what(first)}`;
  if (of(file) !== of(first)) return `one of ${of(file)} shards, not of ${of(first)}`;
  return file.meta.get("work") === first.meta.get("work")
    ? null
    : "the same command, but its inputs or this program have changed in between";
}

/** @throws {ResultsError} when shards are of inputs, or of a program, that are not as they were */
export function checkSame(work: Work, joined: JoinedShards): void {
  if (work.digest === joined.digest) return;
  throw new ResultsError(
    "not-ours",
    `${
      [joined.command, ...joined.args].join(" ")
    }: inputs or this program are not as the shards had them: make them again`,
  );
}
