/**
 * Tables and views as the schema declares them.
 *
 * Times are nanoseconds of the first recording's clock, positions and lengths bytes, sectors 512 bytes, `dev` is text
 * `major:minor`.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";

/** One column of a table or view. */
export interface Column {
  name: string;
  type: StoredType;
  /** One line, with units. */
  description: string;
}

/** A table or view and its columns. */
export interface Relation {
  /** `main`: for users; `store`: integer-coded tables behind the views. */
  schema: "main" | "store";
  name: string;
  description: string;
  columns: readonly Column[];
}

/** Fields of an event type that a view reads. */
export interface RawNeed {
  event: string;
  /** What they are read as; a value that is none of that type is NULL. */
  columns: readonly { name: string; type: StoredType }[];
}

/** A view over tables of this file. */
export interface View extends Relation {
  /** A SELECT whose columns are the declared ones, in order and by name. */
  select: string;
  /** Event types that the SELECT reads by way of `READ_EVENTS`; a file need not have them. */
  needs?: readonly RawNeed[];
}

/** A declared column. */
export function column(name: string, type: StoredType, description: string): Column {
  return { name, type, description };
}

export const RECORDING_ID = column("recording_id", "SMALLINT", "which input: recording.recording_id");
export const SEQ = column("seq", "UINTEGER", "number of the event in time order over all inputs, from 0");
