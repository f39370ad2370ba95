/**
 * Event types as they come up in the recordings of one run.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import type { FieldBinding } from "./field_binding.ts";
import type { RawEventDescription } from "./raw_registry.ts";
import type { RawTable } from "./raw_table.ts";
import { BLOCK_ACTIONS, type Derivation, type EventMeaning } from "./vocabulary.ts";

/** Codes of values that a source does not have. */
export const NONE = -1;

/** Kinds with an inode are looked up here first, type by type; the size is a power of two. */
export const INODES_NEAR = 8;

/** What identifies an event type within one run. */
export interface EventTypeKey {
  recordingId: number;
  source: "ftrace" | "blktrace" | "perf";
  /** Trace system (`block`, `ext4`); "" where the source does not tell. */
  system: string;
  name: string;
  /** Trace instance; "" for the top-level buffer. */
  buffer: string;
  /** blkparse's action letter, where the name alone does not give it. */
  action?: string;
  pageShift: number;
}

/** An event type of one recording, with its table and its fields. */
export class EventType {
  /** Kinds without an inode, by device and rwbs. */
  readonly kinds = new Map<number, number>();
  /** Those with one, by device and rwbs, then by inode number; and some of them by the lowest bits of both. */
  readonly inodeKinds = new Map<number, Map<number, number>>();
  readonly inodesNear = new Int32Array(INODES_NEAR).fill(NONE);
  /** Last kind given out, and for which device and rwbs: records of one kind come in runs. */
  lastKind = -1;
  lastDev = NONE;
  lastRwbs = NONE;
  count = 0;
  readonly bindings = new Map<string, FieldBinding>();
  readonly action: string | null;
  derivation: Derivation | null = null;
  offsetInBlocks = false;
  bytesInBlocks = false;

  constructor(
    readonly key: EventTypeKey,
    readonly meaning: EventMeaning,
    readonly table: RawTable,
    readonly description: RawEventDescription,
  ) {
    this.action = key.action ?? ownEntry(BLOCK_ACTIONS, key.name) ?? null;
  }
}
