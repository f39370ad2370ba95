/**
 * The event types of block trace records in a sink, with the fields that each action has. The binary reader and the
 * reader of blkparse text fill the same ones.
 *
 * @module
 */

import type { EventSink } from "../event_sink.ts";
import type { EventType } from "../event_type.ts";
import type { FieldBinding } from "../field_binding.ts";
import { type BlkAction, isKnownAction } from "./actions.ts";

/** Fields of a record that table `event` does not hold. */
export interface BlkFields {
  sequence: FieldBinding;
  /** The action word as recorded; text does not have it. */
  action: FieldBinding;
  cgroup_id: FieldBinding;
  /** The payload, where it is not understood. */
  pdu: FieldBinding;
  /** A payload as blkparse prints it: hexadecimal, and `..` for zeros that it leaves out at the end. */
  pdu_hex: FieldBinding;
  depth: FieldBinding;
  new_sector: FieldBinding;
  /** Where a remapped bio was before. */
  old_dev: FieldBinding;
  old_sector: FieldBinding;
  /** Device whose trace the remap was recorded in; `dev` is the one that the bio goes to. */
  traced_dev: FieldBinding;
  text: FieldBinding;
  sec: FieldBinding;
  nsec: FieldBinding;
  /** Time since the step before, which blkparse prints with option -t. */
  elapsed_ns: FieldBinding;
}

const TYPES = {
  sequence: "UINTEGER",
  action: "UBIGINT",
  cgroup_id: "UBIGINT",
  pdu: "BLOB",
  pdu_hex: "VARCHAR",
  depth: "UBIGINT",
  new_sector: "UBIGINT",
  old_dev: "UINTEGER",
  old_sector: "UBIGINT",
  traced_dev: "UINTEGER",
  text: "VARCHAR",
  sec: "UINTEGER",
  nsec: "UINTEGER",
  elapsed_ns: "UBIGINT",
} as const;

/** What the fields of table `event` are called in the record, by what the record is about. */
const TYPED: Record<BlkAction["subject"], readonly string[]> = {
  request: ["dev", "sector", "bytes", "rwbs"],
  completion: ["dev", "sector", "bytes", "rwbs", "error"],
  queue: ["dev", "rwbs"],
};
const TYPED_TYPES: Record<string, "UINTEGER" | "UBIGINT" | "SMALLINT" | "VARCHAR"> = {
  dev: "UINTEGER",
  sector: "UBIGINT",
  bytes: "UINTEGER",
  rwbs: "VARCHAR",
  error: "SMALLINT",
};

/** An action's event type. Fields are bound when they are first asked for, so that tables have no idle columns. */
export class BlkEventType {
  readonly type: EventType;
  /** Null for notes, which the kernel does not number. */
  readonly sequence: FieldBinding | null;
  /** The action word as recorded: bound by the reader whose records have it. */
  word: FieldBinding | null = null;
  readonly subject: BlkAction["subject"];
  /** RWBS codes in the sink's pool by the reader's own key; one record's is often the last one's. */
  readonly rwbs = new Map<number, number>();
  lastRwbsKey = -1;
  lastRwbs = 0;
  readonly #sink: EventSink;
  readonly #fields: Partial<BlkFields> = {};

  constructor(sink: EventSink, recordingId: number, readonly action: BlkAction, name: string) {
    this.#sink = sink;
    this.type = sink.eventType({
      recordingId,
      source: "blktrace",
      system: "blk",
      name,
      buffer: "",
      action: action.letter,
      pageShift: 12,
    });
    for (const field of TYPED[action.subject]) sink.field(this.type, field, TYPED_TYPES[field]);
    this.subject = action.subject;
    this.sequence = action.kind === "action" ? this.field("sequence") : null;
  }

  /** Binding of a field. */
  field(name: keyof BlkFields): FieldBinding {
    return this.#fields[name] ??= this.#sink.field(
      this.type,
      name,
      TYPES[name],
      null,
      name === "old_dev" || name === "traced_dev" ? "dev" : "plain",
    );
  }
}

/** Event types that are made for numbers of actions that are not known; damaged records could bring up any. */
const UNKNOWN_TYPES_MAX = 64;

/** All event types of block trace records of one recording. */
export class BlkEvents {
  readonly #sink: EventSink;
  readonly #recordingId: number;
  readonly #byName = new Map<string, BlkEventType>();
  #unknown = 0;

  constructor(sink: EventSink, recordingId: number) {
    this.#sink = sink;
    this.#recordingId = recordingId;
  }

  /** Event type of an action. */
  of(action: BlkAction): BlkEventType {
    const known = this.#byName.get(action.name);
    if (known !== undefined) return known;
    let name = action.name;
    if (!isKnownAction(action) && ++this.#unknown > UNKNOWN_TYPES_MAX) {
      name = "blk_ta_unknown";
      const rest = this.#byName.get(name);
      if (rest !== undefined) return rest;
    }
    const type = new BlkEventType(this.#sink, this.#recordingId, action, name);
    this.#byName.set(name, type);
    return type;
  }
}
