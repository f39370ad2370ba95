/**
 * Tells text formats apart by the lines that an input begins with.
 *
 * @module
 */

import { PerfHead } from "../perf_script/perf_head.ts";
import { digitsEnd, find, identifierEnd, isAt, skipBlanks } from "../print_formats/byte_text.ts";
import { BlkLine } from "./blk_line.ts";
import { Body, BodyKind } from "./body.ts";
import { GraphHead, isSeparator } from "./graph_line.ts";
import { HeadForm, HeadTime, LineHead } from "./line_head.ts";
import { RawLine, typeNumber } from "./raw_line.ts";
import { StackFrame, stackFrame } from "./stack_frame.ts";

/** What a line can only be, or is most likely. */
export enum LineSample {
  /** Printed by the kernel. */
  Tracefs,
  /** Printed by trace-cmd. */
  Report,
  Perf,
  /** Option raw of tracefs. */
  Raw,
  Graph,
  /** Option blk_classic of tracefs. */
  BlkClassic,
  /** Blank lines, comments, frames of stacks: no evidence. */
  Neutral,
  Other,
}

/** Lines looked at. */
const LINES_MAX = 400;

/** trace-cmd pads event names to this width. */
const REPORT_NAME_WIDTH = 21;

/** Counts of lines by what they look like. */
export class Sample {
  readonly #counts = new Array<number>(LineSample.Other + 1).fill(0);

  add(line: LineSample): void {
    this.#counts[line]++;
  }

  count(line: LineSample): number {
    return this.#counts[line];
  }
}

class Judge {
  readonly #head = new LineHead();
  readonly #perf = new PerfHead();
  readonly #body = new Body();
  readonly #raw = new RawLine();
  readonly #graph = new GraphHead();
  readonly #blk = new BlkLine();
  /** A line of the header says that the tracer `blk` printed the text. */
  isBlk = false;

  line(bytes: Uint8Array, start: number, end: number): LineSample {
    if (skipBlanks(bytes, start, end) === end || bytes[start] === 0x23) return LineSample.Neutral;
    if (stackFrame(bytes, start, end) !== StackFrame.None) return LineSample.Neutral;
    if (this.#head.parse(bytes, start, end)) return this.#printer(bytes, end);
    if (this.#perf.parse(bytes, start, end)) return LineSample.Perf;
    if (isAt(bytes, start, end, "CPU:") && find(bytes, start, end, "EVENTS") >= 0) {
      return find(bytes, start, end, "LOST") >= 0 ? LineSample.Tracefs : LineSample.Report;
    }
    if (this.#raw.parse(bytes, start, end)) {
      const at = this.#raw.bodyStart;
      return typeNumber(bytes, at, end) >= 0 || isAt(bytes, at, end, "# ") ? LineSample.Raw : LineSample.Other;
    }
    if (this.isBlk && this.#blk.parseClassic(bytes, start, end)) return LineSample.BlkClassic;
    if (this.#graph.parse(bytes, start, end)) return LineSample.Graph;
    return isSeparator(bytes, start, end) || this.#graph.parseSwitch(bytes, start, end)
      ? LineSample.Neutral
      : LineSample.Other;
  }

  /** Who printed a line with the common head. */
  #printer(bytes: Uint8Array, end: number): LineSample {
    const head = this.#head;
    const body = this.#body;
    if (head.form === HeadForm.Verbose || head.time === HeadTime.Relative) return LineSample.Tracefs;
    if (head.form === HeadForm.Latency) {
      return head.time === HeadTime.Absolute ? LineSample.Report : LineSample.Tracefs;
    }
    const byTime = head.flagsEnd === head.flagsStart ? timePadding(bytes, head.flagsStart) : LineSample.Neutral;
    if (byTime !== LineSample.Neutral) return byTime;
    body.parse(bytes, head.bodyStart, end);
    if (body.kind !== BodyKind.Named) return LineSample.Tracefs;
    const width = body.nameEnd - body.nameStart + 1;
    const blanks = skipBlanks(bytes, body.nameEnd + 1, end) - body.nameEnd - 1;
    // A name of full width has one blank after it in both.
    if (width > REPORT_NAME_WIDTH) return LineSample.Neutral;
    return width + blanks > REPORT_NAME_WIDTH ? LineSample.Report : LineSample.Tracefs;
  }
}

/** Blanks between the CPU and the time at `time`: both pad the seconds to five digits, the kernel puts one blank more. */
function timePadding(bytes: Uint8Array, time: number): LineSample {
  let before = time;
  while (before > 0 && bytes[before - 1] === 0x20) before--;
  const digits = digitsEnd(bytes, time, bytes.length) - time;
  if (bytes[time + digits] !== 0x2e) return LineSample.Neutral;
  const padding = Math.max(0, 5 - digits);
  if (time - before === 2 + padding) return LineSample.Tracefs;
  return time - before === 1 + padding ? LineSample.Report : LineSample.Neutral;
}

/** Looks at the lines of an input's head; the last one, which may be cut, does not count. */
export function sampleLines(head: Uint8Array): Sample {
  const sample = new Sample();
  const judge = new Judge();
  judge.isBlk = isAt(head, 0, head.length, "# tracer: blk");
  let start = 0;
  for (let lines = 0; lines < LINES_MAX && start < head.length; lines++) {
    const newline = head.indexOf(0x0a, start);
    let end = newline < 0 ? head.length : newline;
    if (newline < 0 && lines > 0) break;
    if (end > start && head[end - 1] === 0x0d) end--;
    sample.add(judge.line(head, start, end));
    start = newline < 0 ? head.length : newline + 1;
  }
  return sample;
}

/** True for a line `word=number` or `word = number` at the beginning of `head`. */
export function isAssignment(head: Uint8Array, word: string): boolean {
  const wordEnd = identifierEnd(head, 0, head.length);
  if (wordEnd !== word.length || !isAt(head, 0, head.length, word)) return false;
  const equals = skipBlanks(head, wordEnd, head.length);
  return head[equals] === 0x3d;
}
