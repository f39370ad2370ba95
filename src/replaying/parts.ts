/**
 * What is looked at of a window: parts of it that are small enough to be explored, of which every anomaly between its
 * operations shows in one.
 *
 * @module
 */

import type { FileStates } from "./file_states.ts";
import { scaled } from "./normalise.ts";
import { isDirect, type Touched, type Window } from "./windows.ts";

const LOAD = /^load$/;
const STORE = /^store$/;
/** What changes more of a page than a word. */
const WRITE = /^((aio_|uring_)?pwrite|ftruncate|fallocate|punch|zero)$/;
/** What goes through the page cache page by page. */
const PAGEWISE = /^((aio_|uring_)?p(read|write)|load|store|msync|sync_file_range)$/;

/**
 * How finely places are told apart. `sectors`: where operations begin and end within pages; a page has two sectors at
 * least, so that what is torn shows. `pages`: whole pages, where nothing else is needed.
 */
export type Grain = "sectors" | "pages";

/** What is looked at of a window. */
export interface Part extends Window {
  readonly grain: Grain;
  /** Byte of the file where two of its pages meet that are to be told apart; null: it has one. */
  readonly border: number | null;
}

/**
 * A window in parts: each of its small pages alone, and every two that are next to each other, as whole pages. So every
 * anomaly that shows in one page or between two has a part that can show it: what differs between any two pages differs
 * between two neighbours, and where in a page an operation begins or ends matters to that page. A window with a load or a
 * store, of which the place in the page is not known, is looked at by pages, too, unless another one writes there: that
 * is to be told from the rest of the page. A window stays whole where what an operation locks depends on all of its range.
 */
export function partsOf(window: Window, states: FileStates): Part[] {
  const whole: Part = { ...window, grain: "sectors", border: null };
  const { trimmed, size, scale: { spans } } = scaled(whole, states);
  if (trimmed.length === 1 || trimmed.some((each) => !isAlikeEverywhere(each, size, states.pageSize))) return [whole];
  const parts: Part[] = [];
  for (const pages of spans.length === 1 ? [1] : [1, 2]) {
    for (let at = 0; at + pages <= spans.length; at++) {
      const [{ from }, { to }] = [spans[at], spans[at + pages - 1]];
      const touched = window.touched.filter(({ start, end }) => start < to && from < end)
        .map((each): Touched => ({ ...each, start: Math.max(each.start, from), end: end(each, to) }));
      if (touched.length < window.touched.length) continue;
      const grain = pages > 1 || areWords(touched) ? "pages" : "sectors";
      parts.push({
        file: window.file,
        touched: grain === "pages" ? asPages(touched, states.pageSize) : touched,
        grain,
        border: pages > 1 ? spans[at].to : null,
      });
    }
  }
  return parts.length === 0 ? [whole] : parts;
}

/** False where an operation does to a page what it does because of where it ends elsewhere. */
function isAlikeEverywhere({ verb, start, end, operation }: Touched, size: number | null, pageSize: number): boolean {
  if (verb === "ftruncate") return false;
  if (WRITE.test(verb) && size !== null && end > size) return false;
  return !isDirect(operation) || start % pageSize === 0 && end % pageSize === 0;
}

function end({ end }: Touched, to: number): number {
  return end === Infinity ? Infinity : Math.min(end, to);
}

/** True when no more than a word of a page tells one order from another. */
function areWords(touched: readonly Touched[]): boolean {
  const has = (verbs: RegExp) => touched.some(({ verb }) => verbs.test(verb));
  return has(LOAD) && !has(STORE) || has(STORE) && !has(WRITE);
}

/** Operations of whole pages; those that zero a part of a page do so still. */
function asPages(touched: readonly Touched[], pageSize: number): Touched[] {
  return touched.map((each) => {
    const { verb, start, end } = each;
    if (end === Infinity || !PAGEWISE.test(verb)) return each;
    return { ...each, start: Math.floor(start / pageSize) * pageSize, end: Math.ceil(end / pageSize) * pageSize };
  });
}
