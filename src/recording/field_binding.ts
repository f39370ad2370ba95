/**
 * Fields of event types, and where their values go: columns of `event`, or of the event's own table.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import type { ColumnType } from "./batch.ts";
import type { EventType } from "./event_type.ts";
import type { FieldPlace, RawField } from "./raw_registry.ts";
import type { ColumnSlot } from "./raw_table.ts";
import {
  type FieldMeaning,
  OBSERVED_NUMBERS,
  OBSERVED_TEXTS,
  type ObservedField,
  type TypedColumn,
} from "./vocabulary.ts";

export const OP_RAW = 0;
export const OP_DEV = 1;
export const OP_INO = 2;
export const OP_OFFSET = 3;
export const OP_SECTOR = 4;
export const OP_BYTES = 5;
export const OP_RWBS = 6;
export const OP_RET = 7;
export const OP_COMM = 8;
export const OP_BDI = 9;
/** A number that its own table takes from the record itself, and that is looked at beside that. */
export const OP_CAPTURED = 10;

const OPS: Record<TypedColumn, number> = {
  dev: OP_DEV,
  ino: OP_INO,
  file_offset: OP_OFFSET,
  sector: OP_SECTOR,
  bytes: OP_BYTES,
  rwbs: OP_RWBS,
  ret: OP_RET,
};

export const CAPTURE_DERIVED = 0;
export const CAPTURE_OLD_DEV = 1;
export const CAPTURE_OLD_SECTOR = 2;
export const CAPTURE_NEW_SECTOR = 3;
export const CAPTURE_START_BLOCK = 4;
export const CAPTURE_DEVICE_BLOCK = 5;
export const CAPTURE_DEVICE_ADDRESS = 6;
/** From here on: the numbers of `OBSERVED_NUMBERS`, by their place there. */
export const CAPTURE_NUMBERS = 16;
/** From here on: the texts of `OBSERVED_TEXTS`. */
export const CAPTURE_TEXTS = 64;

const CAPTURES = {
  old_dev: CAPTURE_OLD_DEV,
  old_sector: CAPTURE_OLD_SECTOR,
  new_sector: CAPTURE_NEW_SECTOR,
  start_block: CAPTURE_START_BLOCK,
  device_block: CAPTURE_DEVICE_BLOCK,
  device_address: CAPTURE_DEVICE_ADDRESS,
  ...Object.fromEntries(OBSERVED_NUMBERS.map((name, i) => [name, CAPTURE_NUMBERS + i])),
  ...Object.fromEntries(OBSERVED_TEXTS.map((name, i) => [name, CAPTURE_TEXTS + i])),
} as Record<ObservedField, number>;

/** A field of an event type, bound to where its value goes. Only the sink reads it. */
export class FieldBinding {
  constructor(
    readonly op: number,
    /** Left shift from the field's unit to bytes or sectors. */
    readonly shift: number,
    /** What the value is needed for beside its column (`CAPTURE_*`); -1: nothing. */
    readonly capture: number,
    readonly slot: ColumnSlot | null,
    /** The field holds a device number, which text formats print as two numbers. */
    readonly device: boolean,
  ) {}
}

/** What the registry says of a field bound so. */
export function placeOf(meaning: FieldMeaning | undefined, binding: FieldBinding): FieldPlace {
  switch (binding.op) {
    case OP_RAW:
      return { kind: "raw" };
    case OP_COMM:
      return { kind: "comm" };
    case OP_BDI:
      return { kind: "bdi" };
    default:
      return { kind: "event", column: (meaning as { column: TypedColumn }).column, divisor: 2 ** binding.shift };
  }
}

/** Columns of `event` that take text; the others take integers. */
function takesTextColumn(meaning: FieldMeaning): boolean {
  if (meaning.kind === "observed") return CAPTURES[meaning.as] >= CAPTURE_TEXTS;
  return meaning.kind === "comm" || meaning.kind === "bdi" || (meaning.kind === "column" && meaning.column === "rwbs");
}

/**
 * True when a field of this type can have the meaning that its name has elsewhere: `dev` is a device's number in most
 * events, but the name of a network interface or a pointer in some.
 */
function canMean(meaning: FieldMeaning, type: ColumnType | "inferred"): boolean {
  if (type === "inferred") return true;
  if (takesTextColumn(meaning)) return type === "VARCHAR";
  if (meaning.kind === "column" && meaning.column === "dev") return /^U?INTEGER$/.test(type);
  return /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|BOOLEAN)$/.test(type);
}

/** True when another field of the event fills the column that this one would: the second one keeps its own. */
function isTaken(event: EventType, meaning: FieldMeaning): boolean {
  if (meaning.kind !== "column" && meaning.kind !== "bdi") return false;
  const op = meaning.kind === "bdi" ? OP_DEV : OPS[meaning.column];
  for (const binding of event.bindings.values()) {
    if (binding.op === op || (op === OP_DEV && binding.op === OP_BDI)) return true;
  }
  return false;
}

/**
 * Where a field's values go.
 *
 * @param column its name in the event's own table
 */
export function bindField(
  event: EventType,
  name: string,
  column: string,
  type: ColumnType | "inferred",
  shown: RawField["shown"],
): FieldBinding {
  const meaning = ownEntry(event.meaning.fields, name);
  const device = shown === "dev";
  if (meaning === undefined || !canMean(meaning, type) || isTaken(event, meaning)) {
    return new FieldBinding(OP_RAW, 0, -1, event.table.column(column, type), device);
  }
  switch (meaning.kind) {
    case "comm":
      return new FieldBinding(OP_COMM, 0, -1, event.table.column(column, "VARCHAR"), false);
    case "bdi":
      return new FieldBinding(OP_BDI, 0, -1, event.table.column(column, "VARCHAR"), false);
    case "derive":
      event.derivation = meaning.derivation;
      return new FieldBinding(OP_RAW, 0, CAPTURE_DERIVED, event.table.column(column, type), false);
    case "observed":
      return new FieldBinding(OP_RAW, 0, CAPTURES[meaning.as], event.table.column(column, type), device);
    case "column": {
      const op = OPS[meaning.column];
      if (meaning.unit === "block") {
        if (meaning.column === "bytes") event.bytesInBlocks = true;
        else event.offsetInBlocks = true;
      }
      const shift = meaning.unit === "sector" && op !== OP_SECTOR
        ? 9
        : meaning.unit === "page"
        ? event.key.pageShift
        : 0;
      return new FieldBinding(op, shift, -1, null, op === OP_DEV);
    }
  }
}
