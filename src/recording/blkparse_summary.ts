/**
 * The lines that blkparse prints around the events: what it read, and sums at the end.
 *
 * @module
 */

import { isComment } from "./comment_line.ts";

/** Lines that stand by themselves. */
const SUMMARY_LINES = [
  /^$/,
  /^(CPU\d+|Total) \(.*\):$/,
  /^ (PC )?(Reads?|Writes?) (Queued|Dispatches|Disp\.|Requeued|Req\.|Completed|Compl\.|Merges|depth): /,
  /^ IO unplugs: /,
  /^ (Allocation|Dispatch|Completion) wait: /,
  /^Throughput \(R\/W\): /,
  /^Events \(.*\): [\d,.']+ entries$/,
  /^Skips: /,
  /^Input file .* added$/,
  /^Trace started at /,
  /^discarded traces containing low-level device driver specific data/,
  // Heads of the sums by program: a name and its process.
  /^.* \(\d+(, \.\.\.)?\)$/,
];

/** True for lines that are part of blkparse's output and no events; so are comments of the ftrace tracer. */
export function isSummaryLine(line: string): boolean {
  return isComment(line) || SUMMARY_LINES.some((pattern) => pattern.test(line));
}

/** True for lines that nothing but blkparse prints. */
export function isUnmistakable(line: string): boolean {
  return /^Throughput \(R\/W\): .*KiB\/s \/ .*KiB\/s$|^Input file .*\.blktrace\.\d+ added$/.test(line) ||
    /^ Reads Queued: .*KiB\t Writes Queued: /.test(line);
}

const number = (text: string): number => Number(text.replace(/\D/g, ""));

/** Records that blkparse missed by their numbers, as a `Skips:` line says; null for other lines. */
export function skipsOf(line: string): number | null {
  const skips = /^Skips: [\d,.']+ forward \(([\d,.']+) - /.exec(line);
  return skips === null ? null : number(skips[1]);
}

/** Events that blkparse counted, as an `Events` line says; null for other lines. */
export function eventsOf(line: string): number | null {
  const events = /^Events \(.*\): ([\d,.']+) entries$/.exec(line);
  return events === null ? null : number(events[1]);
}
