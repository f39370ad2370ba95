/**
 * Reads recordings through everything that `analyse` reads them with, and gives back the bios and what is known at the end.
 *
 * @module
 */

import type { ReadingEnd } from "../../src/lifting/read_recordings.ts";
import { readTables, type Values } from "./read_tables.ts";

/** A row of table bio, with device, rwbs and recording. Times in nanoseconds. */
export interface BioRow {
  recording_id: number;
  bio_id: number;
  dev: string;
  rwbs: string;
  sector: bigint;
  bytes: bigint;
  queue_ns: bigint | null;
  getrq_ns: bigint | null;
  insert_ns: bigint | null;
  issue_ns: bigint | null;
  complete_ns: bigint | null;
  merged_into: number | null;
  split_from: number | null;
  remapped_from: number | null;
  requeues: number;
  error: number | null;
  first_seq: number;
}

/** A row of table event, as far as tests here look at it; its place among the rows is its seq. */
export interface EventRow {
  ts: bigint;
  recording_id: number;
  name: string;
  action: string | null;
  dev: string | null;
  rwbs: string | null;
  sector: bigint | null;
  bytes: bigint | null;
}

export interface Read {
  bios: BioRow[];
  events: EventRow[];
  end: ReadingEnd;
}

/** @throws what the reader throws */
export async function readBios(...paths: string[]): Promise<Read> {
  const { tables, end } = await readTables(["bio", "tag", "kind", "event"], paths);
  const kind = (row: Values) => tables.kind[tables.tag[row.tag_id as number].kind_id as number];
  const bios = tables.bio.map((row) => ({
    ...row,
    recording_id: kind(row).recording_id,
    dev: kind(row).dev,
    rwbs: kind(row).rwbs,
  })) as unknown as BioRow[];
  const events = tables.event.map((row) => ({
    ts: row.ts_ns,
    recording_id: kind(row).recording_id,
    name: kind(row).name,
    action: kind(row).action,
    dev: kind(row).dev,
    rwbs: kind(row).rwbs,
    sector: kind(row).sector_unit === null || row.position === null
      ? null
      : BigInt(Number(row.position) * Number(kind(row).sector_unit)),
    bytes: row.bytes,
  })) as EventRow[];
  return { bios: bios.sort((a, b) => a.bio_id - b.bio_id), events, end };
}

const exists = (path: string) => {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
};

const ROOT = new URL("../..", import.meta.url).pathname;

/** Path of a shipped trace, or of the same one among the shared recordings; null when there is neither. */
export function recordingPath(name: string): string | null {
  const places = [`${ROOT}traces/${name}`, `${ROOT}../shared/recordings/${name}`];
  return places.find(exists) ?? null;
}
