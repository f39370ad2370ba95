/**
 * Events whose text has a form of its own: system calls, markers, functions.
 *
 * @module
 */

import { ownEntry } from "../../std/own_entry.ts";
import { type EventText, Outcome } from "./event_text.ts";
import { find, isAt } from "./byte_text.ts";
import { putGraphText } from "./function_graph_text.ts";
import { IntegerText } from "./integer_text.ts";
import { FieldKind } from "./layout.ts";

/** Puts an event's text into the sink's open event. */
export type SpecialText = (event: EventText, bytes: Uint8Array, start: number, end: number) => Outcome;

const integer = new IntegerText();

/** `fd: 3, buf: 0x7f53eb400000, count: 0x2000` */
function putCall(event: EventText, bytes: Uint8Array, start: number, end: number): Outcome {
  if (event.putArguments(bytes, start, end)) return Outcome.Fields;
  return event.put(bytes, start, end);
}

/** `0x2000` */
function putReturn(event: EventText, bytes: Uint8Array, start: number, end: number): Outcome {
  while (end > start && bytes[end - 1] === 0x20) end--;
  if (integer.number(bytes, start, end) !== end) return event.put(bytes, start, end);
  event.slot("ret", FieldKind.Number).putInteger(integer.lo, integer.hi, integer.sign);
  return Outcome.Fields;
}

/** `0xffffffff81498b1a: text`, `tracing_mark_write: text`; raw: `ip=0xffffffff81498b1a buf=text` */
function putPrint(event: EventText, bytes: Uint8Array, start: number, end: number): Outcome {
  if (isAt(bytes, start, end, "ip=")) {
    const at = find(bytes, start, end, " buf=");
    if (at >= 0) {
      event.slot("ip", FieldKind.Symbol).putValue(bytes, start + 3, at);
      event.slot("buf", FieldKind.Text).putText(bytes, at + 5, end);
      return Outcome.Fields;
    }
  }
  let at = start;
  while (at < end && bytes[at] !== 0x3a && bytes[at] !== 0x20) at++;
  if (at === start || bytes[at] !== 0x3a || at === end) {
    event.slot("buf", FieldKind.Text).putText(bytes, start, end);
    return Outcome.Fields;
  }
  event.slot("ip", FieldKind.Symbol).putValue(bytes, start, at);
  event.slot("buf", FieldKind.Text).putText(bytes, Math.min(at + 2, end), end);
  return Outcome.Fields;
}

/**
 * `vfs_read <-ksys_read` (tracefs), `vfs_read <-- ksys_read` (trace-cmd); the function may have an offset and arguments, the
 * caller may be missing.
 */
export function putFunction(event: EventText, bytes: Uint8Array, start: number, end: number): Outcome {
  while (start < end && bytes[start] === 0x20) start++;
  if (isAt(bytes, start, end, "ip=")) return event.put(bytes, start, end);
  let functionEnd = end;
  const arrow = find(bytes, start, end, " <-");
  if (arrow >= 0) {
    functionEnd = arrow;
    let parent = arrow + 3;
    while (parent < end && (bytes[parent] === 0x2d || bytes[parent] === 0x20)) parent++;
    event.slot("parent_ip", FieldKind.Symbol).putValue(bytes, parent, end);
  }
  while (functionEnd > start && bytes[functionEnd - 1] === 0x20) functionEnd--;
  const open = find(bytes, start, functionEnd, "(");
  if (open > start && bytes[functionEnd - 1] === 0x29) {
    if (functionEnd - open > 2) event.slot("args", FieldKind.Text).putText(bytes, open + 1, functionEnd - 1);
    functionEnd = open;
  }
  event.slot("ip", FieldKind.Symbol).putValue(bytes, start, functionEnd);
  return Outcome.Fields;
}

/** Fields of these events that are addresses, shown as symbols where they have a name. */
const SYMBOL_FIELDS: Record<string, string[]> = {
  print: ["ip"],
  bprint: ["ip"],
  bputs: ["ip"],
  function: ["ip", "parent_ip"],
  funcgraph_entry: ["func", "retaddr"],
  funcgraph_exit: ["func"],
};

/** Makes known to a new event type which of its fields are symbols, in whatever form they come. */
export function declareSymbols(event: EventText): void {
  for (const field of ownEntry(SYMBOL_FIELDS, event.type.key.name) ?? []) event.slot(field, FieldKind.Symbol);
}

/** How the text of an event is put that has a form of its own; null for all others. */
export function specialTextOf(name: string): SpecialText | null {
  if (name.startsWith("sys_enter_")) return putCall;
  if (name.startsWith("sys_exit_")) return putReturn;
  if (name === "print" || name === "bprint" || name === "bputs") return putPrint;
  if (name === "function") return putFunction;
  if (name === "funcgraph_entry" || name === "funcgraph_exit") return putGraphText;
  return null;
}
