/**
 * What a reader says of each event type at the end, so that a view can show all fields of it again.
 *
 * An event's values are spread: what the `event` table has a column for is stored there, the rest in the event type's
 * own `raw` table. The description says for each field, in the order of the event's format, where it went.
 *
 * @module
 */
import type { ColumnType } from "./batch.ts";

/** Columns of `event` that can hold an event's own field. */
export type HeldColumn = "dev" | "ino" | "file_offset" | "sector" | "bytes" | "rwbs" | "ret";

/** Where a field's value is. */
export type FieldPlace =
  /** In the event type's own table, in the column that {@link rawColumnNames} names. */
  | { kind: "raw" }
  /**
   * In a column of `event`: field = column / divisor. `file_offset` and `bytes` mean the stored numbers, before they
   * are multiplied with the kind's unit.
   */
  | { kind: "event"; column: HeldColumn; divisor: number }
  /** In the event type's own table where it differs from the task's comm, else NULL there. */
  | { kind: "comm" }
  /** A backing device's name: in the own table where it is not `major:minor`, else in `event.dev` and NULL there. */
  | { kind: "bdi" };

/** Names of a field's values, from its print format. */
export interface FieldSymbols {
  /** `enum`: one name a value; `flags`: the names of all bits set, joined. */
  kind: "enum" | "flags";
  /** Between the names of flags. */
  delimiter: string;
  entries: { value: bigint; text: string }[];
}

/** One field of an event type. */
export interface RawField {
  name: string;
  /** Type of the raw column, or of the shown value where `event` holds it. */
  type: ColumnType;
  held: FieldPlace;
  /** `dev`: the raw column holds major << 20 | minor, shown as `major:minor`. */
  shown: "plain" | "dev";
  symbols?: FieldSymbols;
}

/** One event type: a table `raw.NAME` and a view `raw_full.NAME`. */
export interface RawEventDescription {
  name: string;
  fields: RawField[];
}

/** Columns that every `raw_full` view begins with; a field of one of these names gets a suffix. */
export const RAW_FULL_LEADING = ["recording_id", "seq", "ts_ns", "cpu", "pid", "comm"] as const;

/** Suffix of a field whose own name is taken. */
const FIELD_SUFFIX = "_field";

/**
 * The column name of each field, in `raw.NAME` and `raw_full.NAME` alike: the field's own name, with `_field` appended
 * (more than once if need be) where a leading column or an earlier field has it. Case does not distinguish columns.
 *
 * @param fieldNames names in the order of the format description
 * @returns as many names, all different
 */
export function rawColumnNames(fieldNames: readonly string[]): string[] {
  const taken = new Set<string>(RAW_FULL_LEADING);
  return fieldNames.map((fieldName) => {
    let name = fieldName;
    while (taken.has(name.toLowerCase())) name += FIELD_SUFFIX;
    taken.add(name.toLowerCase());
    return name;
  });
}
