/**
 * What the world of a scenario is at the beginning, as YAML says it.
 *
 * @module
 */

import * as z from "zod";
import { LENGTH_PATTERN, NAME, PLACE_PATTERN, PLACE_SOURCE, RANGE_PATTERN } from "./place.ts";
import { BLOCK_STATES, CACHE_WORDS, MAP_FLAGS } from "./words.ts";

/** A string of a form; `expected` says which, with an example. */
export function form(pattern: RegExp, expected: string): z.ZodString {
  return z.string().regex(pattern, { error: `expected ${expected}`, abort: true });
}

export const name = form(NAME, "a name of letters, digits and _").describe("a name");

export const place = form(PLACE_PATTERN, "a place such as F, F[0..3] or F[0:1] (sector 1 of page 0)").describe(
  "F: all of it, F[0..3]: pages, F[0:1]: sector 1 of page 0",
);

export const range = form(RANGE_PATTERN, "pages such as 2 or 0..3, or sectors such as 0:1");

/** Also as a number, as YAML reads a page on its own. */
export const length = z.union([z.int().min(0), form(LENGTH_PATTERN, "pages, such as 4, or pages:sectors, such as 1:1")])
  .describe("in pages, or pages:sectors");

export const onOff = z.enum(["on", "off"]);

export function oneOrMore<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item).min(1)]);
}

const alternatives = (words: readonly string[]) => words.join("|");

const blockState = form(
  new RegExp(`^(?:${alternatives(BLOCK_STATES)}|shared ${PLACE_SOURCE})$`),
  `hole, delalloc, unwritten, written, or "shared G[0]": the block that G has there`,
);

const cacheState = form(
  new RegExp(`^(?:absent|(?:clean|dirty)(?: (?:${alternatives(CACHE_WORDS.slice(2))}))*)$`),
  "absent, clean or dirty, and beside these locked, writeback, busy_buffers, not_uptodate",
);

export const fileSchema = z.strictObject({
  size: length.optional().describe("i_size in pages; default 4"),
  disksize: length.optional().describe("i_disksize; default: size"),
  blocks: z.union([blockState, z.record(range, blockState)]).optional()
    .describe("state of all blocks inside i_size, or by range; default: written inside i_size, hole beyond"),
  cache: z.union([cacheState, z.record(range, cacheState)]).optional()
    .describe(
      "state of all pages inside i_size, or by range, also beyond; default: absent, dirty where delalloc; " +
        "locked and writeback: by I/O that the kernel has under way, which ends at any time",
    ),
  disk: z.record(range, z.int().min(0)).optional().describe(
    "first physical block of each run; default: one after another",
  ),
  boundary_after: z.array(z.int().min(0)).optional()
    .describe("blocks after which the map goes on in another block of metadata"),
}).describe("a file as it is before the tasks start");

const mapFlags = new RegExp(
  `^(?:anon \\d{1,4}|${PLACE_SOURCE}(?: (?:${alternatives(MAP_FLAGS)})(?:\\|(?:${alternatives(MAP_FLAGS)}))*)?)$`,
);

/** What an area of memory maps. */
export const mapped = form(mapFlags, `a mapping such as "F[0..3] MAP_SHARED" or "F[0] MAP_PRIVATE", or "anon 2"`);

export const mapSchema = z.union([
  mapped,
  z.strictObject({
    map: mapped,
    mm: name.optional().describe("address space; default: that of the tasks that use it"),
    present: range.optional().describe("pages of it that are mapped already; default: none of a file, all of anon"),
  }),
]).describe("an area of memory that is there from the beginning");

const freeBlocks = z.strictObject({
  blocks: z.int().min(1),
  was: place.optional().describe("whose content is left in them; default: nobody's"),
  state: z.enum(["free", "pending"]).optional().describe("pending: freed by a transaction that has not committed"),
});

const deviceError = z.strictObject({
  at: place,
  op: z.enum(["read", "write"]),
  error: form(/^E[A-Z]+$/, "an error such as EIO").optional().describe("default EIO"),
  times: z.int().min(1).optional().describe("how often; default: always"),
});

/** Counts that memory is set aside for: what a scenario needs is far below, and more would not fit a machine. */
export const COUNT_MAX = 65_536;
/** Parts of a page, a sector or a line. */
const PARTS_MAX = 64;

const count = (least: 0 | 1) => z.int().min(least).max(COUNT_MAX);
const parts = z.int().min(1).max(PARTS_MAX);

export const deviceSchema = z.strictObject({
  volatile_cache: onOff.optional(),
  fua: onOff.optional(),
  free: z.union([count(0), z.array(freeBlocks)]).optional()
    .describe("free blocks, the first is given away first, a freed one is the next; default 6"),
  enospc_at: oneOrMore(place).optional().describe("blocks that cannot be allocated though others can"),
  errors: z.array(deviceError).optional(),
  pmem: z.enum(["none", "adr", "eadr"]).optional().describe("persistent memory; default none, for a DAX system adr"),
  lines_per_sector: parts.optional(),
  words_per_line: parts.optional(),
});

export const mountSchema = z.strictObject({
  blocks_per_page: parts.optional().describe("default 1"),
  readonly: onOff.optional(),
  log_credits: z.int().min(1).optional().describe("room in the log; default: it never gets full"),
});

export const boundsSchema = z.strictObject({
  tasks: count(1).optional(),
  pages: count(1).optional(),
  SECTORS_PER_PAGE: z.int().min(1).max(8).optional(),
  DIO_PAGES: count(1).optional(),
  PAGEVEC: count(1).optional(),
  GANG: count(1).optional(),
  BIO_MAX_VECS: count(1).optional(),
  fault_around: count(1).optional(),
  retries: count(1).optional(),
  crashes: count(0).optional(),
  steps: z.int().min(1).optional(),
});

const kernelTask = z.union([
  z.literal("on"),
  place,
  z.strictObject({ of: place.optional(), passes: z.int().min(1).optional() }),
]);

export const kernelSchema = z.strictObject({
  flusher: kernelTask.optional().describe("writes dirty pages back"),
  reclaim: kernelTask.optional().describe("drops clean pages that nobody uses"),
  journal_commit: z.union([z.literal("on"), z.strictObject({ passes: z.int().min(1) })]).optional()
    .describe("commits the running transaction"),
  readahead: z.int().min(1).optional().describe("pages that a buffered read looks ahead"),
});
