/**
 * Lines of the function_graph tracer after their time, CPU and task: overhead mark, duration, and the function indented by
 * its depth, as the tracer itself and trace-cmd print them.
 *
 *     + 13.652 us   |  }
 *       0.325 us    |    getname();
 *                   |  do_sys_open(dfd=-100) {
 *                   |      /* sched_switch: prev_comm=... *\/
 *       1.2 us      |  } /* do_sys_open ret=0x3 *\/
 *
 * Source: Documentation/trace/ftrace.rst (function graph tracer), options funcgraph-overhead, -duration, -tail, -retval,
 * -retaddr and -args.
 *
 * @module
 */

import { find, isAt, skipBlanks } from "./byte_text.ts";
import { type EventText, Outcome } from "./event_text.ts";
import { IntegerText } from "./integer_text.ts";
import { FieldKind } from "./layout.ts";

/** What a line of the graph shows. */
export enum GraphLine {
  /** A call, with what it calls after it. */
  Entry,
  /** A call that calls nothing that is traced, with its duration. */
  Leaf,
  Exit,
  /** Another event, or a marker, within the graph. */
  Comment,
  /** `==========>` and `<==========`: an interrupt begins or ends. */
  Interrupt,
  /** None of these. */
  Other,
}

/** Blanks for a level of the call graph. */
const INDENT = 2;

/** A line of the graph, taken apart. Positions are of the bytes given to {@linkcode GraphParts.parse}. */
export class GraphParts {
  line = GraphLine.Other;
  depth = 0;
  /** The overhead mark, a blank when there is none. */
  mark = 0x20;
  /** Duration in nanoseconds, -1 when there is none. */
  durationLo = 0;
  durationHi = 0;
  hasDuration = false;
  functionStart = 0;
  functionEnd = 0;
  argsStart = 0;
  argsEnd = 0;
  /** The comment, or its own part after the function's name. */
  commentStart = 0;
  commentEnd = 0;
  readonly #integer = new IntegerText();

  /** @returns false when this is no line of the graph */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    this.line = GraphLine.Other;
    this.mark = 0x20;
    this.hasDuration = false;
    this.functionStart =
      this.functionEnd =
      this.argsStart =
      this.argsEnd =
      this.commentStart =
      this.commentEnd =
        0;
    while (end > start && bytes[end - 1] === 0x20) end--;
    // An interrupt's arrow stands in the column of the duration.
    let at = skipBlanks(bytes, start, end);
    if (isAt(bytes, at, end, "==========>") || isAt(bytes, at, end, "<==========")) {
      this.line = GraphLine.Interrupt;
      this.functionStart = at;
      this.functionEnd = at + 11;
      return true;
    }
    at = this.#duration(bytes, start, end);
    const first = at;
    while (at < end && bytes[at] === 0x20) at++;
    this.depth = Math.floor((at - first) / INDENT);
    if (at === end) return false;
    if (isAt(bytes, at, end, "/*")) {
      this.line = GraphLine.Comment;
      this.#comment(bytes, at, end);
      return true;
    }
    if (bytes[at] === 0x7d) return this.#exit(bytes, at + 1, end);
    return this.#call(bytes, at, end);
  }

  /** Reads mark and duration up to the column's bar; gives the position after it and its two blanks. */
  #duration(bytes: Uint8Array, start: number, end: number): number {
    let bar = start;
    // Neither a mark nor a duration has a letter but those of `us`: a bar further on belongs to a function's arguments.
    while (bar < end && bytes[bar] !== 0x7c) {
      const c = bytes[bar];
      if (c > 0x60 && c !== 0x75 && c !== 0x73 || c === 0x28 || c === 0x7d || c === 0x2f) return start;
      bar++;
    }
    if (bar === end) return start;
    let at = start;
    while (at < bar && bytes[at] === 0x20) at++;
    if (at < bar && (bytes[at] < 0x30 || bytes[at] > 0x39)) {
      this.mark = bytes[at++];
      while (at < bar && bytes[at] === 0x20) at++;
    }
    if (at < bar) this.#microseconds(bytes, at, bar);
    at = bar + 1;
    for (let blanks = 0; blanks < 2 && at < end && bytes[at] === 0x20; blanks++) at++;
    return at;
  }

  /** `13.652 us`: microseconds, with up to three digits after the point. */
  #microseconds(bytes: Uint8Array, at: number, end: number): void {
    let value = 0;
    let digits = -1;
    for (; at < end && bytes[at] !== 0x20; at++) {
      const digit = bytes[at] - 0x30;
      if (bytes[at] === 0x2e && digits < 0) digits = 0;
      else if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        if (digits >= 0) digits++;
      } else return;
    }
    if (!isAt(bytes, at, end, " us")) return;
    for (let i = Math.max(digits, 0); i < 3; i++) value *= 10;
    this.durationLo = value % 4294967296 | 0;
    this.durationHi = Math.floor(value / 4294967296) | 0;
    this.hasDuration = digits <= 3 && value <= Number.MAX_SAFE_INTEGER;
  }

  #comment(bytes: Uint8Array, at: number, end: number): void {
    at += 2;
    if (end - at >= 2 && bytes[end - 1] === 0x2f && bytes[end - 2] === 0x2a) end -= 2;
    while (at < end && bytes[at] === 0x20) at++;
    while (end > at && bytes[end - 1] === 0x20) end--;
    this.commentStart = at;
    this.commentEnd = end;
  }

  /** `}`, `} /* function *\/`, `} /* function ret=0x0 *\/` */
  #exit(bytes: Uint8Array, at: number, end: number): boolean {
    while (at < end && bytes[at] === 0x20) at++;
    this.line = GraphLine.Exit;
    if (at === end) return true;
    if (!isAt(bytes, at, end, "/*")) return false;
    this.#comment(bytes, at, end);
    this.functionStart = this.functionEnd = this.commentStart;
    while (this.functionEnd < this.commentEnd && bytes[this.functionEnd] !== 0x20) this.functionEnd++;
    this.commentStart = Math.min(this.functionEnd + 1, this.commentEnd);
    return true;
  }

  /** `function();`, `function() {`, with arguments or a comment */
  #call(bytes: Uint8Array, at: number, end: number): boolean {
    this.functionStart = at;
    while (at < end && bytes[at] !== 0x28 && bytes[at] !== 0x20) at++;
    if (bytes[at] !== 0x28 || at === end) return false;
    this.functionEnd = at;
    this.argsStart = at + 1;
    let comment = find(bytes, at, end, " /*");
    if (comment < 0) comment = end;
    else this.#comment(bytes, comment + 1, end);
    while (comment > at && bytes[comment - 1] === 0x20) comment--;
    if (bytes[comment - 1] === 0x3b) this.line = GraphLine.Leaf;
    else if (bytes[comment - 1] === 0x7b) this.line = GraphLine.Entry;
    else return false;
    this.argsEnd = comment - 1;
    while (this.argsEnd > at && bytes[this.argsEnd - 1] !== 0x29) this.argsEnd--;
    if (this.argsEnd === at) return false;
    this.argsEnd--;
    return true;
  }

  /** Return value in the comment (`ret=-22`, `ret=0x0`): its range is what stays between commentStart and commentEnd. */
  returnValue(bytes: Uint8Array): number {
    const at = find(bytes, this.commentStart, this.commentEnd, "ret=");
    if (at < 0 || this.#integer.number(bytes, at + 4, this.commentEnd) < 0) return -1;
    return at + 4;
  }

  /** Puts the fields of a call or a return. */
  put(event: EventText, bytes: Uint8Array): void {
    if (this.functionEnd > this.functionStart) {
      event.slot("func", FieldKind.Symbol).putValue(bytes, this.functionStart, this.functionEnd);
    }
    event.slot("depth", FieldKind.Number).putInteger(this.depth, 0, "unsigned");
    if (this.hasDuration) event.slot("duration_ns", null).putInteger(this.durationLo, this.durationHi, "unsigned");
    if (this.argsEnd > this.argsStart) event.slot("args", FieldKind.Text).putText(bytes, this.argsStart, this.argsEnd);
    const value = this.returnValue(bytes);
    if (value >= 0) {
      this.#integer.number(bytes, value, this.commentEnd);
      event.slot("retval", null).putInteger(this.#integer.lo, this.#integer.hi, this.#integer.sign);
    }
    const caller = find(bytes, this.commentStart, this.commentEnd, "<-");
    if (caller >= 0) {
      let callerEnd = caller + 2;
      while (callerEnd < this.commentEnd && bytes[callerEnd] !== 0x20) callerEnd++;
      event.slot("retaddr", FieldKind.Symbol).putValue(bytes, caller + 2, callerEnd);
    }
  }
}

const parts = new GraphParts();

/** Text of `funcgraph_entry` and `funcgraph_exit` as trace-cmd prints them; raw: `func=... depth=...`. */
export function putGraphText(event: EventText, bytes: Uint8Array, start: number, end: number): Outcome {
  if (!parts.parse(bytes, start, end)) return event.put(bytes, skipBlanks(bytes, start, end), end);
  parts.put(event, bytes);
  return Outcome.Fields;
}
