/**
 * What the analyse command and its reader worker say to each other.
 *
 * The reader sends encoded batches and stops when too many are under way; the command grants more as it stores them.
 *
 * @module
 */

import type { ReadingEnd } from "../lifting/read_recordings.ts";
import type { RecordingInput } from "../recording/inputs.ts";
import type { EncodedBatch, EncodedTableEnd } from "../results/arrow_encoding.ts";
import { STREAMS_KEPT_MAX } from "../results/arrow_streams.ts";

/** From the command to the worker. */
export type ToReader =
  | { kind: "start"; inputs: RecordingInput[] }
  /** A batch has been stored: what it was in comes back. */
  | { kind: "stored"; buffer: ArrayBuffer };

/** From the worker to the command. */
export type FromReader =
  | { kind: "batch"; batch: EncodedBatch }
  | { kind: "progress"; events: number }
  | { kind: "end"; end: ReadingEnd; tables: EncodedTableEnd[] }
  /** An input that cannot be read: for the user. */
  | { kind: "unreadable"; message: string }
  /** Anything else: a defect. */
  | { kind: "failed"; message: string };

/** Batches sent and not yet stored, at most. */
export const BATCHES_UNDER_WAY_MAX = 2 * STREAMS_KEPT_MAX;
