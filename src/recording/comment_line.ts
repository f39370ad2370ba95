/**
 * The lines of a trace's text that begin with `#`: heads of columns, counts, remarks.
 *
 * @module
 */

const COMMENT = /^#(\t|\P{Cc})*$/u;

/** True for text behind `#`; an event's line that was damaged so that it begins with one has other things in it. */
export function isComment(line: string): boolean {
  return COMMENT.test(line);
}
