/**
 * `find_or_insert_placeholders` (patch 1): makes a range of a file one's own. Pages that are cached are locked, what lies
 * between them gets placeholders; both in the order of their indexes.
 *
 * Names of steps: F1 to F6.
 *
 * @module
 */

import { Folio } from "../../machine/folio.ts";
import { ENOMEM } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { Placeholder } from "../../machine/page_tree_entry.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps } from "../../machine/task.ts";
import { AssertionFailed } from "../../machine/world.ts";
import { reachStep } from "../common/reach_step.ts";
import { path } from "../path.ts";
import type { PlaceholderAddressSpace } from "./placeholder_address_space.ts";
import { removePlaceholderPages } from "./remove.ts";

/**
 * Takes pages [start, end).
 *
 * @returns 0, or a negative error number when nothing has been taken
 */
export const findOrInsertPlaceholders = path("find_or_insert_placeholders", function* (
  mapping: PlaceholderAddressSpace,
  start: number,
  end: number,
): Steps<number> {
  const { world, gang, slotsMax, flags } = mapping;
  const rounds = new FlushRounds(mapping);
  let cur = start;
  repeat: for (;;) {
    yield mapping.whenWritable; // F1, F2
    reachStep(world, "F2");
    if (cur === start && end - start > 1 && flags.setsExtentsTag) mapping.extentsTag.testAndSet();
    for (;;) {
      const found = mapping.gangLookup(cur, slotsMax - 1, Math.min(gang, end - cur));
      for (const { index, entry } of found) {
        // F3
        if (entry instanceof Placeholder && entry.start < end) {
          reachStep(world, "F3");
          yield entry.whenGone;
          continue repeat;
        }
        if (index > cur) {
          const top = Math.min(end, index);
          if (!insertStub(mapping, cur, top - 1)) {
            mapping.leak(cur, top - 1); // forgotten before the error is looked at
            return yield* failed(mapping, start, cur, -ENOMEM);
          }
          cur = top;
          if (cur < end) continue repeat;
          return 0;
        }
        const folio = entry as Folio;
        // F4
        folio.get();
        let restart = false;
        if (!folio.lock.trySet()) {
          reachStep(world, "F4");
          folio.get(); // a second time, and nobody gives it back
          yield* folio.lock.lock();
          if (!folio.isIn(mapping)) {
            folio.lock.clear();
            folio.put();
            continue repeat;
          }
          restart = true;
        }
        if (folio.dirty.test() || folio.writeback.isSet()) {
          reachStep(world, "F5");
          rounds.next(folio, cur);
          folio.lock.clear();
          folio.put();
          const error = yield* flush(mapping, cur, end);
          if (error < 0) return yield* failed(mapping, start, cur, error);
          continue repeat;
        }
        cur++; // F6
        if (restart) continue repeat;
        if (cur >= end) return 0;
      }
      if (found.length < gang) break;
    }
    if (cur >= end) return 0;
    reachStep(world, "F6");
    if (!insertStub(mapping, cur, end - 1)) return yield* failed(mapping, start, cur, -ENOMEM);
    return 0;
  }
});

/** `insert_placeholder`, as part of the current step; false when the tree cannot be made larger. */
function insertStub(mapping: PlaceholderAddressSpace, start: number, end: number): boolean {
  const { world, flags, slotsMax } = mapping;
  // The sanity check takes the flags of whatever page comes next for the start of a placeholder.
  const [next] = mapping.gangLookup(start, slotsMax - 1, 1);
  if (next?.entry instanceof Folio && flags.inject === "low_page_flags") {
    const text = `BUG_ON in insert_placeholder: the flags of ${next.entry.name} are taken for an index up to ${end}`;
    world.report("BUG_CONTEXT", text, { resources: [next.entry.name] });
    throw new AssertionFailed(text);
  }
  if (flags.inject === "insert_fails") return false;
  mapping.insertPlaceholder(start, end, world.current!);
  return true;
}

function* failed(mapping: PlaceholderAddressSpace, start: number, cur: number, error: number): Steps<number> {
  yield* removePlaceholderPages(mapping, start, cur);
  return error;
}

/** F5: `filemap_write_and_wait_range` from `cur` to `end`, which is exclusive where an inclusive end is asked for. */
function* flush(mapping: PlaceholderAddressSpace, cur: number, end: number): Steps<number> {
  const { bounds: { sectorsPerPage, pagesMax }, flags } = mapping;
  // 32 bits: the index is shifted before it is made longer.
  const bytes = (index: number) => (flags.shift32 ? index % pagesMax : index) * sectorsPerPage;
  const last = flags.flushEnd === "fixed" ? bytes(end) - 1 : bytes(end);
  return yield* filemapWriteAndWaitRange(mapping, bytes(cur), last);
}

/**
 * Counts the rounds in which one page was found dirty: LIVELOCK where it never became clean, STARVATION where others have
 * made it dirty again.
 */
class FlushRounds {
  readonly #mapping: PlaceholderAddressSpace;
  #cur = -1;
  #times = 0;
  #stuck: Retries | null = null;
  #starved: Retries | null = null;

  constructor(mapping: PlaceholderAddressSpace) {
    this.#mapping = mapping;
  }

  /** Called at the head of each round. */
  next(folio: Folio, cur: number): void {
    const { world, bounds, host } = this.#mapping;
    const { by, times } = this.#mapping.dirtyings(folio);
    if (cur !== this.#cur) {
      const loop = `find_or_insert_placeholders of ${host.ino}`;
      this.#cur = cur;
      this.#stuck = new Retries(world, loop, bounds.retriesMax);
      this.#starved = new Retries(world, loop, bounds.retriesMax, "STARVATION");
      this.#stuck.next();
      this.#starved.next();
    } else (times > this.#times && by !== world.current ? this.#starved : this.#stuck)?.next();
    this.#times = times;
  }
}
