/**
 * Puts the text of one event type's events into the sink.
 *
 * @module
 */

import { viewOf } from "./byte_text.ts";
import type { EventSink } from "../event_sink.ts";
import type { EventType } from "../event_type.ts";
import { FieldSlot } from "./field_slot.ts";
import { type FieldSplitter, PAIRS_MAX } from "./field_splitter.ts";
import { FieldKind, type Layout } from "./layout.ts";
import { compileLayout, type PutText } from "./layout_code.ts";
import { Form, type LayoutMatcher } from "./layout_matcher.ts";
import { layoutsOf } from "./layout_table.ts";
import type { Printer } from "./symbols.ts";

/** Fields that one event type may have in all; what names more keeps its text whole. */
const FIELDS_MAX = 256;

/** What became of a text. */
export enum Outcome {
  /** Its fields were found. */
  Fields,
  /** The event has layouts, the text follows none, and could be split all the same. */
  OtherLayout,
  /** The whole text is in the field `text`. */
  Whole,
}

/** What all event types of a recording share. */
export interface TextTools {
  sink: EventSink;
  printer: Printer;
  matcher: LayoutMatcher;
  splitter: FieldSplitter;
}

/** Texts that have to fit a layout before it is worth compiling. */
const COMPILED_AFTER = 32;

interface BoundLayout {
  layout: Layout;
  /** By field number; null for a value that is not kept. */
  slots: (FieldSlot | null)[];
  /** Texts that have fitted, up to {@linkcode COMPILED_AFTER}. */
  fitted: number;
  code: PutText | null;
}

export class EventText {
  readonly type: EventType;
  readonly #tools: TextTools;
  readonly #layouts: BoundLayout[];
  readonly #slots = new Map<string, FieldSlot>();
  /** Keys in the order of the last text that was split: the next one's are the same. */
  readonly #order: (FieldSlot | null)[] = [];
  /** Layout that fitted last. */
  #last = 0;
  /** The last text was `field=value`, as raw formats print every event. */
  #raw = false;
  #row = 0;

  constructor(tools: TextTools, type: EventType) {
    this.#tools = tools;
    this.type = type;
    this.#layouts = layoutsOf(type.key.name).map((layout) => ({ layout, slots: [], fitted: 0, code: null }));
    for (const bound of this.#layouts) {
      bound.slots = bound.layout.fields.map((field) =>
        field.name === "" ? null : this.#declare(field.name, field.kind)
      );
    }
  }

  #declare(name: string, kind: FieldKind): FieldSlot {
    let slot = this.#slots.get(name);
    if (slot === undefined || slot.kind !== kind) {
      slot = new FieldSlot(this.#tools.sink, this.type, name, kind);
      if (!this.#slots.has(name)) this.#slots.set(name, slot);
    }
    return slot;
  }

  /** The slot of a field that the reader itself names. */
  slot(name: string, kind: FieldKind | null): FieldSlot {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = new FieldSlot(this.#tools.sink, this.type, name, kind);
      this.#slots.set(name, slot);
    }
    return slot;
  }

  /** Puts the fields of `bytes[start, end)` into the sink's open event. */
  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.#raw) {
      if (this.#putRaw(bytes, start, end)) return Outcome.Fields;
      this.#raw = false;
    }
    const layouts = this.#layouts;
    if (layouts.length > 0) {
      const { code } = layouts[this.#last];
      if (code !== null && code(this.#tools.sink, this.type.table, bytes, viewOf(bytes), start, end)) {
        return Outcome.Fields;
      }
    }
    const matcher = this.#tools.matcher;
    for (let i = 0; i < layouts.length; i++) {
      const index = (this.#last + i) % layouts.length;
      if (!matcher.match(layouts[index].layout, bytes, start, end)) continue;
      this.#last = index;
      this.#putMatched(layouts[index], bytes);
      this.#count(layouts[index]);
      return Outcome.Fields;
    }
    if (layouts.length > 0 && this.#putRaw(bytes, start, end)) {
      this.#raw = true;
      return Outcome.Fields;
    }
    if (isBlank(bytes, start, end)) return Outcome.Fields;
    if (this.#tools.splitter.split(bytes, start, end) && this.#putPairs(bytes)) {
      return layouts.length > 0 ? Outcome.OtherLayout : Outcome.Fields;
    }
    this.putWhole(bytes, start, end);
    return Outcome.Whole;
  }

  #count(bound: BoundLayout): void {
    if (bound.code !== null || ++bound.fitted < COMPILED_AFTER) return;
    bound.code = compileLayout(bound.layout, bound.slots, this.#tools.printer);
  }

  /** Puts `name: value, name: value`; false when the text is not that. */
  putArguments(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#tools.splitter.arguments(bytes, start, end) && this.#putPairs(bytes);
  }

  /** Puts the whole text into the field `text`. */
  putWhole(bytes: Uint8Array, start: number, end: number): void {
    this.slot("text", FieldKind.Text).putText(bytes, start, end);
  }

  #putMatched({ slots }: BoundLayout, bytes: Uint8Array): void {
    const { form, lo, hi, sign, start, end } = this.#tools.matcher;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      if (slot === null) continue;
      switch (form[i]) {
        case Form.Integer:
          slot.putInteger(lo[i], hi[i], sign[i]);
          break;
        case Form.Device:
          slot.putDevice(hi[i], lo[i]);
          break;
        default:
          slot.putText(bytes, start[i], end[i]);
      }
    }
  }

  /** Puts `field=value` of the event's own fields, as raw formats print them; false when the text is not that. */
  #putRaw(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#tools.splitter.equals(bytes, start, end) && this.#areDeclared(bytes) && this.#putPairs(bytes);
  }

  /** True when at least a third of the keys are names that the event's layouts use: then they are the fields themselves. */
  #areDeclared(bytes: Uint8Array): boolean {
    const { count, keyStart, keyEnd } = this.#tools.splitter;
    let declared = 0;
    for (let i = 0; i < count; i++) {
      if ((this.#find(bytes, keyStart[i], keyEnd[i], i)?.kind ?? null) !== null) declared++;
    }
    return declared * 3 >= count;
  }

  #putPairs(bytes: Uint8Array): boolean {
    const { count, keyStart, keyEnd, valueStart, valueEnd } = this.#tools.splitter;
    const row = ++this.#row;
    for (let i = 0; i < count; i++) {
      let slot = this.#find(bytes, keyStart[i], keyEnd[i], i);
      if (slot === null) {
        if (this.#slots.size + count > FIELDS_MAX) return false;
        slot = this.#order[i] = this.slot(keyOf(bytes, keyStart[i], keyEnd[i]), null);
      }
      if (slot.row === row) slot = this.slot(`${slot.name}_${i}`, null);
      slot.row = row;
      slot.putValue(bytes, valueStart[i], valueEnd[i]);
    }
    return true;
  }

  /** The slot of the key `bytes[start, end)`, the `i`th of its text. */
  #find(bytes: Uint8Array, start: number, end: number, i: number): FieldSlot | null {
    const expected = this.#order[i];
    if (expected !== undefined && expected !== null && isKey(expected.nameBytes, bytes, start, end)) return expected;
    const slot = this.#slots.get(keyOf(bytes, start, end)) ?? null;
    if (i < PAIRS_MAX) this.#order[i] = slot;
    return slot;
  }
}

const decoder = new TextDecoder();

function keyOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

function isKey(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x20) return false;
  return true;
}
