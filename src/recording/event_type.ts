/**
 * Event types as they come up in the recordings of one run.
 *
 * @module
 */

import type { FieldBinding } from "./field_binding.ts";
import type { RawEventDescription } from "./raw_registry.ts";
import type { RawTable } from "./raw_table.ts";
import { BLOCK_ACTIONS, type Derivation, type EventMeaning } from "./vocabulary.ts";

/** Codes of values that a source does not have. */
export const NONE = -1;

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
  readonly kinds = new Map<number, number>();
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
    this.action = key.action ?? BLOCK_ACTIONS[key.name] ?? null;
  }
}
